//! Events of this format into canonical ones.

use serde_json::value::RawValue;

use super::super::{OWNER, block, response, usage};
use crate::canonical::{Event, Opaque, StreamDecoder};
use crate::framing::aws::EXCEPTION;
use crate::json::{self, Members};
use crate::sse;

#[derive(Default)]
pub(in super::super) struct ConverseDecoder {
    blocks: Vec<(u64, Block)>,
    /// The reason for the end has come, and what was used.
    is_finished: bool,
    has_usage: bool,
}

/// What must be known of a block that has begun.
enum Block {
    /// Text or thinking: its length, and what it cites. Citations count for the whole block, so they wait for its end.
    Plain { chars: u64, citations: Vec<Opaque> },
    /// A tool call, and whether any of its arguments have come.
    Call { has_arguments: bool },
    /// Only this format knows it: its deltas mean nothing elsewhere.
    Unknown,
}

impl StreamDecoder for ConverseDecoder {
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), String> {
        if event.name.starts_with(EXCEPTION) {
            out.push(Event::Error);
            return Ok(());
        }
        let text = std::str::from_utf8(event.data).map_err(|_| "an event is not UTF-8".to_owned())?;
        let members =
            Members::parse(text).map_err(|error| format!("an event is not a JSON object: {error}"))?;
        let index = members.get("contentBlockIndex").and_then(|raw| raw.get().parse().ok()).unwrap_or(0);
        match event.name {
            "messageStart" => out.push(Event::Start { id: None, model: None }),
            "contentBlockStart" => {
                if let Some(raw) = members.get("start") {
                    self.start(index, raw, out);
                }
            }
            "contentBlockDelta" => {
                if let Some(raw) = members.get("delta") {
                    self.delta(index, raw, out);
                }
            }
            "contentBlockStop" => self.stop(index, out),
            "messageStop" => {
                self.is_finished = true;
                finish(&members, out);
                self.end(out);
            }
            "metadata" => {
                self.has_usage = true;
                out.extend(usage::of(&members).map(Event::Usage));
                out.extend(members.get("trace").map(|raw| opaque("trace".to_owned(), raw)));
                self.end(out);
            }
            // New events are to be ignored.
            _ => {}
        }
        Ok(())
    }
}

fn opaque(kind: String, raw: &RawValue) -> Event {
    Event::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() })
}

fn finish(members: &Members<'_>, out: &mut Vec<Event>) {
    let fields = members.get("additionalModelResponseFields");
    let told = fields.and_then(response::stop_sequence);
    if let Some(raw) = fields.filter(|_| !matches!(told, Some((_, true)))) {
        out.push(opaque("additionalModelResponseFields".to_owned(), raw));
    }
    if let Some(word) = members.text("stopReason") {
        let stop_sequence = told.map(|(sequence, _)| sequence);
        out.push(Event::Finish { choice: 0, finish: response::finish(&word), stop_sequence });
    }
}

impl ConverseDecoder {
    /// What was used comes after the reason for the end; only then is it the end.
    fn end(&self, out: &mut Vec<Event>) {
        if self.is_finished && self.has_usage {
            out.push(Event::End);
        }
    }

    fn start(&mut self, index: u64, raw: &RawValue, out: &mut Vec<Event>) {
        let Some(start) = json::members(raw) else { return };
        let call = start.get("toolUse").and_then(json::members).filter(|call| call.get("type").is_none());
        let state = if let Some(call) = call {
            let text = |key: &str| call.text(key).map(String::from).unwrap_or_default();
            let (id, name) = (text("toolUseId"), text("name"));
            out.push(Event::ToolCall { choice: 0, slot: index, id, name, signature: None });
            Block::Call { has_arguments: false }
        } else if let Some((kind, _)) = start.0.first() {
            out.push(opaque(format!("content[{index}].{kind}"), raw));
            Block::Unknown
        } else {
            Block::Plain { chars: 0, citations: Vec::new() }
        };
        self.blocks.push((index, state));
    }

    fn block(&mut self, index: u64) -> &mut Block {
        let known = self.blocks.iter().rposition(|(known, _)| *known == index);
        let at = known.unwrap_or_else(|| {
            // Text begins without a word.
            self.blocks.push((index, Block::Plain { chars: 0, citations: Vec::new() }));
            self.blocks.len() - 1
        });
        &mut self.blocks[at].1
    }

    fn delta(&mut self, index: u64, raw: &RawValue, out: &mut Vec<Event>) {
        let Some(delta) = json::members(raw) else { return };
        let block = self.block(index);
        if matches!(block, Block::Unknown) {
            return;
        }
        let text_of = |members: &Members<'_>, key: &str| {
            members.text(key).filter(|text| !text.is_empty()).map(String::from)
        };
        let Some((kind, inner)) = delta.0.first() else { return };
        match (kind.as_ref(), json::members(inner), block) {
            ("text", _, block) => {
                if let Some(text) = text_of(&delta, "text") {
                    if let Block::Plain { chars, .. } = block {
                        *chars += text.chars().count() as u64;
                    }
                    out.push(Event::Text { choice: 0, text });
                }
            }
            ("toolUse", Some(call), Block::Call { has_arguments }) => {
                if let Some(fragment) = text_of(&call, "input") {
                    *has_arguments = true;
                    out.push(Event::Arguments { choice: 0, slot: index, fragment });
                }
            }
            ("reasoningContent", Some(thought), _) => {
                out.extend(text_of(&thought, "text").map(|text| Event::Thinking { choice: 0, text }));
                out.extend(
                    text_of(&thought, "signature").map(|signature| Event::Signature { choice: 0, signature }),
                );
                out.extend(
                    text_of(&thought, "redactedContent")
                        .map(|data| Event::RedactedThinking { choice: 0, data }),
                );
            }
            ("citation", _, Block::Plain { citations, .. }) => {
                let kind = format!("content[{index}].citations");
                citations.push(block::citations::decode(inner, kind));
            }
            (kind, _, _) => out.push(opaque(format!("content[{index}].{kind}"), inner)),
        }
    }

    fn stop(&mut self, index: u64, out: &mut Vec<Event>) {
        let Some(at) = self.blocks.iter().rposition(|(known, _)| *known == index) else { return };
        match self.blocks.remove(at).1 {
            Block::Plain { chars, citations } => {
                out.extend(citations.into_iter().map(|citation| Event::Citation {
                    choice: 0,
                    chars,
                    citation,
                }));
            }
            // A call without arguments is a call with an empty object to everyone else.
            Block::Call { has_arguments: false } => {
                out.push(Event::Arguments { choice: 0, slot: index, fragment: "{}".to_owned() });
            }
            Block::Call { .. } | Block::Unknown => {}
        }
    }
}
