//! Requests for the answer to a single prompt: `POST /api/generate`.

mod decode;
mod encode;

pub(super) use decode::decode;
pub(super) use encode::encode;
