//! The two ways chunks are sent: as events, or as the elements of one JSON array that grows.

use crate::json::push_line;

#[derive(Debug)]
pub(super) struct Framing {
    is_array: bool,
    has_begun: bool,
}

impl Framing {
    pub fn new(is_array: bool) -> Self {
        Self { is_array, has_begun: false }
    }

    pub fn write(&mut self, json: &str, out: &mut Vec<u8>) {
        let (before, after) = match (self.is_array, std::mem::replace(&mut self.has_begun, true)) {
            (true, false) => ("[", ""),
            (true, true) => (",\r\n", ""),
            (false, _) => ("data: ", "\r\n\r\n"),
        };
        out.extend_from_slice(before.as_bytes());
        push_line(json, out);
        out.extend_from_slice(after.as_bytes());
    }

    /// The end of a stream that ended well; an array that was cut stays open, so that nobody takes it for whole.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        if self.is_array {
            out.extend_from_slice(if self.has_begun { b"]" } else { b"[]" });
        }
    }

    /// An error as the last element; false if events are sent, where the gateway knows how.
    pub fn error(&mut self, json: &str, out: &mut Vec<u8>) -> bool {
        if self.is_array {
            self.write(json, out);
            out.push(b']');
        }
        self.is_array
    }
}
