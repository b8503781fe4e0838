//! `keys`: virtual keys. Only the SHA-256 of a key is kept. `id` stays when a key is rotated, so that its history does.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use uuid::Uuid;

pub(super) const CREATE: &str = "
CREATE TABLE keys (
  id                    BLOB PRIMARY KEY,        -- UUIDv7
  token                 TEXT NOT NULL UNIQUE,    -- SHA-256 of the key, hexadecimal
  key_name              TEXT NOT NULL,           -- sk-...last4
  key_alias             TEXT,
  models                TEXT NOT NULL,           -- JSON array; empty: all
  metadata              TEXT NOT NULL,           -- JSON object
  blocked               INTEGER NOT NULL,
  expires_at            INTEGER,                 -- UTC milliseconds
  max_budget_nanos      INTEGER,                 -- nano-dollars
  budget_duration       TEXT,
  budget_reset_at       INTEGER,                 -- UTC milliseconds
  budget_started_at     INTEGER NOT NULL,        -- spend counts against the budget from here; UTC milliseconds
  rpm_limit             INTEGER,
  tpm_limit             INTEGER,
  max_parallel_requests INTEGER,
  created_by            TEXT NOT NULL,
  created_at            INTEGER NOT NULL,
  updated_at            INTEGER NOT NULL,
  deleted_at            INTEGER                  -- revoked; the row stays for the ledger's sake
) STRICT;
CREATE UNIQUE INDEX keys_by_alias ON keys (key_alias) WHERE deleted_at IS NULL;";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    pub id: Uuid,
    pub token: String,
    pub key_name: String,
    pub key_alias: Option<String>,
    /// JSON array of model names; empty allows all.
    pub models: String,
    /// JSON object.
    pub metadata: String,
    pub blocked: bool,
    pub expires_at: Option<i64>,
    pub max_budget_nanos: Option<i64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<i64>,
    pub budget_started_at: i64,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    pub created_by: String,
    pub created_at: i64,
    pub updated_at: i64,
}

const COLUMNS: &str = "id, token, key_name, key_alias, models, metadata, blocked, expires_at, max_budget_nanos, \
     budget_duration, budget_reset_at, budget_started_at, rpm_limit, tpm_limit, max_parallel_requests, created_by, \
     created_at, updated_at";

fn from_row(row: &Row<'_>) -> Result<KeyRow> {
    Ok(KeyRow {
        id: row.get(0)?,
        token: row.get(1)?,
        key_name: row.get(2)?,
        key_alias: row.get(3)?,
        models: row.get(4)?,
        metadata: row.get(5)?,
        blocked: row.get(6)?,
        expires_at: row.get(7)?,
        max_budget_nanos: row.get(8)?,
        budget_duration: row.get(9)?,
        budget_reset_at: row.get(10)?,
        budget_started_at: row.get(11)?,
        rpm_limit: row.get(12)?,
        tpm_limit: row.get(13)?,
        max_parallel_requests: row.get(14)?,
        created_by: row.get(15)?,
        created_at: row.get(16)?,
        updated_at: row.get(17)?,
    })
}

/// Every key that is not revoked, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<KeyRow>> {
    connection
        .prepare(&format!("SELECT {COLUMNS} FROM keys WHERE deleted_at IS NULL ORDER BY created_at, id"))?
        .query_map([], from_row)?
        .collect()
}

/// The key of that id or hash, if it is not revoked.
pub fn find(connection: &Connection, token: &str) -> Result<Option<KeyRow>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM keys WHERE token = ?1 AND deleted_at IS NULL"))?
        .query_row([token], from_row)
        .optional()
}

/// Inserts, or replaces the row of the same id. A used alias or token is a constraint error.
pub fn put(connection: &Connection, row: &KeyRow) -> Result<()> {
    connection.execute(
        "INSERT INTO keys (id, token, key_name, key_alias, models, metadata, blocked, expires_at, max_budget_nanos,
           budget_duration, budget_reset_at, budget_started_at, rpm_limit, tpm_limit, max_parallel_requests, created_by,
           created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
         ON CONFLICT (id) DO UPDATE SET token = excluded.token, key_name = excluded.key_name, key_alias = excluded.key_alias,
           models = excluded.models, metadata = excluded.metadata, blocked = excluded.blocked, expires_at = excluded.expires_at,
           max_budget_nanos = excluded.max_budget_nanos, budget_duration = excluded.budget_duration,
           budget_reset_at = excluded.budget_reset_at, budget_started_at = excluded.budget_started_at,
           rpm_limit = excluded.rpm_limit, tpm_limit = excluded.tpm_limit,
           max_parallel_requests = excluded.max_parallel_requests, updated_at = excluded.updated_at",
        rusqlite::params![
            row.id,
            row.token,
            row.key_name,
            row.key_alias,
            row.models,
            row.metadata,
            row.blocked,
            row.expires_at,
            row.max_budget_nanos,
            row.budget_duration,
            row.budget_reset_at,
            row.budget_started_at,
            row.rpm_limit,
            row.tpm_limit,
            row.max_parallel_requests,
            row.created_by,
            row.created_at,
            row.updated_at,
        ],
    )?;
    Ok(())
}

/// Revokes by hash: the alias becomes free, the row stays for the ledger's sake. Whether there was one.
pub fn revoke(connection: &Connection, token: &str, now: i64) -> Result<bool> {
    Ok(connection.execute(
        "UPDATE keys SET deleted_at = ?2, updated_at = ?2 WHERE token = ?1 AND deleted_at IS NULL",
        (token, now),
    )? > 0)
}

/// Name to show for a key id in the ledger, revoked ones included: its alias, else `sk-...last4`.
pub fn labels(connection: &Connection) -> Result<Vec<(Uuid, String, String)>> {
    connection
        .prepare("SELECT id, COALESCE(key_alias, key_name), token FROM keys")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}
