//! Fallbacks that are set while the gateway runs. They are kept in the database and count over the file's.

use postern_store::table::settings;
use serde_json::json;

use super::audit::{self, Action, Actor, Shown};
use crate::config::FallbackKind;
use crate::engine::{Engine, FALLBACKS, stored_fallbacks};
use crate::error::Failure;
use crate::events::Topic;

const MOST_FALLBACKS: usize = 100;

/// Sets the fallbacks of a model group; true if there were some in the database before.
pub async fn set(
    engine: &Engine,
    actor: Actor,
    kind: FallbackKind,
    model: &str,
    others: Vec<String>,
) -> Result<bool, Failure> {
    check(engine, model, &others)?;
    change(engine, actor, kind, model, Some(others)).await
}

/// Removes them; false if there are none in the database.
pub async fn remove(engine: &Engine, actor: Actor, kind: FallbackKind, model: &str) -> Result<bool, Failure> {
    change(engine, actor, kind, model, None).await
}

/// True if there were some before.
async fn change(
    engine: &Engine,
    actor: Actor,
    kind: FallbackKind,
    model: &str,
    others: Option<Vec<String>>,
) -> Result<bool, Failure> {
    let model = model.to_owned();
    let had = engine
        .transact(move |connection| {
            let mut stored = stored_fallbacks(settings::get(connection, FALLBACKS)?.as_deref());
            let of_kind = stored.of_mut(kind);
            let before = match &others {
                Some(others) => of_kind.insert(model.clone(), others.clone()),
                None => of_kind.remove(&model),
            };
            let text =
                serde_json::to_string(&stored).map_err(|error| Failure::internal(error.to_string()))?;
            settings::set(connection, FALLBACKS, &text)?;
            let action = match (&before, &others) {
                (None, None) => return Ok(false),
                (None, Some(_)) => Action::Created,
                (Some(_), Some(_)) => Action::Updated,
                (Some(_), None) => Action::Deleted,
            };
            let shown = |others: &Vec<String>| {
                Shown::from_iter([
                    ("fallback_type".to_owned(), json!(kind)),
                    ("fallback_models".to_owned(), json!(others)),
                ])
            };
            let (earlier, after) = (before.as_ref().map(shown), others.as_ref().map(shown));
            audit::record(connection, &actor, action, ("fallback", &model), earlier, after)?;
            Ok::<_, Failure>(before.is_some())
        })
        .await?;
    engine.changed(&[Topic::Status, Topic::Models]).await?;
    Ok(had)
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
