//! Streams between formats: the provider's events are taken apart, the caller's put together.
//!
//! The same watcher that a tap uses looks on, so usage, ids and the verdict on the end are the provider's own.

use bytes::Bytes;

use super::ReplyContext;
use crate::canonical::{Event, StreamDecoder, StreamEncoder};
use crate::error::{ApiError, render_stream_error};
use crate::format::Format;
use crate::framing::Frames;
use crate::loss::LossReport;
use crate::sse;
use crate::tap::{EndState, Seen, StreamEnd, Watcher, is_whole};

/// What to do after feeding bytes.
#[derive(Clone, Debug, Default)]
pub struct Transcoded {
    /// Bytes for the caller.
    pub bytes: Vec<u8>,
    /// These bytes hold the caller's format's own end.
    pub terminal: bool,
    /// The provider's bytes held the stream's first content.
    pub first_content: bool,
    /// The provider sent an error event. It is not among `bytes`: the gateway renders it, with its request id.
    pub error: bool,
}

/// Translates a stream, event by event.
pub struct StreamTranscoder {
    parser: Frames,
    inner: Inner,
    to: Format,
}

struct Inner {
    watcher: Box<dyn Watcher>,
    decoder: Box<dyn StreamDecoder>,
    encoder: Box<dyn StreamEncoder>,
    seen: Seen,
    loss: LossReport,
    events: Vec<Event>,
    /// Something could not be read: nothing more is written, so that the gap does not go unnoticed.
    failed: Option<String>,
}

impl StreamTranscoder {
    /// `from` is the provider's format, `to` the caller's.
    pub fn new(from: Format, to: Format, ctx: ReplyContext) -> Self {
        Self {
            parser: Frames::new(from.framing()),
            inner: Inner {
                watcher: (from.codec().watcher)(),
                decoder: (from.codec().stream_decoder)(),
                encoder: (to.codec().stream_encoder)(ctx),
                seen: Seen::default(),
                loss: LossReport::default(),
                events: Vec::new(),
                failed: None,
            },
            to,
        }
    }

    /// Takes bytes from the provider, gives bytes for the caller.
    pub fn feed(&mut self, chunk: &[u8]) -> Transcoded {
        let inner = &mut self.inner;
        let before = (inner.encoder.is_closed(), inner.seen.content, inner.seen.error.is_some());
        let mut bytes = Vec::new();
        if let Err(problem) = self.parser.feed(chunk, |event| inner.event(event, &mut bytes)) {
            inner.failed.get_or_insert_with(|| problem.to_string());
        }
        Transcoded {
            bytes,
            terminal: inner.encoder.is_closed() && !before.0,
            first_content: inner.seen.content && !before.1,
            error: inner.seen.error.is_some() && !before.2,
        }
    }

    /// An error for the caller, in the framing of what was written before. Nothing may follow it.
    pub fn render_error(&mut self, error: &ApiError, request_id: &str, timestamp: &str) -> Vec<u8> {
        let body = (self.to.codec().render_error)(error, request_id, timestamp);
        let mut out = Vec::new();
        if self.inner.encoder.error(error, &body, &mut out) {
            return out;
        }
        render_stream_error(self.to, error, request_id, timestamp)
    }

    /// The end of the input, or of the connection. A stream that was cut gets no end marker.
    pub fn finish(&mut self) -> StreamEnd {
        let inner = &mut self.inner;
        let mut bytes = Vec::new();
        self.parser.finish(|event| {
            if is_whole(event.data) {
                inner.event(event, &mut bytes);
            }
        });
        if self.parser.is_foreign() {
            inner.seen.broke("the reply is not a stream of this format");
        }
        let state = match (&inner.failed, inner.seen.state()) {
            (_, error @ EndState::UpstreamError(_)) => error,
            (Some(what), _) => EndState::Broken { what: what.clone() },
            (None, state) => state,
        };
        if state == EndState::Complete && !inner.encoder.is_closed() {
            inner.encoder.close(&mut bytes, &mut inner.loss);
        }
        StreamEnd {
            forward: Bytes::from(bytes),
            state,
            usage: inner.seen.usage.take(),
            id: inner.seen.id.take(),
            model: inner.seen.model.take(),
            finish_reason: inner.seen.finish_reason.take(),
            output_chars: inner.seen.output_chars,
            loss: std::mem::take(&mut inner.loss),
        }
    }
}

impl Inner {
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<u8>) {
        let is_over = self.failed.is_some() || self.seen.error.is_some() || self.encoder.is_closed();
        self.watcher.event(event, &mut self.seen);
        // Usage may follow even then; content may not.
        if is_over {
            return;
        }
        if let Err(problem) = self.decoder.event(event, &mut self.events) {
            self.failed = Some(problem);
        }
        for event in self.events.drain(..) {
            self.encoder.event(event, out, &mut self.loss);
        }
    }
}
