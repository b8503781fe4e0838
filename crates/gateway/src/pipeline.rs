//! The phases of a request, one line each: access, admission, plan, attempts.

mod prepare;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use bytes::Bytes;
use futures_util::StreamExt;
use postern_wire::{EndState, Format, ReplyContext, StreamTap, StreamTranscoder};
pub use prepare::shaped;
use prepare::{Prepared, prepare};

use crate::clock::{self, Moment};
use crate::condition::Trouble;
use crate::error::{Blame, Failure, UpstreamBody};
use crate::events::{Event, Topic};
use crate::exchange::Exchange;
use crate::limits::Estimate;
use crate::meter::{AttemptNote, Meter};
use crate::reply::{Answer, StreamReply, Watch, Whole};
use crate::routing;
use crate::snapshot::{Deployment, Endpoint, Group, Place};
use crate::upstream::{self, Reply};

/// How long a stream may be silent between two chunks.
const STREAM_IDLE: Duration = Duration::from_mins(5);
/// What a reply is assumed to come to where neither the caller nor the catalogue sets a maximum.
const DEFAULT_MAX_TOKENS: u64 = 4096;
/// A longer pause than this, in seconds, is not waited for: the caller is told to come back.
const LONGEST_RETRY_PAUSE: u64 = 5;

pub async fn run(exchange: &Exchange, meter: &mut Meter) -> Result<Answer, Failure> {
    let group = find_group(exchange, meter)?;
    let permit =
        exchange.engine.limits.admit(exchange.caller.key().map(AsRef::as_ref), estimate(exchange, &group))?;
    meter.hold(permit);
    let tries = exchange.snapshot.routing.num_retries as usize + 1;
    let mut plan = routing::plan(&group, Moment::now(), tries, || getrandom::u64().unwrap_or(0));
    if let Some(pinned) = &exchange.pinned {
        plan = pinned_plan(&group, pinned, tries)?;
    }
    attempts(exchange, meter, &group, &plan).await
}

/// Nobody else has what the request goes on with.
fn pinned_plan(group: &Group, pinned: &str, tries: usize) -> Result<Vec<Arc<Deployment>>, Failure> {
    // The same provider under another model has it, too.
    let place = |id: &str| id.split_once('/').map(|(provider, _)| provider.to_owned());
    let found = group.deployments.iter().find(|known| known.id == pinned).or_else(|| {
        group.deployments.iter().find(|known| place(pinned).is_some_and(|name| name == known.provider))
    });
    match found {
        Some(deployment) => Ok(vec![deployment.clone(); tries]),
        None => Err(Failure::invalid(
            "previous_response_elsewhere",
            format!("the previous response is kept by {pinned}, which does not serve {}", group.name),
        )
        .with_param("previous_response_id")),
    }
}

/// What the model name means, and whether the caller may use it.
fn find_group(exchange: &Exchange, meter: &mut Meter) -> Result<Arc<Group>, Failure> {
    let model = exchange.envelope.model.as_str();
    let group = if let Some(provider) = &exchange.provider {
        exchange.snapshot.group_of(provider, model).map(Arc::new)
    } else {
        exchange.snapshot.resolve(model).map(|resolution| resolution.group)
    };
    let group = group.map_err(|unresolved| unresolved.into_failure(model))?;
    if let Some(row) = meter.row() {
        row.model_group.clone_from(&group.name);
    }
    exchange.caller.check_access(model, &group.name)?;
    Ok(group)
}

/// Never below the real cost but for what a tokenizer makes of unusual text; see the settlement in `meter`.
fn estimate(exchange: &Exchange, group: &Group) -> Estimate {
    let Some(deployment) = group.deployments.first() else {
        return Estimate { cost_nanos: Some(0), tokens: 0 };
    };
    let input = (exchange.body.len() as u64).div_ceil(3).min(deployment.context.unwrap_or(u64::MAX));
    let output = exchange.envelope.max_output_tokens.or(deployment.max_output).unwrap_or(DEFAULT_MAX_TOKENS);
    let output = output.saturating_mul(u64::from(exchange.envelope.choices.max(1)));
    let budget = exchange.caller.key().is_some_and(|key| key.row.max_budget_nanos.is_some());
    if !budget {
        let tokens = input.saturating_add(exchange.envelope.max_output_tokens.unwrap_or(0));
        return Estimate { cost_nanos: None, tokens };
    }
    let dearest = group
        .deployments
        .iter()
        .map(|deployment| deployment.highest_cost(input, output))
        .try_fold(0_i64, |most, cost| cost.map(|cost| most.max(cost)));
    Estimate {
        cost_nanos: dearest,
        tokens: input.saturating_add(exchange.envelope.max_output_tokens.unwrap_or(0)),
    }
}

async fn attempts(
    exchange: &Exchange,
    meter: &mut Meter,
    group: &Group,
    plan: &[Arc<Deployment>],
) -> Result<Answer, Failure> {
    let mut last = Failure::unavailable("no_deployment", format!("no deployment serves {}", group.name));
    for (number, deployment) in plan.iter().enumerate() {
        let started = Instant::now();
        let turn = exchange.engine.conditions.next_turn();
        let mut flight = deployment.condition.begin(Moment::now(), turn, 0, true);
        let failure = match attempt(exchange, meter, deployment).await {
            Ok(answer) => {
                if let Some(flight) = &mut flight {
                    flight.answered(Moment::now());
                }
                credential_works(exchange, deployment);
                if number > 0 {
                    meter.note_attempt(note(deployment, started, None));
                }
                return Ok(answer);
            }
            Err(failure) => failure,
        };
        meter.note_attempt(note(deployment, started, Some(&failure)));
        if failure.blame == Blame::Upstream {
            if let Some(flight) = &mut flight {
                let trouble = Trouble {
                    class: failure.class(),
                    status: failure.error.status,
                    retry_after: failure.error.retry_after.map(Duration::from_secs),
                    reason: &failure.error.message,
                };
                flight.failed(Moment::now(), &trouble, &deployment.cooldown);
            }
            blame(exchange, deployment, &failure);
        }
        let next = plan.get(number + 1);
        let again = next.is_some_and(|next| may_try(&failure, deployment, next));
        let pause = next.map(|next| pause(&failure, number, next.id == deployment.id));
        last = failure;
        match pause {
            Some(Some(pause)) if again => tokio::time::sleep(pause).await,
            _ => break,
        }
    }
    Err(last)
}

fn note(deployment: &Deployment, started: Instant, failure: Option<&Failure>) -> AttemptNote {
    AttemptNote {
        provider: deployment.provider.clone(),
        model: deployment.upstream_model.clone(),
        status: failure.map_or(Some(200), |failure| Some(failure.error.status)),
        duration_us: clock::micros_since(started),
        error: failure.map(|failure| failure.error.message.chars().take(500).collect()),
    }
}

/// Whether `next` may do better than `failed` did.
fn may_try(failure: &Failure, failed: &Deployment, next: &Deployment) -> bool {
    let elsewhere = next.id != failed.id;
    // Waiting a whole time-out again on the same deployment, or asking it again with a refused credential, helps nobody.
    let only_elsewhere = matches!(failure.error.status, 401 | 403 | 504);
    failure.blame == Blame::Upstream && if only_elsewhere { elsewhere } else { failure.retry }
}

/// How long to wait before the next try; `None` when the upstream asks for longer than a caller would wait.
fn pause(failure: &Failure, number: usize, same: bool) -> Option<Duration> {
    if !same {
        return Some(Duration::ZERO);
    }
    if let Some(seconds) = failure.error.retry_after {
        return (seconds <= LONGEST_RETRY_PAUSE).then(|| Duration::from_secs(seconds));
    }
    let base = 250_u64 << number.min(4);
    let jitter = getrandom::u64().unwrap_or(0) % (base / 2);
    Some(Duration::from_millis(base + jitter))
}

fn blame(exchange: &Exchange, deployment: &Arc<Deployment>, failure: &Failure) {
    let engine = &exchange.engine;
    let status = failure.error.status;
    if status == 401 && engine.credential_refused(deployment, &failure.error.message) {
        engine.events.publish(Event::CredentialRefused {
            provider_id: deployment.provider_id.map(|id| id.to_string()).unwrap_or_default(),
            provider_name: deployment.provider.clone(),
            message: failure.error.message.clone(),
        });
        engine.events.publish(Event::Stale(vec![Topic::Providers, Topic::Status]));
    }
}

fn credential_works(exchange: &Exchange, deployment: &Deployment) {
    if exchange.engine.credential_accepted(deployment) {
        exchange.engine.events.publish(Event::Stale(vec![Topic::Providers, Topic::Status]));
    }
}

async fn attempt(
    exchange: &Exchange,
    meter: &mut Meter,
    deployment: &Arc<Deployment>,
) -> Result<Answer, Failure> {
    use crate::snapshot::Credential;
    match &deployment.credential {
        Credential::Loaded | Credential::NotNeeded => {}
        Credential::Missing => {
            let mut failure = Failure::unavailable(
                "credential_missing",
                format!(
                    "{} has no credential yet: add one in the console under Providers",
                    deployment.provider
                ),
            );
            failure.blame = Blame::Upstream;
            failure.retry = true;
            return Err(failure);
        }
        Credential::Unavailable(reason) => {
            return Err(Failure::unavailable(
                "credential_unavailable",
                format!("the credential of {} cannot be read now: {reason}", deployment.provider),
            ));
        }
    }
    let first = &deployment.endpoints[0];
    let endpoint = Some(deployment.endpoint(exchange.format))
        .filter(|endpoint| deployment.condition.speaks(endpoint.format))
        .unwrap_or(first);
    let answer = ask(exchange, meter, deployment, endpoint).await;
    // Whoever stands behind the address may not have all that the provider offers: an older server, another gateway.
    if endpoint.format != first.format
        && let Err(failure) = &answer
        && matches!(failure.error.status, 404 | 405 | 501)
    {
        let translated = ask(exchange, meter, deployment, first).await;
        if translated.is_ok() {
            deployment.condition.does_not_speak(endpoint.format);
            return translated;
        }
    }
    answer
}

/// One call of one endpoint.
async fn ask(
    exchange: &Exchange,
    meter: &mut Meter,
    deployment: &Arc<Deployment>,
    endpoint: &Endpoint,
) -> Result<Answer, Failure> {
    meter.sent_to(deployment, endpoint.format);
    let prepared = prepare(exchange, deployment, endpoint)?;
    meter.lost(&prepared.loss);
    let streaming = exchange.envelope.stream;
    let patience = deployment.timeout.unwrap_or(exchange.snapshot.routing.timeout);
    let first = if streaming { deployment.stream_timeout.unwrap_or(patience) } else { patience };
    let headers = upstream::request_headers(endpoint, &exchange.headers, streaming);
    let body = prepared.body.clone();
    let clients = &exchange.engine.clients;
    let sending = if exchange.path_end.is_empty() || endpoint.format != exchange.format {
        upstream::send(clients, deployment, endpoint, headers, body, streaming, first).await
    } else {
        upstream::send_below(clients, deployment, endpoint, exchange.path_end, headers, body, first).await
    };
    let reply = sending?;
    if !(200..300).contains(&reply.status) {
        return Err(refused(deployment, endpoint.format, reply, first).await);
    }
    let wrapping = endpoint.shape.as_ref().and_then(|shape| shape.wrapping);
    let reply = match wrapping {
        Some(wrapping) if streaming => {
            upstream::unwrapped(reply, wrapping, endpoint.format, &deployment.provider)
        }
        _ => reply,
    };
    if streaming {
        stream(exchange, meter, deployment, endpoint.format, reply, prepared, first)
            .await
            .map(|stream| Answer::Stream(Box::new(stream)))
    } else {
        meter.first_byte();
        whole(exchange, deployment, endpoint.format, reply, prepared, patience)
            .await
            .map(|whole| Answer::Whole(Box::new(whole)))
    }
}

/// The upstream's refusal, understood, with its own words kept for callers of its format.
async fn refused(deployment: &Deployment, format: Format, reply: Reply, patience: Duration) -> Failure {
    let status = reply.status;
    let headers = reply.headers.clone();
    let body = upstream::read_error(reply, patience).await;
    let mut error = postern_wire::parse_error(format, status, &body);
    if error.retry_after.is_none() {
        error.retry_after = headers
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.trim().parse().ok());
    }
    // A redirect, or any other answer that is neither success nor error, is the upstream's fault.
    if !(400..600).contains(&status) {
        error.status = 502;
        error.message = format!("{} answered with the unexpected status {status}", deployment.provider);
    }
    let content_type = headers.get(axum::http::header::CONTENT_TYPE).cloned();
    let own_shape = status == error.status && is_error_body(format, &body);
    Failure {
        blame: Blame::Upstream,
        retry: matches!(status, 408 | 409 | 425 | 429 | 500..=599),
        error: Box::new(error),
        upstream_body: own_shape.then(|| Box::new(UpstreamBody { format, body, content_type })),
    }
}

/// Whether this is how the format tells errors: what is not, its callers would not understand.
fn is_error_body(format: Format, body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|body| match format {
        Format::Ollama | Format::OllamaGenerate => body["error"].is_string(),
        Format::Cohere | Format::BedrockConverse => body["message"].is_string(),
        _ => body["error"].is_object(),
    })
}

async fn whole(
    exchange: &Exchange,
    deployment: &Arc<Deployment>,
    format: Format,
    reply: Reply,
    prepared: Prepared,
    patience: Duration,
) -> Result<Whole, Failure> {
    let status = reply.status;
    let headers = reply.headers.clone();
    let body = upstream::read_whole(reply, &deployment.provider, patience).await?;
    let not_an_answer = |what: &dyn std::fmt::Display| {
        Failure::upstream(
            502,
            "upstream_invalid_response",
            format!("{} answered with something that is no model response: {what}", deployment.provider),
        )
    };
    let (body, summary, mut loss, translated) = if format == exchange.format {
        let summary = postern_wire::read_response(format, &body).map_err(|error| not_an_answer(&error))?;
        (body, summary, Vec::new(), false)
    } else {
        let context = reply_context(exchange, deployment, &prepared);
        let translated = postern_wire::translate_response(format, exchange.format, &body, &context)
            .map_err(|error| not_an_answer(&error))?;
        (Bytes::from(translated.body), translated.summary, translated.loss.0, true)
    };
    loss.splice(0..0, prepared.loss);
    Ok(Whole { status, headers, body, summary, loss, translated, deployment: deployment.clone() })
}

fn reply_context(exchange: &Exchange, deployment: &Deployment, prepared: &Prepared) -> ReplyContext {
    ReplyContext {
        created: clock::now_ms() / 1000,
        fallback_id: exchange.request_id.simple().to_string(),
        model: deployment.upstream_model.clone(),
        include_usage: exchange.envelope.include_usage,
        tools: prepared.tools.clone(),
        json_array: exchange.json_array,
        own_id: exchange
            .envelope
            .memory
            .as_ref()
            .filter(|memory| memory.store)
            .map(|_| exchange.request_id.simple().to_string()),
        echo: if exchange.format == Format::OpenAiResponses {
            postern_wire::echo_of(&exchange.asked)
        } else {
            Vec::new()
        },
    }
}

/// Waits for the first event, so that a reply that begins with an error is an error and another deployment can be tried.
async fn stream(
    exchange: &Exchange,
    meter: &mut Meter,
    deployment: &Arc<Deployment>,
    format: Format,
    reply: Reply,
    prepared: Prepared,
    patience: Duration,
) -> Result<StreamReply, Failure> {
    let content_type = reply
        .headers
        .get(axum::http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let headers = reply.headers.clone();
    let mut watch = if format == exchange.format && !exchange.json_array {
        Watch::Tap(Box::new(StreamTap::new(format, prepared.hide_usage)))
    } else {
        Watch::Transcode(Box::new(StreamTranscoder::new(
            format,
            exchange.format,
            reply_context(exchange, deployment, &prepared),
        )))
    };
    if !content_type.starts_with(format.framing().content_type()) {
        let body = upstream::read_error(reply, patience).await;
        let what = if content_type.is_empty() {
            "an answer without a content type".to_owned()
        } else {
            format!("`{content_type}`")
        };
        let parsed = postern_wire::parse_error(format, 502, &body);
        return Err(Failure::upstream(
            502,
            "upstream_invalid_response",
            format!(
                "{} answered a streaming request with {what} instead of a stream: {}",
                deployment.provider, parsed.message
            ),
        ));
    }
    let mut chunks = reply.chunks;
    let mut ready: Vec<crate::reply::Piece> = Vec::new();
    loop {
        let chunk = tokio::time::timeout(patience, chunks.next()).await.map_err(|_| {
            Failure::upstream(
                504,
                "upstream_timeout",
                format!("{} sent nothing within {} s", deployment.provider, patience.as_secs_f32()),
            )
        })?;
        let Some(chunk) = chunk.transpose()? else {
            if ready.is_empty() {
                return Err(Failure::upstream(
                    502,
                    "upstream_empty_stream",
                    format!("{} closed the stream without an event", deployment.provider),
                ));
            }
            break;
        };
        let piece = watch.feed(chunk);
        let began = !piece.forward.is_empty();
        if piece.failed
            && let EndState::UpstreamError(error) = watch.finish().state
        {
            return Err(Failure::from_upstream(error));
        }
        if piece.broken
            && !began
            && let EndState::Broken { what } = watch.finish().state
        {
            return Err(crate::reply::unreadable(deployment, &what));
        }
        ready.push(piece);
        if began {
            break;
        }
    }
    meter.first_byte();
    let idle = deployment.stream_timeout.unwrap_or(STREAM_IDLE);
    Ok(StreamReply::new(exchange, deployment.clone(), headers, watch, ready, chunks, idle, prepared.loss))
}

impl Deployment {
    /// What a request of that size may come to at most, nano-dollars; `None` without a price.
    pub fn highest_cost(&self, input: u64, output: u64) -> Option<i64> {
        if matches!(self.endpoints[0].place, Place::Demo)
            || self.billing == postern_store::table::requests::Billing::Local
        {
            return Some(0);
        }
        let tokens = crate::catalogue::BilledTokens { input, output, ..Default::default() };
        self.prices.as_ref()?.cost_at_peak(&tokens).map(|cost| cost.nanos)
    }
}

/// Headers of the upstream that say something to the caller: rate limits, the provider's own request id.
pub fn passed_back(upstream: &HeaderMap, into: &mut HeaderMap) {
    for (name, value) in upstream {
        let text = name.as_str();
        if text.starts_with("x-ratelimit-")
            || text.starts_with("anthropic-")
            || text.starts_with("openai-")
            || text == "retry-after"
        {
            into.insert(name.clone(), value.clone());
        } else if text == "x-request-id" || text == "request-id" {
            into.insert("llm_provider-x-request-id", value.clone());
        }
    }
}
