//! `/admin/stats`: requests, tokens and money of the last hours, in all, by provider and by model.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use postern_store::table::spend_hourly::{self, Sum, Totals};
use serde::{Deserialize, Serialize};

use super::errors::AdminErrorBody;
use super::query;
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::QueryOf;
use crate::snapshot::Snapshot;

const HOUR_MS: i64 = 3_600_000;
/// A leap year.
const MOST_HOURS: i64 = 8784;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatsQuery {
    /// 1 to 8784; 24 when absent.
    #[param(value_type = Option<u32>, example = 24)]
    hours: Option<String>,
}

/// Requests that began within the hours asked for, counted when they ended.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SystemStats {
    #[serde(flatten)]
    pub all: RequestStats,
    /// Every configured provider, and every other that served a request, busiest first.
    pub providers: Vec<ProviderStats>,
    /// By model group, busiest first.
    pub models: Vec<ModelStats>,
    pub hours: i64,
    /// RFC 3339, UTC.
    pub timestamp: String,
}

#[derive(Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RequestStats {
    pub total_requests: i64,
    pub successful_requests: i64,
    pub failed_requests: i64,
    /// Given up by the client: neither a success nor a failure.
    pub cancelled_requests: i64,
    /// Percent of those that succeeded or failed; null where there were none.
    pub success_rate: Option<f64>,
    /// Null without a request.
    pub avg_response_time_ms: Option<f64>,
    /// Prompt and completion.
    pub total_tokens: i64,
    /// Dollars. Requests of models without a price cost nothing here, and are counted in `unpriced_requests`.
    pub total_cost: f64,
    pub unpriced_requests: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderStats {
    /// Null for the built-in provider and for one that was removed or renamed.
    pub provider_id: Option<i64>,
    pub provider_name: String,
    #[serde(flatten)]
    pub requests: RequestStats,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelStats {
    pub model: String,
    #[serde(flatten)]
    pub requests: RequestStats,
}

impl From<&Totals> for RequestStats {
    fn from(totals: &Totals) -> Self {
        let successful = totals.requests - totals.errors - totals.cancelled;
        let ended = successful + totals.errors;
        Self {
            total_requests: totals.requests,
            successful_requests: successful,
            failed_requests: totals.errors,
            cancelled_requests: totals.cancelled,
            success_rate: (ended > 0).then(|| 100.0 * successful as f64 / ended as f64),
            avg_response_time_ms: (totals.requests > 0)
                .then(|| totals.latency_us as f64 / 1000.0 / totals.requests as f64),
            total_tokens: totals.input_tokens + totals.output_tokens,
            total_cost: totals.cost_nanos as f64 / 1e9,
            unpriced_requests: totals.unpriced,
        }
    }
}

/// Requests, tokens and cost of the last hours
///
/// Exact to the request: whole hours from the roll-ups, the hour that began before the span from its rows.
#[utoipa::path(
    get, path = "/admin/stats", tag = "Orchestrator", params(StatsQuery),
    responses((status = 200, body = SystemStats), (status = 400, body = AdminErrorBody), (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody))
)]
pub async fn stats(
    State(engine): State<Shared>,
    QueryOf(asked): QueryOf<StatsQuery>,
) -> Result<Json<SystemStats>, Failure> {
    let hours = query::number("hours", asked.hours, 1..=MOST_HOURS)?.unwrap_or(24);
    let now = clock::now_ms();
    // Nothing is of the future, so the hour under way is a whole one, too.
    let end = (now.div_euclid(HOUR_MS) + 1) * HOUR_MS;
    let sums = engine
        .read(move |connection| spend_hourly::sums_between(connection, now - hours * HOUR_MS, end))
        .await?;
    let snapshot = engine.snapshot.load();
    Ok(Json(gather(&sums, &snapshot, hours, now)))
}

fn gather(sums: &[Sum], snapshot: &Snapshot, hours: i64, now: i64) -> SystemStats {
    let configured = || snapshot.providers.iter().filter(|provider| !provider.built_in);
    let mut all = Totals::default();
    let mut providers: BTreeMap<&str, Totals> =
        configured().map(|provider| (provider.row.name.as_str(), Totals::default())).collect();
    let mut models: BTreeMap<&str, Totals> = BTreeMap::new();
    for (model, provider, totals) in sums {
        all.add(totals);
        models.entry(model).or_default().add(totals);
        if !provider.is_empty() {
            providers.entry(provider).or_default().add(totals);
        }
    }
    let mut providers: Vec<ProviderStats> = providers
        .into_iter()
        .map(|(name, totals)| ProviderStats {
            provider_id: configured()
                .find(|provider| provider.row.name == name)
                .map(|provider| provider.row.number),
            provider_name: name.to_owned(),
            requests: RequestStats::from(&totals),
        })
        .collect();
    providers.sort_by_key(|provider| std::cmp::Reverse(provider.requests.total_requests));
    let mut models: Vec<ModelStats> = models
        .into_iter()
        .map(|(model, totals)| ModelStats { model: model.to_owned(), requests: RequestStats::from(&totals) })
        .collect();
    models.sort_by_key(|model| std::cmp::Reverse(model.requests.total_requests));
    SystemStats { all: RequestStats::from(&all), providers, models, hours, timestamp: clock::text(now) }
}
