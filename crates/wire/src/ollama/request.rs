//! Requests for a chat.

mod decode;
mod encode;

pub(super) use decode::decode;
pub(super) use encode::encode;
