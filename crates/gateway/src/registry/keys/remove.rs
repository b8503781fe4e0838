//! Revoking keys. Their rows stay, for the ledger's sake.

use postern_store::Connection;
use postern_store::table::keys::{self, KeyRow};

use super::{Asking, resolve, rotation};
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::registry::audit::{self, Action};

/// Revokes keys, given as themselves, as hashes, or by their aliases. What the administrator names and does not exist is left
/// out; anybody else must be allowed all that they name, or nothing is done.
pub async fn delete(
    engine: &Engine,
    asking: Asking,
    named: Vec<String>,
    aliases: Vec<String>,
) -> Result<Vec<KeyRow>, Failure> {
    let revoked = engine
        .transact(move |connection| {
            let mut rows: Vec<KeyRow> = Vec::new();
            for found in found(connection, &asking, &named, &aliases)? {
                if found.is_none() && asking.is_administrator() {
                    continue;
                }
                let row = asking.theirs(found)?;
                if !rows.iter().any(|known| known.id == row.id) {
                    rows.push(row);
                }
            }
            for row in &rows {
                keys::revoke(connection, &row.token, &asking.actor.name, asking.now().ms())?;
                let object = ("key", &*row.id.to_string());
                audit::record(connection, &asking.actor, Action::Deleted, object, Some(row.shown()), None)?;
            }
            Ok(rows)
        })
        .await?;
    if revoked.is_empty() {
        return Err(Failure::not_found("key_not_found", "No keys found")
            .with_type("not_found_error")
            .with_param("keys"));
    }
    let changes = revoked.iter().map(|row| Change::Key(row.id)).collect();
    engine.refresh(changes, &[Topic::Keys]).await?;
    for row in &revoked {
        rotation::forget(engine, row).await;
    }
    Ok(revoked)
}

fn found(
    connection: &Connection,
    asking: &Asking,
    named: &[String],
    aliases: &[String],
) -> Result<Vec<Option<KeyRow>>, Failure> {
    let now = asking.now().ms();
    let by_name = named.iter().map(|key| resolve(connection, &asking.directory, key, now));
    let by_alias = aliases.iter().map(|alias| keys::find_by_alias(connection, alias));
    Ok(by_name.chain(by_alias).collect::<Result<_, _>>()?)
}
