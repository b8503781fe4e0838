//! What a fake upstream does with one call. Pure data: `upstream` turns it into bytes on a connection.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

mod changing;
mod charge;
mod names;
#[cfg(test)]
mod tests;

pub use changing::Changing;
pub use charge::Charge;

/// The text of every normal reply.
pub const REPLY_TEXT: &str = "Hello from the fake upstream: the quick brown fox jumps over the lazy dog.";

/// One call's fate.
#[derive(Clone, Debug)]
pub enum Behaviour {
    Reply(Reply),
    /// An agent's turn: calls one tool if the request offers it, and replies once any tool's result is in.
    Turn {
        call: ToolCall,
        then: Reply,
    },
    Fault(Fault),
    /// Exactly these bytes, whatever was asked.
    Raw {
        status: StatusCode,
        headers: HeaderMap,
        body: bytes::Bytes,
    },
    /// Another one in each call: [`Self::cycle`], [`Self::mixed`], [`Self::limited`].
    Changing(Changing),
}

impl Default for Behaviour {
    fn default() -> Self {
        Self::Reply(Reply::default())
    }
}

impl From<Reply> for Behaviour {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<Fault> for Behaviour {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// When a provider says to come back, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// `retry-after`, in seconds.
    Seconds(u64),
    /// `retry-after`, as an HTTP date this many seconds from now. Dates have no fractions: it is up to a second less.
    Date(u64),
    /// `retry-after-ms`, in milliseconds, and no `retry-after`.
    Milliseconds(u64),
}

/// A provider that fails. Where the request is not streamed, faults in mid-stream become faults in mid-body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error status in the provider's own error shape; `retry-after` (seconds) where given.
    Status { status: u16, retry_after: Option<u64> },
    /// The same, saying when to come back in one of the ways there are.
    Busy { status: u16, after: RetryAfter },
    /// Status 200 and `application/json`, streamed or not, and the body is the provider's error object.
    ErrorWith200,
    /// A proxy's page instead of the API's answer.
    Html { status: u16 },
    /// 200 with no body at all.
    Empty,
    /// The connection ends before a status line.
    CloseBeforeHeaders,
    /// The connection is reset (RST) before a status line.
    ResetBeforeHeaders,
    /// Half of the body, or whole events, then the connection is reset.
    ResetMidBody,
    /// The body is whole, but the length promised 64 bytes more; then the connection ends.
    LengthTooLong,
    /// Half of the body, and the length says that this is all. A stream is cut inside an event.
    LengthTooShort,
    /// Half of the body, then the connection ends.
    CloseMidBody,
    /// Whole events, then the connection ends.
    CloseBetweenEvents,
    /// The connection ends inside an event.
    CloseMidEvent,
    /// The stream ends properly, but early: no finish reason, no terminator.
    Truncated,
    /// An event that is not JSON, after some that were.
    BrokenSse,
    /// An error event after some events of the reply.
    ErrorMidStream,
    /// 200, and the first event is an error.
    ErrorFirstEvent,
    /// A body that is not UTF-8.
    InvalidUtf8,
    /// The request is read and never answered.
    NeverAnswers,
    /// Status and headers, then silence with the connection open.
    SilentAfterHeaders,
    /// Some events, then silence with the connection open.
    Stalls,
}

impl Fault {
    /// An error status in the provider's shape; 429 says `retry-after: 1`.
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: (status == 429).then_some(1) }
    }
}

/// A proper answer, and how it travels.
#[derive(Clone, Debug)]
pub struct Reply {
    pub text: String,
    /// Reasoning text before the answer (Anthropic: a thinking block; OpenAI's chat format shows only its tokens).
    pub reasoning: Option<String>,
    pub tool_calls: Vec<ToolCall>,
    pub usage: Usage,
    /// What the provider says that it costs, if it says so.
    pub charge: Option<Charge>,
    pub chunking: Chunking,
    pub pace: Pace,
    /// Waited before the status line.
    pub first_byte_after: Duration,
    /// Status line and headers leave a byte at a time over this time (not over TLS).
    pub head_over: Duration,
    /// Non-streamed bodies: `transfer-encoding: chunked` instead of a content length.
    pub chunked: bool,
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            text: REPLY_TEXT.to_owned(),
            reasoning: None,
            tool_calls: Vec::new(),
            usage: Usage::default(),
            charge: None,
            chunking: Chunking::PerEvent,
            pace: Pace::None,
            first_byte_after: Duration::ZERO,
            head_over: Duration::ZERO,
            chunked: false,
        }
    }
}

impl Reply {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Adds a tool call; the reply then ends with the format's own "call this tool" reason.
    #[must_use]
    pub fn tool(mut self, name: &str, arguments: Value) -> Self {
        self.text.clear();
        self.tool_calls.push(ToolCall { name: name.to_owned(), arguments });
        self
    }

    #[must_use]
    pub fn reasoning(mut self, text: impl Into<String>) -> Self {
        self.reasoning = Some(text.into());
        self
    }

    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    #[must_use]
    pub fn charged(mut self, charge: Charge) -> Self {
        self.charge = Some(charge);
        self
    }

    /// A usage object of the dialect, with what the provider says that it costs.
    pub(crate) fn with_charge(&self, mut usage: Value) -> Value {
        if let Some(charge) = &self.charge {
            charge.put_into(&mut usage);
        }
        usage
    }

    #[must_use]
    pub fn chunking(mut self, chunking: Chunking) -> Self {
        self.chunking = chunking;
        self
    }

    /// Waits this long before every piece of a stream.
    #[must_use]
    pub fn paced(mut self, interval: Duration) -> Self {
        self.pace = Pace::Every(interval);
        self
    }

    /// Waits for the gate before every piece of a stream: order without clocks.
    #[must_use]
    pub fn gated(mut self, gate: &Gate) -> Self {
        self.pace = Pace::Gate(gate.clone());
        self
    }

    #[must_use]
    pub fn first_byte_after(mut self, delay: Duration) -> Self {
        self.first_byte_after = delay;
        self
    }

    /// Status line and headers a byte at a time, evenly over this time.
    #[must_use]
    pub fn head_over(mut self, total: Duration) -> Self {
        self.head_over = total;
        self
    }

    /// The body a byte at a time, evenly over this time, streamed or not. An event is complete when its last byte is
    /// there: the first of a stream after its share of the whole (with the usual text about a twentieth).
    #[must_use]
    pub fn trickled(mut self, total: Duration) -> Self {
        self.chunking = Chunking::Bytes(1);
        self.pace = Pace::Over(total);
        self
    }

    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// The tool that the fakes call when a request forces one or the model is `fake-tool`.
    pub fn example_tool_arguments() -> Value {
        json!({"city": "Paris", "unit": "celsius"})
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    pub name: String,
    pub arguments: Value,
}

/// Token counts by kind, each **apart from the others**: `input` is neither cached nor written to a cache. The
/// dialects add up what their provider adds up (OpenAI's `prompt_tokens` contains the cached ones).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub output: u64,
    /// Part of `output`.
    pub reasoning: u64,
}

impl Default for Usage {
    fn default() -> Self {
        Self { input: 12, cache_read: 8, cache_write: 0, output: 21, reasoning: 5 }
    }
}

/// Where the pieces of a stream are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunking {
    /// One piece per event.
    PerEvent,
    /// Pieces of this many bytes, across events and inside characters.
    Bytes(usize),
    /// Everything in one piece.
    Whole,
}

#[derive(Clone, Debug)]
pub enum Pace {
    None,
    Every(Duration),
    /// All pieces evenly over this time; of a body that is not streamed, too.
    Over(Duration),
    Gate(Gate),
}

/// Lets a test say when the next piece may leave.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl Gate {
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `pieces` more pass.
    pub fn open(&self, pieces: usize) {
        self.0.add_permits(pieces);
    }

    /// Lets everything pass from now on.
    pub fn open_for_good(&self) {
        self.0.close();
    }

    pub(crate) async fn pass(&self) {
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}
