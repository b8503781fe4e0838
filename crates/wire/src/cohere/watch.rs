//! Watching a stream. Deltas are only scanned for their text; the few other events are parsed.

use std::borrow::Cow;

use super::{error, usage};
use crate::error::stream_error;
use crate::json::{self, Members, Value, count_string, for_each_key};
use crate::sse::Event;
use crate::tap::{Seen, Watcher};

pub(super) struct CohereWatcher;

impl Watcher for CohereWatcher {
    fn event(&mut self, event: Event<'_>, seen: &mut Seen) -> bool {
        seen.events += 1;
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            seen.terminal = true;
            return false;
        }
        let kind = kind_of(event.name, data);
        if matches!(
            kind.as_ref(),
            "content-start" | "content-delta" | "tool-plan-delta" | "tool-call-start" | "tool-call-delta"
        ) {
            let before = seen.output_chars;
            for_each_key(data, |key, value| {
                if let (b"text" | b"thinking" | b"tool_plan" | b"arguments", Value::Text(text)) = (key, value)
                {
                    seen.output_chars += count_string(text);
                }
            });
            // A tool call has begun though no character of its arguments has come.
            seen.content |= seen.output_chars > before || kind == "tool-call-start";
            if !(data.starts_with(b"{") && data.ends_with(b"}")) {
                seen.broke("an event of the stream is not a JSON object");
            }
            return false;
        }
        let Some(members) = std::str::from_utf8(data).ok().and_then(|text| Members::parse(text).ok()) else {
            if kind == "error" {
                seen.error = Some(stream_error(data));
            } else {
                seen.broke("an event of the stream is not a JSON object");
            }
            return false;
        };
        match kind.as_ref() {
            "message-start" => seen.id = members.text("id").map(String::from),
            "message-end" => end(&members, seen),
            _ if is_error(&kind, &members) => seen.error = Some(stream_error(data)),
            _ => {}
        }
        false
    }
}

fn end(members: &Members<'_>, seen: &mut Seen) {
    let delta = members.get("delta").and_then(json::members).unwrap_or_default();
    if let Some(usage) = delta.get("usage").and_then(usage::read) {
        seen.usage = Some(usage);
    }
    if let Some(word) = delta.text("finish_reason") {
        seen.finish_reason = Some(word.into_owned());
    }
    match error::of_end(&delta) {
        None => seen.finished = true,
        error => seen.error = error,
    }
}

/// Whether an event is an error that is no message's end: an error's own body, perhaps, after a success has begun.
pub(super) fn is_error(kind: &str, members: &Members<'_>) -> bool {
    kind == "error"
        || members.get("error").is_some()
        || (kind.is_empty() && members.text("message").is_some())
}

/// What an event is: its name, which is also its data's type.
pub(super) fn kind_of<'a>(name: &'a str, data: &'a [u8]) -> Cow<'a, str> {
    if !name.is_empty() {
        return Cow::Borrowed(name);
    }
    let members = std::str::from_utf8(data).ok().and_then(|text| Members::parse(text).ok());
    members.and_then(|members| members.text("type")).unwrap_or_default()
}
