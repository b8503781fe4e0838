//! `providers`: the configured providers. Their credentials are in the vault, never here; `credential_hint` is the end
//! of the key, enough to recognise it and no more.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use uuid::Uuid;

use super::requests::Billing;

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

/// Which of several providers is asked, for how long, and with which further credentials; and a number that is short
/// enough to be typed, given in the order in which providers were added.
pub(super) const WITH_ROUTING: &str = "
ALTER TABLE providers ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE providers ADD COLUMN priority INTEGER NOT NULL DEFAULT 100;        -- higher is asked first
ALTER TABLE providers ADD COLUMN weight INTEGER NOT NULL DEFAULT 100;
ALTER TABLE providers ADD COLUMN timeout_ms INTEGER;
ALTER TABLE providers ADD COLUMN further_credentials TEXT NOT NULL DEFAULT '[]'; -- JSON, a list of {number, hint}
UPDATE providers SET number = (SELECT COUNT(*) FROM providers AS older
  WHERE older.created_at < providers.created_at OR (older.created_at = providers.created_at AND older.id <= providers.id));
CREATE UNIQUE INDEX providers_by_number ON providers (number);";

/// Who is paid, and how far its bill is from the list.
pub(super) const WITH_BILLING: &str = "
ALTER TABLE providers ADD COLUMN billing INTEGER NOT NULL DEFAULT 0;           -- 0 api, 1 subscription: a flat rate covers it
ALTER TABLE providers ADD COLUMN price_adjustment INTEGER NOT NULL DEFAULT 0;  -- hundredths of a percent on the list's prices";

/// Under this name `settings` keeps the highest number that was ever given: one that was removed is not given again.
const HIGHEST_NUMBER: &str = "highest_provider_number";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    pub id: Uuid,
    /// 0 before the row is first put, which gives it the next one.
    pub number: i64,
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
    /// Higher is asked first.
    pub priority: i64,
    pub weight: i64,
    pub timeout_ms: Option<i64>,
    /// JSON, a list of `{number, hint}`: what the vault holds besides the first credential.
    pub further_credentials: String,
    /// `Local` is said by the preset alone.
    pub billing: Billing,
    /// Hundredths of a percent on the list's prices; less than 0: a discount.
    pub price_adjustment: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

const COLUMNS: &str = "id, name, preset, base_url, enabled, has_credential, credential_hint, last_test, created_at, updated_at, settings, number, priority, weight, timeout_ms, further_credentials, billing, price_adjustment";

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
        number: row.get(11)?,
        priority: row.get(12)?,
        weight: row.get(13)?,
        timeout_ms: row.get(14)?,
        further_credentials: row.get(15)?,
        billing: Billing::from_number(row.get(16)?),
        price_adjustment: row.get(17)?,
    })
}

pub fn all(connection: &Connection) -> Result<Vec<ProviderRow>> {
    connection
        .prepare(&format!("SELECT {COLUMNS} FROM providers ORDER BY created_at, id"))?
        .query_map([], from_row)?
        .collect()
}

/// Inserts, or replaces the row of the same id, which keeps its number; the answer is that number. A name used by another
/// row is a constraint error.
pub fn put(connection: &Connection, row: &ProviderRow) -> Result<i64> {
    let number = number_of(connection, row)?;
    connection.execute(
        "INSERT INTO providers (id, name, preset, base_url, enabled, has_credential, credential_hint, last_test, created_at,
           updated_at, settings, number, priority, weight, timeout_ms, further_credentials,
           billing, price_adjustment)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, preset = excluded.preset, base_url = excluded.base_url,
           enabled = excluded.enabled, has_credential = excluded.has_credential, credential_hint = excluded.credential_hint,
           last_test = excluded.last_test, updated_at = excluded.updated_at, settings = excluded.settings,
           priority = excluded.priority, weight = excluded.weight, timeout_ms = excluded.timeout_ms,
           further_credentials = excluded.further_credentials, billing = excluded.billing,
           price_adjustment = excluded.price_adjustment",
        rusqlite::params![
            row.id.to_string(),
            row.name,
            row.preset,
            row.base_url,
            row.enabled,
            row.has_credential,
            row.credential_hint,
            row.last_test,
            row.created_at,
            row.updated_at,
            row.settings,
            number,
            row.priority,
            row.weight,
            row.timeout_ms,
            row.further_credentials,
            row.billing.number(),
            row.price_adjustment,
        ],
    )?;
    Ok(number)
}

fn number_of(connection: &Connection, row: &ProviderRow) -> Result<i64> {
    let known: Option<i64> = connection
        .query_row("SELECT number FROM providers WHERE id = ?1", [row.id.to_string()], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let given = super::settings::get(connection, HIGHEST_NUMBER)?.and_then(|text| text.parse::<i64>().ok());
    let highest: i64 =
        connection.query_row("SELECT COALESCE(MAX(number), 0) FROM providers", [], |row| row.get(0))?;
    let number = highest.max(given.unwrap_or(0)) + 1;
    super::settings::set(connection, HIGHEST_NUMBER, &number.to_string())?;
    Ok(number)
}

/// Whether there was one to remove.
pub fn remove(connection: &Connection, id: Uuid) -> Result<bool> {
    Ok(connection.execute("DELETE FROM providers WHERE id = ?1", [id.to_string()])? > 0)
}
