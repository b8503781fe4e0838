//! Fallbacks that are set while the gateway runs. They are kept in the database and count over the file's.

use postern_store::table::settings;

use crate::config::{FallbackKind, StoredFallbacks};
use crate::engine::{Engine, FALLBACKS, stored_fallbacks};
use crate::error::Failure;
use crate::events::Topic;

const MOST_FALLBACKS: usize = 100;

/// Sets the fallbacks of a model group; true if there were some in the database before.
pub async fn set(
    engine: &Engine,
    kind: FallbackKind,
    model: &str,
    others: Vec<String>,
) -> Result<bool, Failure> {
    check(engine, model, &others)?;
    let model = model.to_owned();
    change(engine, move |stored| stored.of_mut(kind).insert(model, others).is_some()).await
}

/// Removes them; false if there are none in the database.
pub async fn remove(engine: &Engine, kind: FallbackKind, model: &str) -> Result<bool, Failure> {
    let model = model.to_owned();
    change(engine, move |stored| stored.of_mut(kind).remove(&model).is_some()).await
}

async fn change(
    engine: &Engine,
    change: impl FnOnce(&mut StoredFallbacks) -> bool + Send + 'static,
) -> Result<bool, Failure> {
    let changed = engine
        .store
        .write(move |connection| {
            let mut stored = stored_fallbacks(settings::get(connection, FALLBACKS)?.as_deref());
            let changed = change(&mut stored);
            // Lists of texts by texts: there is no such thing that JSON cannot hold.
            if let Ok(text) = serde_json::to_string(&stored) {
                settings::set(connection, FALLBACKS, &text)?;
            }
            Ok(changed)
        })
        .await?;
    engine.changed(&[Topic::Status, Topic::Models]).await?;
    Ok(changed)
}

fn check(engine: &Engine, model: &str, others: &[String]) -> Result<(), Failure> {
    let refuse =
        |code: &str, param: &str, message: String| Err(Failure::invalid(code, message).with_param(param));
    if others.is_empty() || others.len() > MOST_FALLBACKS {
        let message = format!("fallback_models must name 1 to {MOST_FALLBACKS} model groups");
        return refuse("invalid_fallback", "fallback_models", message);
    }
    if others.iter().any(|other| other == model) {
        let message = format!("fallback_models: the model group {model} cannot fall back on itself");
        return refuse("invalid_fallback", "fallback_models", message);
    }
    if let Some((_, twice)) = others.iter().enumerate().find(|(at, other)| others[..*at].contains(other)) {
        let message = format!("fallback_models names {twice} twice");
        return refuse("invalid_fallback", "fallback_models", message);
    }
    let snapshot = engine.snapshot.load();
    let unknown = |name: &str| {
        let is_pattern = || snapshot.wildcard_groups().any(|group| group.name == name);
        snapshot.resolve(name).is_err() && !is_pattern()
    };
    if model != "*" && unknown(model) {
        return refuse("model_not_found", "model", format!("model: there is no model group `{model}`"));
    }
    match others.iter().find(|other| unknown(other)) {
        Some(other) => {
            let message = format!("fallback_models: there is no model group `{other}`");
            refuse("model_not_found", "fallback_models", message)
        }
        None => Ok(()),
    }
}
