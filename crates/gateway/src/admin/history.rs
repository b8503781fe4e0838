//! `/admin/health/history`: which circuits opened and closed, and why.

use axum::Json;
use axum::extract::State;
use postern_store::table::circuit_events::{self, CircuitEvent, EventFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::errors::AdminErrorBody;
use super::{providers, query};
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::providers::unknown;
use crate::shapes::QueryOf;
use crate::snapshot::Snapshot;

const HOUR_MS: i64 = 3_600_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// A provider's number, UUID or name.
    provider_id: Option<String>,
    /// 1 to 720; 24 when absent. What is older than 30 days is forgotten.
    #[param(value_type = Option<u32>)]
    hours: Option<String>,
    /// 1 to 1000; 200 when absent.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
    /// The `next` of the page before.
    before: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct HealthHistory {
    /// Newest first.
    pub events: Vec<CircuitEventView>,
    /// Where the next page begins; null at the end.
    pub next: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CircuitEventView {
    pub id: String,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// Null where the provider was removed, or the deployment has a credential of its own.
    pub provider_id: Option<i64>,
    /// As it was called then.
    pub provider_name: String,
    pub deployment_id: String,
    /// `open` or `closed`.
    pub state: &'static str,
    /// For how long it was not to be asked; null where it closed.
    pub cooldown_seconds: Option<f64>,
    pub reason: String,
}

/// Circuits that opened and closed
#[utoipa::path(
    get, path = "/admin/health/history", tag = "Orchestrator", params(HistoryQuery),
    responses((status = 200, body = HealthHistory), (status = 400, body = AdminErrorBody), (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody), (status = 404, description = "No such provider", body = AdminErrorBody))
)]
pub async fn history(
    State(engine): State<Shared>,
    QueryOf(asked): QueryOf<HistoryQuery>,
) -> Result<Json<HealthHistory>, Failure> {
    let snapshot = engine.snapshot.load_full();
    let hours = query::number("hours", asked.hours, 1..=720)?.unwrap_or(24);
    let limit = query::number("limit", asked.limit, 1..=1000)?.unwrap_or(200);
    let before = query::given(asked.before)
        .map(|text| Uuid::parse_str(&text).map_err(|_| query::wrong("before", "must be an event's id")))
        .transpose()?;
    let provider_id = query::given(asked.provider_id)
        .map(|wanted| {
            providers::find(&snapshot, &wanted).ok_or_else(|| unknown(&wanted).with_param("provider_id"))
        })
        .transpose()?;
    let from = clock::now_ms() - hours * HOUR_MS;
    let filter = EventFilter { provider_id, from, before, limit: limit + 1 };
    let mut events = engine.read(move |connection| circuit_events::page(connection, &filter)).await?;
    let more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| more).map(|event| event.id.to_string());
    let events = events.into_iter().map(|event| view(event, &snapshot)).collect();
    Ok(Json(HealthHistory { events, next }))
}

fn view(event: CircuitEvent, snapshot: &Snapshot) -> CircuitEventView {
    let provider = event.provider_id.and_then(|id| snapshot.provider(id));
    CircuitEventView {
        id: event.id.to_string(),
        timestamp: clock::text(event.at),
        provider_id: provider.map(|provider| provider.row.number),
        provider_name: event.provider,
        deployment_id: event.deployment_id,
        state: if event.opened { "open" } else { "closed" },
        cooldown_seconds: event.opened.then_some(event.cooldown_ms as f64 / 1000.0),
        reason: event.reason,
    }
}
