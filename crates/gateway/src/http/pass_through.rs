//! `/openai/*`, `/anthropic/*`, ..: a provider's own API under its name, for whatever the gateway has no route of its own
//! for. What it understands it serves as ever, pinned to that provider.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::Method;
use axum::response::Response;
use postern_wire::Format;

use super::Shared;
use crate::error::Failure;
use crate::exchange::{self, Call};
use crate::ids;
use crate::providers;
use crate::snapshot::{Provider, Snapshot};

/// The first part of paths that lead to a provider of that preset; any configured provider is found under
/// `/providers/{name}/`.
pub const NAMES: [&str; 6] = ["openai", "anthropic", "gemini", "cohere", "mistral", "azure"];
/// Names that LiteLLM has and that are other words for a preset.
pub const OTHER_NAMES: [&str; 1] = ["vllm"];

/// What the gateway understands, by the end of the path.
const UNDERSTOOD: [(&str, Format); 3] = [
    ("chat/completions", Format::OpenAiChat),
    ("responses", Format::OpenAiResponses),
    ("messages", Format::AnthropicMessages),
];

/// `/openai/v1/files`: the preset is the path's first part.
pub async fn of_preset(State(engine): State<Shared>, Path(path): Path<String>, request: Request) -> Response {
    let name = request.uri().path().trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
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
    Path((name, path)): Path<(String, String)>,
    request: Request,
) -> Response {
    let provider = named(&engine.snapshot.load(), &name);
    forward(engine, provider, &name, path, request).await
}

fn named(snapshot: &Snapshot, name: &str) -> Option<Arc<Provider>> {
    let mut usable = snapshot.providers.iter().filter(|provider| provider.row.enabled && !provider.built_in);
    usable.find(|provider| provider.row.name == name).cloned()
}

async fn forward(
    engine: Shared,
    provider: Option<Arc<Provider>>,
    name: &str,
    path: String,
    request: Request,
) -> Response {
    let Some(provider) = provider else {
        let message = format!("{name} is not configured: add it in the console under Providers");
        return Failure::not_found("provider_not_found", message).respond(Format::OpenAiChat, ids::new_id());
    };
    let understood = UNDERSTOOD.iter().find(|(end, format)| {
        let is_end = path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        is_end && provider.spec.endpoints().any(|endpoint| endpoint.format == *format)
    });
    match understood {
        Some((_, format)) if request.method() == Method::POST => {
            let endpoint = request.uri().path().to_owned();
            let call = Call { provider: Some(provider), ..Call::new(*format, endpoint) };
            exchange::serve(engine, call, request).await
        }
        _ => exchange::pass(engine, provider, path, request).await,
    }
}
