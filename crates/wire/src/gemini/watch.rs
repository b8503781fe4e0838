//! Watching a stream. Every chunk is a small response; its top level is split, for usage may stand in any of them, but
//! candidates are looked into only where a chunk says more than text.

use super::{read, spelling};
use crate::error;
use crate::json::{self, Members, Value, count_string, for_each_key};
use crate::sse::Event;
use crate::tap::{Seen, Watcher};

#[derive(Default)]
pub(super) struct GeminiWatcher {
    /// Candidates that have appeared, and those that have a finish reason.
    open: Vec<u64>,
    finished: Vec<u64>,
    /// Searches come once, usage again and again.
    searches: u64,
}

impl Watcher for GeminiWatcher {
    fn event(&mut self, event: Event<'_>, seen: &mut Seen) -> bool {
        seen.events += 1;
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            // Not this format's, but what some who imitate it send.
            return false;
        }
        if event.name == "error" {
            seen.error = Some(error::stream_error(data));
            return false;
        }
        let Some(chunk) = std::str::from_utf8(data).ok().and_then(|text| Members::parse(text).ok()) else {
            seen.broke("a chunk of the stream is not a JSON object");
            return false;
        };
        if chunk.get("error").is_some() {
            seen.error = Some(error::stream_error(data));
            return false;
        }
        let keep = |slot: &mut Option<String>, name: &str| {
            if slot.is_none() {
                *slot = spelling::find(&chunk, name).and_then(json::string).map(String::from);
            }
        };
        keep(&mut seen.id, "responseId");
        keep(&mut seen.model, "modelVersion");
        let glance = glance(data);
        if self.open.is_empty() || glance.is_telling {
            self.candidates(&chunk, seen);
        } else {
            seen.output_chars += glance.chars;
            seen.content |= glance.chars > 0;
        }
        if let Some(mut usage) = read::usage_of(&chunk) {
            self.searches = self.searches.max(usage.web_searches);
            usage.web_searches = self.searches;
            seen.usage = Some(usage);
        }
        false
    }
}

impl GeminiWatcher {
    fn candidates(&mut self, chunk: &Members<'_>, seen: &mut Seen) {
        let candidates = spelling::find(chunk, "candidates").and_then(json::elements).unwrap_or_default();
        if candidates.is_empty()
            && let Some(reason) = read::block_reason(chunk)
        {
            seen.finish_reason = Some(reason);
            seen.finished = true;
            return;
        }
        for candidate in candidates.into_iter().filter_map(json::members) {
            let index = candidate.get("index").and_then(|raw| raw.get().parse().ok()).unwrap_or(0);
            if !self.open.contains(&index) {
                self.open.push(index);
            }
            if let Some(reason) = spelling::find(&candidate, "finishReason").and_then(json::string) {
                if !self.finished.contains(&index) {
                    self.finished.push(index);
                }
                if seen.finish_reason.is_none() || index == 0 {
                    seen.finish_reason = Some(reason.into_owned());
                }
            }
            let parts = candidate.get("content").and_then(json::members);
            let parts = parts.and_then(|content| spelling::list(content.get("parts")?));
            for part in parts.unwrap_or_default().0.into_iter().filter_map(json::members) {
                note_part(&part, seen);
            }
        }
        seen.finished = !self.open.is_empty() && self.open.len() == self.finished.len();
    }
}

fn note_part(part: &Members<'_>, seen: &mut Seen) {
    let before = seen.output_chars;
    let length = |text: &str| count_string(text.trim_matches('"').as_bytes());
    if let Some(text) = part.get("text") {
        seen.output_chars += length(text.get());
    }
    if let Some(call) = spelling::find(part, "functionCall").and_then(json::members) {
        seen.output_chars += call.get("args").map_or(0, |args| length(args.get()));
        seen.content = true;
    }
    if let Some(code) = spelling::find(part, "executableCode").and_then(json::members) {
        seen.output_chars += call_text(&code);
    }
    seen.content |= seen.output_chars > before || spelling::find(part, "inlineData").is_some();
}

fn call_text(code: &Members<'_>) -> u64 {
    code.text("code").map_or(0, |text| text.chars().count() as u64)
}

/// What one pass over a chunk's text shows.
#[derive(Default)]
struct Glance {
    /// Characters of output.
    chars: u64,
    /// The chunk holds more than text of the first candidate.
    is_telling: bool,
}

fn glance(data: &[u8]) -> Glance {
    let mut glance = Glance::default();
    for_each_key(data, |key, value| match (key, value) {
        (b"text", Value::Text(text)) => glance.chars += count_string(text),
        (
            b"finishReason"
            | b"finish_reason"
            | b"functionCall"
            | b"function_call"
            | b"executableCode"
            | b"executable_code"
            | b"groundingMetadata"
            | b"grounding_metadata"
            | b"inlineData"
            | b"inline_data"
            | b"promptFeedback"
            | b"prompt_feedback",
            _,
        ) => glance.is_telling = true,
        (b"index", value) => glance.is_telling |= value != Value::Other(b'0'),
        _ => {}
    });
    glance
}
