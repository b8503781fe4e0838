//! Who asks for something to be done with keys, and what was in force when they did.

use std::sync::Arc;

use postern_store::table::keys::{self, KeyRow};
use postern_store::{Connection, SqlError};
use uuid::Uuid;

use super::{token_of, unknown};
use crate::auth::Identity;
use crate::auth::permissions::{Authority, Thing};
use crate::directory::Directory;
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;
use crate::registry::audit::Actor;
use crate::registry::limited::Now;
use crate::registry::people::Beginning;
use crate::snapshot::{AccessGroups, Snapshot};

/// Who asks, and what was in force.
#[derive(Clone)]
pub struct Asking {
    pub authority: Authority,
    pub actor: Actor,
    pub directory: Arc<Directory>,
    pub access: Arc<AccessGroups>,
    /// What models there are, those of teams included.
    pub snapshot: Arc<Snapshot>,
    pub beginning: Beginning,
}

impl Asking {
    pub fn new(engine: &Engine, authority: &Authority) -> Self {
        let snapshot = engine.snapshot.load_full();
        Self {
            actor: Actor::of(authority),
            authority: authority.clone(),
            directory: engine.directory.load_full(),
            access: snapshot.access.clone(),
            snapshot,
            beginning: Beginning::of(engine),
        }
    }

    pub fn now(&self) -> &Now {
        &self.beginning.now
    }

    pub fn identity(&self) -> Option<&Arc<Identity>> {
        self.authority.caller.identity()
    }

    /// The user who asks.
    pub fn me(&self) -> Option<&str> {
        self.authority.caller.user_id()
    }

    pub fn is_administrator(&self) -> bool {
        self.authority.is_administrator()
    }

    pub fn reaches(&self, thing: Thing<'_>) -> bool {
        self.authority.reaches(&self.directory, thing)
    }

    pub fn check(&self, thing: Thing<'_>) -> Result<(), Failure> {
        self.authority.check(&self.directory, thing)
    }

    /// The key that is meant, if it is within reach. To whom not everything is, what does not exist looks like what is not
    /// theirs.
    pub fn find(&self, connection: &Connection, key_or_hash: &str) -> Result<KeyRow, Failure> {
        let found = resolve(connection, &self.directory, key_or_hash, self.now().ms())?;
        self.theirs(found)
    }

    /// What was found, if it is within reach.
    pub fn theirs(&self, found: Option<KeyRow>) -> Result<KeyRow, Failure> {
        match found {
            Some(row) => self.check(thing(&row)).map(|()| row),
            None => self.check(nothing()).and_then(|()| Err(unknown())),
        }
    }
}

/// A key that is nobody's.
fn nothing() -> Thing<'static> {
    Thing::Key { id: Uuid::nil(), user: None, team: None, organization: None }
}

/// A key, as permissions know it.
pub fn thing(row: &KeyRow) -> Thing<'_> {
    Thing::Key {
        id: row.id,
        user: row.user_id.as_deref(),
        team: row.team_id.as_deref(),
        organization: row.organization_id.as_deref(),
    }
}

/// The row of a key given as itself, as its hash, or, while that is taken, as what it was before it was rotated.
pub fn resolve(
    connection: &Connection,
    directory: &Directory,
    key_or_hash: &str,
    now: i64,
) -> Result<Option<KeyRow>, SqlError> {
    let token = token_of(key_or_hash);
    if let Some(row) = keys::find(connection, &token)? {
        return Ok(Some(row));
    }
    let before = ids::parse_hex(&token).and_then(|hash| {
        let key = directory.key(&hash)?;
        key.previous.filter(|previous| previous.hash == hash && previous.until > now).map(|_| key.id)
    });
    before.map_or(Ok(None), |id| keys::find_by_id(connection, id))
}
