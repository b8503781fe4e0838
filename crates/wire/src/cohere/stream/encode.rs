//! Canonical events into this format's.

use serde_json::json;

use super::super::message::from_other;
use super::super::{response, usage};
use super::blocks::{Blocks, write_named};
use crate::canonical::{Event, Finish, Opaque, StreamEncoder};
use crate::json::ObjectWriter;
use crate::loss::LossReport;
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(in super::super) struct CohereEncoder {
    ctx: ReplyContext,
    blocks: Blocks,
    /// The text of each content part so far, for citations say what they are about.
    texts: Vec<(u64, String)>,
    usage: Option<Usage>,
    finish: Option<Finish>,
    started: bool,
    closed: bool,
}

impl CohereEncoder {
    pub fn new(ctx: ReplyContext) -> Self {
        Self {
            ctx,
            blocks: Blocks::default(),
            texts: Vec::new(),
            usage: None,
            finish: None,
            started: false,
            closed: false,
        }
    }

    fn start(&mut self, id: Option<&str>, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let message = json!({
            "role": "assistant",
            "content": [],
            "tool_plan": "",
            "tool_calls": [],
            "citations": [],
        });
        let mut event = ObjectWriter::new();
        event
            .string("id", id.unwrap_or(&self.ctx.fallback_id))
            .string("type", "message-start")
            .raw("delta", &json!({ "message": message }).to_string());
        write_named("message-start", &event.finish(), out);
    }

    fn text(&mut self, text: &str) {
        let content = self.blocks.text(text);
        match self.texts.last_mut() {
            Some((index, said)) if *index == content => said.push_str(text),
            _ => self.texts.push((content, text.to_owned())),
        }
    }

    /// A source of the last characters, which are taken to be in one content part.
    fn cite(&mut self, chars: u64, citation: &Opaque, out: &mut Vec<u8>, loss: &mut LossReport) {
        let written = self.texts.last().and_then(|(index, said)| {
            let length = said.chars().count() as u64;
            let start = length.saturating_sub(chars);
            let before = said.char_indices().nth(start as usize).map_or(said.len(), |(at, _)| at);
            Some((*index, from_other(citation, &said[before..], start, *index)?))
        });
        match written {
            Some((index, json)) => self.blocks.cite(index, json, out),
            None => citation.report("", loss),
        }
    }
}

impl StreamEncoder for CohereEncoder {
    fn event(&mut self, event: Event, out: &mut Vec<u8>, loss: &mut LossReport) {
        let choice = match &event {
            Event::Text { choice, .. }
            | Event::Refusal { choice, .. }
            | Event::Thinking { choice, .. }
            | Event::Signature { choice, .. }
            | Event::RedactedThinking { choice, .. }
            | Event::ToolCall { choice, .. }
            | Event::Arguments { choice, .. }
            | Event::Citation { choice, .. }
            | Event::Logprobs { choice, .. }
            | Event::Finish { choice, .. } => Some(*choice),
            Event::Start { .. } | Event::Usage(_) | Event::Opaque(_) | Event::Error | Event::End => None,
        };
        if let Some(choice) = choice {
            if choice > 0 {
                loss.add(format!("choices[{choice}]"));
                return;
            }
            self.start(None, out);
        }
        match event {
            // There is no place for the model's name.
            Event::Start { id, model: _ } => self.start(id.as_deref(), out),
            Event::Text { text, .. } | Event::Refusal { text, .. } => self.text(&text),
            Event::Thinking { text, .. } => self.blocks.thinking(&text),
            Event::Signature { .. } => loss.add("choices[0].delta.signature"),
            Event::RedactedThinking { .. } => loss.add("choices[0].delta.redacted_thinking"),
            Event::ToolCall { choice: _, slot, id, name, signature } => {
                if signature.is_some() {
                    loss.add(format!("choices[0].delta.tool_calls[{slot}].thoughtSignature"));
                }
                self.blocks.call(slot, id, name);
            }
            Event::Arguments { slot, fragment, .. } => {
                if self.blocks.arguments(slot, &fragment).is_err() {
                    loss.add(format!("choices[0].delta.tool_calls[{slot}].function.arguments"));
                }
            }
            Event::Citation { chars, citation, .. } => self.cite(chars, &citation, out, loss),
            Event::Finish { finish, stop_sequence, .. } => {
                if stop_sequence.is_some() {
                    loss.add("stop_sequence");
                }
                if response::is_nameless(&finish) {
                    loss.add("choices[0].finish_reason");
                }
                self.finish = Some(finish);
                self.blocks.send(true, out);
            }
            Event::Logprobs { .. } => loss.add("choices[0].logprobs"),
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Opaque(opaque) => opaque.report("", loss),
            Event::End => self.close(out, loss),
            // Rendered by the gateway, which knows the request's id.
            Event::Error => {}
        }
        self.blocks.send(false, out);
    }

    fn close(&mut self, out: &mut Vec<u8>, _loss: &mut LossReport) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.start(None, out);
        self.blocks.send(true, out);
        let finish = self.finish.take().unwrap_or(Finish::Stop);
        let mut delta = ObjectWriter::new();
        delta.string("finish_reason", &response::finish_word(&finish, false, self.blocks.has_calls));
        if let Some(usage) = &self.usage {
            delta.raw("usage", &usage::write(usage).to_string());
        }
        let mut event = ObjectWriter::new();
        event.string("type", "message-end").raw("delta", &delta.finish());
        write_named("message-end", &event.finish(), out);
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn is_closed(&self) -> bool {
        self.closed
    }
}
