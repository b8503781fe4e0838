//! `POST /v1/responses/compact`: a conversation made short. The provider does it where it can; elsewhere the model is asked
//! for a summary, which the gateway tells it again when the conversation goes on.

use axum::extract::{Request, State};
use axum::response::Response;
use postern_wire::Format;

use super::super::Shared;
use crate::exchange::{self, Call};
use crate::shapes::JsonObject;

/// A conversation made short enough to go on
///
/// The output stands in place of the input from then on: the users' messages, and an item of type `compaction`.
#[utoipa::path(
    post, path = "/v1/responses/compact", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "input": [{"role": "user", "content": "Hello"}]})),
    responses(
        (status = 200, description = "A `response.compaction`", body = JsonObject),
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
pub async fn compact(State(engine): State<Shared>, request: Request) -> Response {
    let call = Call { compacts: true, ..Call::new(Format::OpenAiResponses, "/v1/responses/compact") };
    exchange::serve(engine, call, request).await
}
