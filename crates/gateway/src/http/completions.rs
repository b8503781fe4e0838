//! `POST /v1/completions`: OpenAI's older completions of a prompt.

use axum::extract::{Request, State};
use axum::response::Response;
use postern_wire::Format;

use super::Shared;
use crate::exchange::{self, Call};
use crate::shapes::JsonObject;

/// Completion of a prompt, streamed or not, by any model of any provider
///
/// Where the provider has none, a chat model is asked with the prompt as the user's message.
#[utoipa::path(
    post, path = "/v1/completions", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "prompt": "Hello"})),
    responses(
        (status = 200, description = "OpenAI's completion; events when `stream` is true", content((JsonObject = "application/json"), (String = "text/event-stream"))),
        (status = 400, description = "The request is not valid", body = JsonObject),
        (status = 401, description = "No valid key", body = JsonObject),
        (status = 402, description = "A budget is used up", body = JsonObject),
        (status = 403, description = "The key may not use this model", body = JsonObject),
        (status = 404, description = "No such model", body = JsonObject),
        (status = 413, description = "The body is too large", body = JsonObject),
        (status = 429, description = "A rate limit, the gateway's or the provider's", body = JsonObject),
        (status = 502, description = "The provider failed", body = JsonObject),
        (status = 503, description = "The provider's credential is missing or cannot be read", body = JsonObject),
        (status = 504, description = "The provider did not answer in time", body = JsonObject),
        (status = "default", description = "A provider's error, with its status and, where the formats are the same, its words", body = JsonObject),
    )
)]
pub async fn create(State(engine): State<Shared>, request: Request) -> Response {
    exchange::serve(engine, Call::new(Format::OpenAiCompletions, "/v1/completions"), request).await
}
