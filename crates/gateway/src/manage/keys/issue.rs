//! Issuing keys.

use axum::Json;
use axum::extract::State;
use postern_secrets::Secret;
use postern_store::table::keys::KeyRow;
use serde::Serialize;
use serde_json::{Map, Value};

use super::request::{GenerateKey, new_key};
use super::view::{KeyView, view_of};
use crate::auth::permissions::Authority;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::{self, Asking, NewKey};
use crate::registry::limited::Said;
use crate::shapes::{ErrorBody, JsonBody};

/// The answer of `/key/generate`: the row, and the key itself, this once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GeneratedKey {
    /// The key. It is shown now and never again.
    pub key: String,
    /// Its hash, as `token` is.
    pub token_id: String,
    /// Always null: `expires` says until when it is taken.
    pub duration: Option<String>,
    #[serde(flatten)]
    pub view: KeyView,
}

pub(super) async fn shown_once(
    engine: &Engine,
    key: &Secret,
    row: KeyRow,
) -> Result<Json<GeneratedKey>, Failure> {
    let token_id = row.token.clone();
    let view = view_of(engine, row).await?;
    Ok(Json(GeneratedKey { key: key.expose().to_owned(), token_id, duration: None, view }))
}

/// Issue a virtual key
#[utoipa::path(
    post, path = "/key/generate", tag = "Keys", request_body = GenerateKey,
    responses(
        (status = 200, body = GeneratedKey),
        (status = 400, description = "A field makes no sense, the alias is taken, or team, organization or budget are not known", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "It would be somebody else's, or may do more than whoever asks", body = ErrorBody),
        (status = 409, description = "The key of your own making exists already", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn generate(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<Map<String, Value>>,
) -> Result<Json<GeneratedKey>, Failure> {
    let asking = Asking::new(&engine, &authority);
    let (mut request, given) = new_key(body, &asking.directory.rules.default_key_params)?;
    let new = NewKey { key: request.key.take(), fields: request.fields()?, is_service: false, given };
    let (key, row) = keys::generate(&engine, asking, new).await?;
    shown_once(&engine, &key, row).await
}

/// Issue a key that belongs to a team and to no person
#[utoipa::path(
    post, path = "/key/service-account/generate", tag = "Keys", request_body = GenerateKey,
    responses(
        (status = 200, body = GeneratedKey),
        (status = 400, description = "A field makes no sense, or there is no such team", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn generate_for_service(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<Map<String, Value>>,
) -> Result<Json<GeneratedKey>, Failure> {
    let asking = Asking::new(&engine, &authority);
    if body.get("user_id").is_some_and(|user| !user.is_null()) {
        let message = "a service account belongs to its team, and to no person: leave user_id out";
        return Err(Failure::invalid("service_account_of_user", message).with_param("user_id"));
    }
    let mut defaults = asking.directory.rules.default_key_params.clone();
    defaults.remove("user_id");
    body.remove("user_id");
    let (mut request, given) = new_key(body, &defaults)?;
    let fields = request.fields()?;
    if !matches!(&fields.team_id, Said::Set(team) if !team.is_empty()) {
        let message =
            "team_id is required for service account keys. Please specify `team_id` in the request body.";
        return Err(Failure::invalid("missing_field", message).with_param("team_id"));
    }
    let new = NewKey { key: request.key.take(), fields, is_service: true, given };
    let (key, row) = keys::generate(&engine, asking, new).await?;
    shown_once(&engine, &key, row).await
}
