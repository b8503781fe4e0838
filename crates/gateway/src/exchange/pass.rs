//! A request of a provider's own API that the gateway need not understand: key, model access, limits, budget and ledger are
//! in force, the rest is passed on as it is, both ways.

mod held;
mod passing;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use postern_store::table::requests::Outcome;
use postern_wire::Format;
use serde::Deserialize;
use uuid::Uuid;

use super::{attribution, discard, first_words, read_body};
use crate::admission::{self, Admission, Asked};
use crate::auth::InternalOrigin;
use crate::bodies::Draft;
use crate::engine::Engine;
use crate::error::{Failure, UpstreamBody};
use crate::ids;
use crate::limits::Estimate;
use crate::meter::{End, Meter};
use crate::pipeline;
use crate::providers::auth::Proof;
use crate::snapshot::{Address, Credential, Deployment, Provider, fixed_headers};
use crate::upstream::{self, Reply};

/// What is between two hops only, and what is about the caller's key or this gateway's connection.
const NOT_PASSED_ON: [&str; 24] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
    "expect",
    "cookie",
    "origin",
    "referer",
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-litellm-api-key",
    "x-postern-project",
    "x-postern-session",
    "x-admin-key",
    "accept-encoding",
];

/// What stands in a body besides what only the provider understands.
#[derive(Deserialize, Default)]
struct Named {
    model: Option<String>,
}

/// How long an answer may become, in the words of several formats.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Lengths {
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
    n: Option<u64>,
}

impl Lengths {
    fn most(&self) -> Option<u64> {
        let most = self.max_completion_tokens.or(self.max_tokens).or(self.max_output_tokens)?;
        Some(most.saturating_mul(self.n.unwrap_or(1).max(1)))
    }
}

/// Passes one request on. `path` is what follows the provider's name.
pub async fn pass(engine: Arc<Engine>, provider: Arc<Provider>, path: String, request: Request) -> Response {
    let started = Instant::now();
    let request_id = ids::new_id();
    let format = provider.spec.format;
    let snapshot = engine.snapshot.load_full();
    let (head, body) = request.into_parts();
    let caller = engine.caller(head.extensions.get::<InternalOrigin>(), &head.headers, head.uri.path());
    let caller = match caller {
        Ok(caller) => caller,
        Err(failure) => {
            discard(body, engine.options.max_body).await;
            return failure.respond(format, request_id);
        }
    };
    let endpoint = head.uri.path().to_owned();
    let row = Box::new(first_words(request_id, &caller, endpoint, "pass_through", &head.headers));
    let mut meter = Meter::start(engine.clone(), row, started);
    let sent = async {
        let body = read_body(body, &head.headers, engine.options.max_body).await?;
        meter.keep(Draft::of(&caller, Some(passing::format_at(&path, format)), &body));
        let model = serde_json::from_slice::<Named>(&body).unwrap_or_default().model;
        let deployment = match model.as_deref() {
            Some(model) => {
                let group = snapshot.group_of(&provider, model);
                group.map_err(|unresolved| unresolved.into_failure(model))?.deployments.into_iter().next()
            }
            None => None,
        };
        let reads = matches!(head.method, Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS);
        if let Some(row) = meter.row() {
            row.request_bytes = body.len() as i64;
            row.model_requested = model.clone().unwrap_or_default();
            row.model_group.clone_from(&row.model_requested);
            row.format_out = Some("pass_through".to_owned());
            attribution::of_body(row, &body);
        }
        let name = format!("{}/{}", provider.row.name, model.as_deref().unwrap_or_default());
        caller.check_access(&[&name, model.as_deref().unwrap_or(&name)])?;
        if let Some(customer) = admission::customer(&engine, &head.headers, &mut meter)
            && let Some(region) = customer.region.as_deref()
            && !deployment.as_ref().is_some_and(|known| known.is_in(region))
        {
            return Err(pipeline::not_there(&name, region));
        }
        let models = [name.as_str(), model.as_deref().unwrap_or(&name)];
        let tags = pipeline::tags(&caller, &head.headers, None);
        let asked = Asked { headers: &head.headers, body: &body, models: &models, others: &[], tags: &tags };
        let admission = Admission::open(&engine, &caller, &asked, &mut meter)?;
        let admission = admission.at(&provider.row.name, &provider.spec.id, model.as_deref())?;
        meter.hold(admission.admit(estimate(&body, deployment.as_deref(), reads))?);
        meter.passed_to(&provider, deployment);
        let query = head.uri.query();
        let url = provider.spec.own_url(&provider.row.base_url, &path, query, &provider.settings);
        let Some(address) = Address::parse(&url) else {
            return Err(Failure::invalid("invalid_path", format!("{url} is not an address")));
        };
        let chosen = held::choose(&engine, &provider)
            .ok_or_else(|| Failure::internal("a provider without a place for a credential"))?;
        ready(&chosen.held.credential, &provider.row.name)?;
        let proof = chosen.held.proofs.first().and_then(Option::as_ref);
        let headers = request_headers(&provider, proof, &head.headers);
        let patience = provider.timeout().unwrap_or(snapshot.routing.timeout);
        let signing = match proof {
            Some(Proof::Signed(signing)) => Some(signing.as_ref()),
            _ => None,
        };
        let sending =
            engine.clients.send(head.method.clone(), &address, headers, body, signing, &provider.row.name);
        let reply = tokio::time::timeout(patience, sending).await.map_err(|_| {
            let seconds = patience.as_secs_f32();
            Failure::upstream(
                504,
                "upstream_timeout",
                format!("{} did not answer within {seconds} s", provider.row.name),
            )
        })??;
        chosen.answered(reply.status, pipeline::retry_after(&reply.headers));
        // What a call costs that does not say what it used, nobody knows.
        if !reads {
            meter.used_unknown();
        }
        Ok(reply)
    };
    match sent.await {
        Ok(reply) => {
            let spoken = passing::format_at(&path, format);
            answer(&engine, &provider, request_id, meter, reply, spoken).await
        }
        Err(failure) => {
            let end = End {
                status: failure.error.status,
                outcome: Outcome::Error,
                failure: Some(&failure),
                ..NOTHING
            };
            commit(&engine, meter, end).await;
            failure.respond(format, request_id)
        }
    }
}

pub(super) const NOTHING: End<'static> = End {
    status: 200,
    outcome: Outcome::Ok,
    failure: None,
    usage: None,
    output_chars: 0,
    response_bytes: 0,
    response_id: None,
};

pub(super) async fn commit(engine: &Engine, mut meter: Meter, end: End<'_>) {
    if let Some((ack, _)) = meter.finish(end)
        && !engine.options.buffered_ledger
    {
        ack.committed().await;
    }
}

/// Tokens at least of what is asked. Reading costs nothing; whatever else names no model of a known price cannot be held
/// against a budget.
fn estimate(body: &Bytes, deployment: Option<&Deployment>, reads: bool) -> Estimate {
    let input = (body.len() as u64).div_ceil(3);
    let cost_nanos = match deployment {
        Some(deployment) => {
            let said = serde_json::from_slice::<Lengths>(body).unwrap_or_default();
            let output = said.most().or(deployment.max_output).unwrap_or(pipeline::DEFAULT_MAX_TOKENS);
            deployment.highest_cost(input.min(deployment.context.unwrap_or(u64::MAX)), output)
        }
        None => reads.then_some(0),
    };
    Estimate { cost_nanos, tokens: input }
}

/// Whether a provider can be asked with what is known of its credential.
pub(super) fn ready(credential: &Credential, provider: &str) -> Result<(), Failure> {
    match credential {
        Credential::Loaded | Credential::NotNeeded => Ok(()),
        Credential::Missing => Err(Failure::unavailable(
            "credential_missing",
            format!("{provider} has no credential yet: add one in the console under Providers"),
        )),
        Credential::Unavailable(reason) => Err(Failure::unavailable(
            "credential_unavailable",
            format!("the credential of {provider} cannot be read now: {reason}"),
        )),
    }
}

/// The caller's headers but for those that end here; the provider's credential in place of the caller's key.
fn request_headers(provider: &Provider, proof: Option<&Proof>, caller: &HeaderMap) -> HeaderMap {
    let named = caller.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        named.flat_map(|list| list.split(',').map(|name| name.trim().to_ascii_lowercase())).collect();
    let mut headers = HeaderMap::with_capacity(caller.len() + 2);
    for (name, value) in caller {
        if !NOT_PASSED_ON.contains(&name.as_str()) && !named.iter().any(|hop| hop == name.as_str()) {
            headers.append(name.clone(), value.clone());
        }
    }
    for (name, value) in fixed_headers(&provider.spec.headers) {
        headers.entry(name).or_insert(value);
    }
    if let Some(Proof::Header(name, value)) = proof {
        headers.insert(name.clone(), value.clone());
    }
    headers
}

async fn answer(
    engine: &Arc<Engine>,
    provider: &Provider,
    request_id: Uuid,
    mut meter: Meter,
    reply: Reply,
    spoken: Format,
) -> Response {
    let format = provider.spec.format;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = response_headers(&reply.headers, request_id);
    let content_type =
        reply.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.starts_with("application/json") {
        return passing::forward(engine.clone(), status, headers, meter, reply.chunks, spoken);
    }
    let patience = engine.snapshot.load().routing.timeout;
    let body = match upstream::read_whole(reply, &provider.row.name, patience).await {
        Ok(body) => body,
        Err(failure) => {
            let end = End {
                status: failure.error.status,
                outcome: Outcome::Error,
                failure: Some(&failure),
                ..NOTHING
            };
            commit(engine, meter, end).await;
            return failure.respond(format, request_id);
        }
    };
    let response_bytes = body.len() as u64;
    meter.answered(&body);
    if status.is_client_error() || status.is_server_error() {
        let failure = Failure {
            upstream_body: Some(Box::new(UpstreamBody { format, body: body.clone(), content_type: None })),
            ..Failure::from_upstream(postern_wire::parse_error(format, status.as_u16(), &body))
        };
        let (status, outcome) = (status.as_u16(), Outcome::Error);
        commit(engine, meter, End { status, outcome, failure: Some(&failure), response_bytes, ..NOTHING })
            .await;
    } else {
        let (usage, response_id) = postern_wire::read_usage(spoken, &body);
        commit(engine, meter, End { status: status.as_u16(), usage, response_id, response_bytes, ..NOTHING })
            .await;
    }
    (status, headers, body).into_response()
}

fn response_headers(upstream: &HeaderMap, request_id: Uuid) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(upstream.len() + 2);
    for (name, value) in upstream {
        let is_cookie = name == header::SET_COOKIE;
        if !NOT_PASSED_ON.contains(&name.as_str()) && !is_cookie && name != "x-request-id" {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some(theirs) = upstream.get("x-request-id") {
        headers.insert(HeaderName::from_static("llm_provider-x-request-id"), theirs.clone());
    }
    if let Ok(id) = HeaderValue::from_str(&request_id.to_string()) {
        headers.insert("x-request-id", id);
    }
    headers
}
