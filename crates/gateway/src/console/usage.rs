//! `/console/usage`: what was used in a span of time, by whatever tells requests apart. Subscriptions and local models have columns
//! of their own: nobody's bill is their sum.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use postern_store::table::owners::SeenBy;
use postern_store::table::series::Series;
use postern_store::table::spend_hourly::{self, MILLISECONDS_PER_HOUR};
use postern_store::table::spend_labels::{self, Label};
use postern_store::table::spend_parts::{self, Part, PartTotals};
use postern_store::table::{keys, owners};
use postern_store::{Connection, SqlError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::permissions::Authority;
use crate::clock;
use crate::durations;
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// The model group.
    #[default]
    Model,
    /// As the provider calls it.
    UpstreamModel,
    Provider,
    Key,
    /// The client, by its User-Agent.
    Tool,
    Endpoint,
    User,
    Team,
    Organization,
    EndUser,
    Tag,
    /// What clients worked on.
    Project,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// What tells the rows apart; absent: the model.
    #[param(inline)]
    by: Option<UsageBy>,
    /// `7d`, `12h`, `30m`: so long ago; or a date or time. Rounded down to the hour. Absent: thirty days ago.
    since: Option<String>,
    /// The same. Absent: now.
    until: Option<String>,
}

/// What was used by one of them. Money in nano-dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsageRow {
    /// A key's hash, a name, an id; empty for what has none.
    pub id: String,
    /// As people call it.
    pub name: String,
    pub requests: i64,
    pub errors: i64,
    pub cancelled: i64,
    /// Requests that used tokens of models without a price: no sum of money has them.
    pub unpriced: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub reasoning_tokens: i64,
    /// What providers bill by use.
    pub cost_nanos: i64,
    /// What requests within a flat rate would have cost: nobody pays it.
    pub subscription_nanos: i64,
    pub subscription_requests: i64,
    pub local_requests: i64,
}

/// The costliest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsageTable {
    /// Begin of the first hour, RFC 3339.
    pub since: String,
    /// End of the last.
    pub until: String,
    pub rows: Vec<UsageRow>,
}

/// A moment in UTC milliseconds.
fn moment(text: &str, param: &'static str, now: Timestamp) -> Result<i64, Failure> {
    let wrong = || {
        let message = format!(
            "{param} must be how long ago (7d, 12h), a date (2026-11-20) or a time (2026-11-20T08:00:00Z)"
        );
        Failure::invalid("invalid_time", message).with_param(param)
    };
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.as_millisecond());
    }
    if let Ok(day) = text.parse::<Date>() {
        let start = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
        return Ok(start.timestamp().as_millisecond());
    }
    let length = durations::after(text, Timestamp::UNIX_EPOCH).map_err(|_| wrong())?;
    Ok(now.as_millisecond().saturating_sub(length))
}

/// What was used, told apart by model, provider, key, tool, user, team, organization, end user, tag, project or endpoint
///
/// Of what the caller may see. A request with several tags counts for each; requests without an end user or a tag are not in
/// tables by these.
#[utoipa::path(
    get, path = "/console/usage", tag = "Console", params(UsageQuery),
    responses(
        (status = 200, body = UsageTable), (status = 400, description = "A time makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn usage(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<UsageQuery>,
) -> Result<Json<UsageTable>, Failure> {
    let now = clock::now();
    let by = query.by.unwrap_or_default();
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    let since = moment(said(query.since).as_deref().unwrap_or("30d"), "since", now)?;
    let until = match said(query.until) {
        Some(text) => moment(&text, "until", now)?,
        None => now.as_millisecond(),
    };
    if since > until {
        return Err(Failure::invalid("invalid_time", "until lies before since").with_param("until"));
    }
    let from = spend_hourly::hour_of(since);
    let to = spend_hourly::hour_of(until.saturating_sub(1)) + 1;
    let seen_by = authority.seen_by(&engine.directory.load());
    let (sums, labels) = engine
        .read(move |connection| {
            Ok((sums(connection, by, (from, to), seen_by.as_ref())?, keys::labels(connection)?))
        })
        .await?;
    let keys: HashMap<Uuid, (String, String)> =
        labels.into_iter().map(|(id, name, token)| (id, (token, name))).collect();
    let directory = engine.directory.load();
    let named = |raw: String| -> (String, String) {
        let name = match by {
            UsageBy::Key => {
                let id = Uuid::parse_str(&raw).unwrap_or_default();
                let administrator = || ("administrator".to_owned(), "administrator".to_owned());
                return if id.is_nil() {
                    administrator()
                } else {
                    keys.get(&id).cloned().unwrap_or_default()
                };
            }
            UsageBy::Team => directory.team(&raw).and_then(|team| team.alias.as_deref()).map(str::to_owned),
            UsageBy::Organization => directory.organization(&raw).map(|known| known.alias.to_string()),
            _ => None,
        };
        (raw.clone(), name.unwrap_or(raw))
    };
    let mut rows: BTreeMap<(String, String), UsageRow> = BTreeMap::new();
    for (raw, totals) in sums {
        let place = named(raw);
        rows.entry(place.clone()).or_insert_with(|| UsageRow::new(place)).add(&totals);
    }
    let mut rows: Vec<UsageRow> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.cost_nanos, row.subscription_nanos, row.requests)));
    let text = |hour: i64| clock::text(hour * MILLISECONDS_PER_HOUR);
    Ok(Json(UsageTable { since: text(from), until: text(to), rows }))
}

impl UsageRow {
    fn new((id, name): (String, String)) -> Self {
        Self {
            id,
            name,
            requests: 0,
            errors: 0,
            cancelled: 0,
            unpriced: 0,
            input_tokens: 0,
            output_tokens: 0,
            cache_read_tokens: 0,
            cache_write_tokens: 0,
            reasoning_tokens: 0,
            cost_nanos: 0,
            subscription_nanos: 0,
            subscription_requests: 0,
            local_requests: 0,
        }
    }

    fn add(&mut self, sums: &PartTotals) {
        let totals = &sums.totals;
        self.requests += totals.requests;
        self.errors += totals.errors;
        self.cancelled += totals.cancelled;
        self.unpriced += totals.unpriced;
        self.input_tokens += totals.input_tokens;
        self.output_tokens += totals.output_tokens;
        self.cache_read_tokens += totals.cache_read_tokens;
        self.cache_write_tokens += totals.cache_write_tokens;
        self.reasoning_tokens += totals.reasoning_tokens;
        self.cost_nanos += totals.cost_nanos;
        self.subscription_nanos += totals.covered_nanos;
        self.subscription_requests += sums.covered_requests;
        self.local_requests += sums.local_requests;
    }
}

/// Sums of some hours by what they are told apart by, as the ledger names it. Of everybody most are kept; others are added up from
/// the roll-ups that tell whose they are.
fn sums(
    connection: &Connection,
    by: UsageBy,
    (from, to): (i64, i64),
    seen_by: Option<&SeenBy>,
) -> Result<Vec<(String, PartTotals)>, SqlError> {
    let part = match by {
        UsageBy::Model => Some(Part::Model),
        UsageBy::Provider => Some(Part::Provider),
        UsageBy::Key => Some(Part::Key),
        UsageBy::Tool => Some(Part::Client),
        UsageBy::User => Some(Part::User),
        UsageBy::Team => Some(Part::Team),
        UsageBy::Organization => Some(Part::Organization),
        UsageBy::Project => Some(Part::Project),
        UsageBy::UpstreamModel | UsageBy::Endpoint | UsageBy::EndUser | UsageBy::Tag => None,
    };
    if let (Some(part), None) = (part, seen_by) {
        return spend_parts::sums(connection, part, from, to);
    }
    let label = match by {
        UsageBy::EndUser => Some(Label::EndUser),
        UsageBy::Tag => Some(Label::Tag),
        UsageBy::Project => Some(Label::Project),
        _ => None,
    };
    if let Some(label) = label {
        let found = spend_labels::by_series(connection, label, from, to, seen_by)?;
        let sums =
            found.into_iter().map(|(name, series, totals)| (name, PartTotals::of(series.billing, &totals)));
        return Ok(sums.collect());
    }
    let owners = owners::all(connection)?;
    let owned = |series: &Series, part: fn(&owners::Owner) -> Option<&str>| {
        owners.get(&series.owner).and_then(part).unwrap_or_default().to_owned()
    };
    let raw = |series: &Series| match by {
        UsageBy::Model => series.model_group.clone(),
        UsageBy::UpstreamModel => series.model.clone(),
        UsageBy::Provider => series.provider.clone(),
        UsageBy::Tool => series.client_name.clone(),
        UsageBy::Endpoint => series.endpoint.clone(),
        UsageBy::Key => spend_parts::key_name(series.key_id),
        UsageBy::User => owned(series, |owner| owner.user_id.as_deref()),
        UsageBy::Team => owned(series, |owner| owner.team_id.as_deref()),
        UsageBy::Organization => owned(series, |owner| owner.organization_id.as_deref()),
        UsageBy::EndUser | UsageBy::Tag | UsageBy::Project => String::new(),
    };
    let found = spend_hourly::by_series(connection, from, to, seen_by)?;
    let sums =
        found.into_iter().map(|(series, totals)| (raw(&series), PartTotals::of(series.billing, &totals)));
    Ok(sums.collect())
}
