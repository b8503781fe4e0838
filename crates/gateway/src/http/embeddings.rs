//! `POST /v1/embeddings`: OpenAI's embeddings.

use axum::extract::{Request, State};
use axum::response::Response;

use super::Shared;
use crate::exchange::{self, EmbedShape};
use crate::shapes::JsonObject;

/// Embeddings of texts, by any model whose provider has them
#[utoipa::path(
    post, path = "/v1/embeddings", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "openai/text-embedding-3-small", "input": "Hello"})),
    responses(
        (status = 200, description = "OpenAI's list of embeddings", body = JsonObject),
        (status = 400, description = "The request is not valid, or the model's provider has no embeddings", body = JsonObject),
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
    exchange::embed(engine, EmbedShape::OpenAi, "/v1/embeddings", request).await
}
