//! A push parser for server-sent events.
//!
//! Bytes go in as the network delivers them, cut anywhere; whole events come out. It knows the three line ends
//! (also `\r\n` cut in two), the byte order mark, comments, several `data` lines in one event, and the `event`,
//! `id` and `retry` fields. A single event is bounded, so a peer that never ends one costs an error, not memory.

use memchr::memchr2;

#[cfg(test)]
mod tests;

/// The largest single event, in bytes of its lines.
pub const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

const FIELDS: [&[u8]; 4] = [b"data", b"event", b"id", b"retry"];

/// One event. `data` lines are joined by line feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event` field; empty if there was none.
    pub name: &'a str,
    pub data: &'a [u8],
    /// The last `id` seen on the stream so far.
    pub id: &'a str,
    /// The `retry` field of this event in milliseconds.
    pub retry: Option<u64>,
    /// The event's first byte on the stream, counted from its beginning: where the one before it ended, or a comment
    /// between them.
    pub start: u64,
    /// The byte after the blank line that ended it.
    pub end: u64,
}

/// An event grew past [`MAX_EVENT_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a single event is larger than {MAX_EVENT_BYTES} bytes")]
pub struct EventTooLarge;

/// The parser; see the module.
#[derive(Debug, Default)]
pub struct Parser {
    /// The line being received, without its end.
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    name: String,
    id: String,
    retry: Option<u64>,
    /// Bytes consumed in all.
    position: u64,
    /// Where the event being received starts.
    event_start: u64,
    /// A line has come since then that is neither blank nor a comment.
    has_begun: bool,
    /// One of these lines is a field of an event.
    has_field: bool,
    /// The last byte ended a line with `\r`; a `\n` that follows belongs to it.
    after_cr: bool,
    past_first_line: bool,
    /// A comment or a field of an event was seen.
    recognised: bool,
    /// An event was too large. Where the next one would begin is unknown, so nothing more is read.
    overflown: bool,
}

impl Parser {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes and calls `on_event` with every event they complete.
    pub fn feed(&mut self, chunk: &[u8], mut on_event: impl FnMut(Event<'_>)) -> Result<(), EventTooLarge> {
        if self.overflown {
            return Err(EventTooLarge);
        }
        let mut rest = chunk;
        while !rest.is_empty() {
            if self.after_cr {
                self.after_cr = false;
                if rest[0] == b'\n' {
                    // The second half of what ended the last event is no part of the next one.
                    let is_between = self.event_start == self.position;
                    self.advance(1);
                    if is_between {
                        self.event_start = self.position;
                    }
                    rest = &rest[1..];
                    continue;
                }
            }
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                self.line.extend_from_slice(rest);
                self.advance(rest.len());
                return self.check_size();
            };
            let is_cr = rest[end] == b'\r';
            // The common `\r\n` within one chunk is taken whole, so that an event's end includes it.
            let taken = end + 1 + usize::from(is_cr && rest.get(end + 1) == Some(&b'\n'));
            self.after_cr = is_cr && taken == end + 1;
            self.advance(taken);
            if self.line.is_empty() {
                self.take_line(&rest[..end], &mut on_event);
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&rest[..end]);
                self.take_line(&line, &mut on_event);
                line.clear();
                self.line = line;
            }
            self.check_size()?;
            rest = &rest[taken..];
        }
        Ok(())
    }

    /// The end of the input. An event that was never ended by a blank line is reported here; the standard would
    /// drop it, but providers that forget the last blank line are common.
    pub fn finish(&mut self, mut on_event: impl FnMut(Event<'_>)) {
        if self.overflown {
            return;
        }
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            // Half a field's name is a stream that was cut, not something else.
            self.recognised |= FIELDS.iter().any(|field| field.starts_with(&line));
            self.take_line(&line, &mut on_event);
        }
        self.dispatch(&mut on_event);
    }

    /// Where what is unfinished begins, counted from the beginning of the stream. Before it there are whole events, and
    /// comments between them; lines that belong into no event stream count as the beginning of what follows them.
    pub fn pending_start(&self) -> u64 {
        self.event_start
    }

    /// Whether lines have come, none of which belongs into an event stream.
    pub fn is_foreign(&self) -> bool {
        self.past_first_line && !self.recognised
    }

    fn advance(&mut self, bytes: usize) {
        self.position += bytes as u64;
    }

    fn check_size(&mut self) -> Result<(), EventTooLarge> {
        if self.line.len() + self.data.len() <= MAX_EVENT_BYTES {
            return Ok(());
        }
        self.overflown = true;
        self.line = Vec::new();
        self.data = Vec::new();
        Err(EventTooLarge)
    }

    fn take_line(&mut self, line: &[u8], on_event: &mut impl FnMut(Event<'_>)) {
        let line = if self.past_first_line {
            line
        } else {
            self.past_first_line = true;
            line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
        };
        if line.is_empty() {
            self.dispatch(on_event);
            return;
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(0) => {
                self.recognised = true;
                // A comment between events is a sign of life, and no part of the next event.
                if !self.has_begun {
                    self.event_start = self.position;
                }
                return;
            }
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &line[line.len()..]),
        };
        self.has_begun = true;
        self.has_field |= FIELDS.contains(&field);
        self.recognised |= self.has_field;
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
                self.has_data = true;
            }
            b"event" => replace(&mut self.name, value),
            b"id" if !value.contains(&0) => replace(&mut self.id, value),
            b"retry" => self.retry = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()),
            _ => {}
        }
    }

    /// Ends the event; one without data is no event.
    fn dispatch(&mut self, on_event: &mut impl FnMut(Event<'_>)) {
        if self.has_data {
            on_event(Event {
                name: &self.name,
                data: &self.data,
                id: &self.id,
                retry: self.retry,
                start: self.event_start,
                end: self.position,
            });
        }
        self.data.clear();
        self.has_data = false;
        self.name.clear();
        self.retry = None;
        if self.has_begun && !self.has_field {
            return;
        }
        self.has_begun = false;
        self.has_field = false;
        self.event_start = self.position;
    }
}

/// Writes a text in place of another, in the room that is there: every event of some streams has a name.
fn replace(text: &mut String, by: &[u8]) {
    text.clear();
    text.push_str(&String::from_utf8_lossy(by));
}
