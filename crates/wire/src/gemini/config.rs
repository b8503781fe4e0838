//! `generationConfig`: how to generate.

mod decode;
mod encode;
mod thinking;

pub(super) use decode::{Config, decode};
pub(super) use encode::{Settings, encode};
pub(super) use thinking::{Asked, own as own_thinking, plan as plan_thinking};
