//! `spend_days`: `spend_parts`, and what end users came to, by the day, in the time zones in which somebody looks at long spans. A day of one clock begins at
//! another hour than that of another, so each zone has days of its own, made when they are over and first asked for. They are
//! as the hours say, or they are not used: whoever changes an hour that lies before what a zone has moves that mark back.

use rusqlite::{Connection, OptionalExtension, Result, params_from_iter};

use super::spend_hourly::parameters;
use super::spend_labels::{self, Label};
use super::spend_parts::{self, PART_COLUMNS, Part, PartSlot, PartTotals, slot_of};

pub(super) const CREATE: &str = "
CREATE TABLE spend_zones (
  id      INTEGER PRIMARY KEY,
  name    TEXT NOT NULL UNIQUE,          -- as IANA calls the time zone
  until   INTEGER NOT NULL,              -- days that end by this hour are in spend_days
  filling INTEGER NOT NULL               -- so are they when what is being written now is there
) STRICT;
CREATE TABLE spend_days (
  zone               INTEGER NOT NULL,   -- a number of `spend_zones`
  label              INTEGER NOT NULL,   -- a number of `labels`
  hour               INTEGER NOT NULL,   -- the day's first, hours since 1970, UTC
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
  covered_requests   INTEGER NOT NULL,   -- within a flat rate
  local_requests     INTEGER NOT NULL,
  PRIMARY KEY (zone, label, hour)
) STRICT, WITHOUT ROWID;";

/// So many zones are kept.
const MOST_ZONES: i64 = 4;

/// Hours from this one on have changed.
pub(super) fn changed(connection: &Connection, hour: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE spend_zones SET until = MIN(until, ?1), filling = MIN(filling, ?1) WHERE until > ?1 OR filling > ?1",
        )?
        .execute([hour])?;
    Ok(())
}

/// What each came to on days of a zone that follow each other: the first hour of each, and the end of the last. In no order.
pub fn between(connection: &Connection, zone: &str, part: Part, starts: &[i64]) -> Result<Vec<PartSlot>> {
    let (mut slots, kept) = kept(connection, zone, part.label(), starts)?;
    let later = spend_parts::between(connection, part, &starts[kept..])?;
    slots.extend(later.into_iter().map(|part| PartSlot { slot: part.slot + kept, ..part }));
    Ok(slots)
}

/// The same by end user, of requests that name one.
pub fn of_end_users(connection: &Connection, zone: &str, starts: &[i64]) -> Result<Vec<PartSlot>> {
    let (mut slots, kept) = kept(connection, zone, Label::EndUser, starts)?;
    let later = spend_labels::between(connection, Label::EndUser, &starts[kept..])?;
    slots.extend(later.into_iter().map(|part| PartSlot { slot: part.slot + kept, ..part }));
    Ok(slots)
}

/// What is written of days, and how many of these days it is: the others are known by their hours.
fn kept(connection: &Connection, zone: &str, kind: Label, starts: &[i64]) -> Result<(Vec<PartSlot>, usize)> {
    let known: Option<(i64, i64)> = connection
        .prepare_cached("SELECT id, until FROM spend_zones WHERE name = ?1")?
        .query_row([zone], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let ready = known.map_or(0, |(_, until)| starts.partition_point(|start| *start <= until));
    // So many starts have `ready - 1` whole days between them.
    let (Some((zone, _)), 2..) = (known, ready) else { return Ok((Vec::new(), 0)) };
    let days = &starts[..ready];
    let sql = format!(
        "SELECT label, hour, {} FROM spend_days
         WHERE zone = ?1 AND label IN (SELECT id FROM labels WHERE kind = ?2) AND hour >= ?3 AND hour < ?4",
        *PART_COLUMNS
    );
    let slots = connection
        .prepare_cached(&sql)?
        .query_map([zone, kind.number(), days[0], days[ready - 1]], |row| {
            let slot = slot_of(starts, row.get(1)?);
            Ok(PartSlot { label: row.get(0)?, slot, totals: PartTotals::from_row(row, 2)? })
        })?
        .collect::<Result<Vec<_>>>()?;
    Ok((slots, ready - 1))
}

/// Whether a zone lacks days before this hour.
pub fn lacks(connection: &Connection, zone: &str, to: i64) -> Result<bool> {
    let until: Option<i64> = connection
        .prepare_cached("SELECT until FROM spend_zones WHERE name = ?1")?
        .query_row([zone], |row| row.get(0))
        .optional()?;
    Ok(until.is_none_or(|until| until < to))
}

/// Days of a zone that are to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// A number of the zone.
    pub zone: i64,
    /// Earlier days are there.
    pub from: i64,
    /// What days are to be written of.
    pub labels: Vec<i64>,
}

/// Begins to write the days of a zone up to an hour; `None` where nothing was used before it. What others change until the end is
/// known then.
pub fn begin(connection: &Connection, zone: &str, to: i64) -> Result<Option<Begun>> {
    let first: Option<i64> = connection
        .prepare_cached(
            "SELECT MIN(hour) FROM spend_parts WHERE label = (SELECT id FROM labels WHERE kind = ?1)",
        )?
        .query_row([Part::All.label().number()], |row| row.get(0))?;
    let Some(first) = first.filter(|first| *first < to) else { return Ok(None) };
    let (zone, until): (i64, i64) = connection
        .prepare_cached(
            "INSERT INTO spend_zones (name, until, filling) VALUES (?1, 0, ?2)
             ON CONFLICT (name) DO UPDATE SET filling = excluded.filling RETURNING id, until",
        )?
        .query_row((zone, to), |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Those that lie furthest back are looked at least.
    connection.execute(
        "DELETE FROM spend_zones WHERE id IN
           (SELECT id FROM spend_zones WHERE id <> ?1 ORDER BY until DESC LIMIT -1 OFFSET ?2)",
        [zone, MOST_ZONES - 1],
    )?;
    connection.execute("DELETE FROM spend_days WHERE zone NOT IN (SELECT id FROM spend_zones)", [])?;
    let kinds = Part::OF_EACH.into_iter().chain([Part::Project]).map(Part::label).chain([Label::EndUser]);
    let kinds: Vec<String> = kinds.map(|kind| kind.number().to_string()).collect();
    let labels = connection
        .prepare_cached(&format!("SELECT id FROM labels WHERE kind IN ({})", kinds.join(", ")))?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_>>()?;
    Ok(Some(Begun { zone, from: until.max(first), labels }))
}

/// Writes the days of some labels: the first hour of each day, and the end of the last.
pub fn write(connection: &Connection, zone: i64, labels: &[i64], starts: &[i64]) -> Result<()> {
    let columns = PART_COLUMNS.as_str();
    let names = format!("zone, label, hour, {columns}");
    let mut insert = connection.prepare_cached(&format!(
        "INSERT OR REPLACE INTO spend_days ({names}) VALUES ({})",
        parameters(&names)
    ))?;
    let mut kind = connection.prepare_cached("SELECT kind FROM labels WHERE id = ?1")?;
    for label in labels {
        let of_end_user = kind.query_row([label], |row| row.get::<_, i64>(0))? == Label::EndUser.number();
        let slots = if of_end_user {
            spend_labels::of_label(connection, *label, starts)?
        } else {
            spend_parts::of_label(connection, *label, starts)?
        };
        for slot in slots {
            let place = [zone, *label, starts[slot.slot]].into_iter();
            insert.execute(params_from_iter(place.chain(slot.totals.values())))?;
        }
    }
    Ok(())
}

/// All that was begun is written.
pub fn end(connection: &Connection, zone: i64) -> Result<()> {
    connection.prepare_cached("UPDATE spend_zones SET until = filling WHERE id = ?1")?.execute([zone])?;
    Ok(())
}
