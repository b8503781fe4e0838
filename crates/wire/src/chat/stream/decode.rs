//! Chunks into canonical events.

use serde_json::value::RawValue;

use super::super::{OWNER, message};
use crate::canonical::{Event, Opaque, StreamDecoder};
use crate::json::{self, Members};
use crate::openai::{finish, logprobs, watch};
use crate::sse;

#[derive(Default)]
pub(in super::super) struct ChatDecoder {
    started: bool,
    /// The response's.
    id: String,
    service_tier: Option<String>,
    /// Tool calls in the order of their appearance, which is their slot.
    calls: Vec<Call>,
    /// Choices whose reasoning came as blocks, so that the plain copy of it is skipped.
    in_blocks: Vec<u64>,
}

struct Call {
    choice: u64,
    index: u64,
    id: String,
    arguments: String,
}

impl StreamDecoder for ChatDecoder {
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), String> {
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            out.push(Event::End);
            return Ok(());
        }
        if event.name == "error" {
            out.push(Event::Error);
            return Ok(());
        }
        let text = std::str::from_utf8(data).map_err(|_| "a chunk is not UTF-8".to_owned())?;
        let chunk = Members::parse(text).map_err(|error| format!("a chunk is not a JSON object: {error}"))?;
        if chunk.get("error").is_some() {
            out.push(Event::Error);
            return Ok(());
        }
        if let Some(tier) = chunk.text("service_tier")
            && self.service_tier.as_deref() != Some(tier.as_ref())
        {
            self.service_tier = Some(tier.into_owned());
        }
        let choices = chunk.get("choices").and_then(json::elements).unwrap_or_default();
        // Azure sends a chunk with filter results, without an id, before the first one.
        if !self.started && (!choices.is_empty() || chunk.text("id").is_some_and(|id| !id.is_empty())) {
            self.started = true;
            let text = |key: &str| chunk.text(key).filter(|text| !text.is_empty()).map(String::from);
            self.id = text("id").unwrap_or_default();
            out.push(Event::Start { id: text("id"), model: text("model") });
        }
        for choice in choices {
            self.choice(choice, out);
        }
        if let Some(usage) = watch::usage_of(&chunk, self.service_tier.as_deref()) {
            out.push(Event::Usage(usage));
        }
        Ok(())
    }
}

impl ChatDecoder {
    fn choice(&mut self, raw: &RawValue, out: &mut Vec<Event>) {
        let Some(mut choice) = json::members(raw) else { return };
        let index = choice.take_as("index").unwrap_or(0);
        if let Some(raw) = choice.get("logprobs") {
            out.push(match logprobs::read(raw) {
                Some(logprobs) => Event::Logprobs { choice: index, logprobs },
                None => opaque(&format!("choices[{index}].logprobs"), raw),
            });
        }
        if let Some(delta) = choice.take("delta").and_then(json::members) {
            self.delta(index, delta, out);
        }
        if let Some(word) = choice.text("finish_reason") {
            let finish = finish::read(&word);
            out.push(Event::Finish { choice: index, finish, stop_sequence: None });
        }
    }

    fn delta(&mut self, choice: u64, mut delta: Members<'_>, out: &mut Vec<Event>) {
        let text =
            |delta: &mut Members<'_>, key: &str| delta.take_as::<String>(key).filter(|text| !text.is_empty());
        for block in delta.take("thinking_blocks").and_then(json::elements).unwrap_or_default() {
            self.block(choice, block, out);
        }
        let thinking = text(&mut delta, "reasoning_content").or_else(|| text(&mut delta, "reasoning"));
        if let Some(text) = thinking.filter(|_| !self.in_blocks.contains(&choice)) {
            out.push(Event::Thinking { choice, text });
        }
        if let Some(text) = text(&mut delta, "content") {
            out.push(Event::Text { choice, text });
        }
        if let Some(text) = text(&mut delta, "refusal") {
            out.push(Event::Refusal { choice, text });
        }
        for call in delta.take("tool_calls").and_then(json::elements).unwrap_or_default() {
            self.call(choice, call, out);
        }
        for key in ["audio", "function_call", "annotations"] {
            if let Some(raw) = delta.get(key) {
                out.push(opaque(&format!("choices[{choice}].delta.{key}"), raw));
            }
        }
    }

    /// A block is whole or not at all: its signature comes with its text.
    fn block(&mut self, choice: u64, raw: &RawValue, out: &mut Vec<Event>) {
        let Some(block) = json::members(raw) else { return };
        let text = |key: &str| block.text(key).map(String::from);
        if let Some(data) = text("data") {
            out.push(Event::RedactedThinking { choice, data });
            return;
        }
        if let Some(signature) = text("signature").filter(|signature| !signature.is_empty()) {
            // The plain copy has been streamed before the block that closes it.
            out.push(Event::Signature { choice, signature });
        } else if let Some(text) = text("thinking") {
            if !self.in_blocks.contains(&choice) {
                self.in_blocks.push(choice);
            }
            out.push(Event::Thinking { choice, text });
        }
    }

    fn call(&mut self, choice: u64, raw: &RawValue, out: &mut Vec<Event>) {
        let Some(mut call) = json::members(raw) else { return };
        let id = call.text("id").filter(|id| !id.is_empty()).map(String::from);
        let function = call.get("function").and_then(json::members).unwrap_or_default();
        let stated = call.get("index").and_then(|raw| raw.get().parse::<u64>().ok());
        // Some providers send every call whole, all with the same index or none: a new id is a new call. With neither
        // an index nor an id, the call before goes on.
        let known = self.calls.iter().rposition(|known| {
            known.choice == choice
                && stated.is_none_or(|index| known.index == index)
                && id.as_ref().is_none_or(|id| *id == known.id)
        });
        // Others send no ids at all: a name after whole arguments is a new call, too.
        let starts_over = |slot: &usize| {
            let is_named = function.text("name").is_some_and(|name| !name.is_empty());
            let arguments = &self.calls[*slot].arguments;
            id.is_none() && is_named && serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok()
        };
        let slot = if let Some(slot) = known.filter(|slot| !starts_over(slot)) {
            slot
        } else {
            let slot = self.calls.len();
            // An id that was left out has to be unlike those of the turns before.
            let id = id.unwrap_or_else(|| format!("call_{}_{choice}_{slot}", self.id));
            let name = function.text("name").unwrap_or_default().into_owned();
            let index = stated.unwrap_or(slot as u64);
            self.calls.push(Call { choice, index, id: id.clone(), arguments: String::new() });
            let signature = message::take_signature(&mut call);
            out.push(Event::ToolCall { choice, slot: slot as u64, id, name, signature });
            slot
        };
        let fragment = function.text("arguments").filter(|fragment| !fragment.is_empty());
        if let Some(fragment) = fragment {
            self.calls[slot].arguments.push_str(&fragment);
            out.push(Event::Arguments { choice, slot: slot as u64, fragment: fragment.into_owned() });
        }
    }
}

fn opaque(kind: &str, raw: &RawValue) -> Event {
    Event::Opaque(Opaque { owner: OWNER, kind: kind.to_owned(), raw: raw.to_owned() })
}
