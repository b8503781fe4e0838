//! Watching a stream. Deltas are only scanned for their text; the few other events are parsed.

use super::usage;
use crate::error;
use crate::framing::aws::EXCEPTION;
use crate::json::{self, Members, Value, count_string, for_each_key};
use crate::sse::Event;
use crate::tap::{Seen, Watcher};

#[derive(Default)]
pub(super) struct ConverseWatcher {
    has_usage: bool,
}

impl Watcher for ConverseWatcher {
    fn event(&mut self, event: Event<'_>, seen: &mut Seen) -> bool {
        seen.events += 1;
        let data = event.data.trim_ascii();
        if let Some(name) = event.name.strip_prefix(EXCEPTION) {
            seen.error = Some(error::exception(name, data));
            return false;
        }
        if event.name == "contentBlockDelta" {
            delta(data, seen);
            return false;
        }
        let Some(members) = std::str::from_utf8(data).ok().and_then(|text| Members::parse(text).ok()) else {
            seen.broke("an event of the stream is not a JSON object");
            return false;
        };
        match event.name {
            // A tool call has begun though no character of its arguments has come.
            "contentBlockStart" => {
                let start = members.get("start").and_then(json::members);
                seen.content |= start.is_some_and(|start| start.get("toolUse").is_some());
            }
            "messageStop" => {
                seen.finish_reason = members.text("stopReason").map(String::from);
                seen.finished = true;
                seen.terminal |= self.has_usage;
            }
            // Comes last and has the bill; a stream without it lacks nothing but that.
            "metadata" => {
                if let Some(usage) = usage::of(&members) {
                    seen.usage = Some(usage);
                }
                self.has_usage = true;
                seen.terminal |= seen.finished;
            }
            _ => {}
        }
        false
    }
}

fn delta(data: &[u8], seen: &mut Seen) {
    let mut chars = 0;
    let (mut is_source, mut is_content) = (false, false);
    for_each_key(data, |key, value| match (key, value) {
        (b"text" | b"input", Value::Text(text)) => chars += count_string(text),
        (b"citation", _) => is_source = true,
        (b"image", _) => is_content = true,
        _ => {}
    });
    if !is_source {
        seen.output_chars += chars;
        seen.content |= chars > 0 || is_content;
    }
    if !(data.starts_with(b"{") && data.ends_with(b"}")) {
        seen.broke("an event of the stream is not a JSON object");
    }
}
