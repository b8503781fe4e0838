//! Changing keys. Several are changed together, or none of them.

use postern_store::Connection;
use postern_store::table::keys::KeyRow;
use postern_store::table::spent::Subject;

use super::issue::check_alias;
use super::{Asking, KeyFields, bounds, grants, owners, rules};
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::registry::audit::{self, Action};

/// Changes keys, each given as itself or as its hash.
pub async fn update(
    engine: &Engine,
    asking: Asking,
    keys: Vec<String>,
    fields: KeyFields,
) -> Result<Vec<KeyRow>, Failure> {
    let (rows, changes) = engine
        .transact(move |connection| {
            let (mut rows, mut changes) = (Vec::new(), Vec::new());
            for key in keys {
                let before = asking.find(connection, &key)?;
                let (row, made) = change(connection, &asking, &before, fields.clone())?;
                put(connection, &asking, Action::Updated, &before, &row)?;
                changes.extend(made.into_iter().chain([Change::Key(row.id)]));
                rows.push(row);
            }
            Ok((rows, changes))
        })
        .await?;
    engine.refresh(changes, &[Topic::Keys, Topic::Users]).await?;
    Ok(rows)
}

/// The row as it shall be, held against all that limits it.
pub(super) fn change(
    connection: &Connection,
    asking: &Asking,
    before: &KeyRow,
    fields: KeyFields,
) -> Result<(KeyRow, Option<Change>), Failure> {
    if before.is_session {
        let message = "this key is a sign-in to the console; sign out and in again instead";
        return Err(Failure::invalid("session_key", message).with_param("key"));
    }
    let mut row = before.clone();
    fields.apply(connection, &mut row, Some(&Subject::Key(before.id)), asking.now())?;
    check_alias(connection, &row)?;
    let (home, made) = owners::settle(connection, asking, Some(before), &row)?;
    if !asking.is_administrator() {
        rules::bound(connection, &asking.directory.rules, &mut row, asking.now())?;
    }
    bounds::check(connection, Some(before), &row, &home, &asking.snapshot)?;
    grants::speak_for_models_alone(asking, Some(before), &mut row)?;
    grants::check(connection, asking, Some(before), &row)?;
    row.updated_by.clone_from(&asking.actor.name);
    row.updated_at = asking.now().ms();
    Ok((row, made))
}

/// Writes the row and what became of it.
pub(super) fn put(
    connection: &Connection,
    asking: &Asking,
    action: Action,
    before: &KeyRow,
    row: &KeyRow,
) -> Result<(), Failure> {
    row.put(connection)?;
    let object = ("key", &*row.id.to_string());
    audit::record(connection, &asking.actor, action, object, Some(before.shown()), Some(row.shown()))
}

/// Blocks or unblocks a key.
pub async fn set_blocked(
    engine: &Engine,
    asking: Asking,
    key: String,
    blocked: bool,
) -> Result<KeyRow, Failure> {
    let row = engine
        .transact(move |connection| {
            let before = asking.find(connection, &key)?;
            let mut row = KeyRow { blocked, ..before.clone() };
            row.updated_by.clone_from(&asking.actor.name);
            row.updated_at = asking.now().ms();
            let action = if blocked { Action::Blocked } else { Action::Unblocked };
            put(connection, &asking, action, &before, &row)?;
            Ok(row)
        })
        .await?;
    engine.refresh(vec![Change::Key(row.id)], &[Topic::Keys]).await?;
    Ok(row)
}
