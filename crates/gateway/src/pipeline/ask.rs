//! One call of one deployment, to the head of its answer: the whole of it, or the first part of a stream. A reply that begins
//! with an error is an error, so that another deployment can be tried.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;
use futures_util::StreamExt;
use jiff::fmt::rfc2822;
use postern_wire::{EndState, Format, Framing, ReplyContext, StreamTap, StreamTranscoder};
use tokio::time::Instant;

use super::attempts::{Asks, Notes, Patience};
use super::prepare::{Prepared, prepare};
use crate::clock;
use crate::error::{Blame, Failure, UpstreamBody};
use crate::exchange::Exchange;
use crate::meter::Meter;
use crate::reply::{Answer, StreamReply, Watch, Whole};
use crate::snapshot::{Credential, Deployment, Endpoint};
use crate::upstream::{self, Reply};

/// How long a stream may be silent between two chunks, where nothing else is said.
const STREAM_IDLE: Duration = Duration::from_mins(5);

/// A request in one of the formats that can be translated.
pub struct Chat<'a> {
    pub exchange: &'a Exchange,
}

impl Asks for Chat<'_> {
    type Answer = Answer;

    async fn ask(
        &self,
        deployment: &Arc<Deployment>,
        patience: Patience,
        notes: &Notes<'_>,
    ) -> Result<Answer, Failure> {
        let exchange = self.exchange;
        let first = &deployment.endpoints[0];
        let endpoint = Some(deployment.endpoint(exchange.format))
            .filter(|endpoint| deployment.condition.speaks(endpoint.format))
            .unwrap_or(first);
        if !exchange.path_end.is_empty() {
            if endpoint.format != exchange.format {
                let message = format!("{} has no `{}`", deployment.provider, exchange.path_end);
                return Err(Failure::not_found("not_there", message));
            }
            return ask(exchange, notes, deployment, endpoint, patience).await.map_err(not_there);
        }
        let began = Instant::now();
        let answer = ask(exchange, notes, deployment, endpoint, patience).await;
        // Whoever stands behind the address may not have all that the provider offers: an older server, another gateway.
        if endpoint.format != first.format
            && let Err(failure) = &answer
            && matches!(failure.error.status, 404 | 405 | 501)
        {
            let left = patience.left.map(|left| left.saturating_sub(began.elapsed()));
            let translated = ask(exchange, notes, deployment, first, Patience { left, ..patience }).await;
            if translated.is_ok() {
                deployment.condition.does_not_speak(endpoint.format);
                return translated;
            }
        }
        answer
    }
}

/// What stands below an endpoint is one more thing that may not be there: the deployment is none the worse, and a translation
/// would ask for something else. Whoever wanted it knows what to do.
fn not_there(mut failure: Failure) -> Failure {
    if matches!(failure.error.status, 404 | 405 | 501) {
        failure.blame = Blame::Gateway;
    }
    failure
}

/// Whether a deployment can be asked with what is known of its credential. Another one's may be.
pub fn usable(deployment: &Deployment) -> Result<(), Failure> {
    let (code, message) = match &deployment.credential {
        Credential::Loaded | Credential::NotNeeded => return Ok(()),
        Credential::Missing => (
            "credential_missing",
            format!("{} has no credential yet: add one in the console under Providers", deployment.provider),
        ),
        Credential::Unavailable(reason) => (
            "credential_unavailable",
            format!("the credential of {} cannot be read now: {reason}", deployment.provider),
        ),
    };
    let mut failure = Failure::unavailable(code, message);
    failure.blame = Blame::Upstream;
    failure.retry = true;
    Err(failure)
}

/// How long to wait before asking again, by the headers of a refusal: seconds, a date, or milliseconds as OpenAI has them.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return seconds(milliseconds / 1000.0);
    }
    let after = text("retry-after")?;
    if let Ok(number) = after.parse::<f64>() {
        return seconds(number);
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(after).ok()?;
    let left = at.as_millisecond().saturating_sub(clock::now_ms());
    Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}

/// How long this attempt may take: to the end of a whole answer, or the first token of a stream.
fn patience(exchange: &Exchange, deployment: &Deployment, streaming: bool, limits: Patience) -> Duration {
    let settings = &exchange.snapshot.routing;
    let whole = deployment.timeout.unwrap_or(settings.timeout);
    let own = if streaming {
        let first = limits.stream_timeout.or(deployment.stream_timeout).or(settings.stream_timeout);
        first.unwrap_or(whole)
    } else {
        whole
    };
    limits.left.map_or(own, |left| own.min(left))
}

/// A patience that has begun.
#[derive(Clone, Copy)]
struct Until {
    whole: Duration,
    until: Instant,
}

impl Until {
    fn new(whole: Duration) -> Self {
        Self { whole, until: Instant::now() + whole }
    }

    fn left(self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

fn note<T>(notes: &Notes<'_>, work: impl FnOnce(&mut Meter) -> T) -> T {
    work(&mut notes.lock().unwrap_or_else(PoisonError::into_inner))
}

/// One call of one endpoint.
async fn ask(
    exchange: &Exchange,
    notes: &Notes<'_>,
    deployment: &Arc<Deployment>,
    endpoint: &Endpoint,
    limits: Patience,
) -> Result<Answer, Failure> {
    let prepared = prepare(exchange, deployment, endpoint).map_err(|mut failure| {
        note(notes, |meter| meter.meant_for(deployment, endpoint.format));
        // What one format has no place for, another deployment's may.
        failure.retry = failure.blame == Blame::Caller && endpoint.format != exchange.format;
        failure
    })?;
    note(notes, |meter| meter.sent_to(deployment, endpoint.format));
    note(notes, |meter| meter.lost(&prepared.loss));
    let streaming = exchange.envelope.stream;
    let patience = Until::new(patience(exchange, deployment, streaming, limits));
    let headers = upstream::request_headers(endpoint, &exchange.headers, streaming);
    let body = prepared.body.clone();
    let clients = &exchange.engine.clients;
    let sending = if exchange.path_end.is_empty() || endpoint.format != exchange.format {
        upstream::send(clients, deployment, endpoint, headers, body, streaming, patience.whole).await
    } else {
        let end = exchange.path_end;
        upstream::send_below(clients, deployment, endpoint, end, headers, body, patience.whole).await
    };
    let reply = sending?;
    deployment.condition.hear(&reply.headers, endpoint.format);
    if !(200..300).contains(&reply.status) {
        return Err(refused(deployment, endpoint.format, reply, patience.left()).await);
    }
    let wrapping = endpoint.shape.as_ref().and_then(|shape| shape.wrapping);
    let reply = match wrapping {
        Some(wrapping) if streaming => {
            upstream::unwrapped(reply, wrapping, endpoint.format, &deployment.provider)
        }
        _ => reply,
    };
    if streaming {
        let stream = stream(exchange, deployment, endpoint.format, reply, prepared, patience).await?;
        note(notes, Meter::first_byte);
        Ok(Answer::Stream(Box::new(stream)))
    } else {
        note(notes, Meter::first_byte);
        let whole = whole(exchange, deployment, endpoint.format, reply, prepared, patience).await?;
        Ok(Answer::Whole(Box::new(whole)))
    }
}

/// The upstream's refusal, understood, with its own words kept for callers of its format.
async fn refused(deployment: &Deployment, format: Format, reply: Reply, patience: Duration) -> Failure {
    let status = reply.status;
    let headers = reply.headers.clone();
    let body = upstream::read_error(reply, patience).await;
    let mut error = postern_wire::parse_error(format, status, &body);
    let wait = retry_after(&headers);
    if error.retry_after.is_none() {
        error.retry_after = wait.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
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
        wait,
        error: Box::new(error),
        refusal: None,
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
    patience: Until,
) -> Result<Whole, Failure> {
    let status = reply.status;
    let headers = reply.headers.clone();
    let body = upstream::read_whole(reply, &deployment.provider, patience.left()).await?;
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
    let controls = exchange.envelope.controls.as_deref();
    let said = controls.and_then(|controls| controls.routing.as_ref());
    let reports = said.is_some_and(|said| said.wants_report);
    let deployment = deployment.clone();
    Ok(Whole { status, headers, body, summary, loss, translated, deployment, reports, flight: None })
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
    deployment: &Arc<Deployment>,
    format: Format,
    reply: Reply,
    prepared: Prepared,
    patience: Until,
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
        let body = upstream::read_error(reply, patience.left()).await;
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
        // One moment for all of them: what comes byte by byte is no faster than silence.
        let chunk = tokio::time::timeout_at(patience.until, chunks.next()).await.map_err(|_| {
            let seconds = patience.whole.as_secs_f32();
            let message = format!("{} sent no part of an answer within {seconds} s", deployment.provider);
            Failure::upstream(504, "upstream_timeout", message)
        })?;
        let Some(chunk) = chunk.transpose()? else {
            // One line of JSON may lack its end; events do not become whole by it.
            let is_nothing = format.framing() == Framing::ServerSentEvents || ready.is_empty();
            if is_nothing {
                if let EndState::UpstreamError(error) = watch.finish().state {
                    return Err(Failure::from_upstream(error));
                }
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
    let settings = &exchange.snapshot.routing;
    let first = deployment.stream_timeout.or(settings.stream_timeout);
    let idle = settings.stream_idle_timeout.or(first).unwrap_or(STREAM_IDLE);
    Ok(StreamReply::new(exchange, deployment.clone(), headers, watch, ready, chunks, idle, prepared.loss))
}
