//! `users`: people. A password is kept as its argon2 hash; nothing that is shown to anybody comes from that column.

use rusqlite::{Connection, Result};

use super::columns::{LimitColumns, limit_columns, table_row};

mod filter;

pub use filter::{SeenBy, SortBy, UserFilter, count, key_counts, page};

pub(super) const CREATE: &str = concat!(
    "
CREATE TABLE users (
  user_id       TEXT PRIMARY KEY,
  user_alias    TEXT,
  user_email    TEXT,
  user_role     TEXT NOT NULL,
  sso_user_id   TEXT UNIQUE,
  password_hash TEXT,
  models        TEXT NOT NULL,       -- JSON array; empty: all
  metadata      TEXT NOT NULL,       -- JSON object
  extra         TEXT NOT NULL,       -- JSON object: what is kept and shown, and means nothing here
  blocked       INTEGER NOT NULL,",
    limit_columns!(),
    ",
  created_by    TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_by    TEXT NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_by_email ON users (LOWER(user_email));
CREATE INDEX users_by_age ON users (created_at, user_id);
CREATE INDEX users_by_budget ON users (budget_id) WHERE budget_id IS NOT NULL;"
);

table_row! {
    /// A person. Lists and objects are JSON.
    UserRow of "users" by ["user_id"] {
        user_id: String,
        user_alias: Option<String>,
        user_email: Option<String>,
        user_role: String,
        sso_user_id: Option<String>,
        password_hash: Option<String>,
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
pub fn all(connection: &Connection) -> Result<Vec<UserRow>> {
    UserRow::query(connection, "ORDER BY created_at, user_id", [])
}

pub fn find(connection: &Connection, user_id: &str) -> Result<Option<UserRow>> {
    Ok(UserRow::query(connection, "WHERE user_id = ?1", [user_id])?.pop())
}

pub(super) const BY_EMAIL: &str = "WHERE LOWER(user_email) = LOWER(?1)";

/// Whatever the case of its letters.
pub fn find_by_email(connection: &Connection, email: &str) -> Result<Option<UserRow>> {
    Ok(UserRow::query(connection, BY_EMAIL, [email])?.pop())
}

/// By the name that a single sign-on server has for them.
pub fn find_by_sso(connection: &Connection, sso_user_id: &str) -> Result<Option<UserRow>> {
    Ok(UserRow::query(connection, "WHERE sso_user_id = ?1", [sso_user_id])?.pop())
}

/// Whether anybody has a password.
pub fn has_passwords(connection: &Connection) -> Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM users WHERE password_hash IS NOT NULL)", [], |row| {
        row.get(0)
    })
}

pub fn remove(connection: &Connection, user_id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM users WHERE user_id = ?1", [user_id])? > 0)
}
