//! `organizations`: tenants. Teams, keys and members belong to them.

use rusqlite::{Connection, Result};

use super::columns::{LimitColumns, limit_columns, table_row};

pub(super) const CREATE: &str = concat!(
    "
CREATE TABLE organizations (
  organization_id    TEXT PRIMARY KEY,
  organization_alias TEXT NOT NULL,
  models             TEXT NOT NULL,       -- JSON array; empty: all
  metadata           TEXT NOT NULL,       -- JSON object
  extra              TEXT NOT NULL,       -- JSON object: what is kept and shown, and means nothing here
  blocked            INTEGER NOT NULL,",
    limit_columns!(),
    ",
  created_by         TEXT NOT NULL,
  created_at         INTEGER NOT NULL,
  updated_by         TEXT NOT NULL,
  updated_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX organizations_by_budget ON organizations (budget_id) WHERE budget_id IS NOT NULL;"
);

table_row! {
    /// A tenant. Lists and objects are JSON.
    OrganizationRow of "organizations" by ["organization_id"] {
        organization_id: String,
        organization_alias: String,
        models: String = "[]",
        metadata: String = "{}",
        extra: String = "{}",
        blocked: bool,
        limits: LimitColumns,
        created_by: String,
        created_at: i64,
        updated_by: String,
        updated_at: i64,
    }
}

/// Oldest first.
pub fn all(connection: &Connection) -> Result<Vec<OrganizationRow>> {
    OrganizationRow::query(connection, "ORDER BY created_at, organization_id", [])
}

pub fn find(connection: &Connection, organization_id: &str) -> Result<Option<OrganizationRow>> {
    Ok(OrganizationRow::query(connection, "WHERE organization_id = ?1", [organization_id])?.pop())
}

pub fn remove(connection: &Connection, organization_id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM organizations WHERE organization_id = ?1", [organization_id])? > 0)
}
