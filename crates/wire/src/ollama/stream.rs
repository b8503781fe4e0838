//! Streams: a response in pieces, one in each line. Calls come whole.

mod decode;
mod encode;

pub(super) use decode::OllamaDecoder;
pub(super) use encode::OllamaEncoder;
