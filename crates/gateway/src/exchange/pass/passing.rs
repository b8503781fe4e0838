//! What is passed on as it comes: audio, files, events. Events of a known format are watched for what they use; the row is
//! written before the response ends, and also when its caller goes away.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use postern_store::table::requests::Outcome;
use postern_wire::{Format, StreamTap};

use super::{NOTHING, commit};
use crate::engine::Engine;
use crate::error::Failure;
use crate::meter::{End, Meter};
use crate::upstream::Chunks;

/// The format that is spoken at a path of a provider, which may have several.
pub fn format_at(path: &str, own: Format) -> Format {
    let path = path.split('?').next().unwrap_or(path).trim_end_matches('/');
    if path.ends_with("/responses") {
        Format::OpenAiResponses
    } else if path.ends_with("/chat/completions") {
        Format::OpenAiChat
    } else if path.ends_with("/messages") {
        Format::AnthropicMessages
    } else if path.ends_with(":streamGenerateContent") || path.ends_with(":generateContent") {
        Format::Gemini
    } else {
        own
    }
}

/// A response on its way.
struct Passing {
    engine: Arc<Engine>,
    chunks: Chunks,
    /// `None` once the row is written.
    meter: Option<Meter>,
    tap: Option<StreamTap>,
    status: StatusCode,
    sent: u64,
}

/// Forwards it. `format` is what its events are read as, where they are events.
pub fn forward(
    engine: Arc<Engine>,
    status: StatusCode,
    headers: HeaderMap,
    mut meter: Meter,
    chunks: Chunks,
    format: Format,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_events = kind.starts_with(format.framing().content_type().split(';').next().unwrap_or_default());
    let tap = (is_events && status.is_success()).then(|| StreamTap::new(format, false));
    if tap.is_some() {
        meter.is_a_conversation();
    }
    let passing = Passing { engine, chunks, meter: Some(meter), tap, status, sent: 0 };
    let body = stream::unfold(passing, |mut passing| async move {
        let next = passing.next().await?;
        Some((next, passing))
    });
    (status, headers, Body::from_stream(body.boxed())).into_response()
}

impl Passing {
    async fn next(&mut self) -> Option<Result<Bytes, Box<postern_wire::ApiError>>> {
        self.meter.as_ref()?;
        let failure = match self.chunks.next().await {
            Some(Ok(chunk)) => {
                self.sent += chunk.len() as u64;
                if let Some(tap) = &mut self.tap {
                    if let Some(meter) = &mut self.meter {
                        meter.streamed(&chunk);
                    }
                    // It is only looked at: what goes on is what came.
                    let _ = tap.feed(chunk.clone());
                }
                return Some(Ok(chunk));
            }
            Some(Err(failure)) => Some(failure),
            None => None,
        };
        let outcome = if failure.is_some() { Outcome::Error } else { Outcome::Ok };
        let status = failure.as_ref().map_or(self.status.as_u16(), |failure| failure.error.status);
        let (meter, end) = self.ended(status, outcome, failure.as_ref())?;
        commit(&self.engine, meter, end).await;
        // A body that broke off upstream must not look whole here.
        failure.map(|failure| Err(failure.error))
    }

    fn ended<'f>(
        &mut self,
        status: u16,
        outcome: Outcome,
        failure: Option<&'f Failure>,
    ) -> Option<(Meter, End<'f>)> {
        let meter = self.meter.take()?;
        let mut end = End { status, outcome, failure, response_bytes: self.sent, ..NOTHING };
        if let Some(tap) = &mut self.tap {
            let seen = tap.finish();
            end.usage = seen.usage;
            end.output_chars = seen.output_chars;
            end.response_id = seen.id;
        }
        Some((meter, end))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        if let Some((mut meter, end)) = self.ended(499, Outcome::Cancelled, None) {
            meter.finish(end);
        }
    }
}
