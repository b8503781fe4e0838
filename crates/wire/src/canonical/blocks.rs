//! Content blocks being streamed, one after the other, for formats that number blocks of every kind alike.
//!
//! Such a format finishes a block before it begins the next; others may interleave tool calls. So only the first
//! unfinished block is live, and what belongs to later ones waits. A tool call may end as soon as its arguments are
//! whole JSON and something else has begun.

use std::collections::VecDeque;

use super::signature as marks;

/// How a format writes the events of a block.
pub(crate) trait BlockEvents {
    fn start(index: u64, block: &Block, out: &mut Vec<u8>);
    /// The text that waits; never empty.
    fn delta(index: u64, block: &Block, out: &mut Vec<u8>);
    fn signature(index: u64, signature: &str, out: &mut Vec<u8>);
    /// Of a source; for formats that give some to [`Blocks::citation`].
    fn citation(_index: u64, _citation: &str, _out: &mut Vec<u8>) {}
    fn stop(index: u64, out: &mut Vec<u8>);
}

#[derive(Debug, Default)]
pub(crate) struct Blocks {
    queue: VecDeque<Block>,
    /// The first one's number.
    index: u64,
    /// The first one has begun.
    is_live: bool,
    pub has_calls: bool,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub kind: BlockKind,
    /// Received but not sent.
    pub waiting: String,
    signature: Option<String>,
    /// Sources of the text, received but not sent.
    citations: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum BlockKind {
    Text,
    Thinking,
    Redacted,
    Call { slot: u64, id: String, name: String, arguments: String },
}

impl Blocks {
    pub fn text(&mut self, text: &str) {
        self.last(|kind| matches!(kind, BlockKind::Text), || BlockKind::Text).waiting.push_str(text);
    }

    pub fn thinking(&mut self, text: &str) {
        let is_closed = self.queue.back().is_some_and(|block| block.signature.is_some());
        let fits = |kind: &BlockKind| matches!(kind, BlockKind::Thinking) && !is_closed;
        self.last(fits, || BlockKind::Thinking).waiting.push_str(text);
    }

    pub fn signature(&mut self, signature: String) {
        let block = self.last(|kind| matches!(kind, BlockKind::Thinking), || BlockKind::Thinking);
        block.signature = Some(signature);
    }

    pub fn redacted(&mut self, data: String) {
        self.last(|_| false, || BlockKind::Redacted).waiting = data;
    }

    /// A source of the text right before it. False if there is none, or its block is finished.
    pub fn citation(&mut self, citation: String) -> bool {
        let text = self.queue.back_mut().filter(|block| matches!(block.kind, BlockKind::Text));
        text.map(|block| block.citations.push(citation)).is_some()
    }

    /// A call's signature comes before it, marked as a call's.
    pub fn call(&mut self, slot: u64, id: String, name: String, signature: Option<&str>) {
        self.has_calls = true;
        if let Some(signature) = signature {
            self.push(BlockKind::Thinking);
            self.signature(marks::mark_call(signature));
        }
        self.push(BlockKind::Call { slot, id, name, arguments: String::new() });
    }

    /// Fails if the call's block is already finished.
    pub fn arguments(&mut self, wanted: u64, fragment: &str) -> Result<(), ()> {
        let block = self.queue.iter_mut().find_map(|block| match &mut block.kind {
            BlockKind::Call { slot, arguments, .. } if *slot == wanted => {
                Some((arguments, &mut block.waiting))
            }
            _ => None,
        });
        let (arguments, waiting) = block.ok_or(())?;
        arguments.push_str(fragment);
        waiting.push_str(fragment);
        Ok(())
    }

    /// Sends what may be sent; with `all`, everything, and finishes every block.
    pub fn send<E: BlockEvents>(&mut self, all: bool, out: &mut Vec<u8>) {
        while let Some(front) = self.queue.front_mut() {
            if !std::mem::replace(&mut self.is_live, true) {
                E::start(self.index, front, out);
            }
            front.write_waiting::<E>(self.index, out);
            let may_end = all || (self.queue.len() > 1 && self.queue[0].is_whole());
            if !may_end {
                return;
            }
            E::stop(self.index, out);
            self.queue.pop_front();
            self.index += 1;
            self.is_live = false;
        }
    }

    fn last(&mut self, fits: impl Fn(&BlockKind) -> bool, new: impl Fn() -> BlockKind) -> &mut Block {
        if !self.queue.back().is_some_and(|block| fits(&block.kind)) {
            self.push(new());
        }
        let at = self.queue.len() - 1;
        &mut self.queue[at]
    }

    fn push(&mut self, kind: BlockKind) {
        self.queue.push_back(Block { kind, waiting: String::new(), signature: None, citations: Vec::new() });
    }
}

impl Block {
    /// Nothing more can come for it, as far as can be told.
    fn is_whole(&self) -> bool {
        match &self.kind {
            BlockKind::Call { arguments, .. } => {
                serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok()
            }
            BlockKind::Text | BlockKind::Thinking | BlockKind::Redacted => true,
        }
    }

    fn write_waiting<E: BlockEvents>(&mut self, index: u64, out: &mut Vec<u8>) {
        if !self.waiting.is_empty() {
            E::delta(index, self, out);
            self.waiting.clear();
        }
        for citation in self.citations.drain(..) {
            E::citation(index, &citation, out);
        }
        // Written once; an empty one stays to show that the block is closed.
        if let Some(signature) = self.signature.as_mut().filter(|signature| !signature.is_empty()) {
            E::signature(index, signature, out);
            signature.clear();
        }
    }
}
