//! Admission: budgets, requests and tokens per minute, and parallel requests, at every level at once. What a request may cost
//! is reserved before it is sent and settled when its real cost is known, so that parallel requests cannot overspend.
//!
//! All counters of a request are held while they are looked at, so that it is let in by all of them or changes none. They
//! live in memory; the ledger is the truth from which they are seeded.

mod notice;
mod refusal;

use std::sync::{Arc, MutexGuard};

pub use notice::{Unnoted, settled_silently, unnoted};
use smallvec::SmallVec;

use crate::counters::{Counts, Scope};
use crate::error::Failure;
use crate::events::{Event, Events};

/// What a request may come to at most, known before it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    /// Nano-dollars; `None` where the model has no price.
    pub cost_nanos: Option<i64>,
    pub tokens: u64,
}

/// Limits that a request is held against.
#[derive(Debug, Clone)]
pub struct Gate {
    pub scope: Arc<Scope>,
    /// Whether its budget is in force; what is spent is counted all the same.
    pub budget: bool,
}

/// In the order in which they are looked at: the first that is in the way is told.
pub type Gates = SmallVec<[Gate; 8]>;

/// What is done where it cannot be known beforehand what a request costs, and how refusals are told.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub refuse_unpriced: bool,
    pub over_budget_status: u16,
}

impl Default for Terms {
    fn default() -> Self {
        Self { refuse_unpriced: true, over_budget_status: 402 }
    }
}

/// How much of a limit is left for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// `api_key`, `team`, `model_per_key`, ...
    pub of: &'static str,
    /// `requests` or `tokens`.
    pub kind: &'static str,
    pub limit: u64,
    pub remaining: u64,
}

/// A place taken. Settle it with the real figures; dropped without, it gives its reservation back.
#[derive(Default)]
pub struct Permit {
    held: SmallVec<[Held; 8]>,
    reserved_nanos: i64,
    reserved_tokens: u64,
    at: i64,
    pub rooms: SmallVec<[Room; 4]>,
    events: Option<Events>,
}

struct Held {
    scope: Arc<Scope>,
    /// The budget period that it was let in in.
    period: i64,
}

/// Takes a place, or says which limit is in the way. Who has no limits costs nothing here. `now` is UTC milliseconds.
pub fn admit(
    gates: Gates,
    estimate: Estimate,
    terms: Terms,
    now: i64,
    events: &Events,
) -> Result<Permit, Failure> {
    if gates.is_empty() {
        return Ok(Permit::default());
    }
    let gates = without_doubles(gates);
    let mut counts = lock_all(&gates);
    for (gate, counts) in gates.iter().zip(&mut counts) {
        counts.enter(gate.scope.period.begun(now));
    }
    let mut cost = 0;
    let mut soonest_refusal: Option<Failure> = None;
    for (gate, counts) in gates.iter().zip(&mut counts) {
        let Some(budget) = gate.scope.budget(now).filter(|_| gate.budget) else { continue };
        let Some(estimated) = estimate.cost_nanos.or((!terms.refuse_unpriced).then_some(0)) else {
            return Err(refusal::unpriced(&gate.scope));
        };
        cost = estimated;
        let spent = gate.scope.spent(counts);
        let committed = spent.saturating_add(counts.reserved);
        if spent >= budget || committed.saturating_add(cost) > budget {
            if let Some(notice) = notice::refused(&gate.scope, counts, budget, now) {
                events.publish(Event::Budget(Arc::new(notice)));
            }
            soonest_refusal
                .get_or_insert_with(|| refusal::over_budget(&gate.scope, counts, budget, cost, terms, now));
        }
    }
    if let Some(refusal) = soonest_refusal {
        return Err(refusal);
    }
    for (gate, counts) in gates.iter().zip(&mut counts) {
        check_rates(&gate.scope, counts, estimate.tokens, now)?;
    }
    let mut permit = Permit {
        reserved_nanos: cost,
        reserved_tokens: estimate.tokens,
        at: now,
        events: Some(events.clone()),
        held: SmallVec::new(),
        rooms: SmallVec::new(),
    };
    let periods: SmallVec<[i64; 8]> = gates
        .iter()
        .zip(&mut counts)
        .map(|(gate, counts)| {
            counts.reserved = counts.reserved.saturating_add(cost);
            counts.in_flight += 1;
            counts.requests.add(now, 1);
            counts.tokens.add(now, estimate.tokens);
            permit.note_rooms(&gate.scope, counts, now);
            counts.period
        })
        .collect();
    drop(counts);
    permit.held =
        gates.into_iter().zip(periods).map(|(gate, period)| Held { scope: gate.scope, period }).collect();
    Ok(permit)
}

/// A tag that is named twice counts once.
fn without_doubles(gates: Gates) -> Gates {
    let mut seen: SmallVec<[*const crate::counters::Counter; 12]> = SmallVec::new();
    gates
        .into_iter()
        .filter(|gate| {
            let counter = Arc::as_ptr(&gate.scope.counter);
            let is_new = !seen.contains(&counter);
            seen.push(counter);
            is_new
        })
        .collect()
}

/// All counters, in the order of the gates, taken in one order by everybody.
fn lock_all(gates: &Gates) -> SmallVec<[MutexGuard<'_, Counts>; 8]> {
    let mut order: SmallVec<[usize; 12]> = (0..gates.len()).collect();
    order.sort_unstable_by_key(|index| Arc::as_ptr(&gates[*index].scope.counter));
    let mut taken: SmallVec<[(usize, MutexGuard<'_, Counts>); 8]> =
        order.into_iter().map(|index| (index, gates[index].scope.counter.lock())).collect();
    taken.sort_unstable_by_key(|(index, _)| *index);
    taken.into_iter().map(|(_, counts)| counts).collect()
}

fn check_rates(scope: &Scope, counts: &mut Counts, tokens: u64, now: i64) -> Result<(), Failure> {
    if let Some(most) = scope.parallel
        && u64::from(counts.in_flight) >= most
    {
        return Err(refusal::rate(
            scope,
            "max_parallel_requests",
            most,
            u64::from(counts.in_flight),
            1_000,
            now,
        ));
    }
    if let Some(most) = scope.requests_per_minute {
        let used = counts.requests.used(now);
        if used >= most {
            let wait =
                most.checked_sub(1).map_or(crate::window::MINUTE_MS, |room| counts.requests.wait(now, room));
            return Err(refusal::rate(scope, "requests", most, used, wait, now));
        }
    }
    if let Some(most) = scope.tokens_per_minute {
        let used = counts.tokens.used(now);
        // One request that is larger than all of the limit may go when nothing else does: else it never could.
        if used >= most || (used > 0 && used.saturating_add(tokens) > most) {
            let wait = match most {
                0 => crate::window::MINUTE_MS,
                most => counts.tokens.wait(now, most.saturating_sub(tokens)),
            };
            return Err(refusal::rate(scope, "tokens", most, used, wait, now));
        }
    }
    Ok(())
}

impl Permit {
    fn note_rooms(&mut self, scope: &Scope, counts: &mut Counts, now: i64) {
        let mut note = |kind, limit: Option<u64>, used: u64| {
            if let Some(limit) = limit {
                let remaining = limit.saturating_sub(used);
                self.rooms.push(Room { of: scope.word(), kind, limit, remaining });
            }
        };
        note("requests", scope.requests_per_minute, counts.requests.used(now));
        note("tokens", scope.tokens_per_minute, counts.tokens.used(now));
    }

    pub fn reserved_nanos(&self) -> i64 {
        self.reserved_nanos
    }

    /// Replaces the reservation by what it came to. `now` is UTC milliseconds.
    pub fn settle(mut self, cost_nanos: i64, tokens: u64, now: i64) {
        self.end(cost_nanos, tokens, now);
    }

    fn end(&mut self, cost_nanos: i64, tokens: u64, now: i64) {
        for Held { scope, period } in std::mem::take(&mut self.held) {
            let mut counts = scope.counter.lock();
            counts.in_flight = counts.in_flight.saturating_sub(1);
            // What was let in in an earlier period belongs to that, as the ledger sees it, too.
            if counts.period == period {
                counts.reserved -= self.reserved_nanos;
                counts.spent = counts.spent.saturating_add(cost_nanos);
            }
            counts.tokens.correct(self.at, self.reserved_tokens, tokens);
            if cost_nanos > 0
                && let Some(events) = &self.events
            {
                for notice in notice::crossed(&scope, &mut counts, now) {
                    events.publish(Event::Budget(Arc::new(notice)));
                }
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.end(0, 0, self.at);
    }
}

#[cfg(test)]
mod tests;
