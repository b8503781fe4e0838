//! Requests.

mod decode;
mod documents;
mod encode;
mod settings;
mod turns;

pub(super) use decode::decode;
pub(super) use encode::encode;
