//! An invitation is used: whoever has the link sets the password of its user, or signs up. Nobody has to be known for it, so
//! what it costs comes after the link was found to be good.

use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::invitations::{self, InvitationRow};
use postern_store::table::keys::KeyRow;
use postern_store::table::members;
use postern_store::table::users::{self as table, UserRow};

use crate::auth::ADMINISTRATOR;
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::registry::audit::{self, Action, Actor};
use crate::registry::keys::{self, KeyFields};
use crate::registry::limited::Said;
use crate::registry::users::{self, Created, Hashed, Making, NewUser, Power, TOPICS};
use crate::registry::{passwords, people};
use crate::{clock, ids};

/// What somebody says who uses an invitation.
#[derive(Debug, Default)]
pub struct Claim {
    pub user_id: Option<String>,
    pub email: Option<String>,
    pub alias: Option<String>,
    pub password: Option<Secret>,
}

#[derive(Debug)]
pub struct Claimed {
    pub invitation: InvitationRow,
    pub user: UserRow,
    /// Of who chose no password, and could not get in otherwise. It is told this once.
    pub key: Option<Secret>,
}

/// The invitation of a link that may be used now, and its user.
pub async fn opened(engine: &Engine, link: &str) -> Result<(InvitationRow, Option<UserRow>), Failure> {
    let token = hashed(link);
    let (row, user) = engine
        .read(move |connection| {
            let row = invitations::find(connection, &token)?;
            let user = row.as_ref().map(|row| table::find(connection, &row.user_id)).transpose()?;
            Ok((row, user.flatten()))
        })
        .await?;
    Ok((usable(row, clock::now_ms())?, user))
}

/// What is looked for: never what the log shows of an invitation.
fn hashed(link: &str) -> String {
    ids::hex(&ids::hash_key(link))
}

fn usable(row: Option<InvitationRow>, now: i64) -> Result<InvitationRow, Failure> {
    let Some(row) = row else {
        let message = "there is no such invitation; ask whoever sent the link for another one";
        return Err(Failure::not_found("invitation_not_found", message).with_param("invitation_id"));
    };
    let problem = if row.is_accepted {
        (
            "invitation_used",
            "Invitation link has already been used. Sign in, or ask for another one.".to_owned(),
        )
    } else if row.expires_at <= now {
        let at = clock::text(row.expires_at);
        ("invitation_expired", format!("Invitation link has expired at {at}. Ask for another one."))
    } else {
        return Ok(row);
    };
    Err(no_access(problem.0, &problem.1, "invitation_id"))
}

fn no_access(code: &str, message: &str, param: &str) -> Failure {
    Failure::unauthorized(code, message).with_type("auth_error").with_param(param)
}

/// Uses it up.
pub async fn claim(engine: &Engine, link: &str, mut said: Claim) -> Result<Claimed, Failure> {
    opened(engine, link).await?;
    let password: Hashed = match said.password.take() {
        None => None,
        Some(password) => {
            passwords::check_password("password", &password)?;
            Some(passwords::hash_password(&engine.tasks, password).await?)
        }
    };
    let token = hashed(link);
    // Whom the actor is is known when the user is.
    let nobody = Actor { name: String::new(), key: String::new() };
    let mut making = Making::new(engine, nobody, Power::all());
    let (claimed, changes) = engine
        .transact(move |connection| {
            let row = usable(invitations::find(connection, &token)?, making.beginning.now.ms())?;
            let (user, key, changes) = if row.user_id.is_empty() {
                sign_up(connection, &mut making, said, password)?
            } else {
                accept(connection, &mut making, &row, said, password)?
            };
            let invitation = use_up(connection, &making, row)?;
            Ok::<_, Failure>((Claimed { invitation, user, key }, changes))
        })
        .await?;
    engine.refresh(changes, &TOPICS).await?;
    Ok(claimed)
}

type Done = (UserRow, Option<Secret>, Vec<Change>);

/// Somebody new, as an ordinary user.
fn sign_up(
    connection: &Connection,
    making: &mut Making,
    said: Claim,
    password: Hashed,
) -> Result<Done, Failure> {
    if said.user_id.is_none() && said.email.is_none() {
        let message = "user_email is required: this invitation is for whoever signs up with it";
        let mut failure = Failure::invalid("missing_field", message).with_param("user_email");
        failure.error.status = 422;
        return Err(failure);
    }
    let user_id = said.user_id.unwrap_or_else(|| ids::new_id().to_string());
    if user_id == ADMINISTRATOR {
        let message = format!("User with id {user_id} already exists in the database");
        return Err(Failure::conflict("user_exists", message).with_param("user_id"));
    }
    making.actor.name.clone_from(&user_id);
    let new = NewUser {
        user_id: Some(user_id),
        email: said.email,
        alias: said.alias,
        first_key: password.is_none().then(KeyFields::default),
        ..NewUser::default()
    };
    let (Created { user, key, .. }, changes) = users::insert(connection, making, new, password)?;
    Ok((user, key.map(|(key, _)| key), changes))
}

/// The user who was invited.
fn accept(
    connection: &Connection,
    making: &mut Making,
    invitation: &InvitationRow,
    said: Claim,
    password: Hashed,
) -> Result<Done, Failure> {
    let before =
        table::find(connection, &invitation.user_id)?.ok_or_else(|| users::unknown(&invitation.user_id))?;
    if said.user_id.is_some_and(|id| id != before.user_id) {
        let message = "Invalid invitation link. It is for another user than user_id says.";
        return Err(no_access("wrong_user", message, "user_id"));
    }
    if !users::is_still_theirs(connection, &invitation.created_by, &before)? {
        let message = "Invitation link is not good any more: whoever sent it may not invite you now. Ask for another one.";
        return Err(no_access("invitation_revoked", message, "invitation_id"));
    }
    if before.blocked {
        return Err(no_access(
            "user_blocked",
            "Authentication Error, the invited user is blocked.",
            "user_id",
        ));
    }
    making.actor.name.clone_from(&before.user_id);
    let now = making.beginning.now.ms();
    let mut user = before.clone();
    if let Some(email) = said.email.map(|text| people::check_email(&text)).transpose()?.flatten() {
        match &before.user_email {
            None => {
                users::check_email_is_free(connection, &email, &before.user_id)?;
                user.user_email = Some(email);
            }
            Some(known) if known.eq_ignore_ascii_case(&email) => {}
            Some(_) => {
                let message = "Invalid invitation link. It is for another address than user_email says.";
                return Err(no_access("wrong_user", message, "user_email"));
            }
        }
    }
    let mut changes = vec![Change::User(user.user_id.clone())];
    let mut key = None;
    if let Some(hash) = password {
        user.password_hash = Some(hash);
        let ended = users::end_sessions(connection, &making.actor, &user.user_id, now)?;
        changes.extend(ended.into_iter().map(Change::Key));
    } else {
        let (secret, row) = key_of(connection, making, &user.user_id)?;
        changes.push(Change::Key(row.id));
        key = Some(secret);
    }
    user.updated_by.clone_from(&user.user_id);
    user.updated_at = now;
    user.put(connection)?;
    users::record(connection, &making.actor, Action::Updated, Some(&before), Some(&user))?;
    Ok((user, key, changes))
}

/// A key for who chose no password, in their organization if they are in one.
fn key_of(connection: &Connection, making: &Making, user_id: &str) -> Result<(Secret, KeyRow), Failure> {
    let organizations = members::organizations_of(connection, user_id)?;
    let organization = organizations.into_iter().next().map(|row| row.organization_id);
    let first = keys::First {
        actor: &making.actor,
        user_id,
        rules: &making.rules,
        now: &making.beginning.now,
        is_held_by_another: false,
    };
    let organization_id = organization.map_or(Said::Nothing, Said::Set);
    keys::first(connection, &first, KeyFields { organization_id, ..KeyFields::default() })
}

/// Marks it as used; links that the same person has besides are good for nothing any more.
fn use_up(
    connection: &Connection,
    making: &Making,
    mut row: InvitationRow,
) -> Result<InvitationRow, Failure> {
    let before = row.shown();
    let (user_id, now) = (making.actor.name.clone(), making.beginning.now.ms());
    row.user_id.clone_from(&user_id);
    row.is_accepted = true;
    row.accepted_at = Some(now);
    row.updated_by.clone_from(&user_id);
    row.updated_at = now;
    row.put(connection)?;
    invitations::remove_unused_of_user(connection, &user_id)?;
    let object = ("invitation", row.id.as_str());
    audit::record(connection, &making.actor, Action::Updated, object, Some(before), Some(row.shown()))?;
    Ok(row)
}
