//! Watching a stream whose format the client speaks, without touching its bytes.
//!
//! What goes in comes out, the same bytes in the same order, while usage, ids, finish reasons, errors and the length of
//! the output are noted on the way. Only whole events go out: what begins one is held back until its rest has come, and
//! where the stream breaks off it is dropped, so that an error may follow. So is an event that cannot be read, with
//! everything after it. The one thing that the tap cuts out is the usage-only chunk that the gateway itself asked for
//! (`hide_usage_chunk`).

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

/// The most that is held back of what does not become an event. [`Frames`] bounds the data of an event; in bytes, with
/// the names of its fields, it may be several times as large.
const MAX_HELD_BYTES: usize = 8 * sse::MAX_EVENT_BYTES;

/// The tap on one stream.
pub struct StreamTap {
    format: Format,
    parser: Frames,
    watcher: Box<dyn Watcher>,
    seen: Seen,
    hide_usage_chunk: bool,
    /// Bytes of an unfinished event.
    held: BytesMut,
    /// Where the first byte not yet forwarded stands on the stream.
    position: u64,
    /// The last byte was the `\r` that ended a hidden event; a `\n` that follows belongs to it.
    after_hidden: bool,
    /// Something could not be read: nothing more is.
    is_broken: bool,
}

/// What to do after feeding bytes.
#[derive(Clone, Debug, Default)]
pub struct Tapped {
    /// Bytes for the client, whole events; empty if all were held back.
    pub forward: Bytes,
    /// These bytes hold the format's own end: `[DONE]`, `message_stop`, `response.completed`; Gemini has none.
    pub terminal: bool,
    /// These bytes hold the stream's first content.
    pub first_content: bool,
    /// These bytes hold an error event.
    pub error: bool,
    /// After these bytes comes what cannot be read. It is not forwarded, nor is anything else: the stream is over.
    pub broken: bool,
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
    /// What is left for the client: of a tap an event that lacks nothing but its end.
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
}

/// Half an event is what a cut leaves behind; only a whole one is believed at the end of the input.
pub(crate) fn is_whole(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    text.trim_ascii() == "[DONE]" || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
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
            after_hidden: false,
            is_broken: false,
        }
    }

    /// Takes bytes from the provider, gives bytes for the client.
    pub fn feed(&mut self, chunk: Bytes) -> Tapped {
        if self.is_broken {
            return Tapped::default();
        }
        let before = (self.seen.terminal, self.seen.content, self.seen.error.is_some());
        let (watcher, seen, hide) = (&mut self.watcher, &mut self.seen, self.hide_usage_chunk);
        let mut hidden: Vec<(u64, u64)> = Vec::new();
        if self.after_hidden && chunk.starts_with(b"\n") {
            hidden.push((self.position, self.position + 1));
        }
        let mut unreadable = None;
        let fed = self.parser.feed(&chunk, |event| {
            if unreadable.is_some() {
                return;
            }
            let is_usage_only = watcher.event(event, seen);
            if seen.broken.is_some() {
                unreadable = Some(event.start);
            } else if is_usage_only && hide {
                hidden.push((event.start, event.end));
            }
        });
        if let Err(problem) = fed {
            seen.broke(problem.to_string());
        }
        let until = unreadable.unwrap_or_else(|| self.parser.pending_start());
        let ready = self.take(chunk, until);
        if !ready.is_empty() {
            let is_hidden = self.held.is_empty() && hidden.last().is_some_and(|(_, end)| *end == until);
            self.after_hidden = is_hidden && ready.ends_with(b"\r");
        }
        let forward = without(ready, until, &hidden);
        if self.held.len() > MAX_HELD_BYTES {
            self.seen.broke(format!("more than {MAX_HELD_BYTES} bytes do not become an event"));
        }
        self.is_broken = self.seen.broken.is_some();
        if self.is_broken {
            self.held = BytesMut::new();
        }
        Tapped {
            forward,
            terminal: self.seen.terminal && !before.0,
            first_content: self.seen.content && !before.1,
            error: self.seen.error.is_some() && !before.2,
            broken: self.is_broken,
        }
    }

    /// The end of the input, or of the connection.
    pub fn finish(&mut self) -> StreamEnd {
        let (watcher, seen, hide) = (&mut self.watcher, &mut self.seen, self.hide_usage_chunk);
        let mut is_event = false;
        if !self.is_broken {
            self.parser.finish(|event| {
                if is_whole(event.data) {
                    let is_usage_only = watcher.event(event, seen);
                    is_event = !(is_usage_only && hide);
                }
            });
            if self.parser.is_foreign() {
                seen.broke("the reply is not a stream of this format");
            }
        }
        let mut end = self.so_far();
        let held = std::mem::take(&mut self.held).freeze();
        // Where an error has to follow, it must not be taken for more of an event without end.
        let is_over = matches!(end.state, EndState::Complete | EndState::UpstreamError(_));
        if is_event && is_over && self.seen.broken.is_none() {
            end.forward = held;
        }
        end
    }

    /// What is known before the input has ended; usage is told once. After the format's own end something may follow,
    /// which still goes through [`StreamTap::feed`].
    pub fn so_far(&mut self) -> StreamEnd {
        StreamEnd {
            forward: Bytes::new(),
            state: self.seen.state(),
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

    /// What was held and the chunk, up to there; the rest is held. Where the chunk holds whole events only, it is that.
    fn take(&mut self, chunk: Bytes, until: u64) -> Bytes {
        let count = until.saturating_sub(self.position) as usize;
        if count == 0 {
            self.held.extend_from_slice(&chunk);
            return Bytes::new();
        }
        self.position = until;
        if self.held.is_empty() {
            self.held.extend_from_slice(&chunk[count..]);
            return if count == chunk.len() { chunk } else { chunk.slice(..count) };
        }
        let mut ready = std::mem::take(&mut self.held);
        let (end, rest) = chunk.split_at(count.saturating_sub(ready.len()));
        ready.extend_from_slice(end);
        self.held.extend_from_slice(rest);
        ready.freeze()
    }
}

/// The bytes, of which the last stands before `end`, without the hidden spans.
fn without(bytes: Bytes, end: u64, hidden: &[(u64, u64)]) -> Bytes {
    if hidden.is_empty() {
        return bytes;
    }
    let first = end - bytes.len() as u64;
    let at = |position: u64| (position - first) as usize;
    let mut kept = BytesMut::with_capacity(bytes.len());
    let mut from = first;
    for (start, stop) in hidden {
        kept.extend_from_slice(&bytes[at(from)..at(*start)]);
        from = *stop;
    }
    kept.extend_from_slice(&bytes[at(from)..]);
    kept.freeze()
}
