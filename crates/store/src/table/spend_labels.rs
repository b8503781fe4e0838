//! `spend_labels`: hourly sums of requests that name an end user or carry tags, like `spend_hourly` and written with it.

use std::collections::HashMap;

use rusqlite::{Connection, Result};
use uuid::Uuid;

use super::requests::RequestRow;
use super::spend_hourly::Totals;

pub(super) const CREATE: &str = "
CREATE TABLE spend_labels (
  kind               INTEGER NOT NULL,   -- 0 end user, 1 tag
  name               TEXT NOT NULL,
  hour               INTEGER NOT NULL,   -- hours since 1970, UTC
  key_id             BLOB NOT NULL,
  model_group        TEXT NOT NULL,
  provider           TEXT NOT NULL,      -- '' where the request reached none
  requests           INTEGER NOT NULL,
  errors             INTEGER NOT NULL,
  cancelled          INTEGER NOT NULL,
  unpriced           INTEGER NOT NULL,
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens   INTEGER NOT NULL,
  cost_nanos         INTEGER NOT NULL,
  latency_us         INTEGER NOT NULL,
  PRIMARY KEY (kind, name, hour, key_id, model_group, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO spend_labels SELECT 0, end_user, started_at / 3600000, key_id, model_group, COALESCE(provider, ''), COUNT(*),
  SUM(CASE WHEN outcome = 1 THEN 1 ELSE 0 END), SUM(CASE WHEN outcome = 2 THEN 1 ELSE 0 END),
  SUM(CASE WHEN cost_nanos IS NULL AND input_tokens + output_tokens > 0 THEN 1 ELSE 0 END), SUM(input_tokens),
  SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), COALESCE(SUM(cost_nanos), 0),
  SUM(latency_us)
  FROM requests WHERE end_user IS NOT NULL GROUP BY 2, 3, 4, 5, 6;";

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    EndUser,
    Tag,
}

impl Label {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::EndUser => 0,
            Self::Tag => 1,
        }
    }
}

#[derive(PartialEq, Eq, Hash)]
struct Bucket {
    label: Label,
    name: String,
    hour: i64,
    key_id: Uuid,
    model_group: String,
    provider: String,
}

/// The sums of one transaction's rows.
#[derive(Default)]
pub(crate) struct Sums(HashMap<Bucket, Totals>);

impl Sums {
    pub fn add(&mut self, row: &RequestRow, hour: i64) {
        let end_user = row.end_user.iter().map(|name| (Label::EndUser, name));
        // A tag that a request names twice is still one request's.
        let tags = row.tags.iter().enumerate().filter(|(at, name)| !row.tags[..*at].contains(name));
        for (label, name) in end_user.chain(tags.map(|(_, name)| (Label::Tag, name))) {
            let bucket = Bucket {
                label,
                name: name.clone(),
                hour,
                key_id: row.key_id,
                model_group: row.model_group.clone(),
                provider: row.provider.clone().unwrap_or_default(),
            };
            self.0.entry(bucket).or_default().add(&Totals::of(row));
        }
    }

    pub fn write(self, connection: &Connection) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(
            "INSERT INTO spend_labels (kind, name, hour, key_id, model_group, provider, requests, errors, cancelled,
               unpriced, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanos, latency_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             ON CONFLICT (kind, name, hour, key_id, model_group, provider) DO UPDATE SET
               requests = requests + excluded.requests, errors = errors + excluded.errors,
               cancelled = cancelled + excluded.cancelled, unpriced = unpriced + excluded.unpriced,
               input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
               cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
               cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
               reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens, cost_nanos = cost_nanos + excluded.cost_nanos,
               latency_us = latency_us + excluded.latency_us",
        )?;
        for (bucket, totals) in self.0 {
            statement.execute(rusqlite::params![
                bucket.label.number(),
                bucket.name,
                bucket.hour,
                bucket.key_id,
                bucket.model_group,
                bucket.provider,
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
                totals.latency_us,
            ])?;
        }
        Ok(())
    }
}

/// What each name cost in each hour from `from` on: `(name, hour, nano-dollars)`.
pub fn costs_since(connection: &Connection, label: Label, from: i64) -> Result<Vec<(String, i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT name, hour, SUM(cost_nanos) FROM spend_labels WHERE kind = ?1 AND hour >= ?2 GROUP BY name, hour",
        )?
        .query_map([label.number(), from], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

/// What each name has cost in all, nano-dollars.
pub fn costs(connection: &Connection, label: Label) -> Result<Vec<(String, i64)>> {
    connection
        .prepare_cached("SELECT name, SUM(cost_nanos) FROM spend_labels WHERE kind = ?1 GROUP BY name")?
        .query_map([label.number()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Every name with the first and the last hour in which it was used.
pub fn names(connection: &Connection, label: Label) -> Result<Vec<(String, i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT name, MIN(hour), MAX(hour) FROM spend_labels WHERE kind = ?1 GROUP BY name ORDER BY name",
        )?
        .query_map([label.number()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}
