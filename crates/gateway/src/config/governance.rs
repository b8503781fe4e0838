//! What the configuration file says of keys, users and budgets: LiteLLM's settings, with a few of Postern's own.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::counters::Period;
use crate::{clock, durations};

/// What to do with a request for a model without a price while a budget is in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unpriced {
    #[default]
    Refuse,
    /// It counts nothing.
    Allow,
}

/// What a provider, or all of a kind, may be asked for and cost. Money in nano-dollars; absent: no limit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProviderLimits {
    pub max_budget_nanos: Option<i64>,
    pub soft_budget_nanos: Option<i64>,
    /// After which the budget starts anew.
    pub budget_duration: String,
    /// Requests per minute.
    pub rpm_limit: Option<u64>,
    /// Tokens per minute.
    pub tpm_limit: Option<u64>,
    pub max_parallel_requests: Option<u64>,
    /// Models or patterns beyond which it is asked for nothing; empty: all.
    pub allowed_models: Vec<String>,
    /// Limits of single models, by the name that the provider has for them.
    pub models: BTreeMap<String, ProviderModelLimits>,
}

/// What one model of a provider may be asked for and cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProviderModelLimits {
    pub max_budget_nanos: Option<i64>,
    /// After which the budget starts anew.
    pub budget_duration: Option<String>,
    /// Requests per minute.
    pub rpm_limit: Option<u64>,
    /// Tokens per minute.
    pub tpm_limit: Option<u64>,
}

/// Money in nano-dollars.
#[derive(Debug, Clone, PartialEq)]
pub struct Governance {
    /// `litellm_settings.timezone`: where budgets' days begin.
    pub zone: TimeZone,
    pub unpriced: Unpriced,
    /// The status of what is over its budget: 402, or LiteLLM's 400.
    pub over_budget_status: u16,
    /// The status of an expired key: 401, or LiteLLM's 400.
    pub expired_key_status: u16,
    /// `litellm_settings.max_budget`: for all requests together.
    pub max_budget_nanos: Option<i64>,
    pub budget_duration: Option<String>,
    /// `router_settings.provider_budget_config`: limits by a provider's name or kind.
    pub provider_limits: BTreeMap<String, ProviderLimits>,
    /// `litellm_settings.default_key_generate_params`.
    pub default_key_params: Map<String, Value>,
    /// `litellm_settings.upperbound_key_generate_params`.
    pub upper_key_params: Map<String, Value>,
    /// `litellm_settings.key_generation_settings`.
    pub key_generation: Map<String, Value>,
    /// `litellm_settings.default_internal_user_params`.
    pub default_user_params: Map<String, Value>,
    /// `litellm_settings.default_team_params`.
    pub default_team_params: Map<String, Value>,
    /// `litellm_settings.max_end_user_budget_id`: of end users without one of their own.
    pub end_user_budget_id: Option<String>,
    /// `litellm_settings.max_end_user_budget`.
    pub end_user_budget_nanos: Option<i64>,
    /// `general_settings.enforce_user_param`: every request names its end user.
    pub enforce_user: bool,
    /// `general_settings.reject_clientside_metadata_tags`.
    pub reject_tags: bool,
    /// `general_settings.user_header_name`: where requests name their end user.
    pub user_header: Option<String>,
    /// `general_settings.litellm_key_header_name`: a further header that a key may come in.
    pub key_header: Option<String>,
    /// `litellm_settings.max_ui_session_budget`.
    pub session_budget_nanos: Option<i64>,
    /// `general_settings.session_duration`: how long a sign-in to the console lasts.
    pub session: Duration,
    /// `general_settings.maximum_spend_logs_retention_period`: how long single requests are kept; `None`: for ever. Sums are.
    pub requests_kept: Option<Duration>,
    /// `general_settings.key_rotation_grace`: how long a key that was rotated by itself is still taken.
    pub rotation_grace: Duration,
}

impl Default for Governance {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            unpriced: Unpriced::Refuse,
            over_budget_status: 402,
            expired_key_status: 401,
            max_budget_nanos: None,
            budget_duration: None,
            provider_limits: BTreeMap::new(),
            default_key_params: Map::new(),
            upper_key_params: Map::new(),
            key_generation: Map::new(),
            default_user_params: Map::new(),
            default_team_params: Map::new(),
            end_user_budget_id: None,
            end_user_budget_nanos: None,
            enforce_user: false,
            reject_tags: false,
            user_header: None,
            key_header: None,
            session_budget_nanos: None,
            session: Duration::from_hours(24),
            requests_kept: Some(Duration::from_hours(400 * 24)),
            rotation_grace: Duration::from_hours(24),
        }
    }
}

impl Governance {
    /// The teams that people may join by themselves: `available_teams` of `default_internal_user_params`.
    pub fn open_teams(&self) -> impl Iterator<Item = &str> {
        let named = self.default_user_params.get("available_teams").and_then(Value::as_array);
        named.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The running period of a budget that the file names. Without a duration it began with the ledger.
    pub fn period(&self, duration: Option<&str>) -> Period {
        self.period_at(duration, clock::now())
    }

    /// The same at a moment. The calendar alone says it, so that whoever reads the file again, or starts with it, is told the same.
    fn period_at(&self, duration: Option<&str>, now: Timestamp) -> Period {
        let Some(duration) = duration else { return Period::default() };
        let started_at = durations::counted(duration, now, &self.zone).unwrap_or_default();
        let begun = Timestamp::from_millisecond(started_at).unwrap_or(now);
        Period { started_at, reset_at: durations::next_reset(duration, begun, &self.zone).ok() }
    }
}

#[cfg(test)]
mod tests;
