//! `POST /v1/completions`: OpenAI's older completions of a prompt.

use axum::extract::{Request, State};
use axum::response::Response;
use postern_wire::Format;

use super::Shared;
use crate::exchange::{self, Call};
use crate::shapes::{ErrorBody, JsonObject};

/// Completion of a prompt, streamed or not, by any model of any provider
///
/// Where the provider has none, a chat model is asked with the prompt as the user's message.
#[utoipa::path(
    post, path = "/v1/completions", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "prompt": "Hello"})),
    responses(
        (status = 200, description = "OpenAI's completion, or `text/event-stream` when `stream` is true", body = JsonObject),
        (status = 400, description = "The request is not valid", body = ErrorBody),
        (status = 401, description = "No valid key", body = ErrorBody),
        (status = 403, description = "The key may not use this model", body = ErrorBody),
        (status = 404, description = "No such model", body = ErrorBody),
        (status = 429, description = "A rate limit, the gateway's or the provider's", body = ErrorBody),
        (status = 502, description = "The provider failed", body = ErrorBody),
    )
)]
pub async fn create(State(engine): State<Shared>, request: Request) -> Response {
    exchange::serve(engine, Call::new(Format::OpenAiCompletions, "/v1/completions"), request).await
}
