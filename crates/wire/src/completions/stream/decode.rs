//! Chunks into canonical events.

use serde_json::value::RawValue;

use super::super::response::{self, STOPPED};
use super::super::{OWNER, logprobs};
use crate::canonical::{Event, Opaque, StreamDecoder};
use crate::json::{self, Members};
use crate::openai::watch;
use crate::sse;

#[derive(Default)]
pub(in super::super) struct CompletionsDecoder {
    started: bool,
    service_tier: Option<String>,
}

impl StreamDecoder for CompletionsDecoder {
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
            out.push(Event::Start { id: text("id"), model: text("model") });
        }
        for raw in choices {
            choice(raw, out);
        }
        if let Some(usage) = watch::usage_of(&chunk, self.service_tier.as_deref()) {
            out.push(Event::Usage(usage));
        }
        Ok(())
    }
}

fn choice(raw: &RawValue, out: &mut Vec<Event>) {
    let Some(mut members) = json::members(raw) else { return };
    let choice = members.take_as("index").unwrap_or(0);
    if let Some(raw) = members.take("logprobs") {
        out.push(match logprobs::read(raw) {
            Some(logprobs) => Event::Logprobs { choice, logprobs },
            None => opaque(&format!("choices[{choice}].logprobs"), raw),
        });
    }
    if let Some(text) = members.take_as::<String>("text").filter(|text| !text.is_empty()) {
        out.push(Event::Text { choice, text });
    }
    if let Some(word) = members.take_as::<String>("finish_reason") {
        let stop_sequence = members.take_as::<String>(STOPPED);
        let finish = response::finish(&word, stop_sequence.as_deref());
        out.push(Event::Finish { choice, finish, stop_sequence });
    }
    members.take("usage");
    for (name, raw) in members.0 {
        out.push(opaque(&format!("choices[{choice}].{name}"), raw));
    }
}

fn opaque(kind: &str, raw: &RawValue) -> Event {
    Event::Opaque(Opaque { owner: OWNER, kind: kind.to_owned(), raw: raw.to_owned() })
}
