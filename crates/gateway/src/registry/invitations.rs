//! Invitations: links with which somebody sets the password of their account, or, where an administrator left open whose, makes
//! one. Whoever has the link may use it, once; so it is kept as its SHA-256 only, like a key, and the log and lists show that.

mod claim;

pub use claim::{Claim, Claimed, claim, opened};
use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::invitations::{self, InvitationRow};
use postern_store::table::users;

use super::audit::{self, Action, Actor};
use super::users::{Power, unknown as unknown_user};
use crate::auth::ADMINISTRATOR;
use crate::directory::Role;
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;

const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long one may be used, milliseconds.
pub const LIFE: i64 = 7 * DAY;
/// How long one may be used at most.
pub const LONGEST_LIFE: i64 = 366 * DAY;

/// Whom an invitation is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum For {
    /// Whose password it sets.
    User(String),
    /// Whoever signs up with it as an ordinary user, where nobody is named or who invites: somebody who administers the
    /// gateway. Else who is named. Nobody becomes an administrator with a link that was made so.
    Named(Option<String>),
}

/// The SHA-256 in hexadecimal of what a link says, or what is one already.
pub fn token_of(id: &str) -> String {
    if id.starts_with("inv-") { ids::hex(&ids::hash_key(id)) } else { id.to_ascii_lowercase() }
}

pub fn unknown() -> Failure {
    let message = "Invitation id does not exist in the database.";
    Failure::invalid("invitation_not_found", message).with_param("invitation_id")
}

/// Makes one within a transaction, for a user (or nobody yet) and in whose name; what its link says is given back once and kept
/// nowhere.
pub(super) fn insert(
    connection: &Connection,
    actor: &Actor,
    whom: (&str, &str),
    expires_at: i64,
    now: i64,
) -> Result<(Secret, InvitationRow), Failure> {
    let (user_id, created_by) = whom;
    let link = ids::new_invitation()
        .map_err(|error| Failure::internal(format!("no random numbers for an invitation: {error}")))?;
    let row = InvitationRow {
        id: token_of(link.expose()),
        user_id: user_id.to_owned(),
        is_accepted: false,
        accepted_at: None,
        expires_at,
        created_by: created_by.to_owned(),
        created_at: now,
        updated_by: actor.name.clone(),
        updated_at: now,
    };
    row.insert(connection)?;
    audit::record(connection, actor, Action::Created, ("invitation", &row.id), None, Some(row.shown()))?;
    Ok((link, row))
}

/// Makes one. `expires_at` is UTC milliseconds.
pub async fn create(
    engine: &Engine,
    actor: Actor,
    power: Power,
    whom: For,
    expires_at: Option<i64>,
) -> Result<(Secret, InvitationRow), Failure> {
    let now = engine.now().ms();
    let expires_at = expires_at.unwrap_or(now + LIFE);
    if !(now..=now + LONGEST_LIFE).contains(&expires_at) {
        let message = "expires_at must be a moment in the future, at most 366 days from now";
        return Err(Failure::invalid("invalid_expiry", message).with_param("expires_at"));
    }
    engine
        .transact(move |connection| {
            let me = power.by().to_owned();
            let (user_id, created_by) = match whom {
                For::Named(None) => (nobody_yet(&power)?, me),
                For::Named(Some(id)) if invites(connection, &power, &id)? => (nobody_yet(&power)?, id),
                For::User(id) | For::Named(Some(id)) => (invited(connection, &power, id)?, me),
            };
            insert(connection, &actor, (&user_id, &created_by), expires_at, now)
        })
        .await
}

fn invited(connection: &Connection, power: &Power, id: String) -> Result<String, Failure> {
    let found = users::find(connection, &id)?;
    power.check_person(connection, found.as_ref())?;
    Ok(found.ok_or_else(|| unknown_user(&id))?.user_id)
}

/// Who signs up is in nobody's organization: only the administrator invites anybody.
fn nobody_yet(power: &Power) -> Result<String, Failure> {
    if power.is_all() {
        return Ok(String::new());
    }
    let message = "only the proxy's administrator may invite whom nobody knows yet: make the user with /user/new and name them in user_id";
    Err(Failure::forbidden("administrator_only", message).with_type("auth_error").with_param("user_id"))
}

/// Whether who is named is who invites.
fn invites(connection: &Connection, power: &Power, id: &str) -> Result<bool, Failure> {
    if id == ADMINISTRATOR || power.is_only(id) {
        return Ok(true);
    }
    let found = users::find(connection, id)?.filter(|_| power.is_all());
    Ok(found.is_some_and(|row| Role::parse(&row.user_role) == Some(Role::ProxyAdmin)))
}

/// Refuses what the caller may not see, and what does not exist.
fn check(
    connection: &Connection,
    power: &Power,
    row: Option<InvitationRow>,
) -> Result<InvitationRow, Failure> {
    if !power.is_all() {
        let user = row.as_ref().map(|row| users::find(connection, &row.user_id)).transpose()?.flatten();
        power.check_person(connection, user.as_ref())?;
    }
    row.ok_or_else(unknown)
}

/// One of them.
pub async fn find(engine: &Engine, power: Power, id: &str) -> Result<InvitationRow, Failure> {
    let token = token_of(id);
    engine.transact(move |connection| check(connection, &power, invitations::find(connection, &token)?)).await
}

/// Marks one as used, or as not used after all.
pub async fn update(
    engine: &Engine,
    actor: Actor,
    power: Power,
    id: &str,
    is_accepted: bool,
) -> Result<InvitationRow, Failure> {
    let token = token_of(id);
    let now = engine.now().ms();
    engine
        .transact(move |connection| {
            let mut row = check(connection, &power, invitations::find(connection, &token)?)?;
            let before = row.shown();
            if row.is_accepted != is_accepted {
                row.accepted_at = is_accepted.then_some(now);
            }
            row.is_accepted = is_accepted;
            row.updated_by.clone_from(&actor.name);
            row.updated_at = now;
            row.put(connection)?;
            let object = ("invitation", row.id.as_str());
            audit::record(connection, &actor, Action::Updated, object, Some(before), Some(row.shown()))?;
            Ok(row)
        })
        .await
}

/// Takes one back.
pub async fn remove(engine: &Engine, actor: Actor, power: Power, id: &str) -> Result<InvitationRow, Failure> {
    let token = token_of(id);
    engine
        .transact(move |connection| {
            let row = check(connection, &power, invitations::find(connection, &token)?)?;
            invitations::remove(connection, &token)?;
            let object = ("invitation", row.id.as_str());
            audit::record(connection, &actor, Action::Deleted, object, Some(row.shown()), None)?;
            Ok(row)
        })
        .await
}
