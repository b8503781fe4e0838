//! `sessions`: what each run of a client came to, one row a session and key. Sessions are too many and too short for sums by the
//! hour: these would be as many as the requests themselves. Clients choose the names, and two of them may choose the same: nobody's
//! run is counted in that of another key.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::owners::SeenBy;
use super::requests::RequestRow;
use super::series::{self, Series};
use super::spend_hourly::{Totals, parameters, summed};
use super::spend_labels::Label;
use super::spend_parts::{PART_COLUMNS, PART_WIDTH, PartTotals};

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

/// By key, with the project and how requests were paid for.
pub(super) const BY_KEY: &str = "
CREATE TABLE sessions_by_key (
  label              INTEGER NOT NULL,     -- a number of `labels`
  key                INTEGER NOT NULL,     -- a number of `key_numbers`
  series             INTEGER NOT NULL,     -- that of its first request
  project            INTEGER,              -- a number of `labels`: the first that it named
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
  covered_nanos      INTEGER NOT NULL,
  covered_requests   INTEGER NOT NULL,     -- within a flat rate
  local_requests     INTEGER NOT NULL,
  PRIMARY KEY (label, key)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO key_numbers (key_id) SELECT DISTINCT key_id FROM series;
INSERT INTO sessions_by_key
  SELECT label, key_numbers.id, series, NULL, first_at, last_at, requests, errors, cancelled, unpriced, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanos, latency_us, covered_nanos,
    CASE WHEN billing = 1 THEN requests ELSE 0 END, CASE WHEN billing = 2 THEN requests ELSE 0 END
  FROM sessions JOIN series ON series.id = series JOIN key_numbers ON key_numbers.key_id = series.key_id;
DROP TABLE sessions;
ALTER TABLE sessions_by_key RENAME TO sessions;
CREATE INDEX sessions_by_last ON sessions (last_at);";

/// The numbers of what a row belongs to.
pub(super) struct Place {
    pub session: i64,
    pub key: i64,
    pub series: i64,
    pub project: Option<i64>,
}

/// The sums of one transaction's rows by session and key.
#[derive(Default)]
pub(crate) struct Sums(HashMap<(i64, i64), Sum>);

struct Sum {
    series: i64,
    project: Option<i64>,
    first: i64,
    last: i64,
    totals: PartTotals,
}

static ADD: LazyLock<String> = LazyLock::new(|| {
    let sums = PART_COLUMNS.as_str();
    let names = format!("label, key, series, project, first_at, last_at, {sums}");
    format!(
        "INSERT INTO sessions ({names}) VALUES ({}) ON CONFLICT (label, key) DO UPDATE SET
           project = COALESCE(sessions.project, excluded.project), first_at = MIN(sessions.first_at, excluded.first_at),
           last_at = MAX(sessions.last_at, excluded.last_at), {}",
        parameters(&names),
        summed("sessions", sums)
    )
});

impl Sums {
    pub(super) fn add(&mut self, row: &RequestRow, place: Place, totals: &Totals) {
        let Place { session, key, series, project } = place;
        let (first, last) = (row.started_at, row.started_at);
        let new = Sum { series, project, first, last, totals: PartTotals::default() };
        let sum = self.0.entry((session, key)).or_insert(new);
        sum.project = sum.project.or(project);
        sum.first = sum.first.min(first);
        sum.last = sum.last.max(last);
        sum.totals.add(&PartTotals::of(row.billing, totals));
    }

    pub fn write(self, connection: &Connection) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(&ADD)?;
        for ((session, key), sum) in self.0 {
            let place =
                [Some(session), Some(key), Some(sum.series), sum.project, Some(sum.first), Some(sum.last)];
            statement.execute(params_from_iter(place.into_iter().chain(sum.totals.values().map(Some))))?;
        }
        Ok(())
    }
}

/// One run of a client, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub name: String,
    pub project: Option<String>,
    /// UTC milliseconds.
    pub first_at: i64,
    pub last_at: i64,
    pub totals: PartTotals,
    /// Of its first request.
    pub series: Series,
    pub position: Position,
}

/// Where a session stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub last_at: i64,
    pub label: i64,
    pub key: i64,
}

#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    pub before: Option<Position>,
    pub project: Option<String>,
    /// Found in the name, the project, the client or the model.
    pub search: Option<String>,
    /// Only what these may see; `None`: all.
    pub seen_by: Option<SeenBy>,
    pub limit: usize,
}

/// One page, those of last first.
pub fn page(connection: &Connection, filter: &SessionFilter) -> Result<Vec<SessionRow>> {
    let mut values = Vec::new();
    let mut conditions = Vec::new();
    let mut place = |value: Value| {
        values.push(value);
        format!("?{}", values.len())
    };
    if let Some(Position { last_at, label, key }) = filter.before {
        let [last_at, label, key] = [last_at, label, key].map(|value| place(Value::Integer(value)));
        conditions.push(format!("(last_at, label, key) < ({last_at}, {label}, {key})"));
    }
    if let Some(project) = &filter.project {
        let (kind, name) = (Label::Project.number(), place(Value::Text(project.clone())));
        conditions.push(format!("project = (SELECT id FROM labels WHERE kind = {kind} AND name = {name})"));
    }
    if let Some(search) = &filter.search {
        let pattern = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = place(Value::Text(format!("%{pattern}%")));
        let columns = ["labels.name", "projects.name", "client_name", "model_group"];
        let like = columns.map(|column| format!("{column} LIKE {pattern} ESCAPE '\\'"));
        conditions.push(format!("({})", like.join(" OR ")));
    }
    if let Some(seen_by) = &filter.seen_by {
        conditions.push(seen_by.condition(&mut values));
    }
    values.push(Value::Integer(filter.limit as i64));
    let sql = format!(
        "SELECT first_at, last_at, label, key, labels.name, projects.name, {}, {} FROM sessions
         JOIN labels ON labels.id = sessions.label LEFT JOIN labels AS projects ON projects.id = sessions.project
         JOIN series ON series.id = sessions.series
         {} {} ORDER BY last_at DESC, label DESC, key DESC LIMIT ?{}",
        *PART_COLUMNS,
        series::COLUMNS,
        if conditions.is_empty() { "" } else { "WHERE" },
        conditions.join(" AND "),
        values.len()
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            let last_at = row.get(1)?;
            Ok(SessionRow {
                first_at: row.get(0)?,
                last_at,
                position: Position { last_at, label: row.get(2)?, key: row.get(3)? },
                name: row.get(4)?,
                project: row.get(5)?,
                totals: PartTotals::from_row(row, 6)?,
                series: Series::from_row(row, 6 + PART_WIDTH)?,
            })
        })?
        .collect()
}

/// From when to when a session went, whosever it is, UTC milliseconds.
pub(super) fn span(connection: &Connection, name: &str) -> Result<Option<(i64, i64)>> {
    let (first, last): (Option<i64>, Option<i64>) = connection
        .prepare_cached(
            "SELECT MIN(first_at), MAX(last_at) FROM sessions
             WHERE label = (SELECT id FROM labels WHERE kind = 3 AND name = ?1)",
        )?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(first.zip(last))
}
