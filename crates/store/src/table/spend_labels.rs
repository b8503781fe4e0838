//! `spend_labels`: hourly sums of requests that name an end user or carry tags, like `spend_hourly` and written with it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, LazyLock};

use hashbrown::Equivalent;
use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::owners::SeenBy;
use super::requests::{Billing, RequestRow};
use super::series::{self, Series};
use super::sessions;
use super::spend_hourly::{COLUMNS, DAY, DayRow, Days, SUMS, Totals, WIDTH, adding, hour_of};
use super::spend_parts::{self, PartSlot, PartTotals};

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

/// By series, and made anew from the rows as these are.
pub(super) const WITH_SERIES: &str = "
DROP TABLE spend_labels;
CREATE TABLE labels (
  id   INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,                 -- 0 end user, 1 tag
  name TEXT NOT NULL,
  UNIQUE (kind, name)
) STRICT;
CREATE TABLE spend_labels (
  label              INTEGER NOT NULL,   -- a number of `labels`
  hour               INTEGER NOT NULL,   -- hours since 1970, UTC
  series             INTEGER NOT NULL,   -- a number of `series`
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
  PRIMARY KEY (label, hour, series)
) STRICT, WITHOUT ROWID;
CREATE TEMP TABLE labelled AS
  SELECT id, 0 AS kind, end_user AS name FROM requests WHERE end_user IS NOT NULL
  UNION SELECT requests.id, 1, json_each.value FROM requests, json_each(requests.tags) WHERE requests.tags IS NOT NULL;
INSERT INTO labels (kind, name) SELECT DISTINCT kind, name FROM temp.labelled;
INSERT INTO spend_labels SELECT labels.id, started_at / 3600000, series.id, COUNT(*),
  SUM(outcome = 1), SUM(outcome = 2), SUM(cost_nanos IS NULL AND input_tokens + output_tokens > 0), SUM(input_tokens),
  SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), COALESCE(SUM(cost_nanos), 0),
  SUM(latency_us)
  FROM temp.labelled JOIN labels ON labels.kind = labelled.kind AND labels.name = labelled.name
  JOIN requests ON requests.id = labelled.id
  JOIN series ON series.key_id = requests.key_id AND series.owner = requests.owner
    AND series.endpoint = requests.endpoint AND series.model_group = requests.model_group
    AND series.provider = COALESCE(requests.provider, '') AND series.model = COALESCE(upstream_model, '')
    AND series.client_name = requests.client_name AND series.billing = requests.billing
  GROUP BY 1, 2, 3;
DROP TABLE temp.labelled;";

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    EndUser,
    Tag,
    /// What the client worked on.
    Project,
    /// One run of a client. Its sums are in `sessions`.
    Session,
    /// What `spend_parts` has sums of.
    All,
    Model,
    Provider,
    Key,
    Client,
    User,
    Team,
    Organization,
}

impl Label {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::EndUser => 0,
            Self::Tag => 1,
            Self::Project => 2,
            Self::Session => 3,
            Self::All => 4,
            Self::Model => 5,
            Self::Provider => 6,
            Self::Key => 7,
            Self::Client => 8,
            Self::User => 9,
            Self::Team => 10,
            Self::Organization => 11,
        }
    }
}

/// The numbers that are known to the writer.
#[derive(Default)]
pub(crate) struct Numbers(hashbrown::HashMap<(Label, String), i64>);

/// A name as it is looked up, with the hash of what it is known as.
#[derive(Hash)]
struct Told<'a>(Label, &'a str);

impl Equivalent<(Label, String)> for Told<'_> {
    fn equivalent(&self, (label, name): &(Label, String)) -> bool {
        self.0 == *label && self.1 == name
    }
}

/// So many numbers are kept in memory at most.
const MOST_KNOWN: usize = 20_000;

impl Numbers {
    pub(super) fn of(&mut self, connection: &Connection, label: Label, name: &str) -> Result<i64> {
        if let Some(number) = self.0.get(&Told(label, name)) {
            return Ok(*number);
        }
        let number = connection
            .prepare_cached(
                "INSERT INTO labels (kind, name) VALUES (?1, ?2)
                 ON CONFLICT (kind, name) DO UPDATE SET kind = excluded.kind RETURNING id",
            )?
            .query_row((label.number(), name), |row| row.get(0))?;
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        self.0.insert((label, name.to_owned()), number);
        Ok(number)
    }

    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

static ADD: LazyLock<String> =
    LazyLock::new(|| adding("spend_labels", &["label", "hour", "series"], COLUMNS));

/// The sums of one transaction's rows by label, hour and series, and by session.
#[derive(Default)]
pub(crate) struct Sums {
    labels: HashMap<(i64, i64, i64), Totals>,
    sessions: sessions::Sums,
}

impl Sums {
    /// `key` and `series` are the numbers of those of the row.
    pub fn add(
        &mut self,
        connection: &Connection,
        numbers: &mut Numbers,
        row: &RequestRow,
        (key, series): (i64, i64),
        totals: &Totals,
    ) -> Result<()> {
        let named = [(Label::EndUser, &row.end_user), (Label::Project, &row.project)];
        let named = named.into_iter().filter_map(|(label, name)| Some((label, name.as_ref()?)));
        // A tag that a request names twice is still one request's.
        let tags = row.tags.iter().enumerate().filter(|(at, name)| !row.tags[..*at].contains(name));
        for (label, name) in named.chain(tags.map(|(_, name)| (Label::Tag, name))) {
            let number = numbers.of(connection, label, name)?;
            let place = (number, hour_of(row.started_at), series);
            self.labels.entry(place).or_default().add(totals);
        }
        if let Some(session) = &row.session {
            let session = numbers.of(connection, Label::Session, session)?;
            let project = row.project.as_ref();
            let project = project.map(|name| numbers.of(connection, Label::Project, name)).transpose()?;
            let place = sessions::Place { session, key, series, project };
            self.sessions.add(row, place, totals);
        }
        Ok(())
    }

    pub fn write(self, connection: &Connection) -> Result<()> {
        self.sessions.write(connection)?;
        if self.labels.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(&ADD)?;
        for ((label, hour, series), totals) in self.labels {
            let place = [label, hour, series].into_iter();
            statement.execute(params_from_iter(place.chain(totals.values())))?;
        }
        Ok(())
    }
}

/// What the requests with one name came to in one series on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelDay {
    pub name: Arc<str>,
    pub row: DayRow,
}

/// The days of these names (`None`: of all) that these may see (`None`: all).
pub fn by_day(
    connection: &Connection,
    label: Label,
    names: Option<&[String]>,
    days: &Days,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<LabelDay>> {
    let mut values = days.values();
    values.push(Value::Integer(label.number()));
    let seen = seen_by.map_or_else(|| "1".to_owned(), |seen_by| seen_by.condition(&mut values));
    let any_of = names.map_or_else(
        || "1".to_owned(),
        |names| {
            let place = |name: &String| {
                values.push(Value::Text(name.clone()));
                format!("?{}", values.len())
            };
            format!("name IN ({})", names.iter().map(place).collect::<Vec<_>>().join(", "))
        },
    );
    let sql = format!(
        "SELECT days.*, {}, name FROM (
           SELECT {DAY} AS day, label, series, {SUMS} FROM spend_labels
           WHERE label IN (SELECT id FROM labels WHERE kind = ?4 AND {any_of}) AND hour >= ?2 AND hour < ?3
             AND series IN (SELECT id FROM series WHERE {seen})
           GROUP BY 1, 2, 3
         ) AS days JOIN labels ON labels.id = days.label JOIN series ON series.id = days.series",
        series::COLUMNS
    );
    let mut known = series::Seen::default();
    let mut texts: HashMap<i64, Arc<str>> = HashMap::new();
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            let text =
                || row.get_ref(3 + WIDTH + series::WIDTH).and_then(|name| Ok(Arc::from(name.as_str()?)));
            let name = match texts.entry(row.get(1)?) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(place) => place.insert(text()?).clone(),
            };
            let row = DayRow {
                day: row.get(0)?,
                totals: Totals::from_row(row, 3)?,
                series: known.numbered(row.get(2)?, row, 3 + WIDTH)?,
            };
            Ok(LabelDay { name, row })
        })?
        .collect()
}

/// What each name came to in each series between two hours (`from <= hour < to`), of those that these may see (`None`: all).
pub fn by_series(
    connection: &Connection,
    label: Label,
    from: i64,
    to: i64,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<(String, Series, Totals)>> {
    let mut values = [from, to, label.number()].map(Value::Integer).to_vec();
    let seen = seen_by.map_or_else(|| "1".to_owned(), |seen_by| seen_by.condition(&mut values));
    let sql = format!(
        "SELECT sums.*, {}, name FROM (
           SELECT label, series, {SUMS} FROM spend_labels
           WHERE label IN (SELECT id FROM labels WHERE kind = ?3) AND hour >= ?1 AND hour < ?2
             AND series IN (SELECT id FROM series WHERE {seen})
           GROUP BY 1, 2
         ) AS sums JOIN labels ON labels.id = sums.label JOIN series ON series.id = sums.series",
        series::COLUMNS
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            let name = row.get(2 + WIDTH + series::WIDTH)?;
            Ok((name, Series::from_row(row, 2 + WIDTH)?, Totals::from_row(row, 2)?))
        })?
        .collect()
}

/// The names of a kind by their number.
pub fn names_of(connection: &Connection, kind: Label) -> Result<HashMap<i64, String>> {
    connection
        .prepare_cached("SELECT id, name FROM labels WHERE kind = ?1")?
        .query_map([kind.number()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// What each name came to in spans of hours that follow each other: the first hour of each, and the end of the last. In no order.
pub fn between(connection: &Connection, kind: Label, starts: &[i64]) -> Result<Vec<PartSlot>> {
    added_up(connection, ("label IN (SELECT id FROM labels WHERE kind = ?1)", kind.number()), starts)
}

/// The same of one name.
pub(super) fn of_label(connection: &Connection, label: i64, starts: &[i64]) -> Result<Vec<PartSlot>> {
    added_up(connection, ("label = ?1", label), starts)
}

fn added_up(connection: &Connection, of: (&str, i64), starts: &[i64]) -> Result<Vec<PartSlot>> {
    let [from, .., to] = starts else { return Ok(Vec::new()) };
    let (condition, number) = of;
    let sql = format!(
        "SELECT label, hour, {COLUMNS}, billing FROM spend_labels CROSS JOIN series ON series.id = spend_labels.series
         WHERE {condition} AND hour >= ?2 AND hour < ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query([number, *from, *to])?;
    spend_parts::merged(rows, starts, |row| {
        Ok(PartTotals::of(Billing::from_number(row.get(2 + WIDTH)?), &Totals::from_row(row, 2)?))
    })
}

/// What each name came to in each hour, `from <= hour < to`, of those that these may see, in no order.
pub fn by_hour(
    connection: &Connection,
    label: Label,
    from: i64,
    to: i64,
    seen_by: &SeenBy,
) -> Result<Vec<(String, i64, PartTotals)>> {
    let mut values = [from, to, label.number()].map(Value::Integer).to_vec();
    let seen = seen_by.condition(&mut values);
    let sql = format!(
        "SELECT label, hour, {SUMS}, SUM(CASE WHEN billing = 1 THEN requests ELSE 0 END),
           SUM(CASE WHEN billing = 2 THEN requests ELSE 0 END)
         FROM spend_labels JOIN series ON series.id = spend_labels.series
         WHERE label IN (SELECT id FROM labels WHERE kind = ?3) AND hour >= ?1 AND hour < ?2 AND {seen}
         GROUP BY label, hour"
    );
    let names = names_of(connection, label)?;
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| {
            let name = names.get(&row.get(0)?).cloned().unwrap_or_default();
            Ok((name, row.get(1)?, PartTotals::from_row(row, 2)?))
        })?
        .collect()
}

/// What each name cost in each hour from `from` on: `(name, hour, nano-dollars)`.
pub fn costs_since(connection: &Connection, label: Label, from: i64) -> Result<Vec<(String, i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT name, hour, SUM(cost_nanos) FROM labels JOIN spend_labels ON label = labels.id
             WHERE kind = ?1 AND hour >= ?2 GROUP BY name, hour",
        )?
        .query_map([label.number(), from], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

/// What each name has cost in all, nano-dollars.
pub fn costs(connection: &Connection, label: Label) -> Result<Vec<(String, i64)>> {
    connection
        .prepare_cached(
            "SELECT name, SUM(cost_nanos) FROM labels JOIN spend_labels ON label = labels.id WHERE kind = ?1 GROUP BY name",
        )?
        .query_map([label.number()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Every name with the first and the last hour in which it was used.
pub fn names(connection: &Connection, label: Label) -> Result<Vec<(String, i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT name, MIN(hour), MAX(hour) FROM labels JOIN spend_labels ON label = labels.id
             WHERE kind = ?1 GROUP BY name ORDER BY name",
        )?
        .query_map([label.number()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn what_is_told_is_found_under_what_is_known() {
        let (known, hasher) = ((Label::Tag, "night".to_owned()), hashbrown::DefaultHashBuilder::default());
        assert!(
            Told(Label::Tag, "night").equivalent(&known) && !Told(Label::Project, "night").equivalent(&known)
        );
        assert_eq!(hasher.hash_one(Told(Label::Tag, "night")), hasher.hash_one(&known));
    }
}
