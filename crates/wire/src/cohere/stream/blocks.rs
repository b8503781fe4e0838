//! The parts of a message being streamed, one after the other.
//!
//! Clients of this format put one part together at a time; other formats may interleave tool calls. So only the first
//! unfinished part is live, and what belongs to later ones waits. A call may end as soon as its arguments are whole JSON
//! and something else has begun.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::json::{ObjectWriter, push_line, quote};

#[derive(Debug, Default)]
pub(super) struct Blocks {
    queue: VecDeque<Block>,
    is_live: bool,
    /// Numbers given so far: content, calls and citations have their own.
    contents: u64,
    calls: u64,
    citations: u64,
    pub has_calls: bool,
}

#[derive(Debug)]
struct Block {
    kind: Kind,
    index: u64,
    /// Received but not sent.
    waiting: String,
    citations: Vec<String>,
}

#[derive(Debug)]
enum Kind {
    Text,
    Thinking,
    Call { slot: u64, id: String, name: String, arguments: String },
}

impl Blocks {
    /// The number of the content that the text went to.
    pub fn text(&mut self, text: &str) -> u64 {
        let block = self.last(|kind| matches!(kind, Kind::Text), || Kind::Text);
        block.waiting.push_str(text);
        block.index
    }

    pub fn thinking(&mut self, text: &str) {
        self.last(|kind| matches!(kind, Kind::Thinking), || Kind::Thinking).waiting.push_str(text);
    }

    pub fn call(&mut self, slot: u64, id: String, name: String) {
        self.has_calls = true;
        self.push(Kind::Call { slot, id, name, arguments: String::new() });
    }

    /// Fails if the call is already finished.
    pub fn arguments(&mut self, wanted: u64, fragment: &str) -> Result<(), ()> {
        let block = self.queue.iter_mut().find_map(|block| match &mut block.kind {
            Kind::Call { slot, arguments, .. } if *slot == wanted => Some((arguments, &mut block.waiting)),
            _ => None,
        });
        let (arguments, waiting) = block.ok_or(())?;
        arguments.push_str(fragment);
        waiting.push_str(fragment);
        Ok(())
    }

    /// A citation, written already, of the content with that number: within it if it still grows.
    pub fn cite(&mut self, content: u64, citation: String, out: &mut Vec<u8>) {
        let block =
            self.queue.iter_mut().find(|block| matches!(block.kind, Kind::Text) && block.index == content);
        match block {
            Some(block) => block.citations.push(citation),
            None => self.write_citation(&citation, out),
        }
    }

    /// Sends what may be sent; with `all`, everything, and finishes every part.
    pub fn send(&mut self, all: bool, out: &mut Vec<u8>) {
        while let Some(front) = self.queue.front_mut() {
            if !std::mem::replace(&mut self.is_live, true) {
                front.write_start(out);
            }
            front.write_waiting(out);
            for citation in std::mem::take(&mut front.citations) {
                self.write_citation(&citation, out);
            }
            let may_end = all || (self.queue.len() > 1 && self.queue[0].is_whole());
            if !may_end {
                return;
            }
            if let Some(block) = self.queue.pop_front() {
                let kind =
                    if matches!(block.kind, Kind::Call { .. }) { "tool-call-end" } else { "content-end" };
                write_event(kind, Some(block.index), None, out);
            }
            self.is_live = false;
        }
    }

    fn write_citation(&mut self, citation: &str, out: &mut Vec<u8>) {
        let index = Some(self.citations);
        self.citations += 1;
        write_event("citation-start", index, Some(("citations", citation)), out);
        write_event("citation-end", index, None, out);
    }

    fn last(&mut self, fits: impl Fn(&Kind) -> bool, new: impl Fn() -> Kind) -> &mut Block {
        if !self.queue.back().is_some_and(|block| fits(&block.kind)) {
            self.push(new());
        }
        let at = self.queue.len() - 1;
        &mut self.queue[at]
    }

    fn push(&mut self, kind: Kind) {
        let counter = if matches!(kind, Kind::Call { .. }) { &mut self.calls } else { &mut self.contents };
        let index = *counter;
        *counter += 1;
        self.queue.push_back(Block { kind, index, waiting: String::new(), citations: Vec::new() });
    }
}

impl Block {
    /// Nothing more can come for it, as far as can be told.
    fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Call { arguments, .. } => serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok(),
            Kind::Text | Kind::Thinking => true,
        }
    }

    fn write_start(&self, out: &mut Vec<u8>) {
        let (kind, member, value) = match &self.kind {
            Kind::Text => ("content-start", "content", json!({"type": "text", "text": ""})),
            Kind::Thinking => ("content-start", "content", json!({"type": "thinking", "thinking": ""})),
            Kind::Call { id, name, .. } => (
                "tool-call-start",
                "tool_calls",
                json!({"id": id, "type": "function", "function": {"name": name, "arguments": ""}}),
            ),
        };
        write_event(kind, Some(self.index), Some((member, &value.to_string())), out);
    }

    fn write_waiting(&mut self, out: &mut Vec<u8>) {
        if self.waiting.is_empty() {
            return;
        }
        let text = Value::from(std::mem::take(&mut self.waiting));
        let (kind, member, value) = match &self.kind {
            Kind::Text => ("content-delta", "content", json!({ "text": text })),
            Kind::Thinking => ("content-delta", "content", json!({ "thinking": text })),
            Kind::Call { .. } => ("tool-call-delta", "tool_calls", json!({"function": {"arguments": text}})),
        };
        write_event(kind, Some(self.index), Some((member, &value.to_string())), out);
    }
}

/// Writes an event that adds to a member of the message, if it adds to one.
pub(super) fn write_event(kind: &str, index: Option<u64>, added: Option<(&str, &str)>, out: &mut Vec<u8>) {
    let mut event = ObjectWriter::new();
    event.string("type", kind);
    if let Some(index) = index {
        event.put("index", index);
    }
    if let Some((member, json)) = added {
        event.raw("delta", &format!("{{\"message\":{{{}:{json}}}}}", quote(member)));
    }
    write_named(kind, &event.finish(), out);
}

pub(super) fn write_named(name: &str, json: &str, out: &mut Vec<u8>) {
    for piece in ["event: ", name, "\ndata: "] {
        out.extend_from_slice(piece.as_bytes());
    }
    push_line(json, out);
    out.extend_from_slice(b"\n\n");
}
