//! The key that somebody gets with their account: one without models or limits of its own, so that those of its user hold.

use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::keys::KeyRow;
use serde_json::Value;

use super::bounds::entries;
use super::issue::{Named, check_alias, made};
use super::{KeyFields, rules};
use crate::auth::routes;
use crate::config::Governance;
use crate::error::Failure;
use crate::ids;
use crate::registry::audit::{self, Action, Actor};
use crate::registry::limited::{Now, Said};

/// Whose key it is, and how it comes about.
pub struct First<'a> {
    pub actor: &'a Actor,
    pub user_id: &'a str,
    pub rules: &'a Governance,
    pub now: &'a Now,
    /// Whether it goes into the hands of somebody who is neither the user nor the administrator: then it is for models alone.
    pub is_held_by_another: bool,
}

/// Makes it, inside of a transaction of the caller's. The secret is given back once and kept nowhere.
pub fn first(
    connection: &Connection,
    first: &First<'_>,
    mut fields: KeyFields,
) -> Result<(Secret, KeyRow), Failure> {
    let First { actor, user_id, rules, now, is_held_by_another } = *first;
    let secret = made()?;
    let named = Named::of(&secret);
    let mut row = KeyRow {
        id: ids::new_id(),
        token: named.token,
        key_name: named.key_name,
        created_by: actor.name.clone(),
        created_at: now.ms(),
        updated_by: actor.name.clone(),
        updated_at: now.ms(),
        ..KeyRow::default()
    };
    fields.user_id = Said::Set(user_id.to_owned());
    fields.apply(connection, &mut row, None, now)?;
    check_alias(connection, &row)?;
    rules::bound(connection, rules, &mut row, now)?;
    if is_held_by_another {
        for_models_alone(&mut row)?;
    }
    row.insert(connection)?;
    let id = row.id.to_string();
    audit::record(connection, actor, Action::Created, ("key", &id), None, Some(row.shown()))?;
    Ok((secret, row))
}

fn for_models_alone(row: &mut KeyRow) -> Result<(), Failure> {
    let wanted = entries(&row.allowed_routes);
    if wanted.is_empty() {
        row.allowed_routes = Value::from(vec![routes::MODELS_ONLY]).to_string();
        return Ok(());
    }
    if wanted.iter().all(|entry| routes::is_for_models(entry)) {
        return Ok(());
    }
    let message = "Authentication Error, allowed_routes: a key that speaks for another person may call models only (`llm_api_routes`)";
    Err(Failure::forbidden("beyond_own", message).with_type("auth_error").with_param("allowed_routes"))
}
