//! `prices`: the user's own prices. They win over the catalogue.

use rusqlite::{Connection, Result};

pub(super) const CREATE: &str = "
CREATE TABLE prices (
  provider   TEXT NOT NULL,
  model      TEXT NOT NULL,
  prices     TEXT NOT NULL,       -- JSON: pico-dollars per token by kind
  updated_at INTEGER NOT NULL,    -- UTC milliseconds
  PRIMARY KEY (provider, model)
) STRICT;";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    pub provider: String,
    pub model: String,
    /// JSON object: pico-dollars per token by kind.
    pub prices: String,
    pub updated_at: i64,
}

pub fn all(connection: &Connection) -> Result<Vec<PriceRow>> {
    connection
        .prepare("SELECT provider, model, prices, updated_at FROM prices ORDER BY provider, model")?
        .query_map([], |row| {
            Ok(PriceRow {
                provider: row.get(0)?,
                model: row.get(1)?,
                prices: row.get(2)?,
                updated_at: row.get(3)?,
            })
        })?
        .collect()
}

pub fn put(connection: &Connection, row: &PriceRow) -> Result<()> {
    connection.execute(
        "INSERT INTO prices (provider, model, prices, updated_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (provider, model) DO UPDATE SET prices = excluded.prices, updated_at = excluded.updated_at",
        (&row.provider, &row.model, &row.prices, row.updated_at),
    )?;
    Ok(())
}

/// Whether there was one to remove.
pub fn remove(connection: &Connection, provider: &str, model: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM prices WHERE provider = ?1 AND model = ?2", (provider, model))? > 0)
}
