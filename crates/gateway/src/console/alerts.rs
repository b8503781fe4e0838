//! `/console/alerts`: what people were told of, and how telling other programs went.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use postern_store::table::alerts::{self as table, AlertRow, DeliveryRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::auth::permissions::Authority;
use crate::clock;
use crate::error::Failure;
use crate::events::AlertKind;
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};

const MOST_ROWS: usize = 500;
const USUAL_ROWS: usize = 100;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AlertsQuery {
    /// 1 to 500; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    before: Option<Uuid>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Waiting,
    Delivered,
    Failed,
}

/// How telling one program goes.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AlertDelivery {
    /// Where it goes: scheme, host and port of the address.
    pub target: String,
    #[schema(value_type = DeliveryState)]
    pub state: String,
    /// Tries so far.
    pub attempts: i64,
    /// Of the last change, RFC 3339.
    pub at: String,
    /// Why the last try failed; null where it did not.
    pub error: Option<String>,
}

/// Something that was told.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AlertEntry {
    pub id: String,
    #[schema(value_type = AlertKind)]
    pub kind: String,
    /// RFC 3339.
    pub created_at: String,
    pub title: String,
    pub text: String,
    /// The figures: money in nano-dollars, times RFC 3339.
    #[schema(value_type = Object)]
    pub data: Value,
    /// One for each program that is told, in the order of the configuration file; empty for whoever does not see the gateway.
    pub delivery: Vec<AlertDelivery>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AlertPage {
    /// The newest first.
    pub alerts: Vec<AlertEntry>,
    /// Where the next page begins; absent at the end.
    pub next: Option<String>,
}

/// What people were told of in the last ninety days: budgets, unusual spend, limits of providers
///
/// Of what the caller may see: what is told of the gateway as a whole and of its providers is for those who see everything.
#[utoipa::path(
    get, path = "/console/alerts", tag = "Console", params(AlertsQuery),
    responses(
        (status = 200, body = AlertPage), (status = 400, description = "A limit out of range", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn list(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<AlertsQuery>,
) -> Result<Json<AlertPage>, Failure> {
    let limit = query.limit.unwrap_or(USUAL_ROWS);
    if !(1..=MOST_ROWS).contains(&limit) {
        let message = format!("limit must be 1 to {MOST_ROWS}");
        return Err(Failure::invalid("invalid_value", message).with_param("limit"));
    }
    let seen_by = authority.seen_by(&engine.directory.load());
    let sees_deliveries = seen_by.is_none();
    let (mut rows, deliveries) = engine
        .read(move |connection| {
            let rows = table::page(connection, seen_by.as_ref(), query.before, limit + 1)?;
            let deliveries = if sees_deliveries { table::deliveries(connection, &rows)? } else { Vec::new() };
            Ok((rows, deliveries))
        })
        .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
    let mut by_alert: HashMap<Uuid, Vec<AlertDelivery>> = HashMap::new();
    for delivery in deliveries {
        by_alert.entry(delivery.alert_id).or_default().push(delivery.into());
    }
    let alerts = rows.into_iter().map(|row| {
        let delivery = by_alert.remove(&row.id).unwrap_or_default();
        entry(row, delivery)
    });
    Ok(Json(AlertPage { alerts: alerts.collect(), next }))
}

fn entry(row: AlertRow, delivery: Vec<AlertDelivery>) -> AlertEntry {
    AlertEntry {
        id: row.id.to_string(),
        kind: row.kind,
        created_at: clock::text(row.at),
        title: row.title,
        text: row.text,
        data: serde_json::from_str(&row.data).unwrap_or_default(),
        delivery,
    }
}

impl From<DeliveryRow> for AlertDelivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            target: row.target,
            state: row.state,
            attempts: row.attempts,
            at: clock::text(row.at),
            error: row.error,
        }
    }
}
