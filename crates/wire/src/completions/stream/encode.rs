//! Canonical events into chunks.

use super::super::{logprobs, response};
use crate::canonical::{Event, Finish, StreamEncoder, Token};
use crate::json::{ObjectWriter, array};
use crate::loss::LossReport;
use crate::openai::logprobs::{hold, release};
use crate::openai::{DONE, usage, write_event};
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(in super::super) struct CompletionsEncoder {
    ctx: ReplyContext,
    id: String,
    model: String,
    /// Characters of text so far, by choice.
    chars: Vec<(u64, u64)>,
    /// Told with the text after them.
    logprobs: Vec<(u64, Vec<Token>)>,
    usage: Option<Usage>,
    /// Held back until the provider's stream has ended well.
    finishes: Vec<(u64, Finish)>,
    closed: bool,
}

impl CompletionsEncoder {
    pub fn new(ctx: ReplyContext) -> Self {
        Self {
            id: ctx.fallback_id.clone(),
            model: ctx.model.clone(),
            ctx,
            chars: Vec::new(),
            logprobs: Vec::new(),
            usage: None,
            finishes: Vec::new(),
            closed: false,
        }
    }

    fn chunk(&self, choices: &str) -> ObjectWriter {
        let mut chunk = ObjectWriter::new();
        chunk
            .string("id", &self.id)
            .string("object", "text_completion")
            .put("created", self.ctx.created)
            .string("model", &self.model)
            .raw("choices", choices);
        chunk
    }

    fn send(&mut self, choice: u64, text: &str, finish: Option<&str>, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new();
        object.string("text", text).put("index", choice);
        let at = self.advance(choice, text);
        match release(choice, &mut self.logprobs) {
            Some(tokens) => object.raw("logprobs", &logprobs::write(&tokens, at)),
            None => object.raw("logprobs", "null"),
        };
        object.put("finish_reason", finish);
        let mut chunk = self.chunk(&array([object.finish()]));
        if self.ctx.include_usage {
            chunk.raw("usage", "null");
        }
        write_event(&chunk.finish(), out);
    }

    /// Counts a choice's text; gives the characters before it.
    fn advance(&mut self, choice: u64, text: &str) -> u64 {
        let known = self.chars.iter().position(|(of, _)| *of == choice);
        let at = known.unwrap_or_else(|| {
            self.chars.push((choice, 0));
            self.chars.len() - 1
        });
        let before = self.chars[at].1;
        self.chars[at].1 += text.chars().count() as u64;
        before
    }
}

impl StreamEncoder for CompletionsEncoder {
    fn event(&mut self, event: Event, out: &mut Vec<u8>, loss: &mut LossReport) {
        let mut report = |choice: u64, what: &str| loss.add(format!("choices[{choice}].{what}"));
        match event {
            Event::Start { id, model } => {
                self.id = id.unwrap_or_else(|| std::mem::take(&mut self.id));
                self.model = model.unwrap_or_else(|| std::mem::take(&mut self.model));
            }
            Event::Text { choice, text } | Event::Refusal { choice, text } => {
                self.send(choice, &text, None, out);
            }
            Event::Thinking { choice, .. }
            | Event::Signature { choice, .. }
            | Event::RedactedThinking { choice, .. } => report(choice, "reasoning"),
            Event::ToolCall { choice, .. } | Event::Arguments { choice, .. } => report(choice, "tool_calls"),
            Event::Citation { citation, .. } => citation.report("", loss),
            Event::Logprobs { choice, logprobs } if logprobs.tokens.is_empty() => report(choice, "logprobs"),
            Event::Logprobs { choice, logprobs } => hold(choice, logprobs, &mut self.logprobs),
            Event::Finish { choice, finish, stop_sequence } => {
                if stop_sequence.is_some() {
                    loss.add("stop_sequence");
                }
                self.finishes.push((choice, finish));
            }
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Opaque(opaque) => opaque.report("", loss),
            Event::End => self.close(out, loss),
            // Rendered by the gateway, which knows the request's id.
            Event::Error => {}
        }
    }

    fn close(&mut self, out: &mut Vec<u8>, _loss: &mut LossReport) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        if self.finishes.is_empty() {
            self.finishes.push((0, Finish::Stop));
        }
        for (choice, finish) in std::mem::take(&mut self.finishes) {
            self.send(choice, "", Some(response::finish_word(&finish, false)), out);
        }
        if self.ctx.include_usage
            && let Some(usage) = self.usage.take()
        {
            let mut chunk = self.chunk("[]");
            chunk.raw("usage", &usage::write(&usage).to_string());
            write_event(&chunk.finish(), out);
        }
        out.extend_from_slice(DONE);
    }

    fn is_closed(&self) -> bool {
        self.closed
    }
}
