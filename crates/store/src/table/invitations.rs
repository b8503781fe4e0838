//! `invitations`: links with which somebody sets a password, or signs up. Each can be used once, and whoever has it may use
//! it: so only the SHA-256 of what the link says is kept, as of keys.

use rusqlite::{Connection, Result};

use super::columns::table_row;

pub(super) const CREATE: &str = "
CREATE TABLE invitations (
  id          TEXT PRIMARY KEY,      -- SHA-256 of what the link says, hexadecimal
  user_id     TEXT NOT NULL,         -- '' until somebody signed up with it
  is_accepted INTEGER NOT NULL,
  accepted_at INTEGER,               -- UTC milliseconds
  expires_at  INTEGER NOT NULL,      -- UTC milliseconds
  created_by  TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_by  TEXT NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX invitations_by_user ON invitations (user_id);";

table_row! {
    /// An invitation. Times in UTC milliseconds.
    InvitationRow of "invitations" by ["id"] {
        /// SHA-256 of what the link says, hexadecimal.
        id: String,
        /// Empty until somebody signed up with it.
        user_id: String,
        is_accepted: bool,
        accepted_at: Option<i64>,
        expires_at: i64,
        created_by: String,
        created_at: i64,
        updated_by: String,
        updated_at: i64,
    }
}

pub fn find(connection: &Connection, id: &str) -> Result<Option<InvitationRow>> {
    Ok(InvitationRow::query(connection, "WHERE id = ?1", [id])?.pop())
}

/// Newest first.
pub fn of_user(connection: &Connection, user_id: &str) -> Result<Vec<InvitationRow>> {
    InvitationRow::query(connection, "WHERE user_id = ?1 ORDER BY created_at DESC, id DESC", [user_id])
}

pub fn remove(connection: &Connection, id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM invitations WHERE id = ?1", [id])? > 0)
}

/// Takes back what the user has not used yet.
pub fn remove_unused_of_user(connection: &Connection, user_id: &str) -> Result<()> {
    let sql = "DELETE FROM invitations WHERE user_id = ?1 AND is_accepted = 0";
    connection.execute(sql, [user_id]).map(drop)
}

pub fn remove_of_user(connection: &Connection, user_id: &str) -> Result<()> {
    connection.execute("DELETE FROM invitations WHERE user_id = ?1", [user_id]).map(drop)
}
