//! Completions streams: chunks in, chunks out.

mod decode;
mod encode;

pub(super) use decode::CompletionsDecoder;
pub(super) use encode::CompletionsEncoder;
