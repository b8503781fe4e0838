//! `providers`: the configured providers. Their credentials are in the vault, never here; `credential_hint` is the end
//! of the key, enough to recognise it and no more.

use rusqlite::{Connection, Result, Row};
use uuid::Uuid;

pub(super) const CREATE: &str = "
CREATE TABLE providers (
  id              TEXT PRIMARY KEY,          -- UUIDv7
  name            TEXT NOT NULL UNIQUE,      -- the word before the slash in `provider/model`
  preset          TEXT NOT NULL,
  base_url        TEXT NOT NULL,
  enabled         INTEGER NOT NULL,
  has_credential  INTEGER NOT NULL,          -- the vault holds one under this id
  credential_hint TEXT,
  last_test       TEXT,                      -- JSON
  created_at      INTEGER NOT NULL,          -- UTC milliseconds
  updated_at      INTEGER NOT NULL
) STRICT;";

/// What a provider must be told besides a key: a region, a project.
pub(super) const WITH_SETTINGS: &str =
    "ALTER TABLE providers ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'; -- JSON, texts by name";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    pub id: Uuid,
    pub name: String,
    pub preset: String,
    pub base_url: String,
    pub enabled: bool,
    pub has_credential: bool,
    pub credential_hint: Option<String>,
    /// JSON of the last connection test.
    pub last_test: Option<String>,
    /// JSON, texts by name.
    pub settings: String,
    pub created_at: i64,
    pub updated_at: i64,
}

const COLUMNS: &str = "id, name, preset, base_url, enabled, has_credential, credential_hint, last_test, created_at, updated_at, settings";

fn from_row(row: &Row<'_>) -> Result<ProviderRow> {
    Ok(ProviderRow {
        id: super::uuid_text(row, 0)?,
        name: row.get(1)?,
        preset: row.get(2)?,
        base_url: row.get(3)?,
        enabled: row.get(4)?,
        has_credential: row.get(5)?,
        credential_hint: row.get(6)?,
        last_test: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        settings: row.get(10)?,
    })
}

pub fn all(connection: &Connection) -> Result<Vec<ProviderRow>> {
    connection
        .prepare(&format!("SELECT {COLUMNS} FROM providers ORDER BY created_at, id"))?
        .query_map([], from_row)?
        .collect()
}

/// Inserts, or replaces the row of the same id. A name used by another row is a constraint error.
pub fn put(connection: &Connection, row: &ProviderRow) -> Result<()> {
    connection.execute(
        "INSERT INTO providers (id, name, preset, base_url, enabled, has_credential, credential_hint, last_test, created_at, updated_at, settings)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, preset = excluded.preset, base_url = excluded.base_url,
           enabled = excluded.enabled, has_credential = excluded.has_credential, credential_hint = excluded.credential_hint,
           last_test = excluded.last_test, updated_at = excluded.updated_at, settings = excluded.settings",
        (
            row.id.to_string(),
            &row.name,
            &row.preset,
            &row.base_url,
            row.enabled,
            row.has_credential,
            &row.credential_hint,
            &row.last_test,
            row.created_at,
            row.updated_at,
            &row.settings,
        ),
    )?;
    Ok(())
}

/// Whether there was one to remove.
pub fn remove(connection: &Connection, id: Uuid) -> Result<bool> {
    Ok(connection.execute("DELETE FROM providers WHERE id = ?1", [id.to_string()])? > 0)
}
