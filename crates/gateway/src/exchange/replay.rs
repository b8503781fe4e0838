//! A request that was kept is asked again, of another model and for somebody who wants to compare: through the same phases as
//! any request, billed to whoever asks, and not streamed.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use postern_wire::{Envelope, Format, Surgery};
use serde_json::Value;

use super::{Call, serve_to};
use crate::auth::{Caller, routes};
use crate::clock::Moment;
use crate::engine::Engine;
use crate::error::Failure;

/// Members that belong to a stream, or to an answer that is fetched later.
const NOT_REPEATED: [&str; 3] = ["stream_options", "background", "conversation"];

/// Whether the model stands in the path and not in the body.
fn is_named_in_path(format: Format) -> bool {
    matches!(format, Format::Gemini | Format::BedrockConverse)
}

/// Where requests of a format are sent, as keys that are restricted to routes name it.
fn path_of(format: Format) -> &'static str {
    match format {
        Format::OpenAiChat => "/v1/chat/completions",
        Format::OpenAiResponses => "/v1/responses",
        Format::AnthropicMessages => "/v1/messages",
        Format::Gemini => "/v1beta/models",
        Format::Ollama => "/api/chat",
        Format::OllamaGenerate => "/api/generate",
        Format::Cohere => "/v2/chat",
        Format::OpenAiCompletions => "/v1/completions",
        Format::BedrockConverse => "/bedrock/model",
    }
}

/// Refuses a key that may not call models in this format, whatever else it may.
pub fn can_replay(caller: &Caller, format: Format) -> Result<(), Failure> {
    let allowed = caller.key().and_then(|key| key.allowed_routes.as_ref());
    allowed.map_or(Ok(()), |allowed| routes::check(allowed, path_of(format)))
}

/// Asks again. What comes is what a caller of that format would get.
pub async fn replay(
    engine: Arc<Engine>,
    caller: Caller,
    format: Format,
    kept: &str,
    model: &str,
) -> Result<Response, Failure> {
    let mut surgery = Surgery::default();
    for member in NOT_REPEATED {
        let _ = surgery.drop(member);
    }
    if !is_named_in_path(format) {
        surgery.set("stream", &Value::Bool(false));
    }
    let body = surgery.reduce(kept.as_bytes())?.unwrap_or_else(|| kept.into());
    let body = surgery.add(&body)?.unwrap_or(body);
    let in_path = is_named_in_path(format);
    let body = if in_path { body } else { Envelope::with_model(&body, model).unwrap_or(body) };
    let call = Call {
        model: in_path.then(|| model.to_owned()),
        stream: Some(false),
        is_replay: true,
        ..Call::new(format, "replay")
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static("postern-replay"));
    let body = Body::from(Bytes::from(body));
    Ok(serve_to(engine, call, caller, (headers, body), (Instant::now(), Moment::now())).await)
}
