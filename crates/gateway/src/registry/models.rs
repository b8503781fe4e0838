//! Deployments: LiteLLM's models.

use postern_store::StoreError;
use postern_store::table::models::{self, ModelRow};
use serde_json::{Map, Value};

use crate::clock;
use crate::config::LitellmParams;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;
use crate::providers;
use crate::snapshot::{self, DEMO, Origin, model_credential};

const LONGEST_NAME: usize = 256;

/// Adds a deployment to a model group. Its key goes to the vault.
pub async fn add(
    engine: &Engine,
    model_name: String,
    mut params: LitellmParams,
    info: Map<String, Value>,
    created_by: &str,
) -> Result<ModelRow, Failure> {
    check(engine, &model_name, &mut params)?;
    let id = match info.get("id") {
        None | Some(Value::Null) => ids::new_id().to_string(),
        Some(Value::String(id)) if !id.is_empty() && id.len() <= LONGEST_NAME => id.clone(),
        Some(_) => {
            return Err(Failure::invalid(
                "invalid_id",
                "model_info.id must be a text of 1 to 256 characters",
            )
            .with_param("model_info.id"));
        }
    };
    let snapshot = engine.snapshot.load();
    let groups = snapshot.groups.values().chain(snapshot.wildcard_groups());
    if groups.flat_map(|group| &group.deployments).any(|known| known.id == id) {
        return Err(Failure::conflict(
            "model_exists",
            format!("a deployment with the id {id} exists already"),
        )
        .with_param("model_info.id"));
    }
    let names = info.get("access_groups").filter(|names| !names.is_null());
    let are_texts = |names: &Value| {
        names
            .as_array()
            .is_some_and(|names| names.iter().all(|name| name.as_str().is_some_and(|name| !name.is_empty())))
    };
    if names.is_some_and(|names| !are_texts(names)) {
        return Err(Failure::invalid(
            "invalid_access_groups",
            "model_info.access_groups must be a list of names",
        )
        .with_param("model_info.access_groups"));
    }
    let key = params.api_key.take();
    let now = clock::now_ms();
    let mut stored = serde_json::to_value(&params).map_err(|error| Failure::internal(error.to_string()))?;
    if key.is_some() {
        stored["has_credential"] = Value::Bool(true);
    }
    let row = ModelRow {
        id: id.clone(),
        model_name,
        params: stored.to_string(),
        info: Value::Object(info).to_string(),
        created_by: created_by.to_owned(),
        created_at: now,
        updated_at: now,
    };
    if let Some(key) = key {
        engine.store_credential(&model_credential(&id), key).await?;
    }
    let written = row.clone();
    let inserted = engine.store.write(move |connection| models::insert(connection, &written)).await;
    if let Err(error) = inserted {
        return Err(match &error {
            StoreError::Sql(sql) if postern_store::is_constraint(sql) => {
                Failure::conflict("model_exists", format!("a deployment with the id {id} exists already"))
                    .with_param("model_info.id")
            }
            _ => {
                engine.remove_credential(&model_credential(&id)).await;
                error.into()
            }
        });
    }
    engine.changed(&[Topic::Models]).await?;
    Ok(row)
}

fn check(engine: &Engine, model_name: &str, params: &mut LitellmParams) -> Result<(), Failure> {
    if model_name.trim().is_empty() || model_name.chars().count() > LONGEST_NAME {
        return Err(Failure::invalid(
            "invalid_model_name",
            "model_name must be a text of 1 to 256 characters",
        )
        .with_param("model_name"));
    }
    if model_name == DEMO {
        return Err(Failure::conflict(
            "reserved_model_name",
            "`demo` is the built-in model; choose another model_name",
        )
        .with_param("model_name"));
    }
    let is_secret = |name: &&String| {
        let name = name.to_ascii_lowercase();
        ["authorization", "cookie", "key", "token", "secret"].iter().any(|word| name.contains(word))
    };
    if let Some(name) = params.extra_headers.keys().find(is_secret) {
        // It would be stored with the model, and not in the vault.
        let message =
            format!("litellm_params.extra_headers: `{name}` looks like a credential; give it as api_key");
        return Err(
            Failure::invalid("invalid_litellm_params", message).with_param("litellm_params.extra_headers")
        );
    }
    if let Some(problem) = params.problem() {
        return Err(Failure::invalid("invalid_litellm_params", problem).with_param("litellm_params"));
    }
    params.other.remove("has_credential");
    params.other.retain(|_, value| !value.is_null());
    params.absorb_credential(false).map_err(|problem| {
        Failure::invalid("invalid_litellm_params", problem).with_param("litellm_params")
    })?;
    if let Some(name) = params.unknown().next() {
        return Err(Failure::invalid("unsupported_field", format!("litellm_params.{name} is not supported here, and ignoring it would change what the deployment does")).with_param(&format!("litellm_params.{name}")));
    }
    if let Some(base) = &params.api_base {
        let checked = providers::check_base_url(base).map_err(|problem| {
            Failure::invalid("invalid_base_url", problem).with_param("litellm_params.api_base")
        })?;
        params.api_base = Some(checked);
    }
    if model_name.contains('*') && params.model == "*" && params.other.is_empty() {
        // Whose model it is, each name says itself.
        return Ok(());
    }
    let snapshot = engine.snapshot.load();
    let Some(origin) = snapshot::origin(params, &snapshot.providers) else {
        return Err(Failure::invalid(
            "unknown_provider",
            format!(
                "litellm_params.model `{}` names no provider that is known: write it as provider/model",
                params.model
            ),
        )
        .with_param("litellm_params.model"));
    };
    check_settings(params, &origin)
}

/// What the provider is told besides a key must be something that it takes.
fn check_settings(params: &LitellmParams, origin: &Origin<'_>) -> Result<(), Failure> {
    let spec = origin.spec;
    let refuse = |name: &str, problem: String| {
        let param = format!("litellm_params.{name}");
        Err(Failure::invalid("invalid_litellm_params", format!("{param}: {problem}")).with_param(&param))
    };
    let takes = |name: &String| spec.settings.iter().any(|setting| setting.param.as_ref() == Some(name));
    if let Some((name, value)) = params.other.iter().find(|(name, value)| !takes(name) || !value.is_string())
    {
        return refuse(name, format!("{} takes no such text, and {value} would be ignored", spec.label));
    }
    let given = snapshot::given_settings(spec, params);
    let mut known = origin.provider.map(|provider| provider.settings.clone()).unwrap_or_default();
    known.extend(given);
    if let Some((setting, problem)) = providers::settings::check(&spec.settings, &known) {
        let named = spec.settings.iter().find(|spec| spec.name == setting);
        let name = named.and_then(|spec| spec.param.clone()).unwrap_or(setting);
        return refuse(&name, problem);
    }
    if let Some(problem) = params.api_key.as_ref().and_then(|key| spec.auth.problem(key, &known)) {
        return refuse("api_key", problem);
    }
    Ok(())
}

/// Removes a deployment; false when there is none of that id.
pub async fn remove(engine: &Engine, id: &str) -> Result<bool, Failure> {
    let wanted = id.to_owned();
    let removed = engine.store.write(move |connection| models::remove(connection, &wanted)).await?;
    if removed {
        engine.remove_credential(&model_credential(id)).await;
        engine.changed(&[Topic::Models]).await?;
    }
    Ok(removed)
}
