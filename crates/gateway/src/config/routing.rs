//! How requests find a deployment: strategy, retries, fallbacks, cooldowns, timeouts. What a configuration says of it,
//! checked, with the defaults filled in.

pub mod described;
mod fallbacks;

use std::collections::BTreeMap;
use std::time::Duration;

pub use fallbacks::{FallbackKind, StoredFallbacks};

use crate::error::ErrorClass;

/// LiteLLM's default number of attempts after the first.
pub const DEFAULT_RETRIES: u32 = 2;
pub const MOST_RETRIES: u32 = 20;
pub const LONGEST_TIMEOUT: Duration = Duration::from_hours(24);

/// How one of several deployments is chosen that could all be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strategy {
    /// By weight, at random.
    #[default]
    Shuffle,
    /// Fewest requests under way.
    LeastBusy,
    /// Least time to the first token, as an exponentially weighted mean.
    LowestLatency,
    /// Least price of input and output tokens.
    LowestCost,
    /// Fewest tokens in this minute.
    LeastUsed,
    /// The first in the configuration's order.
    Priority,
    /// Each in turn.
    RoundRobin,
}

impl Strategy {
    /// Its names: LiteLLM's first, where it has one.
    const NAMES: [(&'static str, Self); 11] = [
        ("simple-shuffle", Self::Shuffle),
        ("least-busy", Self::LeastBusy),
        ("latency-based-routing", Self::LowestLatency),
        ("cost-based-routing", Self::LowestCost),
        ("usage-based-routing-v2", Self::LeastUsed),
        ("usage-based-routing", Self::LeastUsed),
        ("priority", Self::Priority),
        ("round-robin", Self::RoundRobin),
        ("weighted", Self::Shuffle),
        ("lowest-latency", Self::LowestLatency),
        ("lowest-cost", Self::LowestCost),
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, strategy)| strategy)
    }

    pub fn as_str(self) -> &'static str {
        Self::NAMES
            .into_iter()
            .find(|(_, strategy)| *strategy == self)
            .map_or("simple-shuffle", |(name, _)| name)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().map(|(name, _)| name)
    }
}

/// A number per class of error, where one is set: retries, or failures that are allowed.
pub type Policy = BTreeMap<ErrorClass, u32>;

/// A part of a group's requests is sent to another group, too, and the answers thrown away.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirror {
    pub to: String,
    /// 0 to 100.
    pub percent: f64,
}

/// Lists of other model groups, by the group that failed; `*` stands for all others.
pub type Fallbacks = BTreeMap<String, Vec<String>>;

#[derive(Debug, Clone)]
pub struct RoutingSettings {
    pub strategy: Strategy,
    pub group_strategies: BTreeMap<String, Strategy>,
    /// Lowest latency: how much slower than the best is as good, as a part of it.
    pub latency_buffer: f64,
    /// Attempts after the first, over all deployments of a group.
    pub num_retries: u32,
    pub group_retries: BTreeMap<String, u32>,
    pub retry_policy: Policy,
    pub group_retry_policies: BTreeMap<String, Policy>,
    /// The least pause before the same deployment is asked again.
    pub retry_after: Duration,
    /// Failures within the cooldown time before a deployment cools down; `None`: see [`crate::condition`].
    pub allowed_fails: Option<u32>,
    pub allowed_fails_policy: Policy,
    pub cooldown_time: Duration,
    pub cooldowns: bool,
    /// For one attempt, to the end of a whole answer or the first token of a stream.
    pub timeout: Duration,
    /// For one attempt, to the first token of a stream.
    pub stream_timeout: Option<Duration>,
    /// How long a stream may be silent between two chunks; as long as to its first token where nothing else is said.
    pub stream_idle_timeout: Option<Duration>,
    pub fallbacks: Fallbacks,
    pub context_window_fallbacks: Fallbacks,
    pub content_policy_fallbacks: Fallbacks,
    pub default_fallbacks: Vec<String>,
    /// How many other groups are tried for one request.
    pub max_fallbacks: usize,
    /// Deployments whose model takes fewer tokens than the prompt has are not asked.
    pub pre_call_checks: bool,
    pub tag_filtering: bool,
    /// One tag in common is enough, rather than all of the request's.
    pub tag_match_any: bool,
    /// A conversation stays with the deployment that holds its prompt cache.
    pub affinity: bool,
    /// A second deployment is asked when the first has sent nothing for this long; off unless set.
    pub hedge_after: Option<Duration>,
    pub group_hedges: BTreeMap<String, Duration>,
    pub mirrors: BTreeMap<String, Mirror>,
    /// Whether providers are asked for signs of life though nothing is wrong with them.
    pub health_checks: bool,
    pub health_check_interval: Duration,
}

impl Default for RoutingSettings {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            group_strategies: BTreeMap::new(),
            latency_buffer: 0.0,
            num_retries: DEFAULT_RETRIES,
            group_retries: BTreeMap::new(),
            retry_policy: Policy::new(),
            group_retry_policies: BTreeMap::new(),
            retry_after: Duration::ZERO,
            allowed_fails: None,
            allowed_fails_policy: Policy::new(),
            cooldown_time: Duration::from_secs(5),
            cooldowns: true,
            timeout: Duration::from_mins(10),
            stream_timeout: None,
            stream_idle_timeout: None,
            fallbacks: Fallbacks::new(),
            context_window_fallbacks: Fallbacks::new(),
            content_policy_fallbacks: Fallbacks::new(),
            default_fallbacks: Vec::new(),
            max_fallbacks: 5,
            pre_call_checks: false,
            tag_filtering: false,
            tag_match_any: true,
            affinity: true,
            hedge_after: None,
            group_hedges: BTreeMap::new(),
            mirrors: BTreeMap::new(),
            health_checks: false,
            health_check_interval: Duration::from_mins(5),
        }
    }
}

impl RoutingSettings {
    pub fn strategy_of(&self, group: &str) -> Strategy {
        self.group_strategies.get(group).copied().unwrap_or(self.strategy)
    }

    pub fn hedge_of(&self, group: &str) -> Option<Duration> {
        self.group_hedges.get(group).copied().or(self.hedge_after)
    }

    /// Attempts after the first for a failure of this class.
    pub fn retries_of(&self, group: &str, class: ErrorClass) -> u32 {
        let by_group = || self.group_retries.get(group).copied();
        self.policy_of(group, class).or_else(by_group).unwrap_or(self.num_retries)
    }

    /// The same where a policy says it of this very class.
    pub fn policy_of(&self, group: &str, class: ErrorClass) -> Option<u32> {
        let own = self.group_retry_policies.get(group).and_then(|policy| policy.get(&class));
        own.or_else(|| self.retry_policy.get(&class)).copied()
    }
}
