//! Watching a messages stream. Deltas are only scanned for their text; the few other events are parsed.

use std::borrow::Cow;

use super::usage::Reports;
use crate::error;
use crate::json::{self, Members, Value, count_string, for_each_key};
use crate::sse::Event;
use crate::tap::{Seen, Watcher};

#[derive(Default)]
pub(super) struct MessagesWatcher {
    usage: Reports,
}

impl Watcher for MessagesWatcher {
    fn event(&mut self, event: Event<'_>, seen: &mut Seen) -> bool {
        seen.events += 1;
        let data = event.data.trim_ascii();
        if matches!(event.name, "content_block_delta" | "")
            && let Some(chars) = delta(data, event.name.is_empty())
        {
            seen.output_chars += chars;
            seen.content |= chars > 0;
            if !(data.starts_with(b"{") && data.ends_with(b"}")) {
                seen.broke("an event of the stream is not a JSON object");
            }
            return false;
        }
        if event.name == "ping" || data == b"[DONE]" {
            return false;
        }
        let Some(members) = std::str::from_utf8(data).ok().and_then(|text| Members::parse(text).ok()) else {
            if event.name == "error" {
                seen.error = Some(error::stream_error(data));
            } else {
                seen.broke("an event of the stream is not a JSON object");
            }
            return false;
        };
        let kind = members.text("type").unwrap_or(Cow::Borrowed(event.name));
        match kind.as_ref() {
            "message_start" => self.start(&members, seen),
            "message_delta" => self.delta(&members, seen),
            "message_stop" => seen.terminal = true,
            "content_block_start" => {
                // A tool call has begun though no character of its arguments has come.
                let block = members.get("content_block").and_then(json::members);
                seen.content |= block.and_then(|block| block.text("type")).as_deref() == Some("tool_use");
            }
            "error" => seen.error = Some(error::stream_error(data)),
            _ if members.get("error").is_some() => seen.error = Some(error::stream_error(data)),
            _ => {}
        }
        false
    }
}

impl MessagesWatcher {
    fn start(&mut self, members: &Members<'_>, seen: &mut Seen) {
        let Some(message) = members.get("message").and_then(json::members) else { return };
        seen.id = message.text("id").map(String::from);
        seen.model = message.text("model").map(String::from);
        self.add_usage(&message, seen);
    }

    fn delta(&mut self, members: &Members<'_>, seen: &mut Seen) {
        let reason = members
            .get("delta")
            .and_then(json::members)
            .and_then(|delta| delta.text("stop_reason").map(String::from));
        if reason.is_some() {
            seen.finish_reason = reason;
        }
        self.add_usage(members, seen);
    }

    fn add_usage(&mut self, holder: &Members<'_>, seen: &mut Seen) {
        if let Some(usage) = holder.get("usage").and_then(|raw| self.usage.add(raw)) {
            seen.usage = Some(usage);
        }
    }
}

/// The characters of output in a delta; `None` if it is another event. Some providers leave the `event` line out; where
/// it and the event contradict each other, the event is believed.
fn delta(data: &[u8], is_unnamed: bool) -> Option<u64> {
    let mut chars = 0;
    let mut is_delta = None;
    for_each_key(data, |key, value| match (key, value) {
        (b"text" | b"thinking" | b"partial_json", Value::Text(text)) => chars += count_string(text),
        (b"type", Value::Text(kind)) if is_delta.is_none() => {
            let is_known = kind == b"content_block_delta" || kind.starts_with(b"message_");
            is_delta = is_known.then_some(kind == b"content_block_delta");
        }
        _ => {}
    });
    is_delta.unwrap_or(!is_unnamed).then_some(chars)
}
