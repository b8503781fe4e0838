//! Limits that are said of one thing and kept in a budget made for it: LiteLLM keeps those of organizations, customers and tags
//! so, and `/budget/*` finds and changes them there. A budget that the thing shares with others is never changed by what is
//! said of the thing: it goes into the thing's own columns, which come before the budget's.

use postern_store::Connection;
use postern_store::table::LimitColumns;
use postern_store::table::budgets::{self, BudgetRow};
use postern_store::table::spent::Subject;

use super::super::audit::{self, Action, Actor};
use super::super::limited::{self, LimitFields, Now, Said};
use crate::error::Failure;
use crate::ids;

/// Whose limits they are, for the spend that a new budget is compared with; `None` for what is new.
pub type Whose<'a> = Option<&'a Subject>;

/// Puts what a request says into the limits of a thing. Write the row then, and [`release`] the budget that it had.
pub fn apply(
    connection: &Connection,
    actor: &Actor,
    columns: &mut LimitColumns,
    mut said: LimitFields,
    whose: Whose<'_>,
    now: &Now,
) -> Result<(), Failure> {
    let before = limited::effective(connection, columns)?.max_budget_nanos;
    let spend = std::mem::take(&mut said.spend);
    let refers = std::mem::take(&mut said.budget_id);
    refer(connection, columns, refers, now)?;
    let budget = match said.max_budget {
        Said::Set(budget) => Some(limited::dollars("max_budget", budget)?),
        Said::Clear | Said::Nothing => None,
    };
    if said != LimitFields::default() {
        put(connection, actor, columns, said, now)?;
    }
    let sets_spend = spend != Said::Nothing;
    LimitFields { spend, ..LimitFields::default() }.apply(connection, columns, None, now)?;
    match (budget, whose) {
        (Some(budget), Some(subject)) if !sets_spend && before != Some(budget) => {
            limited::check_spent(connection, columns, subject, budget)
        }
        _ => Ok(()),
    }
}

/// Another budget, or none.
fn refer(
    connection: &Connection,
    columns: &mut LimitColumns,
    refers: Said<String>,
    now: &Now,
) -> Result<(), Failure> {
    let id = match &refers {
        Said::Nothing => None,
        Said::Clear => Some(""),
        Said::Set(id) => Some(id.as_str()),
    };
    if id.is_none_or(|id| columns.budget_id.as_deref() == Some(id)) {
        return Ok(());
    }
    if let Some(mut found) = id.map(|id| budgets::find(connection, id)).transpose()?.flatten()
        && found.is_own
    {
        // From now on it is not one thing's alone.
        found.is_own = false;
        found.put(connection)?;
    }
    columns.budget_reset_at = columns.budget_reset_at.filter(|_| columns.budget_duration.is_some());
    LimitFields { budget_id: refers, ..LimitFields::default() }.apply(connection, columns, None, now)
}

fn put(
    connection: &Connection,
    actor: &Actor,
    columns: &mut LimitColumns,
    said: LimitFields,
    now: &Now,
) -> Result<(), Failure> {
    let known = columns.budget_id.as_deref().map(|id| budgets::find(connection, id)).transpose()?.flatten();
    let is_new = known.is_none();
    let mut budget = match known {
        // Shared: what is said is of this thing alone.
        Some(shared) if !shared.is_own => return said.apply(connection, columns, None, now),
        Some(own) => own,
        None => BudgetRow {
            budget_id: ids::new_id().to_string(),
            is_own: true,
            created_by: actor.name.clone(),
            created_at: now.ms(),
            ..BudgetRow::default()
        },
    };
    let before = (!is_new).then(|| budget.shown());
    let changes_period = said.budget_duration != Said::Nothing;
    super::apply(connection, &mut budget, said, now)?;
    if is_new && super::says_nothing(&budget) {
        return Ok(());
    }
    budget.updated_by.clone_from(&actor.name);
    budget.updated_at = now.ms();
    let action = if is_new { Action::Created } else { Action::Updated };
    if is_new { budget.insert(connection) } else { budget.put(connection) }?;
    audit::record(connection, actor, action, ("budget", &budget.budget_id), before, Some(budget.shown()))?;
    if changes_period {
        columns.budget_reset_at = budget.budget_reset_at;
    }
    columns.budget_id = Some(budget.budget_id);
    if columns.budget_started_at == 0 {
        columns.budget_started_at = now.ms();
    }
    Ok(())
}

/// What became of the budget that a thing had: one that was made for it goes, unless something else refers to it by now.
pub fn release(
    connection: &Connection,
    actor: &Actor,
    had: Option<&str>,
    has: Option<&str>,
) -> Result<(), Failure> {
    let Some(had) = had.filter(|had| Some(*had) != has) else { return Ok(()) };
    let Some(mut budget) = budgets::find(connection, had)?.filter(|budget| budget.is_own) else {
        return Ok(());
    };
    if budgets::uses(connection, had)?.is_empty() {
        budgets::remove(connection, had)?;
        let object = ("budget", had);
        return audit::record(connection, actor, Action::Deleted, object, Some(budget.shown()), None);
    }
    budget.is_own = false;
    Ok(budget.put(connection)?)
}
