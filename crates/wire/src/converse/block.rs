//! Content blocks, in requests and in replies.

pub(super) mod citations;
mod decode;
mod encode;
mod media;

pub(super) use decode::{cache_point, content};
pub(super) use encode::{Surroundings, encode, encode_mark, encode_signature, tool_id};
