//! How a stream is divided into events: the one thing about streams that formats share by kind and not by name.
//!
//! Whatever the framing, what comes out is an [`sse::Event`]: a name where there is one, and a JSON text.

use crate::sse::{self, Event};

pub(crate) mod aws;
mod lines;
mod payload;

pub use payload::PayloadParts;

/// The ways in which formats frame their events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `data: {...}` and a blank line.
    ServerSentEvents,
    /// One JSON text in each line.
    JsonLines,
    /// AWS's binary messages: lengths, headers, a JSON text, checksums.
    AwsMessages,
}

impl Framing {
    /// The media type of such a stream, without parameters.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::ServerSentEvents => "text/event-stream",
            Self::JsonLines => "application/x-ndjson",
            Self::AwsMessages => "application/vnd.amazon.eventstream",
        }
    }

    /// What ends an event that lacks its end, so that the next one is not taken for more of it. `None` where nothing does:
    /// the length of a binary message was said at its beginning.
    pub const fn event_end(self) -> Option<&'static [u8]> {
        match self {
            Self::ServerSentEvents => Some(b"\n\n"),
            Self::JsonLines => Some(b"\n"),
            Self::AwsMessages => None,
        }
    }
}

/// The stream cannot be divided any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FramingError {
    #[error(transparent)]
    TooLarge(#[from] sse::EventTooLarge),
    #[error("a message of the stream is damaged: {0}")]
    Damaged(String),
}

/// Bytes in, cut anywhere; events out.
#[derive(Debug)]
pub(crate) enum Frames {
    Events(sse::Parser),
    Lines(lines::Parser),
    Aws(aws::Parser),
}

impl Frames {
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::ServerSentEvents => Self::Events(sse::Parser::new()),
            Framing::JsonLines => Self::Lines(lines::Parser::default()),
            Framing::AwsMessages => Self::Aws(aws::Parser::default()),
        }
    }

    /// Takes bytes and calls `on_event` with every event they complete.
    pub fn feed(&mut self, chunk: &[u8], on_event: impl FnMut(Event<'_>)) -> Result<(), FramingError> {
        match self {
            Self::Events(parser) => parser.feed(chunk, on_event)?,
            Self::Lines(parser) => parser.feed(chunk, on_event)?,
            Self::Aws(parser) => parser.feed(chunk, on_event)?,
        }
        Ok(())
    }

    /// The end of the input: an event that only lacks its end is reported.
    pub fn finish(&mut self, on_event: impl FnMut(Event<'_>)) {
        match self {
            Self::Events(parser) => parser.finish(on_event),
            Self::Lines(parser) => parser.finish(on_event),
            // Half a message says nothing.
            Self::Aws(_) => {}
        }
    }

    /// Where what is unfinished begins on the stream. Before it there are whole events, and what may stand between them.
    pub fn pending_start(&self) -> u64 {
        match self {
            Self::Events(parser) => parser.pending_start(),
            Self::Lines(parser) => parser.pending_start(),
            Self::Aws(parser) => parser.pending_start(),
        }
    }

    /// Whether what has come is no stream of this framing.
    pub fn is_foreign(&self) -> bool {
        match self {
            Self::Events(parser) => parser.is_foreign(),
            Self::Lines(parser) => parser.is_foreign(),
            Self::Aws(parser) => parser.is_foreign(),
        }
    }
}

/// Divides a stream into events, for whoever wants to look at them and not at what they mean.
#[derive(Debug)]
pub struct EventReader(Frames);

impl EventReader {
    pub fn new(framing: Framing) -> Self {
        Self(Frames::new(framing))
    }

    /// Takes bytes, cut anywhere, and calls `on_event` with every event they complete. Fails, with a description, where
    /// the stream cannot be divided any further.
    pub fn feed(&mut self, chunk: &[u8], on_event: impl FnMut(Event<'_>)) -> Result<(), String> {
        self.0.feed(chunk, on_event).map_err(|problem| problem.to_string())
    }

    /// The end of the input: an event that only lacks its end is reported.
    pub fn finish(&mut self, on_event: impl FnMut(Event<'_>)) {
        self.0.finish(on_event);
    }

    /// Where what is unfinished begins on the stream. Before it there are whole events, and what may stand between them.
    pub fn pending_start(&self) -> u64 {
        self.0.pending_start()
    }

    /// Whether what has come is no stream of this framing.
    pub fn is_foreign(&self) -> bool {
        self.0.is_foreign()
    }
}
