//! Which users are asked for, in pages or as a number.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::UserRow;

/// What users are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    CreatedAt,
    UpdatedAt,
    Id,
    Email,
    Alias,
    Role,
    /// Those without one come last, whichever way: theirs is the largest, and nobody looks for it.
    MaxBudget,
}

/// What users are filtered by: all of it must fit.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    pub role: Option<String>,
    /// One of these.
    pub user_ids: Option<Vec<String>>,
    /// One of these.
    pub sso_user_ids: Option<Vec<String>>,
    /// Found somewhere in the e-mail, whatever the case of its letters.
    pub email: Option<String>,
    /// Found somewhere in name, e-mail or id, whatever the case of its letters.
    pub search: Option<String>,
    /// Members of this team.
    pub team_id: Option<String>,
    /// Members of this organization.
    pub organization_id: Option<String>,
    /// Only members of these organizations, and these users themselves. `None`: everybody.
    pub seen_by: Option<SeenBy>,
    pub sort_by: SortBy,
    pub ascending: bool,
    pub limit: i64,
    pub offset: i64,
}

/// Whom somebody may see.
#[derive(Debug, Clone, Default)]
pub struct SeenBy {
    pub users: Vec<String>,
    pub organizations: Vec<String>,
}

impl UserFilter {
    fn condition(&self) -> (String, Vec<Value>) {
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        if let Some(role) = &self.role {
            values.push(Value::Text(role.clone()));
            conditions.push("user_role = ?".to_owned());
        }
        for (column, list) in [("user_id", &self.user_ids), ("sso_user_id", &self.sso_user_ids)] {
            if let Some(list) = list {
                conditions.push(format!("{column} IN ({})", places(list, &mut values)));
            }
        }
        if let Some(part) = &self.email {
            values.push(Value::Text(anywhere(part)));
            conditions.push("user_email LIKE ? ESCAPE '\\'".to_owned());
        }
        if let Some(part) = &self.search {
            let either = ["user_alias", "user_email", "user_id"].map(|column| {
                values.push(Value::Text(anywhere(part)));
                format!("{column} LIKE ? ESCAPE '\\'")
            });
            conditions.push(format!("({})", either.join(" OR ")));
        }
        if let Some(team) = &self.team_id {
            values.push(Value::Text(team.clone()));
            conditions.push("user_id IN (SELECT user_id FROM team_members WHERE team_id = ?)".to_owned());
        }
        if let Some(organization) = &self.organization_id {
            conditions.push(of_organizations(std::slice::from_ref(organization), &mut values));
        }
        if let Some(seen) = &self.seen_by {
            let users = format!("user_id IN ({})", places(&seen.users, &mut values));
            let members = of_organizations(&seen.organizations, &mut values);
            conditions.push(format!("({users} OR {members})"));
        }
        let sql =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        (sql, values)
    }
}

/// A pattern that finds a text wherever it stands.
fn anywhere(part: &str) -> String {
    let escaped = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn places(list: &[String], values: &mut Vec<Value>) -> String {
    values.extend(list.iter().cloned().map(Value::Text));
    vec!["?"; list.len()].join(", ")
}

fn of_organizations(list: &[String], values: &mut Vec<Value>) -> String {
    let list = places(list, values);
    format!("user_id IN (SELECT user_id FROM organization_members WHERE organization_id IN ({list}))")
}

/// One page.
pub fn page(connection: &Connection, filter: &UserFilter) -> Result<Vec<UserRow>> {
    let (condition, mut values) = filter.condition();
    let order = if filter.ascending { "ASC" } else { "DESC" };
    let by = match filter.sort_by {
        SortBy::CreatedAt => "created_at".to_owned(),
        SortBy::UpdatedAt => "updated_at".to_owned(),
        SortBy::Id => "user_id".to_owned(),
        SortBy::Email => "LOWER(COALESCE(user_email, ''))".to_owned(),
        SortBy::Alias => "LOWER(COALESCE(user_alias, ''))".to_owned(),
        SortBy::Role => "user_role".to_owned(),
        SortBy::MaxBudget => format!("max_budget_nanos IS NULL, max_budget_nanos {order}, created_at"),
    };
    values.extend([Value::Integer(filter.limit), Value::Integer(filter.offset)]);
    UserRow::query(
        connection,
        &format!("{condition} ORDER BY {by} {order}, user_id {order} LIMIT ? OFFSET ?"),
        params_from_iter(values),
    )
}

/// How many users fit, whatever the page.
pub fn count(connection: &Connection, filter: &UserFilter) -> Result<i64> {
    let (condition, values) = filter.condition();
    let sql = format!("SELECT COUNT(*) FROM users {condition}");
    connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))
}

/// How many keys each of these users has, sign-ins to the console not counted; who has none is left out.
pub fn key_counts(connection: &Connection, users: &[String]) -> Result<Vec<(String, i64)>> {
    let mut values = Vec::new();
    let list = places(users, &mut values);
    let sql = format!(
        "SELECT user_id, COUNT(*) FROM keys WHERE deleted_at IS NULL AND is_session = 0 AND user_id IN ({list}) GROUP BY user_id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

#[cfg(test)]
mod tests;
