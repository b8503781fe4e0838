//! `tags`: names that requests carry, with limits.

use rusqlite::{Connection, Result};

use super::columns::{LimitColumns, limit_columns, table_row};

pub(super) const CREATE: &str = concat!(
    "
CREATE TABLE tags (
  name        TEXT PRIMARY KEY,
  description TEXT,
  models      TEXT NOT NULL,       -- JSON array of deployments' ids
  model_info  TEXT NOT NULL,       -- JSON object
",
    limit_columns!(),
    ",
  created_by  TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX tags_by_budget ON tags (budget_id) WHERE budget_id IS NOT NULL;"
);

table_row! {
    /// A tag. Lists and objects are JSON.
    TagRow of "tags" by ["name"] {
        name: String,
        description: Option<String>,
        models: String = "[]",
        model_info: String = "{}",
        limits: LimitColumns,
        created_by: String,
        created_at: i64,
        updated_at: i64,
    }
}

/// Oldest first.
pub fn all(connection: &Connection) -> Result<Vec<TagRow>> {
    TagRow::query(connection, "ORDER BY created_at, name", [])
}

pub fn find(connection: &Connection, name: &str) -> Result<Option<TagRow>> {
    Ok(TagRow::query(connection, "WHERE name = ?1", [name])?.pop())
}

pub fn remove(connection: &Connection, name: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM tags WHERE name = ?1", [name])? > 0)
}
