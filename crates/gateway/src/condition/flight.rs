//! One request under way at a deployment: a place taken, given back with its outcome.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::record::{CooldownRules, Praise, Trouble, Was};
use super::{Condition, locked};
use crate::clock::Moment;

/// Dropped without an outcome it says nothing about the deployment: the caller went away.
#[derive(Debug)]
pub struct Flight {
    condition: Arc<Condition>,
    began: Moment,
    is_probe: bool,
    tokens: u64,
    /// It began well.
    praise: Option<Praise>,
}

impl Flight {
    pub(super) fn new(condition: Arc<Condition>, began: Moment, is_probe: bool, tokens: u64) -> Self {
        Self { condition, began, is_probe, tokens, praise: None }
    }

    /// Whether it is the one request of a half-open circuit.
    pub fn is_probe(&self) -> bool {
        self.is_probe
    }

    /// The first token arrived, or a whole answer did: the deployment works. More may be told when it breaks off later.
    pub fn answered(&mut self, now: Moment) {
        let took = now.since(self.began);
        self.condition.sample(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        self.praise = Some(locked(&self.condition.record).succeeded(now));
        self.well("it answered");
    }

    /// It answered with what is the caller's fault: it is alive, and nothing is known of its speed.
    pub fn refused(&mut self, now: Moment) {
        locked(&self.condition.record).refused(now);
        self.well("it answered");
    }

    fn well(&mut self, reason: &str) {
        // Older requests that still end well say nothing about a quota that was used up since.
        let may_close = self.is_probe || self.condition.open_until.load(Ordering::Acquire) <= self.began.0;
        if may_close {
            self.condition.close(reason);
            self.is_probe = false;
            self.condition.probing.store(false, Ordering::Release);
        }
    }

    /// It failed, be it after it began well. Opens the circuit where the rules say so.
    pub fn failed(&mut self, now: Moment, trouble: &Trouble<'_>, rules: &CooldownRules) {
        if trouble.class == crate::error::ErrorClass::Timeout {
            // A mean that leaves out what never came would praise the slowest.
            let waited = now.since(self.began);
            self.condition.sample(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
        }
        let is_open = self.condition.open_until.load(Ordering::Acquire) > now.0;
        let was = Was { probe: self.is_probe, open: is_open };
        let mut record = locked(&self.condition.record);
        if let Some(praise) = self.praise.take() {
            record.take_back(&praise);
        }
        let cooldown = record.failed(now, trouble, rules, was);
        drop(record);
        if let Some(cooldown) = cooldown {
            self.condition.open(now, cooldown, trouble.reason);
        }
        self.end_probe();
    }

    /// What it took in the end, in place of what it might have.
    pub fn took(&mut self, tokens: u64) {
        locked(&self.condition.usage).1.correct((self.began.0 / 1000) as i64, self.tokens, tokens);
        self.tokens = tokens;
    }

    pub fn so_far(&self, now: Moment) -> Duration {
        now.since(self.began)
    }

    fn end_probe(&mut self) {
        if self.is_probe {
            self.is_probe = false;
            self.condition.probing.store(false, Ordering::Release);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.condition.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.end_probe();
    }
}
