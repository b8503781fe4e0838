//! Content blocks being streamed, one after the other.
//!
//! This format finishes a block before it begins the next; others may interleave tool calls. So only the first
//! unfinished block is live, and what belongs to later ones waits. A tool call may end as soon as its arguments are
//! whole JSON and something else has begun. Only calls announce themselves; text and thought begin with their first
//! piece.

use std::collections::VecDeque;

use crate::canonical::signature as marks;
use crate::framing::aws;
use crate::json::ObjectWriter;

#[derive(Debug, Default)]
pub(super) struct Blocks {
    queue: VecDeque<Block>,
    /// The first one's number.
    index: u64,
    /// The first one has begun.
    is_live: bool,
    pub has_calls: bool,
}

#[derive(Debug)]
struct Block {
    kind: Kind,
    /// Received but not sent.
    waiting: String,
    signature: Option<String>,
    /// Sources of the text, received but not sent.
    citations: Vec<String>,
}

#[derive(Debug)]
enum Kind {
    Text,
    Thinking,
    Redacted,
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
        self.last(|_| false, || Kind::Redacted).waiting = data;
    }

    /// A source of the text right before it. False if there is none, or its block is finished.
    pub fn citation(&mut self, citation: String) -> bool {
        let text = self.queue.back_mut().filter(|block| matches!(block.kind, Kind::Text));
        text.map(|block| block.citations.push(citation)).is_some()
    }

    /// A call's signature comes before it; see [`super::super::block::encode_signature`].
    pub fn call(&mut self, slot: u64, id: String, name: String, signature: Option<&str>) {
        self.has_calls = true;
        if let Some(signature) = signature {
            self.push(Kind::Thinking);
            self.signature(marks::mark_call(signature));
        }
        self.push(Kind::Call { slot, id, name, arguments: String::new() });
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
            if !std::mem::replace(&mut self.is_live, true) {
                front.write_start(self.index, out);
            }
            front.write_waiting(self.index, out);
            let may_end = all || (self.queue.len() > 1 && self.queue[0].is_whole());
            if !may_end {
                return;
            }
            let mut stop = ObjectWriter::new();
            stop.put("contentBlockIndex", self.index);
            aws::write("contentBlockStop", &stop.finish(), out);
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
        self.queue.push_back(Block { kind, waiting: String::new(), signature: None, citations: Vec::new() });
    }
}

impl Block {
    /// Nothing more can come for it, as far as can be told.
    fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Call { arguments, .. } => serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok(),
            Kind::Text | Kind::Thinking | Kind::Redacted => true,
        }
    }

    fn write_start(&self, index: u64, out: &mut Vec<u8>) {
        let Kind::Call { id, name, .. } = &self.kind else { return };
        let mut call = ObjectWriter::new();
        call.string("toolUseId", id).string("name", name);
        let mut start = ObjectWriter::new();
        start.raw("toolUse", &call.finish());
        let mut event = ObjectWriter::new();
        event.raw("start", &start.finish()).put("contentBlockIndex", index);
        aws::write("contentBlockStart", &event.finish(), out);
    }

    fn write_waiting(&mut self, index: u64, out: &mut Vec<u8>) {
        if !self.waiting.is_empty() {
            match self.kind {
                Kind::Text => write_delta(index, None, "text", &self.waiting, out),
                Kind::Thinking => write_delta(index, Some("reasoningContent"), "text", &self.waiting, out),
                Kind::Redacted => {
                    write_delta(index, Some("reasoningContent"), "redactedContent", &self.waiting, out);
                }
                Kind::Call { .. } => write_delta(index, Some("toolUse"), "input", &self.waiting, out),
            }
            self.waiting.clear();
        }
        for citation in self.citations.drain(..) {
            let mut delta = ObjectWriter::new();
            delta.raw("citation", &citation);
            write_event(index, &delta.finish(), out);
        }
        // Written once; an empty one stays to show that the block is closed.
        if let Some(signature) = self.signature.as_mut().filter(|signature| !signature.is_empty()) {
            write_delta(index, Some("reasoningContent"), "signature", signature, out);
            signature.clear();
        }
    }
}

fn write_delta(index: u64, wrapper: Option<&str>, member: &str, text: &str, out: &mut Vec<u8>) {
    let mut delta = ObjectWriter::new();
    delta.string(member, text);
    if let Some(wrapper) = wrapper {
        let mut outer = ObjectWriter::new();
        outer.raw(wrapper, &delta.finish());
        delta = outer;
    }
    write_event(index, &delta.finish(), out);
}

fn write_event(index: u64, delta: &str, out: &mut Vec<u8>) {
    let mut event = ObjectWriter::new();
    event.raw("delta", delta).put("contentBlockIndex", index);
    aws::write("contentBlockDelta", &event.finish(), out);
}
