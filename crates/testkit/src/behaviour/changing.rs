//! Behaviour that depends on how many calls came before: providers that flap, fail at random, or allow so many requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Behaviour, Fault};

/// Counts its own calls; a clone goes on counting with the original. Made by [`Behaviour::cycle`],
/// [`Behaviour::mixed`] and [`Behaviour::limited`].
#[derive(Clone, Debug)]
pub struct Changing {
    kind: Arc<Kind>,
    calls: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Kind {
    Cycle(Vec<(u64, Behaviour)>),
    Mixed { seed: u64, weighted: Vec<(u64, Behaviour)> },
    Limited { requests: u64, window: Duration, now: Mutex<Option<Window>> },
}

#[derive(Debug)]
struct Window {
    began: Instant,
    allowed: u64,
}

impl Changing {
    fn new(kind: Kind) -> Self {
        Self { kind: Arc::new(kind), calls: Arc::default() }
    }

    /// What the next call gets. Counts it.
    pub fn next(&self) -> Behaviour {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        match &*self.kind {
            Kind::Cycle(steps) => pick(steps, |total| number % total),
            Kind::Mixed { seed, weighted } => pick(weighted, |total| scattered(*seed, number) % total),
            Kind::Limited { requests, window, now } => {
                let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
                let current = now.take().filter(|current| current.began.elapsed() < *window);
                let mut current = current.unwrap_or_else(|| Window { began: Instant::now(), allowed: 0 });
                let behaviour = if current.allowed < *requests {
                    current.allowed += 1;
                    Behaviour::default()
                } else {
                    let left = window.saturating_sub(current.began.elapsed());
                    Fault::Status { status: 429, retry_after: Some(left.as_secs() + 1) }.into()
                };
                *now = Some(current);
                behaviour
            }
        }
    }
}

/// The behaviour at a place in a row of runs. Without any: the usual reply.
fn pick(runs: &[(u64, Behaviour)], place: impl FnOnce(u64) -> u64) -> Behaviour {
    let total: u64 = runs.iter().map(|(length, _)| length).sum();
    if total == 0 {
        return Behaviour::default();
    }
    let mut place = place(total);
    for (length, behaviour) in runs {
        if place < *length {
            return behaviour.clone();
        }
        place -= length;
    }
    Behaviour::default()
}

/// A number that looks random and is the same for the same call (the finalizer of SplitMix64).
fn scattered(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Behaviour {
    /// Each for so many calls, in this order, and again from the start.
    pub fn cycle(steps: impl IntoIterator<Item = (u64, Self)>) -> Self {
        Self::Changing(Changing::new(Kind::Cycle(steps.into_iter().collect())))
    }

    /// One of these in each call, drawn by weight. The n-th call gets the same whenever seed and weights are.
    pub fn mixed(seed: u64, weighted: impl IntoIterator<Item = (u64, Self)>) -> Self {
        Self::Changing(Changing::new(Kind::Mixed { seed, weighted: weighted.into_iter().collect() }))
    }

    /// The usual reply for so many requests in a window, which begins with the first of them; then 429 until it is over,
    /// with `retry-after` in seconds, rounded up.
    pub fn limited(requests: u64, window: Duration) -> Self {
        Self::Changing(Changing::new(Kind::Limited { requests, window, now: Mutex::default() }))
    }
}
