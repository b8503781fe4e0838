//! `/fallback`: model groups that are asked when one has failed.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::auth::permissions::Authority;
use crate::config::FallbackKind;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::fallbacks;
use crate::shapes::{ErrorBody, JsonBody, JsonObject, QueryOf};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFallback {
    /// The model group that may fail; `*` for all others.
    #[schema(example = "smart")]
    model: String,
    /// In the order in which they are asked.
    #[schema(min_items = 1, max_items = 100)]
    fallback_models: Vec<String>,
    #[serde(default)]
    fallback_type: FallbackKind,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Fallback {
    pub model: String,
    pub fallback_models: Vec<String>,
    pub fallback_type: FallbackKind,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct KindQuery {
    /// `general` when absent.
    #[serde(default)]
    fallback_type: FallbackKind,
}

/// Set the fallbacks of a model group
///
/// In force from the next request on, in the place of what the configuration file says of this group.
#[utoipa::path(
    post, path = "/fallback", tag = "Settings", request_body = NewFallback,
    responses(
        (status = 200, body = JsonObject), (status = 400, description = "No such model group, or one that falls back on itself", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn set(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<NewFallback>,
) -> Result<Json<Value>, Failure> {
    let NewFallback { model, fallback_models, fallback_type } = body;
    let updated =
        fallbacks::set(&engine, Actor::of(&authority), fallback_type, &model, fallback_models.clone())
            .await?;
    let done = if updated { "updated" } else { "created" };
    Ok(Json(json!({
        "model": model,
        "fallback_models": fallback_models,
        "fallback_type": fallback_type,
        "message": format!("Fallback configuration {done} successfully"),
    })))
}

/// The fallbacks of a model group
#[utoipa::path(
    get, path = "/fallback/{*model}", tag = "Settings",
    params(("model" = String, Path, description = "The model group; may hold slashes"), KindQuery),
    responses(
        (status = 200, body = Fallback), (status = 404, description = "It has none of this kind", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn get(
    State(engine): State<Shared>,
    Path(model): Path<String>,
    QueryOf(query): QueryOf<KindQuery>,
) -> Result<Json<Fallback>, Failure> {
    let kind = query.fallback_type;
    match engine.snapshot.load().routing.fallbacks_of(kind).get(&model) {
        Some(others) => Ok(Json(Fallback { model, fallback_models: others.clone(), fallback_type: kind })),
        None => Err(none(&model, kind)),
    }
}

/// Remove the fallbacks of a model group
///
/// Only those that were set here; what the configuration file says of the group is in force again.
#[utoipa::path(
    delete, path = "/fallback/{*model}", tag = "Settings",
    params(("model" = String, Path, description = "The model group; may hold slashes"), KindQuery),
    responses(
        (status = 200, body = JsonObject), (status = 404, description = "It has none of this kind", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, description = "They are in the configuration file", body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    Path(model): Path<String>,
    QueryOf(query): QueryOf<KindQuery>,
) -> Result<Json<Value>, Failure> {
    let kind = query.fallback_type;
    if fallbacks::remove(&engine, Actor::of(&authority), kind, &model).await? {
        return Ok(Json(json!({
            "model": model,
            "fallback_type": kind,
            "message": "Fallback configuration deleted successfully",
        })));
    }
    if engine.snapshot.load().routing.fallbacks_of(kind).contains_key(&model) {
        return Err(Failure::conflict(
            "fallback_in_config_file",
            format!("the fallbacks of {model} are in the configuration file: change them there"),
        )
        .with_param("model"));
    }
    Err(none(&model, kind))
}

fn none(model: &str, kind: FallbackKind) -> Failure {
    let message = format!("No {} fallbacks configured for model '{model}'", kind.as_str());
    Failure::not_found("fallback_not_found", message).with_param("model")
}
