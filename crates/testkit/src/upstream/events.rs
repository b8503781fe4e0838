//! Server-sent events as bytes, and the cuts that a [`Fault`] makes in a list of them.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::Value;

use crate::{Chunking, Fault};

/// How a stream ends after its last piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Proper,
    Abort,
    /// As `Abort`, on a connection that was told to end with a reset.
    Reset,
    Silence,
}

/// `data: …` alone, as OpenAI sends it.
pub fn data(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

/// A line, as Ollama sends it.
pub fn line(value: &Value) -> Bytes {
    Bytes::from(format!("{value}\n"))
}

/// `event: …` and `data: …`, as Anthropic sends it; the event is named by the data's `type`.
pub fn named(value: &Value) -> Bytes {
    let name = value["type"].as_str().unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {value}\n\n"))
}

/// Events that say what a fault is about.
pub struct Odd {
    pub error: Bytes,
    /// Not JSON.
    pub broken: Bytes,
    /// Not UTF-8.
    pub invalid: Bytes,
}

impl Default for Odd {
    fn default() -> Self {
        Self {
            error: Bytes::new(),
            broken: Bytes::from_static(b"data: {\"this is\": not json\n\nno colon here\n\n"),
            invalid: Bytes::from_static(b"data: {\"broken\":\"\xff\xfe\"}\n\n"),
        }
    }
}

/// The events as `fault` leaves them.
pub fn cut(mut events: Vec<Bytes>, fault: &Fault, odd: Odd) -> (Vec<Bytes>, Ending) {
    let half = (events.len() / 2).max(1);
    match fault {
        Fault::CloseBetweenEvents => {
            events.truncate(half);
            (events, Ending::Abort)
        }
        Fault::CloseMidEvent | Fault::CloseMidBody => {
            let torn = events.get(half).map(|event| event.slice(..event.len() / 2));
            events.truncate(half);
            events.extend(torn);
            (events, Ending::Abort)
        }
        Fault::ResetMidBody => {
            events.truncate(half);
            (events, Ending::Reset)
        }
        Fault::SilentAfterHeaders => (Vec::new(), Ending::Silence),
        Fault::LengthTooLong => (events, Ending::Abort),
        Fault::LengthTooShort => {
            let torn = events.get(half).map(|event| event.slice(..event.len() / 2));
            events.truncate(half);
            events.extend(torn);
            (events, Ending::Proper)
        }
        Fault::Truncated => {
            events.truncate(half);
            (events, Ending::Proper)
        }
        Fault::BrokenSse => {
            events.truncate(half);
            events.push(odd.broken);
            (events, Ending::Proper)
        }
        Fault::InvalidUtf8 => {
            events.truncate(half);
            events.push(odd.invalid);
            (events, Ending::Proper)
        }
        Fault::ErrorMidStream => {
            events.truncate(half);
            events.push(odd.error);
            (events, Ending::Proper)
        }
        Fault::ErrorFirstEvent => (vec![odd.error], Ending::Proper),
        Fault::Stalls => {
            events.truncate(half);
            (events, Ending::Silence)
        }
        _ => (events, Ending::Proper),
    }
}

/// As [`cut`], where an event is a line.
pub fn cut_lines(events: Vec<Bytes>, fault: &Fault, error: Bytes) -> (Vec<Bytes>, Ending) {
    let (mut events, ending) = cut(events, fault, Odd { error, ..Odd::default() });
    let broken: &[u8] = match fault {
        Fault::BrokenSse => b"{\"this is\": not json\nno brace here\n",
        Fault::InvalidUtf8 => b"{\"broken\":\"\xff\xfe\"}\n",
        _ => return (events, ending),
    };
    events.pop();
    events.push(Bytes::from_static(broken));
    (events, ending)
}

/// The same bytes in other pieces.
pub fn pieces(events: Vec<Bytes>, chunking: Chunking) -> Vec<Bytes> {
    if chunking == Chunking::PerEvent {
        return events;
    }
    let mut all = BytesMut::new();
    for event in events {
        all.put(event);
    }
    let mut all = all.freeze();
    let Chunking::Bytes(size) = chunking else { return vec![all] };
    let mut pieces = Vec::new();
    while !all.is_empty() {
        pieces.push(all.split_to(size.clamp(1, all.len())));
    }
    pieces
}
