//! Chat streams: chunks in, chunks out.

mod decode;
mod encode;

pub(super) use decode::ChatDecoder;
pub(super) use encode::ChatEncoder;
