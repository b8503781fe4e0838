//! Configured providers: add, change, remove. `check` knows the range of every field, `keys` the credentials, `uses` who
//! would be without the provider, `trial` whether it answers.

mod check;
mod keys;
mod trial;
mod uses;

use check::{
    checked_name, checked_number, checked_timeout, checked_url, free_name, preset_spec, settings_text,
};
use keys::Plan;
use postern_secrets::Secret;
use postern_store::table::providers::{self as table, ProviderRow};
use postern_store::table::requests::Billing;
use serde::Deserialize;
use serde_json::{Value, json};
pub use trial::{ProviderTest, test, test_unsaved};
pub use uses::{Use, UseKind};
use uuid::Uuid;

use super::audit::{self, Action, Actor, Shown};
use super::conditions;
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;
use crate::providers::Settings;
use crate::registry::models;
use crate::snapshot::{further_credentials, provider_credential};

const DEFAULT_RANK: i64 = 100;

/// What may be set of a provider. What is absent stays as it is.
#[derive(Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub base_url: Option<String>,
    pub api_key: Option<Secret>,
    /// Takes the place of all credentials but the first.
    pub api_keys: Option<Vec<Secret>>,
    pub add_api_key: Option<Secret>,
    /// Credentials besides the first, by number.
    pub remove_keys: Vec<usize>,
    pub enabled: Option<bool>,
    /// What is not named stays as it is; an empty text goes back to the default.
    pub settings: Option<Settings>,
    /// Higher is asked first.
    pub priority: Option<i64>,
    pub weight: Option<i64>,
    /// Seconds; cleared, the gateway's own is in force.
    pub timeout: Edit<f64>,
    pub billing: Option<Billing>,
    /// Percent on the list's prices; less than 0: a discount.
    pub price_adjustment_percent: Option<f64>,
}

/// A change of what may also be absent: in JSON null clears it, and what is not there stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edit<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

pub async fn add(
    engine: &Engine,
    actor: Actor,
    preset: &str,
    mut change: Change,
) -> Result<ProviderRow, Failure> {
    let spec = preset_spec(preset)?;
    let _one_at_a_time = engine.editing.lock().await;
    let name = match change.name.take() {
        Some(name) => name,
        None => free_name(engine, &spec.id),
    };
    let now = clock::now_ms();
    let mut row = ProviderRow {
        id: ids::new_id(),
        number: 0,
        name: checked_name(&name)?,
        preset: spec.id.clone(),
        base_url: checked_url(spec, change.base_url.as_deref())?,
        settings: settings_text(spec, &Settings::new(), change.settings.take())?,
        enabled: change.enabled.unwrap_or(true),
        has_credential: false,
        credential_hint: None,
        last_test: None,
        priority: DEFAULT_RANK,
        weight: DEFAULT_RANK,
        timeout_ms: None,
        billing: Billing::Api,
        price_adjustment: 0,
        further_credentials: "[]".into(),
        created_at: now,
        updated_at: now,
    };
    rank(&mut row, &change)?;
    ensure_name_is_free(engine, &row)?;
    let mut plan = Plan::make(&mut row, &mut change)?;
    plan.store(engine, &row).await?;
    put(engine, actor, None, row, false).await
}

pub async fn change(
    engine: &Engine,
    actor: Actor,
    id: Uuid,
    mut change: Change,
) -> Result<ProviderRow, Failure> {
    let _one_at_a_time = engine.editing.lock().await;
    let before = existing(engine, id)?;
    let mut row = before.clone();
    let spec = preset_spec(&row.preset)?;
    if let Some(name) = change.name.take() {
        row.name = checked_name(&name)?;
        ensure_name_is_free(engine, &row)?;
    }
    if row.name != before.name {
        let used_by = uses::lost(engine, id, Some(&row.name)).await?;
        if !used_by.is_empty() {
            return Err(in_use(&before.name, "renamed", &used_by).with_param("name"));
        }
    }
    if let Some(url) = change.base_url.take() {
        row.base_url = checked_url(spec, Some(&url))?;
    }
    if change.settings.is_some() {
        let known = serde_json::from_str(&row.settings).unwrap_or_default();
        row.settings = settings_text(spec, &known, change.settings.take())?;
    }
    rank(&mut row, &change)?;
    row.enabled = change.enabled.unwrap_or(row.enabled);
    let mut plan = Plan::make(&mut row, &mut change)?;
    let is_another = !plan.is_empty() || row.base_url != before.base_url || row.settings != before.settings;
    if is_another {
        row.last_test = None;
    }
    // Later than before even within a millisecond, so that a test that began before knows.
    row.updated_at = clock::now_ms().max(before.updated_at + 1);
    let has_new_key = plan.puts();
    plan.store(engine, &row).await?;
    let row = put(engine, actor, Some(&before), row, has_new_key).await?;
    plan.discard(engine, &row).await;
    if is_another {
        engine.forget_refusal(&id.to_string());
        conditions::forget(engine, &before);
    }
    Ok(row)
}

/// Removes a provider with its credentials; with `cascade` the stored deployments that use it, too. The ids of those are
/// the answer.
pub async fn remove(engine: &Engine, actor: Actor, id: Uuid, cascade: bool) -> Result<Vec<String>, Failure> {
    let _one_at_a_time = engine.editing.lock().await;
    let row = existing(engine, id)?;
    let used_by = uses::lost(engine, id, None).await?;
    let is_in_the_way = |found: &&Use| !(cascade && found.may_be_removed());
    let in_the_way: Vec<Use> = used_by.iter().filter(is_in_the_way).cloned().collect();
    if !in_the_way.is_empty() {
        return Err(in_use(&row.name, "removed", &in_the_way));
    }
    let mut removed = Vec::with_capacity(used_by.len());
    for found in used_by {
        if models::discard(engine, actor.clone(), &found.name).await? {
            removed.push(found.name);
        }
    }
    let before = shown(&row, false);
    engine
        .transact(move |connection| {
            table::remove(connection, id)?;
            let object = id.to_string();
            audit::record(connection, &actor, Action::Deleted, ("provider", &object), Some(before), None)
        })
        .await?;
    engine.remove_credential(&provider_credential(id, 1)).await;
    for credential in further_credentials(&row) {
        engine.remove_credential(&provider_credential(id, credential.number)).await;
    }
    engine.forget_refusal(&id.to_string());
    conditions::forget(engine, &row);
    put_in_force(engine).await?;
    Ok(removed)
}

fn rank(row: &mut ProviderRow, change: &Change) -> Result<(), Failure> {
    if let Some(priority) = change.priority {
        row.priority = checked_number("priority", priority)?;
    }
    if let Some(weight) = change.weight {
        row.weight = checked_number("weight", weight)?;
    }
    if let Some(billing) = change.billing {
        row.billing = billing;
    }
    if let Some(percent) = change.price_adjustment_percent {
        if !(-100.0..=1000.0).contains(&percent) {
            let message = "price_adjustment_percent must be from -100 to 1000";
            return Err(Failure::invalid("invalid_price", message).with_param("price_adjustment_percent"));
        }
        row.price_adjustment = (percent * 100.0).round() as i64;
    }
    match change.timeout {
        Edit::Keep => {}
        Edit::Clear => row.timeout_ms = None,
        Edit::Set(seconds) => row.timeout_ms = Some(checked_timeout(seconds)?),
    }
    Ok(())
}

fn in_use(name: &str, what: &str, used_by: &[Use]) -> Failure {
    let told = used_by.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let advice = match (what, used_by.iter().all(Use::may_be_removed)) {
        ("removed", true) => " Remove them first, or ask for `cascade=true` to remove them with it.",
        ("removed", false) => {
            " What stands in the configuration file is changed there; switching the provider off is always possible."
        }
        _ => " Change them first.",
    };
    let message =
        format!("the provider {name} is in use and cannot be {what}. It is used by: {told}.{advice}");
    Failure::conflict("provider_in_use", message).with_details(json!({"used_by": used_by}))
}

/// The row of a provider that a person configured.
fn existing(engine: &Engine, id: Uuid) -> Result<ProviderRow, Failure> {
    match engine.snapshot.load().provider(id) {
        Some(provider) if provider.built_in => Err(built_in()),
        Some(provider) => Ok(provider.row.clone()),
        None => Err(unknown(id)),
    }
}

pub fn built_in() -> Failure {
    Failure::invalid("built_in_provider", "the built-in demo provider cannot be changed or removed")
}

/// There is no provider of that id, number or name.
pub fn unknown(id: impl std::fmt::Display) -> Failure {
    let shown: String =
        id.to_string().chars().filter(|character| !character.is_control()).take(100).collect();
    Failure::not_found("provider_not_found", format!("there is no provider {shown}"))
}

fn ensure_name_is_free(engine: &Engine, row: &ProviderRow) -> Result<(), Failure> {
    let taken = engine
        .snapshot
        .load()
        .providers
        .iter()
        .any(|other| other.row.name == row.name && other.row.id != row.id);
    if taken {
        return Err(name_taken(&row.name));
    }
    Ok(())
}

fn name_taken(name: &str) -> Failure {
    Failure::conflict("name_taken", format!("there is a provider named {name} already")).with_param("name")
}

/// Writes the row, and what became of it into the log.
async fn put(
    engine: &Engine,
    actor: Actor,
    before: Option<&ProviderRow>,
    row: ProviderRow,
    has_new_key: bool,
) -> Result<ProviderRow, Failure> {
    let before = before.map(|before| shown(before, false));
    let row = engine
        .transact(move |connection| {
            let number = table::put(connection, &row).map_err(|error| {
                if postern_store::is_constraint(&error) { name_taken(&row.name) } else { error.into() }
            })?;
            let row = ProviderRow { number, ..row };
            let action = if before.is_some() { Action::Updated } else { Action::Created };
            let (id, after) = (row.id.to_string(), Some(shown(&row, has_new_key)));
            audit::record(connection, &actor, action, ("provider", &id), before, after)?;
            Ok::<_, Failure>(row)
        })
        .await?;
    put_in_force(engine).await?;
    Ok(row)
}

async fn put_in_force(engine: &Engine) -> Result<(), Failure> {
    engine.changed(&[Topic::Providers, Topic::Models, Topic::Catalogue, Topic::Status]).await
}

/// The row as the log shows it: of credentials no more than the ends by which they are recognised.
fn shown(row: &ProviderRow, has_new_key: bool) -> Shown {
    let credential = match (has_new_key, row.has_credential) {
        (true, _) => "replaced",
        (false, true) => "stored",
        (false, false) => "none",
    };
    let settings: Value = serde_json::from_str(&row.settings).unwrap_or_default();
    let shown = json!({
        "number": row.number, "name": row.name, "preset": row.preset, "base_url": row.base_url,
        "enabled": row.enabled, "settings": settings, "priority": row.priority, "weight": row.weight,
        "billing": row.billing.as_str(), "price_adjustment_percent": row.price_adjustment as f64 / 100.0,
        "timeout_ms": row.timeout_ms, "credential": credential, "credential_hint": row.credential_hint,
        "further_keys": further_credentials(row),
    });
    shown.as_object().cloned().unwrap_or_default()
}
