//! `budgets`: limits with a name, for whatever refers to them. Each that does counts its own spend.

use rusqlite::{Connection, Result};

use super::columns::table_row;

pub(super) const CREATE: &str = "
CREATE TABLE budgets (
  budget_id             TEXT PRIMARY KEY,
  max_budget_nanos      INTEGER,                 -- nano-dollars
  soft_budget_nanos     INTEGER,                 -- nano-dollars
  budget_duration       TEXT,
  budget_reset_at       INTEGER,                 -- UTC milliseconds
  rpm_limit             INTEGER,
  tpm_limit             INTEGER,
  max_parallel_requests INTEGER,
  model_limits          TEXT NOT NULL,           -- JSON: limits by model
  is_own                INTEGER NOT NULL,        -- made for one thing, and goes with it
  created_by            TEXT NOT NULL,
  created_at            INTEGER NOT NULL,
  updated_by            TEXT NOT NULL,
  updated_at            INTEGER NOT NULL
) STRICT;";

table_row! {
    /// Limits with a name. Money in nano-dollars, times in UTC milliseconds.
    BudgetRow of "budgets" by ["budget_id"] {
        budget_id: String,
        max_budget_nanos: Option<i64>,
        soft_budget_nanos: Option<i64>,
        budget_duration: Option<String>,
        budget_reset_at: Option<i64>,
        rpm_limit: Option<i64>,
        tpm_limit: Option<i64>,
        max_parallel_requests: Option<i64>,
        /// JSON: limits by model.
        model_limits: String = "{}",
        /// JSON array: models beyond which nothing may be asked for; empty: all.
        allowed_models: String = "[]",
        /// Made for one thing, and goes with it.
        is_own: bool,
        created_by: String,
        created_at: i64,
        updated_by: String,
        updated_at: i64,
    }
}

/// Oldest first.
pub fn all(connection: &Connection) -> Result<Vec<BudgetRow>> {
    BudgetRow::query(connection, "ORDER BY created_at, budget_id", [])
}

pub fn find(connection: &Connection, budget_id: &str) -> Result<Option<BudgetRow>> {
    Ok(BudgetRow::query(connection, "WHERE budget_id = ?1", [budget_id])?.pop())
}

pub fn remove(connection: &Connection, budget_id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM budgets WHERE budget_id = ?1", [budget_id])? > 0)
}

/// The tables whose rows refer to budgets, as a person calls what is in them.
const REFERRING: [(&str, &str); 8] = [
    ("keys", "keys"),
    ("users", "users"),
    ("teams", "teams"),
    ("team members", "team_members"),
    ("organizations", "organizations"),
    ("organization members", "organization_members"),
    ("customers", "customers"),
    ("tags", "tags"),
];

/// One of the things that refer to a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referring {
    /// A key's hash, a tag's name.
    pub id: String,
    /// What people call it, where it has a name besides its id.
    pub name: Option<String>,
    /// The team or organization that a member is in.
    pub within: Option<String>,
}

/// For each table of [`REFERRING`]: id, name, and what it is within.
fn named_by(table: &str) -> [&'static str; 3] {
    match table {
        "keys" => ["token", "COALESCE(key_alias, key_name)", "NULL"],
        "users" => ["user_id", "COALESCE(user_alias, user_email)", "NULL"],
        "teams" => ["team_id", "team_alias", "NULL"],
        "team_members" => ["user_id", "NULL", "team_id"],
        "organizations" => ["organization_id", "organization_alias", "NULL"],
        "organization_members" => ["user_id", "NULL", "organization_id"],
        "customers" => ["user_id", "alias", "NULL"],
        _ => ["name", "NULL", "NULL"],
    }
}

/// The first of those that refer to a budget, `most` of each kind: `(what, which)`, without those that are none.
pub fn referring(
    connection: &Connection,
    budget_id: &str,
    most: i64,
) -> Result<Vec<(&'static str, Vec<Referring>)>> {
    let mut found = Vec::new();
    for (what, table) in REFERRING {
        let alive = if table == "keys" { " AND deleted_at IS NULL" } else { "" };
        let [id, name, within] = named_by(table);
        let sql = format!(
            "SELECT {id}, {name}, {within} FROM {table} WHERE budget_id = ?1{alive} ORDER BY {name} IS NULL, LOWER({name}), {id} LIMIT ?2"
        );
        let rows: Vec<Referring> = connection
            .prepare_cached(&sql)?
            .query_map((budget_id, most), |row| {
                Ok(Referring { id: row.get(0)?, name: row.get(1)?, within: row.get(2)? })
            })?
            .collect::<Result<_>>()?;
        if !rows.is_empty() {
            found.push((what, rows));
        }
    }
    Ok(found)
}

/// How many things refer to a budget: `(what, how many)`, without those that are none.
pub fn uses(connection: &Connection, budget_id: &str) -> Result<Vec<(&'static str, i64)>> {
    let mut found = Vec::new();
    for (what, table) in REFERRING {
        let alive = if table == "keys" { " AND deleted_at IS NULL" } else { "" };
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE budget_id = ?1{alive}");
        let count = connection.query_row(&sql, [budget_id], |row| row.get(0))?;
        if count > 0 {
            found.push((what, count));
        }
    }
    Ok(found)
}

/// The running period of whatever refers to a budget, and has no duration of its own, ends then.
pub fn reschedule(connection: &Connection, budget_id: &str, reset_at: Option<i64>) -> Result<()> {
    for (_, table) in REFERRING {
        let sql = format!(
            "UPDATE {table} SET budget_reset_at = ?2 WHERE budget_id = ?1 AND budget_duration IS NULL"
        );
        connection.execute(&sql, (budget_id, reset_at))?;
    }
    Ok(())
}
