//! `/spend/*`: what the ledger says, in LiteLLM's words.

mod calculate;
mod pages;
mod sums;

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use postern_store::table::requests::{self, Filter, Outcome, RequestRow};
use postern_store::table::{keys as key_table, owners, spend_hourly};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

use crate::auth::ADMINISTRATOR;
use crate::auth::permissions::{Authority, Thing};
use crate::clock;
use crate::directory::Directory;
use crate::error::Failure;
use crate::http::Shared;
use crate::ids;
use crate::registry::keys;
use crate::routes;
use crate::shapes::routes::Routes;
use crate::shapes::{ErrorBody, QueryOf};

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(logs))
        .routes(routes!(pages::pages))
        .routes(routes!(sums::of_keys))
        .routes(routes!(sums::of_users))
        .routes(routes!(sums::of_tags))
        .routes(routes!(calculate::calculate))
}

/// Most rows in one answer; `/spend/logs` has no pages.
const MOST_ROWS: usize = 10_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogsQuery {
    /// A key or its hash.
    api_key: Option<String>,
    /// Only this user's requests.
    user_id: Option<String>,
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
    pub team_id: Option<String>,
    pub organization_id: Option<String>,
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
///
/// Of what the caller may see: their own, and that of teams and organizations which they administer.
#[utoipa::path(
    get, path = "/spend/logs", tag = "Spend", params(LogsQuery),
    responses((status = 200, body = Vec<SpendEntry>), (status = 400, description = "A date makes no sense", body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, description = "Another's key or user", body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn logs(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<LogsQuery>,
) -> Result<Json<Vec<SpendEntry>>, Failure> {
    let directory = engine.directory.load_full();
    let seen_by = authority.seen_by(&directory);
    let wanted = query.api_key.as_deref().filter(|key| !key.is_empty()).map(keys::token_of);
    let user_id = query.user_id.filter(|user| !user.is_empty());
    if let Some(token) = &wanted {
        check_key(&authority, &directory, token)?;
    }
    if let Some(user) = user_id.as_deref().filter(|_| seen_by.is_some()) {
        authority.check(&directory, Thing::User(user))?;
    }
    let labels: HashMap<Uuid, String> =
        engine.read(key_table::labels).await?.into_iter().map(|(id, _, token)| (id, token)).collect();
    let key_id = match &wanted {
        None => None,
        Some(token) => match labels.iter().find(|(_, known)| *known == token) {
            Some((id, _)) => Some(*id),
            None => return Ok(Json(Vec::new())),
        },
    };
    let filter = Filter { key_id, user_id, seen_by, limit: MOST_ROWS, ..Filter::default() };
    if let Some(id) = query.request_id {
        let found = engine
            .read(move |connection| match Uuid::parse_str(&id) {
                Ok(uuid) => requests::find(connection, uuid),
                Err(_) => requests::find_by_response_id(connection, &id),
            })
            .await?;
        let visible = found.filter(|row| {
            let owner = row.owner.user_id.as_deref();
            filter.key_id.is_none_or(|key_id| row.key_id == key_id)
                && filter.user_id.as_deref().is_none_or(|user| owner == Some(user))
                && filter.seen_by.as_ref().is_none_or(|seen_by| seen_by.sees(row.key_id, &row.owner))
        });
        return Ok(Json(visible.map(|row| entry(row, &labels)).into_iter().collect()));
    }
    let from = query.start_date.as_deref().map(|text| day(text, "start_date")).transpose()?;
    let to = query.end_date.as_deref().map(|text| day(text, "end_date")).transpose()?;
    if let (Some(from), Some(to)) = (from, to)
        && query.summarize != Some(false)
    {
        let days = days(&engine, from, to + DAY_MS, filter, &labels).await?;
        return Ok(Json(days.into_iter().map(|day| SpendEntry::Day(Box::new(day))).collect()));
    }
    let filter = Filter { from, to: to.map(|to| to + DAY_MS), ..filter };
    let rows = engine.read(move |connection| requests::page(connection, &filter)).await?;
    Ok(Json(rows.into_iter().map(|row| entry(row, &labels)).collect()))
}

/// Refuses a key that is another's. One that is nobody's any more is as good as that.
pub(super) fn check_key(authority: &Authority, directory: &Directory, token: &str) -> Result<(), Failure> {
    let key = ids::parse_hex(token).and_then(|hash| directory.key(&hash));
    let thing = key.map_or(Thing::Gateway, |key| Thing::Key {
        id: key.id,
        user: key.user_id.as_deref(),
        team: key.team_id.as_deref(),
        organization: key.organization_id.as_deref(),
    });
    authority.check(directory, thing).map_err(|mut failure| {
        failure.error.param = Some("api_key".to_owned());
        failure
    })
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

/// What one day's requests came to: in all, and by user, model and key.
#[derive(Default)]
struct Day {
    sum: i64,
    users: Sums,
    models: Sums,
    keys: Sums,
}

async fn days(
    engine: &crate::engine::Engine,
    from: i64,
    to: i64,
    filter: Filter,
    labels: &HashMap<Uuid, String>,
) -> Result<Vec<SpendDay>, Failure> {
    let Filter { key_id, user_id, seen_by, .. } = filter;
    let (hours, owners) = engine
        .read(move |connection| {
            let (from, to) = (from.div_euclid(HOUR_MS), to.div_euclid(HOUR_MS));
            Ok((spend_hourly::between(connection, from, to, seen_by.as_ref())?, owners::all(connection)?))
        })
        .await?;
    let mut days: BTreeMap<i64, Day> = BTreeMap::new();
    for hour in hours.into_iter().filter(|hour| key_id.is_none_or(|key_id| hour.series.key_id == key_id)) {
        let user = owners.get(&hour.series.owner).and_then(|owner| owner.user_id.as_deref());
        let user = user.or(hour.series.key_id.is_nil().then_some(ADMINISTRATOR));
        if user_id.is_some() && user != user_id.as_deref() {
            continue;
        }
        let nanos = hour.totals.cost_nanos;
        let day = days.entry((hour.hour * HOUR_MS).div_euclid(DAY_MS)).or_default();
        day.sum += nanos;
        *day.models.entry(hour.series.model_group.clone()).or_default() += nanos;
        let key = labels.get(&hour.series.key_id).cloned().unwrap_or_else(|| "administrator".into());
        *day.keys.entry(key).or_default() += nanos;
        if let Some(user) = user {
            *day.users.entry(user.to_owned()).or_default() += nanos;
        }
    }
    let shown = |sums: Sums| -> Map<String, Value> {
        sums.into_iter().map(|(name, nanos)| (name, json!(dollars(nanos)))).collect()
    };
    Ok(days
        .into_iter()
        .map(|(day, of_day)| SpendDay {
            start_time: clock::text(day * DAY_MS)[..10].to_owned(),
            spend: dollars(of_day.sum),
            users: shown(of_day.users),
            models: shown(of_day.models),
            keys: shown(of_day.keys),
        })
        .collect())
}

pub(super) fn dollars(nanos: i64) -> f64 {
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
        user: match row.owner.user_id.as_deref() {
            Some(user) => user.to_owned(),
            None if row.key_id.is_nil() => ADMINISTRATOR.to_owned(),
            None => String::new(),
        },
        team_id: row.owner.team_id.as_deref().map(str::to_owned),
        organization_id: row.owner.organization_id.as_deref().map(str::to_owned),
        end_user: row.end_user,
        cache_hit: "False".into(),
        request_tags: row.tags.into_iter().chain([format!("User-Agent: {}", row.client_name)]).collect(),
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
