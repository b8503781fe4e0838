//! Nobody gives a key more than they have themselves: not the person who asks, and not the key that they ask with. A sign-in to
//! the console stands for the person alone.

use jiff::Timestamp;
use postern_store::Connection;
use postern_store::table::keys::{self, KeyRow};

use super::bounds::{effective, entries, figure, figures, stranger};
use super::{Asking, thing};
use crate::auth::permissions::Authority;
use crate::auth::routes;
use crate::directory::VirtualKey;
use crate::durations;
use crate::error::Failure;
use crate::snapshot::AllowedModels;

/// Refuses a new key, or what changes in one that is there, if it goes beyond whoever asks.
pub(super) fn check(
    connection: &Connection,
    asking: &Asking,
    before: Option<&KeyRow>,
    row: &KeyRow,
) -> Result<(), Failure> {
    if asking.is_administrator() {
        return Ok(());
    }
    let Some(identity) = asking.identity() else { return Ok(()) };
    if let Some(before) = before {
        check_terms(asking, before, row)?;
    }
    if !identity.key.is_session {
        check_key(connection, asking, &identity.key, before, row)?;
    }
    check_user(connection, asking, before, row)
}

/// Refuses to hand over a key that may do more than the key that is asked with.
pub(super) fn check_held(connection: &Connection, asking: &Asking, row: &KeyRow) -> Result<(), Failure> {
    match asking.identity().map(|identity| &identity.key) {
        Some(own) if !asking.is_administrator() && !own.is_session && own.id != row.id => {
            check_key(connection, asking, own, None, row)
        }
        _ => Ok(()),
    }
}

fn beyond(name: &str, what: &str) -> Failure {
    let message = format!("Authentication Error, {name}: {what}");
    Failure::forbidden("beyond_own", message).with_type("auth_error").with_param(name)
}

/// What is for others to say about a key that exists.
fn check_terms(asking: &Asking, before: &KeyRow, row: &KeyRow) -> Result<(), Failure> {
    let spend = |row: &KeyRow| (row.limits.budget_started_at, row.limits.spend_offset_nanos);
    if spend(before) != spend(row) {
        return Err(beyond("spend", "only a proxy admin may say what a key has spent"));
    }
    if before.blocked && !row.blocked {
        let caller = asking.authority.caller.clone();
        let unblocks = Authority::of(caller, &asking.directory, "POST", "/key/unblock");
        if !unblocks.is_ok_and(|authority| authority.reaches(&asking.directory, thing(before))) {
            return Err(beyond("blocked", "you may not unblock this key"));
        }
    }
    let enforced = |row: &KeyRow| {
        super::fields::texts("enforced_params", &super::fields::object(&row.metadata)).unwrap_or_default()
    };
    let after = enforced(row);
    if enforced(before).iter().any(|name| !after.contains(name)) {
        return Err(beyond("enforced_params", "only a proxy admin may take one away"));
    }
    Ok(())
}

/// Against the key that is asked with.
fn check_key(
    connection: &Connection,
    asking: &Asking,
    own: &VirtualKey,
    before: Option<&KeyRow>,
    row: &KeyRow,
) -> Result<(), Failure> {
    check_models(asking, &own.models, "your key", Empty::Everything, before, row)?;
    if let Some(allowed) = &own.allowed_routes
        && before.is_none_or(|before| before.allowed_routes != row.allowed_routes)
    {
        let wanted = entries(&row.allowed_routes);
        if wanted.is_empty() || !wanted.iter().all(|entry| routes::includes(allowed, entry)) {
            let what =
                format!("your key may only call [{}], and gives no more than that", allowed.join(", "));
            return Err(beyond("allowed_routes", &what));
        }
    }
    let Some(mine) = keys::find_by_id(connection, own.id)? else { return Ok(()) };
    let had = before.map(|before| effective(connection, &before.limits)).transpose()?;
    let (mine, has) = (effective(connection, &mine.limits)?, effective(connection, &row.limits)?);
    let names = figures(&mine).into_iter().zip(figures(&has));
    for (place, ((name, most), (_, wanted))) in names.enumerate() {
        let is_as_it_was = had.as_ref().is_some_and(|had| figures(had)[place].1 == wanted);
        let Some(most) = most.filter(|_| !is_as_it_was) else { continue };
        if wanted.is_none_or(|wanted| wanted > most) {
            let what = format!("your key has {}, and gives no more than that", figure(name, most));
            return Err(beyond(name, &what));
        }
    }
    if mine.max_budget_nanos.is_some() {
        let more = |row: &KeyRow| row.temp_budget_nanos.zip(row.temp_budget_until);
        if more(row).is_some() && before.is_none_or(|before| more(before) != more(row)) {
            return Err(beyond("temp_budget_increase", "your key has a budget, and gives no more than that"));
        }
        let is_as_it_was = had.as_ref().is_some_and(|had| had.budget_duration == has.budget_duration);
        let sooner = |duration: &str| match &mine.budget_duration {
            None => true,
            Some(mine) => length(duration, asking.now().at) < length(mine, asking.now().at),
        };
        if !is_as_it_was && has.budget_duration.as_deref().is_some_and(sooner) {
            let what = "your key has a budget that starts anew later than this one would";
            return Err(beyond("budget_duration", what));
        }
    }
    if own.id == row.id
        && mine.model_limits != "{}"
        && before.is_some_and(|before| before.limits.model_limits != row.limits.model_limits)
    {
        return Err(beyond("model_max_budget", "a key does not change its own limits by model"));
    }
    Ok(())
}

/// Against the person who asks. Their budget and their models are in force for their own keys anyway, and do not count for those
/// of a team.
fn check_user(
    connection: &Connection,
    asking: &Asking,
    before: Option<&KeyRow>,
    row: &KeyRow,
) -> Result<(), Failure> {
    let Some(user) = asking.identity().and_then(|identity| identity.user.as_ref()) else { return Ok(()) };
    if row.team_id.is_some() {
        return Ok(());
    }
    let is_theirs = row.user_id.as_deref() == Some(&*user.id);
    let empty = if is_theirs { Empty::WhatIsAbove } else { Empty::Everything };
    check_models(asking, &user.models, "you", empty, before, row)?;
    let most = user.limited.scope.as_ref().and_then(|scope| scope.max_budget);
    let has = effective(connection, &row.limits)?.max_budget_nanos;
    let had = before.map(|before| effective(connection, &before.limits)).transpose()?;
    let is_as_it_was = had.is_some_and(|had| had.max_budget_nanos == has);
    let Some(most) = most.filter(|_| !is_as_it_was) else { return Ok(()) };
    if has.map_or(!is_theirs, |has| has > most) {
        let what = format!("you have {}, and give no more than that", figure("max_budget", most));
        return Err(beyond("max_budget", &what));
    }
    Ok(())
}

/// What a key without a list of its own may use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    Everything,
    WhatIsAbove,
}

fn check_models(
    asking: &Asking,
    allowed: &AllowedModels,
    whose: &str,
    empty: Empty,
    before: Option<&KeyRow>,
    row: &KeyRow,
) -> Result<(), Failure> {
    if *allowed == AllowedModels::All {
        return Ok(());
    }
    let shown = || format!("{whose} may only use models=[{}], and give no others", allowed.shown());
    if before.is_none_or(|before| before.models != row.models) {
        let models = entries(&row.models);
        let everything = AllowedModels::from_list(models.clone()) == AllowedModels::All;
        if (everything && empty == Empty::Everything) || stranger(&models, allowed, &asking.access).is_some()
        {
            return Err(beyond("models", &shown()));
        }
    }
    if before.is_none_or(|before| before.aliases != row.aliases) {
        let aliases: std::collections::BTreeMap<String, String> =
            serde_json::from_str(&row.aliases).unwrap_or_default();
        let models: Vec<String> = aliases.into_values().collect();
        if stranger(&models, allowed, &asking.access).is_some() {
            return Err(beyond("aliases", &shown()));
        }
    }
    Ok(())
}

/// How long a duration is, from some moment on.
fn length(duration: &str, from: Timestamp) -> i64 {
    durations::after(duration, from).unwrap_or(i64::MAX)
}

/// A key that somebody who is not the administrator holds, and that speaks for another person, is for models alone: it would
/// give them all that the other may do. `before` is the key as it was, where whoever asks does not come to hold it now.
pub(super) fn speak_for_models_alone(
    asking: &Asking,
    before: Option<&KeyRow>,
    row: &mut KeyRow,
) -> Result<(), Failure> {
    let is_anothers = row.user_id.is_some() && row.user_id.as_deref() != asking.me();
    if asking.is_administrator() || !is_anothers {
        return Ok(());
    }
    let routes = entries(&row.allowed_routes);
    if let Some(before) = before.filter(|before| before.user_id == row.user_id) {
        let had = entries(&before.allowed_routes);
        if had == routes || (had.is_empty() && !routes.is_empty()) {
            return Ok(());
        }
    } else if routes.is_empty() {
        row.allowed_routes = serde_json::Value::from(vec![routes::MODELS_ONLY]).to_string();
        return Ok(());
    }
    if !routes.is_empty() && routes.iter().all(|entry| routes::is_for_models(entry)) {
        return Ok(());
    }
    let what = "a key that speaks for another person may call models only (`llm_api_routes`)";
    Err(beyond("allowed_routes", what))
}
