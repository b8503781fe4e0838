//! What its team and its organization permit a key.

use postern_store::Connection;
use postern_store::table::keys::KeyRow;
use postern_store::table::{LimitColumns, budgets};

use super::owners::Home;
use crate::error::Failure;
use crate::registry::limited::shown;
use crate::snapshot::{AccessGroups, AllowedModels, Snapshot};

/// Entries of a key's list that stand for what its team may use, and for nothing.
const TEAM_MODELS: &str = "all-team-models";
const NO_MODELS: &str = "no-default-models";

/// Limits with those of the budget that they refer to.
pub(in crate::registry) fn effective(
    connection: &Connection,
    columns: &LimitColumns,
) -> Result<LimitColumns, Failure> {
    let Some(id) = &columns.budget_id else { return Ok(columns.clone()) };
    let Some(budget) = budgets::find(connection, id)? else { return Ok(columns.clone()) };
    Ok(LimitColumns {
        max_budget_nanos: columns.max_budget_nanos.or(budget.max_budget_nanos),
        budget_duration: columns.budget_duration.clone().or(budget.budget_duration),
        rpm_limit: columns.rpm_limit.or(budget.rpm_limit),
        tpm_limit: columns.tpm_limit.or(budget.tpm_limit),
        max_parallel_requests: columns.max_parallel_requests.or(budget.max_parallel_requests),
        ..columns.clone()
    })
}

/// Limits that are numbers, by the names that requests have for them.
pub(in crate::registry) fn figures(limits: &LimitColumns) -> [(&'static str, Option<i64>); 4] {
    [
        ("max_budget", limits.max_budget_nanos),
        ("rpm_limit", limits.rpm_limit),
        ("tpm_limit", limits.tpm_limit),
        ("max_parallel_requests", limits.max_parallel_requests),
    ]
}

/// A figure as errors show it.
pub(in crate::registry) fn figure(name: &str, value: i64) -> String {
    if name == "max_budget" { shown(value).to_string() } else { value.to_string() }
}

pub(in crate::registry) fn entries(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// An entry of a key's list that reaches beyond another list. An empty list is none: what is above it is in force then.
pub(in crate::registry) fn stranger<'a>(
    entries: &'a [String],
    above: &AllowedModels,
    access: &AccessGroups,
) -> Option<&'a String> {
    let is_within = |entry: &str| {
        let members = || {
            access
                .members(entry)
                .is_some_and(|members| members.iter().all(|model| above.allow(&[model], access)))
        };
        matches!(entry, TEAM_MODELS | NO_MODELS) || above.allow(&[entry], access) || members()
    };
    if *above == AllowedModels::All {
        return None;
    }
    entries.iter().find(|entry| !is_within(entry))
}

/// Refuses models and a budget beyond those of team and organization. What is as it was is not looked at again. Limits of rates
/// are compared where a key moves: else the tighter one is in force, as ever.
pub(super) fn check(
    connection: &Connection,
    before: Option<&KeyRow>,
    row: &KeyRow,
    home: &Home,
    snapshot: &Snapshot,
) -> Result<(), Failure> {
    let models = entries(&row.models);
    // What a team has for itself, its keys may be given, whatever else it may use.
    let is_own = |entry: &String| row.team_id.as_deref().is_some_and(|team| snapshot.is_of_team(team, entry));
    let others: Vec<String> = models.iter().filter(|entry| !is_own(entry)).cloned().collect();
    if row.team_id.is_none() && models.iter().any(|entry| entry == TEAM_MODELS) {
        let message = format!("models: `{TEAM_MODELS}` is for keys of a team, and this one is in none");
        return Err(Failure::invalid("no_team", message).with_param("models"));
    }
    let stays = before
        .filter(|before| (&before.team_id, &before.organization_id) == (&row.team_id, &row.organization_id));
    let moves = before.is_some() && stays.is_none();
    let own = effective(connection, &row.limits)?;
    let had = stays.map(|before| effective(connection, &before.limits)).transpose()?;
    let team = home.team.as_ref().map(|team| ("team", &team.team_id, &team.models, &team.limits));
    let organization = home.organization.as_ref();
    let organization =
        organization.map(|above| ("org", &above.organization_id, &above.models, &above.limits));
    for (word, id, allowed, limits) in team.into_iter().chain(organization) {
        let allowed = AllowedModels::from_list(entries(allowed));
        if stays.is_none_or(|before| before.models != row.models)
            && let Some(model) = stranger(&others, &allowed, &snapshot.access)
        {
            let message = format!(
                "{word} not allowed to access model. This {word} ({id}) can only access models=[{}]. Tried to give a key {model}",
                allowed.shown()
            );
            return Err(Failure::forbidden("model_not_allowed", message)
                .with_type(&format!("{word}_model_access_denied"))
                .with_param("models"));
        }
        let above = effective(connection, limits)?;
        for ((name, most), (_, own)) in figures(&above).into_iter().zip(figures(&own)) {
            let (Some(most), Some(own)) = (most, own) else { continue };
            let is_new = had.as_ref().is_none_or(|had| {
                figures(had).iter().all(|(known, value)| *known != name || *value != Some(own))
            });
            if own > most && is_new && (name == "max_budget" || moves) {
                let (own, most) = (figure(name, own), figure(name, most));
                let message = format!("{name}={own} of the key is more than {word}={id} has: {most}");
                return Err(Failure::invalid("beyond_owner", message).with_param(name));
            }
        }
    }
    Ok(())
}
