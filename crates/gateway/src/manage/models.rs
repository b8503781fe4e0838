//! `/model/*`: deployments.

use axum::Json;
use axum::extract::State;
use postern_store::table::models as table;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::auth::Caller;
use crate::catalogue::{Catalogue, Unit};
use crate::config::LitellmParams;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::models;
use crate::shapes::{Administrator, ErrorBody, JsonBody, JsonObject, QueryOf};
use crate::snapshot::Deployment;

#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewModel {
    /// The model group: the name callers use.
    #[schema(example = "smart")]
    model_name: String,
    litellm_params: LitellmParams,
    /// `id` may be given; the rest is kept and shown.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    model_info: Option<Map<String, Value>>,
}

/// A stored deployment.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StoredModel {
    pub model_id: String,
    pub model_name: String,
    /// Without its credential.
    #[schema(value_type = Object)]
    pub litellm_params: Value,
    #[schema(value_type = Object)]
    pub model_info: Value,
    pub created_by: String,
    pub created_at: String,
    pub updated_at: String,
}

/// Add a deployment to a model group
///
/// In force from the next request on. The key goes to the vault and is never shown again.
#[utoipa::path(
    post, path = "/model/new", tag = "Models", request_body = NewModel,
    responses(
        (status = 200, body = StoredModel), (status = 400, description = "A field makes no sense or is not supported", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, description = "The id or name is taken", body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, description = "The vault cannot be used", body = ErrorBody),
    )
)]
pub async fn new(
    State(engine): State<Shared>,
    _: Administrator,
    JsonBody(body): JsonBody<NewModel>,
) -> Result<Json<StoredModel>, Failure> {
    let info = body.model_info.unwrap_or_default();
    let row = models::add(&engine, body.model_name, body.litellm_params, info, "default_user_id").await?;
    let mut model_info: Value = serde_json::from_str(&row.info).unwrap_or_else(|_| json!({}));
    model_info["id"] = json!(row.id);
    model_info["db_model"] = json!(true);
    Ok(Json(StoredModel {
        model_id: row.id,
        model_name: row.model_name,
        litellm_params: shown_params(&row.params),
        model_info,
        created_by: row.created_by,
        created_at: crate::clock::text(row.created_at),
        updated_at: crate::clock::text(row.updated_at),
    }))
}

fn shown_params(stored: &str) -> Value {
    let mut params: Value = serde_json::from_str(stored).unwrap_or_else(|_| json!({}));
    if let Some(map) = params.as_object_mut() {
        map.remove("has_credential");
    }
    params
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InfoQuery {
    /// Only the deployment of this id.
    litellm_model_id: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelInfoList {
    pub data: Vec<ModelInfo>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelInfo {
    pub model_name: String,
    #[schema(value_type = Object)]
    pub litellm_params: Value,
    /// `id`, `db_model`, prices in dollars per token, token limits, mode, `supports_*`.
    #[schema(value_type = Object)]
    pub model_info: Value,
}

/// The deployments that the key may use
#[utoipa::path(
    get, path = "/model/info", tag = "Models", params(InfoQuery),
    responses(
        (status = 200, body = ModelInfoList), (status = 400, description = "No deployment of that id", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    caller: Caller,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<ModelInfoList>, Failure> {
    let snapshot = engine.snapshot.load_full();
    let rows = engine.read(table::all).await?;
    let deployments = snapshot
        .groups
        .values()
        .chain(snapshot.wildcard_groups())
        .filter(|group| caller.may_use(&[&group.name]))
        .flat_map(|group| &group.deployments);
    let data: Vec<ModelInfo> = deployments
        .filter(|deployment| query.litellm_model_id.as_ref().is_none_or(|id| deployment.id == *id))
        .map(|deployment| describe(deployment, rows.iter().find(|row| row.id == deployment.id)))
        .collect();
    match query.litellm_model_id {
        Some(id) if data.is_empty() => {
            Err(Failure::invalid("model_not_found", format!("Model id = {id} not found on this gateway"))
                .with_param("litellm_model_id"))
        }
        _ => Ok(Json(ModelInfoList { data })),
    }
}

fn describe(deployment: &Deployment, row: Option<&table::ModelRow>) -> ModelInfo {
    let litellm_params = row.map_or_else(
        || json!({"model": format!("{}/{}", deployment.provider, deployment.upstream_model)}),
        |row| shown_params(&row.params),
    );
    let mut info =
        row.and_then(|row| serde_json::from_str::<Map<String, Value>>(&row.info).ok()).unwrap_or_default();
    info.insert("id".into(), json!(deployment.id));
    info.insert("db_model".into(), json!(row.is_some()));
    info.insert("litellm_provider".into(), json!(deployment.spec.id));
    info.insert("max_input_tokens".into(), json!(deployment.context));
    info.insert("max_output_tokens".into(), json!(deployment.max_output));
    if let Some(known) = Catalogue::embedded().find(&deployment.spec.id, &deployment.upstream_model) {
        info.insert("mode".into(), json!(known.mode));
        for capability in known.capabilities.iter() {
            info.insert(format!("supports_{capability}"), json!(true));
        }
    }
    if let Some(plan) = &deployment.prices {
        let named = [
            ("input_cost_per_token", Unit::Input),
            ("output_cost_per_token", Unit::Output),
            ("cache_read_input_token_cost", Unit::CacheRead),
            ("cache_creation_input_token_cost", Unit::CacheWrite),
        ];
        for (name, unit) in named {
            info.insert(name.into(), json!(plan.prices.get(unit).map(|pico| pico as f64 / 1e12)));
        }
    }
    ModelInfo { model_name: deployment.group.clone(), litellm_params, model_info: Value::Object(info) }
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct DeleteModel {
    id: String,
}

/// Remove a deployment
#[utoipa::path(
    post, path = "/model/delete", tag = "Models", request_body = DeleteModel,
    responses(
        (status = 200, body = JsonObject), (status = 400, description = "No deployment of that id", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn delete(
    State(engine): State<Shared>,
    _: Administrator,
    JsonBody(body): JsonBody<DeleteModel>,
) -> Result<Json<Value>, Failure> {
    if models::remove(&engine, &body.id).await? {
        return Ok(Json(json!({"message": format!("Model: {} deleted successfully", body.id)})));
    }
    Err(Failure::invalid("model_not_found", format!("Model with id={} not found in db", body.id))
        .with_param("id"))
}
