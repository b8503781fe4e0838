//! What goes back to the caller. A whole answer is sent when its ledger row is committed; a stream is forwarded frame by
//! frame as it comes, and only its last piece waits for the row.

mod streaming;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use postern_store::table::requests::Outcome;
use postern_wire::{
    Format, ResponseSummary, StreamEnd, StreamTap, StreamTranscoder, Surgery, Tapped, Transcoded,
};
use serde_json::json;
pub use streaming::StreamReply;
use uuid::Uuid;

use crate::condition::Flight;
use crate::engine::Engine;
use crate::error::Failure;
use crate::exchange::kept::Keeper;
use crate::meter::{End, Meter, Told};
use crate::pipeline::passed_back;
use crate::snapshot::Deployment;

pub enum Answer {
    Whole(Box<Whole>),
    Stream(Box<StreamReply>),
}

/// A complete answer in the caller's format.
pub struct Whole {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub summary: ResponseSummary,
    pub loss: Vec<String>,
    pub translated: bool,
    pub deployment: Arc<Deployment>,
    /// The request asked for a provider in its body, and is told which it was there.
    pub reports: bool,
    /// Until the answer is on its way.
    pub flight: Option<Flight>,
}

/// A piece of a stream, ready to forward.
pub struct Piece {
    pub forward: Bytes,
    /// Holds the format's own end.
    pub terminal: bool,
    /// Holds the upstream's error event.
    pub failed: bool,
    /// What comes after it cannot be read: the stream is over.
    pub broken: bool,
}

/// A stream that nothing more can be read of.
pub fn unreadable(deployment: &Deployment, what: &str) -> Failure {
    Failure::upstream(
        502,
        "upstream_stream_broken",
        format!("{} sent a stream that cannot be read: {what}", deployment.provider),
    )
}

/// Watches a stream whose format the caller shares, or translates it.
pub enum Watch {
    Tap(Box<StreamTap>),
    Transcode(Box<StreamTranscoder>),
}

impl Watch {
    pub fn feed(&mut self, chunk: Bytes) -> Piece {
        match self {
            Self::Tap(tap) => {
                let Tapped { forward, terminal, error: failed, broken, .. } = tap.feed(chunk);
                Piece { forward, terminal, failed, broken }
            }
            Self::Transcode(transcoder) => {
                let Transcoded { bytes, terminal, error: failed, .. } = transcoder.feed(&chunk);
                Piece { forward: Bytes::from(bytes), terminal, failed, broken: false }
            }
        }
    }

    /// What is known once the format's own end has come. More may follow it where nothing is translated.
    pub fn at_end(&mut self) -> StreamEnd {
        match self {
            Self::Tap(tap) => tap.so_far(),
            Self::Transcode(transcoder) => transcoder.finish(),
        }
    }

    pub fn finish(&mut self) -> StreamEnd {
        match self {
            Self::Tap(tap) => tap.finish(),
            Self::Transcode(transcoder) => transcoder.finish(),
        }
    }
}

impl Answer {
    /// Keeps the place at the deployment that answered until the answer has been sent.
    pub fn hold(&mut self, flight: Flight) {
        match self {
            Self::Whole(whole) => whole.flight = Some(flight),
            Self::Stream(stream) => stream.hold(flight),
        }
    }

    pub async fn into_response(
        self,
        engine: &Arc<Engine>,
        format: Format,
        request_id: Uuid,
        mut meter: Meter,
        keeper: Option<Keeper>,
    ) -> Response {
        match self {
            Self::Stream(stream) => stream.into_response(format, request_id, meter, keeper),
            Self::Whole(mut whole) => {
                meter.lost(&whole.loss);
                if let Some(keeper) = keeper {
                    match (whole.translated, &whole.summary.id, std::str::from_utf8(&whole.body)) {
                        (true, _, Ok(response)) => keeper.keep(response, &whole.deployment).await,
                        (false, Some(id), _) => keeper.kept_by_provider(id.clone(), &whole.deployment).await,
                        _ => {}
                    }
                }
                let told = meter.told();
                if let Some(flight) = &mut whole.flight
                    && let Some(usage) = &whole.summary.usage
                {
                    flight.took(usage.input.saturating_add(usage.output));
                }
                if whole.reports || whole.translated {
                    whole.body = with_report(format, whole.body, &told);
                }
                meter.answered(&whole.body);
                let end = End {
                    status: whole.status,
                    outcome: Outcome::Ok,
                    failure: None,
                    usage: whole.summary.usage,
                    output_chars: if whole.translated { 0 } else { whole.body.len() as u64 },
                    response_bytes: whole.body.len() as u64,
                    response_id: whole.summary.id,
                };
                let mut headers = HeaderMap::with_capacity(32);
                let json = HeaderValue::from_static("application/json");
                let theirs = whole.headers.get(header::CONTENT_TYPE).filter(|_| !whole.translated);
                headers.insert(header::CONTENT_TYPE, theirs.cloned().unwrap_or(json));
                about(&mut headers, &whole.headers, request_id, &whole.loss);
                report(&mut headers, &told);
                let taken = HeaderValue::from(told.latency_us / 1000);
                headers.insert("x-litellm-response-duration-ms", taken);
                if let Some((ack, cost)) = meter.finish(end) {
                    if let Some(cost) = cost
                        && let Ok(value) = HeaderValue::from_str(&dollars(cost))
                    {
                        headers.insert("x-litellm-response-cost", value);
                    }
                    if !engine.options.buffered_ledger {
                        ack.committed().await;
                    }
                }
                let status = StatusCode::from_u16(whole.status).unwrap_or(StatusCode::OK);
                (status, headers, whole.body).into_response()
            }
        }
    }
}

/// How the request was served, and by whom.
pub fn report(headers: &mut HeaderMap, told: &Told) {
    if let Some(provider) = &told.provider
        && let Ok(value) = HeaderValue::from_str(provider)
    {
        headers.insert("x-postern-provider", value);
    }
    headers.insert("x-postern-latency-ms", HeaderValue::from(told.latency_us / 1000));
    headers.insert("x-postern-attempts", HeaderValue::from(told.attempts));
    let fallbacks = u32::try_from(told.fallbacks).unwrap_or(u32::MAX);
    // Each fallback begins with an attempt that is none's repetition.
    let retries = told.attempts.saturating_sub(1).saturating_sub(fallbacks);
    headers.insert("x-litellm-attempted-retries", HeaderValue::from(retries));
    headers.insert("x-litellm-attempted-fallbacks", HeaderValue::from(fallbacks));
    for room in &told.rooms {
        for (what, number) in [("limit", room.limit), ("remaining", room.remaining)] {
            let name = format!("x-ratelimit-{}-{what}-{}", room.of, room.kind);
            if let Ok(name) = HeaderName::try_from(name) {
                headers.insert(name, HeaderValue::from(number));
            }
        }
    }
    let Some(deployment) = &told.deployment else { return };
    let said = [
        ("x-litellm-model-id", Some(&deployment.id)),
        ("x-litellm-model-group", Some(&deployment.group)),
        ("x-litellm-model-api-base", deployment.api_base.as_ref()),
        ("x-litellm-model-region", deployment.region.as_ref()),
    ];
    for (name, value) in said {
        if let Some(value) = value
            && let Ok(value) = HeaderValue::from_str(value)
        {
            headers.insert(name, value);
        }
    }
}

/// A chat completion with the orchestrator's two members: who answered, and after how long.
fn with_report(format: Format, body: Bytes, told: &Told) -> Bytes {
    if !matches!(format, Format::OpenAiChat | Format::OpenAiCompletions) {
        return body;
    }
    let mut surgery = Surgery::default();
    surgery.set("provider", &json!(told.provider));
    surgery.set("latency_ms", &json!(told.latency_us / 1000));
    // What is no object was not read as an answer before.
    surgery.add(&body).ok().flatten().map_or(body, Bytes::from)
}

/// Exact decimal dollars.
fn dollars(nanos: i64) -> String {
    let (whole, part) = (nanos / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    let text = format!("{whole}.{part:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Headers that say which request it was, what was lost on the way, and what the upstream has to say.
fn about(headers: &mut HeaderMap, upstream: &HeaderMap, request_id: Uuid, loss: &[String]) {
    let mut buffer = Uuid::encode_buffer();
    let id: &str = request_id.as_hyphenated().encode_lower(&mut buffer);
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id.clone());
        headers.insert("x-litellm-call-id", id);
    }
    if !loss.is_empty()
        && let Ok(value) = HeaderValue::from_str(&loss.join(", ").chars().take(1024).collect::<String>())
    {
        headers.insert("x-postern-dropped", value);
    }
    passed_back(upstream, headers);
}

#[cfg(test)]
mod tests {
    use super::dollars;

    #[test]
    fn dollars_are_exact() {
        assert_eq!(dollars(0), "0");
        assert_eq!(dollars(1), "0.000000001");
        assert_eq!(dollars(1_500_000_000), "1.5");
        assert_eq!(dollars(12_340_000), "0.01234");
    }
}
