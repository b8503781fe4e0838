//! Events of this format into canonical ones.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::{OWNER, response, usage::Reports};
use crate::canonical::{Event, Opaque, StreamDecoder};
use crate::json::{self, Members};
use crate::sse;

#[derive(Default)]
pub(in super::super) struct MessagesDecoder {
    usage: Reports,
    blocks: Vec<(u64, Block)>,
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

impl StreamDecoder for MessagesDecoder {
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), String> {
        let data = event.data.trim_ascii();
        if event.name == "ping" || data == b"[DONE]" {
            return Ok(());
        }
        if event.name == "error" {
            out.push(Event::Error);
            return Ok(());
        }
        let text = std::str::from_utf8(data).map_err(|_| "an event is not UTF-8".to_owned())?;
        let members =
            Members::parse(text).map_err(|error| format!("an event is not a JSON object: {error}"))?;
        let index = members.get("index").and_then(|raw| raw.get().parse().ok()).unwrap_or(0);
        let kind = members.text("type").unwrap_or(Cow::Borrowed(event.name));
        match kind.as_ref() {
            "message_start" => {
                let message = members.get("message").and_then(json::members).unwrap_or_default();
                let text = |key: &str| message.text(key).map(String::from);
                out.push(Event::Start { id: text("id"), model: text("model") });
                self.usage(&message, out);
            }
            "content_block_start" => {
                if let Some(raw) = members.get("content_block") {
                    self.start(index, raw, out);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = members.get("delta").and_then(json::members) {
                    self.delta(index, &delta, members.get("delta"), out);
                }
            }
            "content_block_stop" => self.stop(index, out),
            "message_delta" => {
                let delta = members.get("delta").and_then(json::members).unwrap_or_default();
                self.usage(&members, out);
                if let Some(raw) = delta.get("stop_details") {
                    let kind = "stop_details".to_owned();
                    out.push(Event::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }));
                }
                if let Some(word) = delta.text("stop_reason") {
                    let stop_sequence = delta.text("stop_sequence").map(String::from);
                    out.push(Event::Finish { choice: 0, finish: response::finish(&word), stop_sequence });
                }
            }
            "message_stop" => out.push(Event::End),
            "error" => out.push(Event::Error),
            _ if members.get("error").is_some() => out.push(Event::Error),
            // The format reserves the right to new events, which are to be ignored.
            _ => {}
        }
        Ok(())
    }
}

impl MessagesDecoder {
    fn usage(&mut self, holder: &Members<'_>, out: &mut Vec<Event>) {
        if let Some(usage) = holder.get("usage").and_then(|raw| self.usage.add(raw)) {
            out.push(Event::Usage(usage));
        }
    }

    fn start(&mut self, index: u64, raw: &RawValue, out: &mut Vec<Event>) {
        let Some(block) = json::members(raw) else { return };
        let text = |key: &str| block.text(key).map(String::from);
        let non_empty = |key: &str| text(key).filter(|text| !text.is_empty());
        let kind = block.text("type").unwrap_or_default();
        let state = match kind.as_ref() {
            "text" => {
                let text = non_empty("text").unwrap_or_default();
                let chars = text.chars().count() as u64;
                if chars > 0 {
                    out.push(Event::Text { choice: 0, text });
                }
                Block::Plain { chars, citations: Vec::new() }
            }
            "thinking" => {
                out.extend(non_empty("thinking").map(|text| Event::Thinking { choice: 0, text }));
                out.extend(non_empty("signature").map(|signature| Event::Signature { choice: 0, signature }));
                Block::default()
            }
            "redacted_thinking" => {
                out.extend(text("data").map(|data| Event::RedactedThinking { choice: 0, data }));
                Block::default()
            }
            "tool_use" => {
                let (id, name) = (text("id").unwrap_or_default(), text("name").unwrap_or_default());
                out.push(Event::ToolCall { choice: 0, slot: index, id, name, signature: None });
                // Some providers send the whole input at once.
                let input = block.get("input").map(RawValue::get).filter(|input| *input != "{}");
                if let Some(input) = input {
                    out.push(Event::Arguments { choice: 0, slot: index, fragment: input.to_owned() });
                }
                Block::Call { has_arguments: input.is_some() }
            }
            _ => {
                let kind = format!("content[{index}].{kind}");
                out.push(Event::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }));
                Block::Unknown
            }
        };
        self.blocks.push((index, state));
    }

    fn delta(&mut self, index: u64, delta: &Members<'_>, raw: Option<&RawValue>, out: &mut Vec<Event>) {
        let block = self.blocks.iter_mut().rev().find(|(known, _)| *known == index).map(|(_, block)| block);
        if matches!(block, Some(Block::Unknown)) {
            return;
        }
        let text = |key: &str| delta.text(key).filter(|text| !text.is_empty()).map(String::from);
        match delta.text("type").unwrap_or_default().as_ref() {
            "text_delta" => {
                if let Some(text) = text("text") {
                    if let Some(Block::Plain { chars, .. }) = block {
                        *chars += text.chars().count() as u64;
                    }
                    out.push(Event::Text { choice: 0, text });
                }
            }
            "thinking_delta" => out.extend(text("thinking").map(|text| Event::Thinking { choice: 0, text })),
            "signature_delta" => {
                out.extend(text("signature").map(|signature| Event::Signature { choice: 0, signature }));
            }
            "input_json_delta" => {
                if let Some(fragment) = text("partial_json") {
                    if let Some(Block::Call { has_arguments }) = block {
                        *has_arguments = true;
                    }
                    out.push(Event::Arguments { choice: 0, slot: index, fragment });
                }
            }
            "citations_delta" => {
                if let (Some(Block::Plain { citations, .. }), Some(raw)) = (block, delta.get("citation")) {
                    let kind = format!("content[{index}].citations");
                    citations.push(Opaque { owner: OWNER, kind, raw: raw.to_owned() });
                }
            }
            unknown => {
                let kind = format!("content[{index}].{unknown}");
                out.extend(raw.map(|raw| Event::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() })));
            }
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

impl Default for Block {
    fn default() -> Self {
        Self::Plain { chars: 0, citations: Vec::new() }
    }
}
