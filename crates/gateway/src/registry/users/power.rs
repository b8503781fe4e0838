//! What a caller who is not the administrator may do to people. Administering an organization is power over what happens in it,
//! not over whoever happens to be in it: a person who also belongs elsewhere, or administers the gateway, is not theirs, because
//! whoever sets somebody's password or makes them a key becomes them. And nobody grants more than they have.

use std::collections::BTreeSet;

use postern_store::Connection;
use postern_store::table::users::{self, UserRow};
use postern_store::table::{LimitColumns, budgets, members, teams};

use crate::auth::Caller;
use crate::auth::permissions::Authority;
use crate::directory::Role;
use crate::durations;
use crate::error::Failure;
use crate::registry::limited;

/// Who changes people.
#[derive(Debug, Clone)]
pub enum Power {
    /// The administrator, and whoever was invited by one.
    All,
    /// The user of this key.
    Of { caller: Caller, user_id: String },
}

impl Power {
    pub fn of(authority: &Authority) -> Self {
        if authority.is_administrator() {
            return Self::All;
        }
        let user_id = authority.caller.user_id().unwrap_or_default().to_owned();
        Self::Of { caller: authority.caller.clone(), user_id }
    }

    pub fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// Whether the caller is this user, and not the administrator.
    pub fn is_only(&self, user_id: &str) -> bool {
        matches!(self, Self::Of { user_id: me, .. } if me == user_id)
    }

    /// The organizations that a caller administers who is not the administrator.
    pub fn organizations(&self, connection: &Connection) -> Result<BTreeSet<String>, Failure> {
        let Self::Of { user_id, .. } = self else { return Ok(BTreeSet::new()) };
        let theirs = members::organizations_of(connection, user_id)?;
        let administered = theirs.into_iter().filter(|row| row.role == "org_admin");
        Ok(administered.map(|row| row.organization_id).collect())
    }

    /// Refuses what is done to somebody who is not wholly the caller's. Who does not exist is refused alike.
    pub fn check_person(&self, connection: &Connection, person: Option<&UserRow>) -> Result<(), Failure> {
        if self.is_all() {
            return Ok(());
        }
        let Some(person) = person else { return Err(not_yours()) };
        let mine = self.organizations(connection)?;
        let organizations = members::organizations_of(connection, &person.user_id)?;
        if !organizations.iter().any(|row| mine.contains(&row.organization_id)) {
            return Err(not_yours());
        }
        let mut elsewhere = organizations.iter().any(|row| !mine.contains(&row.organization_id));
        for membership in members::teams_of(connection, &person.user_id)? {
            let team = teams::find(connection, &membership.team_id)?;
            let organization = team.and_then(|team| team.organization_id);
            elsewhere |= organization.is_none_or(|organization| !mine.contains(&organization));
        }
        if elsewhere {
            return Err(refused(
                "user_belongs_elsewhere",
                "this user also belongs to organizations or teams that are not yours: only the proxy's administrator may do this",
                "user_id",
            ));
        }
        if !is_ordinary(Role::parse(&person.user_role)) {
            return Err(refused(
                "user_administers",
                "this user administers the gateway: only the proxy's administrator may do this",
                "user_id",
            ));
        }
        Ok(())
    }

    /// Refuses to make somebody more than a user.
    pub fn check_role(&self, role: Role) -> Result<(), Failure> {
        if self.is_all() || is_ordinary(Some(role)) {
            return Ok(());
        }
        let message = format!(
            "only the proxy's administrator may give the role {}; internal_user and internal_user_viewer are yours to give",
            role.as_str()
        );
        Err(refused("role_not_yours_to_give", &message, "user_role"))
    }

    /// Refuses models and limits beyond the caller's own.
    pub fn check_granted(&self, connection: &Connection, row: &UserRow) -> Result<(), Failure> {
        let Self::Of { caller, user_id } = self else { return Ok(()) };
        let Some(own) = users::find(connection, user_id)? else { return Ok(()) };
        check_models(caller, &own, row)?;
        let (own, given) = (effective(connection, &own.limits)?, effective(connection, &row.limits)?);
        for (name, own, given) in [
            ("rpm_limit", own.rpm_limit, given.rpm_limit),
            ("tpm_limit", own.tpm_limit, given.tpm_limit),
            ("max_parallel_requests", own.max_parallel_requests, given.max_parallel_requests),
        ] {
            if exceeds(own, given) {
                return Err(beyond(name, own.map(|own| own.to_string())));
            }
        }
        let shown = own.max_budget_nanos.map(|own| limited::shown(own).to_string());
        if exceeds(own.max_budget_nanos, given.max_budget_nanos) {
            return Err(beyond("max_budget", shown));
        }
        // The same budget that begins anew more often is a larger one.
        if own.max_budget_nanos.is_some()
            && exceeds(
                Some(-length(own.budget_duration.as_deref())),
                Some(-length(given.budget_duration.as_deref())),
            )
        {
            return Err(beyond("budget_duration", own.budget_duration));
        }
        Ok(())
    }
}

fn is_ordinary(role: Option<Role>) -> bool {
    matches!(role, Some(Role::InternalUser | Role::InternalUserViewer))
}

fn check_models(caller: &Caller, own: &UserRow, row: &UserRow) -> Result<(), Failure> {
    let list = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap_or_default();
    let (own, given) = (list(&own.models), list(&row.models));
    let means_all = |list: &[String]| {
        list.is_empty() || list.iter().any(|entry| ["*", "all-proxy-models"].contains(&entry.as_str()))
    };
    if means_all(&own) {
        return Ok(());
    }
    if means_all(&given) {
        return Err(beyond("models", Some(format!("[{}]", own.join(", ")))));
    }
    // What stands for nothing, or for what a team has, adds nothing to it.
    let adds_nothing = |entry: &str| matches!(entry, "no-default-models" | "all-team-models");
    let beyond_own = given
        .iter()
        .find(|entry| !adds_nothing(entry) && !own.contains(entry) && !caller.may_use(&[entry.as_str()]));
    match beyond_own {
        None => Ok(()),
        Some(_) => Err(beyond("models", Some(format!("[{}]", own.join(", "))))),
    }
}

/// Whether what is given is more than one's own; nothing means no limit.
fn exceeds(own: Option<i64>, given: Option<i64>) -> bool {
    own.is_some_and(|own| given.is_none_or(|given| given > own))
}

/// Milliseconds of a budget's period; the longest where there is none.
fn length(duration: Option<&str>) -> i64 {
    let start = jiff::Timestamp::UNIX_EPOCH;
    duration.and_then(|text| durations::after(text, start).ok()).unwrap_or(i64::MAX)
}

/// The limits in force: a row's own, else those of the budget that it refers to.
fn effective(connection: &Connection, own: &LimitColumns) -> Result<LimitColumns, Failure> {
    let mut limits = own.clone();
    let Some(id) = &own.budget_id else { return Ok(limits) };
    let Some(budget) = budgets::find(connection, id)? else { return Ok(limits) };
    limits.max_budget_nanos = own.max_budget_nanos.or(budget.max_budget_nanos);
    limits.rpm_limit = own.rpm_limit.or(budget.rpm_limit);
    limits.tpm_limit = own.tpm_limit.or(budget.tpm_limit);
    limits.max_parallel_requests = own.max_parallel_requests.or(budget.max_parallel_requests);
    limits.budget_duration = own.budget_duration.clone().or(budget.budget_duration);
    Ok(limits)
}

fn beyond(name: &str, own: Option<String>) -> Failure {
    let own = own.unwrap_or_default();
    refused("beyond_your_own", &format!("{name} may not exceed your own: {own}"), name)
}

pub(super) fn refused(code: &str, message: &str, param: &str) -> Failure {
    Failure::forbidden(code, message).with_type("auth_error").with_param(param)
}

pub(super) fn not_yours() -> Failure {
    let message = "Authentication Error, this user is not yours: your key may not do this with it";
    refused("not_yours", message, "user")
}
