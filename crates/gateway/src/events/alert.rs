//! What people are told of though they did not ask: a budget that runs out, unusual spend, a provider's limit that is near.
//! Each is told once, to whoever watches, in notifications and to other programs.

mod words;

use postern_store::table::alerts::Whose;
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::clock;

/// What sort of thing is told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A budget's spend has reached a threshold.
    Budget,
    /// An hour costs far more than usual.
    SpendSpike,
    /// What a provider or a deployment takes at most is nearly used up.
    ProviderLimit,
}

impl AlertKind {
    pub const ALL: [Self; 3] = [Self::Budget, Self::SpendSpike, Self::ProviderLimit];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::SpendSpike => "spend_spike",
            Self::ProviderLimit => "provider_limit",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Something that is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub id: Uuid,
    /// UTC milliseconds.
    pub at: i64,
    pub whose: Whose,
    pub data: AlertData,
}

impl Alert {
    pub fn kind(&self) -> AlertKind {
        self.data.kind()
    }
}

/// What is told. Money in nano-dollars, moments in UTC milliseconds, which JSON has as RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AlertData {
    Budget(BudgetReached),
    SpendSpike(Spike),
    ProviderLimit(LimitNear),
}

impl AlertData {
    pub fn kind(&self) -> AlertKind {
        match self {
            Self::Budget(_) => AlertKind::Budget,
            Self::SpendSpike(_) => AlertKind::SpendSpike,
            Self::ProviderLimit(_) => AlertKind::ProviderLimit,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetReached {
    /// `api_key`, `team`, `model_per_key`, ...
    pub level: &'static str,
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Where the budget is for one model.
    pub model: Option<String>,
    /// Null: the soft budget.
    pub percent: Option<u8>,
    pub spent_nanos: i64,
    pub budget_nanos: i64,
    /// When the running period began; null: it has always run.
    #[serde(serialize_with = "maybe_moment")]
    pub since: Option<i64>,
    /// When the budget starts anew; null: never.
    #[serde(serialize_with = "maybe_moment")]
    pub reset_at: Option<i64>,
}

/// Whose spend is unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpendOf {
    Total,
    Key,
    Provider,
}

impl SpendOf {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Key => "key",
            Self::Provider => "provider",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spike {
    pub of: SpendOf,
    /// Of the key or the provider; empty for the total.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Begin of the hour.
    #[serde(serialize_with = "moment")]
    pub since: i64,
    pub spent_nanos: i64,
    /// What is spent in the middle at this time of day.
    pub usual_nanos: i64,
    /// Beyond which it is unusual.
    pub bound_nanos: i64,
}

/// Who says how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// `rpm` or `tpm` of the deployment.
    Deployment,
    /// `provider_budget_config`.
    Configuration,
    /// The provider, in the headers of an answer.
    Provider,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitNear {
    pub source: LimitSource,
    /// The provider's name, or its kind.
    pub provider: String,
    /// The deployment's model, where the limit is of one.
    pub model: Option<String>,
    pub deployment_id: Option<String>,
    /// `requests` or `tokens`.
    pub unit: &'static str,
    pub used: u64,
    pub limit: u64,
    /// When it was seen.
    #[serde(serialize_with = "moment")]
    pub since: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn moment<S: Serializer>(at: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&clock::text(*at))
}

#[expect(clippy::ref_option, reason = "as serde calls it")]
fn maybe_moment<S: Serializer>(at: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(clock::text).serialize(serializer)
}
