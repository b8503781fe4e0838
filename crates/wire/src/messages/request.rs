//! Messages requests.

mod decode;
mod encode;
mod turns;

pub(super) use decode::decode;
pub(super) use encode::encode;
