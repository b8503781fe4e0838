//! Spend, requests and tokens over time, from the hourly roll-ups.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::State;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use postern_store::Connection;
use postern_store::table::keys;
use postern_store::table::owners::SeenBy;
use postern_store::table::requests::Billing;
use postern_store::table::spend_hourly::{self, HourRow};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::permissions::Authority;
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Clone, Copy, Deserialize, Serialize, utoipa::ToSchema)]
pub enum Range {
    #[serde(rename = "today")]
    Today,
    #[serde(rename = "7d")]
    SevenDays,
    #[serde(rename = "30d")]
    ThirtyDays,
}

#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    Hour,
    Day,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OverviewQuery {
    #[param(inline)]
    range: Option<Range>,
    /// IANA time zone of the days; UTC when absent.
    tz: Option<String>,
}

/// Sums. Costs in nano-dollars; requests of models without a price count in `unpriced_requests` and cost nothing here.
#[derive(Clone, Copy, Default, Serialize, utoipa::ToSchema)]
pub struct Totals {
    pub requests: i64,
    pub errors: i64,
    pub cancelled: i64,
    /// All prompt tokens, the cache's included.
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost_nanos: i64,
    pub unpriced_requests: i64,
    pub local_requests: i64,
    /// What requests within a flat rate would have cost: nobody pays it.
    pub covered_nanos: i64,
    pub covered_requests: i64,
}

impl Totals {
    fn add(&mut self, hour: &HourRow) {
        let totals = &hour.totals;
        self.requests += totals.requests;
        self.errors += totals.errors;
        self.cancelled += totals.cancelled;
        self.input_tokens += totals.input_tokens;
        self.output_tokens += totals.output_tokens;
        self.cache_read_tokens += totals.cache_read_tokens;
        self.cache_write_tokens += totals.cache_write_tokens;
        self.reasoning_tokens += totals.reasoning_tokens;
        self.cost_nanos = self.cost_nanos.saturating_add(totals.cost_nanos);
        self.unpriced_requests += totals.unpriced;
        let counted = |billing: Billing| if hour.series.billing == billing { totals.requests } else { 0 };
        self.local_requests += counted(Billing::Local);
        self.covered_requests += counted(Billing::Subscription);
        self.covered_nanos = self.covered_nanos.saturating_add(totals.covered_nanos);
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelTotals {
    /// The model group.
    pub model: String,
    /// Empty where requests reached none.
    pub provider: String,
    pub totals: Totals,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyTotals {
    /// Absent for the administrator's key.
    pub key_id: Option<String>,
    pub key_name: String,
    pub totals: Totals,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ClientTotals {
    pub client: String,
    pub totals: Totals,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Slot {
    /// UTC milliseconds.
    pub start: i64,
    pub models: Vec<ModelTotals>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Overview {
    pub range: Range,
    pub tz: String,
    /// UTC milliseconds.
    pub from: i64,
    pub to: i64,
    pub bucket: Bucket,
    pub totals: Totals,
    /// The equally long period before.
    pub previous: Totals,
    /// Every bucket, empty ones too.
    pub series: Vec<Slot>,
    /// By cost, then requests.
    pub models: Vec<ModelTotals>,
    pub keys: Vec<KeyTotals>,
    pub clients: Vec<ClientTotals>,
}

const HOUR_MS: i64 = 3_600_000;

/// The zone of that name.
pub fn zone(name: Option<&str>) -> Result<TimeZone, Failure> {
    match name {
        None | Some("" | "UTC") => Ok(TimeZone::UTC),
        Some(name) => TimeZone::get(name).map_err(|_| {
            Failure::invalid(
                "unknown_time_zone",
                format!("tz `{}` is not an IANA time zone", name.chars().take(60).collect::<String>()),
            )
            .with_param("tz")
        }),
    }
}

/// The last midnight, UTC milliseconds.
pub fn midnight(zone: &TimeZone, now: Timestamp) -> Result<i64, Failure> {
    let midnight =
        now.to_zoned(zone.clone()).start_of_day().map_err(|error| Failure::internal(error.to_string()))?;
    Ok(midnight.timestamp().as_millisecond())
}

/// Roll-ups of `from <= time < to`, milliseconds, that somebody may see. An hour that a day begins in, where zones differ by less than hours,
/// belongs to the day that it begins in itself.
pub fn hours(
    connection: &Connection,
    from: i64,
    to: i64,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<HourRow>, postern_store::SqlError> {
    spend_hourly::between(connection, first_hour(from), first_hour(to), seen_by)
}

/// The first whole hour that begins then or later.
pub fn first_hour(at: i64) -> i64 {
    at.div_euclid(HOUR_MS) + i64::from(at.rem_euclid(HOUR_MS) != 0)
}

/// The starts of all buckets and the end of the last.
fn slots(range: Range, zone: &TimeZone, now: Timestamp) -> Result<Vec<i64>, Failure> {
    let wrong = |error: jiff::Error| Failure::internal(error.to_string());
    let today = now.to_zoned(zone.clone()).start_of_day().map_err(wrong)?;
    let mut starts = Vec::new();
    match range {
        Range::Today => {
            let end = today.checked_add(1.day()).map_err(wrong)?.timestamp().as_millisecond();
            let mut hour = today.timestamp().as_millisecond();
            // A day has 23 to 25 hours.
            while hour < end {
                starts.push(hour);
                hour += HOUR_MS;
            }
            starts.push(end);
        }
        Range::SevenDays | Range::ThirtyDays => {
            let days = if matches!(range, Range::SevenDays) { 7 } else { 30 };
            for day in (0..days).rev() {
                starts.push(
                    today.checked_sub(i64::from(day).days()).map_err(wrong)?.timestamp().as_millisecond(),
                );
            }
            starts.push(today.checked_add(1.day()).map_err(wrong)?.timestamp().as_millisecond());
        }
    }
    Ok(starts)
}

/// Spend, requests and tokens by time, model, key and client
///
/// Of what the caller may see: their own, and that of teams and organizations which they administer.
#[utoipa::path(
    get, path = "/console/overview", tag = "Console", params(OverviewQuery),
    responses((status = 200, body = Overview), (status = 400, description = "Unknown time zone", body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn overview(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<OverviewQuery>,
) -> Result<Json<Overview>, Failure> {
    let range = query.range.unwrap_or(Range::Today);
    let zone = zone(query.tz.as_deref())?;
    let starts = slots(range, &zone, clock::now())?;
    let (from, to) = (starts[0], starts[starts.len() - 1]);
    let before = from - (to - from);
    let seen_by = authority.seen_by(&engine.directory.load());
    let (rows, earlier, labels) = engine
        .read(move |connection| {
            let seen_by = seen_by.as_ref();
            let rows = hours(connection, from, to, seen_by)?;
            Ok((rows, hours(connection, before, from, seen_by)?, keys::labels(connection)?))
        })
        .await?;
    let labels: HashMap<Uuid, String> = labels.into_iter().map(|(id, label, _)| (id, label)).collect();
    let mut previous = Totals::default();
    for hour in &earlier {
        previous.add(hour);
    }
    let bucket = if matches!(range, Range::Today) { Bucket::Hour } else { Bucket::Day };
    Ok(Json(gather(
        range,
        query.tz.unwrap_or_else(|| "UTC".into()),
        bucket,
        &starts,
        &rows,
        previous,
        &labels,
    )))
}

fn gather(
    range: Range,
    tz: String,
    bucket: Bucket,
    starts: &[i64],
    rows: &[HourRow],
    previous: Totals,
    labels: &HashMap<Uuid, String>,
) -> Overview {
    type Model<'a> = (&'a str, &'a str);
    let mut totals = Totals::default();
    let mut models: BTreeMap<Model<'_>, Totals> = BTreeMap::new();
    let mut by_key: BTreeMap<Uuid, Totals> = BTreeMap::new();
    let mut clients: BTreeMap<&str, Totals> = BTreeMap::new();
    let mut series: Vec<BTreeMap<Model<'_>, Totals>> = vec![BTreeMap::new(); starts.len() - 1];
    for row in rows {
        let model = (row.series.model_group.as_str(), row.series.provider.as_str());
        totals.add(row);
        models.entry(model).or_default().add(row);
        by_key.entry(row.series.key_id).or_default().add(row);
        clients.entry(&row.series.client_name).or_default().add(row);
        let slot = starts.partition_point(|start| *start <= row.hour * HOUR_MS).saturating_sub(1);
        if let Some(slot) = series.get_mut(slot) {
            slot.entry(model).or_default().add(row);
        }
    }
    let listed = |models: BTreeMap<Model<'_>, Totals>| -> Vec<ModelTotals> {
        let mut list: Vec<_> = models
            .into_iter()
            .map(|((model, provider), totals)| ModelTotals {
                model: model.into(),
                provider: provider.into(),
                totals,
            })
            .collect();
        list.sort_by_key(|entry| std::cmp::Reverse((entry.totals.cost_nanos, entry.totals.requests)));
        list
    };
    let rank = |totals: &Totals| std::cmp::Reverse((totals.cost_nanos, totals.requests));
    let mut keys: Vec<KeyTotals> = by_key
        .into_iter()
        .map(|(id, totals)| KeyTotals {
            key_id: (!id.is_nil()).then(|| id.to_string()),
            key_name: key_name(id, labels),
            totals,
        })
        .collect();
    keys.sort_by_key(|entry| rank(&entry.totals));
    let mut clients: Vec<ClientTotals> =
        clients.into_iter().map(|(client, totals)| ClientTotals { client: client.into(), totals }).collect();
    clients.sort_by_key(|entry| rank(&entry.totals));
    Overview {
        range,
        tz,
        from: starts[0],
        to: starts[starts.len() - 1],
        bucket,
        totals,
        previous,
        series: starts
            .iter()
            .zip(series)
            .map(|(start, models)| Slot { start: *start, models: listed(models) })
            .collect(),
        models: listed(models),
        keys,
        clients,
    }
}

/// Names of keys by id.
pub type Labels = HashMap<Uuid, String>;

/// How the console calls the holder of a key.
pub fn key_name(id: Uuid, labels: &Labels) -> String {
    if id.is_nil() {
        return "administrator".into();
    }
    labels.get(&id).cloned().unwrap_or_else(|| "unknown key".into())
}

#[cfg(test)]
mod tests;
