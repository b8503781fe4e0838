//! The output of a response being streamed, item by item.
//!
//! Prose and thought end where something else begins. A call may go on while others begin, as every event names its
//! item; it ends as soon as its arguments are whole JSON and something else has begun.

use super::super::item::{REDACTED, SIGNATURE, annotation};
use super::super::names;
use crate::canonical::Opaque;
use crate::json::{ObjectWriter, array};
use crate::translate::ToolAlias;

/// Numbers events and writes them.
#[derive(Debug, Default)]
pub(super) struct Events {
    number: u64,
}

impl Events {
    /// Appends an event of that name; `members` are what it says besides.
    pub fn write(&mut self, name: &str, members: ObjectWriter, out: &mut Vec<u8>) {
        let mut members = members;
        members.put("sequence_number", self.number);
        self.number += 1;
        for piece in ["event: ", name, "\ndata: ", &members.finish(), "\n\n"] {
            out.extend_from_slice(piece.as_bytes());
        }
    }
}

fn event(name: &str) -> ObjectWriter {
    let mut members = ObjectWriter::new();
    members.string("type", name);
    members
}

#[derive(Debug, Default)]
pub(super) struct Items {
    pub events: Events,
    list: Vec<Item>,
    /// Of the response, without what tells what it is.
    pub bare_id: String,
    tools: Vec<ToolAlias>,
}

#[derive(Debug)]
struct Item {
    kind: Kind,
    id: String,
    /// Once it is done: the item as JSON.
    done: Option<String>,
}

#[derive(Debug)]
enum Kind {
    Message(Vec<Prose>),
    Thought { text: String, sealed: Option<String> },
    Call(Call),
}

/// A part of a message.
#[derive(Debug)]
struct Prose {
    is_refusal: bool,
    text: String,
    chars: u64,
    annotations: Vec<String>,
    is_done: bool,
}

#[derive(Debug)]
struct Call {
    slot: u64,
    id: String,
    name: String,
    namespace: Option<String>,
    is_custom: bool,
    arguments: String,
    /// Of a tool that takes text, once it has come to its end.
    input: String,
}

impl Items {
    pub fn new(tools: Vec<ToolAlias>) -> Self {
        Self { tools, ..Self::default() }
    }

    pub fn text(&mut self, text: &str, is_refusal: bool, out: &mut Vec<u8>) {
        let is_message = |item: &Item| matches!(item.kind, Kind::Message(_)) && item.done.is_none();
        if !self.list.last().is_some_and(is_message) {
            self.open("msg", Kind::Message(Vec::new()), out);
        }
        let Some(index) = self.list.len().checked_sub(1) else { return };
        let item = &mut self.list[index];
        let Kind::Message(parts) = &mut item.kind else { return };
        if parts.last().is_none_or(|part| part.is_refusal != is_refusal) {
            let at = parts.len();
            if let Some(before) = parts.last_mut() {
                before.finish(&item.id, index, at - 1, &mut self.events, out);
            }
            let part = Prose::new(is_refusal);
            let mut added = item_event("response.content_part.added", &item.id, index);
            added.put("content_index", at).raw("part", &part.json());
            self.events.write("response.content_part.added", added, out);
            parts.push(part);
        }
        let at = parts.len() - 1;
        let part = &mut parts[at];
        part.text.push_str(text);
        part.chars += text.chars().count() as u64;
        let name = if is_refusal { "response.refusal.delta" } else { "response.output_text.delta" };
        let mut delta = item_event(name, &item.id, index);
        delta.put("content_index", at).string("delta", text);
        if !is_refusal {
            delta.raw("logprobs", "[]");
        }
        self.events.write(name, delta, out);
    }

    /// A source of the last characters of the text; `false` if it cannot be told.
    pub fn citation(&mut self, chars: u64, citation: &Opaque, out: &mut Vec<u8>) -> bool {
        const NAME: &str = "response.output_text.annotation.added";
        let last = self.list.iter_mut().enumerate().rev().find_map(|(index, item)| match &mut item.kind {
            Kind::Message(parts) if item.done.is_none() => {
                let at = parts.len().saturating_sub(1);
                parts.last_mut().map(|part| (index, &item.id, at, part))
            }
            _ => None,
        });
        let Some((index, id, at, part)) = last.filter(|(.., part)| !part.is_refusal) else { return false };
        let Some(annotation) = annotation(citation, part.chars.saturating_sub(chars), part.chars) else {
            return false;
        };
        let mut added = item_event(NAME, id, index);
        added
            .put("content_index", at)
            .put("annotation_index", part.annotations.len())
            .raw("annotation", &annotation);
        self.events.write(NAME, added, out);
        part.annotations.push(annotation);
        true
    }

    pub fn thinking(&mut self, fragment: &str, out: &mut Vec<u8>) {
        let index = self.thought(out);
        let item = &mut self.list[index];
        let Kind::Thought { text, .. } = &mut item.kind else { return };
        if text.is_empty() {
            let mut added = summary_event("response.reasoning_summary_part.added", &item.id, index);
            added.raw("part", &summary_part(""));
            self.events.write("response.reasoning_summary_part.added", added, out);
        }
        text.push_str(fragment);
        let mut delta = summary_event("response.reasoning_summary_text.delta", &item.id, index);
        delta.string("delta", fragment);
        self.events.write("response.reasoning_summary_text.delta", delta, out);
    }

    /// Closes the thought before it.
    pub fn signature(&mut self, signature: &str, out: &mut Vec<u8>) {
        let index = self.thought(out);
        if let Kind::Thought { sealed, .. } = &mut self.list[index].kind {
            *sealed = Some(format!("{SIGNATURE}{signature}"));
        }
        self.finish(index, "completed", out);
    }

    pub fn redacted(&mut self, data: &str, out: &mut Vec<u8>) {
        self.open(
            "rs",
            Kind::Thought { text: String::new(), sealed: Some(format!("{REDACTED}{data}")) },
            out,
        );
        self.finish(self.list.len() - 1, "completed", out);
    }

    pub fn call(&mut self, slot: u64, id: &str, name: &str, out: &mut Vec<u8>) {
        let alias = names::resolve(&self.tools, name);
        let is_custom = alias.is_some_and(|alias| alias.is_custom);
        let call = Call {
            slot,
            id: id.to_owned(),
            name: alias.map_or(name, |alias| &alias.name).to_owned(),
            namespace: alias.and_then(|alias| alias.namespace.clone()),
            is_custom,
            arguments: String::new(),
            input: String::new(),
        };
        self.open(if is_custom { "ctc" } else { "fc" }, Kind::Call(call), out);
    }

    /// Fails if the call is done already.
    pub fn arguments(&mut self, wanted: u64, fragment: &str, out: &mut Vec<u8>) -> Result<(), ()> {
        const NAME: &str = "response.function_call_arguments.delta";
        let found = self.list.iter_mut().enumerate().rev().find_map(|(index, item)| match &mut item.kind {
            Kind::Call(call) if call.slot == wanted && item.done.is_none() => Some((index, &item.id, call)),
            _ => None,
        });
        let (index, id, call) = found.ok_or(())?;
        call.arguments.push_str(fragment);
        // Text for a tool is wrapped until it has come to its end.
        if !call.is_custom {
            let mut delta = item_event(NAME, id, index);
            delta.string("delta", fragment);
            self.events.write(NAME, delta, out);
        }
        Ok(())
    }

    /// Ends whatever has not ended.
    pub fn finish_all(&mut self, status: &str, out: &mut Vec<u8>) {
        for index in 0..self.list.len() {
            // Only what the end came upon was cut short by it.
            let is_last = index + 1 == self.list.len();
            self.finish(index, if is_last { status } else { "completed" }, out);
        }
    }

    /// The items that are done, as JSON.
    pub fn done(&self) -> Vec<&str> {
        self.list.iter().filter_map(|item| item.done.as_deref()).collect()
    }

    /// The thought being streamed, or a new one.
    fn thought(&mut self, out: &mut Vec<u8>) -> usize {
        let is_open = |item: &Item| matches!(item.kind, Kind::Thought { .. }) && item.done.is_none();
        if !self.list.last().is_some_and(is_open) {
            self.open("rs", Kind::Thought { text: String::new(), sealed: None }, out);
        }
        self.list.len() - 1
    }

    fn open(&mut self, prefix: &str, kind: Kind, out: &mut Vec<u8>) {
        for index in 0..self.list.len() {
            let item = &self.list[index];
            if item.done.is_none() && item.is_whole() {
                self.finish(index, "completed", out);
            }
        }
        let index = self.list.len();
        let item = Item { kind, id: format!("{prefix}_{}_{index}", self.bare_id), done: None };
        let mut added = event("response.output_item.added");
        added.put("output_index", index).raw("item", &item.json("in_progress", true));
        self.events.write("response.output_item.added", added, out);
        self.list.push(item);
    }

    fn finish(&mut self, index: usize, status: &str, out: &mut Vec<u8>) {
        let item = &mut self.list[index];
        if item.done.is_some() {
            return;
        }
        let events = &mut self.events;
        match &mut item.kind {
            Kind::Message(parts) => {
                for (at, part) in parts.iter_mut().enumerate() {
                    part.finish(&item.id, index, at, events, out);
                }
            }
            Kind::Thought { text, .. } if text.is_empty() => {}
            Kind::Thought { text, .. } => {
                let mut done = summary_event("response.reasoning_summary_text.done", &item.id, index);
                done.string("text", text);
                events.write("response.reasoning_summary_text.done", done, out);
                let mut done = summary_event("response.reasoning_summary_part.done", &item.id, index);
                done.raw("part", &summary_part(text));
                events.write("response.reasoning_summary_part.done", done, out);
            }
            Kind::Call(call) => call.finish(&item.id, index, events, out),
        }
        let json = item.json(status, false);
        let mut done = event("response.output_item.done");
        done.put("output_index", index).raw("item", &json);
        events.write("response.output_item.done", done, out);
        item.done = Some(json);
    }
}

impl Item {
    /// Nothing more can come for it once something else begins.
    fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Message(_) | Kind::Thought { .. } => true,
            Kind::Call(call) => serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_ok(),
        }
    }

    /// `is_new`: what it holds is still to come.
    fn json(&self, status: &str, is_new: bool) -> String {
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
    fn finish(&mut self, id: &str, index: usize, events: &mut Events, out: &mut Vec<u8>) {
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
    fn new(is_refusal: bool) -> Self {
        Self { is_refusal, text: String::new(), chars: 0, annotations: Vec::new(), is_done: false }
    }

    fn json(&self) -> String {
        let mut part = ObjectWriter::new();
        if self.is_refusal {
            part.string("type", "refusal").string("refusal", &self.text);
        } else {
            part.string("type", "output_text")
                .string("text", &self.text)
                .raw("annotations", &array(&self.annotations))
                .raw("logprobs", "[]");
        }
        part.finish()
    }

    fn finish(&mut self, id: &str, index: usize, at: usize, events: &mut Events, out: &mut Vec<u8>) {
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
            done.raw("logprobs", "[]");
        }
        events.write(name, done, out);
        let mut done = item_event("response.content_part.done", id, index);
        done.put("content_index", at).raw("part", &self.json());
        events.write("response.content_part.done", done, out);
    }
}

fn item_event(name: &str, id: &str, index: usize) -> ObjectWriter {
    let mut members = event(name);
    members.string("item_id", id).put("output_index", index);
    members
}

/// Thoughts are told in one piece.
fn summary_event(name: &str, id: &str, index: usize) -> ObjectWriter {
    let mut members = item_event(name, id, index);
    members.put("summary_index", 0);
    members
}

fn summary_part(text: &str) -> String {
    let mut part = ObjectWriter::new();
    part.string("type", "summary_text").string("text", text);
    part.finish()
}
