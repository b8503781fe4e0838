//! Messages streams: events in, events out.

mod blocks;
mod decode;
mod encode;

pub(super) use blocks::write_event;
pub(super) use decode::MessagesDecoder;
pub(super) use encode::MessagesEncoder;
