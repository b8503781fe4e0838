//! `models`: deployments added through the management API. `params` holds no secret: those go to the vault.

use rusqlite::{Connection, Result};

use super::columns::table_row;

pub(super) const CREATE: &str = "
CREATE TABLE models (
  id         TEXT PRIMARY KEY,
  model_name TEXT NOT NULL,       -- the model group
  params     TEXT NOT NULL,       -- JSON: LiteLLM's litellm_params without credentials
  info       TEXT NOT NULL,       -- JSON: model_info
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,    -- UTC milliseconds
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX models_by_name ON models (model_name);";

table_row! {
    /// A deployment. `params` and `info` are JSON objects.
    ModelRow of "models" by ["id"] {
        id: String,
        /// The model group.
        model_name: String,
        /// Without credentials.
        params: String = "{}",
        info: String = "{}",
        created_by: String,
        created_at: i64,
        updated_at: i64,
    }
}

/// Oldest first.
pub fn all(connection: &Connection) -> Result<Vec<ModelRow>> {
    ModelRow::query(connection, "ORDER BY created_at, id", [])
}

pub fn find(connection: &Connection, id: &str) -> Result<Option<ModelRow>> {
    Ok(ModelRow::query(connection, "WHERE id = ?1", [id])?.pop())
}

/// Whether there was one to remove.
pub fn remove(connection: &Connection, id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM models WHERE id = ?1", [id])? > 0)
}
