//! Chat requests.

mod decode;
mod encode;
mod schema;

pub(super) use decode::decode;
pub(super) use encode::encode;
