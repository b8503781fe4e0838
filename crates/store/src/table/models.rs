//! `models`: deployments added through the management API. `params` holds no secret: those go to the vault.

use rusqlite::{Connection, Result};

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRow {
    pub id: String,
    pub model_name: String,
    pub params: String,
    pub info: String,
    pub created_by: String,
    pub created_at: i64,
    pub updated_at: i64,
}

pub fn all(connection: &Connection) -> Result<Vec<ModelRow>> {
    connection
        .prepare("SELECT id, model_name, params, info, created_by, created_at, updated_at FROM models ORDER BY created_at, id")?
        .query_map([], |row| {
            Ok(ModelRow {
                id: row.get(0)?,
                model_name: row.get(1)?,
                params: row.get(2)?,
                info: row.get(3)?,
                created_by: row.get(4)?,
                created_at: row.get(5)?,
                updated_at: row.get(6)?,
            })
        })?
        .collect()
}

/// Inserts a new deployment; a used id is a constraint error.
pub fn insert(connection: &Connection, row: &ModelRow) -> Result<()> {
    connection.execute(
        "INSERT INTO models (id, model_name, params, info, created_by, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (&row.id, &row.model_name, &row.params, &row.info, &row.created_by, row.created_at, row.updated_at),
    )?;
    Ok(())
}

/// Whether there was one to remove.
pub fn remove(connection: &Connection, id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM models WHERE id = ?1", [id])? > 0)
}
