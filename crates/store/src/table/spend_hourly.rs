//! `spend_hourly`: roll-ups of the ledger by hour, written in the transaction of the rows they count, so that they
//! always agree with it. Hours are UTC.

use std::collections::HashMap;

use rusqlite::{Connection, Result, Row};
use uuid::Uuid;

use super::requests::{Billing, Outcome, RequestRow};

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
}

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
    }

    fn from_row(row: &Row<'_>, first: usize) -> Result<Self> {
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
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Bucket {
    hour: i64,
    key_id: Uuid,
    model_group: String,
    provider: String,
    client_name: String,
    billing: i64,
}

/// The sums of one transaction's rows: each bucket is written once per transaction, however many rows it counts.
#[derive(Default)]
pub(crate) struct Sums(HashMap<Bucket, Totals>);

const MILLISECONDS_PER_HOUR: i64 = 3_600_000;

impl Sums {
    pub fn add(&mut self, row: &RequestRow) {
        let bucket = Bucket {
            hour: row.started_at.div_euclid(MILLISECONDS_PER_HOUR),
            key_id: row.key_id,
            model_group: row.model_group.clone(),
            provider: row.provider.clone().unwrap_or_default(),
            client_name: row.client_name.clone(),
            billing: row.billing.number(),
        };
        self.0.entry(bucket).or_default().add(&Totals::of(row));
    }

    pub fn write(self, connection: &Connection) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(
            "INSERT INTO spend_hourly (hour, key_id, model_group, provider, client_name, billing, requests, errors, cancelled,
               unpriced, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanos)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (hour, key_id, model_group, provider, client_name, billing) DO UPDATE SET
               requests = requests + excluded.requests, errors = errors + excluded.errors,
               cancelled = cancelled + excluded.cancelled, unpriced = unpriced + excluded.unpriced,
               input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
               cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
               cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
               reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens, cost_nanos = cost_nanos + excluded.cost_nanos",
        )?;
        for (bucket, totals) in self.0 {
            statement.execute(rusqlite::params![
                bucket.hour,
                bucket.key_id,
                bucket.model_group,
                bucket.provider,
                bucket.client_name,
                bucket.billing,
                totals.requests,
                totals.errors,
                totals.cancelled,
                totals.unpriced,
                totals.input_tokens,
                totals.output_tokens,
                totals.cache_read_tokens,
                totals.cache_write_tokens,
                totals.reasoning_tokens,
                totals.cost_nanos,
            ])?;
        }
        Ok(())
    }
}

/// One bucket as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourRow {
    pub hour: i64,
    pub key_id: Uuid,
    pub model_group: String,
    pub provider: String,
    pub client_name: String,
    pub local: bool,
    pub totals: Totals,
}

/// All buckets with `from <= hour < to` (hours since 1970, UTC), oldest first.
pub fn between(connection: &Connection, from: i64, to: i64) -> Result<Vec<HourRow>> {
    connection
        .prepare_cached(
            "SELECT hour, key_id, model_group, provider, client_name, billing, requests, errors, cancelled, unpriced,
               input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanos
             FROM spend_hourly WHERE hour >= ?1 AND hour < ?2 ORDER BY hour",
        )?
        .query_map([from, to], |row| {
            Ok(HourRow {
                hour: row.get(0)?,
                key_id: row.get(1)?,
                model_group: row.get(2)?,
                provider: row.get(3)?,
                client_name: row.get(4)?,
                local: row.get::<_, i64>(5)? == Billing::Local.number(),
                totals: Totals::from_row(row, 6)?,
            })
        })?
        .collect()
}

/// What each key has spent in all, nano-dollars.
pub fn spend_by_key(connection: &Connection) -> Result<Vec<(Uuid, i64)>> {
    connection
        .prepare("SELECT key_id, SUM(cost_nanos) FROM spend_hourly GROUP BY key_id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// What a key has spent since a moment (UTC milliseconds), from the ledger itself: exact to the request.
pub fn spend_since(connection: &Connection, key_id: Uuid, since: i64) -> Result<i64> {
    connection
        .prepare_cached(
            "SELECT COALESCE(SUM(cost_nanos), 0) FROM requests WHERE key_id = ?1 AND id >= ?2 AND started_at >= ?3",
        )?
        .query_row((key_id, first_id_at(since), since), |row| row.get(0))
}

/// The smallest UUIDv7 of a millisecond, as bytes: lets the primary key answer questions of time.
pub fn first_id_at(milliseconds: i64) -> Uuid {
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&milliseconds.max(0).to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}

/// How many requests there are in all, and how many of them are not of `key_id`.
pub fn counts(connection: &Connection, key_id: Uuid) -> Result<(i64, i64)> {
    connection.query_row(
        "SELECT COALESCE(SUM(requests), 0), COALESCE(SUM(CASE WHEN key_id <> ?1 THEN requests ELSE 0 END), 0) FROM spend_hourly",
        [key_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
