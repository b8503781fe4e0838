//! Messages requests.

mod decode;
mod encode;
mod thinking;
mod turns;

pub(super) use decode::decode;
pub(super) use encode::encode;
