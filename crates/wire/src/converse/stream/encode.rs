//! Canonical events into this format's.

use super::super::{block, response, usage};
use super::blocks::Events;
use crate::canonical::blocks::Blocks;
use crate::canonical::{Event, Finish, StreamEncoder};
use crate::framing::aws;
use crate::json::ObjectWriter;
use crate::loss::LossReport;
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(in super::super) struct ConverseEncoder {
    /// Begins the ids of calls that have none.
    id: String,
    blocks: Blocks,
    usage: Usage,
    finish: Option<Finish>,
    stop_sequence: Option<String>,
    started: bool,
    closed: bool,
}

impl ConverseEncoder {
    pub fn new(ctx: ReplyContext) -> Self {
        Self {
            id: ctx.fallback_id,
            blocks: Blocks::default(),
            usage: Usage::default(),
            finish: None,
            stop_sequence: None,
            started: false,
            closed: false,
        }
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.started, true) {
            aws::write("messageStart", r#"{"role":"assistant"}"#, out);
        }
    }
}

impl StreamEncoder for ConverseEncoder {
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
            self.start(out);
        }
        match event {
            // The model is the path's matter here, and the id a header's.
            Event::Start { id, model: _ } => {
                self.id = id.unwrap_or_else(|| std::mem::take(&mut self.id));
                self.start(out);
            }
            Event::Text { text, .. } | Event::Refusal { text, .. } => self.blocks.text(&text),
            Event::Thinking { text, .. } => self.blocks.thinking(&text),
            Event::Signature { signature, .. } => self.blocks.signature(signature),
            Event::RedactedThinking { data, .. } => self.blocks.redacted(data),
            Event::ToolCall { choice: _, slot, id, name, signature } => {
                let id = if id.is_empty() { format!("call_{}_{slot}", self.id) } else { id };
                self.blocks.call(slot, block::tool_id(&id).into_owned(), name, signature.as_deref());
            }
            Event::Arguments { slot, fragment, .. } => {
                if self.blocks.arguments(slot, &fragment).is_err() {
                    loss.add(format!("choices[0].delta.tool_calls[{slot}].function.arguments"));
                }
            }
            Event::Citation { citation, .. } => {
                let page = block::citations::encode(&citation);
                if !page.is_some_and(|page| self.blocks.citation(page)) {
                    citation.report("", loss);
                }
            }
            Event::Finish { finish, stop_sequence, .. } => {
                self.finish = Some(finish);
                self.stop_sequence = stop_sequence;
                self.blocks.send::<Events>(true, out);
            }
            Event::Logprobs { .. } => loss.add("choices[0].logprobs"),
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
        self.start(out);
        self.blocks.send::<Events>(true, out);
        let finish = self.finish.take().unwrap_or(Finish::Stop);
        let mut stop = ObjectWriter::new();
        stop.string("stopReason", response::finish_word(&finish, self.blocks.has_calls));
        if let Some(sequence) = &self.stop_sequence {
            let mut fields = ObjectWriter::new();
            fields.string("stop_sequence", sequence);
            stop.raw("additionalModelResponseFields", &fields.finish());
        }
        aws::write("messageStop", &stop.finish(), out);
        let mut metadata = ObjectWriter::new();
        metadata
            .raw("usage", &usage::write(&self.usage).to_string())
            // Clients read it unasked. How long the model took is not known here.
            .raw("metrics", r#"{"latencyMs":0}"#);
        aws::write("metadata", &metadata.finish(), out);
    }

    fn is_closed(&self) -> bool {
        self.closed
    }
}
