//! Access groups: names in `model_info.access_groups` that model groups have in common, by which keys are given them.

use std::collections::{BTreeMap, BTreeSet};

use postern_store::Connection;
use postern_store::table::models::{self, ModelRow};
use serde_json::{Map, Value, json};

use super::super::audit::{self, Action, Actor, Shown};
use super::super::budgets::check_id;
use super::{in_config_file, info_of, kept, shown, team_of};
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;

/// An access group: its model groups, and how many deployments carry its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessGroup {
    pub model_names: BTreeSet<String>,
    pub deployments: usize,
    /// Some of them stand in the configuration file.
    pub in_config_file: bool,
}

/// Whom it is to have. Model groups stand for all of their deployments.
#[derive(Debug, Default)]
pub struct Members {
    pub model_names: Vec<String>,
    pub model_ids: Vec<String>,
}

fn names(info: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let list = info.get("access_groups").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// All of them, of stored deployments and of the configuration file's.
pub async fn all(engine: &Engine) -> Result<BTreeMap<String, AccessGroup>, Failure> {
    let rows = engine.read(models::all).await?;
    Ok(gather(engine, &rows))
}

fn gather(engine: &Engine, rows: &[ModelRow]) -> BTreeMap<String, AccessGroup> {
    let mut found: BTreeMap<String, AccessGroup> = BTreeMap::new();
    let mut note = |info: &Map<String, Value>, model_name: &str, in_config_file: bool| {
        for name in names(info) {
            let group = found.entry(name.to_owned()).or_default();
            group.model_names.insert(model_name.to_owned());
            group.deployments += 1;
            group.in_config_file |= in_config_file;
        }
    };
    for model in &engine.config.load().models {
        note(&model.model_info, &model.model_name, true);
    }
    for row in rows {
        note(&info_of(row), &row.model_name, false);
    }
    found
}

pub fn unknown(name: &str) -> Failure {
    Failure::not_found("access_group_not_found", format!("Access group '{name}' not found"))
        .with_param("access_group")
}

/// Makes an access group of model groups. How many deployments were changed is the answer.
pub async fn create(engine: &Engine, actor: Actor, name: &str, members: Members) -> Result<usize, Failure> {
    check_id("access_group", name)?;
    let _one_at_a_time = engine.editing.lock().await;
    if all(engine).await?.contains_key(name) {
        let message = format!(
            "Access group '{name}' already exists. Use PUT /access_group/{{access_group}}/update to change it"
        );
        return Err(Failure::conflict("access_group_exists", message).with_param("access_group"));
    }
    check(engine, &members)?;
    write(engine, actor, Action::Created, name, Some(members)).await
}

/// Gives an access group these model groups and no others.
pub async fn update(engine: &Engine, actor: Actor, name: &str, members: Members) -> Result<usize, Failure> {
    let _one_at_a_time = engine.editing.lock().await;
    let Some(known) = all(engine).await?.remove(name) else { return Err(unknown(name)) };
    check(engine, &members)?;
    if known.in_config_file {
        let config = engine.config.load();
        let mut of_file =
            config.models.iter().filter(|model| names(&model.model_info).any(|known| known == name));
        if let Some(stays) = of_file.find(|model| !members.model_names.contains(&model.model_name)) {
            let what = format!("that {} belongs to the access group {name}", stays.model_name);
            return Err(in_config_file(&what).with_param("model_names"));
        }
    }
    write(engine, actor, Action::Updated, name, Some(members)).await
}

/// Takes an access group from every deployment.
pub async fn remove(engine: &Engine, actor: Actor, name: &str) -> Result<usize, Failure> {
    let _one_at_a_time = engine.editing.lock().await;
    let Some(known) = all(engine).await?.remove(name) else { return Err(unknown(name)) };
    if known.in_config_file {
        return Err(in_config_file(&format!("the access group {name}")).with_param("access_group"));
    }
    write(engine, actor, Action::Deleted, name, None).await
}

/// Model groups that there are, and whose deployments can be changed.
fn check(engine: &Engine, members: &Members) -> Result<(), Failure> {
    if members.model_names.is_empty() && members.model_ids.is_empty() {
        let message = "model_names must name at least one model group";
        return Err(Failure::invalid("missing_field", message).with_param("model_names"));
    }
    let snapshot = engine.snapshot.load();
    let config = engine.config.load();
    let is_there = |name: &String| {
        snapshot.groups.contains_key(name)
            || snapshot.switched_off.contains_key(name)
            || snapshot.wildcard_groups().any(|group| group.name == *name)
    };
    let missing: Vec<&str> =
        members.model_names.iter().filter(|name| !is_there(name)).map(String::as_str).collect();
    if !missing.is_empty() {
        let message = format!("Model(s) not found: {}", missing.join(", "));
        return Err(Failure::invalid("model_not_found", message).with_param("model_names"));
    }
    let of_file = |id: &String| crate::config::config_ids(&config.models).contains(id);
    match members.model_ids.iter().find(|id| of_file(id)) {
        Some(id) => Err(in_config_file(&format!("the deployment {id}")).with_param("model_ids")),
        None => Ok(()),
    }
}

/// Writes the name into the deployments that are to have it, and takes it from all others.
async fn write(
    engine: &Engine,
    actor: Actor,
    action: Action,
    name: &str,
    members: Option<Members>,
) -> Result<usize, Failure> {
    let name = name.to_owned();
    // What only the file has cannot be given a name here.
    let config = engine.config.load_full();
    let changed = engine
        .transact(move |connection| {
            let rows = models::all(connection)?;
            let before = members_of(&rows, &name);
            if let Some(members) = &members {
                refuse_strangers(&rows, &config.models, &name, members)?;
            }
            let mut changed = 0;
            for row in &rows {
                let wanted = members.as_ref().is_some_and(|members| has(members, row));
                if let Some(after) = named(row, &name, wanted) {
                    put(connection, &actor, row, &after)?;
                    changed += 1;
                }
            }
            let rows = models::all(connection)?;
            let after = members.is_some().then(|| members_of(&rows, &name));
            let before = (action != Action::Created).then_some(before);
            audit::record(connection, &actor, action, ("access_group", &name), before, after)?;
            Ok(changed)
        })
        .await?;
    engine.changed(&[Topic::Models]).await?;
    Ok(changed)
}

fn has(members: &Members, row: &ModelRow) -> bool {
    members.model_ids.contains(&row.id)
        // A team's model of that name is another model.
        || (team_of(&info_of(row)).is_none() && members.model_names.contains(&row.model_name))
}

/// Refuses model groups and ids without a stored deployment.
fn refuse_strangers(
    rows: &[ModelRow],
    of_file: &[crate::config::ConfigModel],
    name: &str,
    members: &Members,
) -> Result<(), Failure> {
    if let Some(id) = members.model_ids.iter().find(|id| !rows.iter().any(|row| row.id == **id)) {
        let message = format!("Model id(s) not found: {id}");
        return Err(Failure::invalid("model_not_found", message).with_param("model_ids"));
    }
    let is_stored =
        |model: &String| rows.iter().any(|row| row.model_name == *model && team_of(&info_of(row)).is_none());
    let has_it_there = |model: &String| {
        of_file
            .iter()
            .any(|known| known.model_name == *model && names(&known.model_info).any(|own| own == name))
    };
    match members.model_names.iter().find(|model| !is_stored(model) && !has_it_there(model)) {
        Some(model) => Err(in_config_file(&format!("the model group {model}")).with_param("model_names")),
        None => Ok(()),
    }
}

/// The row with or without the name; `None` if it is so already.
fn named(row: &ModelRow, name: &str, wanted: bool) -> Option<ModelRow> {
    let mut info = info_of(row);
    let mut list: Vec<String> = names(&info).map(str::to_owned).collect();
    if list.iter().any(|known| known == name) == wanted {
        return None;
    }
    if wanted {
        list.push(name.to_owned());
    } else {
        list.retain(|known| known != name);
    }
    info.insert("access_groups".into(), json!(list));
    Some(ModelRow { info: Value::Object(info).to_string(), ..row.clone() })
}

fn put(connection: &Connection, actor: &Actor, before: &ModelRow, after: &ModelRow) -> Result<(), Failure> {
    let mut info = info_of(after);
    info.insert("updated_by".into(), actor.name.clone().into());
    let updated_at = clock::now_ms().max(before.updated_at + 1);
    let after = ModelRow { info: Value::Object(info).to_string(), updated_at, ..after.clone() };
    after.put(connection)?;
    let (was, is) = (shown(before, kept(before)), shown(&after, kept(&after)));
    audit::record(connection, actor, Action::Updated, ("model", &after.id), Some(was), Some(is))
}

fn members_of(rows: &[ModelRow], name: &str) -> Shown {
    let of_it = rows.iter().filter(|row| names(&info_of(row)).any(|known| known == name));
    let (models, ids): (BTreeSet<&str>, Vec<&str>) =
        of_it.map(|row| (row.model_name.as_str(), row.id.as_str())).unzip();
    Shown::from_iter([("model_names".to_owned(), json!(models)), ("model_ids".to_owned(), json!(ids))])
}
