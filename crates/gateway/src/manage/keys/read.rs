//! What is known of keys.

use axum::Json;
use axum::extract::State;
use postern_store::table::keys as table;
use serde::{Deserialize, Serialize};

use super::request::KeyOrHash;
use super::view::{KeyView, view_of, views};
use crate::auth::permissions::Authority;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::{self, Asking};
use crate::shapes::{ErrorBody, JsonBody, QueryOf};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InfoQuery {
    /// The key or its hash; the caller's own when absent.
    key: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyInfo {
    /// Its hash: the key itself is never given back, whatever was asked with.
    pub key: String,
    pub info: KeyView,
}

/// What is known of a key
#[utoipa::path(
    get, path = "/key/info", tag = "Keys", params(InfoQuery),
    responses(
        (status = 200, body = KeyInfo),
        (status = 400, description = "The administrator's key has no row: say which one", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "Another's key", body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<KeyInfo>, Failure> {
    let own = || authority.caller.key().map(|key| key.token());
    let asked = query.key.filter(|key| !key.is_empty()).or_else(own).ok_or_else(|| {
        Failure::invalid("missing_key", "the administrator's key has no row: ask with ?key=")
            .with_param("key")
    })?;
    let asking = Asking::new(&engine, &authority);
    let (directory, now) = (asking.directory.clone(), asking.now().ms());
    let found = engine.read(move |connection| keys::resolve(connection, &directory, &asked, now)).await?;
    let row = asking.theirs(found)?;
    Ok(Json(KeyInfo { key: row.token.clone(), info: view_of(&engine, row).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct KeysAsked {
    /// Keys or their hashes.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    keys: Vec<KeyOrHash>,
    #[serde(default)]
    key_aliases: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeysInfo {
    /// Hashes, in the order in which they were asked for.
    pub key: Vec<String>,
    pub info: Vec<KeyView>,
}

/// What is known of some keys; those that do not exist are left out
#[utoipa::path(
    post, path = "/v2/key/info", tag = "Keys", request_body = KeysAsked,
    responses(
        (status = 200, body = KeysInfo), (status = 401, body = ErrorBody),
        (status = 403, description = "One of them is another's", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, description = "No key was named", body = ErrorBody),
    )
)]
pub async fn info_of_several(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<KeysAsked>,
) -> Result<Json<KeysInfo>, Failure> {
    if body.keys.is_empty() && body.key_aliases.is_empty() {
        let mut failure = Failure::invalid("missing_field", "No keys passed in").with_param("keys");
        failure.error.status = 422;
        return Err(failure);
    }
    let asking = Asking::new(&engine, &authority);
    let (directory, now) = (asking.directory.clone(), asking.now().ms());
    let found = engine
        .read(move |connection| {
            let named = body.keys.iter().map(|key| keys::resolve(connection, &directory, &key.text(), now));
            let by_alias = body.key_aliases.iter().map(|alias| table::find_by_alias(connection, alias));
            named.chain(by_alias).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let mut rows = Vec::new();
    for found in found {
        match asking.theirs(found) {
            Ok(row) => rows.push(row),
            Err(failure) if failure.error.status == 404 => {}
            Err(failure) => return Err(failure),
        }
    }
    let info = views(&engine, rows, false).await?;
    Ok(Json(KeysInfo { key: info.iter().map(|view| view.token.clone()).collect(), info }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyHealth {
    /// `healthy`: who is asking was let in.
    pub key: &'static str,
    /// Always null: keys have no logging of their own.
    #[schema(value_type = Option<Object>)]
    pub logging_callbacks: Option<serde_json::Value>,
}

/// Whether the caller's key works
#[utoipa::path(
    post, path = "/key/health", tag = "Keys",
    responses((status = 200, body = KeyHealth), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn health(_: Authority) -> Json<KeyHealth> {
    Json(KeyHealth { key: "healthy", logging_callbacks: None })
}
