//! Streams: events in, events out.

mod decode;
mod encode;
mod items;

pub(super) use decode::ResponsesDecoder;
pub(super) use encode::ResponsesEncoder;
