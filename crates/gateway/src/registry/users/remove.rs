//! Removing people, with what is theirs: keys, invitations, places in teams and organizations. What they spent stays in the
//! ledger under their name.

use postern_store::Connection;
use postern_store::table::keys::{self, KeyRow};
use postern_store::table::users as table;
use postern_store::table::{invitations, members};

use super::{Power, TOPICS, changes_of, keys_of, once_each, record, unknown};
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::registry::audit::{self, Action, Actor};
use crate::registry::keys::rotation;

/// Removes all of them or none; how many there were.
pub async fn remove(
    engine: &Engine,
    actor: Actor,
    power: Power,
    mut user_ids: Vec<String>,
) -> Result<usize, Failure> {
    user_ids.sort();
    user_ids.dedup();
    let count = user_ids.len();
    let now = engine.now().ms();
    let (changes, keys) = engine
        .transact(move |connection| {
            let (mut changes, mut keys) = (Vec::new(), Vec::new());
            for id in &user_ids {
                let (further, revoked) = remove_one(connection, &actor, &power, id, now)?;
                changes.extend(further);
                keys.extend(revoked);
            }
            Ok((changes, keys))
        })
        .await?;
    engine.refresh(once_each(changes), &TOPICS).await?;
    for key in &keys {
        rotation::forget(engine, key).await;
    }
    Ok(count)
}

fn remove_one(
    connection: &Connection,
    actor: &Actor,
    power: &Power,
    user_id: &str,
    now: i64,
) -> Result<(Vec<Change>, Vec<KeyRow>), Failure> {
    let found = table::find(connection, user_id)?;
    power.check_person(connection, found.as_ref())?;
    let row = found.ok_or_else(|| unknown(user_id))?;
    let keys = keys_of(connection, user_id)?;
    for key in &keys {
        keys::revoke(connection, &key.token, &actor.name, now)?;
        let id = key.id.to_string();
        audit::record(connection, actor, Action::Deleted, ("key", &id), Some(key.shown()), None)?;
    }
    let teams: Vec<String> =
        members::teams_of(connection, user_id)?.into_iter().map(|row| row.team_id).collect();
    let organizations: Vec<String> =
        members::organizations_of(connection, user_id)?.into_iter().map(|row| row.organization_id).collect();
    members::remove_everywhere(connection, user_id)?;
    invitations::remove_of_user(connection, user_id)?;
    table::remove(connection, user_id)?;
    record(connection, actor, Action::Deleted, Some(&row), None)?;
    let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
    Ok((changes_of(user_id, &teams, &organizations, &ids), keys))
}
