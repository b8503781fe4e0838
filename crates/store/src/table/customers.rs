//! `customers`: end users, whom callers name in their requests. One that was never named before gets a row by itself.

use rusqlite::{Connection, Result};

use super::columns::{LimitColumns, limit_columns, table_row};

pub(super) const CREATE: &str = concat!(
    "
CREATE TABLE customers (
  user_id              TEXT PRIMARY KEY,
  alias                TEXT,
  blocked              INTEGER NOT NULL,
  allowed_model_region TEXT,
  default_model        TEXT,",
    limit_columns!(),
    ",
  created_at           INTEGER NOT NULL,
  updated_at           INTEGER NOT NULL
) STRICT;
CREATE INDEX customers_by_budget ON customers (budget_id) WHERE budget_id IS NOT NULL;"
);

table_row! {
    /// An end user.
    CustomerRow of "customers" by ["user_id"] {
        user_id: String,
        alias: Option<String>,
        blocked: bool,
        allowed_model_region: Option<String>,
        default_model: Option<String>,
        limits: LimitColumns,
        created_at: i64,
        updated_at: i64,
    }
}

/// Oldest first.
pub fn all(connection: &Connection) -> Result<Vec<CustomerRow>> {
    CustomerRow::query(connection, "ORDER BY created_at, user_id", [])
}

pub fn find(connection: &Connection, user_id: &str) -> Result<Option<CustomerRow>> {
    Ok(CustomerRow::query(connection, "WHERE user_id = ?1", [user_id])?.pop())
}

/// The longest name that gets a row by itself, in bytes.
const LONGEST_NOTED: usize = 1024;

/// Gives an end user who was named in a request a row, if there is none. What they spend counts from the beginning of the ledger.
pub fn note(connection: &Connection, user_id: &str, at: i64) -> Result<()> {
    if user_id.is_empty() || user_id.len() > LONGEST_NOTED {
        return Ok(());
    }
    let sql = "INSERT INTO customers (user_id, blocked, budget_started_at, spend_offset_nanos, model_limits, created_at, updated_at)
        VALUES (?1, 0, 0, 0, '{}', ?2, ?2) ON CONFLICT (user_id) DO NOTHING";
    connection.prepare_cached(sql)?.execute((user_id, at)).map(drop)
}

pub fn remove(connection: &Connection, user_id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM customers WHERE user_id = ?1", [user_id])? > 0)
}
