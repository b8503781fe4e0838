//! A stream, as events that every format can be taken apart into and put together from.

use super::logprobs::Logprobs;
use super::opaque::Opaque;
use super::response::Finish;
use crate::error::ApiError;
use crate::loss::LossReport;
use crate::sse;
use crate::usage::Usage;

#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// Comes first, once.
    Start {
        id: Option<String>,
        model: Option<String>,
    },
    Text {
        choice: u64,
        text: String,
    },
    Refusal {
        choice: u64,
        text: String,
    },
    Thinking {
        choice: u64,
        text: String,
    },
    /// Closes the thinking before it.
    Signature {
        choice: u64,
        signature: String,
    },
    RedactedThinking {
        choice: u64,
        data: String,
    },
    /// A tool call begins; `slot` tells it from others of the same choice.
    ToolCall {
        choice: u64,
        slot: u64,
        id: String,
        name: String,
        /// As in [`super::ToolCall`].
        signature: Option<String>,
    },
    Arguments {
        choice: u64,
        slot: u64,
        fragment: String,
    },
    /// A source of the last `chars` characters of text, in the owner's notation.
    Citation {
        choice: u64,
        chars: u64,
        citation: Opaque,
    },
    /// Of text that comes after it.
    Logprobs {
        choice: u64,
        logprobs: Logprobs,
    },
    Finish {
        choice: u64,
        finish: Finish,
        stop_sequence: Option<String>,
    },
    /// Replaces what was reported before.
    Usage(Usage),
    /// Something only the owner understands.
    Opaque(Opaque),
    /// What is wrong has been noted by the watcher, who reads every event first.
    Error,
    /// The format's own end.
    End,
}

/// Takes a format's events apart.
pub(crate) trait StreamDecoder: Send + Sync {
    /// Fails with a description if the event is not of this format.
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), String>;
}

/// Puts a format's events together.
pub(crate) trait StreamEncoder: Send + Sync {
    /// Appends bytes for an event.
    fn event(&mut self, event: Event, out: &mut Vec<u8>, loss: &mut LossReport);

    /// The provider's stream ended well: appends what closes it, if that has not been written. Called once.
    fn close(&mut self, out: &mut Vec<u8>, loss: &mut LossReport);

    /// The format's own end has been written.
    fn is_closed(&self) -> bool;

    /// Writes an error, whose body is given, where that is more than the body as an event; false if it is not.
    fn error(&mut self, _error: &ApiError, _body: &str, _out: &mut Vec<u8>) -> bool {
        false
    }
}
