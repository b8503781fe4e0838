//! Which deployment is asked, which after it, and when to give up. Pure: time, dice and what is known of the deployments
//! (`condition`) are passed in, and the same `Course` that takes a request through a group also runs in the simulation.
//!
//! `choose` picks one of a group's deployments, `course` is the way of one request over attempts and fallbacks, `affinity`
//! remembers who holds a conversation's prompt cache.

mod affinity;
mod choose;
mod course;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub use affinity::Affinity;
pub use choose::{NotNow, Reason, Wanted, choose};
pub use course::{Course, Facts, Kind, Over, Step, Surroundings, Try, Wishes};

/// Random numbers for choices: cheap, and good enough to spread load. One seed per request.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// For the request of this turn: different in every process, without asking the system each time.
    pub fn cast(turn: u64) -> Self {
        static SEED: LazyLock<u64> =
            LazyLock::new(|| getrandom::u64().unwrap_or_else(|_| crate::clock::Moment::now().0));
        Self(SEED.wrapping_add(turn.wrapping_mul(0xD134_2543_DE82_EF95)))
    }

    /// The next number (SplitMix64).
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, which must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.roll()) * u128::from(bound)) >> 64) as u64
    }
}
