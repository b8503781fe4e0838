//! Changing keys.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::request::{KeyOrHash, UpdateKey};
use super::view::{KeyView, view_of, views};
use crate::auth::permissions::Authority;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::{self, Asking};
use crate::shapes::{ErrorBody, JsonBody, typed};

/// The answer of `/key/update` for one key.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UpdatedKey {
    /// Its hash.
    pub key: String,
    #[serde(flatten)]
    pub view: KeyView,
}

impl UpdatedKey {
    fn of(view: KeyView) -> Self {
        Self { key: view.token.clone(), view }
    }
}

/// One row where `key` was said, and a list where `keys` was.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Updated {
    One(Box<UpdatedKey>),
    Several { keys: Vec<UpdatedKey> },
}

fn missing(name: &str, message: &str) -> Failure {
    let mut failure = Failure::invalid("missing_field", message).with_param(name);
    failure.error.status = 422;
    failure
}

/// Most keys in one request.
const MOST: usize = 500;

/// Change keys, from the next request on
#[utoipa::path(
    post, path = "/key/update", tag = "Keys", request_body = UpdateKey,
    responses(
        (status = 200, body = Updated),
        (status = 400, description = "A field makes no sense, or goes beyond the key's team or organization", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "It is somebody else's, or would do more than whoever asks", body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<UpdateKey>,
) -> Result<Json<Updated>, Failure> {
    let is_one = body.keys.is_none();
    let named: Vec<String> = match (body.key.take(), body.keys.take()) {
        (Some(key), None) => vec![key.text()],
        (None, Some(keys)) if !keys.is_empty() => keys.iter().map(KeyOrHash::text).collect(),
        (Some(_), Some(_)) => return Err(missing("keys", "say either key or keys")),
        (None, _) => return Err(missing("key", "key is required: the key, or its hash")),
    };
    check_number(named.len())?;
    if named.len() > 1 && !body.key_alias.is_absent() {
        let message = "key_alias is one key's alone: several cannot be given the same";
        return Err(Failure::invalid("alias_of_several", message).with_param("key_alias"));
    }
    let rows = keys::update(&engine, Asking::new(&engine, &authority), named, body.fields()?).await?;
    let mut views = views(&engine, rows, false).await?.into_iter().map(UpdatedKey::of);
    if !is_one {
        return Ok(Json(Updated::Several { keys: views.collect() }));
    }
    let view = views.next().ok_or_else(|| Failure::internal("a key's row was lost"))?;
    Ok(Json(Updated::One(Box::new(view))))
}

fn check_number(number: usize) -> Result<(), Failure> {
    if number <= MOST {
        return Ok(());
    }
    let message = format!("at most {MOST} keys can be changed at once");
    Err(Failure::invalid("too_many", message).with_param("keys"))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct BulkUpdate {
    /// What `/key/update` takes, for each key by itself.
    #[schema(value_type = Vec<UpdateKey>)]
    keys: Vec<Value>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct BulkUpdated {
    pub total_requested: usize,
    pub successful_updates: Vec<SuccessfulUpdate>,
    pub failed_updates: Vec<FailedUpdate>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct SuccessfulUpdate {
    /// Its hash.
    pub key: String,
    pub key_info: KeyView,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct FailedUpdate {
    /// Its hash, where it could be made out.
    pub key: Option<String>,
    pub failed_reason: String,
}

/// Change many keys, each by itself: what cannot be changed is told, and the rest is done
#[utoipa::path(
    post, path = "/key/bulk_update", tag = "Keys", request_body = BulkUpdate,
    responses(
        (status = 200, body = BulkUpdated),
        (status = 400, description = "None or too many were sent", body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn bulk_update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<BulkUpdate>,
) -> Result<Json<BulkUpdated>, Failure> {
    check_number(body.keys.len())?;
    if body.keys.is_empty() {
        return Err(Failure::invalid("missing_field", "No keys provided").with_param("keys"));
    }
    let total_requested = body.keys.len();
    let (mut successful_updates, mut failed_updates) = (Vec::new(), Vec::new());
    for said in body.keys {
        let named = said.get("key").and_then(Value::as_str).map(keys::token_of);
        match update_one(&engine, &authority, said).await {
            Ok(key_info) => {
                successful_updates.push(SuccessfulUpdate { key: key_info.token.clone(), key_info });
            }
            Err(failure) if failure.error.status >= 500 => return Err(failure),
            Err(failure) => {
                failed_updates.push(FailedUpdate { key: named, failed_reason: failure.error.message });
            }
        }
    }
    Ok(Json(BulkUpdated { total_requested, successful_updates, failed_updates }))
}

async fn update_one(engine: &Engine, authority: &Authority, said: Value) -> Result<KeyView, Failure> {
    let mut said: UpdateKey = typed(&said)?;
    let key = said.key.take().ok_or_else(|| missing("key", "key is required: the key, or its hash"))?;
    let asking = Asking::new(engine, authority);
    let rows = keys::update(engine, asking, vec![key.text()], said.fields()?).await?;
    let row = rows.into_iter().next().ok_or_else(|| Failure::internal("a key's row was lost"))?;
    view_of(engine, row).await
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct OneKey {
    /// The key or its hash.
    pub(super) key: KeyOrHash,
}

/// Block a key, from the next request on
#[utoipa::path(
    post, path = "/key/block", tag = "Keys", request_body = OneKey,
    responses(
        (status = 200, body = KeyView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn block(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OneKey>,
) -> Result<Json<KeyView>, Failure> {
    set_blocked(&engine, &authority, &body, true).await
}

/// Unblock a key
#[utoipa::path(
    post, path = "/key/unblock", tag = "Keys", request_body = OneKey,
    responses(
        (status = 200, body = KeyView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn unblock(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OneKey>,
) -> Result<Json<KeyView>, Failure> {
    set_blocked(&engine, &authority, &body, false).await
}

async fn set_blocked(
    engine: &Engine,
    authority: &Authority,
    body: &OneKey,
    blocked: bool,
) -> Result<Json<KeyView>, Failure> {
    let asking = Asking::new(engine, authority);
    let row = keys::set_blocked(engine, asking, body.key.text(), blocked).await?;
    Ok(Json(view_of(engine, row).await?))
}
