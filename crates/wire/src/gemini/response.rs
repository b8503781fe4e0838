//! Complete responses.

mod citations;
mod decode;
mod encode;

pub(super) use citations::{Support, from_grounding, to_grounding};
pub(super) use decode::{decode, finish};
pub(super) use encode::{encode, finish_word};
