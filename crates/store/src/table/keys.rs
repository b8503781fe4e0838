//! `keys`: virtual keys. Only the SHA-256 of a key is kept. `id` stays when a key is rotated, so that its history does.

use rusqlite::{Connection, Result};
use uuid::Uuid;

use super::columns::{LimitColumns, table_row};

mod filter;

pub use filter::{KeyFilter, SortBy, count, page};

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

/// Whose it is, and more limits.
pub(super) const WITH_OWNERS: &str = "
ALTER TABLE keys ADD COLUMN is_session INTEGER NOT NULL DEFAULT 0;       -- made by signing in to the console
ALTER TABLE keys ADD COLUMN user_id TEXT;
ALTER TABLE keys ADD COLUMN team_id TEXT;
ALTER TABLE keys ADD COLUMN organization_id TEXT;
ALTER TABLE keys ADD COLUMN soft_budget_nanos INTEGER;
ALTER TABLE keys ADD COLUMN spend_offset_nanos INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN model_limits TEXT NOT NULL DEFAULT '{}';     -- JSON: limits by model
ALTER TABLE keys ADD COLUMN budget_id TEXT;
ALTER TABLE keys ADD COLUMN aliases TEXT NOT NULL DEFAULT '{}';          -- JSON object: name to model
ALTER TABLE keys ADD COLUMN allowed_routes TEXT NOT NULL DEFAULT '[]';   -- JSON array; empty: all
ALTER TABLE keys ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';             -- JSON array
ALTER TABLE keys ADD COLUMN extra TEXT NOT NULL DEFAULT '{}';            -- JSON object: what is kept and shown, and means nothing here
ALTER TABLE keys ADD COLUMN temp_budget_nanos INTEGER;                   -- added to the budget until temp_budget_until
ALTER TABLE keys ADD COLUMN temp_budget_until INTEGER;
ALTER TABLE keys ADD COLUMN auto_rotate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN rotation_interval TEXT;
ALTER TABLE keys ADD COLUMN rotation_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN last_rotation_at INTEGER;
ALTER TABLE keys ADD COLUMN rotate_at INTEGER;                           -- when it is rotated by itself
ALTER TABLE keys ADD COLUMN previous_token TEXT;                         -- still taken until previous_until
ALTER TABLE keys ADD COLUMN previous_until INTEGER;
ALTER TABLE keys ADD COLUMN updated_by TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN deleted_by TEXT;
CREATE INDEX keys_by_user ON keys (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX keys_by_team ON keys (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX keys_by_organization ON keys (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX keys_by_budget ON keys (budget_id) WHERE budget_id IS NOT NULL;
CREATE INDEX keys_by_age ON keys (created_at, id);";

table_row! {
    /// A virtual key. Lists and objects are JSON, times UTC milliseconds.
    KeyRow of "keys" by ["id"] {
        id: Uuid,
        /// SHA-256 of the key, hexadecimal.
        token: String,
        key_name: String,
        key_alias: Option<String>,
        /// Made by signing in to the console.
        is_session: bool,
        user_id: Option<String>,
        team_id: Option<String>,
        organization_id: Option<String>,
        /// Empty allows all.
        models: String,
        metadata: String,
        blocked: bool,
        expires_at: Option<i64>,
        limits: LimitColumns,
        /// Name to model.
        aliases: String,
        /// Empty allows all.
        allowed_routes: String,
        tags: String,
        /// What is kept and shown, and means nothing here.
        extra: String,
        /// Added to the budget until `temp_budget_until`.
        temp_budget_nanos: Option<i64>,
        temp_budget_until: Option<i64>,
        auto_rotate: bool,
        rotation_interval: Option<String>,
        rotation_count: i64,
        last_rotation_at: Option<i64>,
        /// When it is rotated by itself.
        rotate_at: Option<i64>,
        /// Still taken until `previous_until`.
        previous_token: Option<String>,
        previous_until: Option<i64>,
        created_by: String,
        created_at: i64,
        updated_by: String,
        updated_at: i64,
        deleted_at: Option<i64>,
        deleted_by: Option<String>,
    }
}

/// Every key that is not revoked, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<KeyRow>> {
    KeyRow::query(connection, "WHERE deleted_at IS NULL ORDER BY created_at, id", [])
}

/// Calls `each` with every key that is not revoked, in no order.
pub fn for_each(connection: &Connection, mut each: impl FnMut(KeyRow)) -> Result<()> {
    let mut statement = connection.prepare_cached(&KeyRow::select("WHERE deleted_at IS NULL"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(KeyRow::read(row)?);
    }
    Ok(())
}

/// The key of that hash, if it is not revoked.
pub fn find(connection: &Connection, token: &str) -> Result<Option<KeyRow>> {
    Ok(KeyRow::query(connection, "WHERE token = ?1 AND deleted_at IS NULL", [token])?.pop())
}

/// The key of that id, if it is not revoked.
pub fn find_by_id(connection: &Connection, id: Uuid) -> Result<Option<KeyRow>> {
    Ok(KeyRow::query(connection, "WHERE id = ?1 AND deleted_at IS NULL", [id])?.pop())
}

/// The key of that alias, if it is not revoked.
pub fn find_by_alias(connection: &Connection, alias: &str) -> Result<Option<KeyRow>> {
    Ok(KeyRow::query(connection, "WHERE key_alias = ?1 AND deleted_at IS NULL", [alias])?.pop())
}

/// Revokes by hash: the alias becomes free, the row stays for the ledger's sake. Whether there was one.
pub fn revoke(connection: &Connection, token: &str, by: &str, now: i64) -> Result<bool> {
    Ok(connection.execute(
        "UPDATE keys SET deleted_at = ?2, updated_at = ?2, deleted_by = ?3 WHERE token = ?1 AND deleted_at IS NULL",
        (token, now, by),
    )? > 0)
}

/// Name to show for a key id in the ledger, revoked ones included: its alias, else `sk-...last4`.
pub fn labels(connection: &Connection) -> Result<Vec<(Uuid, String, String)>> {
    connection
        .prepare("SELECT id, COALESCE(key_alias, key_name), token FROM keys")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}
