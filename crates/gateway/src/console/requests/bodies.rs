//! What is kept of the bodies of requests.

use axum::Json;
use axum::extract::{Path, State};
use postern_store::table::bodies as table;
use postern_store::table::keys as keys_table;
use serde::Serialize;
use uuid::Uuid;

use super::seen;
use crate::auth::permissions::Authority;
use crate::bodies::{self, expanded};
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::{self, Action};
use crate::registry::keys::{self, Asking};
use crate::shapes::ErrorBody;

/// Bodies of one request, as they were kept.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Bodies {
    pub request_id: String,
    /// The format of both: `openai_chat`, `anthropic_messages`, ...
    pub format: String,
    /// When they are gone, in UTC milliseconds.
    pub expires_at: i64,
    /// As the client sent it, but for what was taken out.
    pub request: String,
    /// The answer, a streamed one put together; null where there was none or only an error.
    pub response: Option<String>,
    /// It was longer: this is its beginning.
    pub request_cut: bool,
    pub response_cut: bool,
    /// Something was taken out before it was kept.
    pub request_redacted: bool,
    pub response_redacted: bool,
}

/// What was kept and the caller asked for, as texts again.
pub(super) struct Kept {
    pub row: table::BodyRow,
    pub request: String,
    pub response: Option<String>,
}

pub(super) async fn kept(engine: &Engine, id: Uuid) -> Result<Kept, Failure> {
    let now = clock::now_ms();
    let row = engine.read(move |connection| table::find(connection, id, now)).await?;
    let row = row.ok_or_else(|| {
        let message = "the bodies of this request are not kept: its key keeps none, or they have expired";
        Failure::not_found("no_bodies", message)
    })?;
    let expanding = engine.tasks.blocking(move || {
        let request = expanded(&row.request)?;
        let response = row.response.as_deref().map(expanded).transpose()?;
        Ok(Kept { row, request, response })
    });
    expanding.await.ok_or_else(|| Failure::internal("reading kept bodies was interrupted"))?
}

/// What is kept of a request's body and its answer
#[utoipa::path(
    get, path = "/console/requests/{id}/bodies", tag = "Console",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Bodies), (status = 401, body = ErrorBody), (status = 403, description = "Not yours", body = ErrorBody),
        (status = 404, description = "There is no such request, or nothing is kept of it (`no_bodies`)", body = ErrorBody),
    )
)]
pub async fn get(
    State(engine): State<Shared>,
    authority: Authority,
    Path(id): Path<String>,
) -> Result<Json<Bodies>, Failure> {
    let seen = seen(&engine, &authority, &id).await?;
    let Kept { row, request, response } = kept(&engine, seen.row.id).await?;
    Ok(Json(Bodies {
        request_id: row.request_id.to_string(),
        format: seen.row.format_in,
        expires_at: row.expires_at,
        request,
        response,
        request_cut: row.flags.request_cut,
        response_cut: row.flags.response_cut,
        request_redacted: row.flags.request_redacted,
        response_redacted: row.flags.response_redacted,
    }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Removed {
    /// Requests whose bodies were kept.
    pub removed: u64,
}

/// Remove at once all that is kept of the bodies of a key's requests
///
/// The requests themselves stay in the log. Also for a key that is revoked; what is kept for others stays.
#[utoipa::path(
    delete, path = "/console/keys/{id}/bodies", tag = "Console",
    params(("id" = Uuid, Path, description = "The key's `key_id`")),
    responses(
        (status = 200, body = Removed), (status = 401, body = ErrorBody),
        (status = 403, description = "It is somebody else's key", body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    Path(id): Path<String>,
) -> Result<Json<Removed>, Failure> {
    let asking = Asking::new(&engine, &authority);
    let id = Uuid::parse_str(&id).ok();
    let found = engine.read(move |connection| match id {
        Some(id) => keys_table::find_ever(connection, id),
        None => Ok(None),
    });
    let key = asking.theirs(found.await?)?;
    let removed = bodies::forget_key(&engine, key.id).await?;
    let what = keys::bodies_of(&key, removed);
    engine
        .transact(move |connection| {
            let object = ("key", &*key.id.to_string());
            audit::record(connection, &asking.actor, Action::Deleted, object, Some(what), None)
        })
        .await?;
    Ok(Json(Removed { removed }))
}
