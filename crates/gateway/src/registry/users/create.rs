//! New people, with the teams and organizations that they are in, their first key and their invitation: all of it or nothing.

use std::sync::Arc;

use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::invitations::InvitationRow;
use postern_store::table::keys::KeyRow;
use postern_store::table::members::{OrganizationMemberRow, TeamMemberRow};
use postern_store::table::spent::Subject;
use postern_store::table::users::{self, UserRow};
use postern_store::table::{LimitColumns, organizations, teams};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::power::{not_yours, refused};
use super::{FirstKey, Power, TOPICS, changes_of, first_key, once_each, record, texts};
use crate::auth::ADMINISTRATOR;
use crate::config::Governance;
use crate::directory::{Change, Role};
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;
use crate::registry::audit::{self, Action, Actor};
use crate::registry::budgets::check_id;
use crate::registry::limited::{LimitFields, Now, Said};
use crate::registry::{invitations, limited, passwords};

/// What is said of somebody new.
#[derive(Debug, Default)]
pub struct NewUser {
    /// Made up when absent.
    pub user_id: Option<String>,
    pub email: Option<String>,
    pub alias: Option<String>,
    pub sso_user_id: Option<String>,
    pub role: Option<Role>,
    pub models: Option<Vec<String>>,
    pub metadata: Map<String, Value>,
    /// What is kept and shown, and means nothing here.
    pub extra: Map<String, Value>,
    pub blocked: bool,
    pub password: Option<Secret>,
    pub limits: LimitFields,
    pub teams: Vec<Place>,
    pub organizations: Vec<String>,
    pub first_key: Option<FirstKey>,
    pub invite: bool,
}

/// A place in a team.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub team_id: String,
    pub is_admin: bool,
    /// Dollars.
    pub max_budget: Option<f64>,
}

/// Somebody new.
#[derive(Debug)]
pub struct Created {
    pub user: UserRow,
    pub teams: Vec<String>,
    pub organizations: Vec<String>,
    /// The key is told this once.
    pub key: Option<(Secret, KeyRow)>,
    /// What its link says is told this once.
    pub invitation: Option<(Secret, InvitationRow)>,
}

/// Under which circumstances somebody is made.
pub(in crate::registry) struct Making {
    pub actor: Actor,
    pub power: Power,
    pub now: Now,
    pub rules: Arc<Governance>,
}

/// A password as it is kept.
pub(in crate::registry) type Hashed = Option<String>;

pub async fn create(engine: &Engine, actor: Actor, power: Power, new: NewUser) -> Result<Created, Failure> {
    let (created, changes) = create_one(engine, actor, power, new).await?;
    engine.refresh(changes, &TOPICS).await?;
    Ok(created)
}

/// Makes each for itself: who cannot be made is in nobody's way.
pub async fn create_many(
    engine: &Engine,
    actor: &Actor,
    power: &Power,
    all: Vec<NewUser>,
) -> Result<Vec<Result<Created, Failure>>, Failure> {
    let (mut results, mut changes) = (Vec::new(), Vec::new());
    for new in all {
        let made = create_one(engine, actor.clone(), power.clone(), new).await;
        results.push(made.map(|(created, further)| {
            changes.extend(further);
            created
        }));
    }
    engine.refresh(once_each(changes), &TOPICS).await?;
    Ok(results)
}

async fn create_one(
    engine: &Engine,
    actor: Actor,
    power: Power,
    mut new: NewUser,
) -> Result<(Created, Vec<Change>), Failure> {
    let hashed: Hashed = match new.password.take() {
        None => None,
        Some(password) => {
            passwords::check_password("password", &password)?;
            Some(passwords::hash_password(&engine.tasks, password).await?)
        }
    };
    let rules = engine.directory.load().rules.clone();
    let making = Making { actor, power, now: engine.now(), rules };
    engine.transact(move |connection| insert(connection, &making, new, hashed)).await
}

/// What `default_internal_user_params` says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Defaults {
    user_role: Option<String>,
    max_budget: Option<f64>,
    soft_budget: Option<f64>,
    budget_duration: Option<String>,
    models: Option<Vec<String>>,
    tpm_limit: Option<i64>,
    rpm_limit: Option<i64>,
    max_parallel_requests: Option<i64>,
    teams: Option<Vec<DefaultPlace>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DefaultPlace {
    Id(String),
    Place { team_id: String, max_budget_in_team: Option<f64>, user_role: Option<String> },
}

impl NewUser {
    /// Puts in what the configuration file says of ordinary users, where nothing else was said.
    fn put_defaults(&mut self, rules: &Governance) -> Result<(), Failure> {
        if !matches!(self.role, None | Some(Role::InternalUser)) || rules.default_user_params.is_empty() {
            return Ok(());
        }
        let wrong = |what: &str| {
            let message = format!("litellm_settings.default_internal_user_params: {what}");
            Failure::invalid("invalid_defaults", message).with_param("default_internal_user_params")
        };
        let said = Value::Object(rules.default_user_params.clone());
        let defaults: Defaults = serde_json::from_value(said).map_err(|error| wrong(&error.to_string()))?;
        if let (None, Some(role)) = (self.role, &defaults.user_role) {
            self.role = Some(Role::parse(role).ok_or_else(|| wrong("user_role is no role of users"))?);
        }
        if self.models.as_ref().is_none_or(Vec::is_empty) && defaults.models.is_some() {
            self.models = defaults.models;
        }
        fn or<T>(place: &mut Said<T>, value: Option<T>) {
            if let (Said::Nothing, Some(value)) = (&*place, value) {
                *place = Said::Set(value);
            }
        }
        or(&mut self.limits.max_budget, defaults.max_budget);
        or(&mut self.limits.soft_budget, defaults.soft_budget);
        or(&mut self.limits.budget_duration, defaults.budget_duration);
        or(&mut self.limits.tpm_limit, defaults.tpm_limit);
        or(&mut self.limits.rpm_limit, defaults.rpm_limit);
        or(&mut self.limits.max_parallel_requests, defaults.max_parallel_requests);
        if self.teams.is_empty() {
            let places = defaults.teams.unwrap_or_default().into_iter().map(|place| match place {
                DefaultPlace::Id(team_id) => Place { team_id, ..Place::default() },
                DefaultPlace::Place { team_id, max_budget_in_team, user_role } => Place {
                    team_id,
                    is_admin: user_role.as_deref() == Some("admin"),
                    max_budget: max_budget_in_team,
                },
            });
            self.teams = places.collect();
        }
        Ok(())
    }
}

/// Makes somebody within a transaction, and says what is to be read again after it.
pub(in crate::registry) fn insert(
    connection: &Connection,
    making: &Making,
    mut new: NewUser,
    hashed: Hashed,
) -> Result<(Created, Vec<Change>), Failure> {
    let Making { actor, power, now, rules } = making;
    new.put_defaults(rules)?;
    let organizations = organizations_for(connection, power, std::mem::take(&mut new.organizations))?;
    let row = row(connection, making, &mut new, hashed)?;
    power.check_granted(connection, &row)?;
    row.put(connection)?;
    record(connection, actor, Action::Created, None, Some(&row))?;
    for organization in &organizations {
        join_organization(connection, making, &row, organization)?;
    }
    let mut places = std::mem::take(&mut new.teams);
    if let Some(team) = new.first_key.as_ref().and_then(|key| key.team_id.clone()) {
        places.push(Place { team_id: team, ..Place::default() });
    }
    let mut teams: Vec<String> = Vec::new();
    for place in places {
        if !teams.contains(&place.team_id) {
            teams.push(place.team_id.clone());
            join_team(connection, making, &row, place)?;
        }
    }
    let key = match new.first_key {
        None => None,
        Some(mut said) => {
            // What somebody spends who was made in an organization counts for it.
            if said.team_id.is_none() && (organizations.len() == 1 || !power.is_all()) {
                said.organization_id = organizations.first().cloned();
            }
            Some(first_key(connection, actor, &row.user_id, said, now)?)
        }
    };
    let invitation = match new.invite {
        false => None,
        true => {
            let expires_at = now.ms() + invitations::LIFE;
            let whom = (row.user_id.as_str(), actor.name.as_str());
            Some(invitations::insert(connection, actor, whom, expires_at, now.ms())?)
        }
    };
    let ids: Vec<_> = key.iter().map(|(_, key)| key.id).collect();
    let changes = changes_of(&row.user_id, &teams, &organizations, &ids);
    Ok((Created { user: row, teams, organizations, key, invitation }, changes))
}

fn row(
    connection: &Connection,
    making: &Making,
    new: &mut NewUser,
    password_hash: Hashed,
) -> Result<UserRow, Failure> {
    let Making { actor, power, now, .. } = making;
    let user_id = match new.user_id.take() {
        None => ids::new_id().to_string(),
        Some(id) => {
            check_id("user_id", &id)?;
            // What the administrator does is recorded under this name.
            if users::find(connection, &id)?.is_some() || (id == ADMINISTRATOR && !power.is_all()) {
                let message = format!("User with id {id} already exists in the database");
                return Err(Failure::conflict("user_exists", message).with_param("user_id"));
            }
            id
        }
    };
    let role = new.role.unwrap_or_default();
    power.check_role(role)?;
    let user_email = new.email.take().map(|text| texts::email(&text)).transpose()?.flatten();
    if let Some(email) = &user_email {
        texts::check_email_is_free(connection, email, &user_id)?;
    }
    let sso_user_id =
        new.sso_user_id.take().map(|text| texts::name("sso_user_id", &text)).transpose()?.flatten();
    if let Some(sso) = &sso_user_id {
        texts::check_sso_is_free(connection, sso, &user_id)?;
    }
    let mut limits = LimitColumns::default();
    let said = std::mem::take(&mut new.limits);
    said.apply(connection, &mut limits, None::<&Subject>, now)?;
    Ok(UserRow {
        user_alias: new.alias.take().map(|text| texts::name("user_alias", &text)).transpose()?.flatten(),
        user_email,
        user_role: role.as_str().to_owned(),
        sso_user_id,
        password_hash,
        models: texts::models(new.models.take().unwrap_or_default())?,
        metadata: Value::Object(std::mem::take(&mut new.metadata)).to_string(),
        extra: Value::Object(std::mem::take(&mut new.extra)).to_string(),
        blocked: new.blocked,
        limits,
        created_by: actor.name.clone(),
        created_at: now.ms(),
        updated_by: actor.name.clone(),
        updated_at: now.ms(),
        user_id,
    })
}

/// The organizations that somebody is made in: those that are named, which must be the caller's; where none is and the caller
/// has one only, that.
fn organizations_for(
    connection: &Connection,
    power: &Power,
    named: Vec<String>,
) -> Result<Vec<String>, Failure> {
    let mut organizations: Vec<String> = Vec::new();
    for id in named {
        if !organizations.contains(&id) {
            organizations.push(id);
        }
    }
    if power.is_all() {
        for id in &organizations {
            if organizations::find(connection, id)?.is_none() {
                let message = format!("Organization not found, passed organization_id={id}");
                return Err(Failure::not_found("organization_not_found", message).with_param("organizations"));
            }
        }
        return Ok(organizations);
    }
    let mine = power.organizations(connection)?;
    if organizations.iter().any(|id| !mine.contains(id)) {
        let message =
            "Authentication Error, this organization is not yours: your key may not do this with it";
        return Err(refused("not_yours", message, "organizations"));
    }
    if !organizations.is_empty() {
        return Ok(organizations);
    }
    match mine.len() {
        0 => Err(not_yours()),
        1 => Ok(mine.into_iter().collect()),
        _ => {
            let list: Vec<String> = mine.into_iter().collect();
            let message = format!(
                "organizations is required: you administer {}; name those that the user is to be in",
                list.join(", ")
            );
            Err(Failure::invalid("missing_field", message).with_param("organizations"))
        }
    }
}

fn join_organization(
    connection: &Connection,
    making: &Making,
    user: &UserRow,
    organization_id: &str,
) -> Result<(), Failure> {
    let Making { actor, now, .. } = making;
    let role = match Role::parse(&user.user_role) {
        Some(Role::InternalUserViewer | Role::ProxyAdminViewer) => "internal_user_viewer",
        _ => "internal_user",
    };
    let member = OrganizationMemberRow {
        organization_id: organization_id.to_owned(),
        user_id: user.user_id.clone(),
        role: role.to_owned(),
        limits: LimitColumns { budget_started_at: now.ms(), ..LimitColumns::default() },
        created_at: now.ms(),
        updated_at: now.ms(),
    };
    member.put(connection)?;
    let id = format!("{organization_id}/{}", user.user_id);
    let object = ("organization_member", id.as_str());
    audit::record(connection, actor, Action::Created, object, None, Some(member.shown()))
}

fn join_team(connection: &Connection, making: &Making, user: &UserRow, place: Place) -> Result<(), Failure> {
    let Making { actor, power, now, .. } = making;
    let team = teams::find(connection, &place.team_id)?;
    if !power.is_all() {
        let mine = power.organizations(connection)?;
        let organization = team.as_ref().and_then(|team| team.organization_id.as_ref());
        if !organization.is_some_and(|organization| mine.contains(organization)) {
            let message = "Authentication Error, this team is not yours: your key may not do this with it";
            return Err(refused("not_yours", message, "teams"));
        }
    }
    if team.is_none() {
        let message = format!("Team doesn't exist in db. Team={}", place.team_id);
        return Err(Failure::not_found("team_not_found", message).with_param("teams"));
    }
    let max_budget_nanos =
        place.max_budget.map(|budget| limited::dollars("max_budget_in_team", budget)).transpose()?;
    let member = TeamMemberRow {
        team_id: place.team_id,
        user_id: user.user_id.clone(),
        role: if place.is_admin { "admin" } else { "user" }.to_owned(),
        limits: LimitColumns { max_budget_nanos, budget_started_at: now.ms(), ..LimitColumns::default() },
        created_at: now.ms(),
        updated_at: now.ms(),
    };
    member.put(connection)?;
    let id = format!("{}/{}", member.team_id, member.user_id);
    let object = ("team_member", id.as_str());
    audit::record(connection, actor, Action::Created, object, None, Some(member.shown()))
}
