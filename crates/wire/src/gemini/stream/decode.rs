//! Chunks into canonical events.

use serde_json::value::RawValue;

use super::super::part::{self, Calls};
use super::super::response::{self, from_grounding};
use super::super::spelling::raw_text;
use super::super::{OWNER, logprobs, read, spelling};
use crate::canonical::{Event, Finish, Opaque, Part, PartKind, StreamDecoder};
use crate::json::{self, Members};
use crate::sse;

/// The note under which a chunk goes whole to the encoder of this format.
pub(super) const CHUNK: &str = "~/chunk";

#[derive(Default)]
pub(in super::super) struct GeminiDecoder {
    started: bool,
    /// The response's.
    id: String,
    candidates: Vec<Candidate>,
    /// Tool calls so far, which are numbered.
    slots: u64,
    searches: u64,
}

struct Candidate {
    index: u64,
    calls: Calls,
    has_calls: bool,
    /// Characters of text so far.
    chars: u64,
}

impl StreamDecoder for GeminiDecoder {
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), String> {
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            return Ok(());
        }
        if event.name == "error" {
            out.push(Event::Error);
            return Ok(());
        }
        let text = std::str::from_utf8(data).map_err(|_| "a chunk is not UTF-8".to_owned())?;
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| format!("a chunk is not JSON: {error}"))?;
        let chunk = json::members(raw).ok_or("a chunk is not a JSON object")?;
        if chunk.get("error").is_some() {
            out.push(Event::Error);
            return Ok(());
        }
        out.push(opaque(CHUNK, raw));
        if !self.started {
            self.started = true;
            let text = |name: &str| spelling::find(&chunk, name).and_then(json::string).map(String::from);
            self.id = text("responseId").unwrap_or_default();
            out.push(Event::Start { id: text("responseId"), model: text("modelVersion") });
        }
        let candidates = spelling::find(&chunk, "candidates").and_then(json::elements).unwrap_or_default();
        if candidates.is_empty()
            && let Some(feedback) = spelling::find(&chunk, "promptFeedback")
            && read::block_reason(&chunk).is_some()
        {
            out.push(opaque("promptFeedback", feedback));
            out.push(Event::Finish { choice: 0, finish: Finish::Refused, stop_sequence: None });
        }
        for candidate in candidates.into_iter().filter_map(json::members) {
            self.candidate(candidate, out);
        }
        if let Some(mut usage) = read::usage_of(&chunk) {
            self.searches = self.searches.max(usage.web_searches);
            usage.web_searches = self.searches;
            out.push(Event::Usage(usage));
        }
        Ok(())
    }
}

impl GeminiDecoder {
    fn candidate(&mut self, mut members: Members<'_>, out: &mut Vec<Event>) {
        let index = members.take_as("index").unwrap_or(0);
        let known = self.candidates.iter().position(|known| known.index == index);
        let at = known.unwrap_or_else(|| {
            let calls = Calls::new(format!("call_{}_{index}", self.id));
            self.candidates.push(Candidate { index, calls, has_calls: false, chars: 0 });
            self.candidates.len() - 1
        });
        let candidate = &mut self.candidates[at];
        if let Some(logprobs) = spelling::find(&members, "logprobsResult").and_then(logprobs::read) {
            out.push(Event::Logprobs { choice: index, logprobs });
        }
        let content = members.take("content").and_then(json::members);
        let parts = content.and_then(|content| spelling::list(content.get("parts")?));
        for raw in parts.unwrap_or_default().0 {
            candidate.part(raw, &mut self.slots, out);
        }
        if let Some(raw) = spelling::find(&members, "groundingMetadata") {
            out.extend(from_grounding(raw).into_iter().map(|citation| Event::Citation {
                choice: index,
                chars: candidate.chars,
                citation,
            }));
        }
        if let Some(word) = spelling::find(&members, "finishReason").and_then(json::string) {
            let finish = response::finish(&word, candidate.has_calls);
            if let Finish::Other(word) = &finish {
                // It has no counterpart elsewhere.
                out.extend(
                    raw_text(word).map(|raw| opaque(&format!("candidates[{index}].finishReason"), &raw)),
                );
            }
            out.push(Event::Finish { choice: index, finish, stop_sequence: None });
        }
        // The counts change with every chunk and say nothing that usage does not.
        let known = [
            "finishReason",
            "finish_reason",
            "tokenCount",
            "token_count",
            "logprobsResult",
            "logprobs_result",
        ];
        for (name, raw) in members.0.iter().filter(|(name, _)| !known.contains(&name.as_ref())) {
            out.push(opaque(&format!("candidates[{index}].{name}"), raw));
        }
    }
}

impl Candidate {
    fn part(&mut self, raw: &RawValue, slots: &mut u64, out: &mut Vec<Event>) {
        let choice = self.index;
        let Part { kind, cache: _, extra } = part::decode(raw, &mut self.calls);
        match kind {
            PartKind::Text { text, .. } => {
                self.chars += text.chars().count() as u64;
                if !text.is_empty() {
                    out.push(Event::Text { choice, text });
                }
            }
            PartKind::Thinking { text, signature } => {
                if !text.is_empty() {
                    out.push(Event::Thinking { choice, text });
                }
                out.extend(signature.map(|signature| Event::Signature { choice, signature }));
            }
            PartKind::RedactedThinking(data) => out.push(Event::RedactedThinking { choice, data }),
            PartKind::ToolCall(call) => {
                self.has_calls = true;
                let slot = *slots;
                *slots += 1;
                let (id, name, signature) = (call.id, call.name, call.signature);
                out.push(Event::ToolCall { choice, slot, id, name, signature });
                out.push(Event::Arguments { choice, slot, fragment: call.arguments });
            }
            PartKind::Opaque(mut part) => {
                part.kind = format!("candidates[{choice}].content.{}", part.kind);
                out.push(Event::Opaque(part));
            }
            _ => out.push(opaque(&format!("candidates[{choice}].content.parts"), raw)),
        }
        let place = |kind: &str| format!("candidates[{choice}].content.{kind}");
        let rest = extra.0.into_iter().filter(|member| !member.is_empty());
        out.extend(rest.map(|member| Event::Opaque(Opaque { kind: place(&member.kind), ..member })));
    }
}

fn opaque(kind: &str, raw: &RawValue) -> Event {
    Event::Opaque(Opaque { owner: OWNER, kind: kind.to_owned(), raw: raw.to_owned() })
}
