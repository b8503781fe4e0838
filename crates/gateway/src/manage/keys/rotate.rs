//! Giving keys new secrets.

use axum::Json;
use axum::extract::{Path, State};

use super::change::OneKey;
use super::issue::{GeneratedKey, shown_once};
use super::request::RegenerateKey;
use crate::auth::permissions::Authority;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::{self, Asking, Regenerated, rotation};
use crate::shapes::{ErrorBody, JsonBody};

/// Give a key a new secret; its id, limits and history stay
#[utoipa::path(
    post, path = "/key/regenerate", tag = "Keys", request_body = RegenerateKey,
    responses(
        (status = 200, body = GeneratedKey),
        (status = 400, description = "A field makes no sense", body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, description = "It is somebody else's, or may do more than whoever asks", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "The key of your own making exists already", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn regenerate(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<RegenerateKey>,
) -> Result<Json<GeneratedKey>, Failure> {
    let own = || authority.caller.key().map(|key| key.token());
    let key = body.key.take().map(|key| key.text()).or_else(own).ok_or_else(|| {
        Failure::invalid("missing_key", "the administrator's key is not a virtual key: say which one")
            .with_param("key")
    })?;
    turn(&engine, &authority, key, body).await
}

/// Give a key a new secret; its id, limits and history stay
#[utoipa::path(
    post, path = "/key/{key}/regenerate", tag = "Keys", request_body = RegenerateKey,
    params(("key" = String, Path, description = "The key or its hash")),
    responses(
        (status = 200, body = GeneratedKey),
        (status = 400, description = "A field makes no sense", body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, description = "It is somebody else's, or may do more than whoever asks", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "The key of your own making exists already", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn regenerate_named(
    State(engine): State<Shared>,
    authority: Authority,
    Path(key): Path<String>,
    JsonBody(body): JsonBody<RegenerateKey>,
) -> Result<Json<GeneratedKey>, Failure> {
    turn(&engine, &authority, key, body).await
}

async fn turn(
    engine: &Engine,
    authority: &Authority,
    key: String,
    mut body: RegenerateKey,
) -> Result<Json<GeneratedKey>, Failure> {
    let how =
        Regenerated { new_key: body.new_key.take(), grace: body.grace_period.take(), fields: body.fields()? };
    let (key, row) = keys::regenerate(engine, Asking::new(engine, authority), key, how).await?;
    shown_once(engine, &key, row).await
}

/// The new secret of a key that was rotated by itself, this once
#[utoipa::path(
    post, path = "/key/rotated", tag = "Keys", request_body = OneKey,
    responses(
        (status = 200, body = GeneratedKey), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, description = "There is no such key, or nothing waits for it", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, description = "The vault cannot be used now", body = ErrorBody),
    )
)]
pub async fn rotated(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OneKey>,
) -> Result<Json<GeneratedKey>, Failure> {
    let asking = Asking::new(&engine, &authority);
    let (key, row) = rotation::fetch(&engine, asking, body.key.text()).await?;
    shown_once(&engine, &key, row).await
}
