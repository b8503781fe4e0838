//! The laws, one file for each target.

pub mod envelope;
pub mod error;
pub mod frames;
pub mod request;
pub mod response;
pub mod sse;
pub mod stream;
pub mod surgery;
pub mod turn;
