//! `teams`: keys and people that share limits, in an organization or in none.

use rusqlite::{Connection, Result};

use super::columns::{LimitColumns, limit_columns, table_row};

mod filter;

pub use filter::{SeenBy, SortBy, TeamFilter, count, page};

pub(super) const CREATE: &str = concat!(
    "
CREATE TABLE teams (
  team_id            TEXT PRIMARY KEY,
  team_alias         TEXT,
  organization_id    TEXT,
  models             TEXT NOT NULL,       -- JSON array; empty: all
  model_aliases      TEXT NOT NULL,       -- JSON object: name to model
  metadata           TEXT NOT NULL,       -- JSON object
  member_permissions TEXT NOT NULL,       -- JSON array: routes that members may call with the team's keys
  member_defaults    TEXT NOT NULL,       -- JSON object: limits of a member who has none of their own
  callbacks          TEXT NOT NULL,       -- JSON array
  logging_off        INTEGER NOT NULL,
  extra              TEXT NOT NULL,       -- JSON object: what is kept and shown, and means nothing here
  blocked            INTEGER NOT NULL,",
    limit_columns!(),
    ",
  created_by         TEXT NOT NULL,
  created_at         INTEGER NOT NULL,
  updated_by         TEXT NOT NULL,
  updated_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX teams_by_organization ON teams (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX teams_by_age ON teams (created_at, team_id);
CREATE INDEX teams_by_budget ON teams (budget_id) WHERE budget_id IS NOT NULL;"
);

table_row! {
    /// A team. Lists and objects are JSON.
    TeamRow of "teams" by ["team_id"] {
        team_id: String,
        team_alias: Option<String>,
        organization_id: Option<String>,
        models: String = "[]",
        model_aliases: String = "{}",
        metadata: String = "{}",
        /// Routes that members may call with the team's keys.
        member_permissions: String = "[]",
        /// Limits of a member who has none of their own.
        member_defaults: String = "{}",
        callbacks: String = "[]",
        logging_off: bool,
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
pub fn all(connection: &Connection) -> Result<Vec<TeamRow>> {
    TeamRow::query(connection, "ORDER BY created_at, team_id", [])
}

pub fn find(connection: &Connection, team_id: &str) -> Result<Option<TeamRow>> {
    Ok(TeamRow::query(connection, "WHERE team_id = ?1", [team_id])?.pop())
}

/// Oldest first.
pub fn of_organization(connection: &Connection, organization_id: &str) -> Result<Vec<TeamRow>> {
    TeamRow::query(connection, "WHERE organization_id = ?1 ORDER BY created_at, team_id", [organization_id])
}

pub fn remove(connection: &Connection, team_id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM teams WHERE team_id = ?1", [team_id])? > 0)
}
