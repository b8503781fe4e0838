//! `spend_hourly`: roll-ups of the ledger by hour, written in the transaction of the rows they count, so that they
//! always agree with it. Hours are UTC.

mod money;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

pub use money::{HoursOf, Money, Split, billed_by_hour, money};
use rusqlite::types::Value;
use rusqlite::{Connection, Result, Row, params_from_iter};
use uuid::Uuid;

use super::owners::SeenBy;
use super::requests::{Outcome, RequestRow};
use super::series::{self, Series};
use super::spent::{self, Question, Subject};

pub(super) const CREATE: &str = "
CREATE TABLE spend_hourly (
  hour               INTEGER NOT NULL,   -- hours since 1970, UTC
  key_id             BLOB NOT NULL,
  model_group        TEXT NOT NULL,
  provider           TEXT NOT NULL,      -- '' where the request reached none
  client_name        TEXT NOT NULL,
  billing            INTEGER NOT NULL,
  requests           INTEGER NOT NULL,
  errors             INTEGER NOT NULL,
  cancelled          INTEGER NOT NULL,
  unpriced           INTEGER NOT NULL,   -- requests that used tokens and have no price
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens   INTEGER NOT NULL,
  cost_nanos         INTEGER NOT NULL,
  PRIMARY KEY (hour, key_id, model_group, provider, client_name, billing)
) STRICT, WITHOUT ROWID;";

/// How long its requests took, those from before included.
pub(super) const WITH_LATENCY: &str = "
ALTER TABLE spend_hourly ADD COLUMN latency_us INTEGER NOT NULL DEFAULT 0;
UPDATE spend_hourly SET latency_us = sums.latency_us FROM (
    SELECT started_at / 3600000 AS hour, key_id, model_group, COALESCE(provider, '') AS provider, client_name, billing,
      SUM(latency_us) AS latency_us
    FROM requests GROUP BY 1, 2, 3, 4, 5, 6
  ) AS sums
  WHERE spend_hourly.hour = sums.hour AND spend_hourly.key_id = sums.key_id AND spend_hourly.model_group = sums.model_group
    AND spend_hourly.provider = sums.provider AND spend_hourly.client_name = sums.client_name
    AND spend_hourly.billing = sums.billing;";

/// Whom they are counted for besides the key.
pub(super) const WITH_OWNERS: &str = "
ALTER TABLE spend_hourly RENAME TO spend_hourly_before;
CREATE TABLE spend_hourly (
  hour               INTEGER NOT NULL,   -- hours since 1970, UTC
  key_id             BLOB NOT NULL,
  model_group        TEXT NOT NULL,
  provider           TEXT NOT NULL,      -- '' where the request reached none
  client_name        TEXT NOT NULL,
  billing            INTEGER NOT NULL,
  owner              INTEGER NOT NULL,   -- a number of `owners`
  requests           INTEGER NOT NULL,
  errors             INTEGER NOT NULL,
  cancelled          INTEGER NOT NULL,
  unpriced           INTEGER NOT NULL,   -- requests that used tokens and have no price
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens   INTEGER NOT NULL,
  cost_nanos         INTEGER NOT NULL,
  latency_us         INTEGER NOT NULL,
  PRIMARY KEY (hour, key_id, model_group, provider, client_name, billing, owner)
) STRICT, WITHOUT ROWID;
INSERT INTO spend_hourly SELECT hour, key_id, model_group, provider, client_name, billing, 0, requests, errors, cancelled,
  unpriced, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanos, latency_us
  FROM spend_hourly_before;
DROP TABLE spend_hourly_before;
CREATE INDEX spend_hourly_by_key ON spend_hourly (key_id, hour);
CREATE INDEX spend_hourly_by_owner ON spend_hourly (owner, hour) WHERE owner <> 0;";

/// What its requests have in common is said in `series`, which tells more of them than the table before it did: it is made anew
/// from the rows.
pub(super) const WITH_SERIES: &str = "
DROP TABLE spend_hourly;
CREATE TABLE spend_hourly (
  hour               INTEGER NOT NULL,   -- hours since 1970, UTC
  series             INTEGER NOT NULL,   -- a number of `series`
  requests           INTEGER NOT NULL,
  errors             INTEGER NOT NULL,
  cancelled          INTEGER NOT NULL,
  unpriced           INTEGER NOT NULL,   -- requests that used tokens and have no price
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens   INTEGER NOT NULL,
  cost_nanos         INTEGER NOT NULL,
  latency_us         INTEGER NOT NULL,
  PRIMARY KEY (hour, series)
) STRICT, WITHOUT ROWID;
INSERT INTO spend_hourly SELECT started_at / 3600000, series.id, COUNT(*),
  SUM(outcome = 1), SUM(outcome = 2), SUM(cost_nanos IS NULL AND input_tokens + output_tokens > 0), SUM(input_tokens),
  SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), COALESCE(SUM(cost_nanos), 0),
  SUM(latency_us)
  FROM requests JOIN series ON series.key_id = requests.key_id AND series.owner = requests.owner
    AND series.endpoint = requests.endpoint AND series.model_group = requests.model_group
    AND series.provider = COALESCE(requests.provider, '') AND series.model = COALESCE(upstream_model, '')
    AND series.client_name = requests.client_name AND series.billing = requests.billing
  GROUP BY 1, 2;
CREATE INDEX spend_hourly_by_series ON spend_hourly (series, hour);";

/// Sums over some requests. Costs in nano-dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub requests: i64,
    pub errors: i64,
    pub cancelled: i64,
    pub unpriced: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost_nanos: i64,
    /// Microseconds.
    pub latency_us: i64,
    /// What requests within a flat rate would have cost.
    pub covered_nanos: i64,
}

/// How many columns [`COLUMNS`] are.
pub(super) const WIDTH: usize = 12;

impl Totals {
    pub fn of(row: &RequestRow) -> Self {
        Self {
            requests: 1,
            errors: i64::from(row.outcome == Outcome::Error),
            cancelled: i64::from(row.outcome == Outcome::Cancelled),
            unpriced: i64::from(row.cost_nanos.is_none() && row.tokens.input + row.tokens.output > 0),
            input_tokens: row.tokens.input,
            output_tokens: row.tokens.output,
            cache_read_tokens: row.tokens.cache_read,
            cache_write_tokens: row.tokens.cache_write,
            reasoning_tokens: row.tokens.reasoning,
            cost_nanos: row.cost_nanos.unwrap_or(0),
            latency_us: row.latency_us,
            covered_nanos: row.covered_nanos.unwrap_or(0),
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.cancelled += other.cancelled;
        self.unpriced += other.unpriced;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.reasoning_tokens += other.reasoning_tokens;
        self.cost_nanos = self.cost_nanos.saturating_add(other.cost_nanos);
        self.latency_us = self.latency_us.saturating_add(other.latency_us);
        self.covered_nanos = self.covered_nanos.saturating_add(other.covered_nanos);
    }

    /// What makes these of those before.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            errors: self.errors - before.errors,
            cancelled: self.cancelled - before.cancelled,
            unpriced: self.unpriced - before.unpriced,
            input_tokens: self.input_tokens - before.input_tokens,
            output_tokens: self.output_tokens - before.output_tokens,
            cache_read_tokens: self.cache_read_tokens - before.cache_read_tokens,
            cache_write_tokens: self.cache_write_tokens - before.cache_write_tokens,
            reasoning_tokens: self.reasoning_tokens - before.reasoning_tokens,
            cost_nanos: self.cost_nanos.saturating_sub(before.cost_nanos),
            latency_us: self.latency_us.saturating_sub(before.latency_us),
            covered_nanos: self.covered_nanos.saturating_sub(before.covered_nanos),
        }
    }

    pub(super) fn from_row(row: &Row<'_>, first: usize) -> Result<Self> {
        Ok(Self {
            requests: row.get(first)?,
            errors: row.get(first + 1)?,
            cancelled: row.get(first + 2)?,
            unpriced: row.get(first + 3)?,
            input_tokens: row.get(first + 4)?,
            output_tokens: row.get(first + 5)?,
            cache_read_tokens: row.get(first + 6)?,
            cache_write_tokens: row.get(first + 7)?,
            reasoning_tokens: row.get(first + 8)?,
            cost_nanos: row.get(first + 9)?,
            latency_us: row.get(first + 10)?,
            covered_nanos: row.get(first + 11)?,
        })
    }

    pub(super) fn values(&self) -> [i64; WIDTH] {
        [
            self.requests,
            self.errors,
            self.cancelled,
            self.unpriced,
            self.input_tokens,
            self.output_tokens,
            self.cache_read_tokens,
            self.cache_write_tokens,
            self.reasoning_tokens,
            self.cost_nanos,
            self.latency_us,
            self.covered_nanos,
        ]
    }
}

/// The columns of totals that every roll-up has, in the order of [`Totals::values`].
pub(super) const COLUMNS: &str = "requests, errors, cancelled, unpriced, input_tokens, output_tokens, cache_read_tokens, \
     cache_write_tokens, reasoning_tokens, cost_nanos, latency_us, covered_nanos";

/// SQL that adds sums (`columns`) to those of a roll-up's row, which is found by the columns of `place`; the parameters are the
/// row's place and then the sums.
pub(super) fn adding(table: &str, place: &[&str], columns: &str) -> String {
    let key = place.join(", ");
    let names = format!("{key}, {columns}");
    format!(
        "INSERT INTO {table} ({names}) VALUES ({}) ON CONFLICT ({key}) DO UPDATE SET {}",
        parameters(&names),
        summed(table, columns)
    )
}

/// The parameters for values of these columns.
pub(super) fn parameters(columns: &str) -> String {
    let places: Vec<String> = (1..=columns.split(", ").count()).map(|place| format!("?{place}")).collect();
    places.join(", ")
}

/// SQL that makes each of these columns the sum of what is there and what comes.
pub(super) fn summed(table: &str, columns: &str) -> String {
    let sums = columns.split(", ").map(|name| format!("{name} = {table}.{name} + excluded.{name}"));
    sums.collect::<Vec<_>>().join(", ")
}

static ADD: LazyLock<String> = LazyLock::new(|| adding("spend_hourly", &["hour", "series"], COLUMNS));

/// The sums of one transaction's rows by hour and series: each is written once per transaction, however many rows it counts.
#[derive(Default)]
pub(crate) struct Sums(HashMap<(i64, i64), Totals>);

pub const MILLISECONDS_PER_HOUR: i64 = 3_600_000;

/// The hour of a moment (UTC milliseconds), counted since 1970.
pub fn hour_of(moment: i64) -> i64 {
    moment.div_euclid(MILLISECONDS_PER_HOUR)
}

impl Sums {
    /// `totals` are those of the row, or by how much they change.
    pub fn add(&mut self, row: &RequestRow, series: i64, totals: &Totals) {
        self.0.entry((hour_of(row.started_at), series)).or_default().add(totals);
    }

    pub fn write(self, connection: &Connection) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(&ADD)?;
        for ((hour, series), totals) in self.0 {
            statement.execute(params_from_iter([hour, series].into_iter().chain(totals.values())))?;
        }
        Ok(())
    }
}

/// What the requests of one series came to in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourRow {
    pub hour: i64,
    pub series: Arc<Series>,
    pub totals: Totals,
}

/// All rows with `from <= hour < to` (hours since 1970, UTC) that these may see (`None`: all), oldest first.
pub fn between(
    connection: &Connection,
    from: i64,
    to: i64,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<HourRow>> {
    let mut values = vec![Value::Integer(from), Value::Integer(to)];
    let seen = seen_by.map_or_else(|| "1".to_owned(), |seen_by| seen_by.condition(&mut values));
    let sql = format!(
        "SELECT hour, {COLUMNS}, series.id, {} FROM spend_hourly JOIN series ON series.id = spend_hourly.series
         WHERE hour >= ?1 AND hour < ?2 AND {seen} ORDER BY hour",
        series::COLUMNS
    );
    let mut known = series::Seen::default();
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            Ok(HourRow {
                hour: row.get(0)?,
                totals: Totals::from_row(row, 1)?,
                series: known.numbered(row.get(1 + WIDTH)?, row, 2 + WIDTH)?,
            })
        })?
        .collect()
}

/// Whole days, which begin at midnight of a clock that is `behind` so many minutes behind UTC (less than 0: ahead of it). A hour
/// that lies in two of them, where clocks are half an hour off, is of the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// Days since 1970.
    pub first: i64,
    pub last: i64,
    pub behind: i64,
}

/// The day of an hour, with the minutes behind UTC as the first parameter.
pub(super) const DAY: &str = "(hour * 60 - ?1) / 1440";
/// The sums of [`COLUMNS`].
pub(super) const SUMS: &str = "SUM(requests), SUM(errors), SUM(cancelled), SUM(unpriced), SUM(input_tokens), \
     SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(cost_nanos), SUM(latency_us), \
     SUM(covered_nanos)";

impl Days {
    /// The first three parameters: the minutes behind UTC, the first hour, and the hour after the last.
    pub(super) fn values(&self) -> Vec<Value> {
        let hour = |day: i64| {
            let minutes = day.saturating_mul(1440).saturating_add(self.behind);
            minutes.div_euclid(60) + i64::from(minutes.rem_euclid(60) != 0)
        };
        [self.behind, hour(self.first), hour(self.last.saturating_add(1))].map(Value::Integer).to_vec()
    }
}

/// What the requests of one series came to on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// Days since 1970.
    pub day: i64,
    pub series: Arc<Series>,
    pub totals: Totals,
}

/// The days that these may see (`None`: all).
pub fn by_day(connection: &Connection, days: &Days, seen_by: Option<&SeenBy>) -> Result<Vec<DayRow>> {
    let mut values = days.values();
    let seen = seen_by.map_or_else(String::new, |seen_by| {
        format!("AND series IN (SELECT id FROM series WHERE {})", seen_by.condition(&mut values))
    });
    let sql = format!(
        "SELECT days.*, {} FROM (
           SELECT {DAY} AS day, series, {SUMS} FROM spend_hourly WHERE hour >= ?2 AND hour < ?3 {seen} GROUP BY 1, 2
         ) AS days JOIN series ON series.id = days.series",
        series::COLUMNS
    );
    let mut known = series::Seen::default();
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            Ok(DayRow {
                day: row.get(0)?,
                totals: Totals::from_row(row, 2)?,
                series: known.numbered(row.get(1)?, row, 2 + WIDTH)?,
            })
        })?
        .collect()
}

/// What each series came to between two hours (`from <= hour < to`), of those that these may see (`None`: all).
pub fn by_series(
    connection: &Connection,
    from: i64,
    to: i64,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<(Series, Totals)>> {
    let mut values = vec![Value::Integer(from), Value::Integer(to)];
    let seen = seen_by.map_or_else(String::new, |seen_by| {
        format!("AND series IN (SELECT id FROM series WHERE {})", seen_by.condition(&mut values))
    });
    let sql = format!(
        "SELECT sums.*, {} FROM (
           SELECT series, {SUMS} FROM spend_hourly WHERE hour >= ?1 AND hour < ?2 {seen} GROUP BY series
         ) AS sums JOIN series ON series.id = sums.series",
        series::COLUMNS
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            Ok((Series::from_row(row, 1 + WIDTH)?, Totals::from_row(row, 1)?))
        })?
        .collect()
}

/// Sums by model group and provider (`''` where requests reached none).
pub type Sum = (String, String, Totals);

/// The same of a span of time, exact to the millisecond: whole hours from the roll-ups, the begun ones at both ends from the
/// rows. `from <= started < to`, UTC milliseconds.
pub fn sums_between(connection: &Connection, from: i64, to: i64) -> Result<Vec<Sum>> {
    let first =
        from.div_euclid(MILLISECONDS_PER_HOUR) + i64::from(from.rem_euclid(MILLISECONDS_PER_HOUR) != 0);
    let last = to.div_euclid(MILLISECONDS_PER_HOUR);
    if first > last {
        return sums_of_rows(connection, from, to);
    }
    let mut sums: Vec<Sum> = connection
        .prepare_cached(
            &format!(
                "SELECT model_group, provider, {SUMS} FROM spend_hourly JOIN series ON series.id = spend_hourly.series
                 WHERE hour >= ?1 AND hour < ?2 GROUP BY model_group, provider"
            ),
        )?
        .query_map([first, last], |row| Ok((row.get(0)?, row.get(1)?, Totals::from_row(row, 2)?)))?
        .collect::<Result<_>>()?;
    sums.extend(sums_of_rows(connection, from, first * MILLISECONDS_PER_HOUR)?);
    sums.extend(sums_of_rows(connection, last * MILLISECONDS_PER_HOUR, to)?);
    Ok(sums)
}

fn sums_of_rows(connection: &Connection, from: i64, to: i64) -> Result<Vec<Sum>> {
    if from >= to {
        return Ok(Vec::new());
    }
    connection
        .prepare_cached(
            "SELECT model_group, COALESCE(provider, ''), COUNT(*), SUM(CASE WHEN outcome = 1 THEN 1 ELSE 0 END),
               SUM(CASE WHEN outcome = 2 THEN 1 ELSE 0 END),
               SUM(CASE WHEN cost_nanos IS NULL AND input_tokens + output_tokens > 0 THEN 1 ELSE 0 END), SUM(input_tokens),
               SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens),
               COALESCE(SUM(cost_nanos), 0), SUM(latency_us), COALESCE(SUM(covered_nanos), 0)
             FROM requests WHERE id >= ?1 AND id < ?2 AND started_at >= ?3 AND started_at < ?4
             GROUP BY model_group, COALESCE(provider, '')",
        )?
        .query_map((first_id_at(from.saturating_sub(ID_MARGIN)), first_id_at(to.saturating_add(ID_MARGIN)), from, to), |row| {
            Ok((row.get(0)?, row.get(1)?, Totals::from_row(row, 2)?))
        })?
        .collect()
}

/// What each key has spent in all, nano-dollars.
pub fn spend_by_key(connection: &Connection) -> Result<Vec<(Uuid, i64)>> {
    connection
        .prepare(
            "SELECT key_id, SUM(cost_nanos) FROM spend_hourly JOIN series ON series.id = spend_hourly.series GROUP BY key_id",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// How many requests were ever made for each owner, by its number.
pub fn requests_by_owner(connection: &Connection) -> Result<Vec<(i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT owner, SUM(requests) FROM spend_hourly JOIN series ON series.id = spend_hourly.series GROUP BY owner",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The name of every client that was ever seen.
pub fn clients(connection: &Connection) -> Result<Vec<String>> {
    connection
        .prepare_cached("SELECT DISTINCT client_name FROM series ORDER BY client_name")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// What a key has spent since a moment (UTC milliseconds), exact to the request.
pub fn spend_since(connection: &Connection, key_id: Uuid, since: i64) -> Result<i64> {
    let question = Question { subject: Subject::Key(key_id), model_group: None, since };
    Ok(spent::sums(connection, &[question])?.into_iter().sum())
}

/// What was used of a model without a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpricedModel {
    pub provider: String,
    /// As the provider calls it.
    pub model: String,
    pub requests: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// The last hour in which it was, since 1970, UTC.
    pub last_hour: i64,
}

/// Models of which some requests have no price, those last used first. Tokens are those of all requests in the hours of such.
pub fn unpriced(connection: &Connection) -> Result<Vec<UnpricedModel>> {
    connection
        .prepare_cached(
            "SELECT provider, model, SUM(unpriced), SUM(input_tokens), SUM(output_tokens), MAX(hour)
             FROM spend_hourly JOIN series ON series.id = spend_hourly.series
             WHERE unpriced > 0 AND provider <> '' GROUP BY provider, model ORDER BY MAX(hour) DESC, provider, model",
        )?
        .query_map([], |row| {
            Ok(UnpricedModel {
                provider: row.get(0)?,
                model: row.get(1)?,
                requests: row.get(2)?,
                input_tokens: row.get(3)?,
                output_tokens: row.get(4)?,
                last_hour: row.get(5)?,
            })
        })?
        .collect()
}

/// By how much the time in a row's id may differ from the time that the row names.
pub(super) const ID_MARGIN: i64 = 60_000;

/// The smallest UUIDv7 of a millisecond, as bytes: lets the primary key answer questions of time.
pub fn first_id_at(milliseconds: i64) -> Uuid {
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&milliseconds.clamp(0, (1 << 48) - 1).to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}

/// How many requests there are that these may see (`None`: all), and how many of them are not of `key_id`.
pub fn counts(connection: &Connection, key_id: Uuid, seen_by: Option<&SeenBy>) -> Result<(i64, i64)> {
    let mut values = vec![Value::Blob(key_id.as_bytes().to_vec())];
    let seen = seen_by.map_or_else(|| "1".to_owned(), |seen_by| seen_by.condition(&mut values));
    let sql = format!(
        "SELECT COALESCE(SUM(requests), 0), COALESCE(SUM(CASE WHEN key_id <> ?1 THEN requests ELSE 0 END), 0)
         FROM spend_hourly JOIN series ON series.id = spend_hourly.series WHERE {seen}"
    );
    connection.query_row(&sql, params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))
}
