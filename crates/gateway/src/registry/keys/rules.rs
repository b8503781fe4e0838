//! What the configuration file says of new keys: LiteLLM's `key_generation_settings` and `upperbound_key_generate_params`.

use std::collections::BTreeSet;

use postern_store::Connection;
use postern_store::table::keys::KeyRow;
use postern_store::table::members;
use serde_json::{Map, Value};

use super::Asking;
use super::bounds::{effective, figures};
use crate::config::Governance;
use crate::durations;
use crate::error::Failure;
use crate::registry::limited::{self, Now, dollars, shown};

/// Refuses a key that is not to be made by whoever asks, or that lacks what every key must have. `given` names the members of
/// the request that say something.
pub(super) fn check_generation(
    connection: &Connection,
    asking: &Asking,
    row: &KeyRow,
    given: &BTreeSet<String>,
) -> Result<(), Failure> {
    let settings = &asking.directory.rules.key_generation;
    let is_team = row.team_id.is_some();
    let (of, whom) = if is_team {
        ("team_key_generation", "allowed_team_member_roles")
    } else {
        ("personal_key_generation", "allowed_user_roles")
    };
    let Some(Value::Object(settings)) = settings.get(of) else { return Ok(()) };
    if !asking.is_administrator() {
        let role = role(connection, asking, row)?;
        let allowed = texts(settings, whom);
        if allowed.as_ref().is_some_and(|allowed| !allowed.iter().any(|known| *known == role)) {
            let kind = if is_team { "Team" } else { "Personal" };
            let message = format!(
                "{kind} key creation has been restricted by admin. Allowed roles={}. Your role={role}",
                allowed.unwrap_or_default().join(", ")
            );
            return Err(Failure::forbidden("role_not_allowed", message).with_type("auth_error"));
        }
    } else if is_team {
        return Ok(());
    }
    let required = texts(settings, "required_params").unwrap_or_default();
    match required.into_iter().find(|name| !given.contains(*name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("Required param {name} not in data: every key must say it here");
            Err(Failure::invalid("missing_field", message).with_param(name))
        }
    }
}

fn texts<'a>(settings: &'a Map<String, Value>, name: &str) -> Option<Vec<&'a str>> {
    Some(settings.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
}

/// As what somebody makes a key: in the team, or at all.
fn role(connection: &Connection, asking: &Asking, row: &KeyRow) -> Result<String, Failure> {
    if let (Some(team), Some(me)) = (&row.team_id, asking.me()) {
        let member = members::find_in_team(connection, team, me)?;
        return Ok(member.map_or_else(|| "none".to_owned(), |member| member.role));
    }
    let user = asking.identity().and_then(|identity| identity.user.as_ref());
    Ok(user.map_or("none", |user| user.role.as_str()).to_owned())
}

/// Refuses what is above the file's upper bounds, and puts those in force where nothing is said.
pub(super) fn bound(
    connection: &Connection,
    rules: &Governance,
    row: &mut KeyRow,
    now: &Now,
) -> Result<(), Failure> {
    if rules.upper_key_params.is_empty() {
        return Ok(());
    }
    let upper = &rules.upper_key_params;
    let has = effective(connection, &row.limits)?;
    for (name, value) in figures(&has) {
        let Some(most) = upper.get(name).filter(|most| !most.is_null()) else { continue };
        let most = if name == "max_budget" {
            dollars(name, most.as_f64().ok_or_else(|| misconfigured(name))?)?
        } else {
            most.as_i64().ok_or_else(|| misconfigured(name))?
        };
        match value {
            Some(value) if value > most => {
                let shown = |value: i64| super::bounds::figure(name, value);
                return Err(above(name, &shown(value), &shown(most)));
            }
            Some(_) => {}
            None => *place(row, name) = Some(most),
        }
    }
    bound_durations(upper, has.budget_duration.as_deref(), row, now)?;
    if let (Some(more), Some(most)) = (row.temp_budget_nanos, row.limits.max_budget_nanos)
        && let Some(bound) = upper.get("max_budget").and_then(Value::as_f64)
        && shown(more.saturating_add(most)) > bound
    {
        let name = "temp_budget_increase";
        return Err(above(name, &shown(more.saturating_add(most)).to_string(), &bound.to_string()));
    }
    Ok(())
}

fn place<'a>(row: &'a mut KeyRow, name: &str) -> &'a mut Option<i64> {
    match name {
        "max_budget" => &mut row.limits.max_budget_nanos,
        "rpm_limit" => &mut row.limits.rpm_limit,
        "tpm_limit" => &mut row.limits.tpm_limit,
        _ => &mut row.limits.max_parallel_requests,
    }
}

fn bound_durations(
    upper: &Map<String, Value>,
    budget_duration: Option<&str>,
    row: &mut KeyRow,
    now: &Now,
) -> Result<(), Failure> {
    let text = |name: &str| upper.get(name).filter(|most| !most.is_null()).map(|most| most.as_str());
    if let Some(most) = text("budget_duration") {
        let name = "budget_duration";
        let most = most.ok_or_else(|| misconfigured(name))?;
        let wrong = limited::invalid_duration(name);
        let end = |text: &str| durations::after(text, now.at);
        match budget_duration {
            Some(said) if end(said).map_err(&wrong)? > end(most).map_err(&wrong)? => {
                return Err(above(name, said, most));
            }
            Some(_) => {}
            None => {
                let reset = durations::next_reset(most, now.at, &now.zone).map_err(&wrong)?;
                row.limits.budget_duration = Some(most.to_owned());
                row.limits.budget_reset_at = Some(reset);
            }
        }
    }
    if let Some(most) = text("duration") {
        let most = most.ok_or_else(|| misconfigured("duration"))?;
        let end = durations::after(most, now.at).map_err(limited::invalid_duration("duration"))?;
        match row.expires_at {
            Some(expires) if expires > end => {
                return Err(above("duration", &crate::clock::text(expires), most));
            }
            Some(_) => {}
            None => row.expires_at = Some(end),
        }
    }
    Ok(())
}

fn above(name: &str, said: &str, most: &str) -> Failure {
    let message = format!("{name} is over max limit set in config - user_value={said}; max_value={most}");
    Failure::invalid("above_upper_bound", message).with_param(name)
}

fn misconfigured(name: &str) -> Failure {
    Failure::internal(format!("upperbound_key_generate_params.{name} in the configuration file is no limit"))
}
