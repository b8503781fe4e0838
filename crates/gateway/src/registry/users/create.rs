//! New people, with the teams and organizations that they are in, their first key and their invitation: all of it or nothing.

use std::sync::Arc;

use futures_util::future::join_all;
use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::invitations::InvitationRow;
use postern_store::table::keys::KeyRow;
use postern_store::table::spent::Subject;
use postern_store::table::teams::TeamRow;
use postern_store::table::users::{self, UserRow};
use postern_store::table::{self, LimitColumns};
use serde_json::{Map, Value};

use super::power::not_yours;
use super::{AT_ONCE, Power, TOPICS, changes_of, once_each, record, texts};
use crate::auth::ADMINISTRATOR;
use crate::config::Governance;
use crate::directory::{Change, Role};
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;
use crate::registry::audit::{Action, Actor};
use crate::registry::budgets::check_id;
use crate::registry::keys::{self, KeyFields};
use crate::registry::limited::{LimitFields, Said};
use crate::registry::organizations::members::MemberRole;
use crate::registry::people::{self, Beginning, Named};
use crate::registry::teams::bounds::Outside;
use crate::registry::teams::members::{NewMember, TeamRole};
use crate::registry::{invitations, organizations, passwords, teams};

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
    /// What its first key is to be, if there is one.
    pub first_key: Option<KeyFields>,
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
    /// The key is told this once.
    pub key: Option<(Secret, KeyRow)>,
    /// What its link says is told this once.
    pub invitation: Option<(Secret, InvitationRow)>,
}

/// Under which circumstances somebody is made.
pub(in crate::registry) struct Making {
    pub actor: Actor,
    pub power: Power,
    pub beginning: Beginning,
    pub rules: Arc<Governance>,
}

impl Making {
    pub fn new(engine: &Engine, actor: Actor, power: Power) -> Self {
        let rules = engine.directory.load().rules.clone();
        Self { actor, power, beginning: Beginning::of(engine), rules }
    }
}

/// A password as it is kept.
pub(in crate::registry) type Hashed = Option<String>;

pub async fn create(
    engine: &Engine,
    actor: Actor,
    power: Power,
    mut new: NewUser,
) -> Result<Created, Failure> {
    let hashed = hashed(engine, new.password.take()).await?;
    let making = Making::new(engine, actor, power);
    let (created, changes) =
        engine.transact(move |connection| insert(connection, &making, new, hashed)).await?;
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
    let mut all = all.into_iter().peekable();
    let mut results = Vec::with_capacity(all.len());
    while all.peek().is_some() {
        let mut wanted = Vec::new();
        for mut new in all.by_ref().take(AT_ONCE) {
            wanted.push(hashed(engine, new.password.take()).await.map(|hashed| (new, hashed)));
        }
        // The writer does what is queued one after another, and commits it at once.
        let made = wanted.into_iter().map(async |wanted| {
            let (new, hashed) = wanted?;
            let making = Making::new(engine, actor.clone(), power.clone());
            engine.transact(move |connection| insert(connection, &making, new, hashed)).await
        });
        let mut changes = Vec::new();
        for made in join_all(made).await {
            results.push(made.map(|(created, further)| {
                changes.extend(further);
                created
            }));
        }
        engine.refresh(once_each(changes), &TOPICS).await?;
    }
    Ok(results)
}

/// A password as it is kept, if there is one.
pub(super) async fn hashed(engine: &Engine, password: Option<Secret>) -> Result<Hashed, Failure> {
    let Some(password) = password else { return Ok(None) };
    passwords::check_password("password", &password)?;
    Ok(Some(passwords::hash_password(&engine.tasks, password).await?))
}

fn or<T>(place: &mut Said<T>, default: Said<T>) {
    if matches!(place, Said::Nothing) {
        *place = default;
    }
}

impl NewUser {
    /// Puts in what the configuration file says of ordinary users, where nothing else was said.
    fn put_defaults(&mut self, defaults: &Map<String, Value>) {
        if !matches!(self.role, None | Some(Role::InternalUser)) || defaults.is_empty() {
            return;
        }
        self.role.get_or_insert(people::role(defaults));
        if self.models.as_ref().is_none_or(Vec::is_empty) {
            self.models = serde_json::from_value(people::models(defaults)).ok();
        }
        let (said, default) = (&mut self.limits, people::limits(defaults));
        or(&mut said.max_budget, default.max_budget);
        or(&mut said.soft_budget, default.soft_budget);
        or(&mut said.budget_duration, default.budget_duration);
        or(&mut said.tpm_limit, default.tpm_limit);
        or(&mut said.rpm_limit, default.rpm_limit);
        or(&mut said.max_parallel_requests, default.max_parallel_requests);
        or(&mut said.allowed_models, default.allowed_models);
        or(&mut said.budget_id, default.budget_id);
        if self.teams.is_empty() {
            self.teams = default_teams(defaults);
        }
    }
}

/// Ids, or objects with roles and budgets.
fn default_teams(defaults: &Map<String, Value>) -> Vec<Place> {
    let listed = defaults.get("teams").and_then(Value::as_array);
    let place = |said: &Value| {
        let id = said.as_str().or_else(|| said.get("team_id")?.as_str())?;
        Some(Place {
            team_id: id.to_owned(),
            is_admin: said.get("user_role").and_then(Value::as_str) == Some("admin"),
            max_budget: said.get("max_budget_in_team").and_then(Value::as_f64),
        })
    };
    listed.into_iter().flatten().filter_map(place).collect()
}

/// Makes somebody within a transaction, and says what is to be read again after it.
pub(in crate::registry) fn insert(
    connection: &Connection,
    making: &Making,
    mut new: NewUser,
    hashed: Hashed,
) -> Result<(Created, Vec<Change>), Failure> {
    let Making { actor, power, beginning, rules } = making;
    new.put_defaults(&beginning.defaults);
    let mut places = std::mem::take(&mut new.teams);
    if let Some(KeyFields { team_id: Said::Set(id), .. }) = &new.first_key {
        places.push(Place { team_id: id.clone(), ..Place::default() });
    }
    let teams = teams_for(connection, power, places)?;
    let named = std::mem::take(&mut new.organizations);
    let organizations = organizations_for(connection, power, named, &teams)?;
    let row = row(connection, making, &mut new, hashed)?;
    power.check_granted(connection, &row)?;
    row.insert(connection)?;
    record(connection, actor, Action::Created, None, Some(&row))?;
    let role = match Role::parse(&row.user_role) {
        Some(Role::InternalUserViewer | Role::ProxyAdminViewer) => MemberRole::InternalUserViewer,
        _ => MemberRole::InternalUser,
    };
    for id in &organizations {
        let (whom, limits) = ((id.as_str(), &row), LimitFields::default());
        organizations::members::join(connection, actor, whom, role, &limits, &beginning.now)?;
    }
    for (team, place) in &teams {
        let member = NewMember {
            named: Named::by_id(&row.user_id),
            role: if place.is_admin { TeamRole::Admin } else { TeamRole::User },
            limits: LimitFields {
                max_budget: place.max_budget.map_or(Said::Nothing, Said::Set),
                ..LimitFields::default()
            },
        };
        teams::members::join(connection, actor, team, member, Outside::Allowed, beginning)?;
    }
    let key = match new.first_key {
        None => None,
        Some(mut said) => {
            power.check_first_key()?;
            // What somebody spends who was made in an organization counts for it.
            let is_in_team = matches!(said.team_id, Said::Set(_));
            if let Some(id) = organizations.first().filter(|_| !is_in_team) {
                said.organization_id = Said::Set(id.clone());
            }
            let first = keys::First {
                actor,
                user_id: &row.user_id,
                rules,
                now: &beginning.now,
                is_held_by_another: !power.is_all(),
            };
            Some(keys::first(connection, &first, said)?)
        }
    };
    let invitation = if new.invite {
        let whom = (row.user_id.as_str(), power.by());
        let now = beginning.now.ms();
        Some(invitations::insert(connection, actor, whom, now + invitations::LIFE, now)?)
    } else {
        None
    };
    let ids: Vec<_> = key.iter().map(|(_, key)| key.id).collect();
    let teams: Vec<String> = teams.into_iter().map(|(team, _)| team.team_id).collect();
    let changes = changes_of(&row.user_id, &teams, &organizations, &ids);
    Ok((Created { user: row, key, invitation }, changes))
}

fn row(
    connection: &Connection,
    making: &Making,
    new: &mut NewUser,
    password_hash: Hashed,
) -> Result<UserRow, Failure> {
    let Making { actor, power, beginning, .. } = making;
    let now = &beginning.now;
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
    let user_email = new.email.take().map(|text| people::check_email(&text)).transpose()?.flatten();
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

/// The teams that somebody is put into, each once.
fn teams_for(
    connection: &Connection,
    power: &Power,
    places: Vec<Place>,
) -> Result<Vec<(TeamRow, Place)>, Failure> {
    let mine = power.organizations(connection)?;
    let mut teams: Vec<(TeamRow, Place)> = Vec::new();
    for place in places {
        if teams.iter().any(|(known, _)| known.team_id == place.team_id) {
            continue;
        }
        let team = table::teams::find(connection, &place.team_id)?;
        if !power.is_all() {
            let organization = team.as_ref().and_then(|team| team.organization_id.as_ref());
            if !organization.is_some_and(|organization| mine.contains(organization)) {
                return Err(not_yours("team"));
            }
        }
        let team = team.ok_or_else(|| {
            let message = format!("Team doesn't exist in db. Team={}", place.team_id);
            Failure::not_found("team_not_found", message).with_param("teams")
        })?;
        teams.push((team, place));
    }
    Ok(teams)
}

/// The organizations that somebody is made in: those that are named, which must be the caller's, and those of the teams; where
/// there is none and the caller has one only, that.
fn organizations_for(
    connection: &Connection,
    power: &Power,
    named: Vec<String>,
    teams: &[(TeamRow, Place)],
) -> Result<Vec<String>, Failure> {
    let mine = power.organizations(connection)?;
    let of_teams = teams.iter().filter_map(|(team, _)| team.organization_id.clone());
    let mut organizations: Vec<String> = Vec::new();
    for id in named.into_iter().chain(of_teams) {
        if organizations.contains(&id) {
            continue;
        }
        if !power.is_all() && !mine.contains(&id) {
            return Err(not_yours("organization"));
        }
        if table::organizations::find(connection, &id)?.is_none() {
            let message = format!("Organization not found, passed organization_id={id}");
            return Err(Failure::not_found("organization_not_found", message).with_param("organizations"));
        }
        organizations.push(id);
    }
    if power.is_all() || !organizations.is_empty() {
        return Ok(organizations);
    }
    match mine.len() {
        0 => Err(not_yours("organization")),
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
