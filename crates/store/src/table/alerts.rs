//! `alerts`: what people were told of, with what became of telling it to other programs (`alert_deliveries`). `alerts_told`
//! remembers each episode for as long as it could be told again, which is longer than the list is kept for some and shorter
//! for others.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, Row, params, params_from_iter};
use uuid::Uuid;

use super::owners::SeenBy;
use super::spend_hourly::first_id_at;

pub(super) const CREATE: &str = "
CREATE TABLE alerts (
  id              BLOB PRIMARY KEY,      -- UUIDv7
  at              INTEGER NOT NULL,      -- UTC milliseconds
  kind            TEXT NOT NULL,
  key_id          BLOB,                  -- whose it is; all NULL: the gateway's as a whole
  user_id         TEXT,
  team_id         TEXT,
  organization_id TEXT,
  title           TEXT NOT NULL,
  text            TEXT NOT NULL,
  data            TEXT NOT NULL          -- JSON
) STRICT, WITHOUT ROWID;
CREATE TABLE alerts_told (
  episode    TEXT PRIMARY KEY,           -- what it is about, and of which time
  keep_until INTEGER                     -- UTC milliseconds; NULL: the episode has no end
) STRICT, WITHOUT ROWID;
CREATE TABLE alert_deliveries (
  alert_id BLOB NOT NULL,
  number   INTEGER NOT NULL,             -- of the receivers of one alert
  target   TEXT NOT NULL,                -- where it goes, without what is secret of the address
  state    TEXT NOT NULL,                -- waiting, delivered or failed
  attempts INTEGER NOT NULL,
  at       INTEGER NOT NULL,             -- of the last change, UTC milliseconds
  error    TEXT,
  PRIMARY KEY (alert_id, number)
) STRICT, WITHOUT ROWID;";

/// Whose an alert is: who may see it besides those who see everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whose {
    pub key_id: Option<Uuid>,
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    pub organization_id: Option<String>,
}

impl Whose {
    /// Whether somebody may see it.
    pub fn is_seen_by(&self, seen_by: &SeenBy) -> bool {
        let has = |list: &[String], part: &Option<String>| part.as_ref().is_some_and(|id| list.contains(id));
        (self.key_id.is_some() && self.key_id == seen_by.key)
            || has(&seen_by.users, &self.user_id)
            || has(&seen_by.teams, &self.team_id)
            || has(&seen_by.organizations, &self.organization_id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    pub id: Uuid,
    /// UTC milliseconds.
    pub at: i64,
    pub kind: String,
    pub whose: Whose,
    pub title: String,
    pub text: String,
    /// JSON.
    pub data: String,
}

/// How telling one receiver goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    pub alert_id: Uuid,
    pub number: i64,
    /// Where it goes, without what is secret of the address.
    pub target: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    pub attempts: i64,
    /// Of the last change, UTC milliseconds.
    pub at: i64,
    pub error: Option<String>,
}

/// An episode that is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    pub name: String,
    /// Until when it could be told again, UTC milliseconds.
    pub keep_until: Option<i64>,
}

/// Writes an alert and who is to receive it, unless its episode was told before; whether it was written.
pub fn tell(
    connection: &Connection,
    episode: &Episode,
    row: &AlertRow,
    deliveries: &[DeliveryRow],
) -> Result<bool> {
    let is_new = connection
        .prepare_cached(
            "INSERT INTO alerts_told (episode, keep_until) VALUES (?1, ?2) ON CONFLICT (episode) DO NOTHING",
        )?
        .execute(params![episode.name, episode.keep_until])?;
    if is_new == 0 {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO alerts (id, at, kind, key_id, user_id, team_id, organization_id, title, text, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            row.id,
            row.at,
            row.kind,
            row.whose.key_id,
            row.whose.user_id,
            row.whose.team_id,
            row.whose.organization_id,
            row.title,
            row.text,
            row.data,
        ])?;
    deliveries.iter().try_for_each(|delivery| put(connection, delivery))?;
    Ok(true)
}

/// Notes how a delivery goes; one of an alert that is forgotten is not noted.
pub fn note(connection: &Connection, delivery: &DeliveryRow) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE alert_deliveries SET state = ?3, attempts = ?4, at = ?5, error = ?6
             WHERE alert_id = ?1 AND number = ?2",
        )?
        .execute(params![
            delivery.alert_id,
            delivery.number,
            delivery.state,
            delivery.attempts,
            delivery.at,
            delivery.error,
        ])?;
    Ok(())
}

fn put(connection: &Connection, delivery: &DeliveryRow) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO alert_deliveries (alert_id, number, target, state, attempts, at, error)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            delivery.alert_id,
            delivery.number,
            delivery.target,
            delivery.state,
            delivery.attempts,
            delivery.at,
            delivery.error,
        ])?;
    Ok(())
}

/// What is still waiting has failed, for this reason.
pub fn give_up_waiting(connection: &Connection, reason: &str, now: i64) -> Result<usize> {
    connection.execute(
        "UPDATE alert_deliveries SET state = 'failed', at = ?2, error = ?1 WHERE state = 'waiting'",
        params![reason, now],
    )
}

fn condition(seen_by: &SeenBy, values: &mut Vec<Value>) -> String {
    let mut either = Vec::new();
    let mut place = |value: Value| {
        values.push(value);
        format!("?{}", values.len())
    };
    if let Some(key) = seen_by.key {
        either.push(format!("key_id = {}", place(Value::Blob(key.as_bytes().to_vec()))));
    }
    let lists = [
        ("user_id", &seen_by.users),
        ("team_id", &seen_by.teams),
        ("organization_id", &seen_by.organizations),
    ];
    for (column, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let places: Vec<String> = list.iter().map(|id| place(Value::Text(id.clone()))).collect();
        either.push(format!("{column} IN ({})", places.join(", ")));
    }
    if either.is_empty() { "0".to_owned() } else { format!("({})", either.join(" OR ")) }
}

fn from_row(row: &Row<'_>) -> Result<AlertRow> {
    Ok(AlertRow {
        id: row.get(0)?,
        at: row.get(1)?,
        kind: row.get(2)?,
        whose: Whose {
            key_id: row.get(3)?,
            user_id: row.get(4)?,
            team_id: row.get(5)?,
            organization_id: row.get(6)?,
        },
        title: row.get(7)?,
        text: row.get(8)?,
        data: row.get(9)?,
    })
}

/// Those that these may see (`None`: all), newest first. `before` is the id of the last one already seen.
pub fn page(
    connection: &Connection,
    seen_by: Option<&SeenBy>,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<AlertRow>> {
    let before = before.unwrap_or(Uuid::max()).as_bytes().to_vec();
    let mut values = vec![Value::Blob(before), Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX))];
    let seen = seen_by.map_or_else(|| "1".to_owned(), |seen_by| condition(seen_by, &mut values));
    connection
        .prepare_cached(&format!(
            "SELECT id, at, kind, key_id, user_id, team_id, organization_id, title, text, data FROM alerts
             WHERE id < ?1 AND {seen} ORDER BY id DESC LIMIT ?2"
        ))?
        .query_map(params_from_iter(values), from_row)?
        .collect()
}

/// How telling these alerts goes, in their order.
pub fn deliveries(connection: &Connection, alerts: &[AlertRow]) -> Result<Vec<DeliveryRow>> {
    let (Some(newest), Some(oldest)) = (alerts.first(), alerts.last()) else { return Ok(Vec::new()) };
    connection
        .prepare_cached(
            "SELECT alert_id, number, target, state, attempts, at, error FROM alert_deliveries
             WHERE alert_id >= ?1 AND alert_id <= ?2 ORDER BY alert_id DESC, number",
        )?
        .query_map((oldest.id, newest.id), |row| {
            Ok(DeliveryRow {
                alert_id: row.get(0)?,
                number: row.get(1)?,
                target: row.get(2)?,
                state: row.get(3)?,
                attempts: row.get(4)?,
                at: row.get(5)?,
                error: row.get(6)?,
            })
        })?
        .collect()
}

/// Forgets alerts from before a moment, and episodes that are over at another. UTC milliseconds.
pub fn prune(connection: &Connection, before: i64, now: i64) -> Result<()> {
    connection.execute("DELETE FROM alerts WHERE id < ?1", [first_id_at(before)])?;
    connection.execute("DELETE FROM alert_deliveries WHERE alert_id < ?1", [first_id_at(before)])?;
    connection.execute("DELETE FROM alerts_told WHERE keep_until < ?1", [now])?;
    Ok(())
}
