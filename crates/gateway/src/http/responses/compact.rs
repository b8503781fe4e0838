//! `POST /v1/responses/compact`: a conversation made short. The provider does it where it can; elsewhere the model is asked
//! for a summary, which the gateway tells it again when the conversation goes on.

use axum::extract::{Request, State};
use axum::response::Response;
use postern_wire::Format;

use super::super::Shared;
use crate::exchange::{self, Call};
use crate::shapes::{ErrorBody, JsonObject};

/// A conversation made short enough to go on
///
/// The output stands in place of the input from then on: the users' messages, and an item of type `compaction`.
#[utoipa::path(
    post, path = "/v1/responses/compact", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "input": [{"role": "user", "content": "Hello"}]})),
    responses(
        (status = 200, description = "A `response.compaction`", body = JsonObject),
        (status = 400, description = "The request is not valid", body = ErrorBody),
        (status = 401, description = "No valid key", body = ErrorBody),
        (status = 403, description = "The key may not use this model", body = ErrorBody),
        (status = 404, description = "No such model", body = ErrorBody),
        (status = 502, description = "The provider failed", body = ErrorBody),
    )
)]
pub async fn compact(State(engine): State<Shared>, request: Request) -> Response {
    let call = Call { compacts: true, ..Call::new(Format::OpenAiResponses, "/v1/responses/compact") };
    exchange::serve(engine, call, request).await
}
