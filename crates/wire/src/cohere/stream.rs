//! Streams: a message that grows, event by event.

mod blocks;
mod decode;
mod encode;

pub(super) use decode::CohereDecoder;
pub(super) use encode::CohereEncoder;
