//! A logged request asked again of another model, side by side with what it was.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use postern_store::table::requests as table;
use postern_wire::Format;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bodies::{Kept, kept};
use super::seen;
use crate::auth::permissions::Authority;
use crate::engine::Engine;
use crate::error::{Blame, Failure};
use crate::exchange;
use crate::http::Shared;
use crate::shapes::{ErrorBody, JsonBody};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// A model group, or whatever else a request may name.
    #[schema(example = "demo", min_length = 1)]
    model: String,
    /// Ask although something was taken out of what is kept, so that it is not what was asked then.
    #[serde(default)]
    allow_redacted: bool,
}

/// The same request twice.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Replay {
    pub original: ReplaySide,
    pub replay: ReplaySide,
}

/// One of the two. Costs in nano-dollars, null where the model has no price; durations in microseconds.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReplaySide {
    pub request_id: String,
    pub model: String,
    pub model_group: String,
    pub provider: Option<String>,
    pub upstream_model: Option<String>,
    pub status: u16,
    /// What went wrong.
    pub error: Option<String>,
    /// What the model wrote; null where there is no answer, or none that is kept.
    pub text: Option<String>,
    pub tool_calls: Vec<CalledTool>,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost_nanos: Option<i64>,
    pub latency_us: i64,
    pub first_byte_us: Option<i64>,
}

/// A tool that a model wanted called.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CalledTool {
    pub name: String,
    /// JSON as the model wrote it.
    pub arguments: String,
}

impl ReplaySide {
    fn new(row: table::RequestRow, format: Format, answer: Option<&[u8]>) -> Self {
        let said = answer.and_then(|answer| postern_wire::said(format, answer));
        let (text, calls) = said.map_or((None, Vec::new()), |said| (Some(said.text), said.calls));
        let calls = calls.into_iter().map(|call| CalledTool { name: call.name, arguments: call.arguments });
        Self {
            request_id: row.id.to_string(),
            model: row.model_requested,
            model_group: row.model_group,
            provider: row.provider,
            upstream_model: row.upstream_model,
            status: row.status,
            error: row.error_message,
            text,
            tool_calls: calls.collect(),
            input_tokens: row.tokens.input,
            output_tokens: row.tokens.output,
            cache_read_tokens: row.tokens.cache_read,
            cache_write_tokens: row.tokens.cache_write,
            reasoning_tokens: row.tokens.reasoning,
            cost_nanos: row.cost_nanos,
            latency_us: row.latency_us,
            first_byte_us: row.first_byte_us,
        }
    }
}

/// Ask a logged request again, of another model
///
/// Its body must be kept, and whole. It is sent as the caller's own request, in its own format and not streamed: the caller's key is
/// billed (or nobody's, for the administrator), and its limits hold. What a client said in headers is not kept, and not said again.
/// An error of the provider is an answer, and stands beside the other.
#[utoipa::path(
    post, path = "/console/requests/{id}/replay", tag = "Console",
    params(("id" = Uuid, Path)), request_body = ReplayRequest,
    responses(
        (status = 200, body = Replay),
        (status = 400, description = "The model asked for does not take this request", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 402, description = "A budget is used up", body = ErrorBody),
        (status = 403, description = "It is not yours, or you may not use this model", body = ErrorBody),
        (status = 404, description = "There is no such request or model, or nothing is kept (`no_bodies`)", body = ErrorBody),
        (status = 409, description = "It cannot be asked again: it was cut (`body_cut`), something was taken out (`body_redacted`), or it is no conversation (`not_replayable`)", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 429, description = "A rate limit", body = ErrorBody),
        (status = 503, description = "The provider's credential is missing or cannot be read", body = ErrorBody),
    )
)]
pub async fn replay(
    State(engine): State<Shared>,
    authority: Authority,
    Path(id): Path<String>,
    JsonBody(asked): JsonBody<ReplayRequest>,
) -> Result<Json<Replay>, Failure> {
    let original = seen(&engine, &authority, &id).await?.row;
    let Kept { row, request, response } = kept(&engine, original.id).await?;
    let Ok(format) = original.format_in.parse::<Format>() else {
        let message =
            format!("a request of {} is no conversation that another model could answer", original.endpoint);
        return Err(Failure::conflict("not_replayable", message));
    };
    if row.flags.request_cut {
        let message = "only the beginning of this request is kept: it was too long";
        return Err(Failure::conflict("body_cut", message));
    }
    if row.flags.request_redacted && !asked.allow_redacted {
        let message = "something was taken out of this request before it was kept; say allow_redacted to ask without it";
        return Err(Failure::conflict("body_redacted", message).with_param("allow_redacted"));
    }
    if asked.model.trim().is_empty() {
        return Err(Failure::invalid("missing_field", "model must name a model").with_param("model"));
    }
    exchange::can_replay(&authority.caller, format)?;
    let (engine, caller) = (engine.clone(), authority.caller.clone());
    let answer = exchange::replay(engine.clone(), caller, format, &request, &asked.model).await?;
    let replayed = replayed(&engine, answer, format).await?;
    let original = ReplaySide::new(original, format, response.as_ref().map(String::as_bytes));
    Ok(Json(Replay { original, replay: replayed }))
}

/// Largest answer that is read.
const LARGEST: usize = 64 * 1024 * 1024;

async fn replayed(engine: &Engine, answer: Response, format: Format) -> Result<ReplaySide, Failure> {
    // What the gateway refuses is no answer of a model.
    if let Some(failure) = answer.extensions().get::<Failure>()
        && failure.blame != Blame::Upstream
    {
        return Err(failure.clone());
    }
    let id = answer.headers().get("x-request-id").and_then(|id| Uuid::parse_str(id.to_str().ok()?).ok());
    let id = id.ok_or_else(|| Failure::internal("an answer without a request id"))?;
    let is_good = answer.status().is_success();
    let body = to_bytes(answer.into_body(), LARGEST).await;
    let body = body.map_err(|error| Failure::internal(format!("the answer cannot be read: {error}")))?;
    // Where the ledger is buffered, its row is written before whatever is asked of the writer now.
    engine.store.write(|_| Ok(())).await?;
    let row = engine.read(move |connection| table::find(connection, id)).await?;
    let row = row.ok_or_else(|| Failure::internal("the row of a replay is not in the ledger"))?;
    Ok(ReplaySide::new(row, format, is_good.then_some(&body[..])))
}
