//! `team_members` and `organization_members`: who belongs where, in which role, with which limits.

use rusqlite::{Connection, Result};

use super::columns::{LimitColumns, limit_columns, table_row};

pub(super) const CREATE: &str = concat!(
    "
CREATE TABLE team_members (
  team_id    TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  role       TEXT NOT NULL,              -- admin or user",
    limit_columns!(),
    ",
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (team_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_by_user ON team_members (user_id);
CREATE TABLE organization_members (
  organization_id TEXT NOT NULL,
  user_id         TEXT NOT NULL,
  role            TEXT NOT NULL,         -- org_admin, internal_user or internal_user_viewer",
    limit_columns!(),
    ",
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_members_by_user ON organization_members (user_id);"
);

table_row! {
    /// A user in a team; the role is `admin` or `user`.
    TeamMemberRow of "team_members" by ["team_id", "user_id"] {
        team_id: String,
        user_id: String,
        role: String,
        limits: LimitColumns,
        created_at: i64,
        updated_at: i64,
    }
}

table_row! {
    /// A user in an organization; the role is `org_admin`, `internal_user` or `internal_user_viewer`.
    OrganizationMemberRow of "organization_members" by ["organization_id", "user_id"] {
        organization_id: String,
        user_id: String,
        role: String,
        limits: LimitColumns,
        created_at: i64,
        updated_at: i64,
    }
}

/// Of all teams.
pub fn all_of_teams(connection: &Connection) -> Result<Vec<TeamMemberRow>> {
    TeamMemberRow::query(connection, "ORDER BY team_id, created_at, user_id", [])
}

/// In the order in which they came.
pub fn of_team(connection: &Connection, team_id: &str) -> Result<Vec<TeamMemberRow>> {
    TeamMemberRow::query(connection, "WHERE team_id = ?1 ORDER BY created_at, user_id", [team_id])
}

/// The teams of a user.
pub fn teams_of(connection: &Connection, user_id: &str) -> Result<Vec<TeamMemberRow>> {
    TeamMemberRow::query(connection, "WHERE user_id = ?1 ORDER BY created_at, team_id", [user_id])
}

pub fn find_in_team(connection: &Connection, team_id: &str, user_id: &str) -> Result<Option<TeamMemberRow>> {
    Ok(TeamMemberRow::query(connection, "WHERE team_id = ?1 AND user_id = ?2", [team_id, user_id])?.pop())
}

pub fn remove_from_team(connection: &Connection, team_id: &str, user_id: &str) -> Result<bool> {
    let sql = "DELETE FROM team_members WHERE team_id = ?1 AND user_id = ?2";
    Ok(connection.execute(sql, [team_id, user_id])? > 0)
}

/// Of all organizations.
pub fn all_of_organizations(connection: &Connection) -> Result<Vec<OrganizationMemberRow>> {
    OrganizationMemberRow::query(connection, "ORDER BY organization_id, created_at, user_id", [])
}

/// In the order in which they came.
pub fn of_organization(connection: &Connection, organization_id: &str) -> Result<Vec<OrganizationMemberRow>> {
    let rest = "WHERE organization_id = ?1 ORDER BY created_at, user_id";
    OrganizationMemberRow::query(connection, rest, [organization_id])
}

/// The organizations of a user.
pub fn organizations_of(connection: &Connection, user_id: &str) -> Result<Vec<OrganizationMemberRow>> {
    let rest = "WHERE user_id = ?1 ORDER BY created_at, organization_id";
    OrganizationMemberRow::query(connection, rest, [user_id])
}

pub fn find_in_organization(
    connection: &Connection,
    organization_id: &str,
    user_id: &str,
) -> Result<Option<OrganizationMemberRow>> {
    let rest = "WHERE organization_id = ?1 AND user_id = ?2";
    Ok(OrganizationMemberRow::query(connection, rest, [organization_id, user_id])?.pop())
}

pub fn remove_from_organization(
    connection: &Connection,
    organization_id: &str,
    user_id: &str,
) -> Result<bool> {
    let sql = "DELETE FROM organization_members WHERE organization_id = ?1 AND user_id = ?2";
    Ok(connection.execute(sql, [organization_id, user_id])? > 0)
}

/// Takes a user out of every team and organization.
pub fn remove_everywhere(connection: &Connection, user_id: &str) -> Result<()> {
    connection.execute("DELETE FROM team_members WHERE user_id = ?1", [user_id])?;
    connection.execute("DELETE FROM organization_members WHERE user_id = ?1", [user_id])?;
    Ok(())
}

/// Takes everybody out of a team.
pub fn empty_team(connection: &Connection, team_id: &str) -> Result<()> {
    connection.execute("DELETE FROM team_members WHERE team_id = ?1", [team_id]).map(drop)
}

/// Takes everybody out of an organization.
pub fn empty_organization(connection: &Connection, organization_id: &str) -> Result<()> {
    let sql = "DELETE FROM organization_members WHERE organization_id = ?1";
    connection.execute(sql, [organization_id]).map(drop)
}
