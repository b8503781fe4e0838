//! `/spend/*`: what the ledger says, in LiteLLM's words.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use postern_store::table::requests::{self, Filter, Outcome, RequestRow};
use postern_store::table::{keys as key_table, spend_hourly};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

use crate::auth::Caller;
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys;
use crate::shapes::{ErrorBody, QueryOf};

/// Most rows in one answer; `/spend/logs` has no pages.
const MOST_ROWS: usize = 10_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogsQuery {
    /// A key or its hash.
    api_key: Option<String>,
    /// The response's id or the gateway's request id.
    request_id: Option<String>,
    /// `2026-11-20`, UTC; with `end_date` and without `summarize=false` the answer is a sum per day.
    start_date: Option<String>,
    end_date: Option<String>,
    summarize: Option<bool>,
}

/// One request, in LiteLLM's shape. Money in dollars.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SpendLog {
    pub request_id: String,
    pub call_type: String,
    /// SHA-256 of the key.
    pub api_key: String,
    /// 0 where the model has no price; `metadata.unpriced` tells.
    pub spend: f64,
    pub total_tokens: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    #[serde(rename = "startTime")]
    pub start_time: String,
    #[serde(rename = "endTime")]
    pub end_time: String,
    #[serde(rename = "completionStartTime")]
    pub completion_start_time: Option<String>,
    pub model: String,
    pub model_id: Option<String>,
    pub model_group: String,
    pub custom_llm_provider: Option<String>,
    pub user: String,
    pub end_user: Option<String>,
    pub cache_hit: String,
    pub request_tags: Vec<String>,
    /// `success` or `failure`.
    pub status: String,
    #[schema(value_type = Object)]
    pub metadata: Value,
}

/// What one day's requests cost. Money in dollars.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SpendDay {
    #[serde(rename = "startTime")]
    pub start_time: String,
    pub spend: f64,
    #[schema(value_type = Object)]
    pub users: Map<String, Value>,
    /// By model group.
    #[schema(value_type = Object)]
    pub models: Map<String, Value>,
    /// By the SHA-256 of the key, beside the other members.
    #[serde(flatten)]
    #[schema(ignore)]
    pub keys: Map<String, Value>,
}

/// All entries of an answer are of the same kind.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum SpendEntry {
    Request(Box<SpendLog>),
    Day(Box<SpendDay>),
}

/// Requests and what they cost, newest first, or sums by day
#[utoipa::path(
    get, path = "/spend/logs", tag = "Spend", params(LogsQuery),
    responses((status = 200, body = Vec<SpendEntry>), (status = 400, description = "A date makes no sense", body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn logs(
    State(engine): State<Shared>,
    caller: Caller,
    QueryOf(query): QueryOf<LogsQuery>,
) -> Result<Json<Vec<SpendEntry>>, Failure> {
    let own = caller.key().map(|key| key.token());
    let wanted = query.api_key.as_deref().map(keys::token_of);
    if let (Some(own), Some(wanted)) = (&own, &wanted)
        && own != wanted
    {
        return Err(
            Failure::forbidden("not_your_key", "This key may only ask about itself.").with_param("api_key")
        );
    }
    let labels: HashMap<Uuid, String> =
        engine.read(key_table::labels).await?.into_iter().map(|(id, _, token)| (id, token)).collect();
    let token = own.or(wanted);
    let key_id = match &token {
        None => None,
        Some(token) => match labels.iter().find(|(_, known)| *known == token) {
            Some((id, _)) => Some(*id),
            None => return Ok(Json(Vec::new())),
        },
    };
    if let Some(id) = query.request_id {
        let found = engine
            .read(move |connection| match Uuid::parse_str(&id) {
                Ok(uuid) => requests::find(connection, uuid),
                Err(_) => requests::find_by_response_id(connection, &id),
            })
            .await?;
        let visible = found.filter(|row| key_id.is_none_or(|key_id| row.key_id == key_id));
        return Ok(Json(visible.map(|row| entry(row, &labels)).into_iter().collect()));
    }
    let from = query.start_date.as_deref().map(|text| day(text, "start_date")).transpose()?;
    let to = query.end_date.as_deref().map(|text| day(text, "end_date")).transpose()?;
    if let (Some(from), Some(to)) = (from, to)
        && query.summarize != Some(false)
    {
        let days = days(&engine, from, to + DAY_MS, key_id, &labels).await?;
        return Ok(Json(days.into_iter().map(|day| SpendEntry::Day(Box::new(day))).collect()));
    }
    let filter = Filter { key_id, from, to: to.map(|to| to + DAY_MS), limit: MOST_ROWS, ..Filter::default() };
    let rows = engine.read(move |connection| requests::page(connection, &filter)).await?;
    Ok(Json(rows.into_iter().map(|row| entry(row, &labels)).collect()))
}

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

fn day(text: &str, param: &str) -> Result<i64, Failure> {
    let wrong = || {
        Failure::invalid("invalid_date", format!("{param} must be a date such as 2026-11-20"))
            .with_param(param)
    };
    let date: Date = text.get(..10).unwrap_or(text).parse().map_err(|_| wrong())?;
    let start = date.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
    Ok(start.timestamp().as_millisecond())
}

type Sums = BTreeMap<String, i64>;

async fn days(
    engine: &crate::engine::Engine,
    from: i64,
    to: i64,
    key_id: Option<Uuid>,
    labels: &HashMap<Uuid, String>,
) -> Result<Vec<SpendDay>, Failure> {
    let hours = engine
        .read(move |connection| {
            spend_hourly::between(connection, from.div_euclid(HOUR_MS), to.div_euclid(HOUR_MS))
        })
        .await?;
    // Per day: the sum, then the sums by model and by key.
    let mut days: BTreeMap<i64, (i64, Sums, Sums)> = BTreeMap::new();
    for hour in hours.into_iter().filter(|hour| key_id.is_none_or(|key_id| hour.key_id == key_id)) {
        let (sum, models, keys) = days.entry((hour.hour * HOUR_MS).div_euclid(DAY_MS)).or_default();
        *sum += hour.totals.cost_nanos;
        *models.entry(hour.model_group).or_default() += hour.totals.cost_nanos;
        *keys
            .entry(labels.get(&hour.key_id).cloned().unwrap_or_else(|| "administrator".into()))
            .or_default() += hour.totals.cost_nanos;
    }
    let shown = |sums: Sums| -> Map<String, Value> {
        sums.into_iter().map(|(name, nanos)| (name, json!(dollars(nanos)))).collect()
    };
    Ok(days
        .into_iter()
        .map(|(day, (sum, models, keys))| SpendDay {
            start_time: clock::text(day * DAY_MS)[..10].to_owned(),
            spend: dollars(sum),
            users: Map::new(),
            models: shown(models),
            keys: shown(keys),
        })
        .collect())
}

fn dollars(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

fn entry(row: RequestRow, labels: &HashMap<Uuid, String>) -> SpendEntry {
    SpendEntry::Request(Box::new(log(row, labels)))
}

fn log(row: RequestRow, labels: &HashMap<Uuid, String>) -> SpendLog {
    let call_type = match row.endpoint.as_str() {
        "/v1/messages" => "anthropic_messages",
        _ => "acompletion",
    };
    let usage: Value =
        row.usage_raw.as_deref().and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or(Value::Null);
    SpendLog {
        request_id: row.response_id.unwrap_or_else(|| row.id.to_string()),
        call_type: call_type.into(),
        api_key: labels.get(&row.key_id).cloned().unwrap_or_else(|| "administrator".into()),
        spend: dollars(row.cost_nanos.unwrap_or(0)),
        total_tokens: row.tokens.input + row.tokens.output,
        prompt_tokens: row.tokens.input,
        completion_tokens: row.tokens.output,
        start_time: clock::text(row.started_at),
        end_time: clock::text(row.started_at + row.latency_us / 1000),
        completion_start_time: row.first_byte_us.map(|micros| clock::text(row.started_at + micros / 1000)),
        model: row.upstream_model.unwrap_or_else(|| row.model_requested.clone()),
        model_id: row.deployment_id,
        model_group: row.model_group,
        custom_llm_provider: row.provider,
        user: if row.key_id.is_nil() { "default_user_id".into() } else { String::new() },
        end_user: row.end_user,
        cache_hit: "False".into(),
        request_tags: vec![format!("User-Agent: {}", row.client_name)],
        status: if row.outcome == Outcome::Ok { "success".into() } else { "failure".into() },
        metadata: json!({
            "postern_request_id": row.id.to_string(),
            "status_code": row.status,
            "outcome": row.outcome.as_str(),
            "unpriced": row.cost_nanos.is_none(),
            "usage_object": usage,
            "usage_source": row.usage_source.as_str(),
            "attempts": row.attempts,
            "streamed": row.streamed,
            "client": row.client,
            "error_information": row.error_message.map(|message| json!({
                "error_class": row.error_kind, "error_message": message, "error_code": row.status.to_string(),
            })),
        }),
    }
}
