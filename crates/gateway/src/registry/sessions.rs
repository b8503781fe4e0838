//! Sessions of the console: virtual keys that signing in makes and signing out revokes. A browser uses one as it would any
//! other key, so that what somebody may do is said in one place.

use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::LimitColumns;
use postern_store::table::keys::{self, KeyRow};
use postern_store::table::users::{self, UserRow};
use uuid::Uuid;

use crate::auth::Caller;
use crate::clock;
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;
use crate::registry::audit::Actor;

/// Sessions of one user at a time; another ends the oldest.
const MOST: usize = 50;

/// Somebody who is signed in.
pub struct Session {
    /// Shown once and kept nowhere.
    pub key: Secret,
    pub row: KeyRow,
    pub user: UserRow,
}

/// Opens a session of a user, as they are now.
pub async fn open(engine: &Engine, user_id: String) -> Result<Session, Failure> {
    let key =
        ids::new_key().map_err(|error| Failure::internal(format!("no random numbers for a key: {error}")))?;
    let rules = engine.directory.load().rules.clone();
    let now = clock::now_ms();
    let lasting = i64::try_from(rules.session.as_millis()).unwrap_or(i64::MAX);
    let mut row = KeyRow {
        id: ids::new_id(),
        token: ids::hex(&ids::hash_key(key.expose())),
        key_name: ids::key_name(key.expose()),
        is_session: true,
        expires_at: Some(now.saturating_add(lasting)),
        limits: LimitColumns {
            max_budget_nanos: rules.session_budget_nanos,
            budget_started_at: now,
            ..LimitColumns::default()
        },
        created_at: now,
        updated_at: now,
        ..KeyRow::default()
    };
    let (row, user, mut changes) = engine
        .transact(move |connection| {
            let user = users::find(connection, &user_id)?.ok_or_else(gone)?;
            check_open(&user)?;
            row.user_id = Some(user.user_id.clone());
            row.created_by.clone_from(&user.user_id);
            row.updated_by.clone_from(&user.user_id);
            let ended = end_old(connection, &user.user_id, now)?;
            row.insert(connection)?;
            Ok((row, user, ended))
        })
        .await?;
    changes.push(Change::Key(row.id));
    engine.refresh(changes, &[Topic::Keys]).await?;
    tracing::info!(user = user.user_id, key = row.key_name, "signed in to the console");
    Ok(Session { key, row, user })
}

/// Refuses who may not sign in at all.
pub fn check_open(user: &UserRow) -> Result<(), Failure> {
    if !user.blocked {
        return Ok(());
    }
    let message = "this account is blocked; ask whoever administers this gateway";
    Err(Failure::forbidden("user_blocked", message).with_type("auth_error"))
}

fn gone() -> Failure {
    Failure::forbidden("user_unknown", "this account does not exist any more").with_type("auth_error")
}

/// Takes away what has ended by itself, and the oldest beyond the number that there may be.
fn end_old(connection: &Connection, user_id: &str, now: i64) -> Result<Vec<Change>, Failure> {
    let known = keys::sessions_of(connection, user_id)?;
    let (over, running): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|row| row.expires_at.is_some_and(|end| end <= now));
    let too_many = (running.len() + 1).saturating_sub(MOST);
    let mut changes = Vec::new();
    for row in over.into_iter().chain(running.into_iter().take(too_many)) {
        keys::end_session(connection, row.id, user_id, now)?;
        changes.push(Change::Key(row.id));
    }
    Ok(changes)
}

/// Ends the session that the caller uses; false if it is none.
pub async fn close(engine: &Engine, caller: &Caller) -> Result<bool, Failure> {
    let Some(key) = caller.key().filter(|key| key.is_session) else { return Ok(false) };
    let (id, name, now) = (key.id, caller.name(), clock::now_ms());
    engine
        .transact(move |connection| Ok::<_, Failure>(keys::end_session(connection, id, &name, now)?))
        .await?;
    engine.refresh(vec![Change::Key(id)], &[Topic::Keys]).await?;
    Ok(true)
}

/// Takes away the keys of sessions that are over.
pub async fn prune(engine: &Engine) -> Result<(), Failure> {
    let now = clock::now_ms();
    let over: Vec<Uuid> = {
        let directory = engine.directory.load();
        let sessions = directory.keys().filter(|key| key.is_session);
        sessions.filter(|key| key.expires_at.is_some_and(|at| at <= now)).map(|key| key.id).collect()
    };
    if over.is_empty() {
        return Ok(());
    }
    let changes = over.iter().copied().map(Change::Key).collect();
    engine
        .transact(move |connection| {
            let by = Actor::gateway().name;
            over.iter().try_for_each(|id| Ok(keys::end_session(connection, *id, &by, now)?))
        })
        .await?;
    engine.refresh(changes, &[]).await
}

#[cfg(test)]
mod tests;
