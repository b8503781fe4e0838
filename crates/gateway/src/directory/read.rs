//! Reads from the database what changed, or everything.

use std::collections::{HashMap as Map, HashSet};
use std::sync::Arc;

use postern_store::table::budgets::{self, BudgetRow};
use postern_store::table::{customers, keys, members, organizations, tags, teams, users};
use postern_store::{Connection, SqlError};
use uuid::Uuid;

use super::strangers::Common;
use super::{Directory, Rows};
use crate::config::Governance;
use crate::counters::Scope;

/// What is to be read again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    Key(Uuid),
    User(String),
    /// With its members.
    Team(String),
    /// With its members.
    Organization(String),
    Customer(String),
    Tag(String),
    /// Whatever refers to it.
    Budget(String),
    Everything,
}

/// Keys are read and put in so many at a time: rows are larger than what is kept of them.
const KEYS_AT_ONCE: usize = 1000;

/// The directory after these changes, and the scopes that they made.
pub fn read(
    connection: &Connection,
    before: &Directory,
    changes: &[Change],
) -> Result<(Directory, Vec<Arc<Scope>>), SqlError> {
    let mut after = before.clone();
    if changes.iter().any(|change| matches!(change, Change::Everything | Change::Budget(_))) {
        everything(connection, &mut after)?;
        let scopes = after.scopes().cloned().collect();
        return Ok((after, scopes));
    }
    let mut rows = Rows::default();
    // Once each: whoever puts a team in takes its members out of the rows.
    let changes: HashSet<&Change> = changes.iter().collect();
    for change in &changes {
        match change {
            Change::Key(id) => rows.keys.push((*id, keys::find_by_id(connection, *id)?)),
            Change::User(id) => {
                rows.users.push((id.clone(), users::find(connection, id)?));
                rows.team_members.extend(members::teams_of(connection, id)?);
                rows.organization_members.extend(members::organizations_of(connection, id)?);
            }
            Change::Team(id) => {
                rows.teams.push((id.clone(), teams::find(connection, id)?));
                rows.team_members.extend(members::of_team(connection, id)?);
            }
            Change::Organization(id) => {
                rows.organizations.push((id.clone(), organizations::find(connection, id)?));
                rows.organization_members.extend(members::of_organization(connection, id)?);
            }
            Change::Customer(id) => rows.customers.push((id.clone(), customers::find(connection, id)?)),
            Change::Tag(name) => rows.tags.push((name.clone(), tags::find(connection, name)?)),
            Change::Budget(_) | Change::Everything => {}
        }
    }
    rows.budgets = budgets_of(connection, &rows)?;
    after.put(rows);
    let scopes = changes.into_iter().flat_map(|change| scopes_of(&after, change)).collect();
    Ok((after, scopes))
}

fn scopes_of(directory: &Directory, change: &Change) -> Vec<Arc<Scope>> {
    let of_all =
        |limited: Vec<&super::Limited>| limited.into_iter().flat_map(super::Limited::all).cloned().collect();
    match change {
        Change::Key(id) => directory.key_of(*id).map(|key| of_all(vec![&key.limited])),
        Change::User(id) => directory.user(id).map(|user| of_all(vec![&user.limited])),
        Change::Team(id) => directory.team(id).map(|team| {
            of_all(team.members.values().map(|member| &member.limited).chain([&team.limited]).collect())
        }),
        Change::Organization(id) => directory.organization(id).map(|known| {
            of_all(known.members.values().map(|member| &member.limited).chain([&known.limited]).collect())
        }),
        Change::Customer(id) => directory.customer(id).map(|customer| of_all(vec![&customer.limited])),
        Change::Tag(name) => directory.tag(name).map(|tag| of_all(vec![&tag.limited])),
        Change::Budget(_) | Change::Everything => None,
    }
    .unwrap_or_default()
}

fn budgets_of(connection: &Connection, rows: &Rows) -> Result<Map<String, BudgetRow>, SqlError> {
    let mut named: Vec<&str> = Vec::new();
    let lists: Vec<Option<String>> = rows
        .keys
        .iter()
        .map(|(_, row)| row.as_ref()?.limits.budget_id.clone())
        .chain(rows.users.iter().map(|(_, row)| row.as_ref()?.limits.budget_id.clone()))
        .chain(rows.teams.iter().map(|(_, row)| row.as_ref()?.limits.budget_id.clone()))
        .chain(rows.organizations.iter().map(|(_, row)| row.as_ref()?.limits.budget_id.clone()))
        .chain(rows.customers.iter().map(|(_, row)| row.as_ref()?.limits.budget_id.clone()))
        .chain(rows.tags.iter().map(|(_, row)| row.as_ref()?.limits.budget_id.clone()))
        .chain(rows.team_members.iter().map(|row| row.limits.budget_id.clone()))
        .chain(rows.organization_members.iter().map(|row| row.limits.budget_id.clone()))
        .collect();
    named.extend(lists.iter().flatten().map(String::as_str));
    named.sort_unstable();
    named.dedup();
    let mut found = Map::new();
    for id in named {
        if let Some(row) = budgets::find(connection, id)? {
            found.insert(id.to_owned(), row);
        }
    }
    Ok(found)
}

/// What the rules give to end users without limits of their own.
fn common(rules: &Governance, budgets: &Map<String, BudgetRow>) -> Option<Common> {
    let budget = rules.end_user_budget_id.as_ref().and_then(|id| {
        let found = budgets.get(id);
        if found.is_none() {
            tracing::warn!("max_end_user_budget_id: there is no budget {id}; end users have none of it");
        }
        found
    });
    Common::of(rules, budget.cloned())
}

/// Reads everything. What was there before gives its counters, and what is not there any more is gone.
fn everything(connection: &Connection, after: &mut Directory) -> Result<(), SqlError> {
    fn named<T>(rows: Vec<T>, name: impl Fn(&T) -> String) -> Vec<(String, Option<T>)> {
        rows.into_iter().map(|row| (name(&row), Some(row))).collect()
    }
    let budgets = budgets::all(connection)?.into_iter().map(|row| (row.budget_id.clone(), row)).collect();
    let rows = Rows {
        keys: Vec::new(),
        users: named(users::all(connection)?, |row| row.user_id.clone()),
        teams: named(teams::all(connection)?, |row| row.team_id.clone()),
        organizations: named(organizations::all(connection)?, |row| row.organization_id.clone()),
        customers: named(customers::all(connection)?, |row| row.user_id.clone()),
        tags: named(tags::all(connection)?, |row| row.name.clone()),
        team_members: members::all_of_teams(connection)?,
        organization_members: members::all_of_organizations(connection)?,
        budgets,
    };
    let budgets = rows.budgets.clone();
    after.end_users = common(&after.rules, &budgets).map(Arc::new);
    after.forget_others(&rows);
    after.put(rows);
    let mut seen = HashSet::new();
    let mut some = Vec::new();
    let put = |after: &mut Directory, some: &mut Vec<(Uuid, Option<keys::KeyRow>)>| {
        after.put(Rows { keys: std::mem::take(some), budgets: budgets.clone(), ..Rows::default() });
    };
    keys::for_each(connection, |row| {
        seen.insert(row.id);
        some.push((row.id, Some(row)));
        if some.len() == KEYS_AT_ONCE {
            put(after, &mut some);
        }
    })?;
    put(after, &mut some);
    after.forget_other_keys(&seen);
    Ok(())
}
