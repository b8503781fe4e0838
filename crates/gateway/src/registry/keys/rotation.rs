//! Keys that are rotated by themselves. The new secret has to reach somebody: it waits in the vault until whoever may hold the
//! key fetches it, once, and the old one is taken for a while (`key_rotation_grace`).

use std::time::Duration;

use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::keys::{self, KeyRow};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::issue::{Named, made};
use super::rotate::turn;
use super::{Asking, grants};
use crate::clock;
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::{Event, Topic};
use crate::ids;
use crate::registry::audit::{self, Action, Actor};
use crate::registry::limited::Now;

/// The vault's name of the secret that waits for whoever may hold a key.
fn waiting(id: Uuid) -> String {
    format!("key/{id}")
}

/// Rotates the keys whose time has come.
pub async fn run(engine: &Engine) {
    let now = clock::now_ms();
    let directory = engine.directory.load_full();
    let due = directory.keys().filter(|key| key.rotate_at.is_some_and(|at| at <= now));
    let due: Vec<Uuid> = due.map(|key| key.id).collect();
    for id in due {
        if let Err(failure) = rotate(engine, id, directory.rules.rotation_grace).await {
            let reason = failure.error.message;
            tracing::warn!(key = %id, reason, "a key could not be rotated; it stays as it is, and is tried again");
        }
    }
}

async fn rotate(engine: &Engine, id: Uuid, grace: Duration) -> Result<(), Failure> {
    let Some(row) = engine.read(move |connection| keys::find_by_id(connection, id)).await? else {
        return Ok(());
    };
    let now = engine.now();
    if !is_due(&row, &now) {
        return Ok(());
    }
    let secret = made()?;
    let named = Named::of(&secret);
    // First the vault: a key whose new secret nobody has would be lost.
    engine.with_vault(move |vault| vault.put(&waiting(id), &secret)).await?;
    let until = now.ms().saturating_add(i64::try_from(grace.as_millis()).unwrap_or(i64::MAX));
    let done = engine.transact(move |connection| write(connection, id, named, until, &now)).await;
    match done {
        Ok(Some(row)) => {
            engine.refresh(vec![Change::Key(id)], &[Topic::Keys]).await?;
            let label = row.key_alias.unwrap_or(row.key_name);
            tracing::info!(key = label, "a key was rotated; its new secret waits at /key/rotated");
            engine.events.publish(Event::KeyRotated { key_id: id, label, previous_until: until });
            Ok(())
        }
        // What waits is nobody's: it was never the key's.
        Ok(None) => take_back(engine, id).await,
        Err(failure) => take_back(engine, id).await.and(Err(failure)),
    }
}

fn is_due(row: &KeyRow, now: &Now) -> bool {
    row.auto_rotate
        && !row.blocked
        && row.rotate_at.is_some_and(|at| at <= now.ms())
        && row.expires_at.is_none_or(|at| at > now.ms())
}

fn write(
    connection: &Connection,
    id: Uuid,
    named: Named,
    until: i64,
    now: &Now,
) -> Result<Option<KeyRow>, Failure> {
    let Some(before) = keys::find_by_id(connection, id)?.filter(|row| is_due(row, now)) else {
        return Ok(None);
    };
    let actor = Actor::gateway();
    let mut row = before.clone();
    turn(&mut row, named, Some(until), now)?;
    row.updated_by.clone_from(&actor.name);
    row.updated_at = now.ms();
    row.put(connection)?;
    let object = ("key", &*id.to_string());
    audit::record(connection, &actor, Action::Rotated, object, Some(before.shown()), Some(row.shown()))?;
    Ok(Some(row))
}

async fn take_back(engine: &Engine, id: Uuid) -> Result<(), Failure> {
    engine.with_vault(move |vault| vault.remove(&waiting(id))).await
}

/// Forgets what waits for a key that is revoked, or that somebody rotated. A vault that cannot be reached keeps it, and it is
/// good for nothing.
pub(in crate::registry) async fn forget(engine: &Engine, row: &KeyRow) {
    if row.rotation_interval.is_some()
        && let Err(failure) = take_back(engine, row.id).await
    {
        tracing::warn!(key = %row.id, reason = failure.error.message, "a key's old secret stays in the vault");
    }
}

/// The new secret of a key that was rotated by itself: given once, and forgotten here.
pub async fn fetch(engine: &Engine, asking: Asking, key: String) -> Result<(Secret, KeyRow), Failure> {
    // Two who ask at once must not both have it.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _one_at_a_time = ONE_AT_A_TIME.lock().await;
    let row = engine
        .transact(move |connection| {
            let row = asking.find(connection, &key)?;
            let mut held = row.clone();
            grants::speak_for_models_alone(&asking, None, &mut held)?;
            if held.allowed_routes != row.allowed_routes {
                let message = "Authentication Error, this key speaks for another person: only they, or a proxy admin, may fetch it";
                return Err(Failure::forbidden("not_yours", message).with_type("auth_error").with_param("key"));
            }
            grants::check_held(connection, &asking, &row)?;
            Ok(row)
        })
        .await?;
    let id = row.id;
    let found = engine.with_vault(move |vault| vault.get(&waiting(id))).await?;
    let is_current = |secret: &Secret| {
        let hash = ids::hash_key(secret.expose());
        ids::parse_hex(&row.token).is_some_and(|known| bool::from(known.ct_eq(&hash)))
    };
    let Some(secret) = found.filter(is_current) else {
        let message = "no new secret waits for this key: it was not rotated by itself, or somebody fetched it; /key/regenerate makes another";
        return Err(Failure::not_found("nothing_waits", message)
            .with_type("not_found_error")
            .with_param("key"));
    };
    take_back(engine, id).await?;
    Ok((secret, row))
}
