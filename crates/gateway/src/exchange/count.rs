//! How long a prompt is, by whoever would answer it: asked of the provider where it counts, in whatever format it does;
//! an estimate where it does not. Free of charge, so it has no row in the ledger.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use postern_wire::{Beside, Edits, Envelope, Format, Target};
use serde_json::{Map, Value};

use super::{Call, discard, read_body};
use crate::admission;
use crate::auth::{self, InternalOrigin};
use crate::clock::Moment;
use crate::engine::Engine;
use crate::error::Failure;
use crate::pipeline::shaped;
use crate::snapshot::{Deployment, Endpoint, Place};
use crate::upstream;

/// Clients ask before they send; an estimate in time is worth more to them than an exact answer late.
const PATIENCE: Duration = Duration::from_secs(10);

/// A prompt's length.
pub enum Counted {
    /// The provider's own words, in the caller's format.
    Verbatim(Bytes),
    /// The provider's count, in another format's words.
    Exact(u64),
    Estimate(u64),
}

/// Counts the prompt of a request that is in the body and in what the path says.
pub async fn count(engine: Arc<Engine>, call: Call, request: Request) -> Result<Counted, Failure> {
    let (head, body) = request.into_parts();
    let snapshot = engine.snapshot.load_full();
    let caller = engine.caller(head.extensions.get::<InternalOrigin>(), &head.headers, head.uri.path());
    let caller = match caller {
        Ok(caller) => caller,
        Err(failure) => {
            discard(body, engine.options.max_body).await;
            return Err(failure);
        }
    };
    let body = read_body(body, &head.headers, engine.options.max_body).await?;
    // What it says to the gateway is no part of the prompt.
    let controls = postern_wire::read_controls(&body)?;
    let reduced = controls.map(|controls| controls.surgery.reduce(&body)).transpose()?.flatten();
    let body = reduced.map_or(body, Bytes::from);
    let beside = Beside { model: call.model.as_deref(), stream: call.stream };
    // Google's callers may ask about a whole request, wrapped up.
    let wrapped = if call.format == Format::Gemini { unwrapped(&body) } else { None };
    let prompt = wrapped.as_ref().unwrap_or(&body);
    let envelope = Envelope::peek_beside(call.format, prompt, beside)?;
    let model = caller.renamed(&envelope.model);
    let resolved = snapshot.resolve_for(caller.namespace(), model);
    let group = resolved.map_err(|unresolved| unresolved.into_failure(model))?.group;
    caller.check_group(&group, &[envelope.model.as_str(), model, &group.name])?;
    let customer = admission::customer_of(&engine, &head.headers, envelope.user.as_deref());
    let region = match &customer {
        Some(customer) => {
            admission::check_customer(customer)?;
            let names = [group.name.as_str(), envelope.model.as_str()];
            auth::check_limits("end_user", &customer.limited, &names, &snapshot.access)?;
            customer.region.as_deref()
        }
        None => None,
    };
    let now = Moment::now();
    let may_be_asked = |known: &&Arc<Deployment>| {
        known.condition.availability(now).may_be_asked() && region.is_none_or(|region| known.is_in(region))
    };
    for deployment in group.deployments.iter().filter(may_be_asked) {
        let asking =
            Asking { engine: &engine, format: call.format, envelope: &envelope, headers: &head.headers };
        if let Some(counted) = asking.ask(deployment, &body, prompt).await? {
            return Ok(counted);
        }
    }
    Ok(Counted::Estimate(postern_wire::estimate_tokens(prompt)))
}

fn unwrapped(body: &Bytes) -> Option<Bytes> {
    let body: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let inner = body.get("generateContentRequest").or_else(|| body.get("generate_content_request"))?;
    Some(inner.to_string().into())
}

struct Asking<'a> {
    engine: &'a Engine,
    format: Format,
    envelope: &'a Envelope,
    headers: &'a HeaderMap,
}

impl Asking<'_> {
    /// The provider's count; `None` if it does not count, or not now. What is wrong with the request it says itself.
    async fn ask(
        &self,
        deployment: &Deployment,
        body: &Bytes,
        prompt: &Bytes,
    ) -> Result<Option<Counted>, Failure> {
        let endpoint = deployment.endpoint(self.format);
        let Place::Http { count: Some(address), .. } = &endpoint.place else { return Ok(None) };
        let Some(sent) = self.prepare(deployment, endpoint, body, prompt) else { return Ok(None) };
        let sent = self.engine.clients.send(
            Method::POST,
            address,
            upstream::request_headers(endpoint, self.headers, false),
            sent,
            endpoint.signing.as_deref(),
            &deployment.provider,
        );
        let Ok(Ok(reply)) = tokio::time::timeout(PATIENCE, sent).await else { return Ok(None) };
        let status = reply.status;
        let body = upstream::read_error(reply, PATIENCE).await;
        match status {
            200 => Ok(counted(&body).map(|tokens| {
                if endpoint.format == self.format { Counted::Verbatim(body) } else { Counted::Exact(tokens) }
            })),
            // What a translation is refused for says nothing to the caller.
            400 | 413 | 422 if endpoint.format == self.format => {
                Err(Failure::from_upstream(postern_wire::parse_error(endpoint.format, status, &body)))
            }
            _ => Ok(None),
        }
    }

    /// The prompt as the provider takes it for counting; `None` where it cannot be said to it.
    fn prepare(
        &self,
        deployment: &Deployment,
        endpoint: &Endpoint,
        body: &Bytes,
        prompt: &Bytes,
    ) -> Option<Bytes> {
        let sent = if endpoint.format == self.format {
            if self.envelope.is_model_inside() {
                let edits = Edits { model: Some(&deployment.upstream_model), ask_usage: false };
                self.envelope.rewrite(prompt, &edits)
            } else {
                body.clone()
            }
        } else {
            let target = Target {
                model: &deployment.upstream_model,
                default_max_tokens: 1,
                drop_params: true,
                stream: false,
            };
            let translated =
                postern_wire::translate_request(self.format, endpoint.format, prompt, &target).ok()?;
            wrap(endpoint.format, &deployment.upstream_model, translated.body)?
        };
        match &endpoint.shape {
            Some(shape) => shaped(shape, self.headers, endpoint.format, sent).ok().map(|(body, _)| body),
            None => Some(sent),
        }
    }
}

/// A translated prompt in the shape that counting takes: some members belong to answers only.
fn wrap(format: Format, model: &str, body: Vec<u8>) -> Option<Bytes> {
    let mut prompt: Map<String, Value> = serde_json::from_slice(&body).ok()?;
    match format {
        Format::Gemini => {
            prompt.insert("model".into(), format!("models/{model}").into());
            Some(serde_json::json!({ "generateContentRequest": prompt }).to_string().into())
        }
        Format::AnthropicMessages => {
            let counted = ["model", "messages", "system", "tools", "tool_choice", "thinking"];
            prompt.retain(|name, _| counted.contains(&name.as_str()));
            Some(Value::Object(prompt).to_string().into())
        }
        _ => None,
    }
}

/// The number in a provider's answer.
fn counted(body: &[u8]) -> Option<u64> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    ["input_tokens", "totalTokens", "inputTokens"].iter().find_map(|name| answer[name].as_u64())
}
