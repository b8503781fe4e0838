//! Who changed what: written with the change itself, in its transaction, so that there is no change without a record.

use postern_store::Connection;
use postern_store::table::audit_log::AuditRow;
use serde_json::{Map, Value};

use crate::auth::permissions::Authority;
use crate::error::Failure;
use crate::{clock, ids};

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The user, the key's label, or [`ADMINISTRATOR`](crate::auth::ADMINISTRATOR); what `litellm-changed-by` says goes before it.
    pub name: String,
    /// Hash of the key that asked, where there is one.
    pub key: String,
}

impl Actor {
    pub fn of(authority: &Authority) -> Self {
        Self {
            name: authority.changed_by.clone().unwrap_or_else(|| authority.name()),
            key: authority.caller.key().map(|key| key.token()).unwrap_or_default(),
        }
    }

    /// The gateway itself, for what it does by itself.
    pub fn gateway() -> Self {
        Self { name: "postern".to_owned(), key: String::new() }
    }

    pub fn administrator() -> Self {
        Self { name: crate::auth::ADMINISTRATOR.to_owned(), key: String::new() }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Created,
    Updated,
    Deleted,
    Blocked,
    Unblocked,
    Rotated,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
            Self::Rotated => "rotated",
        }
    }
}

/// A row as the log shows it.
pub type Shown = Map<String, Value>;

/// What a change is about: `("key", id)`.
pub type Object<'a> = (&'static str, &'a str);

/// Writes a change into the log. Nothing is written where nothing changed.
pub fn record(
    connection: &Connection,
    actor: &Actor,
    action: Action,
    object: Object<'_>,
    before: Option<Shown>,
    after: Option<Shown>,
) -> Result<(), Failure> {
    let times = ["updated_at", "updated_by"];
    let same = |before: &Shown, after: &Shown| {
        before.iter().all(|(name, value)| times.contains(&name.as_str()) || after.get(name) == Some(value))
    };
    if let (Some(before), Some(after)) = (&before, &after)
        && same(before, after)
    {
        return Ok(());
    }
    let text = |shown: Option<Shown>| shown.map(|shown| Value::Object(shown).to_string());
    let row = AuditRow {
        id: ids::new_id(),
        at: clock::now_ms(),
        changed_by: actor.name.clone(),
        changed_by_api_key: actor.key.clone(),
        action: action.as_str().to_owned(),
        object_type: object.0.to_owned(),
        object_id: object.1.to_owned(),
        before: text(before),
        after: text(after),
    };
    Ok(row.insert(connection)?)
}
