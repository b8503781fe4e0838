//! What a caller who is not the administrator may do to people. Administering an organization is power over what happens in it,
//! not over whoever happens to be in it: a person who also belongs elsewhere, or administers the gateway, is not theirs, because
//! whoever sets somebody's password or makes them a key becomes them. And nobody grants more than they have: not the person who
//! asks, and not the key that they ask with.

use std::collections::BTreeSet;
use std::sync::Arc;

use postern_store::Connection;
use postern_store::table::users::{self, UserRow};
use postern_store::table::{LimitColumns, keys, members, teams};

use crate::auth::permissions::Authority;
use crate::auth::{ADMINISTRATOR, Caller, routes};
use crate::directory::Role;
use crate::durations;
use crate::engine::Engine;
use crate::error::Failure;
use crate::registry::keys::bounds::{effective, entries, figure, figures, stranger};
use crate::snapshot::{AccessGroups, AllowedModels};

/// Who changes people.
#[derive(Debug, Clone)]
pub struct Power {
    /// Whoever it is, whatever they say whom they act for.
    by: String,
    /// `None`: the administrator.
    person: Option<Box<Person>>,
}

/// The user of a key.
#[derive(Debug, Clone)]
pub struct Person {
    user_id: String,
    caller: Caller,
    access: Arc<AccessGroups>,
}

impl Power {
    pub fn of(engine: &Engine, authority: &Authority) -> Self {
        let person = || Person {
            user_id: authority.caller.user_id().unwrap_or_default().to_owned(),
            caller: authority.caller.clone(),
            access: engine.snapshot.load().access.clone(),
        };
        let is_all = authority.is_administrator();
        Self { by: authority.name(), person: (!is_all).then(|| Box::new(person())) }
    }

    /// That of the administrator.
    pub fn all() -> Self {
        Self { by: ADMINISTRATOR.to_owned(), person: None }
    }

    /// The administrator's name, or the user's.
    pub fn by(&self) -> &str {
        &self.by
    }

    pub fn is_all(&self) -> bool {
        self.person.is_none()
    }

    /// Whether the caller is this user, and not the administrator.
    pub fn is_only(&self, user_id: &str) -> bool {
        self.person.as_ref().is_some_and(|person| person.user_id == user_id)
    }

    /// The organizations that a caller administers who is not the administrator.
    pub fn organizations(&self, connection: &Connection) -> Result<BTreeSet<String>, Failure> {
        self.person.as_ref().map_or(Ok(BTreeSet::new()), |person| administered(connection, &person.user_id))
    }

    /// Refuses what is done to somebody who is not wholly the caller's. Who does not exist is refused alike.
    pub fn check_person(&self, connection: &Connection, person: Option<&UserRow>) -> Result<(), Failure> {
        let Some(me) = &self.person else { return Ok(()) };
        match person {
            Some(person) => check_whole(connection, &me.user_id, person),
            None => Err(not_yours("user")),
        }
    }

    /// Refuses to make somebody more than a user.
    pub fn check_role(&self, role: Role) -> Result<(), Failure> {
        if self.is_all() || is_ordinary(Some(role)) {
            return Ok(());
        }
        let message = format!(
            "only a proxy admin may give the role {}; internal_user and internal_user_viewer are yours to give",
            role.as_str()
        );
        Err(refused("role_not_yours_to_give", &message, "user_role"))
    }

    /// Refuses models and limits beyond the caller's own, and beyond those of the key that they ask with.
    pub fn check_granted(&self, connection: &Connection, row: &UserRow) -> Result<(), Failure> {
        let Some(person) = &self.person else { return Ok(()) };
        if let Some(own) = users::find(connection, &person.user_id)? {
            let models = AllowedModels::from_list(entries(&own.models));
            person.check(connection, "you have", &models, &own.limits, row)?;
        }
        let Some(key) = person.caller.key().filter(|key| !key.is_session) else { return Ok(()) };
        let Some(own) = keys::find_by_id(connection, key.id)? else { return Ok(()) };
        person.check(connection, "your key has", &key.models, &own.limits, row)
    }

    /// Refuses to make a key with one that may not call models itself.
    pub fn check_first_key(&self) -> Result<(), Failure> {
        let Some(person) = &self.person else { return Ok(()) };
        let allowed = person.caller.key().and_then(|key| key.allowed_routes.as_ref());
        let Some(allowed) = allowed.filter(|allowed| !routes::includes(allowed, routes::MODELS_ONLY)) else {
            return Ok(());
        };
        let message = format!(
            "auto_create_key: your key may only call [{}], and makes no key for more than that",
            allowed.join(", ")
        );
        Err(refused("beyond_own", &message, "auto_create_key"))
    }
}

/// Whether whoever is known by this name may still do with a person what they might before: people change places.
pub(in crate::registry) fn is_still_theirs(
    connection: &Connection,
    by: &str,
    person: &UserRow,
) -> Result<bool, Failure> {
    if by == ADMINISTRATOR {
        return Ok(true);
    }
    let Some(row) = users::find(connection, by)? else { return Ok(false) };
    if Role::parse(&row.user_role) == Some(Role::ProxyAdmin) {
        return Ok(true);
    }
    match check_whole(connection, by, person) {
        Ok(()) => Ok(true),
        Err(failure) if failure.error.status == 403 => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn administered(connection: &Connection, user_id: &str) -> Result<BTreeSet<String>, Failure> {
    let theirs = members::organizations_of(connection, user_id)?;
    let administered = theirs.into_iter().filter(|row| row.role == "org_admin");
    Ok(administered.map(|row| row.organization_id).collect())
}

/// Refuses a person who belongs to more than what somebody administers, and who administers the gateway.
fn check_whole(connection: &Connection, me: &str, person: &UserRow) -> Result<(), Failure> {
    let mine = administered(connection, me)?;
    let organizations = members::organizations_of(connection, &person.user_id)?;
    if !organizations.iter().any(|row| mine.contains(&row.organization_id)) {
        return Err(not_yours("user"));
    }
    let mut elsewhere = organizations.iter().any(|row| !mine.contains(&row.organization_id));
    for membership in members::teams_of(connection, &person.user_id)? {
        let team = teams::find(connection, &membership.team_id)?;
        let organization = team.and_then(|team| team.organization_id);
        elsewhere |= organization.is_none_or(|organization| !mine.contains(&organization));
    }
    if elsewhere {
        let message = "this user also belongs to organizations or teams that are not yours: only a proxy admin may do this";
        return Err(refused("user_belongs_elsewhere", message, "user_id"));
    }
    if !is_ordinary(Role::parse(&person.user_role)) {
        let message = "this user administers the gateway: only a proxy admin may do this";
        return Err(refused("user_administers", message, "user_id"));
    }
    Ok(())
}

impl Person {
    fn check(
        &self,
        connection: &Connection,
        whose: &str,
        models: &AllowedModels,
        limits: &LimitColumns,
        row: &UserRow,
    ) -> Result<(), Failure> {
        let given = entries(&row.models);
        let is_everything = AllowedModels::from_list(given.clone()) == AllowedModels::All;
        if *models != AllowedModels::All
            && (is_everything || stranger(&given, models, &self.access).is_some())
        {
            return Err(beyond("models", whose, &format!("[{}]", models.shown())));
        }
        let (own, given) = (effective(connection, limits)?, effective(connection, &row.limits)?);
        for ((name, most), (_, given)) in figures(&own).into_iter().zip(figures(&given)) {
            let Some(most) = most else { continue };
            if given.is_none_or(|given| given > most) {
                return Err(beyond(name, whose, &figure(name, most)));
            }
        }
        // The same budget that begins anew more often is a larger one.
        let (mine, theirs) = (own.budget_duration.as_deref(), given.budget_duration.as_deref());
        if own.max_budget_nanos.is_some() && length(theirs) < length(mine) {
            return Err(beyond("budget_duration", whose, mine.unwrap_or("none")));
        }
        Ok(())
    }
}

fn is_ordinary(role: Option<Role>) -> bool {
    matches!(role, Some(Role::InternalUser | Role::InternalUserViewer))
}

/// Milliseconds of a budget's period; the longest where there is none.
fn length(duration: Option<&str>) -> i64 {
    let start = jiff::Timestamp::UNIX_EPOCH;
    duration.and_then(|text| durations::after(text, start).ok()).unwrap_or(i64::MAX)
}

fn beyond(name: &str, whose: &str, most: &str) -> Failure {
    let message = format!("Authentication Error, {name}: {whose} {most}, and give no more than that");
    refused("beyond_own", &message, name)
}

pub(super) fn refused(code: &str, message: &str, param: &str) -> Failure {
    Failure::forbidden(code, message).with_type("auth_error").with_param(param)
}

/// As the guard says it of things that somebody may not see.
pub(super) fn not_yours(what: &str) -> Failure {
    let message = format!("Authentication Error, this {what} is not yours: your key may not do this with it");
    refused("not_yours", &message, what)
}
