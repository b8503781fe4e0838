//! Canonical events into chunks.

use super::super::message::{annotation, write_signature};
use crate::canonical::{Event, Finish, StreamEncoder, Token};
use crate::json::{ObjectWriter, array};
use crate::loss::LossReport;
use crate::openai::{DONE, finish, logprobs, usage, write_event};
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(in super::super) struct ChatEncoder {
    ctx: ReplyContext,
    id: String,
    model: String,
    /// Choices whose role has been announced.
    announced: Vec<u64>,
    /// Chat numbers tool calls within their choice.
    slots: Vec<(u64, u64)>,
    /// Thinking of the block being streamed, to be repeated with its signature.
    thinking: String,
    /// Clients put deltas of lists together by number, which their entries therefore must have.
    blocks: u64,
    annotations: u64,
    /// Characters of text so far.
    chars: u64,
    /// Told with the text after them.
    logprobs: Vec<(u64, Vec<Token>)>,
    usage: Option<Usage>,
    /// Held back until the provider's stream has ended well.
    finishes: Vec<(u64, Finish)>,
    closed: bool,
}

impl ChatEncoder {
    pub fn new(ctx: ReplyContext) -> Self {
        Self {
            id: ctx.fallback_id.clone(),
            model: ctx.model.clone(),
            ctx,
            announced: Vec::new(),
            slots: Vec::new(),
            thinking: String::new(),
            blocks: 0,
            annotations: 0,
            chars: 0,
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
            .string("object", "chat.completion.chunk")
            .put("created", self.ctx.created)
            .string("model", &self.model)
            .raw("choices", choices);
        chunk
    }

    fn send(&mut self, choice: u64, delta: &str, finish: Option<&str>, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new();
        object.put("index", choice).raw("delta", delta);
        match logprobs::release(choice, &mut self.logprobs) {
            Some(tokens) => object.raw("logprobs", &logprobs::write(&tokens)),
            // Some clients insist on an explicit null.
            None => object.raw("logprobs", "null"),
        };
        object.put("finish_reason", finish);
        let mut chunk = self.chunk(&array([object.finish()]));
        if self.ctx.include_usage {
            chunk.raw("usage", "null");
        }
        write_event(&chunk.finish(), out);
    }

    /// Sends one member of a delta; the first of a choice comes with the role.
    fn delta(&mut self, choice: u64, member: &str, json: &str, out: &mut Vec<u8>) {
        let mut delta = ObjectWriter::new();
        if !self.announced.contains(&choice) {
            self.announced.push(choice);
            delta.string("role", "assistant");
            if member != "content" {
                delta.raw("content", "null");
            }
        }
        if !member.is_empty() {
            delta.raw(member, json);
        }
        self.send(choice, &delta.finish(), None, out);
    }

    fn text_delta(&mut self, choice: u64, member: &str, text: &str, out: &mut Vec<u8>) {
        self.delta(choice, member, &crate::json::quote(text), out);
    }

    fn call_delta(&mut self, choice: u64, call: ObjectWriter, out: &mut Vec<u8>) {
        self.delta(choice, "tool_calls", &array([call.finish()]), out);
    }

    /// The number of a tool call within its choice.
    fn number(&mut self, choice: u64, slot: u64) -> u64 {
        if !self.slots.contains(&(choice, slot)) {
            self.slots.push((choice, slot));
        }
        let of_choice = self.slots.iter().filter(|(owner, _)| *owner == choice);
        of_choice.map(|(_, slot)| *slot).position(|known| known == slot).unwrap_or(0) as u64
    }

    fn block(&mut self, choice: u64, mut block: ObjectWriter, out: &mut Vec<u8>) {
        block.put("index", self.blocks);
        self.blocks += 1;
        self.delta(choice, "thinking_blocks", &array([block.finish()]), out);
    }
}

impl StreamEncoder for ChatEncoder {
    fn event(&mut self, event: Event, out: &mut Vec<u8>, loss: &mut LossReport) {
        match event {
            Event::Start { id, model } => {
                self.id = id.unwrap_or_else(|| self.id.clone());
                self.model = model.unwrap_or_else(|| self.model.clone());
                self.delta(0, "content", "\"\"", out);
            }
            Event::Text { choice, text } => {
                self.chars += text.chars().count() as u64;
                self.text_delta(choice, "content", &text, out);
            }
            Event::Refusal { choice, text } => self.text_delta(choice, "refusal", &text, out),
            Event::Thinking { choice, text } => {
                self.thinking.push_str(&text);
                self.text_delta(choice, "reasoning_content", &text, out);
            }
            Event::Signature { choice, signature } => {
                let mut block = ObjectWriter::new();
                block
                    .string("type", "thinking")
                    .string("thinking", &self.thinking)
                    .string("signature", &signature);
                self.thinking.clear();
                self.block(choice, block, out);
            }
            Event::RedactedThinking { choice, data } => {
                let mut block = ObjectWriter::new();
                block.string("type", "redacted_thinking").string("data", &data);
                self.block(choice, block, out);
            }
            Event::ToolCall { choice, slot, id, name, signature } => {
                let mut function = ObjectWriter::new();
                function.string("name", &name).string("arguments", "");
                let mut call = ObjectWriter::new();
                call.put("index", self.number(choice, slot))
                    .string("id", &id)
                    .string("type", "function")
                    .raw("function", &function.finish());
                write_signature(signature.as_deref(), &mut call);
                self.call_delta(choice, call, out);
            }
            Event::Arguments { choice, slot, fragment } => {
                let mut function = ObjectWriter::new();
                function.string("arguments", &fragment);
                let mut call = ObjectWriter::new();
                call.put("index", self.number(choice, slot)).raw("function", &function.finish());
                self.call_delta(choice, call, out);
            }
            Event::Citation { choice, chars, citation } => {
                match annotation(
                    &citation,
                    self.chars.saturating_sub(chars),
                    self.chars,
                    Some(self.annotations),
                ) {
                    Some(annotation) => {
                        self.annotations += 1;
                        self.delta(choice, "annotations", &array([annotation]), out);
                    }
                    None => citation.report("", loss),
                }
            }
            Event::Logprobs { choice, logprobs } if logprobs.tokens.is_empty() => {
                loss.add(format!("choices[{choice}].logprobs"));
            }
            Event::Logprobs { choice, logprobs } => logprobs::hold(choice, logprobs, &mut self.logprobs),
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
            if !self.announced.contains(&choice) {
                self.delta(choice, "content", "\"\"", out);
            }
            self.send(choice, "{}", Some(finish::word(&finish, false)), out);
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
