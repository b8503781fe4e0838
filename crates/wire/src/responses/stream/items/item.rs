//! One item of the output, and the events that tell of it.

use super::super::super::names;
use crate::canonical::Token;
use crate::json::{ObjectWriter, array, push_line};
use crate::openai::logprobs::write_tokens;

/// Numbers events and writes them.
#[derive(Debug, Default)]
pub(in super::super) struct Events {
    number: u64,
}

impl Events {
    /// Appends an event of that name; `members` are what it says besides.
    pub fn write(&mut self, name: &str, members: ObjectWriter, out: &mut Vec<u8>) {
        let mut members = members;
        members.put("sequence_number", self.number);
        self.number += 1;
        for piece in ["event: ", name, "\ndata: "] {
            out.extend_from_slice(piece.as_bytes());
        }
        push_line(&members.finish(), out);
        out.extend_from_slice(b"\n\n");
    }
}

pub(super) fn event(name: &str) -> ObjectWriter {
    let mut members = ObjectWriter::new();
    members.string("type", name);
    members
}

#[derive(Debug)]
pub(super) struct Item {
    pub kind: Kind,
    pub id: String,
    /// Once it is done: the item as JSON.
    pub done: Option<String>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Message(Vec<Prose>),
    Thought { text: String, sealed: Option<String> },
    Call(Call),
}

/// A part of a message.
#[derive(Debug)]
pub(super) struct Prose {
    pub is_refusal: bool,
    pub text: String,
    pub chars: u64,
    pub annotations: Vec<String>,
    pub logprobs: Vec<Token>,
    pub is_done: bool,
}

#[derive(Debug)]
pub(super) struct Call {
    pub slot: u64,
    pub id: String,
    pub name: String,
    pub namespace: Option<String>,
    pub is_custom: bool,
    pub arguments: String,
    /// Of a tool that takes text, once it has come to its end.
    pub input: String,
}

impl Item {
    /// Nothing more can come for it once something else begins.
    pub fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Message(_) | Kind::Thought { .. } => true,
            Kind::Call(call) => serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_ok(),
        }
    }

    /// `is_new`: what it holds is still to come.
    pub fn json(&self, status: &str, is_new: bool) -> String {
        let mut out = ObjectWriter::new();
        match &self.kind {
            Kind::Message(parts) => {
                out.string("type", "message")
                    .string("id", &self.id)
                    .string("status", status)
                    .string("role", "assistant")
                    .raw("content", &array(parts.iter().map(Prose::json)));
            }
            Kind::Thought { text, sealed } => {
                let summary = (!text.is_empty()).then(|| summary_part(text));
                let sealed = sealed.as_deref().filter(|_| !is_new);
                out.string("type", "reasoning")
                    .string("id", &self.id)
                    .raw("summary", &array(summary))
                    .maybe_string("encrypted_content", sealed);
            }
            Kind::Call(call) => {
                out.string("type", if call.is_custom { "custom_tool_call" } else { "function_call" })
                    .string("id", &self.id)
                    .string("status", status)
                    .string("call_id", &call.id)
                    .string("name", &call.name)
                    .maybe_string("namespace", call.namespace.as_deref());
                if call.is_custom {
                    out.string("input", if is_new { "" } else { &call.input });
                } else {
                    out.string("arguments", if is_new { "" } else { &call.arguments });
                }
            }
        }
        out.finish()
    }
}

impl Call {
    pub fn finish(&mut self, id: &str, index: usize, events: &mut Events, out: &mut Vec<u8>) {
        if !self.is_custom {
            const DONE: &str = "response.function_call_arguments.done";
            let mut done = item_event(DONE, id, index);
            done.string("name", &self.name).string("arguments", &self.arguments);
            events.write(DONE, done, out);
            return;
        }
        let (delta_name, done_name) =
            ("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done");
        self.input = names::unwrap(&self.arguments).into_owned();
        if !self.input.is_empty() {
            let mut delta = item_event(delta_name, id, index);
            delta.string("delta", &self.input);
            events.write(delta_name, delta, out);
        }
        let mut done = item_event(done_name, id, index);
        done.string("input", &self.input);
        events.write(done_name, done, out);
    }
}

impl Prose {
    pub fn new(is_refusal: bool) -> Self {
        Self {
            is_refusal,
            text: String::new(),
            chars: 0,
            annotations: Vec::new(),
            logprobs: Vec::new(),
            is_done: false,
        }
    }

    pub fn json(&self) -> String {
        let mut part = ObjectWriter::new();
        if self.is_refusal {
            part.string("type", "refusal").string("refusal", &self.text);
        } else {
            part.string("type", "output_text")
                .string("text", &self.text)
                .raw("annotations", &array(&self.annotations))
                .raw("logprobs", &write_tokens(&self.logprobs));
        }
        part.finish()
    }

    pub fn finish(&mut self, id: &str, index: usize, at: usize, events: &mut Events, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.is_done, true) {
            return;
        }
        let (name, member) = if self.is_refusal {
            ("response.refusal.done", "refusal")
        } else {
            ("response.output_text.done", "text")
        };
        let mut done = item_event(name, id, index);
        done.put("content_index", at).string(member, &self.text);
        if !self.is_refusal {
            done.raw("logprobs", &write_tokens(&self.logprobs));
        }
        events.write(name, done, out);
        let mut done = item_event("response.content_part.done", id, index);
        done.put("content_index", at).raw("part", &self.json());
        events.write("response.content_part.done", done, out);
    }
}

pub(super) fn item_event(name: &str, id: &str, index: usize) -> ObjectWriter {
    let mut members = event(name);
    members.string("item_id", id).put("output_index", index);
    members
}

/// Thoughts are told in one piece.
pub(super) fn summary_event(name: &str, id: &str, index: usize) -> ObjectWriter {
    let mut members = item_event(name, id, index);
    members.put("summary_index", 0);
    members
}

pub(super) fn summary_part(text: &str) -> String {
    let mut part = ObjectWriter::new();
    part.string("type", "summary_text").string("text", text);
    part.finish()
}
