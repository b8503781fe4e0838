//! Canonical events into this format's.

use super::super::content::tool_id;
use super::super::{response, usage};
use super::blocks::{Events, write_event};
use crate::canonical::blocks::Blocks;
use crate::canonical::{Event, Finish, StreamEncoder};
use crate::json::ObjectWriter;
use crate::loss::LossReport;
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(in super::super) struct MessagesEncoder {
    ctx: ReplyContext,
    blocks: Blocks,
    usage: Usage,
    finish: Option<Finish>,
    stop_sequence: Option<String>,
    started: bool,
    closed: bool,
}

impl MessagesEncoder {
    pub fn new(ctx: ReplyContext) -> Self {
        Self {
            ctx,
            blocks: Blocks::default(),
            usage: Usage::default(),
            finish: None,
            stop_sequence: None,
            started: false,
            closed: false,
        }
    }

    /// Usage comes with the end in other formats: what is written here is only what is known by now.
    fn start(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let mut message = ObjectWriter::new();
        message
            .string("id", id.unwrap_or(&self.ctx.fallback_id))
            .string("type", "message")
            .string("role", "assistant")
            .string("model", model.unwrap_or(&self.ctx.model))
            .raw("content", "[]")
            .raw("stop_reason", "null")
            .raw("stop_sequence", "null")
            .raw("usage", &usage::write(&self.usage).to_string());
        let mut event = ObjectWriter::new();
        event.string("type", "message_start").raw("message", &message.finish());
        write_event("message_start", &event.finish(), out);
    }
}

impl StreamEncoder for MessagesEncoder {
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
            self.start(None, None, out);
        }
        match event {
            Event::Start { id, model } => self.start(id.as_deref(), model.as_deref(), out),
            Event::Text { text, .. } | Event::Refusal { text, .. } => self.blocks.text(&text),
            Event::Thinking { text, .. } => self.blocks.thinking(&text),
            Event::Signature { signature, .. } => self.blocks.signature(signature),
            Event::RedactedThinking { data, .. } => self.blocks.redacted(data),
            Event::ToolCall { choice: _, slot, id, name, signature } => {
                self.blocks.call(slot, tool_id(&id).into_owned(), name, signature.as_deref());
            }
            Event::Arguments { slot, fragment, .. } => {
                if self.blocks.arguments(slot, &fragment).is_err() {
                    loss.add(format!("choices[0].delta.tool_calls[{slot}].function.arguments"));
                }
            }
            Event::Citation { citation, .. } => citation.report("", loss),
            Event::Logprobs { .. } => loss.add("choices[0].logprobs"),
            Event::Finish { finish, stop_sequence, .. } => {
                self.finish = Some(finish);
                self.stop_sequence = stop_sequence;
                self.blocks.send::<Events>(true, out);
            }
            Event::Usage(usage) => self.usage = usage,
            Event::Opaque(opaque) => opaque.report("", loss),
            Event::End => self.close(out, loss),
            // Rendered by the gateway, which knows the request's id.
            Event::Error => {}
        }
        self.blocks.send::<Events>(false, out);
    }

    fn close(&mut self, out: &mut Vec<u8>, _loss: &mut LossReport) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.start(None, None, out);
        self.blocks.send::<Events>(true, out);
        let finish = match self.finish.take() {
            None | Some(Finish::Other(_)) => Finish::Stop,
            Some(known) => known,
        };
        let mut delta = ObjectWriter::new();
        delta.string("stop_reason", &response::finish_word(&finish, false, self.blocks.has_calls));
        match &self.stop_sequence {
            Some(sequence) => delta.string("stop_sequence", sequence),
            None => delta.raw("stop_sequence", "null"),
        };
        let mut event = ObjectWriter::new();
        event
            .string("type", "message_delta")
            .raw("delta", &delta.finish())
            .raw("usage", &usage::write(&self.usage).to_string());
        write_event("message_delta", &event.finish(), out);
        write_event("message_stop", r#"{"type":"message_stop"}"#, out);
    }

    fn is_closed(&self) -> bool {
        self.closed
    }
}
