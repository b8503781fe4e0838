//! `circuit_events`: when which deployment's circuit opened and closed, and why. Pruned after a while.

use rusqlite::{Connection, Result, Row};
use uuid::Uuid;

use super::spend_hourly::first_id_at;

pub(super) const CREATE: &str = "
CREATE TABLE circuit_events (
  id            BLOB PRIMARY KEY,          -- UUIDv7
  at            INTEGER NOT NULL,          -- UTC milliseconds
  provider_id   TEXT,                      -- NULL where the deployment has a credential of its own
  provider      TEXT NOT NULL,             -- its name then
  deployment_id TEXT NOT NULL,
  opened        INTEGER NOT NULL,
  cooldown_ms   INTEGER NOT NULL,          -- 0 where it closed
  reason        TEXT NOT NULL
) STRICT, WITHOUT ROWID;";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitEvent {
    pub id: Uuid,
    /// UTC milliseconds.
    pub at: i64,
    pub provider_id: Option<Uuid>,
    pub provider: String,
    pub deployment_id: String,
    /// It closed otherwise.
    pub opened: bool,
    pub cooldown_ms: i64,
    pub reason: String,
}

/// What is asked for; newest first. `before` is the id of the last one already seen.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    pub provider_id: Option<Uuid>,
    /// UTC milliseconds.
    pub from: i64,
    pub before: Option<Uuid>,
    pub limit: usize,
}

fn from_row(row: &Row<'_>) -> Result<CircuitEvent> {
    let provider_id: Option<String> = row.get(2)?;
    Ok(CircuitEvent {
        id: row.get(0)?,
        at: row.get(1)?,
        provider_id: provider_id.and_then(|text| Uuid::parse_str(&text).ok()),
        provider: row.get(3)?,
        deployment_id: row.get(4)?,
        opened: row.get(5)?,
        cooldown_ms: row.get(6)?,
        reason: row.get(7)?,
    })
}

pub fn insert(connection: &Connection, event: &CircuitEvent) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO circuit_events (id, at, provider_id, provider, deployment_id, opened, cooldown_ms, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(rusqlite::params![
            event.id,
            event.at,
            event.provider_id.map(|id| id.to_string()),
            event.provider,
            event.deployment_id,
            event.opened,
            event.cooldown_ms,
            event.reason,
        ])?;
    Ok(())
}

pub fn page(connection: &Connection, filter: &EventFilter) -> Result<Vec<CircuitEvent>> {
    connection
        .prepare_cached(
            "SELECT id, at, provider_id, provider, deployment_id, opened, cooldown_ms, reason FROM circuit_events
             WHERE id < ?1 AND at >= ?2 AND (?3 IS NULL OR provider_id = ?3) ORDER BY id DESC LIMIT ?4",
        )?
        .query_map(
            (
                filter.before.unwrap_or(Uuid::max()),
                filter.from,
                filter.provider_id.map(|id| id.to_string()),
                filter.limit as i64,
            ),
            from_row,
        )?
        .collect()
}

/// Forgets what is older, UTC milliseconds.
pub fn prune(connection: &Connection, before: i64) -> Result<usize> {
    connection.execute("DELETE FROM circuit_events WHERE id < ?1", [first_id_at(before)])
}
