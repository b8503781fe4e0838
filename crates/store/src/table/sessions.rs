//! `sessions`: what each run of a client came to, one row a session. Sessions are too many and too short for sums by the hour: these
//! would be as many as the requests themselves.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::owners::SeenBy;
use super::requests::RequestRow;
use super::series::{self, Series};
use super::spend_hourly::{self, Totals, WIDTH};

pub(super) const CREATE: &str = "
CREATE TABLE sessions (
  label              INTEGER PRIMARY KEY,  -- a number of `labels`
  series             INTEGER NOT NULL,     -- that of its first request
  first_at           INTEGER NOT NULL,     -- UTC milliseconds
  last_at            INTEGER NOT NULL,
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
  covered_nanos      INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_last ON sessions (last_at);";

/// The sums of one transaction's rows by session.
#[derive(Default)]
pub(crate) struct Sums(HashMap<i64, Sum>);

struct Sum {
    series: i64,
    first: i64,
    last: i64,
    totals: Totals,
}

impl Sums {
    /// `label` is the number of the row's session.
    pub fn add(&mut self, row: &RequestRow, label: i64, series: i64, totals: &Totals) {
        let at = row.started_at;
        let sum =
            self.0.entry(label).or_insert(Sum { series, first: at, last: at, totals: Totals::default() });
        sum.first = sum.first.min(at);
        sum.last = sum.last.max(at);
        sum.totals.add(totals);
    }

    pub fn write(self, connection: &Connection) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let columns = spend_hourly::COLUMNS;
        let places = (5..5 + WIDTH).map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ");
        let names = columns.split(", ");
        let sums =
            names.map(|name| format!("{name} = sessions.{name} + excluded.{name}")).collect::<Vec<_>>();
        let mut statement = connection.prepare_cached(&format!(
            "INSERT INTO sessions (label, series, first_at, last_at, {columns}) VALUES (?1, ?2, ?3, ?4, {places})
             ON CONFLICT (label) DO UPDATE SET first_at = MIN(first_at, excluded.first_at),
               last_at = MAX(last_at, excluded.last_at), {}",
            sums.join(", ")
        ))?;
        for (label, sum) in self.0 {
            let place = [label, sum.series, sum.first, sum.last].into_iter();
            statement.execute(params_from_iter(place.chain(sum.totals.values())))?;
        }
        Ok(())
    }
}

/// One run of a client, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub name: String,
    /// UTC milliseconds.
    pub first_at: i64,
    pub last_at: i64,
    pub totals: Totals,
    /// Of its first request.
    pub series: Series,
}

/// Sessions that these may see (`None`: all) and that were not over before `from`, those of last first; at most `limit`.
pub fn latest(
    connection: &Connection,
    from: i64,
    limit: usize,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<SessionRow>> {
    let mut values = vec![Value::Integer(from), Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX))];
    let seen = seen_by.map_or_else(|| "1".to_owned(), |seen_by| seen_by.condition(&mut values));
    let sql = format!(
        "SELECT first_at, last_at, name, {}, {} FROM sessions
         JOIN labels ON labels.id = sessions.label JOIN series ON series.id = sessions.series
         WHERE last_at >= ?1 AND {seen} ORDER BY last_at DESC LIMIT ?2",
        spend_hourly::COLUMNS,
        series::COLUMNS
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            Ok(SessionRow {
                first_at: row.get(0)?,
                last_at: row.get(1)?,
                name: row.get(2)?,
                totals: Totals::from_row(row, 3)?,
                series: Series::from_row(row, 3 + WIDTH)?,
            })
        })?
        .collect()
}

/// From when to when a session went, UTC milliseconds.
pub(super) fn span(connection: &Connection, name: &str) -> Result<Option<(i64, i64)>> {
    use rusqlite::OptionalExtension;
    connection
        .prepare_cached(
            "SELECT first_at, last_at FROM sessions
             WHERE label = (SELECT id FROM labels WHERE kind = 3 AND name = ?1)",
        )?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}
