//! One message and its parts, in requests and in replies.

mod citations;
mod decode;
mod encode;
mod own;
mod part;

pub(super) use citations::{from_other, to_others};
pub(super) use decode::{decode, shown};
pub(super) use encode::{encode, encode_reply};
pub(super) use own::encode as encode_own;
pub(super) use part::encode as encode_part;
