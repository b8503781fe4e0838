//! One chat message and its parts, in requests and in replies.

mod citations;
mod decode;
mod encode;
mod part;

pub(super) use citations::annotation;
pub(super) use decode::{decode, take_signature};
pub(super) use encode::{encode, write_signature};
pub(super) use part::{cache_hint, write_cache};
