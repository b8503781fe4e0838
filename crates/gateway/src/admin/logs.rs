//! `/admin/logs`: the ledger in numbered pages.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use postern_store::table::keys;
use postern_store::table::requests::{self, Filter, Outcome, RequestRow};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::errors::AdminErrorBody;
use super::{providers, query};
use crate::clock;
use crate::console::requests::Attempt;
use crate::console::totals::{Labels, key_name};
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::token_of;
use crate::shapes::QueryOf;
use crate::snapshot::Snapshot;

const MOST_ROWS: usize = 500;
const USUAL_ROWS: usize = 50;
const MOST_PAGES: usize = 1_000_000_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogsQuery {
    /// 1 when absent.
    #[param(value_type = Option<u32>, example = 1)]
    page: Option<String>,
    /// 1 to 500; 50 when absent.
    #[param(value_type = Option<u32>, example = 50)]
    page_size: Option<String>,
    #[param(value_type = Option<u16>, example = 200)]
    status_code: Option<String>,
    /// A provider's number, UUID or name.
    provider: Option<String>,
    /// A model group, or the name of a model at its provider.
    model: Option<String>,
    /// A key's id, alias or hash; `administrator` for the administrator's.
    key: Option<String>,
    /// RFC 3339, or seconds or milliseconds since 1970.
    from: Option<String>,
    /// The same; what began at this moment is not part of it.
    to: Option<String>,
    /// Found in model, provider, client, error message or id.
    text: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct LogPage {
    /// Newest first.
    pub logs: Vec<LogEntry>,
    /// Rows that fit, on all pages.
    pub total: u64,
    pub page: usize,
    pub page_size: usize,
    pub total_pages: u64,
}

/// One request. Nothing of what was said in it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LogEntry {
    /// Also in the header `x-request-id` of its answer.
    pub id: String,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// Null for what was passed through as it was, whose method is not kept.
    pub method: Option<&'static str>,
    pub endpoint: String,
    /// As it was asked for.
    pub model: String,
    pub model_group: String,
    /// Its name at the provider.
    pub upstream_model: Option<String>,
    /// The one that answered, or was asked last.
    pub provider: Option<String>,
    /// Null where it reached none, or one that is built in or was removed.
    pub provider_id: Option<i64>,
    pub status_code: u16,
    pub success: bool,
    pub error: Option<String>,
    /// What kind of error, in one word.
    pub error_kind: Option<String>,
    pub response_time_ms: f64,
    pub first_token_ms: Option<f64>,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    pub total_tokens: i64,
    /// Dollars; null where the model has no price.
    pub cost: Option<f64>,
    /// The alias or the end of the key.
    pub key: String,
    pub client: String,
    pub streamed: bool,
    pub attempts: u32,
    /// Empty where the first attempt succeeded.
    pub attempt_log: Vec<Attempt>,
}

/// Requests, newest first, in pages
#[utoipa::path(
    get, path = "/admin/logs", tag = "Orchestrator", params(LogsQuery),
    responses((status = 200, body = LogPage), (status = 400, description = "A filter makes no sense; `details.param` names it", body = AdminErrorBody), (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody))
)]
pub async fn logs(
    State(engine): State<Shared>,
    QueryOf(asked): QueryOf<LogsQuery>,
) -> Result<Json<LogPage>, Failure> {
    let snapshot = engine.snapshot.load_full();
    let labels = engine.read(keys::labels).await?;
    let page = query::number("page", asked.page, 1..=MOST_PAGES)?.unwrap_or(1);
    let page_size = query::number("page_size", asked.page_size, 1..=MOST_ROWS)?.unwrap_or(USUAL_ROWS);
    let (from, to) = (query::moment("from", asked.from)?, query::moment("to", asked.to)?);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(query::wrong("to", "must be later than from"));
    }
    let filter = Filter {
        status: query::number("status_code", asked.status_code, 100..=599)?,
        provider: query::given(asked.provider).map(|wanted| provider_name(&snapshot, wanted)),
        model: query::given(asked.model),
        key_id: query::given(asked.key).map(|wanted| key_id(&wanted, &labels)).transpose()?,
        search: query::given(asked.text),
        from,
        to,
        limit: page_size,
        offset: (page - 1) * page_size,
        ..Filter::default()
    };
    let (total, rows) = engine
        .read(move |connection| {
            Ok((requests::count(connection, &filter)?, requests::page(connection, &filter)?))
        })
        .await?;
    let labels: Labels = labels.into_iter().map(|(id, label, _)| (id, label)).collect();
    let numbers: HashMap<&str, i64> = snapshot
        .providers
        .iter()
        .filter(|provider| !provider.built_in)
        .map(|provider| (provider.row.name.as_str(), provider.row.number))
        .collect();
    Ok(Json(LogPage {
        logs: rows.into_iter().map(|row| entry(row, &labels, &numbers)).collect(),
        total,
        page,
        page_size,
        total_pages: total.div_ceil(page_size as u64),
    }))
}

/// The ledger knows providers by name; one that was removed is found by the name that it had.
fn provider_name(snapshot: &Snapshot, wanted: String) -> String {
    let found = providers::find(snapshot, &wanted).and_then(|id| snapshot.provider(id));
    found.map_or(wanted, |provider| provider.row.name.clone())
}

fn key_id(wanted: &str, labels: &[(Uuid, String, String)]) -> Result<Uuid, Failure> {
    if wanted == "administrator" {
        return Ok(Uuid::nil());
    }
    let (id, token) = (Uuid::parse_str(wanted).ok(), token_of(wanted));
    let found = labels.iter().find(|(known, label, hash)| {
        id == Some(*known) || label == wanted || (token.len() == 64 && *hash == token)
    });
    // What was sent may be a key, and is not repeated.
    found.map(|(id, ..)| *id).ok_or_else(|| query::wrong("key", "is no key's id, alias or hash"))
}

fn entry(row: RequestRow, labels: &Labels, numbers: &HashMap<&str, i64>) -> LogEntry {
    let milliseconds = |micros: i64| micros as f64 / 1000.0;
    LogEntry {
        id: row.id.to_string(),
        timestamp: clock::text(row.started_at),
        // Every endpoint that asks a model takes nothing else.
        method: (row.format_in != "pass_through").then_some("POST"),
        key: key_name(row.key_id, labels),
        provider_id: row.provider.as_deref().and_then(|name| numbers.get(name).copied()),
        success: row.outcome == Outcome::Ok,
        error: row.error_message,
        error_kind: row.error_kind,
        response_time_ms: milliseconds(row.latency_us),
        first_token_ms: row.first_byte_us.map(milliseconds),
        prompt_tokens: row.tokens.input,
        completion_tokens: row.tokens.output,
        total_tokens: row.tokens.input + row.tokens.output,
        cost: row.cost_nanos.map(|nanos| nanos as f64 / 1e9),
        attempt_log: row
            .attempt_log
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default(),
        endpoint: row.endpoint,
        model: row.model_requested,
        model_group: row.model_group,
        upstream_model: row.upstream_model,
        provider: row.provider,
        status_code: row.status,
        client: row.client,
        streamed: row.streamed,
        attempts: row.attempts,
    }
}
