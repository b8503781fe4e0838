//! Watching a stream whose format the client speaks, without touching its bytes.
//!
//! What goes in comes out, the same `Bytes`, while usage, ids, finish reasons, errors and the length of the output
//! are noted on the way. The one thing the tap may cut out is the usage-only chunk that the gateway itself asked
//! for (`hide_usage_chunk`): then an event is held back until it is whole, unless its beginning already shows that
//! it is another one.

use bytes::{Bytes, BytesMut};

use crate::error::{ApiError, render_stream_error, unix_seconds};
use crate::format::Format;
use crate::framing::Frames;
use crate::loss::LossReport;
use crate::sse;
use crate::translate::ReplyContext;
use crate::usage::Usage;

#[cfg(test)]
mod tests;

/// The tap on one stream.
pub struct StreamTap {
    format: Format,
    parser: Frames,
    watcher: Box<dyn Watcher>,
    seen: Seen,
    hide_usage_chunk: bool,
    /// Bytes of an unfinished event that might have to be hidden.
    held: BytesMut,
    /// Where the first byte not yet forwarded stands on the stream.
    position: u64,
}

/// What to do after feeding bytes.
#[derive(Clone, Debug, Default)]
pub struct Tapped {
    /// Bytes for the client; empty if all were held back.
    pub forward: Bytes,
    /// These bytes hold the format's own end: `[DONE]`, `message_stop`, `response.completed`; Gemini has none.
    pub terminal: bool,
    /// These bytes hold the stream's first content.
    pub first_content: bool,
    /// These bytes hold an error event.
    pub error: bool,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq)]
pub enum EndState {
    /// With the format's own end.
    Complete,
    /// The bytes stopped before that.
    Truncated,
    /// With an error event.
    UpstreamError(ApiError),
    /// What came was no event stream of this format.
    Broken { what: String },
}

/// Everything known at the end of a stream.
#[derive(Clone, Debug)]
pub struct StreamEnd {
    /// Bytes that were still held back, for the client.
    pub forward: Bytes,
    pub state: EndState,
    pub usage: Option<Usage>,
    pub id: Option<String>,
    pub model: Option<String>,
    /// In the words of the format that the provider spoke.
    pub finish_reason: Option<String>,
    /// Characters of output text, reasoning and tool arguments, for an estimate where usage is missing. Counted
    /// in the JSON text, where an escape is one character.
    pub output_chars: u64,
    /// What a translation could not carry; always empty for a tap.
    pub loss: LossReport,
}

/// What a watcher has gathered.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub id: Option<String>,
    pub model: Option<String>,
    pub usage: Option<Usage>,
    pub finish_reason: Option<String>,
    pub output_chars: u64,
    pub content: bool,
    /// The format's own end.
    pub terminal: bool,
    /// Good enough for an end: nothing is missing but the marker.
    pub finished: bool,
    pub error: Option<ApiError>,
    pub broken: Option<String>,
    pub events: u64,
}

/// A format's eyes: notes what an event says, and tells whether it carries usage and nothing else.
pub(crate) trait Watcher: Send + Sync {
    fn event(&mut self, event: sse::Event<'_>, seen: &mut Seen) -> bool;

    /// Whether an unfinished event that begins like this may still turn out to carry usage only.
    fn may_be_usage_only(&self, beginning: &[u8]) -> bool;
}

/// Half an event is what a cut leaves behind; only a whole one is believed at the end of the input.
pub(crate) fn is_whole(data: &[u8]) -> bool {
    data.trim_ascii() == b"[DONE]" || serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
}

impl Seen {
    pub fn state(&self) -> EndState {
        if let Some(error) = &self.error {
            return EndState::UpstreamError(error.clone());
        }
        if self.terminal || self.finished {
            return EndState::Complete;
        }
        match &self.broken {
            Some(what) => EndState::Broken { what: what.clone() },
            None => EndState::Truncated,
        }
    }

    pub fn broke(&mut self, what: impl Into<String>) {
        self.broken.get_or_insert_with(|| what.into());
    }
}

impl StreamTap {
    /// `hide_usage_chunk`: the client did not ask for the usage-only chunk, the gateway did.
    pub fn new(format: Format, hide_usage_chunk: bool) -> Self {
        Self {
            format,
            parser: Frames::new(format.framing()),
            watcher: (format.codec().watcher)(),
            seen: Seen::default(),
            hide_usage_chunk,
            held: BytesMut::new(),
            position: 0,
        }
    }

    /// Takes bytes from the provider, gives bytes for the client.
    pub fn feed(&mut self, chunk: Bytes) -> Tapped {
        let before = (self.seen.terminal, self.seen.content, self.seen.error.is_some());
        let (watcher, seen) = (&mut self.watcher, &mut self.seen);
        let mut hidden: Vec<(u64, u64)> = Vec::new();
        let forwarded = self.position;
        let fed = self.parser.feed(&chunk, |event| {
            let usage_only = watcher.event(event, seen);
            // An event that was forwarded in part can no longer be hidden.
            if usage_only && event.start >= forwarded {
                hidden.push((event.start, event.end));
            }
        });
        // Where events can no longer be told apart, none is held back. One that cannot be read ends nothing.
        let forward = if self.hide_usage_chunk && fed.is_ok() {
            self.cut(&chunk, &hidden)
        } else {
            self.release(chunk)
        };
        if let Err(problem) = fed {
            self.seen.broke(problem.to_string());
        }
        Tapped {
            forward,
            terminal: self.seen.terminal && !before.0,
            first_content: self.seen.content && !before.1,
            error: self.seen.error.is_some() && !before.2,
        }
    }

    /// Whether what was fed so far ends with a whole event.
    pub fn is_between_events(&self) -> bool {
        self.parser.pending_start() == self.position + self.held.len() as u64
    }

    /// The end of the input, or of the connection.
    pub fn finish(&mut self) -> StreamEnd {
        let (watcher, seen) = (&mut self.watcher, &mut self.seen);
        let mut drop_held = false;
        let (hide, forwarded) = (self.hide_usage_chunk, self.position);
        self.parser.finish(|event| {
            if is_whole(event.data) {
                drop_held = watcher.event(event, seen) && hide && event.start >= forwarded;
            }
        });
        if self.parser.is_foreign() {
            self.seen.broke("the reply is not a stream of this format");
        }
        let held = self.held.split().freeze();
        drop_held = drop_held && self.watcher.may_be_usage_only(&held);
        let state = self.seen.state();
        StreamEnd {
            forward: if drop_held { Bytes::new() } else { held },
            state,
            usage: self.seen.usage.take(),
            id: self.seen.id.clone(),
            model: self.seen.model.clone(),
            finish_reason: self.seen.finish_reason.take(),
            output_chars: self.seen.output_chars,
            loss: LossReport::default(),
        }
    }

    /// An error for the caller, with what is known of the stream; after [`StreamTap::finish`], too. Nothing may follow
    /// it.
    pub fn render_error(&self, error: &ApiError, request_id: &str, timestamp: &str) -> Vec<u8> {
        let codec = self.format.codec();
        // Who ends a response has to say which: where that is not known, no more is told than in any other place.
        if let (Some(model), Some(created)) = (&self.seen.model, unix_seconds(timestamp)) {
            let mut encoder = (codec.stream_encoder)(ReplyContext {
                created,
                fallback_id: self.seen.id.clone().unwrap_or_else(|| request_id.to_owned()),
                model: model.clone(),
                ..ReplyContext::default()
            });
            let body = (codec.render_error)(error, request_id, timestamp);
            let mut out = Vec::new();
            if encoder.error(error, &body, &mut out) {
                return out;
            }
        }
        render_stream_error(self.format, error, request_id, timestamp)
    }

    /// Forwards everything, and what was held before it.
    fn release(&mut self, chunk: Bytes) -> Bytes {
        self.position += (self.held.len() + chunk.len()) as u64;
        if self.held.is_empty() {
            return chunk;
        }
        self.held.extend_from_slice(&chunk);
        self.held.split().freeze()
    }

    /// Forwards what is decided, without the hidden spans, and holds the rest back.
    fn cut(&mut self, chunk: &Bytes, hidden: &[(u64, u64)]) -> Bytes {
        let first = self.position;
        let end = first + (self.held.len() + chunk.len()) as u64;
        let pending = self.parser.pending_start();
        let was_held = !self.held.is_empty();
        // Where nothing was held and nothing is hidden, the chunk itself is forwarded, or its beginning.
        let all = if was_held {
            self.held.extend_from_slice(chunk);
            self.held.split().freeze()
        } else {
            chunk.clone()
        };
        let at = |position: u64| (position - first) as usize;
        // One that looked like another while it came has been passed on in part, if it was cut.
        let looked_like_it =
            |span: &&(u64, u64)| self.watcher.may_be_usage_only(&all[at(span.0)..at(span.1.min(end))]);
        let hidden: Vec<&(u64, u64)> = hidden.iter().filter(looked_like_it).collect();
        let hold = (first..end).contains(&pending) && self.watcher.may_be_usage_only(&all[at(pending)..]);
        let decided = if hold { pending } else { end };
        self.held.extend_from_slice(&all[at(decided)..]);
        self.position = decided;
        if hidden.is_empty() {
            return all.slice(..at(decided));
        }
        let mut kept = BytesMut::with_capacity(at(decided));
        let mut from = first;
        for (start, stop) in hidden {
            kept.extend_from_slice(&all[at(from)..at((*start).max(from))]);
            from = (*stop).min(end);
        }
        kept.extend_from_slice(&all[at(from)..at(decided)]);
        kept.freeze()
    }
}
