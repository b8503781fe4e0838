//! Admission: requests and tokens per minute, parallel requests and budget of a virtual key. What a request may cost is
//! reserved before it is sent and settled when its real cost is known, so that parallel requests cannot overspend.
//!
//! Counters live in memory and sit behind [`Limits`] alone; the ledger is the truth from which they are seeded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use uuid::Uuid;

use crate::clock;
use crate::error::Failure;
use crate::snapshot::VirtualKey;
use crate::window::{MINUTE_MS, Window};

/// What a request may come to at most, known before it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    /// Nano-dollars; `None` where the model has no price.
    pub cost_nanos: Option<i64>,
    pub tokens: u64,
}

#[derive(Default)]
pub struct Limits {
    counters: RwLock<HashMap<Uuid, Arc<Counter>>>,
}

#[derive(Default)]
struct Counter(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    /// Nano-dollars settled in the running budget period.
    spent: i64,
    reserved: i64,
    in_flight: u32,
    requests: Window,
    tokens: Window,
    budget_period: i64,
}

/// A place taken. Settle it with the real figures; dropped without, it gives its reservation back.
pub struct Permit {
    counter: Option<Arc<Counter>>,
    reserved_nanos: i64,
    reserved_tokens: u64,
}

impl Limits {
    /// What a key has spent in its running budget period, from the ledger.
    pub fn seed(&self, key_id: Uuid, period_start: i64, spent_nanos: i64) {
        let counter = self.counter(key_id);
        let mut counts = counter.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.spent = spent_nanos;
        counts.budget_period = period_start;
    }

    /// Nano-dollars settled in the running budget period.
    pub fn spent(&self, key_id: Uuid) -> i64 {
        self.counter(key_id).0.lock().unwrap_or_else(PoisonError::into_inner).spent
    }

    pub fn forget(&self, key_id: Uuid) {
        self.counters.write().unwrap_or_else(PoisonError::into_inner).remove(&key_id);
    }

    fn counter(&self, key_id: Uuid) -> Arc<Counter> {
        if let Some(counter) = self.counters.read().unwrap_or_else(PoisonError::into_inner).get(&key_id) {
            return counter.clone();
        }
        self.counters.write().unwrap_or_else(PoisonError::into_inner).entry(key_id).or_default().clone()
    }

    /// Takes a place, or says which limit is in the way. Keys without limits cost nothing here.
    pub fn admit(&self, key: Option<&VirtualKey>, estimate: Estimate) -> Result<Permit, Failure> {
        let limited = key.map(|key| &key.row).filter(|row| {
            row.max_budget_nanos.is_some()
                || row.rpm_limit.is_some()
                || row.tpm_limit.is_some()
                || row.max_parallel_requests.is_some()
        });
        let Some(row) = limited else {
            return Ok(Permit { counter: None, reserved_nanos: 0, reserved_tokens: 0 });
        };
        let now = clock::now_ms();
        let counter = self.counter(row.id);
        let mut counts = counter.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = |name: &str, limit: i64| {
            let resets = now - now.rem_euclid(MINUTE_MS) + MINUTE_MS;
            let message = format!(
                "Rate limit exceeded for api_key: {}. Limit type: {name}. Current limit: {limit}, Remaining: 0. Limit resets at: {}",
                row.token,
                clock::text(resets)
            );
            let seconds = ((resets - now) as u64).div_ceil(1000).max(1);
            Failure::rate_limited("rate_limit_exceeded", message, seconds)
        };
        if let Some(parallel) = row.max_parallel_requests
            && i64::from(counts.in_flight) >= parallel
        {
            return Err(limit("max_parallel_requests", parallel));
        }
        if let Some(rpm) = row.rpm_limit
            && counts.requests.used(now) as i64 >= rpm
        {
            return Err(limit("requests", rpm));
        }
        if let Some(tpm) = row.tpm_limit
            && counts.tokens.used(now) as i64 >= tpm
        {
            return Err(limit("tokens", tpm));
        }
        let mut reserved_nanos = 0;
        if let Some(budget) = row.max_budget_nanos {
            // A period ends on time; the key's row says so a little later.
            let period = row.budget_reset_at.filter(|reset| *reset <= now).unwrap_or(row.budget_started_at);
            if period > counts.budget_period {
                counts.budget_period = period;
                counts.spent = 0;
            }
            let Some(cost) = estimate.cost_nanos else {
                return Err(Failure::invalid(
                    "unpriced_model",
                    "This key has a budget, and the model has no price to hold against it. Set a price for the model in the console, or use a key without a budget.",
                )
                .with_param("model"));
            };
            let committed = counts.spent.saturating_add(counts.reserved);
            if counts.spent >= budget || committed.saturating_add(cost) > budget {
                return Err(over_budget(&counts, budget, cost, row.budget_reset_at));
            }
            reserved_nanos = cost;
            counts.reserved += cost;
        }
        counts.in_flight += 1;
        counts.requests.add(now, 1);
        counts.tokens.add(now, estimate.tokens);
        drop(counts);
        Ok(Permit { counter: Some(counter), reserved_nanos, reserved_tokens: estimate.tokens })
    }
}

fn dollars(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

fn over_budget(counts: &Counts, budget: i64, cost: i64, reset_at: Option<i64>) -> Failure {
    let resets = reset_at.map(|at| format!(" It resets at {}.", clock::text(at))).unwrap_or_default();
    let message = format!(
        "Budget has been exceeded! Current cost: {}, Max budget: {}. Reserved by requests under way: {}; this request may cost up to {}.{resets}",
        dollars(counts.spent),
        dollars(budget),
        dollars(counts.reserved),
        dollars(cost),
    );
    Failure::over_budget(message).with_details(serde_json::json!({
        "current_cost": dollars(counts.spent),
        "max_budget": dollars(budget),
        "reserved": dollars(counts.reserved),
        "estimate": dollars(cost),
    }))
}

impl Permit {
    /// Replaces the reservation by what it came to.
    pub fn settle(mut self, cost_nanos: i64, tokens: u64) {
        self.end(cost_nanos, tokens);
    }

    fn end(&mut self, cost_nanos: i64, tokens: u64) {
        if let Some(counter) = self.counter.take() {
            let mut counts = counter.0.lock().unwrap_or_else(PoisonError::into_inner);
            counts.in_flight = counts.in_flight.saturating_sub(1);
            counts.reserved -= self.reserved_nanos;
            counts.spent = counts.spent.saturating_add(cost_nanos);
            counts.tokens.correct(self.reserved_tokens, tokens);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.end(0, 0);
    }
}

#[cfg(test)]
mod tests;
