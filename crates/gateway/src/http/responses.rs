//! `POST /v1/responses`: OpenAI's Responses API.

pub mod compact;
pub mod kept;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use postern_wire::Format;

use super::Shared;
use crate::error::Failure;
use crate::exchange::{self, Call};
use crate::ids;
use crate::shapes::JsonObject;

const FORMAT: Format = Format::OpenAiResponses;

/// Response, streamed or not, by any model of any provider
///
/// Where the provider speaks this API the caller's bytes reach it; elsewhere the request is translated, and what depends on
/// the provider's memory is kept here instead: `previous_response_id` works, a `conversation` is refused.
#[utoipa::path(
    post, path = "/v1/responses", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "input": "Hello"})),
    responses(
        (status = 200, description = "OpenAI's response; events when `stream` is true", content((JsonObject = "application/json"), (String = "text/event-stream"))),
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
    exchange::serve(engine, Call::new(FORMAT, "/v1/responses"), request).await
}

/// Clients that prefer a WebSocket ask for one here, and go over to HTTP at once when they are told to.
pub async fn socket(headers: HeaderMap) -> Response {
    let upgrade = headers.contains_key(header::UPGRADE);
    let mut failure = if upgrade {
        Failure::invalid("websocket_not_served", "responses are served over HTTP: POST /v1/responses")
    } else {
        Failure::invalid("method_not_allowed", "/v1/responses takes POST")
    };
    failure.error.status = if upgrade { 426 } else { 405 };
    let mut response = failure.respond(FORMAT, ids::new_id());
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}
