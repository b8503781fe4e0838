//! Changes of people. Whom the administrator changes and nobody knows is made, as LiteLLM does it.

use futures_util::future::join_all;
use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::members;
use postern_store::table::spent::Subject;
use postern_store::table::users::{self, UserRow};
use serde_json::{Map, Value};

use super::create::hashed;
use super::power::{not_yours, refused};
use super::{
    AT_ONCE, Created, Hashed, Making, NewUser, Power, TOPICS, end_sessions, insert, once_each, record, texts,
};
use crate::directory::{Change, Role};
use crate::engine::Engine;
use crate::error::Failure;
use crate::registry::audit::{Action, Actor};
use crate::registry::limited::{LimitFields, Said};
use crate::registry::people;

/// What is said of somebody.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// Who it is; else whoever has the e-mail.
    pub user_id: Option<String>,
    pub email: Said<String>,
    pub alias: Said<String>,
    pub sso_user_id: Said<String>,
    pub role: Option<Role>,
    pub models: Said<Vec<String>>,
    /// Replaced as a whole.
    pub metadata: Said<Map<String, Value>>,
    /// What is kept and shown, and means nothing here.
    pub extra: Map<String, Value>,
    pub blocked: Option<bool>,
    pub password: Option<Secret>,
    pub limits: LimitFields,
    /// Teams are joined and left elsewhere; here those that somebody is in may be repeated.
    pub teams: Option<Vec<String>>,
}

/// Somebody after a change.
#[derive(Debug)]
pub struct Changed {
    pub user: UserRow,
    pub created: bool,
}

pub async fn change(
    engine: &Engine,
    actor: Actor,
    power: Power,
    mut said: UserChange,
) -> Result<Changed, Failure> {
    let hashed = hashed(engine, said.password.take()).await?;
    let making = Making::new(engine, actor, power);
    let (user, changes) = engine.transact(move |connection| apply(connection, &making, said, hashed)).await?;
    engine.refresh(changes, &TOPICS).await?;
    Ok(user)
}

/// Changes each for itself: who cannot be changed is in nobody's way.
pub async fn change_many(
    engine: &Engine,
    actor: &Actor,
    power: &Power,
    all: Vec<UserChange>,
) -> Result<Vec<Result<Changed, Failure>>, Failure> {
    let mut all = all.into_iter().peekable();
    let mut results = Vec::with_capacity(all.len());
    while all.peek().is_some() {
        let mut wanted = Vec::new();
        for mut said in all.by_ref().take(AT_ONCE) {
            wanted.push(hashed(engine, said.password.take()).await.map(|hashed| (said, hashed)));
        }
        // The writer does what is queued one after another, and commits it at once.
        let done = wanted.into_iter().map(async |wanted| {
            let (said, hashed) = wanted?;
            let making = Making::new(engine, actor.clone(), power.clone());
            engine.transact(move |connection| apply(connection, &making, said, hashed)).await
        });
        let mut changes = Vec::new();
        for done in join_all(done).await {
            results.push(done.map(|(user, further)| {
                changes.extend(further);
                user
            }));
        }
        engine.refresh(once_each(changes), &TOPICS).await?;
    }
    Ok(results)
}

fn find(connection: &Connection, said: &UserChange) -> Result<Option<UserRow>, Failure> {
    match (&said.user_id, &said.email) {
        (Some(id), _) => Ok(users::find(connection, id)?),
        (None, Said::Set(email)) => match people::check_email(email)? {
            Some(email) => Ok(users::find_by_email(connection, &email)?),
            None => Ok(None),
        },
        (None, _) => Ok(None),
    }
}

fn apply(
    connection: &Connection,
    making: &Making,
    mut said: UserChange,
    hashed: Hashed,
) -> Result<(Changed, Vec<Change>), Failure> {
    let Making { actor, power, beginning, .. } = making;
    let now = &beginning.now;
    let found = find(connection, &said)?;
    let is_self = found.as_ref().is_some_and(|row| power.is_only(&row.user_id));
    if !is_self {
        power.check_person(connection, found.as_ref())?;
    }
    let Some(before) = found else { return make(connection, making, said, hashed) };
    if said.user_id.is_none() {
        // It said who is meant.
        said.email = Said::Nothing;
    }
    if let Some(teams) = &said.teams {
        check_teams(connection, &before.user_id, teams)?;
    }
    let mut row = before.clone();
    let password_changes = hashed.is_some();
    put(connection, making, &mut row, said, hashed)?;
    if is_self {
        check_own(&before, &row)?;
    } else if before.user_role != row.user_role {
        power.check_role(Role::parse(&row.user_role).unwrap_or_default())?;
    }
    if before.limits != row.limits || before.models != row.models {
        power.check_granted(connection, &row)?;
    }
    row.updated_by.clone_from(&actor.name);
    row.updated_at = now.ms();
    row.put(connection)?;
    let action = match (before.blocked, row.blocked) {
        (false, true) => Action::Blocked,
        (true, false) => Action::Unblocked,
        _ => Action::Updated,
    };
    record(connection, actor, action, Some(&before), Some(&row))?;
    let mut changes = vec![Change::User(row.user_id.clone())];
    if password_changes {
        let ended = end_sessions(connection, actor, &row.user_id, now.ms())?;
        changes.extend(ended.into_iter().map(Change::Key));
    }
    Ok((Changed { user: row, created: false }, changes))
}

/// Puts what was said into a row.
fn put(
    connection: &Connection,
    making: &Making,
    row: &mut UserRow,
    said: UserChange,
    hashed: Hashed,
) -> Result<(), Failure> {
    fn text(
        said: Said<String>,
        place: &mut Option<String>,
        read: impl FnOnce(&str) -> Result<Option<String>, Failure>,
    ) -> Result<(), Failure> {
        match said {
            Said::Nothing => {}
            Said::Clear => *place = None,
            Said::Set(text) => *place = read(&text)?,
        }
        Ok(())
    }
    let id = row.user_id.clone();
    text(said.alias, &mut row.user_alias, |text| texts::name("user_alias", text))?;
    text(said.email, &mut row.user_email, |text| {
        let email = people::check_email(text)?;
        email.as_ref().map(|email| texts::check_email_is_free(connection, email, &id)).transpose()?;
        Ok(email)
    })?;
    text(said.sso_user_id, &mut row.sso_user_id, |text| {
        let name = texts::name("sso_user_id", text)?;
        name.as_ref().map(|name| texts::check_sso_is_free(connection, name, &id)).transpose()?;
        Ok(name)
    })?;
    if let Some(role) = said.role {
        role.as_str().clone_into(&mut row.user_role);
    }
    match said.models {
        Said::Nothing => {}
        Said::Clear => row.models = texts::models(Vec::new())?,
        Said::Set(list) => row.models = texts::models(list)?,
    }
    match said.metadata {
        Said::Nothing => {}
        Said::Clear => "{}".clone_into(&mut row.metadata),
        Said::Set(metadata) => row.metadata = Value::Object(metadata).to_string(),
    }
    if !said.extra.is_empty() {
        let mut extra: Map<String, Value> = serde_json::from_str(&row.extra).unwrap_or_default();
        extra.extend(said.extra);
        row.extra = Value::Object(extra).to_string();
    }
    row.blocked = said.blocked.unwrap_or(row.blocked);
    row.password_hash = hashed.or_else(|| row.password_hash.take());
    let subject = Subject::User(row.user_id.clone());
    said.limits.apply(connection, &mut row.limits, Some(&subject), &making.beginning.now)
}

/// People change of themselves what they are called, and their password.
fn check_own(before: &UserRow, after: &UserRow) -> Result<(), Failure> {
    let (before, after) = (before.shown(), after.shown());
    let changed =
        after.iter().find(|(name, value)| *name != "user_alias" && before.get(*name) != Some(value));
    let Some((name, _)) = changed else { return Ok(()) };
    let name = if name.starts_with("max_budget") { "max_budget" } else { name };
    let message =
        format!("you may change your own user_alias and password; {name} is changed by an administrator");
    Err(refused("not_yours_to_change", &message, name))
}

fn check_teams(connection: &Connection, user_id: &str, teams: &[String]) -> Result<(), Failure> {
    let mut current: Vec<String> =
        members::teams_of(connection, user_id)?.into_iter().map(|row| row.team_id).collect();
    let mut said = teams.to_vec();
    current.sort();
    said.sort();
    said.dedup();
    if current == said {
        return Ok(());
    }
    let message = "teams are joined and left with /team/member_add and /team/member_delete";
    Err(Failure::invalid("unsupported_field", message).with_param("teams"))
}

fn given<T>(said: Said<T>) -> Option<T> {
    match said {
        Said::Set(value) => Some(value),
        Said::Nothing | Said::Clear => None,
    }
}

/// Whom nobody knows, the administrator makes.
fn make(
    connection: &Connection,
    making: &Making,
    said: UserChange,
    hashed: Hashed,
) -> Result<(Changed, Vec<Change>), Failure> {
    if !making.power.is_all() {
        return Err(not_yours("user"));
    }
    let new = NewUser {
        user_id: said.user_id,
        email: given(said.email),
        alias: given(said.alias),
        sso_user_id: given(said.sso_user_id),
        role: said.role,
        models: given(said.models),
        metadata: given(said.metadata).unwrap_or_default(),
        extra: said.extra,
        blocked: said.blocked.unwrap_or(false),
        limits: said.limits,
        teams: said
            .teams
            .unwrap_or_default()
            .into_iter()
            .map(|team_id| super::Place { team_id, ..super::Place::default() })
            .collect(),
        ..NewUser::default()
    };
    let (Created { user, .. }, changes) = insert(connection, making, new, hashed)?;
    Ok((Changed { user, created: true }, changes))
}
