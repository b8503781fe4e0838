//! The key that somebody gets with their account. It has no models and no limits of its own: those of its user hold.

use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::LimitColumns;
use postern_store::table::keys::{self, KeyRow};
use serde_json::{Map, Value};

use super::texts;
use crate::error::Failure;
use crate::registry::audit::{self, Action, Actor};
use crate::registry::limited::{self, Now};
use crate::{durations, ids};

/// What is said of it.
#[derive(Debug, Clone, Default)]
pub struct FirstKey {
    pub alias: Option<String>,
    /// How long it lives.
    pub duration: Option<String>,
    pub team_id: Option<String>,
    pub organization_id: Option<String>,
    /// Name to model.
    pub aliases: Map<String, Value>,
    /// Empty allows all.
    pub allowed_routes: Vec<String>,
    pub tags: Vec<String>,
}

/// Makes it, in the transaction that makes its user. The secret is returned once and kept nowhere.
pub fn first_key(
    connection: &Connection,
    actor: &Actor,
    user_id: &str,
    said: FirstKey,
    now: &Now,
) -> Result<(Secret, KeyRow), Failure> {
    let alias = said.alias.map(|alias| texts::name("key_alias", &alias)).transpose()?.flatten();
    if let Some(alias) = &alias
        && keys::find_by_alias(connection, alias)?.is_some()
    {
        let message = format!("Unique key aliases across all keys are required: '{alias}' is taken");
        return Err(Failure::invalid("key_alias_exists", message)
            .with_type("bad_request_error")
            .with_param("key_alias"));
    }
    if said.aliases.values().any(|model| !model.is_string()) {
        let message = "aliases must be an object of names and models";
        return Err(Failure::invalid("invalid_aliases", message).with_param("aliases"));
    }
    let expires_at = said.duration.map(|text| durations::after(&text, now.at)).transpose();
    let key =
        ids::new_key().map_err(|error| Failure::internal(format!("no random numbers for a key: {error}")))?;
    let row = KeyRow {
        id: ids::new_id(),
        token: ids::hex(&ids::hash_key(key.expose())),
        key_name: ids::key_name(key.expose()),
        key_alias: alias,
        user_id: Some(user_id.to_owned()),
        team_id: said.team_id,
        organization_id: said.organization_id,
        models: "[]".into(),
        metadata: "{}".into(),
        expires_at: expires_at.map_err(limited::invalid_duration("duration"))?,
        limits: LimitColumns { budget_started_at: now.ms(), ..LimitColumns::default() },
        aliases: Value::Object(said.aliases).to_string(),
        allowed_routes: Value::from(said.allowed_routes).to_string(),
        tags: Value::from(said.tags).to_string(),
        extra: "{}".into(),
        created_by: actor.name.clone(),
        created_at: now.ms(),
        updated_by: actor.name.clone(),
        updated_at: now.ms(),
        ..KeyRow::default()
    };
    row.put(connection)?;
    let id = row.id.to_string();
    audit::record(connection, actor, Action::Created, ("key", &id), None, Some(row.shown()))?;
    Ok((key, row))
}
