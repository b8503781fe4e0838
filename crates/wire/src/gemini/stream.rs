//! Streams: chunks in, chunks out. A chunk is a small response, and there is no end marker.

mod decode;
mod encode;
mod framing;

pub(super) use decode::GeminiDecoder;
pub(super) use encode::GeminiEncoder;
