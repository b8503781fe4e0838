//! Writing objects member by member; raw values go out as they came in.

use std::fmt::Write;

use memchr::memchr2;
use serde_json::value::RawValue;

/// Room that most objects of a stream do with, so that they are not moved while they grow.
const USUAL_BYTES: usize = 128;

/// An object being written. Members appear in the order of the calls.
pub(crate) struct ObjectWriter(String);

impl ObjectWriter {
    pub fn new() -> Self {
        let mut text = String::with_capacity(USUAL_BYTES);
        text.push('{');
        Self(text)
    }

    /// Adds a member whose value is already JSON text.
    pub fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key);
        self.0.push_str(json);
        self
    }

    pub fn string(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        push_quoted(value, &mut self.0);
        self
    }

    pub fn put(&mut self, key: &str, value: impl Into<serde_json::Value>) -> &mut Self {
        self.key(key);
        // Writing into a string cannot fail.
        let _ = write!(self.0, "{}", value.into());
        self
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_quoted(key, &mut self.0);
        self.0.push(':');
    }

    pub fn maybe_raw(&mut self, key: &str, value: Option<&RawValue>) -> &mut Self {
        match value {
            Some(raw) => self.raw(key, raw.get()),
            None => self,
        }
    }

    pub fn maybe_string(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(text) => self.string(key, text),
            None => self,
        }
    }

    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A JSON array of values that are already JSON text.
pub(crate) fn array<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> String {
    let mut out = String::with_capacity(USUAL_BYTES);
    out.push('[');
    for item in items {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(item.as_ref());
    }
    out.push(']');
    out
}

/// Appends a JSON text as one line: a line feed within a value that was kept as it was written would end the line, and
/// with it the event. It stands between tokens, where a space says the same.
pub(crate) fn push_line(json: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(json.as_bytes());
    let mut from = start;
    while let Some(at) = memchr2(b'\n', b'\r', &out[from..]) {
        from += at;
        out[from] = b' ';
    }
}

/// A JSON string literal.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(text, &mut out);
    out
}

/// The bytes that cannot stand in a string literal as they are.
const IS_ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// Appends a JSON string literal, with nothing escaped but what has to be.
fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| IS_ESCAPED[usize::from(byte)]) {
        out.push_str(&rest[..at]);
        let byte = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0C => out.push_str("\\f"),
            _ => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_everywhere_else() {
        let all: String = ('\0'..='\u{100}').chain(['\u{2028}', '\u{fffd}', '😀']).collect();
        for text in ["", "plain", "\"", "a\\", "\n\n", "é\u{7}é", &all] {
            assert_eq!(quote(text), serde_json::to_string(text).unwrap());
        }
    }
}
