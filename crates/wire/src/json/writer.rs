//! Writing objects member by member; raw values go out as they came in.

use memchr::memchr2;
use serde::Serialize;
use serde_json::value::RawValue;

/// An object being written. Members appear in the order of the calls.
pub(crate) struct ObjectWriter(String);

impl ObjectWriter {
    pub fn new() -> Self {
        Self(String::from("{"))
    }

    /// Adds a member whose value is already JSON text.
    pub fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&quote(key));
        self.0.push(':');
        self.0.push_str(json);
        self
    }

    pub fn string(&mut self, key: &str, value: &str) -> &mut Self {
        self.raw(key, &quote(value))
    }

    pub fn put(&mut self, key: &str, value: impl Into<serde_json::Value>) -> &mut Self {
        self.raw(key, &value.into().to_string())
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
    let mut out = String::from("[");
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
    let mut out = Vec::with_capacity(text.len() + 2);
    let mut serializer = serde_json::Serializer::new(&mut out);
    // Writing a string into memory has no way to fail, and what is written is UTF-8.
    if text.serialize(&mut serializer).is_err() {
        return String::from("\"\"");
    }
    String::from_utf8(out).unwrap_or_default()
}
