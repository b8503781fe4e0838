//! Deployments: LiteLLM's models. `check` knows what makes sense and what a team's administrator may not, `change` how new
//! parameters are laid over the old ones, `access` the names that model groups have in common, `public` which of them
//! everybody may see.

pub mod access;
mod change;
mod check;
pub mod public;

use std::collections::HashSet;
use std::sync::PoisonError;

pub use change::Change;
use postern_secrets::Secret;
use postern_store::Connection;
use postern_store::table::models::{self, ModelRow};
use serde_json::{Map, Value, json};

use super::audit::{self, Action, Actor, Shown};
use crate::auth::permissions::Authority;
use crate::clock;
use crate::config::{self, LitellmParams};
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::snapshot::{DEMO, model_credential};

/// What stands in the place of a value that is not shown.
pub const HIDDEN: &str = "*****";

/// A deployment to be added.
pub struct NewModel {
    pub model_name: String,
    pub params: LitellmParams,
    pub info: Map<String, Value>,
}

/// What `model_info` says of a stored deployment.
pub fn info_of(row: &ModelRow) -> Map<String, Value> {
    serde_json::from_str(&row.info).unwrap_or_default()
}

/// The team whose model it is; `None`: everybody's.
pub fn team_of(info: &Map<String, Value>) -> Option<&str> {
    info.get("team_id")?.as_str().filter(|team| !team.is_empty())
}

/// Whether the vault has a credential for it.
fn has_credential(row: &ModelRow) -> bool {
    row.params.contains("\"has_credential\"")
}

/// Its parameters as answers and logs show them. What is sent with every request may be anybody's secret: only the names of
/// it are told, unless `whole`.
pub fn shown_params(stored: &str, whole: bool) -> Value {
    let mut params: Map<String, Value> = serde_json::from_str(stored).unwrap_or_default();
    params.remove("has_credential");
    if !whole {
        for name in ["extra_headers", "extra_body"] {
            let members = params.get_mut(name).and_then(Value::as_object_mut);
            for value in members.into_iter().flat_map(|members| members.values_mut()) {
                *value = json!(HIDDEN);
            }
        }
    }
    Value::Object(params)
}

/// The row as the log shows it; `credential` says what became of its credential.
fn shown(row: &ModelRow, credential: &str) -> Shown {
    let mut shown = row.shown();
    shown.remove("params");
    shown.remove("info");
    shown.insert("litellm_params".into(), shown_params(&row.params, false));
    shown.insert("model_info".into(), Value::Object(info_of(row)));
    shown.insert("credential".into(), credential.into());
    shown
}

fn kept(row: &ModelRow) -> &'static str {
    if has_credential(row) { "stored" } else { "none" }
}

/// There is no deployment of that id.
pub fn unknown(id: &str) -> Failure {
    let shown: String = id.chars().filter(|character| !character.is_control()).take(100).collect();
    Failure::not_found("model_not_found", format!("Model with id={shown} not found in db")).with_param("id")
}

/// The stored deployment of that id. What stands elsewhere is changed elsewhere.
async fn existing(engine: &Engine, authority: &Authority, id: &str) -> Result<ModelRow, Failure> {
    let wanted = id.to_owned();
    let found = engine.read(move |connection| models::find(connection, &wanted)).await?;
    if let Some(row) = found {
        check::reach(engine, authority, &info_of(&row))?;
        Ok(row)
    } else {
        // Nobody else is told what there is.
        check::reach(engine, authority, &Map::new())?;
        let config = engine.config.load();
        if config::config_ids(&config.models).iter().any(|known| known == id) {
            return Err(in_config_file(&format!("the deployment {id}")).with_param("id"));
        }
        if id == DEMO {
            let message = "the built-in model cannot be changed or removed";
            return Err(Failure::conflict("built_in_model", message).with_param("id"));
        }
        Err(unknown(id))
    }
}

/// What is written in the file is changed there.
fn in_config_file(what: &str) -> Failure {
    let message = format!("{what} stands in the configuration file: change it there");
    Failure::conflict("model_in_config_file", message)
}

/// Adds a deployment to a model group. Its key goes to the vault.
pub async fn add(engine: &Engine, authority: &Authority, new: NewModel) -> Result<ModelRow, Failure> {
    let NewModel { model_name, mut params, mut info } = new;
    check::reach(engine, authority, &info)?;
    let id = check::given_id(&mut info)?;
    check::name(&model_name)?;
    check::info(&mut info)?;
    check::params(engine, &model_name, &mut params)?;
    let key = params.api_key.take();
    if !authority.is_administrator() {
        if key.is_none()
            && check::prices(&params, &info) != check::prices(&LitellmParams::default(), &Map::new())
        {
            return Err(check::prices_of_others());
        }
        check::may_ask(engine, &info, &params, key.is_some())?;
    }
    let _one_at_a_time = engine.editing.lock().await;
    let snapshot = engine.snapshot.load_full();
    let configured = snapshot.every_group().chain(snapshot.wildcard_groups());
    if id == DEMO || configured.flat_map(|group| &group.deployments).any(|known| known.id == id) {
        return Err(id_taken(&id));
    }
    let wanted = id.clone();
    if engine.read(move |connection| models::find(connection, &wanted)).await?.is_some() {
        return Err(id_taken(&id));
    }
    let now = clock::now_ms();
    let actor = Actor::of(authority);
    let row = ModelRow {
        params: stored(&params, key.is_some())?,
        info: Value::Object(info).to_string(),
        created_by: actor.name.clone(),
        created_at: now,
        updated_at: now,
        id,
        model_name,
    };
    let is_given = key.is_some();
    if let Some(key) = key {
        engine.store_credential(&model_credential(&row.id), key).await?;
    }
    let written = row.clone();
    let put = engine.transact(move |connection| {
        check::team(connection, &info_of(&written))?;
        written.insert(connection)?;
        let after = shown(&written, kept(&written));
        audit::record(connection, &actor, Action::Created, ("model", &written.id), None, Some(after))
    });
    if let Err(failure) = put.await {
        if is_given {
            engine.remove_credential(&model_credential(&row.id)).await;
        }
        return Err(failure);
    }
    engine.changed(&[Topic::Models]).await?;
    Ok(row)
}

fn id_taken(id: &str) -> Failure {
    Failure::conflict("model_exists", format!("a deployment with the id {id} exists already"))
        .with_param("model_info.id")
}

/// Parameters as they are stored: without the credential, but with a word that there is one.
fn stored(params: &LitellmParams, has_credential: bool) -> Result<String, Failure> {
    let mut stored = serde_json::to_value(params).map_err(|error| Failure::internal(error.to_string()))?;
    if has_credential {
        stored["has_credential"] = Value::Bool(true);
    }
    Ok(stored.to_string())
}

/// Changes a deployment.
pub async fn change(
    engine: &Engine,
    authority: &Authority,
    id: &str,
    change: Change,
) -> Result<ModelRow, Failure> {
    let _one_at_a_time = engine.editing.lock().await;
    let before = existing(engine, authority, id).await?;
    let changed = change.over(&before)?;
    let mut info = changed.info;
    let mut params = changed.params;
    check::reach(engine, authority, &info)?;
    check::name(&changed.model_name)?;
    check::info(&mut info)?;
    check::params(engine, &changed.model_name, &mut params)?;
    let key = params.api_key.take();
    let keeps = key.is_none() && has_credential(&before) && !changed.clears_credential;
    let earlier = change::params_of(&before)?;
    let is_elsewhere = check::place(engine, &params) != check::place(engine, &earlier);
    if !authority.is_administrator() {
        if keeps && is_elsewhere {
            return Err(check::credential_elsewhere());
        }
        if key.is_none() && check::prices(&params, &info) != check::prices(&earlier, &info_of(&before)) {
            return Err(check::prices_of_others());
        }
        check::may_ask(engine, &info, &params, key.is_some() || keeps)?;
    }
    let actor = Actor::of(authority);
    info.insert("updated_by".into(), actor.name.clone().into());
    let row = ModelRow {
        id: before.id.clone(),
        model_name: changed.model_name,
        params: stored(&params, key.is_some() || keeps)?,
        info: Value::Object(info).to_string(),
        created_by: before.created_by.clone(),
        created_at: before.created_at,
        updated_at: clock::now_ms().max(before.updated_at + 1),
    };
    let is_given = key.is_some();
    let former = match key {
        Some(key) => Some(replace_credential(engine, &row.id, key).await?),
        None => None,
    };
    let (was, written) = (before.clone(), row.clone());
    let put = engine.transact(move |connection| {
        check::team(connection, &info_of(&written))?;
        written.put(connection)?;
        let credential = if is_given { "replaced" } else { kept(&written) };
        let (earlier, after) = (shown(&was, kept(&was)), shown(&written, credential));
        let object = ("model", written.id.as_str());
        audit::record(connection, &actor, Action::Updated, object, Some(earlier), Some(after))
    });
    if let Err(failure) = put.await {
        if let Some(former) = former {
            put_back(engine, &row.id, former).await;
        }
        return Err(failure);
    }
    if !has_credential(&row) && has_credential(&before) {
        engine.remove_credential(&model_credential(&row.id)).await;
    }
    if is_given || is_elsewhere {
        forget(engine, &row.id);
    }
    engine.changed(&[Topic::Models]).await?;
    Ok(row)
}

/// The credential that was there before, if any.
async fn replace_credential(engine: &Engine, id: &str, key: Secret) -> Result<Option<Secret>, Failure> {
    let name = model_credential(id);
    let asked = name.clone();
    let former = engine.with_vault(move |vault| vault.get(&asked)).await?;
    engine.store_credential(&name, key).await?;
    Ok(former)
}

async fn put_back(engine: &Engine, id: &str, former: Option<Secret>) {
    let name = model_credential(id);
    match former {
        None => engine.remove_credential(&name).await,
        Some(former) => {
            if let Err(failure) = engine.store_credential(&name, former).await {
                tracing::error!(name, reason = failure.error.message, "a credential was lost");
            }
        }
    }
}

/// What was learned of it is of another credential or address.
fn forget(engine: &Engine, id: &str) {
    engine.forget_refusal(id);
    for condition in engine.conditions.all() {
        let rest = condition.id().strip_prefix(id);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['#', '/'])) {
            engine.conditions.forget(condition.id());
        }
    }
}

/// Removes a deployment with its credential.
pub async fn remove(engine: &Engine, authority: &Authority, id: &str) -> Result<ModelRow, Failure> {
    let _one_at_a_time = engine.editing.lock().await;
    let row = existing(engine, authority, id).await?;
    discard(engine, Actor::of(authority), id).await?;
    engine.changed(&[Topic::Models]).await?;
    Ok(row)
}

/// Removes a deployment without a look at who wants it; false when there is none of that id. The caller holds the lock of
/// changes, and rebuilds.
pub(super) async fn discard(engine: &Engine, actor: Actor, id: &str) -> Result<bool, Failure> {
    let wanted = id.to_owned();
    let removed = engine.transact(move |connection| discard_row(connection, &actor, &wanted)).await?;
    if removed {
        engine.remove_credential(&model_credential(id)).await;
        forget(engine, id);
    }
    Ok(removed)
}

/// Removes the models of a team inside of the transaction in which the team goes; [`settle`] does the rest afterwards.
pub(super) fn discard_of_team(connection: &Connection, actor: &Actor, team: &str) -> Result<(), Failure> {
    for row in models::all(connection)? {
        if team_of(&info_of(&row)) == Some(team) {
            discard_row(connection, actor, &row.id)?;
        }
    }
    Ok(())
}

/// Forgets the credentials of models that went with their teams, and puts in force that they are gone.
pub(super) async fn settle(engine: &Engine) -> Result<(), Failure> {
    let _one_at_a_time = engine.editing.lock().await;
    let snapshot = engine.snapshot.load_full();
    if snapshot.teams.is_empty() {
        return Ok(());
    }
    let rows = engine.read(models::all).await?;
    let stored: HashSet<String> = rows.iter().map(|row| model_credential(&row.id)).collect();
    let known: Vec<String> = {
        let credentials = engine.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        credentials.keys().filter(|name| name.starts_with(&model_credential(""))).cloned().collect()
    };
    for name in known.into_iter().filter(|name| !stored.contains(name)) {
        engine.remove_credential(&name).await;
        forget(engine, name.trim_start_matches(&model_credential("")));
    }
    engine.changed(&[Topic::Models]).await
}

fn discard_row(connection: &Connection, actor: &Actor, id: &str) -> Result<bool, Failure> {
    let Some(row) = models::find(connection, id)? else { return Ok(false) };
    models::remove(connection, id)?;
    let before = shown(&row, kept(&row));
    audit::record(connection, actor, Action::Deleted, ("model", id), Some(before), None)?;
    Ok(true)
}
