//! What tests need and products must not contain: fake providers that behave as documented (and misbehave as
//! providers do), counting every call, and a harness that runs the real `postern` binary.
//!
//! Depends on HTTP crates and what providers encode and sign with, never on another crate of the workspace: a test that wants the gateway starts the
//! binary, so that what is tested is what is shipped.
//!
//! Start at [`FakeUpstream`] (in process, scripted by the test), [`Behaviour`] (what an upstream can do to its
//! caller), [`Chaos`] (every way a provider fails, one after the other) and [`TestGateway`] (the gateway as a process). `fake-upstream` is the same fake as a program, steered by
//! model names ([`Behaviour::for_model`]) and over HTTP (`upstream/control.rs`), for tests written in other languages.

mod behaviour;
mod canned;
mod chaos;
mod gateway;
mod tasks;
mod upstream;

pub use behaviour::{
    Behaviour, Changing, Charge, Chunking, Fault, Gate, Pace, REPLY_TEXT, Reply, RetryAfter, ToolCall, Usage,
};
pub use canned::{CannedUpstream, PACED_CHUNKS, PACED_INTERVAL};
pub use chaos::{Chaos, Family};
pub use gateway::{GatewayBuilder, Stopped, TestGateway};
pub use upstream::{Dialect, FakeUpstream, Recorded, Transport, UpstreamOptions, refused_url};
