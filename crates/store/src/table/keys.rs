//! `keys`: virtual keys. Only the SHA-256 of a key is kept. `id` stays when a key is rotated, so that its history does.

use rusqlite::{Connection, Result};
use uuid::Uuid;

use super::columns::{LimitColumns, limit_columns, table_row};

mod filter;

#[cfg(test)]
pub(super) use filter::page_sql;
pub use filter::{KeyFilter, SeenBy, SortBy, aliases, count, page};

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

/// Whose it is, and more limits. The key itself becomes free when it is revoked, as its alias does: whoever deletes a key of
/// their own making may make it again.
pub(super) const WITH_OWNERS: &str = concat!(
    "
ALTER TABLE keys RENAME TO keys_before;
CREATE TABLE keys (
  id                    BLOB PRIMARY KEY,        -- UUIDv7
  token                 TEXT NOT NULL,           -- SHA-256 of the key, hexadecimal
  key_name              TEXT NOT NULL,           -- sk-...last4
  key_alias             TEXT,
  is_session            INTEGER NOT NULL,        -- made by signing in to the console
  user_id               TEXT,
  team_id               TEXT,
  organization_id       TEXT,
  models                TEXT NOT NULL,           -- JSON array; empty: all
  metadata              TEXT NOT NULL,           -- JSON object
  blocked               INTEGER NOT NULL,
  expires_at            INTEGER,                 -- UTC milliseconds, as all times",
    limit_columns!(),
    ",
  aliases               TEXT NOT NULL,           -- JSON object: name to model
  allowed_routes        TEXT NOT NULL,           -- JSON array; empty: all
  tags                  TEXT NOT NULL,           -- JSON array
  extra                 TEXT NOT NULL,           -- JSON object: what is kept and shown, and means nothing here
  temp_budget_nanos     INTEGER,                 -- added to the budget until temp_budget_until
  temp_budget_until     INTEGER,
  auto_rotate           INTEGER NOT NULL,
  rotation_interval     TEXT,
  rotation_count        INTEGER NOT NULL,
  last_rotation_at      INTEGER,
  rotate_at             INTEGER,                 -- when it is rotated by itself
  previous_token        TEXT,                    -- still taken until previous_until
  previous_until        INTEGER,
  created_by            TEXT NOT NULL,
  created_at            INTEGER NOT NULL,
  updated_by            TEXT NOT NULL,
  updated_at            INTEGER NOT NULL,
  deleted_at            INTEGER,                 -- revoked; the row stays for the ledger's sake
  deleted_by            TEXT
) STRICT;
INSERT INTO keys (id, token, key_name, key_alias, is_session, models, metadata, blocked, expires_at, max_budget_nanos,
  budget_duration, budget_started_at, budget_reset_at, spend_offset_nanos, rpm_limit, tpm_limit, max_parallel_requests,
  model_limits, aliases, allowed_routes, tags, extra, auto_rotate, rotation_count, created_by, created_at, updated_by,
  updated_at, deleted_at)
  SELECT id, token, key_name, key_alias, 0, models, metadata, blocked, expires_at, max_budget_nanos, budget_duration,
    budget_started_at, budget_reset_at, 0, rpm_limit, tpm_limit, max_parallel_requests, '{}', '{}', '[]', '[]', '{}', 0, 0,
    created_by, created_at, '', updated_at, deleted_at
  FROM keys_before;
DROP TABLE keys_before;
CREATE UNIQUE INDEX keys_by_token ON keys (token) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX keys_by_alias ON keys (key_alias) WHERE deleted_at IS NULL;
CREATE INDEX keys_by_user ON keys (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX keys_by_team ON keys (team_id) WHERE team_id IS NOT NULL;
CREATE INDEX keys_by_organization ON keys (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX keys_by_budget ON keys (budget_id) WHERE budget_id IS NOT NULL;
CREATE INDEX keys_by_age ON keys (created_at, id) WHERE deleted_at IS NULL;"
);

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
        models: String = "[]",
        metadata: String = "{}",
        blocked: bool,
        expires_at: Option<i64>,
        limits: LimitColumns,
        /// Name to model.
        aliases: String = "{}",
        /// Empty allows all.
        allowed_routes: String = "[]",
        tags: String = "[]",
        /// What is kept and shown, and means nothing here.
        extra: String = "{}",
        /// Added to the budget until `temp_budget_until`.
        temp_budget_nanos: Option<i64>,
        temp_budget_until: Option<i64>,
        auto_rotate: bool,
        rotation_interval: Option<String>,
        rotation_count: i64,
        last_rotation_at: Option<i64>,
        /// When it is rotated by itself.
        rotate_at: Option<i64>,
        /// For how many days bodies of its requests are kept; `None`: not at all.
        keep_bodies_days: Option<i64>,
        /// Names of what is redacted in them.
        redact: String = "[]",
        /// The same as regular expressions.
        redact_patterns: String = "[]",
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

pub(super) const BY_TOKEN: &str = "WHERE token = ?1 AND deleted_at IS NULL";

/// The key of that hash, if it is not revoked.
pub fn find(connection: &Connection, token: &str) -> Result<Option<KeyRow>> {
    Ok(KeyRow::query(connection, BY_TOKEN, [token])?.pop())
}

/// The key of that id, if it is not revoked.
pub fn find_by_id(connection: &Connection, id: Uuid) -> Result<Option<KeyRow>> {
    Ok(KeyRow::query(connection, "WHERE id = ?1 AND deleted_at IS NULL", [id])?.pop())
}

/// The key of that id, revoked or not.
pub fn find_ever(connection: &Connection, id: Uuid) -> Result<Option<KeyRow>> {
    Ok(KeyRow::query(connection, "WHERE id = ?1", [id])?.pop())
}

/// The key of that alias, if it is not revoked.
pub fn find_by_alias(connection: &Connection, alias: &str) -> Result<Option<KeyRow>> {
    Ok(KeyRow::query(connection, "WHERE key_alias = ?1 AND deleted_at IS NULL", [alias])?.pop())
}

/// The sessions of a user that are not revoked, oldest first.
pub fn sessions_of(connection: &Connection, user_id: &str) -> Result<Vec<KeyRow>> {
    let rest = "WHERE user_id = ?1 AND is_session = 1 AND deleted_at IS NULL ORDER BY created_at, id";
    KeyRow::query(connection, rest, [user_id])
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

/// Ends what signing in to the console made: without a trace where the ledger has none of it, else as every key is revoked.
pub fn end_session(connection: &Connection, id: Uuid, by: &str, now: i64) -> Result<()> {
    let used: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM series WHERE key_id = ?1)")?
        .query_row([id], |row| row.get(0))?;
    let ended = "WHERE id = ?1 AND is_session = 1 AND deleted_at IS NULL";
    if used {
        let sql = format!("UPDATE keys SET deleted_at = ?2, updated_at = ?2, deleted_by = ?3 {ended}");
        connection.execute(&sql, (id, now, by)).map(drop)
    } else {
        connection.execute(&format!("DELETE FROM keys {ended}"), [id]).map(drop)
    }
}
