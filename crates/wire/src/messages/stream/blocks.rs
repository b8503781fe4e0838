//! Content blocks being streamed, one after the other.
//!
//! This format finishes a block before it begins the next; others may interleave tool calls. So only the first
//! unfinished block is live, and what belongs to later ones waits. A tool call may end as soon as its arguments
//! are whole JSON and something else has begun.

use std::collections::VecDeque;

use super::super::content::tool_id;
use crate::canonical::signature as marks;
use crate::json::{ObjectWriter, push_line, quote};

#[derive(Debug, Default)]
pub(super) struct Blocks {
    queue: VecDeque<Block>,
    /// The first one's number, once it has begun.
    index: u64,
    is_live: bool,
    pub has_calls: bool,
}

#[derive(Debug)]
struct Block {
    kind: Kind,
    /// Received but not sent.
    waiting: String,
    signature: Option<String>,
}

#[derive(Debug)]
enum Kind {
    Text,
    Thinking,
    Redacted { data: String },
    Call { slot: u64, id: String, name: String, arguments: String },
}

impl Blocks {
    pub fn text(&mut self, text: &str) {
        self.last(|kind| matches!(kind, Kind::Text), || Kind::Text).waiting.push_str(text);
    }

    pub fn thinking(&mut self, text: &str) {
        let is_closed = self.queue.back().is_some_and(|block| block.signature.is_some());
        let block = self.last(|kind| matches!(kind, Kind::Thinking) && !is_closed, || Kind::Thinking);
        block.waiting.push_str(text);
    }

    pub fn signature(&mut self, signature: String) {
        self.last(|kind| matches!(kind, Kind::Thinking), || Kind::Thinking).signature = Some(signature);
    }

    pub fn redacted(&mut self, data: String) {
        self.push(Kind::Redacted { data });
    }

    /// A call's signature comes before it; see [`super::super::content::encode_signature`].
    pub fn call(&mut self, slot: u64, id: &str, name: String, signature: Option<&str>) {
        self.has_calls = true;
        if let Some(signature) = signature {
            self.push(Kind::Thinking);
            self.signature(marks::mark_call(signature));
        }
        self.push(Kind::Call { slot, id: tool_id(id).into_owned(), name, arguments: String::new() });
    }

    /// Fails if the call's block is already finished.
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

    /// Sends what may be sent; with `all`, everything, and finishes every block.
    pub fn send(&mut self, all: bool, out: &mut Vec<u8>) {
        while let Some(front) = self.queue.front_mut() {
            if !self.is_live {
                write_start(self.index, &front.kind, out);
                self.is_live = true;
            }
            front.write_waiting(self.index, out);
            let may_end = all || (self.queue.len() > 1 && self.queue[0].is_whole());
            if !may_end {
                return;
            }
            let mut stop = ObjectWriter::new();
            stop.string("type", "content_block_stop").put("index", self.index);
            write_event("content_block_stop", &stop.finish(), out);
            self.queue.pop_front();
            self.index += 1;
            self.is_live = false;
        }
    }

    fn last(&mut self, fits: impl Fn(&Kind) -> bool, new: impl Fn() -> Kind) -> &mut Block {
        let at = match self.queue.back() {
            Some(block) if fits(&block.kind) => self.queue.len() - 1,
            _ => {
                self.push(new());
                self.queue.len() - 1
            }
        };
        &mut self.queue[at]
    }

    fn push(&mut self, kind: Kind) {
        self.queue.push_back(Block { kind, waiting: String::new(), signature: None });
    }
}

impl Block {
    /// Nothing more can come for it, as far as can be told.
    fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Call { arguments, .. } => serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok(),
            Kind::Text | Kind::Thinking | Kind::Redacted { .. } => true,
        }
    }

    fn write_waiting(&mut self, index: u64, out: &mut Vec<u8>) {
        if !self.waiting.is_empty() {
            let (kind, member) = match self.kind {
                Kind::Text => ("text_delta", "text"),
                Kind::Thinking => ("thinking_delta", "thinking"),
                Kind::Call { .. } | Kind::Redacted { .. } => ("input_json_delta", "partial_json"),
            };
            write_delta(index, kind, member, &self.waiting, out);
            self.waiting.clear();
        }
        // Written once; an empty one stays to show that the block is closed.
        if let Some(signature) = self.signature.as_mut().filter(|signature| !signature.is_empty()) {
            write_delta(index, "signature_delta", "signature", signature, out);
            signature.clear();
        }
    }
}

fn write_start(index: u64, kind: &Kind, out: &mut Vec<u8>) {
    let mut block = ObjectWriter::new();
    match kind {
        Kind::Text => block.string("type", "text").string("text", ""),
        Kind::Thinking => block.string("type", "thinking").string("thinking", "").string("signature", ""),
        Kind::Redacted { data } => block.string("type", "redacted_thinking").string("data", data),
        Kind::Call { id, name, .. } => {
            block.string("type", "tool_use").string("id", id).string("name", name).raw("input", "{}")
        }
    };
    let mut event = ObjectWriter::new();
    event.string("type", "content_block_start").put("index", index).raw("content_block", &block.finish());
    write_event("content_block_start", &event.finish(), out);
}

fn write_delta(index: u64, kind: &str, member: &str, text: &str, out: &mut Vec<u8>) {
    let mut delta = ObjectWriter::new();
    delta.string("type", kind).raw(member, &quote(text));
    let mut event = ObjectWriter::new();
    event.string("type", "content_block_delta").put("index", index).raw("delta", &delta.finish());
    write_event("content_block_delta", &event.finish(), out);
}

pub(in super::super) fn write_event(name: &str, json: &str, out: &mut Vec<u8>) {
    for piece in [
        "event: ", name, "
data: ",
    ] {
        out.extend_from_slice(piece.as_bytes());
    }
    push_line(json, out);
    out.extend_from_slice(b"\n\n");
}
