//! Watching a stream of chunks. Most chunks are only scanned for string values; a chunk is parsed when it may say
//! something about the whole: the first ones, usage, a finish reason, an error, a choice other than the first.

use crate::error;
use crate::json::{self, Members, Value, count_string, for_each_key};
use crate::sse::Event;
use crate::tap::{Seen, Watcher};
use crate::usage::Usage;

/// Where a format's chunks have their content.
pub(crate) struct Words {
    /// Whether a string under that key, still escaped, is output.
    pub is_output: fn(&[u8]) -> bool,
    /// Whether a choice says something.
    pub has_content: fn(&Members<'_>) -> bool,
}

pub(crate) struct ChunkWatcher {
    words: &'static Words,
    /// Choices that have appeared, and those that have a finish reason.
    open: Vec<u64>,
    finished: Vec<u64>,
    service_tier: Option<String>,
}

impl Watcher for ChunkWatcher {
    fn event(&mut self, event: Event<'_>, seen: &mut Seen) -> bool {
        seen.events += 1;
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            seen.terminal = true;
            return false;
        }
        if event.name == "error" {
            seen.error = Some(error::stream_error(data));
            return false;
        }
        let glance = glance(data, self.words.is_output);
        seen.output_chars += glance.chars;
        seen.content |= glance.chars > 0;
        if seen.id.is_some() && !self.open.is_empty() && !glance.is_telling {
            if !(data.starts_with(b"{") && data.ends_with(b"}")) {
                seen.broke("a chunk of the stream is not a JSON object");
            }
            return false;
        }
        let Some(chunk) = std::str::from_utf8(data).ok().and_then(|text| Members::parse(text).ok()) else {
            seen.broke("a chunk of the stream is not a JSON object");
            return false;
        };
        self.note(&chunk, data, seen)
    }
}

impl ChunkWatcher {
    pub fn new(words: &'static Words) -> Self {
        Self { words, open: Vec::new(), finished: Vec::new(), service_tier: None }
    }

    fn note(&mut self, chunk: &Members<'_>, data: &[u8], seen: &mut Seen) -> bool {
        if chunk.get("error").is_some() {
            seen.error = Some(error::stream_error(data));
            return false;
        }
        let keep = |slot: &mut Option<String>, key: &str| {
            if slot.is_none() {
                *slot = chunk.text(key).filter(|text| !text.is_empty()).map(String::from);
            }
        };
        keep(&mut seen.id, "id");
        keep(&mut seen.model, "model");
        keep(&mut self.service_tier, "service_tier");
        let choices = chunk.get("choices").and_then(json::elements).unwrap_or_default();
        for choice in &choices {
            let Some(choice) = json::members(choice) else { continue };
            let index = choice.get("index").and_then(|raw| raw.get().parse().ok()).unwrap_or(0);
            if !self.open.contains(&index) {
                self.open.push(index);
            }
            if let Some(reason) = choice.text("finish_reason") {
                if !self.finished.contains(&index) {
                    self.finished.push(index);
                }
                if seen.finish_reason.is_none() || index == 0 {
                    seen.finish_reason = Some(reason.into_owned());
                }
            }
            seen.content = seen.content || (self.words.has_content)(&choice);
        }
        seen.finished = !self.open.is_empty() && self.open.len() == self.finished.len();
        let usage = usage_of(chunk, self.service_tier.as_deref());
        let has_usage = usage.is_some();
        if has_usage {
            seen.usage = usage;
        }
        has_usage && choices.is_empty()
    }
}

/// A chunk's usage, wherever its provider puts it.
pub(crate) fn usage_of(chunk: &Members<'_>, service_tier: Option<&str>) -> Option<Usage> {
    let in_choice = || {
        // Hardly any chunk has it there, and splitting all of them costs more than a look.
        let choices = chunk.get("choices")?;
        memchr::memmem::find(choices.get().as_bytes(), b"\"usage\"")?;
        let first = *json::elements(choices)?.first()?;
        json::members(first)?.get("usage")
    };
    let of_groq = || json::members(chunk.get("x_groq")?)?.get("usage");
    let raw = chunk.get("usage").or_else(of_groq).or_else(in_choice)?;
    super::usage::read(raw, service_tier.map(String::from))
}

/// Whether the member is a text with something in it.
pub(crate) fn says(members: &Members<'_>, key: &str) -> bool {
    members.text(key).is_some_and(|text| !text.is_empty())
}

/// What one pass over a chunk's text shows.
#[derive(Default)]
struct Glance {
    /// Characters of output.
    chars: u64,
    /// The chunk has more to say than its text: usage, an error, a finish reason, or a choice other than the first
    /// (or a tool call other than the first, which costs one parse too many).
    is_telling: bool,
}

fn glance(data: &[u8], is_output: fn(&[u8]) -> bool) -> Glance {
    let mut glance = Glance::default();
    for_each_key(data, |key, value| match (key, value) {
        (key, Value::Text(text)) if is_output(key) => glance.chars += count_string(text),
        (b"usage" | b"error" | b"finish_reason", value) => glance.is_telling |= value != Value::Other(b'n'),
        (b"index", value) => glance.is_telling |= value != Value::Other(b'0'),
        _ => {}
    });
    glance
}
