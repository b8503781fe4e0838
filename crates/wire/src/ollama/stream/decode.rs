//! Lines into canonical events.

use serde_json::value::RawValue;

use super::super::calls::Calls;
use super::super::shape::{Shape, is_shared};
use super::super::{OWNER, response, usage};
use crate::canonical::{Event, Opaque, Part, PartKind, StreamDecoder};
use crate::json::{self, Members};
use crate::sse;

/// The note under which the time of a line goes to an encoder of this format.
pub(super) const TIME: &str = "~/created_at";

pub(in super::super) struct OllamaDecoder {
    shape: Shape,
    /// Since the first line, whose time names the calls that have no ids.
    calls: Option<Calls>,
    /// Tool calls so far, which are numbered.
    slots: u64,
}

impl OllamaDecoder {
    pub fn new(shape: Shape) -> Self {
        Self { shape, calls: None, slots: 0 }
    }
}

impl StreamDecoder for OllamaDecoder {
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), String> {
        let text = std::str::from_utf8(event.data).map_err(|_| "a line is not UTF-8".to_owned())?;
        let mut line =
            Members::parse(text).map_err(|error| format!("a line is not a JSON object: {error}"))?;
        if line.get("error").is_some() {
            out.push(Event::Error);
            return Ok(());
        }
        if self.calls.is_none() {
            let time = line.text("created_at");
            self.calls = Some(Calls::of_reply(time.as_deref().unwrap_or_default()));
            out.push(Event::Start { id: None, model: line.text("model").map(String::from) });
        }
        line.take("model");
        if let Some(time) = line.take("created_at") {
            out.push(opaque(TIME, time));
        }
        let is_done = line.take("done").is_some_and(|done| done.get() == "true");
        let reason: Option<String> = line.take_as("done_reason");
        let usage = usage::take(&mut line);
        let mut message = match self.shape {
            Shape::Chat => line.take("message").and_then(json::members).unwrap_or_default(),
            Shape::Generate => Members(std::mem::take(&mut line.0)),
        };
        if self.shape == Shape::Generate {
            // Together with the text, for an encoder may send the one with the other.
            let (rest, own) = message.0.into_iter().partition(|(name, _)| is_shared(name));
            (line.0, message.0) = (rest, own);
        }
        self.rest(&line, "", out);
        self.message(message, out);
        if is_done {
            let reason = reason.unwrap_or_else(|| "stop".to_owned());
            let finish = response::finish(&reason, self.slots > 0);
            if let crate::canonical::Finish::Other(_) = &finish
                && let Ok(raw) = serde_json::value::to_raw_value(&reason)
            {
                // It has no counterpart elsewhere.
                out.push(opaque("done_reason", &raw));
            }
            out.push(Event::Finish { choice: 0, finish, stop_sequence: None });
        }
        out.extend(usage.map(Event::Usage));
        if is_done {
            out.push(Event::End);
        }
        Ok(())
    }
}

impl OllamaDecoder {
    fn message(&mut self, mut message: Members<'_>, out: &mut Vec<Event>) {
        let text = |message: &mut Members<'_>, name: &str| {
            message.take_as::<String>(name).filter(|text| !text.is_empty())
        };
        message.take("role");
        out.extend(text(&mut message, "thinking").map(|text| Event::Thinking { choice: 0, text }));
        out.extend(text(&mut message, self.shape.text_member()).map(|text| Event::Text { choice: 0, text }));
        if let Some(calls) = message.get("tool_calls").and_then(json::elements) {
            message.take("tool_calls");
            for raw in calls {
                self.call(raw, out);
            }
        }
        let path = if self.shape == Shape::Chat { "message." } else { "" };
        self.rest(&message, path, out);
    }

    fn call(&mut self, raw: &RawValue, out: &mut Vec<Event>) {
        let Some(calls) = &mut self.calls else { return };
        let Part { kind, cache: _, extra } = calls.decode(raw);
        match kind {
            PartKind::ToolCall(call) => {
                let slot = self.slots;
                self.slots += 1;
                let (id, name, signature) = (call.id, call.name, call.signature);
                out.push(Event::ToolCall { choice: 0, slot, id, name, signature });
                out.push(Event::Arguments { choice: 0, slot, fragment: call.arguments });
            }
            _ => out.push(opaque("message.tool_calls", raw)),
        }
        let rest = extra.0.into_iter().filter(|member| !member.is_empty());
        out.extend(rest.map(|member| {
            let kind = format!("message.tool_calls.{}", member.kind);
            Event::Opaque(Opaque { kind, ..member })
        }));
    }

    fn rest(&self, members: &Members<'_>, path: &str, out: &mut Vec<Event>) {
        for (name, raw) in &members.0 {
            let owner = if path.is_empty() && is_shared(name) { OWNER } else { self.shape.owner() };
            let opaque = Opaque { owner, kind: format!("{path}{name}"), raw: (*raw).to_owned() };
            if !opaque.is_empty() {
                out.push(Event::Opaque(opaque));
            }
        }
    }
}

fn opaque(kind: &str, raw: &RawValue) -> Event {
    Event::Opaque(Opaque { owner: OWNER, kind: kind.to_owned(), raw: raw.to_owned() })
}
