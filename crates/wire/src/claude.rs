//! What is known about Claude, whoever serves it: Anthropic's own interface and the clouds ask their models for thought
//! in the same words.
//!
//! Neutral: knows model names and the canonical model, no format.

pub(crate) mod models;
pub(crate) mod thinking;
