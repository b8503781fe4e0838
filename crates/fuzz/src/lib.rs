//! What must hold of `postern-wire` for any bytes at all, as functions that take bytes and panic.
//!
//! Each file in `targets/` is one such function. It is run in two ways: as an ordinary test, over the fixtures and a
//! fixed number of mutations of them (`budget`), and by libFuzzer for as long as one likes (`scripts/fuzz.sh`, which
//! builds `bin/libfuzzer.rs`). Formats come from `Format::ALL` and fixtures from their folders, so that a new format
//! is covered by being there. May depend on `postern-wire`, through its public functions only.
//!
//! Where to start: [`TARGETS`]. A finding becomes a test in `crates/wire`, not a file here.
#![expect(clippy::unwrap_used, reason = "a law that does not hold is told by a panic")]

#[cfg(test)]
mod budget;
mod corpus;
mod input;
mod json;
mod mutation;
mod random;
mod targets;

pub use corpus::{dictionary, seeds};
pub use mutation::mutate;
pub use random::Random;

/// One law, or a few that want the same input.
pub struct Target {
    pub name: &'static str,
    /// The folders of fixtures that are its seeds.
    pub kinds: &'static [&'static str],
    /// Panics if the law does not hold for these bytes.
    pub check: fn(&[u8]),
}

/// Every target there is.
pub const TARGETS: &[Target] = &[
    targets::frames::TARGET,
    targets::sse::TARGET,
    targets::envelope::TARGET,
    targets::request::TARGET,
    targets::response::TARGET,
    targets::stream::TARGET,
    targets::error::TARGET,
    targets::surgery::TARGET,
    targets::turn::TARGET,
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
