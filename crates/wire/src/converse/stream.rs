//! Streams: events in, events out.

mod blocks;
mod decode;
mod encode;

pub(super) use decode::ConverseDecoder;
pub(super) use encode::ConverseEncoder;
