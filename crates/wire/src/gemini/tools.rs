//! Tool definitions and the choice between them.

mod choice;
mod decode;
mod encode;

pub(super) use choice::{decode as decode_choice, encode as encode_choice};
pub(super) use decode::decode;
pub(super) use encode::encode;
