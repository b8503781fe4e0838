//! Ollama's API, which many desktop tools speak and nothing else: `/api/chat`, `/api/generate`, `/api/embed`, and what they
//! ask to find out what there is. A model is loaded by nobody here, so what only loads one is answered at once.

pub mod about;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use postern_wire::Format;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::auth::Caller;
use crate::clock;
use crate::error::Failure;
use crate::exchange::{self, Call, EmbedShape};
use crate::ids;
use crate::shapes::JsonObject;

/// A body that asks for nothing but a model is shorter than this.
const SHORT: usize = 4096;

/// Chat in Ollama's format, streamed unless `stream` is false
#[utoipa::path(
    post, path = "/api/chat", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "messages": [{"role": "user", "content": "Hello"}], "stream": false})),
    responses(
        (status = 200, description = "Ollama's answer; several, one a line, unless `stream` is false", content((JsonObject = "application/json"), (String = "application/x-ndjson"))),
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
    served(engine, Format::Ollama, "/api/chat", request).await
}

/// Completion of one prompt in Ollama's format, streamed unless `stream` is false
#[utoipa::path(
    post, path = "/api/generate", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "demo", "prompt": "Hello", "stream": false})),
    responses(
        (status = 200, description = "Ollama's answer; several, one a line, unless `stream` is false", content((JsonObject = "application/json"), (String = "application/x-ndjson"))),
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
pub async fn generate(State(engine): State<Shared>, request: Request) -> Response {
    served(engine, Format::OllamaGenerate, "/api/generate", request).await
}

/// Embeddings in Ollama's format
#[utoipa::path(
    post, path = "/api/embed", tag = "LLM",
    request_body(content = JsonObject, example = json!({"model": "ollama/all-minilm", "input": ["Hello"]})),
    responses(
        (status = 200, description = "`model`, `embeddings`, `prompt_eval_count`", body = JsonObject),
        (status = 400, description = "The request is not valid, or the model's provider has no embeddings", body = JsonObject),
        (status = 401, body = JsonObject), (status = 403, body = JsonObject), (status = 404, body = JsonObject),
        (status = 402, description = "A budget is used up", body = JsonObject),
        (status = 413, description = "The body is too large", body = JsonObject),
        (status = 429, description = "A rate limit, the gateway's or the provider's", body = JsonObject),
        (status = 502, description = "The provider failed", body = JsonObject),
        (status = 503, description = "The provider's credential is missing or cannot be read", body = JsonObject),
        (status = 504, description = "The provider did not answer in time", body = JsonObject),
        (status = "default", description = "A provider's error, with its status and, where the formats are the same, its words", body = JsonObject),
    )
)]
pub async fn embed(State(engine): State<Shared>, request: Request) -> Response {
    exchange::embed(engine, EmbedShape::Ollama, "/api/embed", request).await
}

/// `/api/embeddings`: the older one, with one prompt.
pub async fn embeddings(State(engine): State<Shared>, request: Request) -> Response {
    exchange::embed(engine, EmbedShape::OllamaPrompt, "/api/embeddings", request).await
}

async fn served(engine: Shared, format: Format, endpoint: &'static str, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let length =
        head.headers.get("content-length").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_none_or(|length| length > SHORT) {
        return exchange::serve(engine, Call::new(format, endpoint), Request::from_parts(head, body)).await;
    }
    let body = body.collect().await.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
    if let Some(load) = Load::of(format, &body) {
        use axum::extract::FromRequestParts;
        let mut head = head;
        return match Caller::from_request_parts(&mut head, &engine)
            .await
            .and_then(|caller| load.answer(&engine, &caller))
        {
            Ok(answer) => Json(answer).into_response(),
            Err(failure) => failure.respond(format, ids::new_id()),
        };
    }
    let request = Request::from_parts(head, Body::from(body));
    exchange::serve(engine, Call::new(format, endpoint), request).await
}

/// A request that wants a model loaded or unloaded, and says nothing to it.
struct Load {
    format: Format,
    model: String,
    unloads: bool,
}

#[derive(Deserialize)]
struct Asked {
    model: String,
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    images: Vec<Value>,
    keep_alive: Option<Value>,
}

impl Load {
    fn of(format: Format, body: &[u8]) -> Option<Self> {
        let asked: Asked = serde_json::from_slice(body).ok()?;
        let says_nothing = asked.messages.is_empty() && asked.prompt.is_empty() && asked.images.is_empty();
        let unloads = asked
            .keep_alive
            .is_some_and(|value| value == json!(0) || value == json!("0") || value == json!("0s"));
        says_nothing.then_some(Self { format, model: asked.model, unloads })
    }

    fn answer(&self, engine: &crate::engine::Engine, caller: &Caller) -> Result<Value, Failure> {
        super::models::one(&engine.snapshot.load(), caller, &self.model)?;
        let mut answer = json!({"model": self.model, "created_at": clock::text(clock::now_ms())});
        if self.format == Format::Ollama {
            answer["message"] = json!({"role": "assistant", "content": ""});
        } else {
            answer["response"] = json!("");
        }
        answer["done"] = json!(true);
        answer["done_reason"] = json!(if self.unloads { "unload" } else { "load" });
        Ok(answer)
    }
}
