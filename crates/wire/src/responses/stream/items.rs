//! The output of a response being streamed, item by item.
//!
//! Prose and thought end where something else begins. A call may go on while others begin, as every event names its
//! item; it ends as soon as its arguments are whole JSON and something else has begun.

use super::super::item::{REDACTED, SIGNATURE, annotation};
use super::super::names;
use crate::canonical::{Opaque, Token};
use crate::openai::logprobs::write_tokens;
use crate::translate::ToolAlias;

mod item;

use item::{Call, Events, Item, Kind, Prose, event, item_event, summary_event, summary_part};

#[derive(Debug, Default)]
pub(super) struct Items {
    pub events: Events,
    list: Vec<Item>,
    /// Of the response, without what tells what it is.
    pub bare_id: String,
    tools: Vec<ToolAlias>,
    /// Told with the text after them.
    pub logprobs: Vec<Token>,
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
            delta.raw("logprobs", &write_tokens(&self.logprobs));
            part.logprobs.append(&mut self.logprobs);
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
        self.hidden(format!("{REDACTED}{data}"), out);
    }

    /// A signature of something other than the thought before it.
    pub fn sealed(&mut self, signature: &str, out: &mut Vec<u8>) {
        self.hidden(format!("{SIGNATURE}{signature}"), out);
    }

    fn hidden(&mut self, sealed: String, out: &mut Vec<u8>) {
        self.open("rs", Kind::Thought { text: String::new(), sealed: Some(sealed) }, out);
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
