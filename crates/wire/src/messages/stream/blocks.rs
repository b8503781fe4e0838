//! The events of a content block.

use crate::canonical::blocks::{Block, BlockEvents, BlockKind};
use crate::json::{ObjectWriter, push_line, quote};

pub(super) struct Events;

impl BlockEvents for Events {
    fn start(index: u64, block: &Block, out: &mut Vec<u8>) {
        let mut content = ObjectWriter::new();
        match &block.kind {
            BlockKind::Text => content.string("type", "text").string("text", ""),
            BlockKind::Thinking => {
                content.string("type", "thinking").string("thinking", "").string("signature", "")
            }
            BlockKind::Redacted => content.string("type", "redacted_thinking").string("data", &block.waiting),
            BlockKind::Call { id, name, .. } => {
                content.string("type", "tool_use").string("id", id).string("name", name).raw("input", "{}")
            }
        };
        let mut event = ObjectWriter::new();
        event
            .string("type", "content_block_start")
            .put("index", index)
            .raw("content_block", &content.finish());
        write_event("content_block_start", &event.finish(), out);
    }

    fn delta(index: u64, block: &Block, out: &mut Vec<u8>) {
        let (kind, member) = match block.kind {
            BlockKind::Text => ("text_delta", "text"),
            BlockKind::Thinking => ("thinking_delta", "thinking"),
            BlockKind::Call { .. } => ("input_json_delta", "partial_json"),
            // Whole in its start.
            BlockKind::Redacted => return,
        };
        write_delta(index, kind, member, &block.waiting, out);
    }

    fn signature(index: u64, signature: &str, out: &mut Vec<u8>) {
        write_delta(index, "signature_delta", "signature", signature, out);
    }

    fn stop(index: u64, out: &mut Vec<u8>) {
        let mut stop = ObjectWriter::new();
        stop.string("type", "content_block_stop").put("index", index);
        write_event("content_block_stop", &stop.finish(), out);
    }
}

fn write_delta(index: u64, kind: &str, member: &str, text: &str, out: &mut Vec<u8>) {
    let mut delta = ObjectWriter::new();
    delta.string("type", kind).raw(member, &quote(text));
    let mut event = ObjectWriter::new();
    event.string("type", "content_block_delta").put("index", index).raw("delta", &delta.finish());
    write_event("content_block_delta", &event.finish(), out);
}

pub(in super::super) fn write_event(name: &str, json: &str, out: &mut Vec<u8>) {
    for piece in ["event: ", name, "\ndata: "] {
        out.extend_from_slice(piece.as_bytes());
    }
    push_line(json, out);
    out.extend_from_slice(b"\n\n");
}
