//! A reply under way. Frames are forwarded as received; the piece with the format's own end is held until the ledger row
//! is committed. A stream that breaks off ends with an error in the caller's format, never as if it were finished.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use postern_store::table::requests::Outcome;
use postern_wire::{EndState, Format, Framing, StreamEnd};
use uuid::Uuid;

use super::{Piece, Watch, about, report, unreadable};
use crate::clock::{self, Moment};
use crate::condition::Flight;
use crate::error::{Blame, Failure};
use crate::exchange::Exchange;
use crate::exchange::kept::{self, Keeper};
use crate::meter::{End, Meter};
use crate::pipeline;
use crate::snapshot::Deployment;
use crate::upstream::Chunks;

/// How long the upstream may take to close its stream after the format's own end, before the connection is given up.
const CLOSING: Duration = Duration::from_millis(500);

pub struct StreamReply {
    deployment: Arc<Deployment>,
    headers: HeaderMap,
    watch: Watch,
    ready: VecDeque<Piece>,
    chunks: Chunks,
    idle: Duration,
    loss: Vec<String>,
    buffered: bool,
    json_array: bool,
    flight: Option<Flight>,
}

impl StreamReply {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of the reply that the pipeline has in hand"
    )]
    pub fn new(
        exchange: &Exchange,
        deployment: Arc<Deployment>,
        headers: HeaderMap,
        watch: Watch,
        ready: Vec<Piece>,
        chunks: Chunks,
        idle: Duration,
        loss: Vec<String>,
    ) -> Self {
        let buffered = exchange.engine.options.buffered_ledger;
        let json_array = exchange.json_array;
        Self {
            deployment,
            headers,
            watch,
            ready: ready.into(),
            chunks,
            idle,
            loss,
            buffered,
            json_array,
            flight: None,
        }
    }

    /// Keeps the place at the deployment until the stream has ended.
    pub fn hold(&mut self, flight: Flight) {
        self.flight = Some(flight);
    }

    pub fn into_response(
        self,
        format: Format,
        request_id: Uuid,
        meter: Meter,
        keeper: Option<Keeper>,
    ) -> Response {
        let mut headers = HeaderMap::with_capacity(32);
        let events = HeaderValue::from_static(match format.framing() {
            _ if self.json_array => "application/json",
            Framing::ServerSentEvents => "text/event-stream; charset=utf-8",
            other => other.content_type(),
        });
        let theirs =
            matches!(self.watch, Watch::Tap(_)).then(|| self.headers.get(header::CONTENT_TYPE)).flatten();
        headers.insert(header::CONTENT_TYPE, theirs.cloned().unwrap_or(events));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        about(&mut headers, &self.headers, request_id, &self.loss);
        report(&mut headers, &meter.told());
        let under_way = UnderWay {
            deployment: self.deployment,
            keeper,
            watch: self.watch,
            ready: self.ready,
            chunks: Some(self.chunks),
            idle: self.idle,
            buffered: self.buffered,
            format,
            request_id,
            meter: Some(meter),
            sent: 0,
            flight: self.flight,
        };
        let body = stream::unfold(under_way, |mut under_way| async move {
            let piece = under_way.next().await?;
            Some((Ok::<_, Infallible>(piece), under_way))
        });
        (StatusCode::OK, headers, Body::from_stream(body.boxed())).into_response()
    }
}

struct UnderWay {
    deployment: Arc<Deployment>,
    /// Until the response is complete, if it is to be kept.
    keeper: Option<Keeper>,
    watch: Watch,
    ready: VecDeque<Piece>,
    /// `None` once the upstream has ended.
    chunks: Option<Chunks>,
    idle: Duration,
    buffered: bool,
    format: Format,
    request_id: Uuid,
    /// `None` once the row is written.
    meter: Option<Meter>,
    sent: u64,
    /// Until the stream has ended.
    flight: Option<Flight>,
}

impl UnderWay {
    /// The next bytes for the caller; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                self.sent += piece.forward.len() as u64;
                if let Some(meter) = &mut self.meter {
                    meter.streamed(&piece.forward);
                }
                if piece.terminal && self.meter.is_some() {
                    // The format's own end: the bill is known.
                    let end = self.watch.at_end();
                    let failure = match &end.state {
                        EndState::UpstreamError(error) => Some(Failure::from_upstream(error.clone())),
                        _ => None,
                    };
                    self.keep(failure.is_none(), &piece.forward, end.id.as_deref()).await;
                    self.finish(failure.as_ref(), end).await;
                }
                if piece.broken {
                    // Whatever else the upstream has to say is not waited for.
                    self.chunks = None;
                }
                if piece.forward.is_empty() {
                    continue;
                }
                return Some(piece.forward);
            }
            let patience = if self.meter.is_some() { self.idle } else { CLOSING };
            let Some(chunks) = self.chunks.as_mut() else { return self.end(None).await };
            match tokio::time::timeout(patience, chunks.next()).await {
                Ok(Some(Ok(chunk))) => {
                    // After the end was told, what follows is the upstream's own and goes through.
                    if self.meter.is_none() && matches!(self.watch, Watch::Transcode(_)) {
                        continue;
                    }
                    let piece = self.watch.feed(chunk);
                    self.ready.push_back(piece);
                }
                Ok(Some(Err(failure))) => return self.end(Some(failure)).await,
                Ok(None) => return self.end(None).await,
                Err(_) if self.meter.is_none() => return self.end(None).await,
                Err(_) => {
                    let silent = Failure::upstream(
                        504,
                        "upstream_timeout",
                        format!(
                            "{} sent nothing for {} s in the middle of its answer",
                            self.deployment.provider,
                            patience.as_secs_f32()
                        ),
                    );
                    return self.end(Some(silent)).await;
                }
            }
        }
    }

    /// The upstream has ended, well or badly. What is still to be sent.
    async fn end(&mut self, failure: Option<Failure>) -> Option<Bytes> {
        self.chunks = None;
        self.meter.as_ref()?;
        let end = self.watch.finish();
        let mut told = false;
        let failure = match end.state.clone() {
            // What the upstream said comes before how its connection ended.
            EndState::UpstreamError(error) => {
                // Where the formats match, the upstream has told the caller itself, in words that were forwarded.
                told = matches!(self.watch, Watch::Tap(_));
                Some(Failure::from_upstream(error))
            }
            _ if failure.is_some() => failure,
            EndState::Complete => None,
            EndState::Truncated => Some(Failure::upstream(
                502,
                "upstream_stream_truncated",
                format!("{} closed the stream before its end", self.deployment.provider),
            )),
            EndState::Broken { what } => Some(unreadable(&self.deployment, &what)),
        };
        let mut last = end.forward.to_vec();
        if failure.is_some() && matches!(self.watch, Watch::Tap(_)) && !last.is_empty() {
            // What the tap had left lacks its end: without it, an error would be read as more of it, or not at all.
            last.extend_from_slice(self.format.framing().event_end().unwrap_or_default());
        }
        if let Some(failure) = &failure
            && !told
        {
            let (id, now) = (self.request_id.to_string(), clock::text(clock::now_ms()));
            let error = match &mut self.watch {
                Watch::Transcode(transcoder) => transcoder.render_error(&failure.error, &id, &now),
                Watch::Tap(tap) => tap.render_error(&failure.error, &id, &now),
            };
            last.extend_from_slice(&error);
        }
        self.sent += last.len() as u64;
        if let Some(meter) = &mut self.meter {
            meter.streamed(&last);
        }
        self.keep(failure.is_none(), &last, end.id.as_deref()).await;
        self.finish(failure.as_ref(), end).await;
        (!last.is_empty()).then(|| last.into())
    }

    /// What its caller may come back to is kept before the caller has all of it. `end` holds the response, where it was
    /// put together here.
    async fn keep(&mut self, is_complete: bool, end: &[u8], id: Option<&str>) {
        let Some(keeper) = self.keeper.take().filter(|_| is_complete) else { return };
        match (&self.watch, id) {
            (Watch::Transcode(_), _) => {
                if let Some(response) = kept::last_response(end) {
                    keeper.keep(&response, &self.deployment).await;
                }
            }
            (Watch::Tap(_), Some(id)) => keeper.kept_by_provider(id.to_owned(), &self.deployment).await,
            (Watch::Tap(_), None) => {}
        }
    }

    async fn finish(&mut self, failure: Option<&Failure>, stream: StreamEnd) {
        let Some(mut meter) = self.meter.take() else { return };
        if let Some(mut flight) = self.flight.take() {
            if let Some(failure) = failure.filter(|failure| failure.blame == Blame::Upstream) {
                flight.failed(Moment::now(), &pipeline::trouble(failure), &self.deployment.cooldown);
            }
            if let Some(usage) = &stream.usage {
                flight.took(usage.input.saturating_add(usage.output));
            }
        }
        meter.lost(&stream.loss.0);
        let end = End {
            // The head of the response has long been sent: 200 is what the caller saw, unless it was cut short.
            status: failure.map_or(200, |failure| failure.error.status),
            outcome: if failure.is_some() { Outcome::Error } else { Outcome::Ok },
            failure,
            usage: stream.usage,
            output_chars: stream.output_chars,
            response_bytes: self.sent,
            response_id: stream.id,
        };
        if let Some((ack, _)) = meter.finish(end)
            && !self.buffered
        {
            ack.committed().await;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        // The caller went away: what was used until now is billed, and dropping the upstream's stream cancels it.
        if let Some(mut meter) = self.meter.take() {
            let stream = self.watch.finish();
            meter.lost(&stream.loss.0);
            meter.finish(End {
                status: 499,
                outcome: Outcome::Cancelled,
                failure: None,
                usage: stream.usage,
                output_chars: stream.output_chars,
                response_bytes: self.sent,
                response_id: stream.id,
            });
        }
    }
}
