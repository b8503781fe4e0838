//! Model groups that everybody may see, with or without a key.

use postern_store::table::settings;
use postern_store::{Connection, SqlError};
use serde_json::json;

use super::super::audit::{self, Action, Actor, Shown};
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;

const NAME: &str = "public_model_groups";
const MOST: usize = 1000;

/// In the order in which they were named.
pub fn read(connection: &Connection) -> Result<Vec<String>, SqlError> {
    let text = settings::get(connection, NAME)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Shows these to everybody, and no others.
pub async fn set(engine: &Engine, actor: Actor, mut groups: Vec<String>) -> Result<Vec<String>, Failure> {
    if groups.len() > MOST {
        let message = format!("model_groups must name at most {MOST} model groups");
        return Err(Failure::invalid("invalid_value", message).with_param("model_groups"));
    }
    let mut seen = std::collections::HashSet::new();
    groups.retain(|name| seen.insert(name.clone()));
    let snapshot = engine.snapshot.load_full();
    let is_there = |name: &String| {
        snapshot.groups.contains_key(name) || snapshot.wildcard_groups().any(|group| group.name == *name)
    };
    if let Some(missing) = groups.iter().find(|name| !is_there(name)) {
        let message = format!("there is no model group `{missing}` that is everybody's");
        return Err(Failure::invalid("model_not_found", message).with_param("model_groups"));
    }
    let groups = engine
        .transact(move |connection| {
            let shown = |groups: &Vec<String>| Shown::from_iter([("model_groups".to_owned(), json!(groups))]);
            let before = read(connection)?;
            settings::set(connection, NAME, &json!(groups).to_string())?;
            let (earlier, after) = (Some(shown(&before)), Some(shown(&groups)));
            audit::record(connection, &actor, Action::Updated, ("setting", NAME), earlier, after)?;
            Ok::<_, Failure>(groups)
        })
        .await?;
    engine.events.publish(crate::events::Event::Stale(vec![Topic::Models]));
    Ok(groups)
}
