//! The crate from outside, on fixtures made after the providers' documentation.
//!
//! `agents` follows a coding tool through another format, `law` encodes what it decoded, `golden` shows every translation
//! as a snapshot, `splits` cuts streams anywhere, `identity` watches the bytes that must not change, `damage` feeds
//! nonsense, `found` holds what fuzzing found; the modules named after formats hold what only those have. May use the crate's public functions only.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its own functions too")]

mod agents;
mod bedrock;
mod cohere;
mod completions;
mod contradictions;
mod damage;
mod fixtures;
mod found;
mod gemini;
mod golden;
mod identity;
mod law;
mod ollama;
mod splits;
