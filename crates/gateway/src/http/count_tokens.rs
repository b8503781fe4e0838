//! `POST /v1/messages/count_tokens`: how long a prompt is.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use postern_wire::Format;
use serde::Serialize;

use super::Shared;
use crate::exchange::{self, Call, Counted};
use crate::ids;
use crate::shapes::JsonObject;

const FORMAT: Format = Format::AnthropicMessages;

#[derive(Serialize, utoipa::ToSchema)]
pub struct TokenCount {
    #[schema(example = 14)]
    pub input_tokens: u64,
}

/// How many tokens a message's prompt has
///
/// Asked of the provider where it counts itself; an estimate (marked by the header `x-postern-estimate`) where it does not.
#[utoipa::path(
    post, path = "/v1/messages/count_tokens", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "messages": [{"role": "user", "content": "Hello"}]})),
    responses(
        (status = 200, body = TokenCount),
        (status = 400, description = "The request is not valid", body = JsonObject),
        (status = 401, description = "No valid key", body = JsonObject),
        (status = 403, description = "The key may not use this model", body = JsonObject),
        (status = 404, description = "No such model", body = JsonObject),
        (status = 413, description = "The body is too large", body = JsonObject),
        (status = "default", description = "A provider's error, with its status and, where the formats are the same, its words", body = JsonObject),
    )
)]
pub async fn count(State(engine): State<Shared>, request: Request) -> Response {
    let call = Call::new(FORMAT, "/v1/messages/count_tokens");
    match exchange::count(engine, call, request).await {
        Ok(Counted::Verbatim(body)) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Ok(Counted::Exact(input_tokens)) => Json(TokenCount { input_tokens }).into_response(),
        Ok(Counted::Estimate(input_tokens)) => {
            ([("x-postern-estimate", "true")], Json(TokenCount { input_tokens })).into_response()
        }
        Err(failure) => failure.respond(FORMAT, ids::new_id()),
    }
}
