//! How to generate: `options`, `format`, `think` and log probabilities, in both formats the same.

mod decode;
mod encode;
mod think;

pub(super) use decode::{Settings, decode};
pub(super) use encode::{Foreign, encode, report};
