//! Complete responses.

mod decode;
mod encode;

pub(super) use decode::{decode, finish};
pub(super) use encode::{encode, finish_word, write_turn};
