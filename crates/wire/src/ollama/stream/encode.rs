//! Canonical events into lines.

use super::super::message::Spoken;
use super::super::response::{finish_word, write_turn};
use super::super::shape::{Shape, is_shared};
use super::super::{OWNER, time, usage};
use super::decode::TIME;
use crate::canonical::{Encoding, Event, Finish, Opaque, Part, PartKind, StreamEncoder, ToolCall};
use crate::format::Format;
use crate::json::{self, ObjectWriter, push_line};
use crate::loss::LossReport;
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(in super::super) struct OllamaEncoder {
    shape: Shape,
    model: String,
    created_at: String,
    /// Held back until they are whole, as here they come.
    calls: Vec<(u64, ToolCall)>,
    /// Members of the provider's line that this format has, too, for the next one.
    beside: Vec<Opaque>,
    /// How it ends is said when the provider's stream has ended well.
    finish: Option<Finish>,
    usage: Option<Usage>,
    closed: bool,
}

impl OllamaEncoder {
    pub fn new(shape: Shape, ctx: ReplyContext) -> Self {
        Self {
            shape,
            model: ctx.model,
            created_at: time::text(ctx.created),
            calls: Vec::new(),
            beside: Vec::new(),
            finish: None,
            usage: None,
            closed: false,
        }
    }

    /// A line to which more may be added.
    fn line(&mut self, parts: &[Part], loss: &mut LossReport) -> ObjectWriter {
        // Which other format they came from makes no difference to parts.
        let mut to = Encoding::of_reply(Format::OpenAiChat);
        let mut spoken = Spoken::default();
        for part in parts {
            // A reply is never refused.
            spoken.add(part, "message", &mut to).unwrap_or_default();
        }
        let mut line = ObjectWriter::new();
        line.string("model", &self.model).string("created_at", &self.created_at);
        write_turn(self.shape, spoken, "message", &mut line, &mut to);
        for path in to.loss.0 {
            loss.add(path);
        }
        for member in self.beside.drain(..) {
            line.raw(&member.kind, member.raw.get());
        }
        line
    }

    fn say(&mut self, parts: &[Part], out: &mut Vec<u8>, loss: &mut LossReport) {
        let mut line = self.line(parts, loss);
        line.put("done", false);
        write_line(&line.finish(), out);
    }

    /// Sends a piece, after the calls that came before it.
    fn piece(&mut self, choice: u64, kind: PartKind, out: &mut Vec<u8>, loss: &mut LossReport) {
        if choice > 0 {
            // One answer is all there is room for.
            loss.add(format!("choices[{choice}]"));
            return;
        }
        if self.calls.iter().all(|(_, call)| is_whole(call)) {
            self.send_calls(out, loss);
        }
        self.say(&[Part::new(kind)], out, loss);
    }

    fn send_calls(&mut self, out: &mut Vec<u8>, loss: &mut LossReport) {
        let calls: Vec<Part> =
            self.calls.drain(..).map(|(_, call)| Part::new(PartKind::ToolCall(call))).collect();
        if !calls.is_empty() {
            self.say(&calls, out, loss);
        }
    }
}

fn is_whole(call: &ToolCall) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_ok()
}

fn write_line(json: &str, out: &mut Vec<u8>) {
    push_line(json, out);
    out.push(b'\n');
}

impl StreamEncoder for OllamaEncoder {
    fn event(&mut self, event: Event, out: &mut Vec<u8>, loss: &mut LossReport) {
        match event {
            Event::Start { id: _, model } => {
                self.model = model.unwrap_or_else(|| std::mem::take(&mut self.model));
            }
            Event::Text { choice, text } | Event::Refusal { choice, text } => {
                self.piece(choice, PartKind::Text { text, citations: None }, out, loss);
            }
            Event::Thinking { choice, text } => {
                self.piece(choice, PartKind::Thinking { text, signature: None }, out, loss);
            }
            Event::Signature { .. } => loss.add("message.thinking.signature"),
            Event::RedactedThinking { .. } => loss.add("message.thinking"),
            Event::ToolCall { choice, .. } if choice > 0 => loss.add(format!("choices[{choice}]")),
            Event::ToolCall { choice: _, slot, id, name, signature } => {
                self.calls.push((slot, ToolCall { id, name, arguments: String::new(), signature }));
            }
            Event::Arguments { choice, .. } if choice > 0 => {}
            Event::Arguments { choice: _, slot, fragment } => {
                match self.calls.iter_mut().rev().find(|(known, _)| *known == slot) {
                    Some((_, call)) => call.arguments.push_str(&fragment),
                    None => loss.add("message.tool_calls"),
                }
            }
            Event::Citation { citation, .. } => citation.report("message", loss),
            Event::Finish { choice, finish, stop_sequence } => {
                if stop_sequence.is_some() {
                    loss.add("stop_sequence");
                }
                if choice == 0 {
                    self.finish = Some(finish);
                }
            }
            Event::Logprobs { .. } => loss.add("choices[0].logprobs"),
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Opaque(opaque) if opaque.owner == OWNER && opaque.kind == TIME => {
                if let Some(time) = json::string(&opaque.raw) {
                    self.created_at = time.into_owned();
                }
            }
            Event::Opaque(opaque) if opaque.owner == OWNER && is_shared(&opaque.kind) => {
                self.beside.retain(|earlier| earlier.kind != opaque.kind);
                self.beside.push(opaque);
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
        // A word of this format's own, which belongs to the last line.
        let stated = self.beside.iter().position(|member| member.kind == "done_reason");
        let stated = stated.map(|at| self.beside.remove(at));
        self.send_calls(out, loss);
        let finish = self.finish.take().unwrap_or(Finish::Stop);
        if finish == Finish::Refused {
            loss.add("finish_reason");
        }
        let mut line = self.line(&[], loss);
        line.put("done", true);
        match stated {
            Some(stated) => line.raw("done_reason", stated.raw.get()),
            None => line.string("done_reason", finish_word(&finish)),
        };
        if let Some(usage) = &self.usage {
            usage::write(usage, &mut line);
        }
        write_line(&line.finish(), out);
    }

    fn is_closed(&self) -> bool {
        self.closed
    }
}
