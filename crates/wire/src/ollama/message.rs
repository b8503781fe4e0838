//! The messages of a chat.

mod decode;
mod encode;

pub(super) use decode::decode;
pub(super) use encode::{Names, Spoken, encode_foreign, encode_own};
