//! `/openai/*`, `/anthropic/*`, ..: a provider's own API under its name, for whatever the gateway has no route of its own
//! for. What it understands it serves as ever, pinned to that provider.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::Method;
use axum::response::Response;
use postern_wire::Format;

use super::{Shared, gemini};
use crate::error::Failure;
use crate::exchange::{self, Call};
use crate::ids;
use crate::providers;
use crate::snapshot::{Provider, Snapshot};

/// The first part of paths that lead to a provider of that preset; any configured provider is found under
/// `/providers/{name}/`.
pub const NAMES: [&str; 7] = ["openai", "anthropic", "gemini", "bedrock", "cohere", "mistral", "azure"];
/// Names that LiteLLM has and that are other words for a preset.
pub const OTHER_NAMES: [&str; 2] = ["vllm", "vertex_ai"];

/// What the gateway understands, by the end of the path.
const UNDERSTOOD: [(&str, Format); 7] = [
    ("chat/completions", Format::OpenAiChat),
    ("completions", Format::OpenAiCompletions),
    ("v2/chat", Format::Cohere),
    ("api/chat", Format::Ollama),
    ("api/generate", Format::OllamaGenerate),
    ("responses", Format::OpenAiResponses),
    ("messages", Format::AnthropicMessages),
];

/// `/openai/v1/files`: the preset is the path's first part.
pub async fn of_preset(State(engine): State<Shared>, request: Request) -> Response {
    let (name, path) = halves(request.uri().path());
    let provider = providers::find(&name).and_then(|spec| {
        let snapshot = engine.snapshot.load();
        let found =
            snapshot.providers.iter().find(|provider| provider.spec.id == spec.id && provider.row.enabled);
        found.cloned()
    });
    forward(engine, provider, &name, path, request).await
}

/// `/providers/{name}/v1/files`: any configured provider.
pub async fn of_provider(
    State(engine): State<Shared>,
    Path((name, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (_, path) = halves(&halves(request.uri().path()).1);
    let provider = named(&engine.snapshot.load(), &name);
    forward(engine, provider, &name, path, request).await
}

/// The first part of a path, and the rest as it was written: what is encoded must stay so.
fn halves(path: &str) -> (String, String) {
    let path = path.trim_start_matches('/');
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    (first.to_owned(), rest.to_owned())
}

fn named(snapshot: &Snapshot, name: &str) -> Option<Arc<Provider>> {
    let mut usable = snapshot.providers.iter().filter(|provider| provider.row.enabled && !provider.built_in);
    usable.find(|provider| provider.row.name == name).cloned()
}

/// What the gateway understands of a provider's API: it is served as ever, pinned to that provider.
fn understood(provider: &Arc<Provider>, path: &str, request: &Request) -> Option<Call> {
    let speaks = |format: Format| provider.spec.endpoints().any(|endpoint| endpoint.format == format);
    let endpoint = request.uri().path().to_owned();
    let call = if let Some((_, rest)) = path.split_once("models/")
        && speaks(Format::Gemini)
    {
        gemini::content_call(rest, endpoint, request.uri().query())?
    } else if let Some(rest) = path.strip_prefix("model/")
        && speaks(Format::BedrockConverse)
    {
        converse_call(rest, endpoint)?
    } else {
        let is_end = |end: &str| {
            path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        let (_, format) = UNDERSTOOD.iter().find(|(end, format)| is_end(end) && speaks(*format))?;
        Call::new(*format, endpoint)
    };
    Some(Call { provider: Some(provider.clone()), ..call })
}

/// Reads `{model}/converse` or `{model}/converse-stream`; the model is one segment, encoded.
fn converse_call(path: &str, endpoint: String) -> Option<Call> {
    let (model, method) = path.rsplit_once('/')?;
    let stream = match method {
        "converse" => false,
        "converse-stream" => true,
        _ => return None,
    };
    let model = percent_encoding::percent_decode_str(model).decode_utf8().ok()?.into_owned();
    Some(Call { model: Some(model), stream: Some(stream), ..Call::new(Format::BedrockConverse, endpoint) })
}

async fn forward(
    engine: Shared,
    provider: Option<Arc<Provider>>,
    name: &str,
    path: String,
    request: Request,
) -> Response {
    let refuse = |failure: Failure| failure.respond(Format::OpenAiChat, ids::new_id());
    let Some(provider) = provider else {
        let message = format!("{name} is not configured: add it in the console under Providers");
        return refuse(Failure::not_found("provider_not_found", message));
    };
    // Parsing an address resolves these, and what lies beside the base URL is not the provider's.
    let climbs = |part: &str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split(['/', '\\']).any(climbs) {
        return refuse(Failure::invalid("invalid_path", "a path must not climb"));
    }
    let call = if request.method() == Method::POST { understood(&provider, &path, &request) } else { None };
    match call {
        Some(call) => exchange::serve(engine, call, request).await,
        None => exchange::pass(engine, provider, path, request).await,
    }
}
