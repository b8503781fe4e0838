//! What is new: a row of it says nothing that is no JSON where JSON is kept, and never takes the place of another.

use serde_json::{Map, Value};

use super::super::LimitColumns;
use super::super::audit_log::AuditRow;
use super::super::budgets::BudgetRow;
use super::super::customers::CustomerRow;
use super::super::invitations::InvitationRow;
use super::super::keys::KeyRow;
use super::super::members::{OrganizationMemberRow, TeamMemberRow};
use super::super::models::ModelRow;
use super::super::organizations::OrganizationRow;
use super::super::tags::TagRow;
use super::super::teams::TeamRow;
use super::super::users::UserRow;
use super::database;
use crate::{Connection, is_constraint};

/// The columns of a table that hold JSON and are never null, with whether it is a list: what the schema says of them.
fn json_columns(connection: &Connection, table: &str) -> Vec<(String, bool)> {
    let sql: String = connection
        .query_row("SELECT sql FROM sqlite_master WHERE name = ?1", [table], |row| row.get(0))
        .unwrap();
    let told = sql.lines().filter_map(|line| {
        let (column, comment) = line.split_once("--")?;
        let comment = comment.trim();
        let is_json = column.contains("TEXT NOT NULL") && comment.starts_with("JSON");
        let name = column.split_whitespace().next()?.to_owned();
        is_json.then(|| (name, comment.starts_with("JSON array")))
    });
    told.collect()
}

#[test]
fn where_json_is_kept_the_default_is_json() {
    let (_directory, connection) = database();
    let rows: [(&str, Map<String, Value>); 12] = [
        ("audit_log", AuditRow::default().shown()),
        ("budgets", BudgetRow::default().shown()),
        ("customers", CustomerRow::default().shown()),
        ("invitations", InvitationRow::default().shown()),
        ("keys", KeyRow::default().shown()),
        ("models", ModelRow::default().shown()),
        ("organization_members", OrganizationMemberRow::default().shown()),
        ("organizations", OrganizationRow::default().shown()),
        ("tags", TagRow::default().shown()),
        ("team_members", TeamMemberRow::default().shown()),
        ("teams", TeamRow::default().shown()),
        ("users", UserRow::default().shown()),
    ];
    let mut looked_at = 0;
    for (table, shown) in rows {
        for (column, is_list) in json_columns(&connection, table) {
            let value = &shown[&column];
            assert!(if is_list { value.is_array() } else { value.is_object() }, "{table}.{column}: {value}");
            looked_at += 1;
        }
    }
    assert!(looked_at >= 30, "{looked_at}");
}

#[test]
fn what_is_new_takes_nobodys_place() {
    let (_directory, connection) = database();
    macro_rules! assert_kept {
        ($row:expr, $table:literal, $changed:expr) => {{
            let (row, changed) = ($row, $changed);
            row.insert(&connection).unwrap();
            let error = changed.insert(&connection).unwrap_err();
            assert!(is_constraint(&error), "{}: {error}", $table);
            let sql = concat!("SELECT COUNT(*), MIN(updated_at) FROM ", $table);
            let told = |sql: &str| -> (i64, i64) {
                connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
            };
            assert_eq!(told(sql), (1, 1), "{}", $table);
            // Said of what is there, it is changed.
            changed.put(&connection).unwrap();
            assert_eq!(told(sql), (1, 2), "{}", $table);
        }};
        ($name:ident, $table:literal) => {{
            let row = |updated_at| $name { updated_at, ..$name::default() };
            assert_kept!(row(1), $table, row(2));
        }};
    }
    assert_kept!(BudgetRow, "budgets");
    assert_kept!(CustomerRow, "customers");
    assert_kept!(InvitationRow, "invitations");
    assert_kept!(KeyRow, "keys");
    assert_kept!(ModelRow, "models");
    assert_kept!(OrganizationMemberRow, "organization_members");
    assert_kept!(OrganizationRow, "organizations");
    assert_kept!(TagRow, "tags");
    assert_kept!(TeamMemberRow, "team_members");
    assert_kept!(TeamRow, "teams");
    assert_kept!(UserRow, "users");
    assert_eq!(LimitColumns::default().model_limits, "{}");
}
