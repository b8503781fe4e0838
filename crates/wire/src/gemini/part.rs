//! The parts that contents are made of, in requests and in replies.

mod calls;
mod decode;
mod encode;
mod media;
mod signature;

pub(super) use calls::Calls;
pub(super) use decode::decode;
pub(super) use encode::{Surroundings, encode};
