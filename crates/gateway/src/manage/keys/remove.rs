//! Revoking keys.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::request::KeyOrHash;
use crate::auth::permissions::Authority;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::{self, Asking};
use crate::shapes::{ErrorBody, JsonBody};

#[derive(Deserialize, utoipa::ToSchema)]
pub struct DeleteKeys {
    /// Keys or their hashes.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    keys: Vec<KeyOrHash>,
    #[serde(default)]
    key_aliases: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DeletedKeys {
    /// Hashes of the keys that were revoked.
    pub deleted_keys: Vec<String>,
}

/// Revoke keys, from the next request on
#[utoipa::path(
    post, path = "/key/delete", tag = "Keys", request_body = DeleteKeys,
    responses(
        (status = 200, body = DeletedKeys), (status = 401, body = ErrorBody),
        (status = 403, description = "One of them is somebody else's; none was revoked", body = ErrorBody),
        (status = 404, description = "None of them exists", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, description = "No key was named", body = ErrorBody),
    )
)]
pub async fn delete(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<DeleteKeys>,
) -> Result<Json<DeletedKeys>, Failure> {
    if body.keys.is_empty() && body.key_aliases.is_empty() {
        let mut failure =
            Failure::invalid("missing_field", "keys or key_aliases is needed").with_param("keys");
        failure.error.status = 422;
        return Err(failure);
    }
    let named = body.keys.iter().map(KeyOrHash::text).collect();
    let revoked = keys::delete(&engine, Asking::new(&engine, &authority), named, body.key_aliases).await?;
    Ok(Json(DeletedKeys { deleted_keys: revoked.into_iter().map(|row| row.token).collect() }))
}
