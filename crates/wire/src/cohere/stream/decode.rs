//! Events of this format into canonical ones.

use serde_json::value::RawValue;

use super::super::watch::{is_error, kind_of};
use super::super::{OWNER, error, message, response, usage};
use crate::canonical::{Event, Opaque, StreamDecoder};
use crate::json::{self, Members};
use crate::sse;

#[derive(Default)]
pub(in super::super) struct CohereDecoder {
    /// Calls in the order of their appearance, which is their slot.
    calls: Vec<Call>,
    /// Characters of text so far, and how many there were when each content part began.
    chars: u64,
    parts: Vec<(u64, u64)>,
}

struct Call {
    index: Option<u64>,
    has_arguments: bool,
}

impl StreamDecoder for CohereDecoder {
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), String> {
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            out.push(Event::End);
            return Ok(());
        }
        let text = std::str::from_utf8(data).map_err(|_| "an event is not UTF-8".to_owned())?;
        let kind = kind_of(event.name, data);
        if kind == "error" {
            out.push(Event::Error);
            return Ok(());
        }
        let members =
            Members::parse(text).map_err(|error| format!("an event is not a JSON object: {error}"))?;
        let index = members.get("index").and_then(|raw| raw.get().parse().ok());
        let delta = members.get("delta").and_then(json::members).unwrap_or_default();
        let message = delta.get("message").and_then(json::members).unwrap_or_default();
        match kind.as_ref() {
            "message-start" => {
                out.push(Event::Start { id: members.text("id").map(String::from), model: None });
            }
            "content-start" => {
                self.parts.push((index.unwrap_or(0), self.chars));
                self.content(&message, out);
            }
            "content-delta" => {
                self.content(&message, out);
                if let Some(raw) = members.get("logprobs") {
                    out.push(opaque("logprobs", raw));
                }
            }
            "tool-plan-delta" => self.text(message.text("tool_plan").as_deref(), out),
            "tool-call-start" => self.call(index, &message, out),
            "tool-call-delta" => {
                if let Some(slot) = self.slot(index) {
                    self.arguments(slot, &message, out);
                }
            }
            "tool-call-end" => self.end_call(index, out),
            "citation-start" => self.citations(&message, out),
            "message-end" => end(&delta, out),
            _ if is_error(&kind, &members) => out.push(Event::Error),
            _ => {}
        }
        Ok(())
    }
}

/// The one object of a member, which some write as a list of one.
fn object<'a>(message: &Members<'a>, member: &str) -> Vec<&'a RawValue> {
    let Some(raw) = message.get(member) else { return Vec::new() };
    json::elements(raw).unwrap_or_else(|| vec![raw])
}

impl CohereDecoder {
    fn text(&mut self, text: Option<&str>, out: &mut Vec<Event>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return };
        self.chars += text.chars().count() as u64;
        out.push(Event::Text { choice: 0, text: text.to_owned() });
    }

    fn content(&mut self, message: &Members<'_>, out: &mut Vec<Event>) {
        for raw in object(message, "content") {
            let Some(content) = json::members(raw) else { continue };
            if let Some(text) = content.text("thinking").filter(|text| !text.is_empty()) {
                out.push(Event::Thinking { choice: 0, text: text.into_owned() });
            }
            self.text(content.text("text").as_deref(), out);
        }
    }

    /// The call that an event belongs to: the last one with that number, or the last one if it has none.
    fn slot(&self, index: Option<u64>) -> Option<usize> {
        match index {
            None => self.calls.len().checked_sub(1),
            index => self.calls.iter().rposition(|call| call.index == index),
        }
    }

    fn call(&mut self, index: Option<u64>, message: &Members<'_>, out: &mut Vec<Event>) {
        for raw in object(message, "tool_calls") {
            let call = json::members(raw).unwrap_or_default();
            let function = call.get("function").and_then(json::members).unwrap_or_default();
            let text = |members: &Members<'_>, key: &str| members.text(key).unwrap_or_default().into_owned();
            let slot = self.calls.len();
            self.calls.push(Call { index, has_arguments: false });
            let (id, name) = (text(&call, "id"), text(&function, "name"));
            out.push(Event::ToolCall { choice: 0, slot: slot as u64, id, name, signature: None });
            self.fragment(slot, function.text("arguments").as_deref(), out);
        }
    }

    fn arguments(&mut self, slot: usize, message: &Members<'_>, out: &mut Vec<Event>) {
        for raw in object(message, "tool_calls") {
            let function = json::members(raw).and_then(|call| call.get("function").and_then(json::members));
            self.fragment(slot, function.and_then(|function| function.text("arguments")).as_deref(), out);
        }
    }

    fn fragment(&mut self, slot: usize, fragment: Option<&str>, out: &mut Vec<Event>) {
        let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) else { return };
        self.calls[slot].has_arguments = true;
        out.push(Event::Arguments { choice: 0, slot: slot as u64, fragment: fragment.to_owned() });
    }

    /// A call without arguments is a call with an empty object to everyone else.
    fn end_call(&mut self, index: Option<u64>, out: &mut Vec<Event>) {
        let Some(slot) = self.slot(index).filter(|slot| !self.calls[*slot].has_arguments) else { return };
        self.fragment(slot, Some("{}"), out);
    }

    fn citations(&mut self, message: &Members<'_>, out: &mut Vec<Event>) {
        for raw in object(message, "citations") {
            let of_part = json::members(raw)
                .and_then(|citation| citation.get("content_index")?.get().parse::<u64>().ok())
                .and_then(|index| self.parts.iter().rev().find(|(known, _)| *known == index));
            let start = of_part.or(self.parts.last()).map_or(0, |(_, start)| *start);
            let chars = self.chars.saturating_sub(start);
            let events = message::to_others(raw).into_iter();
            out.extend(events.map(|citation| Event::Citation { choice: 0, chars, citation }));
        }
    }
}

fn end(delta: &Members<'_>, out: &mut Vec<Event>) {
    if let Some(usage) = delta.get("usage").and_then(usage::read) {
        out.push(Event::Usage(usage));
    }
    if error::of_end(delta).is_some() {
        out.push(Event::Error);
        return;
    }
    if let Some(raw) = delta.get("finish_reason")
        && let Some(word) = json::string(raw)
    {
        if response::is_more_than_told(&word) {
            out.push(opaque("finish_reason", raw));
        }
        out.push(Event::Finish { choice: 0, finish: response::finish(&word), stop_sequence: None });
    }
}

fn opaque(kind: &str, raw: &RawValue) -> Event {
    Event::Opaque(Opaque { owner: OWNER, kind: kind.to_owned(), raw: raw.to_owned() })
}
