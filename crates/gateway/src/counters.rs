//! What has been used of a limit: spend of the running budget period, requests and tokens of the last minute, requests under
//! way. Each thing that is limited has one [`Counter`], which outlives the snapshots that it appears in. The ledger is the
//! truth from which a counter's spend is seeded.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_store::table::spent::Subject;

use crate::window::Window;

/// What a limit belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Proxy,
    Organization,
    OrganizationMember,
    Team,
    TeamMember,
    User,
    Key,
    Customer,
    Tag,
    Provider,
}

impl Level {
    /// As LiteLLM calls it in errors and headers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Organization => "organization",
            Self::OrganizationMember => "organization_member",
            Self::Team => "team",
            Self::TeamMember => "team_member",
            Self::User => "user",
            Self::Key => "api_key",
            Self::Customer => "end_user",
            Self::Tag => "tag",
            Self::Provider => "provider",
        }
    }
}

#[derive(Debug, Default)]
pub struct Counter {
    counts: Mutex<Counts>,
    seeded: AtomicBool,
}

#[derive(Debug, Default)]
pub struct Counts {
    /// Nano-dollars settled in the running budget period.
    pub spent: i64,
    /// Nano-dollars held for requests under way that were let in in this period.
    pub reserved: i64,
    pub in_flight: u32,
    pub requests: Window,
    pub tokens: Window,
    /// When the running budget period began, UTC milliseconds.
    pub period: i64,
    /// Which thresholds of the budget were told in this period, as bits.
    pub told: u8,
    /// Which of them are known to be in the database.
    pub noted: u8,
    /// The budget and the soft budget that these thresholds are of.
    pub told_of: (Option<i64>, Option<i64>),
}

impl Counts {
    /// A new period begins with nothing spent; what was let in before it is not counted in it.
    pub fn enter(&mut self, period: i64) {
        if period > self.period {
            self.period = period;
            self.spent = 0;
            self.reserved = 0;
            self.told = 0;
            self.noted = 0;
        }
    }

    /// What was told of another budget says nothing of this one.
    pub fn tell_of(&mut self, budget: Option<i64>, soft_budget: Option<i64>) {
        if self.told_of != (budget, soft_budget) {
            self.told_of = (budget, soft_budget);
            self.told = 0;
            self.noted = 0;
        }
    }
}

impl Counter {
    pub fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the ledger has been asked about this period.
    pub fn is_seeded(&self, period: i64) -> bool {
        self.seeded.load(Ordering::Acquire) && self.lock().period >= period
    }

    /// What was spent since the period began, from the ledger.
    pub fn seed(&self, period: i64, spent: i64) {
        let mut counts = self.lock();
        if period != counts.period {
            counts.reserved = 0;
            counts.told = 0;
            counts.noted = 0;
        }
        counts.period = period;
        counts.spent = spent;
        self.seeded.store(true, Ordering::Release);
    }

    /// What the ledger says of the running period, where its rows were changed.
    pub fn recount(&self, period: i64, spent: i64) {
        let mut counts = self.lock();
        if counts.period == period {
            counts.spent = spent;
        }
    }

    /// What the ledger says later cannot be less than what was counted: it may hold requests that were let in before there
    /// was anything to count them.
    pub fn reconcile(&self, period: i64, spent: i64) {
        let mut counts = self.lock();
        if counts.period == period {
            counts.spent = counts.spent.max(spent);
        }
    }
}

/// When a budget counts from, and when it starts anew. UTC milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    pub started_at: i64,
    pub reset_at: Option<i64>,
}

impl Period {
    /// Where the running period began: periods end on time, also where the row says so a little later.
    pub fn begun(&self, now: i64) -> i64 {
        self.reset_at.filter(|reset| *reset <= now).unwrap_or(self.started_at)
    }
}

/// The limits of one thing, and what is used of them. Money in nano-dollars.
#[derive(Debug)]
pub struct Scope {
    pub level: Level,
    /// As errors name it.
    pub id: Arc<str>,
    /// As the ledger finds it.
    pub subject: Subject,
    /// The limits are for this model only.
    pub model: Option<Box<str>>,
    pub max_budget: Option<i64>,
    pub soft_budget: Option<i64>,
    /// More of a budget for a while: how much, until when.
    pub extra: Option<(i64, i64)>,
    pub period: Period,
    /// Counts as spent in the period that `period` names.
    pub offset: i64,
    pub requests_per_minute: Option<u64>,
    pub tokens_per_minute: Option<u64>,
    pub parallel: Option<u64>,
    pub counter: Arc<Counter>,
}

impl Scope {
    /// What may be spent at this moment.
    pub fn budget(&self, now: i64) -> Option<i64> {
        let extra = self.extra.filter(|(_, until)| *until > now).map_or(0, |(more, _)| more);
        self.max_budget.map(|most| most.saturating_add(extra))
    }

    /// What is spent in the period that `counts` is in.
    pub fn spent(&self, counts: &Counts) -> i64 {
        let offset = if counts.period > self.period.started_at { 0 } else { self.offset };
        counts.spent.saturating_add(offset)
    }

    /// What is spent now.
    pub fn spend(&self, now: i64) -> i64 {
        let mut counts = self.counter.lock();
        counts.enter(self.period.begun(now));
        self.spent(&counts)
    }

    pub fn has_budget(&self) -> bool {
        self.max_budget.is_some() || self.soft_budget.is_some()
    }

    /// `model_per_key`, `model_per_team`, or the level's own word.
    pub fn word(&self) -> &'static str {
        match (self.level, &self.model) {
            (level, None) => level.word(),
            (Level::Key, _) => "model_per_key",
            (Level::Team, _) => "model_per_team",
            (Level::Organization, _) => "model_per_organization",
            (Level::User, _) => "model_per_user",
            (Level::Customer, _) => "model_per_end_user",
            (Level::Tag, _) => "model_per_tag",
            (Level::Provider, _) => "model_per_provider",
            (_, _) => "model_per_member",
        }
    }
}
