//! `POST /v2/chat`: Cohere's chat.

use axum::extract::{Request, State};
use axum::response::Response;
use postern_wire::Format;

use super::Shared;
use crate::exchange::{self, Call};
use crate::shapes::JsonObject;

/// Chat in Cohere's format, streamed or not, by any model of any provider
#[utoipa::path(
    post, path = "/v2/chat", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "messages": [{"role": "user", "content": "Hello"}]})),
    responses(
        (status = 200, description = "Cohere's answer; events when `stream` is true", content((JsonObject = "application/json"), (String = "text/event-stream"))),
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
pub async fn chat(State(engine): State<Shared>, request: Request) -> Response {
    exchange::serve(engine, Call::new(Format::Cohere, "/v2/chat"), request).await
}
