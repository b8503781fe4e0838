//! `/model/*`: deployments. `info` lists them, `groups` the model groups that they make up, `parameters` knows what a group
//! takes of a chat request.

pub mod groups;
pub mod info;
mod parameters;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use postern_store::table::models::ModelRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fields;
use crate::auth::permissions::Authority;
use crate::clock;
use crate::config::LitellmParams;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::models::{self, Change, NewModel as Added};
use crate::shapes::{ErrorBody, JsonBody, JsonObject};

#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewModel {
    /// The model group: the name callers use.
    #[schema(example = "smart")]
    model_name: String,
    litellm_params: LitellmParams,
    /// `id` may be given, and `team_id`: a team's model is its keys' alone. `access_groups`, `base_model`, `mode`, prices and
    /// token limits count; the rest is kept and shown.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    model_info: Option<Map<String, Value>>,
    #[serde(flatten)]
    #[schema(ignore)]
    other: BTreeMap<String, Value>,
}

/// What is to be different of a deployment. Members that are absent stay as they are.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct ModelChange {
    #[serde(default)]
    model_name: Option<String>,
    /// Members as `/model/new` takes them. A new `api_key` takes the place of the one in the vault.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    litellm_params: Option<Map<String, Value>>,
    /// Members as `/model/new` takes them. `id` names the deployment where the path does not.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    model_info: Option<Map<String, Value>>,
    #[serde(flatten)]
    #[schema(ignore)]
    other: BTreeMap<String, Value>,
}

const MEMBERS: [&str; 3] = ["model_name", "litellm_params", "model_info"];
/// What answers have besides, and may be sent back.
const SHOWN: [&str; 5] = ["model_id", "created_by", "created_at", "updated_by", "updated_at"];

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
    pub updated_by: String,
    pub updated_at: String,
}

impl From<ModelRow> for StoredModel {
    fn from(row: ModelRow) -> Self {
        let info = shown_info(&row);
        let updated_by = info.get("updated_by").and_then(Value::as_str).unwrap_or(&row.created_by).to_owned();
        Self {
            litellm_params: models::shown_params(&row.params, true),
            model_info: Value::Object(info),
            model_id: row.id,
            model_name: row.model_name,
            created_by: row.created_by,
            created_at: clock::text(row.created_at),
            updated_by,
            updated_at: clock::text(row.updated_at),
        }
    }
}

/// `model_info` of a stored deployment, with what the gateway adds to it.
fn shown_info(row: &ModelRow) -> Map<String, Value> {
    let mut info = models::info_of(row);
    if models::team_of(&info).is_some() {
        info.insert("team_public_model_name".into(), json!(row.model_name));
    }
    info.entry("updated_by").or_insert_with(|| json!(row.created_by));
    info.insert("id".into(), json!(row.id));
    info.insert("db_model".into(), json!(true));
    info.insert("created_by".into(), json!(row.created_by));
    info.insert("created_at".into(), json!(clock::text(row.created_at)));
    info.insert("updated_at".into(), json!(clock::text(row.updated_at)));
    info
}

/// Add a deployment to a model group
///
/// In force from the next request on. The key goes to the vault and is never shown again.
#[utoipa::path(
    post, path = "/model/new", tag = "Models", request_body = NewModel,
    responses(
        (status = 200, body = StoredModel), (status = 400, description = "A field makes no sense or is not supported", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Not for one of your teams, or with credentials that are not yours", body = ErrorBody),
        (status = 409, description = "The id or name is taken", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, description = "The vault cannot be used", body = ErrorBody),
    )
)]
pub async fn new(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<NewModel>,
) -> Result<Json<StoredModel>, Failure> {
    fields::check_names(&body.other, &MEMBERS, &SHOWN)?;
    let added = Added {
        model_name: body.model_name,
        params: body.litellm_params,
        info: body.model_info.unwrap_or_default(),
    };
    Ok(Json(models::add(&engine, &authority, added).await?.into()))
}

/// Change a deployment; what is said is laid over what is there
///
/// `model_info.id` says which. A member that is null says nothing.
#[utoipa::path(
    post, path = "/model/update", tag = "Models", request_body = ModelChange,
    responses(
        (status = 200, body = StoredModel), (status = 400, description = "No deployment of that id, no litellm_params, or a field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Not of one of your teams", body = ErrorBody),
        (status = 409, description = "It stands in the configuration file", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, description = "The vault cannot be used", body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<ModelChange>,
) -> Result<Json<StoredModel>, Failure> {
    fields::check_names(&body.other, &MEMBERS, &SHOWN)?;
    let missing =
        |name: &str| Failure::invalid("missing_field", format!("{name} is required")).with_param(name);
    let id = body.model_info.as_ref().and_then(|info| info.get("id")).and_then(Value::as_str);
    let id = id.map(str::to_owned).ok_or_else(|| missing("model_info.id"))?;
    let params = body.litellm_params.ok_or_else(|| missing("litellm_params"))?;
    let change = Change {
        model_name: body.model_name,
        params: Some(params),
        info: body.model_info,
        null_clears: false,
    };
    let row = models::change(&engine, &authority, &id, change).await.map_err(|mut failure| {
        if failure.error.status == 404 {
            failure.error.status = 400;
        }
        failure
    })?;
    Ok(Json(row.into()))
}

/// Change parts of a deployment
///
/// A member that is null is taken away.
#[utoipa::path(
    patch, path = "/model/{model_id}/update", tag = "Models", request_body = ModelChange,
    params(("model_id" = String, Path, description = "The deployment's id")),
    responses(
        (status = 200, body = StoredModel), (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Not of one of your teams", body = ErrorBody),
        (status = 404, description = "No deployment of that id", body = ErrorBody),
        (status = 409, description = "It stands in the configuration file", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, description = "The vault cannot be used", body = ErrorBody),
    )
)]
pub async fn patch(
    State(engine): State<Shared>,
    authority: Authority,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<ModelChange>,
) -> Result<Json<StoredModel>, Failure> {
    fields::check_names(&body.other, &MEMBERS, &SHOWN)?;
    let change = Change {
        model_name: body.model_name,
        params: body.litellm_params,
        info: body.model_info,
        null_clears: true,
    };
    Ok(Json(models::change(&engine, &authority, &id, change).await?.into()))
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
        (status = 401, body = ErrorBody), (status = 403, description = "Not of one of your teams", body = ErrorBody),
        (status = 409, description = "It stands in the configuration file", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn delete(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<DeleteModel>,
) -> Result<Json<Value>, Failure> {
    let row = models::remove(&engine, &authority, &body.id).await.map_err(|mut failure| {
        if failure.error.status == 404 {
            failure.error.status = 400;
        }
        failure
    })?;
    Ok(Json(json!({"message": format!("Model: {} deleted successfully", row.id)})))
}
