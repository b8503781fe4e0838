//! Issuing keys. The secret is given back once, and only its hash is kept.

use std::collections::BTreeSet;

use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::keys::{self, KeyRow};
use serde_json::Value;

use super::{Asking, KeyFields, bounds, grants, owners, rules, thing};
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids::{self, KeyHash};
use crate::registry::audit::{self, Action};
use crate::registry::limited::Said;

/// What a new key is to be.
#[derive(Debug, Default)]
pub struct NewKey {
    /// A key of the caller's own making; must start with `sk-`.
    pub key: Option<Secret>,
    pub fields: KeyFields,
    /// Belongs to its team, and to no person.
    pub is_service: bool,
    /// The members of the request that say something.
    pub given: BTreeSet<String>,
}

/// Issues a key.
pub async fn generate(engine: &Engine, asking: Asking, new: NewKey) -> Result<(Secret, KeyRow), Failure> {
    let secret = match new.key {
        Some(own) => own_key(own)?,
        None => made()?,
    };
    let (mut fields, given, is_service) = (new.fields, new.given, new.is_service);
    let token = Named::of(&secret);
    let (row, changes) = engine
        .transact(move |connection| {
            let existing = existing(connection, &asking, &token)?;
            let mut row = begin(&asking, &token, existing.as_ref());
            if is_service {
                serve(&mut fields, &row);
            } else {
                belong_to_caller(connection, &asking, &mut fields)?;
            }
            fields.apply(connection, &mut row, None, asking.now())?;
            check_alias(connection, &row)?;
            let (home, made) = owners::settle(connection, &asking, existing.as_ref(), &row)?;
            rules::check_generation(connection, &asking, &row, &given)?;
            inherit(&asking, &home, &mut row)?;
            rules::bound(connection, &asking.directory.rules, &mut row, asking.now())?;
            bounds::check(connection, existing.as_ref(), &row, &home, &asking.snapshot)?;
            grants::speak_for_models_alone(&asking, None, &mut row)?;
            grants::check(connection, &asking, existing.as_ref(), &row)?;
            let action = if existing.is_some() { Action::Updated } else { Action::Created };
            if existing.is_some() { row.put(connection) } else { row.insert(connection) }?;
            let (id, before) = (row.id.to_string(), existing.as_ref().map(KeyRow::shown));
            audit::record(connection, &asking.actor, action, ("key", &id), before, Some(row.shown()))?;
            let changes: Vec<Change> = made.into_iter().chain([Change::Key(row.id)]).collect();
            Ok((row, changes))
        })
        .await?;
    let topics: &[Topic] = if changes.len() > 1 { &[Topic::Keys, Topic::Users] } else { &[Topic::Keys] };
    engine.refresh(changes, topics).await?;
    Ok((secret, row))
}

pub(super) fn made() -> Result<Secret, Failure> {
    ids::new_key().map_err(|error| Failure::internal(format!("no random numbers for a key: {error}")))
}

pub(super) fn own_key(key: Secret) -> Result<Secret, Failure> {
    let text = key.expose();
    if !text.starts_with("sk-") {
        return Err(Failure::invalid("invalid_key", "key must start with 'sk-'").with_param("key"));
    }
    if text.len() < 16 || text.len() > 256 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::invalid("invalid_key", "key must be 16 to 256 visible ASCII characters")
            .with_param("key"));
    }
    Ok(key)
}

/// What a row keeps of a secret.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub hash: KeyHash,
    pub token: String,
    pub key_name: String,
}

impl Named {
    pub fn of(secret: &Secret) -> Self {
        let hash = ids::hash_key(secret.expose());
        Self { hash, token: ids::hex(&hash), key_name: ids::key_name(secret.expose()) }
    }
}

/// The key that is there already under this very secret, if whoever asks may put another in its place.
fn existing(connection: &Connection, asking: &Asking, token: &Named) -> Result<Option<KeyRow>, Failure> {
    let found = keys::find(connection, &token.token)?;
    let may = |row: &KeyRow| {
        let is_own = row.user_id.is_some() && row.user_id.as_deref() == asking.me();
        !row.is_session && (asking.is_administrator() || (is_own && asking.reaches(thing(row))))
    };
    match found {
        Some(row) if may(&row) => Ok(Some(row)),
        Some(_) => Err(taken()),
        None => check_free(asking, token, None).map(|()| None),
    }
}

/// Refuses the administrator's key, and what another key was before it was rotated.
pub(super) fn check_free(asking: &Asking, token: &Named, own: Option<&KeyRow>) -> Result<(), Failure> {
    let is_admins = asking.directory.admin == Some(token.hash);
    let known = asking.directory.key(&token.hash);
    if is_admins || known.is_some_and(|known| own.is_none_or(|own| own.id != known.id)) {
        return Err(taken());
    }
    Ok(())
}

pub(super) fn taken() -> Failure {
    Failure::conflict("key_exists", "this key exists already").with_param("key")
}

pub(super) fn check_alias(connection: &Connection, row: &KeyRow) -> Result<(), Failure> {
    let Some(alias) = &row.key_alias else { return Ok(()) };
    match keys::find_by_alias(connection, alias)? {
        Some(other) if other.id != row.id => {
            let message = format!(
                "Unique key aliases across all keys are required: Key with alias '{alias}' already exists"
            );
            Err(Failure::invalid("key_alias_exists", message)
                .with_type("bad_request_error")
                .with_param("key_alias"))
        }
        _ => Ok(()),
    }
}

fn begin(asking: &Asking, token: &Named, existing: Option<&KeyRow>) -> KeyRow {
    let (now, by) = (asking.now().ms(), &asking.actor.name);
    let mut row = KeyRow {
        id: existing.map_or_else(ids::new_id, |row| row.id),
        token: token.token.clone(),
        key_name: token.key_name.clone(),
        created_by: existing.map_or(by, |row| &row.created_by).clone(),
        created_at: existing.map_or(now, |row| row.created_at),
        updated_by: by.clone(),
        updated_at: now,
        ..KeyRow::default()
    };
    if let Some(existing) = existing.filter(|_| !asking.is_administrator()) {
        // What is spent stays spent.
        row.limits.budget_started_at = existing.limits.budget_started_at;
        row.limits.spend_offset_nanos = existing.limits.spend_offset_nanos;
    }
    row
}

/// A service account is named in the metadata, as LiteLLM has it.
fn serve(fields: &mut KeyFields, row: &KeyRow) {
    let name = match &fields.alias {
        Said::Set(alias) if !alias.trim().is_empty() => alias.trim().to_owned(),
        _ => row.id.to_string(),
    };
    if !matches!(fields.metadata, Said::Set(_)) {
        fields.metadata = Said::Set(serde_json::Map::new());
    }
    if let Said::Set(metadata) = &mut fields.metadata {
        metadata.entry("service_account_id").or_insert_with(|| Value::from(name));
    }
}

/// Who is not the administrator makes keys for themselves unless they say otherwise; in a team, if they are in it.
fn belong_to_caller(connection: &Connection, asking: &Asking, fields: &mut KeyFields) -> Result<(), Failure> {
    let (Some(me), Said::Nothing | Said::Clear) = (asking.me(), &fields.user_id) else { return Ok(()) };
    if asking.is_administrator() {
        return Ok(());
    }
    let is_in = match &fields.team_id {
        Said::Set(team) if !team.is_empty() => {
            postern_store::table::members::find_in_team(connection, team, me)?.is_some()
        }
        _ => true,
    };
    if is_in {
        fields.user_id = Said::Set(me.to_owned());
    }
    Ok(())
}

/// What a team says of the keys that its members make for themselves.
fn inherit(asking: &Asking, home: &owners::Home, row: &mut KeyRow) -> Result<(), Failure> {
    let Some(team) = home.team.as_ref().filter(|_| row.user_id.is_some() && row.expires_at.is_none()) else {
        return Ok(());
    };
    let said = super::fields::object(&team.member_defaults);
    if let Some(duration) = said.get("key_duration").and_then(Value::as_str) {
        let wrong = crate::registry::limited::invalid_duration("team_member_key_duration");
        row.expires_at = Some(crate::durations::after(duration, asking.now().at).map_err(wrong)?);
    }
    Ok(())
}
