//! The events of a content block. Only calls announce themselves; text and thought begin with their first piece.

use crate::canonical::blocks::{Block, BlockEvents, BlockKind};
use crate::framing::aws;
use crate::json::ObjectWriter;

pub(super) struct Events;

impl BlockEvents for Events {
    fn start(index: u64, block: &Block, out: &mut Vec<u8>) {
        let BlockKind::Call { id, name, .. } = &block.kind else { return };
        let mut call = ObjectWriter::new();
        call.string("toolUseId", id).string("name", name);
        let mut start = ObjectWriter::new();
        start.raw("toolUse", &call.finish());
        let mut event = ObjectWriter::new();
        event.raw("start", &start.finish()).put("contentBlockIndex", index);
        aws::write("contentBlockStart", &event.finish(), out);
    }

    fn delta(index: u64, block: &Block, out: &mut Vec<u8>) {
        let (wrapper, member) = match block.kind {
            BlockKind::Text => (None, "text"),
            BlockKind::Thinking => (Some("reasoningContent"), "text"),
            BlockKind::Redacted => (Some("reasoningContent"), "redactedContent"),
            BlockKind::Call { .. } => (Some("toolUse"), "input"),
        };
        write_delta(index, wrapper, member, &block.waiting, out);
    }

    fn signature(index: u64, signature: &str, out: &mut Vec<u8>) {
        write_delta(index, Some("reasoningContent"), "signature", signature, out);
    }

    fn citation(index: u64, citation: &str, out: &mut Vec<u8>) {
        let mut delta = ObjectWriter::new();
        delta.raw("citation", citation);
        write_event(index, &delta.finish(), out);
    }

    fn stop(index: u64, out: &mut Vec<u8>) {
        let mut stop = ObjectWriter::new();
        stop.put("contentBlockIndex", index);
        aws::write("contentBlockStop", &stop.finish(), out);
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
