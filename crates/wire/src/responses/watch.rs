//! Watching a stream. Deltas are only scanned for their text and most other events, which repeat it, not even that;
//! what is parsed is the beginning and the end.

use crate::error;
use crate::json::{self, Members, Value, count_string, for_each_key};
use crate::sse::Event;
use crate::tap::{Seen, Watcher};

use super::{read, usage};

pub(super) struct ResponsesWatcher;

/// What an event means to a watcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Delta,
    /// A new item, which may be a call.
    Item,
    /// It holds the response.
    Beginning,
    End,
    Error,
    Other,
}

fn sort(name: &str) -> Sort {
    match name {
        "response.created" | "response.in_progress" | "response.queued" => Sort::Beginning,
        "response.completed" | "response.incomplete" | "response.failed" => Sort::End,
        "response.output_item.added" => Sort::Item,
        "error" => Sort::Error,
        // Sound is not text, though its transcript is.
        "response.audio.delta" => Sort::Other,
        _ if name.rsplit('.').next() == Some("delta") => Sort::Delta,
        _ => Sort::Other,
    }
}

impl Watcher for ResponsesWatcher {
    fn event(&mut self, event: Event<'_>, seen: &mut Seen) -> bool {
        seen.events += 1;
        let data = event.data.trim_ascii();
        // Not this format's own, but some imitators end with it, too.
        if data == b"[DONE]" {
            return false;
        }
        // The first type is the event's own; some imitators leave the event's name out.
        let sort = if event.name.is_empty() { sort(&first_type(data)) } else { sort(event.name) };
        if sort == Sort::Error {
            note_error(data, seen);
            return false;
        }
        if !(data.starts_with(b"{") && data.ends_with(b"}")) {
            seen.broke("an event of the stream is not a JSON object");
            return false;
        }
        match sort {
            Sort::Delta => {
                let before = seen.output_chars;
                for_each_key(data, |key, value| {
                    if let (b"delta", Value::Text(text)) = (key, value) {
                        seen.output_chars += count_string(text);
                    }
                });
                seen.content |= seen.output_chars > before;
            }
            Sort::Item => for_each_key(data, |key, value| {
                if let (b"type", Value::Text(b"function_call" | b"custom_tool_call")) = (key, value) {
                    seen.content = true;
                }
            }),
            Sort::Beginning if seen.id.is_some() => {}
            Sort::Beginning | Sort::End => note_response(data, sort == Sort::End, seen),
            Sort::Other | Sort::Error => {}
        }
        false
    }
}

fn note_response(data: &[u8], is_end: bool, seen: &mut Seen) {
    let text = std::str::from_utf8(data).ok();
    let Some(members) = text.and_then(|text| Members::parse(text).ok()) else {
        seen.broke("an event of the stream is not a JSON object");
        return;
    };
    let Some(response) = members.get("response").and_then(json::members) else {
        // What has no response to tell of is an error, whatever it is called.
        if members.get("error").is_some() {
            note_error(data, seen);
        }
        return;
    };
    let keep = |slot: &mut Option<String>, key: &str| {
        if slot.is_none() {
            *slot = response.text(key).filter(|text| !text.is_empty()).map(String::from);
        }
    };
    keep(&mut seen.id, "id");
    keep(&mut seen.model, "model");
    if let Some(usage) = usage::of_response(&response) {
        seen.usage = Some(usage);
    }
    if !is_end {
        return;
    }
    if response.text("status").as_deref() == Some("failed")
        || members.text("type").as_deref() == Some("response.failed")
    {
        let error = response.get("error").map_or(&b"{}"[..], |error| error.get().as_bytes());
        if seen.error.is_none() {
            seen.error = Some(error::stream_error(error));
        }
        return;
    }
    // Some imitators send no deltas: then what there was is told here only.
    if seen.output_chars == 0 {
        for_each_key(data, |key, value| {
            if let (b"text" | b"arguments" | b"input" | b"refusal", Value::Text(text)) = (key, value) {
                seen.output_chars += count_string(text);
            }
        });
        seen.content |= seen.output_chars > 0;
    }
    seen.finish_reason = read::finish_reason(&response);
    seen.terminal = true;
}

/// The provider writes the error itself into the event, or an object of it. A second report says no more.
fn note_error(data: &[u8], seen: &mut Seen) {
    if seen.error.is_some() {
        return;
    }
    let mut value = serde_json::from_slice::<serde_json::Value>(data).unwrap_or_default();
    if let Some(event) = value.as_object_mut() {
        event.remove("sequence_number");
        if event.get("error").is_none_or(serde_json::Value::is_null) {
            event.remove("type");
        }
    }
    seen.error = Some(error::stream_error(value.to_string().as_bytes()));
}

/// The value of an event's first key of that name, which is the event's own wherever it is written first.
fn first_type(data: &[u8]) -> String {
    let mut found = None;
    for_each_key(data, |key, value| {
        if let (b"type", Value::Text(text), None) = (key, value, &found) {
            found = Some(String::from_utf8_lossy(text).into_owned());
        }
    });
    let found = found.unwrap_or_default();
    if found == "error" || found.starts_with("response.") {
        return found;
    }
    let own = std::str::from_utf8(data).ok().and_then(|text| Members::parse(text).ok());
    own.and_then(|members| members.text("type").map(String::from)).unwrap_or_default()
}
