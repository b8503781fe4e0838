//! Canonical events into this format's.

use super::super::error;
use super::super::response::{Object, Status};
use super::items::Items;
use crate::canonical::signature::mark_call;
use crate::canonical::{Event, Finish, StreamEncoder};
use crate::error::ApiError;
use crate::json::ObjectWriter;
use crate::loss::LossReport;
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(in super::super) struct ResponsesEncoder {
    ctx: ReplyContext,
    /// Once the response has begun.
    object: Option<Object>,
    items: Items,
    usage: Option<Usage>,
    finish: Option<Finish>,
    closed: bool,
}

impl ResponsesEncoder {
    pub fn new(mut ctx: ReplyContext) -> Self {
        let items = Items::new(std::mem::take(&mut ctx.tools));
        Self { ctx, object: None, items, usage: None, finish: None, closed: false }
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        if self.object.is_some() {
            return;
        }
        let object = self.new_object(id, model);
        object.bare_id().clone_into(&mut self.items.bare_id);
        let json = object.write::<&str>(Status::InProgress, &[], None);
        for name in ["response.created", "response.in_progress"] {
            self.report(name, &json, out);
        }
        self.object = Some(object);
    }

    fn new_object(&self, id: Option<&str>, model: Option<&str>) -> Object {
        Object::new(
            self.ctx.own_id.as_deref().or(id).unwrap_or(&self.ctx.fallback_id),
            model.unwrap_or(&self.ctx.model),
            self.ctx.created.to_string(),
            self.ctx.echo.clone(),
        )
    }

    /// An event with the response.
    fn report(&mut self, name: &str, response: &str, out: &mut Vec<u8>) {
        let mut members = ObjectWriter::new();
        members.string("type", name).raw("response", response);
        self.items.events.write(name, members, out);
    }
}

impl StreamEncoder for ResponsesEncoder {
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
            Event::Text { text, .. } | Event::Refusal { text, .. } | Event::Thinking { text, .. }
                if text.is_empty() => {}
            Event::Text { text, .. } => self.items.text(&text, false, out),
            Event::Refusal { text, .. } => self.items.text(&text, true, out),
            Event::Thinking { text, .. } => self.items.thinking(&text, out),
            Event::Signature { signature, .. } => self.items.signature(&signature, out),
            Event::RedactedThinking { data, .. } => self.items.redacted(&data, out),
            Event::ToolCall { slot, id, name, signature, choice: _ } => {
                // As in a complete reply: in an item of its own, before the call's.
                if let Some(signature) = signature {
                    self.items.sealed(&mark_call(&signature), out);
                }
                self.items.call(slot, &id, &name, out);
            }
            Event::Arguments { slot, fragment, .. } => {
                if self.items.arguments(slot, &fragment, out).is_err() {
                    loss.add(format!("choices[0].delta.tool_calls[{slot}].function.arguments"));
                }
            }
            Event::Citation { chars, citation, .. } => {
                if !self.items.citation(chars, &citation, out) {
                    citation.report("", loss);
                }
            }
            Event::Logprobs { logprobs, .. } if logprobs.tokens.is_empty() => {
                loss.add("choices[0].logprobs");
            }
            Event::Logprobs { logprobs, .. } => self.items.logprobs.extend(logprobs.tokens),
            Event::Finish { finish, stop_sequence, .. } => {
                if stop_sequence.is_some() {
                    loss.add("stop_sequence");
                }
                self.finish = Some(finish);
            }
            Event::Usage(usage) => self.usage = Some(usage),
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
        if !self.items.logprobs.is_empty() {
            loss.add("choices[0].logprobs");
        }
        self.start(None, None, out);
        let status = Status::of(self.finish.as_ref());
        self.items.finish_all(status.of_item(), out);
        let Some(object) = self.object.take() else { return };
        let name = match status {
            Status::Incomplete(_) => "response.incomplete",
            Status::Completed | Status::InProgress => "response.completed",
        };
        let response = object.write(status, &self.items.done(), self.usage.as_ref());
        self.report(name, &response, out);
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn error(&mut self, error: &ApiError, body: &str, out: &mut Vec<u8>) -> bool {
        let object = self.object.take().unwrap_or_else(|| self.new_object(None, None));
        let failed = object.write_failed(&error::reason(error), &self.items.done(), self.usage.as_ref());
        error::write(error, body, &failed, out);
        true
    }
}
