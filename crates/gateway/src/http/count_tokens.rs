//! `POST /v1/messages/count_tokens`: how long a prompt is. Free of charge, so it has no row in the ledger.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use postern_wire::{Edits, Envelope, Format};
use serde::Serialize;

use super::Shared;
use crate::auth::{self, Caller, InternalOrigin};
use crate::engine::Engine;
use crate::error::Failure;
use crate::exchange;
use crate::shapes::JsonObject;
use crate::snapshot::{Address, Deployment, Place, Snapshot};
use crate::{clock, ids, upstream};

const FORMAT: Format = Format::AnthropicMessages;
/// Clients ask before they send; an estimate in time is worth more to them than an exact answer late.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

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
    )
)]
pub async fn count(State(engine): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let snapshot = engine.snapshot.load_full();
    let caller = match head.extensions.get::<InternalOrigin>() {
        Some(_) => Ok(Caller::Internal),
        None => auth::authenticate(&snapshot, &head.headers, clock::now_ms()),
    };
    let counted = match caller {
        Ok(caller) => match exchange::read_body(body, &head.headers, engine.options.max_body).await {
            Ok(body) => answer(&engine, &snapshot, &caller, &head.headers, body).await,
            Err(failure) => Err(failure),
        },
        Err(failure) => {
            exchange::discard(body, engine.options.max_body).await;
            Err(failure)
        }
    };
    counted.unwrap_or_else(|failure| failure.respond(FORMAT, ids::new_id()))
}

async fn answer(
    engine: &Arc<Engine>,
    snapshot: &Snapshot,
    caller: &Caller,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let envelope = Envelope::peek(FORMAT, &body)?;
    let model = envelope.model.as_str();
    let group = snapshot.resolve(model).map_err(|unresolved| unresolved.into_failure(model))?.group;
    caller.check_access(model, &group.name)?;
    for deployment in group.deployments.iter().filter(|known| !engine.health.is_cooling(&known.id)) {
        if let Some(exact) = ask(engine, deployment, &envelope, headers, &body).await? {
            return Ok(([(header::CONTENT_TYPE, "application/json")], exact).into_response());
        }
    }
    let input_tokens = postern_wire::estimate_tokens(&body);
    Ok(([("x-postern-estimate", "true")], Json(TokenCount { input_tokens })).into_response())
}

/// The provider's own count; `None` if it does not count, or not now. What is wrong with the request it says itself.
async fn ask(
    engine: &Engine,
    deployment: &Deployment,
    envelope: &Envelope,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Option<Bytes>, Failure> {
    let endpoint = deployment.endpoint(FORMAT);
    let Place::Http { whole, .. } = &endpoint.place else { return Ok(None) };
    if endpoint.format != FORMAT {
        return Ok(None);
    }
    let Some(address) = Address::parse(&format!("{}/count_tokens", whole.url())) else { return Ok(None) };
    let edits = Edits { model: Some(&deployment.upstream_model), ask_usage: false };
    let sent = engine.clients.send(
        Method::POST,
        &address,
        upstream::request_headers(endpoint, headers, false),
        envelope.rewrite(body, &edits),
        &deployment.provider,
    );
    let Ok(Ok(reply)) = tokio::time::timeout(PATIENCE, sent).await else { return Ok(None) };
    let status = reply.status;
    let body = upstream::read_error(reply, PATIENCE).await;
    match status {
        200 => Ok(Some(body).filter(|body| {
            serde_json::from_slice::<serde_json::Value>(body)
                .is_ok_and(|count| count["input_tokens"].is_u64())
        })),
        400 | 413 | 422 => Err(Failure::from_upstream(postern_wire::parse_error(FORMAT, status, &body))),
        _ => Ok(None),
    }
}
