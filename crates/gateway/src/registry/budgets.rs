//! Budgets with a name: limits that keys, users, teams, organizations, members, customers and tags refer to. Each of them
//! counts its own spend.

pub mod own;

use postern_store::Connection;
use postern_store::table::LimitColumns;
use postern_store::table::budgets::{self, BudgetRow};
use postern_store::table::spent::Subject;

use super::audit::{self, Action, Actor};
use super::limited::{LimitFields, Now, Said};
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;

/// The longest name of anything.
pub const LONGEST_ID: usize = 200;

/// Why a text is no identifier, if it is none.
pub fn check_id(name: &'static str, id: &str) -> Result<(), Failure> {
    let is_fine =
        !id.trim().is_empty() && id.chars().count() <= LONGEST_ID && !id.chars().any(char::is_control);
    if is_fine {
        return Ok(());
    }
    let message = format!("{name} must be 1 to {LONGEST_ID} characters without control characters");
    Err(Failure::invalid("invalid_id", message).with_param(name))
}

pub fn unknown(id: &str) -> Failure {
    Failure::not_found("budget_not_found", format!("Budget not found, passed budget_id={id}"))
        .with_param("budget_id")
}

/// A budget's own columns as limits, so that one set of rules fills them.
fn columns(row: &BudgetRow) -> LimitColumns {
    LimitColumns {
        max_budget_nanos: row.max_budget_nanos,
        soft_budget_nanos: row.soft_budget_nanos,
        budget_duration: row.budget_duration.clone(),
        budget_reset_at: row.budget_reset_at,
        rpm_limit: row.rpm_limit,
        tpm_limit: row.tpm_limit,
        max_parallel_requests: row.max_parallel_requests,
        model_limits: row.model_limits.clone(),
        allowed_models: row.allowed_models.clone(),
        ..LimitColumns::default()
    }
}

/// Whether it limits nothing.
fn says_nothing(row: &BudgetRow) -> bool {
    let limits = LimitColumns { budget_reset_at: None, ..columns(row) };
    limits == LimitColumns::default()
}

fn apply(connection: &Connection, row: &mut BudgetRow, said: LimitFields, now: &Now) -> Result<(), Failure> {
    let mut limits = columns(row);
    said.apply(connection, &mut limits, None::<&Subject>, now)?;
    row.max_budget_nanos = limits.max_budget_nanos;
    row.soft_budget_nanos = limits.soft_budget_nanos;
    row.budget_duration = limits.budget_duration;
    row.budget_reset_at = limits.budget_reset_at;
    row.rpm_limit = limits.rpm_limit;
    row.tpm_limit = limits.tpm_limit;
    row.max_parallel_requests = limits.max_parallel_requests;
    row.model_limits = limits.model_limits;
    row.allowed_models = limits.allowed_models;
    Ok(())
}

/// Makes a budget; `id` is made up when absent.
pub async fn create(
    engine: &Engine,
    actor: Actor,
    id: Option<String>,
    said: LimitFields,
) -> Result<BudgetRow, Failure> {
    let id = id.unwrap_or_else(|| ids::new_id().to_string());
    check_id("budget_id", &id)?;
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            if budgets::find(connection, &id)?.is_some() {
                let message = format!("Budget already exists, budget_id={id}");
                return Err(Failure::conflict("budget_exists", message).with_param("budget_id"));
            }
            let mut row = BudgetRow {
                budget_id: id,
                created_by: actor.name.clone(),
                created_at: now.ms(),
                updated_by: actor.name.clone(),
                updated_at: now.ms(),
                ..BudgetRow::default()
            };
            apply(connection, &mut row, said, &now)?;
            row.insert(connection)?;
            audit::record(
                connection,
                &actor,
                Action::Created,
                ("budget", &row.budget_id),
                None,
                Some(row.shown()),
            )?;
            Ok(row)
        })
        .await?;
    // The configuration file may have named it before it was there.
    let is_named = is_everybodys(engine, &row.budget_id);
    let changes = if is_named { vec![Change::Budget(row.budget_id.clone())] } else { Vec::new() };
    engine.refresh(changes, &[Topic::Budgets]).await?;
    Ok(row)
}

/// Whether it is that of end users who have none of their own.
fn is_everybodys(engine: &Engine, id: &str) -> bool {
    engine.directory.load().rules.end_user_budget_id.as_deref() == Some(id)
}

/// Changes a budget, and with it the limits of whatever refers to it.
pub async fn update(
    engine: &Engine,
    actor: Actor,
    id: String,
    said: LimitFields,
) -> Result<BudgetRow, Failure> {
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            let mut row = budgets::find(connection, &id)?.ok_or_else(|| unknown(&id))?;
            let before = row.shown();
            let changes_period = said.budget_duration != Said::Nothing;
            apply(connection, &mut row, said, &now)?;
            row.updated_by.clone_from(&actor.name);
            row.updated_at = now.ms();
            row.put(connection)?;
            if changes_period {
                budgets::reschedule(connection, &row.budget_id, row.budget_reset_at)?;
            }
            let object = ("budget", row.budget_id.as_str());
            audit::record(connection, &actor, Action::Updated, object, Some(before), Some(row.shown()))?;
            Ok(row)
        })
        .await?;
    engine.refresh(vec![Change::Budget(row.budget_id.clone())], &[Topic::Budgets, Topic::Keys]).await?;
    Ok(row)
}

/// Removes a budget that nothing refers to.
pub async fn remove(engine: &Engine, actor: Actor, id: String) -> Result<BudgetRow, Failure> {
    let is_named = is_everybodys(engine, &id);
    let row = engine
        .transact(move |connection| {
            let row = budgets::find(connection, &id)?.ok_or_else(|| unknown(&id))?;
            if is_named {
                let message = format!("Budget {id} is the configuration file's max_end_user_budget_id");
                return Err(Failure::conflict("budget_in_use", message).with_param("budget_id"));
            }
            let uses = budgets::uses(connection, &id)?;
            if !uses.is_empty() {
                let list: Vec<String> = uses.iter().map(|(what, count)| format!("{count} {what}")).collect();
                let message =
                    format!("Budget {id} is in use by {}; take it from them first", list.join(", "));
                return Err(Failure::conflict("budget_in_use", message).with_param("budget_id"));
            }
            budgets::remove(connection, &id)?;
            audit::record(connection, &actor, Action::Deleted, ("budget", &id), Some(row.shown()), None)?;
            Ok(row)
        })
        .await?;
    engine.refresh(Vec::new(), &[Topic::Budgets]).await?;
    Ok(row)
}
