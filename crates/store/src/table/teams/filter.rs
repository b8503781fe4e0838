//! Which teams are asked for, in pages or as a number.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use super::TeamRow;

/// What teams are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    CreatedAt,
    UpdatedAt,
    Id,
    Alias,
    MaxBudget,
}

/// What teams are filtered by.
#[derive(Debug, Clone, Default)]
pub struct TeamFilter {
    /// A member.
    pub user_id: Option<String>,
    pub organization_id: Option<String>,
    pub team_id: Option<String>,
    /// Found in the alias.
    pub alias: Option<String>,
    /// Only what these may see; `None`: all.
    pub seen_by: Option<SeenBy>,
    pub sort_by: SortBy,
    pub descending: bool,
    pub limit: i64,
    pub offset: i64,
}

/// Teams that one of these users is in, or that are named, or that are in one of these organizations.
#[derive(Debug, Clone, Default)]
pub struct SeenBy {
    pub users: Vec<String>,
    pub teams: Vec<String>,
    pub organizations: Vec<String>,
}

impl TeamFilter {
    fn condition(&self) -> (String, Vec<Value>) {
        let mut conditions = vec!["1".to_owned()];
        let mut values = Vec::new();
        for (column, wanted) in [("organization_id", &self.organization_id), ("team_id", &self.team_id)] {
            if let Some(wanted) = wanted {
                values.push(Value::Text(wanted.clone()));
                conditions.push(format!("{column} = ?"));
            }
        }
        if let Some(member) = &self.user_id {
            conditions.push(with_members(std::slice::from_ref(member), &mut values));
        }
        if let Some(part) = &self.alias {
            let escaped = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            values.push(Value::Text(format!("%{escaped}%")));
            conditions.push("team_alias LIKE ? ESCAPE '\\'".to_owned());
        }
        if let Some(seen) = &self.seen_by {
            let mut either = vec!["0".to_owned()];
            if !seen.users.is_empty() {
                either.push(with_members(&seen.users, &mut values));
            }
            for (column, list) in [("team_id", &seen.teams), ("organization_id", &seen.organizations)] {
                if !list.is_empty() {
                    either.push(format!("{column} IN ({})", places(list, &mut values)));
                }
            }
            conditions.push(format!("({})", either.join(" OR ")));
        }
        (format!("WHERE {}", conditions.join(" AND ")), values)
    }
}

fn places(list: &[String], values: &mut Vec<Value>) -> String {
    values.extend(list.iter().cloned().map(Value::Text));
    vec!["?"; list.len()].join(", ")
}

fn with_members(users: &[String], values: &mut Vec<Value>) -> String {
    let users = places(users, values);
    format!("team_id IN (SELECT team_id FROM team_members WHERE user_id IN ({users}))")
}

/// One page.
pub fn page(connection: &Connection, filter: &TeamFilter) -> Result<Vec<TeamRow>> {
    let (condition, mut values) = filter.condition();
    let column = match filter.sort_by {
        SortBy::CreatedAt => "created_at",
        SortBy::UpdatedAt => "updated_at",
        SortBy::Id => "team_id",
        SortBy::Alias => "team_alias",
        SortBy::MaxBudget => "max_budget_nanos",
    };
    let order = if filter.descending { "DESC" } else { "ASC" };
    values.extend([Value::Integer(filter.limit), Value::Integer(filter.offset)]);
    TeamRow::query(
        connection,
        &format!("{condition} ORDER BY {column} {order}, team_id {order} LIMIT ? OFFSET ?"),
        params_from_iter(values),
    )
}

/// How many teams fit, whatever the page.
pub fn count(connection: &Connection, filter: &TeamFilter) -> Result<i64> {
    let (condition, values) = filter.condition();
    let sql = format!("SELECT COUNT(*) FROM teams {condition}");
    connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))
}
