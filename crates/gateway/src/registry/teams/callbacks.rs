//! Where a team's requests are to be told besides the ledger: names of logging callbacks with their settings. Settings that are
//! secrets are in the vault, under the team's name; the row says only that there are some.

use std::collections::BTreeMap;

use postern_secrets::Secret;
use postern_store::table::teams::{self, TeamRow};
use serde::{Deserialize, Serialize};

use super::{change, unknown};
use crate::engine::Engine;
use crate::error::Failure;
use crate::registry::audit::{Action, Actor};
use crate::registry::budgets::check_id;

/// What of a team's requests a callback is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallbackType {
    Success,
    Failure,
    #[default]
    SuccessAndFailure,
}

impl CallbackType {
    pub fn tells_success(self) -> bool {
        self != Self::Failure
    }

    pub fn tells_failure(self) -> bool {
        self != Self::Success
    }
}

/// A callback as the row has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    pub name: String,
    #[serde(default)]
    pub kind: CallbackType,
    /// `None`: in the vault.
    #[serde(default)]
    pub settings: BTreeMap<String, Option<String>>,
}

/// The settings that callbacks may have, as LiteLLM knows them, and which of them are secrets.
const SETTINGS: [(&str, bool); 22] = [
    ("langfuse_public_key", false),
    ("langfuse_secret", true),
    ("langfuse_secret_key", true),
    ("langfuse_host", false),
    ("langfuse_prompt_version", false),
    ("gcs_bucket_name", false),
    ("gcs_path_service_account", true),
    ("langsmith_api_key", true),
    ("langsmith_project", false),
    ("langsmith_base_url", false),
    ("langsmith_sampling_rate", false),
    ("humanloop_api_key", true),
    ("arize_api_key", true),
    ("arize_space_key", true),
    ("arize_space_id", false),
    ("posthog_api_key", true),
    ("posthog_host", false),
    ("braintrust_api_key", true),
    ("braintrust_project_id", false),
    ("braintrust_host", false),
    ("slack_webhook_url", true),
    ("lunary_public_key", false),
];
/// A reference to a variable of the environment is no secret.
const REFERENCE: &str = "os.environ/";
const LONGEST_SETTING: usize = 8 * 1024;

pub fn of(row: &TeamRow) -> Vec<Callback> {
    serde_json::from_str(&row.callbacks).unwrap_or_default()
}

fn vault_name(team_id: &str, setting: &str) -> String {
    format!("team/{team_id}/callback/{setting}")
}

fn is_secret(setting: &str, value: &str) -> bool {
    SETTINGS.iter().any(|(name, secret)| *name == setting && *secret) && !value.starts_with(REFERENCE)
}

fn check(name: &str, settings: &BTreeMap<String, String>) -> Result<(), Failure> {
    check_id("callback_name", name)?;
    for (setting, value) in settings {
        if !SETTINGS.iter().any(|(known, _)| known == setting) {
            let known: Vec<&str> = SETTINGS.iter().map(|(known, _)| *known).collect();
            let message = format!("callback_vars: `{setting}` is not known; these are: {}", known.join(", "));
            let mut failure = Failure::invalid("unknown_callback_var", message).with_param("callback_vars");
            failure.error.status = 422;
            return Err(failure);
        }
        if value.len() > LONGEST_SETTING {
            let message = format!("callback_vars: `{setting}` is longer than {LONGEST_SETTING} bytes");
            return Err(Failure::invalid("invalid_callback_var", message).with_param("callback_vars"));
        }
    }
    Ok(())
}

fn put(callbacks: &mut Vec<Callback>, new: Callback, team_id: &str) -> Result<(), Failure> {
    let tells_both = |kind: CallbackType| (kind.tells_success(), kind.tells_failure());
    let Some(known) = callbacks.iter_mut().find(|known| known.name == new.name) else {
        callbacks.push(new);
        return Ok(());
    };
    let (had, wants) = (tells_both(known.kind), tells_both(new.kind));
    if (had.0 && wants.0) || (had.1 && wants.1) {
        let message = format!("callback_name = {} already exists for team_id = {team_id}", new.name);
        return Err(Failure::invalid("callback_exists", message)
            .with_type("bad_request_error")
            .with_param("callback_name"));
    }
    known.kind = CallbackType::SuccessAndFailure;
    known.settings.extend(new.settings);
    Ok(())
}

fn written(callbacks: &[Callback]) -> Result<String, Failure> {
    serde_json::to_string(callbacks).map_err(|error| Failure::internal(error.to_string()))
}

/// Adds a callback to a team.
pub async fn add(
    engine: &Engine,
    actor: Actor,
    team_id: String,
    name: String,
    kind: CallbackType,
    settings: BTreeMap<String, String>,
) -> Result<TeamRow, Failure> {
    check(&name, &settings)?;
    let id = team_id.clone();
    let known = engine.read(move |connection| teams::find(connection, &id)).await?;
    let mut callbacks = of(&known.ok_or_else(|| unknown(&team_id))?);
    let kept = |(setting, value): (&String, &String)| {
        (setting.clone(), (!is_secret(setting, value)).then(|| value.clone()))
    };
    let new = Callback { name, kind, settings: settings.iter().map(kept).collect() };
    put(&mut callbacks, new.clone(), &team_id)?;
    let secrets: Vec<(String, Secret)> = settings
        .into_iter()
        .filter(|(setting, value)| is_secret(setting, value))
        .map(|(setting, value)| (vault_name(&team_id, &setting), Secret::from(value)))
        .collect();
    if !secrets.is_empty() {
        engine
            .with_vault(move |vault| secrets.iter().try_for_each(|(name, secret)| vault.put(name, secret)))
            .await?;
    }
    change(engine, actor, team_id, Action::Updated, move |row| {
        let mut callbacks = of(row);
        put(&mut callbacks, new, &row.team_id)?;
        row.callbacks = written(&callbacks)?;
        row.logging_off = false;
        Ok(())
    })
    .await
}

/// Tells nobody any more.
pub async fn disable(engine: &Engine, actor: Actor, team_id: String) -> Result<TeamRow, Failure> {
    let id = team_id.clone();
    let before = engine.read(move |connection| teams::find(connection, &id)).await?;
    let before = before.ok_or_else(|| unknown(&team_id))?;
    let row = change(engine, actor, team_id, Action::Updated, |row| {
        "[]".clone_into(&mut row.callbacks);
        row.logging_off = true;
        Ok(())
    })
    .await?;
    forget_secrets(engine, &before).await;
    Ok(row)
}

/// Removes from the vault what a team's callbacks have there.
pub async fn forget_secrets(engine: &Engine, row: &TeamRow) {
    for callback in of(row) {
        for (setting, value) in callback.settings {
            if value.is_none() {
                engine.remove_credential(&vault_name(&row.team_id, &setting)).await;
            }
        }
    }
}
