//! Requests. Model and stream flag stand in the path, so neither is read or written here.

mod decode;
mod encode;
mod fields;
mod turns;

pub(super) use decode::decode;
pub(super) use encode::encode;
