//! Which keys are asked for, in pages or as a number.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};
use uuid::Uuid;

use super::KeyRow;
use crate::table::spent::{self, Question, Subject};

/// What keys are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    CreatedAt,
    UpdatedAt,
    /// All that it ever spent.
    Spend,
    MaxBudget,
    Token,
    Alias,
}

/// What keys are filtered by; all that is said must fit.
#[derive(Debug, Clone, Default)]
pub struct KeyFilter {
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    pub organization_id: Option<String>,
    pub token: Option<String>,
    pub alias: Option<String>,
    /// Found in alias, name, user, team or hash.
    pub search: Option<String>,
    pub budget_id: Option<String>,
    pub created_by: Option<String>,
    /// Only what somebody may see. `None`: all.
    pub seen_by: Option<SeenBy>,
    /// Only what somebody has to do with. `None`: all.
    pub related_to: Option<SeenBy>,
    /// Revoked ones instead.
    pub deleted: bool,
    /// Those that signing in to the console made, too.
    pub sessions: bool,
    pub sort_by: SortBy,
    pub ascending: bool,
    pub limit: i64,
    pub offset: i64,
}

/// Keys that fit any of these: the keys themselves, those of users, of teams, of organizations and their teams, and those that
/// somebody made. Nothing said is no key.
#[derive(Debug, Clone, Default)]
pub struct SeenBy {
    pub tokens: Vec<String>,
    pub users: Vec<String>,
    pub teams: Vec<String>,
    pub organizations: Vec<String>,
    pub created_by: Vec<String>,
}

impl KeyFilter {
    fn condition(&self) -> (String, Vec<Value>) {
        let mut conditions =
            vec![if self.deleted { "deleted_at IS NOT NULL" } else { "deleted_at IS NULL" }.to_owned()];
        let mut values = Vec::new();
        if !self.sessions {
            conditions.push("is_session = 0".to_owned());
        }
        let equals = [
            ("user_id", &self.user_id),
            ("team_id", &self.team_id),
            ("token", &self.token),
            ("key_alias", &self.alias),
            ("budget_id", &self.budget_id),
            ("created_by", &self.created_by),
        ];
        for (column, wanted) in equals {
            if let Some(wanted) = wanted {
                values.push(Value::Text(wanted.clone()));
                conditions.push(format!("{column} = ?"));
            }
        }
        if let Some(wanted) = &self.organization_id {
            let list = std::slice::from_ref(wanted);
            conditions.push(of_organizations(list, &mut values));
        }
        if let Some(search) = &self.search {
            let escaped = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let columns = ["key_alias", "key_name", "user_id", "team_id", "token"];
            let either = columns.map(|column| {
                values.push(Value::Text(format!("%{escaped}%")));
                format!("{column} LIKE ? ESCAPE '\\'")
            });
            conditions.push(format!("({})", either.join(" OR ")));
        }
        for any in [&self.seen_by, &self.related_to].into_iter().flatten() {
            conditions.push(any.condition(&mut values));
        }
        (format!("WHERE {}", conditions.join(" AND ")), values)
    }
}

impl SeenBy {
    fn condition(&self, values: &mut Vec<Value>) -> String {
        let mut either = vec!["0".to_owned()];
        let lists = [
            ("token", &self.tokens),
            ("user_id", &self.users),
            ("team_id", &self.teams),
            ("created_by", &self.created_by),
        ];
        for (column, list) in lists {
            if !list.is_empty() {
                either.push(format!("{column} IN ({})", places(list, values)));
            }
        }
        if !self.organizations.is_empty() {
            either.push(of_organizations(&self.organizations, values));
        }
        format!("({})", either.join(" OR "))
    }
}

fn places(list: &[String], values: &mut Vec<Value>) -> String {
    values.extend(list.iter().cloned().map(Value::Text));
    vec!["?"; list.len()].join(", ")
}

/// Of an organization itself or of one of its teams.
fn of_organizations(list: &[String], values: &mut Vec<Value>) -> String {
    let own = places(list, values);
    let teams = places(list, values);
    format!(
        "(organization_id IN ({own}) OR team_id IN (SELECT team_id FROM teams WHERE organization_id IN ({teams})))"
    )
}

/// What comes after `FROM keys` for one page, with its values.
pub(in crate::table) fn page_sql(filter: &KeyFilter) -> (String, Vec<Value>) {
    let (condition, mut values) = filter.condition();
    let order = if filter.ascending { "ASC" } else { "DESC" };
    let sorted = match filter.sort_by {
        // By spend it is sorted elsewhere.
        SortBy::CreatedAt | SortBy::Spend => format!("created_at {order}"),
        SortBy::UpdatedAt => format!("updated_at {order}"),
        // No budget is more than any.
        SortBy::MaxBudget => {
            format!("max_budget_nanos {order} NULLS {}", if filter.ascending { "LAST" } else { "FIRST" })
        }
        SortBy::Token => format!("token {order}"),
        SortBy::Alias => format!("key_alias {order} NULLS LAST"),
    };
    values.extend([Value::Integer(filter.limit), Value::Integer(filter.offset)]);
    (format!("{condition} ORDER BY {sorted}, id {order} LIMIT ? OFFSET ?"), values)
}

/// One page.
pub fn page(connection: &Connection, filter: &KeyFilter) -> Result<Vec<KeyRow>> {
    if filter.sort_by == SortBy::Spend {
        return page_by_spend(connection, filter);
    }
    let (rest, values) = page_sql(filter);
    KeyRow::query(connection, &rest, params_from_iter(values))
}

fn page_by_spend(connection: &Connection, filter: &KeyFilter) -> Result<Vec<KeyRow>> {
    let (condition, values) = filter.condition();
    let questions: Vec<Question> = connection
        .prepare_cached(&format!("SELECT id FROM keys {condition}"))?
        .query_map(params_from_iter(values), |row| {
            Ok(Question { subject: Subject::Key(row.get(0)?), model_group: None, since: 0 })
        })?
        .collect::<Result<_>>()?;
    let sums = spent::sums(connection, &questions)?;
    let ids = questions.into_iter().filter_map(|question| match question.subject {
        Subject::Key(id) => Some(id),
        _ => None,
    });
    let mut spent: Vec<(i64, Uuid)> = sums.into_iter().zip(ids).collect();
    spent.sort_unstable();
    if !filter.ascending {
        spent.reverse();
    }
    let number = |number: i64, otherwise: usize| usize::try_from(number).unwrap_or(otherwise);
    let page = spent.into_iter().skip(number(filter.offset, 0)).take(number(filter.limit, usize::MAX));
    // One that was removed in between is left out.
    let rows = page.map(|(_, id)| Ok(KeyRow::query(connection, "WHERE id = ?1", [id])?.pop()));
    rows.filter_map(Result::transpose).collect()
}

/// How many keys fit, whatever the page.
pub fn count(connection: &Connection, filter: &KeyFilter) -> Result<i64> {
    let (condition, values) = filter.condition();
    let sql = format!("SELECT COUNT(*) FROM keys {condition}");
    connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))
}

/// The aliases of the keys that fit, in order; the filter's own order and page are not looked at.
pub fn aliases(connection: &Connection, filter: &KeyFilter) -> Result<Vec<String>> {
    let (condition, values) = filter.condition();
    let sql = format!("SELECT key_alias FROM keys {condition} AND key_alias IS NOT NULL ORDER BY key_alias");
    connection.prepare_cached(&sql)?.query_map(params_from_iter(values), |row| row.get(0))?.collect()
}
