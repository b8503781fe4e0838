//! Content blocks, in requests and in replies.

mod decode;
mod encode;

pub(super) use decode::{cache_hint, content, decode};
pub(super) use encode::{encode, encode_signature, tool_id, write_cache};
