//! Canonical events into chunks.

use super::super::part::{self, Surroundings};
use super::super::response::{Support, finish_word, to_grounding};
use super::super::{logprobs, usage};
use super::decode::CHUNK;
use super::framing::Framing;
use crate::canonical::{Encoding, Event, Finish, Opaque, Part, PartKind, StreamEncoder, Token, ToolCall};
use crate::error::ApiError;
use crate::format::Format;
use crate::json::{ObjectWriter, array};
use crate::loss::LossReport;
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(in super::super) struct GeminiEncoder {
    framing: Framing,
    id: String,
    model: String,
    choices: Vec<Choice>,
    usage: Option<Usage>,
    /// The provider speaks this format: its chunks go out as they came.
    is_verbatim: bool,
    closed: bool,
}

/// What is held back of a choice: functions are called in one piece, and how it ends is said when the provider's stream
/// has ended well.
#[derive(Default)]
struct Choice {
    index: u64,
    calls: Vec<(u64, ToolCall)>,
    finish: Option<Finish>,
    /// Sources, and the bytes of the text that each supports.
    citations: Vec<(Opaque, u64, u64)>,
    /// All of it so far: sources come with a number of characters.
    text: String,
    /// Told with the text after them.
    logprobs: Vec<Token>,
}

impl GeminiEncoder {
    pub fn new(ctx: ReplyContext) -> Self {
        Self {
            framing: Framing::new(ctx.json_array),
            id: ctx.fallback_id,
            model: ctx.model,
            choices: Vec::new(),
            usage: None,
            is_verbatim: false,
            closed: false,
        }
    }

    fn choice(&mut self, index: u64) -> &mut Choice {
        let known = self.choices.iter().position(|choice| choice.index == index);
        let at = known.unwrap_or_else(|| {
            self.choices.push(Choice { index, ..Choice::default() });
            self.choices.len() - 1
        });
        &mut self.choices[at]
    }

    fn send(&mut self, candidates: &[String], usage: Option<&Usage>, out: &mut Vec<u8>) {
        let mut chunk = ObjectWriter::new();
        chunk.raw("candidates", &array(candidates));
        if let Some(usage) = usage {
            chunk.raw("usageMetadata", &usage::write(usage).to_string());
        }
        chunk.string("modelVersion", &self.model).string("responseId", &self.id);
        self.framing.write(&chunk.finish(), out);
    }

    /// Sends a part, after the calls that came before it.
    fn part(&mut self, index: u64, kind: PartKind, out: &mut Vec<u8>, loss: &mut LossReport) {
        let choice = self.choice(index);
        let mut parts = if choice.calls.iter().all(|(_, call)| is_whole(call)) {
            encoded(choice.take_calls(), loss)
        } else {
            Vec::new()
        };
        parts.extend(encoded([kind], loss));
        if !parts.is_empty() {
            let mut candidate = candidate(index, &parts);
            choice.tell_logprobs(&mut candidate);
            self.send(&[candidate.finish()], None, out);
        }
    }
}

impl Choice {
    fn take_calls(&mut self) -> Vec<PartKind> {
        self.calls.drain(..).map(|(_, call)| PartKind::ToolCall(call)).collect()
    }

    fn tell_logprobs(&mut self, candidate: &mut ObjectWriter) {
        let tokens = std::mem::take(&mut self.logprobs);
        if !tokens.is_empty() {
            candidate.raw("logprobsResult", &logprobs::write(&tokens));
        }
    }

    /// A source of the last characters.
    fn cite(&mut self, citation: Opaque, chars: u64) {
        let before = self.text.char_indices().rev().take(chars as usize).last();
        let start = before.map_or(self.text.len(), |(at, _)| at);
        self.citations.push((citation, start as u64, self.text.len() as u64));
    }
}

fn is_whole(call: &ToolCall) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_ok()
}

/// A candidate with these parts, to which more may be added.
fn candidate(index: u64, parts: &[String]) -> ObjectWriter {
    let mut content = ObjectWriter::new();
    content.raw("parts", &array(parts)).string("role", "model");
    let mut out = ObjectWriter::new();
    out.raw("content", &content.finish()).put("index", index);
    out
}

fn encoded(kinds: impl IntoIterator<Item = PartKind>, loss: &mut LossReport) -> Vec<String> {
    let mut out = Vec::new();
    // Which other format it came from makes no difference to parts.
    let mut to = Encoding::of_reply(Format::OpenAiChat);
    for kind in kinds {
        // A reply is never refused.
        part::encode(&Part::new(kind), "content", &Surroundings::default(), &mut to, &mut out)
            .unwrap_or_default();
    }
    for path in to.loss.0 {
        loss.add(path);
    }
    out
}

impl StreamEncoder for GeminiEncoder {
    fn event(&mut self, event: Event, out: &mut Vec<u8>, loss: &mut LossReport) {
        if self.is_verbatim && !matches!(&event, Event::Opaque(opaque) if opaque.kind == CHUNK) {
            return;
        }
        match event {
            Event::Start { id, model } => {
                self.id = id.unwrap_or_else(|| std::mem::take(&mut self.id));
                self.model = model.unwrap_or_else(|| std::mem::take(&mut self.model));
            }
            Event::Text { choice, text } | Event::Refusal { choice, text } => {
                self.choice(choice).text.push_str(&text);
                self.part(choice, PartKind::Text { text, citations: None }, out, loss);
            }
            Event::Thinking { choice, text } => {
                self.part(choice, PartKind::Thinking { text, signature: None }, out, loss);
            }
            Event::Signature { choice, signature } => {
                let kind = PartKind::Thinking { text: String::new(), signature: Some(signature) };
                self.part(choice, kind, out, loss);
            }
            Event::RedactedThinking { choice, data } => {
                self.part(choice, PartKind::RedactedThinking(data), out, loss);
            }
            Event::ToolCall { choice, slot, id, name, signature } => {
                let call = ToolCall { id, name, arguments: String::new(), signature };
                self.choice(choice).calls.push((slot, call));
            }
            Event::Arguments { choice, slot, fragment } => {
                let calls = &mut self.choice(choice).calls;
                match calls.iter_mut().rev().find(|(known, _)| *known == slot) {
                    Some((_, call)) => call.arguments.push_str(&fragment),
                    None => {
                        loss.add(format!("choices[{choice}].delta.tool_calls[{slot}].function.arguments"));
                    }
                }
            }
            Event::Citation { choice, chars, citation } => self.choice(choice).cite(citation, chars),
            Event::Logprobs { choice, logprobs } if logprobs.tokens.is_empty() => {
                loss.add(format!("choices[{choice}].logprobs"));
            }
            Event::Logprobs { choice, logprobs } => self.choice(choice).logprobs.extend(logprobs.tokens),
            Event::Finish { choice, finish, stop_sequence } => {
                if stop_sequence.is_some() {
                    loss.add("stop_sequence");
                }
                self.choice(choice).finish = Some(finish);
            }
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Opaque(opaque) if opaque.kind == CHUNK => {
                self.is_verbatim = true;
                self.framing.write(opaque.raw.get(), out);
            }
            Event::Opaque(opaque) => opaque.report("", loss),
            Event::End => self.close(out, loss),
            // Rendered by the gateway, which knows the request's id.
            Event::Error => {}
        }
    }

    fn close(&mut self, out: &mut Vec<u8>, loss: &mut LossReport) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        if !self.is_verbatim {
            self.last_chunk(out, loss);
        }
        self.framing.close(out);
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn error(&mut self, _error: &ApiError, body: &str, out: &mut Vec<u8>) -> bool {
        self.framing.error(body, out)
    }
}

impl GeminiEncoder {
    /// The calls, the reasons for the end, and what was used.
    fn last_chunk(&mut self, out: &mut Vec<u8>, loss: &mut LossReport) {
        if self.choices.is_empty() {
            self.choice(0);
        }
        let mut candidates = Vec::with_capacity(self.choices.len());
        for choice in &mut self.choices {
            let mut parts = encoded(choice.take_calls(), loss);
            if parts.is_empty() {
                // As Google ends its own streams: some clients look for a part in every chunk.
                parts.push(r#"{"text":""}"#.to_owned());
            }
            let mut candidate = candidate(choice.index, &parts);
            choice.tell_logprobs(&mut candidate);
            let finish = choice.finish.take().unwrap_or(Finish::Stop);
            candidate.string("finishReason", finish_word(&finish));
            let supports = choice.citations.iter();
            let supports =
                supports.map(|(citation, start, end)| Support { citation, start: *start, end: *end });
            if let Some(grounding) = to_grounding(supports, |citation| citation.report("", loss)) {
                candidate.raw("groundingMetadata", &grounding);
            }
            candidates.push(candidate.finish());
        }
        let usage = self.usage.take();
        self.send(&candidates, usage.as_ref(), out);
    }
}
