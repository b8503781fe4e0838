//! Watching a stream, of either format. Most lines are only scanned for string values; a line is parsed when it may say
//! something about the whole: the first one, a call, an error, the last one.

use super::usage;
use crate::error;
use crate::json::{self, Members, Value, count_string, for_each_key};
use crate::sse::Event;
use crate::tap::{Seen, Watcher};

pub(super) struct OllamaWatcher;

impl Watcher for OllamaWatcher {
    fn event(&mut self, event: Event<'_>, seen: &mut Seen) -> bool {
        let data = event.data;
        let is_first = seen.events == 0;
        seen.events += 1;
        let glance = glance(data);
        if !is_first && !glance.is_telling {
            seen.output_chars += glance.chars;
            seen.content |= glance.chars > 0;
            if !(data.starts_with(b"{") && data.ends_with(b"}")) {
                seen.broke("a line of the stream is not a JSON object");
            }
            return false;
        }
        let Some(line) = std::str::from_utf8(data).ok().and_then(|text| Members::parse(text).ok()) else {
            seen.broke("a line of the stream is not a JSON object");
            return false;
        };
        note(&line, data, seen);
        false
    }
}

fn note(line: &Members<'_>, data: &[u8], seen: &mut Seen) {
    if line.get("error").is_some() {
        seen.error = Some(error::stream_error(data));
        return;
    }
    if seen.model.is_none() {
        seen.model = line.text("model").map(String::from);
    }
    let before = seen.output_chars;
    note_turn(line, seen);
    if let Some(message) = line.get("message").and_then(json::members) {
        note_turn(&message, seen);
    }
    seen.content |= seen.output_chars > before;
    if let Some(usage) = usage::of(line) {
        seen.usage = Some(usage);
    }
    if line.get("done").is_some_and(|done| done.get() == "true") {
        seen.finish_reason = line.text("done_reason").map(String::from);
        seen.terminal = true;
    }
}

fn note_turn(members: &Members<'_>, seen: &mut Seen) {
    let length = |text: &str| count_string(text.trim_matches('"').as_bytes());
    for text in ["content", "response", "thinking"].iter().filter_map(|name| members.get(name)) {
        seen.output_chars += length(text.get());
    }
    for call in members.get("tool_calls").and_then(json::elements).unwrap_or_default() {
        let function = json::members(call).and_then(|call| json::members(call.get("function")?));
        seen.output_chars +=
            function.and_then(|function| Some(length(function.get("arguments")?.get()))).unwrap_or(0);
        seen.content = true;
    }
    seen.content |= members.get("images").is_some();
}

/// What one pass over a line's text shows.
#[derive(Default)]
struct Glance {
    /// Characters of output.
    chars: u64,
    /// The line holds more than text.
    is_telling: bool,
}

fn glance(data: &[u8]) -> Glance {
    let mut glance = Glance::default();
    for_each_key(data, |key, value| match (key, value) {
        (b"content" | b"response" | b"thinking", Value::Text(text)) => glance.chars += count_string(text),
        (b"done", value) => glance.is_telling |= value != Value::Other(b'f'),
        (b"error" | b"tool_calls" | b"images" | b"eval_count" | b"prompt_eval_count", _) => {
            glance.is_telling = true;
        }
        _ => {}
    });
    glance
}
