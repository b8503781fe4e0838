//! People: added, changed, removed. What somebody who is not the administrator may do with them is in `power`. Who is only named
//! somewhere, and not known yet, is made in [`people`](super::people).

mod change;
mod create;
mod power;
mod remove;
mod texts;

use std::collections::BTreeSet;

pub use change::{Changed, UserChange, change, change_many};
pub use create::{Created, NewUser, Place, create, create_many};
pub(super) use create::{Hashed, Making, insert};
pub use power::Power;
pub(super) use power::is_still_theirs;
pub use remove::remove;
pub(super) use texts::check_email_is_free;

use postern_store::Connection;
use postern_store::table::keys::{self, KeyFilter};
use postern_store::table::users::UserRow;
use uuid::Uuid;

use super::audit::{self, Action, Actor};
use crate::directory::Change;
use crate::error::Failure;
use crate::events::Topic;

/// How many people are made or changed before what changed is put in force.
const AT_ONCE: usize = 100;

/// What is stale when people change.
pub(super) const TOPICS: [Topic; 4] = [Topic::Users, Topic::Keys, Topic::Teams, Topic::Organizations];

pub fn unknown(user_id: &str) -> Failure {
    Failure::not_found("user_not_found", format!("User {user_id} not found")).with_param("user_id")
}

/// Where somebody was put or changed, so that it is read again.
fn changes_of(user_id: &str, teams: &[String], organizations: &[String], keys: &[Uuid]) -> Vec<Change> {
    let user = std::iter::once(Change::User(user_id.to_owned()));
    let teams = teams.iter().cloned().map(Change::Team);
    let organizations = organizations.iter().cloned().map(Change::Organization);
    user.chain(teams).chain(organizations).chain(keys.iter().copied().map(Change::Key)).collect()
}

/// The same once each, for many people at a time.
fn once_each(changes: Vec<Change>) -> Vec<Change> {
    let mut seen = BTreeSet::new();
    changes.into_iter().filter(|change| seen.insert(format!("{change:?}"))).collect()
}

/// Every key of a user that is not revoked, sign-ins to the console included.
fn keys_of(connection: &Connection, user_id: &str) -> Result<Vec<keys::KeyRow>, Failure> {
    let filter = KeyFilter {
        user_id: Some(user_id.to_owned()),
        sessions: true,
        ascending: true,
        limit: i64::MAX,
        ..KeyFilter::default()
    };
    Ok(keys::page(connection, &filter)?)
}

/// Ends the sign-ins of somebody whose password changed, but for the one that changes it.
pub(super) fn end_sessions(
    connection: &Connection,
    actor: &Actor,
    user_id: &str,
    now: i64,
) -> Result<Vec<Uuid>, Failure> {
    let mut ended = Vec::new();
    for key in keys::sessions_of(connection, user_id)? {
        if key.token != actor.key {
            keys::revoke(connection, &key.token, &actor.name, now)?;
            ended.push(key.id);
        }
    }
    Ok(ended)
}

/// Writes a change of a user into the log. A password is not shown, but that it changed is.
pub(super) fn record(
    connection: &Connection,
    actor: &Actor,
    action: Action,
    before: Option<&UserRow>,
    after: Option<&UserRow>,
) -> Result<(), Failure> {
    let id = before.or(after).map(|row| row.user_id.clone()).unwrap_or_default();
    let hash = |row: Option<&UserRow>| row.and_then(|row| row.password_hash.clone());
    let mut shown = after.map(UserRow::shown);
    if let Some(shown) = &mut shown
        && hash(before) != hash(after)
    {
        shown.insert("password_changed".into(), true.into());
    }
    let mut earlier = before.map(UserRow::shown);
    if let (Some(earlier), Some(shown)) = (&mut earlier, &shown)
        && shown.contains_key("password_changed")
    {
        earlier.insert("password_changed".into(), false.into());
    }
    audit::record(connection, actor, action, ("user", &id), earlier, shown)
}
