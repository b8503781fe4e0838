//! Budgets that begin anew: what is due is moved on to the period that is running now, at every level alike.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_store::Connection;
use postern_store::table::spent::Subject;
use postern_store::table::{
    LimitColumns, budgets, customers, keys, members, organizations, tags, teams, users,
};

use crate::clock;
use crate::counters::Scope;
use crate::directory::{Change, ModelLimit};
use crate::durations;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::registry::teams::fields::MemberDefaults;

/// Moves on whatever is due.
pub async fn run(engine: &Arc<Engine>) -> Result<(), Failure> {
    let now = clock::now_ms();
    let directory = engine.directory.load_full();
    let is_due = |scope: &&Arc<Scope>| scope.period.reset_at.is_some_and(|at| at <= now);
    let mut due: HashSet<Subject> = HashSet::new();
    let mut of_the_file = false;
    for scope in directory.scopes().filter(is_due) {
        match &scope.subject {
            Subject::Everything | Subject::Provider(_) | Subject::ProviderModel { .. } => of_the_file = true,
            subject => {
                due.insert(subject.clone());
            }
        }
    }
    if of_the_file {
        engine.rule_again().await;
    }
    if due.is_empty() {
        return Ok(());
    }
    let rules = directory.rules.clone();
    let changes = engine
        .transact(move |connection| {
            let (zone, mut changes) = (&rules.zone, Vec::new());
            if let Some(id) = &rules.end_user_budget_id
                && due.iter().any(|subject| matches!(subject, Subject::EndUser(_)))
                && advance_budget(connection, id, now, zone)?
            {
                changes.push(Change::Budget(id.clone()));
            }
            for subject in due {
                changes.extend(move_on(connection, &subject, now, zone)?);
            }
            Ok(changes)
        })
        .await?;
    engine.refresh(changes, &[Topic::Keys, Topic::Users, Topic::Teams, Topic::Organizations]).await
}

fn move_on(
    connection: &Connection,
    subject: &Subject,
    now: i64,
    zone: &TimeZone,
) -> Result<Option<Change>, Failure> {
    macro_rules! row {
        ($found:expr, $change:expr) => {{
            let Some(mut row) = $found? else { return Ok(None) };
            let duration = duration(connection, &row.limits)?;
            let before = row.limits.clone();
            advance(&mut row.limits, duration.as_deref(), now, zone);
            if row.limits != before {
                row.put(connection)?;
            }
            if let Some(id) = &row.limits.budget_id {
                advance_budget(connection, id, now, zone)?;
            }
            Ok(Some($change))
        }};
    }
    match subject {
        Subject::Everything | Subject::Provider(_) | Subject::ProviderModel { .. } => Ok(None),
        Subject::Key(id) => row!(keys::find_by_id(connection, *id), Change::Key(*id)),
        Subject::User(id) => row!(users::find(connection, id), Change::User(id.clone())),
        Subject::Team(id) => row!(teams::find(connection, id), Change::Team(id.clone())),
        Subject::TeamMember { team_id, user_id } => {
            let Some(mut row) = members::find_in_team(connection, team_id, user_id)? else { return Ok(None) };
            let mut duration = duration(connection, &row.limits)?;
            if duration.is_none() {
                // What the team says for its members.
                let team = teams::find(connection, team_id)?;
                duration = team.and_then(|team| MemberDefaults::of(&team).budget_duration);
            }
            advance(&mut row.limits, duration.as_deref(), now, zone);
            row.put(connection)?;
            if let Some(id) = &row.limits.budget_id {
                advance_budget(connection, id, now, zone)?;
            }
            Ok(Some(Change::Team(team_id.clone())))
        }
        Subject::Organization(id) => {
            row!(organizations::find(connection, id), Change::Organization(id.clone()))
        }
        Subject::OrganizationMember { organization_id, user_id } => row!(
            members::find_in_organization(connection, organization_id, user_id),
            Change::Organization(organization_id.clone())
        ),
        Subject::EndUser(id) => row!(customers::find(connection, id), Change::Customer(id.clone())),
        Subject::Tag(name) => row!(tags::find(connection, name), Change::Tag(name.clone())),
    }
}

/// The row's own duration, else its budget's.
fn duration(connection: &Connection, columns: &LimitColumns) -> Result<Option<String>, Failure> {
    if columns.budget_duration.is_some() {
        return Ok(columns.budget_duration.clone());
    }
    let Some(id) = &columns.budget_id else { return Ok(None) };
    Ok(budgets::find(connection, id)?.and_then(|budget| budget.budget_duration))
}

/// The last reset that is not after now, and the next one.
fn periods(duration: &str, due: i64, now: i64, zone: &TimeZone) -> Option<(i64, i64)> {
    let mut started = due;
    loop {
        let next = durations::next_reset(duration, Timestamp::from_millisecond(started).ok()?, zone).ok()?;
        if next > now {
            return Some((started, next));
        }
        // A short period after a long sleep: the calendar says at once where it is now.
        let at = durations::started(duration, Timestamp::from_millisecond(now).ok()?, zone).ok()?;
        started = if at > next && at < now { at } else { next };
    }
}

fn advance(columns: &mut LimitColumns, duration: Option<&str>, now: i64, zone: &TimeZone) {
    if let Some(due) = columns.budget_reset_at.filter(|at| *at <= now) {
        let moved = duration.and_then(|duration| periods(duration, due, now, zone));
        columns.budget_started_at = moved.map_or(due, |(started, _)| started);
        columns.budget_reset_at = moved.map(|(_, next)| next);
        columns.spend_offset_nanos = 0;
    }
    advance_models(&mut columns.model_limits, now, zone);
}

/// Limits by model of a budget that is referred to have their periods there. Whether one has moved on.
fn advance_budget(connection: &Connection, id: &str, now: i64, zone: &TimeZone) -> Result<bool, Failure> {
    let Some(mut budget) = budgets::find(connection, id)? else { return Ok(false) };
    let before = budget.model_limits.clone();
    advance_models(&mut budget.model_limits, now, zone);
    if budget.model_limits == before {
        return Ok(false);
    }
    budget.put(connection)?;
    Ok(true)
}

fn advance_models(model_limits: &mut String, now: i64, zone: &TimeZone) {
    if model_limits == "{}" {
        return;
    }
    let Ok(mut limits) = serde_json::from_str::<BTreeMap<String, ModelLimit>>(model_limits) else {
        return;
    };
    for limit in limits.values_mut() {
        if let Some(due) = limit.reset_at.filter(|at| *at <= now) {
            let moved = limit.budget_duration.as_deref().and_then(|text| periods(text, due, now, zone));
            limit.started_at = moved.map_or(due, |(started, _)| started);
            limit.reset_at = moved.map(|(_, next)| next);
        }
    }
    if let Ok(text) = serde_json::to_string(&limits) {
        *model_limits = text;
    }
}
