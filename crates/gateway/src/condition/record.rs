//! The numbers behind a condition, and the rule that opens a circuit.

use std::collections::VecDeque;
use std::time::Duration;

use super::Availability;
use crate::clock::{self, Moment};
use crate::config::Policy;
use crate::error::ErrorClass;

/// Failures in a row that open a circuit, where nothing else is said.
const IN_A_ROW: u32 = 3;
/// So many calls within a minute tell something when more than half of them failed.
const ENOUGH_CALLS: usize = 5;
const MINUTE: Duration = Duration::from_mins(1);
/// A circuit that opens again and again stays open twice as long each time, at most this long.
const LONGEST_COOLDOWN: Duration = Duration::from_mins(1);
/// What an upstream asks for itself is believed up to here.
const LONGEST_REQUESTED: Duration = Duration::from_hours(1);
/// Calls that are remembered of the last minute.
const MOST_CALLS: usize = 256;

/// When a deployment cools down, and for how long.
#[derive(Debug, Clone)]
pub struct CooldownRules {
    pub enabled: bool,
    pub time: Duration,
    /// Failures within `time` that are let pass.
    pub allowed: Option<u32>,
    pub allowed_by_class: Policy,
}

impl Default for CooldownRules {
    fn default() -> Self {
        Self { enabled: true, time: Duration::from_secs(5), allowed: None, allowed_by_class: Policy::new() }
    }
}

/// A failure, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct Trouble<'a> {
    pub class: ErrorClass,
    /// The HTTP status, the upstream's or the one that stands for its silence.
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// For a person; nothing secret.
    pub reason: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastFailure {
    /// UTC milliseconds.
    pub at: i64,
    pub status: u16,
    pub reason: String,
}

/// What a circuit was when a call failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Was {
    /// Half open, and this its one request.
    pub probe: bool,
    /// Still open.
    pub open: bool,
}

/// What a success put an end to.
#[derive(Debug)]
pub(super) struct Praise {
    in_a_row: u32,
    openings: u32,
    /// With this one.
    successes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Record {
    successes: u64,
    failures: u64,
    in_a_row: u32,
    /// Those of them that were a provider's list of models, and no request.
    probes_in_a_row: u32,
    /// How often the circuit opened without closing in between.
    openings: u32,
    /// Calls of the last minute, and whether they failed.
    calls: VecDeque<(Moment, bool)>,
    last_failure: Option<LastFailure>,
    last_class: Option<ErrorClass>,
    last_success_at: Option<i64>,
}

/// What is shown of a condition.
#[derive(Debug, Clone)]
pub struct View {
    pub availability: Availability,
    /// How much longer it cools down.
    pub cooling_for: Option<Duration>,
    pub in_flight: u32,
    pub first_token: Option<Duration>,
    pub requests_this_minute: u64,
    pub tokens_this_minute: u64,
    /// Since the process began.
    pub successes: u64,
    pub failures: u64,
    pub consecutive_failures: u32,
    pub last_failure: Option<LastFailure>,
    /// UTC milliseconds.
    pub last_success_at: Option<i64>,
}

impl Record {
    fn call(&mut self, now: Moment, failed: bool) {
        while self.calls.len() >= MOST_CALLS
            || self.calls.front().is_some_and(|(then, _)| now.since(*then) > MINUTE)
        {
            self.calls.pop_front();
        }
        self.calls.push_back((now, failed));
    }

    /// What was known before, for [`Self::take_back`].
    pub(super) fn succeeded(&mut self, now: Moment) -> Praise {
        let before = Praise { in_a_row: self.in_a_row, openings: self.openings, successes: 0 };
        self.refused(now);
        Praise { successes: self.successes, ..before }
    }

    /// It was no success after all: the stream that began well broke off.
    pub(super) fn take_back(&mut self, praise: &Praise) {
        if let Some(praised) = self.calls.iter().rposition(|(_, failed)| !failed) {
            self.calls.remove(praised);
        }
        // Another request that succeeded since is a reason to begin the count anew.
        if self.successes == praise.successes {
            self.in_a_row = self.in_a_row.max(praise.in_a_row);
            self.openings = self.openings.max(praise.openings);
        }
        self.successes = self.successes.saturating_sub(1);
    }

    pub(super) fn refused(&mut self, now: Moment) {
        self.call(now, false);
        self.successes += 1;
        self.in_a_row = 0;
        self.probes_in_a_row = 0;
        self.openings = 0;
        self.last_success_at = Some(clock::now_ms());
    }

    /// A probe that cost nothing failed: as if a request had.
    pub(super) fn probe_failed(
        &mut self,
        now: Moment,
        trouble: &Trouble<'_>,
        rules: &CooldownRules,
        was: Was,
    ) -> Option<Duration> {
        self.probes_in_a_row += 1;
        self.failed(now, trouble, rules, was)
    }

    /// A probe that costs nothing was answered, which takes back what probes said and nothing else. Whether there was
    /// something, and nothing else is wrong.
    pub(super) fn probe_answered(&mut self) -> bool {
        let probes = std::mem::take(&mut self.probes_in_a_row);
        self.in_a_row = self.in_a_row.saturating_sub(probes);
        let is_well = probes > 0 && self.in_a_row == 0;
        if is_well {
            self.openings = 0;
        }
        is_well
    }

    /// For how long the deployment has to rest now, if it does.
    pub(super) fn failed(
        &mut self,
        now: Moment,
        trouble: &Trouble<'_>,
        rules: &CooldownRules,
        was: Was,
    ) -> Option<Duration> {
        self.call(now, true);
        self.failures += 1;
        self.in_a_row += 1;
        self.last_class = Some(trouble.class);
        self.last_failure = Some(LastFailure {
            at: clock::now_ms(),
            status: trouble.status,
            reason: trouble.reason.chars().take(500).collect(),
        });
        if !rules.enabled || rules.time.is_zero() {
            return None;
        }
        let requested = trouble.retry_after.map(|asked| asked.min(LONGEST_REQUESTED));
        if was.open && !was.probe {
            // Those that were under way when it opened fail for the same reason: that is one opening.
            return requested;
        }
        if !was.probe && !self.is_enough(now, trouble, rules) {
            return None;
        }
        self.openings += 1;
        let grown = rules.time.saturating_mul(1 << (self.openings - 1).min(10));
        let own = grown.min(LONGEST_COOLDOWN.max(rules.time));
        // An upstream that says when it may be asked again knows better than a rule of thumb.
        Some(requested.unwrap_or(own))
    }

    fn is_enough(&self, now: Moment, trouble: &Trouble<'_>, rules: &CooldownRules) -> bool {
        let class = trouble.class;
        if let Some(allowed) = rules.allowed_by_class.get(&class).copied().or(rules.allowed) {
            let recent = self.calls.iter().filter(|(then, failed)| *failed && now.since(*then) <= rules.time);
            return recent.count() > allowed as usize;
        }
        match class {
            ErrorClass::RateLimit | ErrorClass::NotFound => true,
            ErrorClass::Authentication if trouble.status == 401 => true,
            ErrorClass::BadRequest | ErrorClass::ContextWindow | ErrorClass::ContentPolicy => false,
            // Some refuse with 403 what is the request's fault.
            ErrorClass::Timeout | ErrorClass::Internal | ErrorClass::Authentication => {
                let calls = self.calls.iter().filter(|(then, _)| now.since(*then) <= MINUTE);
                let (calls, failed) =
                    calls.fold((0, 0), |(calls, failed), (_, bad)| (calls + 1, failed + usize::from(*bad)));
                self.in_a_row >= IN_A_ROW || (calls >= ENOUGH_CALLS && failed * 2 > calls)
            }
        }
    }

    pub(super) fn last_class(&self) -> Option<ErrorClass> {
        self.last_class
    }

    pub(super) fn view(
        &self,
        availability: Availability,
        now: Moment,
        in_flight: u32,
        first_token: Option<u64>,
        requests: u64,
        tokens: u64,
    ) -> View {
        let cooling_for = match availability {
            Availability::Cooling(until) => Some(until.since(now)),
            _ => None,
        };
        View {
            availability,
            cooling_for,
            in_flight,
            first_token: first_token.map(Duration::from_micros),
            requests_this_minute: requests,
            tokens_this_minute: tokens,
            successes: self.successes,
            failures: self.failures,
            consecutive_failures: self.in_a_row,
            last_failure: self.last_failure.clone(),
            last_success_at: self.last_success_at,
        }
    }
}
