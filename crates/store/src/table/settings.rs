//! `settings`: small things remembered by name, each a JSON text.

use rusqlite::{Connection, OptionalExtension, Result};

pub(super) const CREATE: &str = "
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL            -- JSON
) STRICT;";

pub fn get(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection
        .prepare_cached("SELECT value FROM settings WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

pub fn set(connection: &Connection, name: &str, value: &str) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO settings (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute([name, value])?;
    Ok(())
}
