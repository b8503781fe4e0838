//! Giving a key a new secret. It keeps its id, and with it its history, its limits and what it has spent.

use postern_secrets::Secret;
use postern_store::table::keys::KeyRow;

use super::change::{change, put};
use super::issue::{Named, check_free, made, own_key, taken};
use super::{Asking, KeyFields, fields, grants, rotation};
use crate::directory::Change;
use crate::durations;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::registry::audit::Action;
use crate::registry::limited::{self, Now};

/// How a key is rotated.
#[derive(Debug, Default)]
pub struct Regenerated {
    /// A key of the caller's own making.
    pub new_key: Option<Secret>,
    /// How long the old one is still taken.
    pub grace: Option<String>,
    /// What else changes with it.
    pub fields: KeyFields,
}

/// Gives a key a new secret, which is given back once.
pub async fn regenerate(
    engine: &Engine,
    asking: Asking,
    key: String,
    how: Regenerated,
) -> Result<(Secret, KeyRow), Failure> {
    let secret = match how.new_key {
        Some(own) => own_key(own).map_err(|failure| failure.with_param("new_key"))?,
        None => made()?,
    };
    let until = until(how.grace.as_deref(), asking.now())?;
    let (fields, named) = (how.fields, Named::of(&secret));
    let (row, changes) = engine
        .transact(move |connection| {
            let before = asking.find(connection, &key)?;
            let (mut row, made) = change(connection, &asking, &before, fields)?;
            grants::speak_for_models_alone(&asking, None, &mut row)?;
            grants::check_held(connection, &asking, &row)?;
            check_free(&asking, &named, Some(&before))?;
            if postern_store::table::keys::find(connection, &named.token)?.is_some() {
                return Err(taken().with_param("new_key"));
            }
            turn(&mut row, named, until, asking.now())?;
            put(connection, &asking, Action::Rotated, &before, &row)?;
            let changes: Vec<Change> = made.into_iter().chain([Change::Key(row.id)]).collect();
            Ok((row, changes))
        })
        .await?;
    engine.refresh(changes, &[Topic::Keys]).await?;
    // A secret that waits to be fetched is not this key's any more.
    rotation::forget(engine, &row).await;
    Ok((secret, row))
}

fn until(grace: Option<&str>, now: &Now) -> Result<Option<i64>, Failure> {
    match grace.map(str::trim) {
        None | Some("" | "0" | "0s") => Ok(None),
        Some(text) => {
            durations::after(text, now.at).map(Some).map_err(limited::invalid_duration("grace_period"))
        }
    }
}

/// Puts another secret into the row; what it was before is taken until `until`.
pub(super) fn turn(row: &mut KeyRow, named: Named, until: Option<i64>, now: &Now) -> Result<(), Failure> {
    let before = std::mem::replace(&mut row.token, named.token);
    row.key_name = named.key_name;
    (row.previous_token, row.previous_until) = (until.map(|_| before), until);
    row.rotation_count += 1;
    row.last_rotation_at = Some(now.ms());
    if row.auto_rotate {
        fields::schedule(row, now)?;
    }
    Ok(())
}
