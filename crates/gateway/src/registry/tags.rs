//! Tags: names that requests carry, with limits, and with deployments that are for them.

use postern_store::Connection;
use postern_store::table::spent::Subject;
use postern_store::table::tags::{self, TagRow};
use serde_json::{Map, Value};

use super::audit::{self, Action, Actor};
use super::budgets::{check_id, own};
use super::limited::{LimitFields, Now, Said};
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;

/// What a request says of a tag.
#[derive(Debug, Default)]
pub struct TagFields {
    pub description: Said<String>,
    /// Ids of deployments.
    pub models: Said<Vec<String>>,
    pub model_info: Said<Map<String, Value>>,
    pub limits: LimitFields,
}

const LONGEST_DESCRIPTION: usize = 2000;
const MOST_MODELS: usize = 1000;

pub fn unknown(name: &str) -> Failure {
    Failure::not_found("tag_not_found", format!("Tag {name} not found")).with_param("name")
}

impl TagFields {
    fn apply(
        self,
        connection: &Connection,
        actor: &Actor,
        row: &mut TagRow,
        whose: own::Whose<'_>,
        now: &Now,
    ) -> Result<(), Failure> {
        match self.description {
            Said::Nothing => {}
            Said::Clear => row.description = None,
            Said::Set(description) if description.chars().count() <= LONGEST_DESCRIPTION => {
                row.description = Some(description);
            }
            Said::Set(_) => {
                let message = format!("description is longer than {LONGEST_DESCRIPTION} characters");
                return Err(Failure::invalid("invalid_description", message).with_param("description"));
            }
        }
        match self.models {
            Said::Nothing => {}
            Said::Clear => "[]".clone_into(&mut row.models),
            Said::Set(models) => row.models = Value::from(models).to_string(),
        }
        match self.model_info {
            Said::Nothing => {}
            Said::Clear => "{}".clone_into(&mut row.model_info),
            Said::Set(info) => row.model_info = Value::Object(info).to_string(),
        }
        own::apply(connection, actor, &mut row.limits, self.limits, whose, now)
    }
}

/// The deployments that a tag names must be there.
fn check_models(engine: &Engine, said: &TagFields) -> Result<(), Failure> {
    let Said::Set(models) = &said.models else { return Ok(()) };
    let refuse = |message: String| Failure::invalid("unknown_model", message).with_param("models");
    if models.len() > MOST_MODELS {
        return Err(refuse(format!("models: at most {MOST_MODELS} of them")));
    }
    let snapshot = engine.snapshot.load();
    match models.iter().find(|id| snapshot.deployment(id).is_none()) {
        None => Ok(()),
        Some(id) => Err(refuse(format!("models: there is no deployment of the id {id}"))),
    }
}

/// Puts a tag in force. What deployments are for it, the snapshot knows.
async fn put_in_force(engine: &Engine, name: &str, models: bool) -> Result<(), Failure> {
    engine.refresh(vec![Change::Tag(name.to_owned())], &[Topic::Tags]).await?;
    if models { engine.changed(&[Topic::Models]).await } else { Ok(()) }
}

pub async fn create(engine: &Engine, actor: Actor, name: String, said: TagFields) -> Result<TagRow, Failure> {
    check_id("name", &name)?;
    check_models(engine, &said)?;
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            if tags::find(connection, &name)?.is_some() {
                let message = format!("Tag {name} already exists");
                return Err(Failure::conflict("tag_exists", message).with_param("name"));
            }
            let mut row = TagRow {
                name,
                created_by: actor.name.clone(),
                created_at: now.ms(),
                updated_at: now.ms(),
                ..TagRow::default()
            };
            said.apply(connection, &actor, &mut row, None, &now)?;
            row.insert(connection)?;
            let shown = Some(row.shown());
            audit::record(connection, &actor, Action::Created, ("tag", &row.name), None, shown)?;
            Ok(row)
        })
        .await?;
    put_in_force(engine, &row.name, row.models != "[]").await?;
    Ok(row)
}

pub async fn update(engine: &Engine, actor: Actor, name: String, said: TagFields) -> Result<TagRow, Failure> {
    check_models(engine, &said)?;
    let changes_models = said.models != Said::Nothing;
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            let mut row = tags::find(connection, &name)?.ok_or_else(|| unknown(&name))?;
            let before = row.clone();
            let subject = Subject::Tag(name);
            said.apply(connection, &actor, &mut row, Some(&subject), &now)?;
            row.updated_at = now.ms();
            row.put(connection)?;
            let (had, has) = (before.limits.budget_id.as_deref(), row.limits.budget_id.as_deref());
            own::release(connection, &actor, had, has)?;
            let (object, before) = (("tag", row.name.as_str()), Some(before.shown()));
            audit::record(connection, &actor, Action::Updated, object, before, Some(row.shown()))?;
            Ok(row)
        })
        .await?;
    put_in_force(engine, &row.name, changes_models).await?;
    Ok(row)
}

/// Removes a tag; requests may carry its name all the same.
pub async fn remove(engine: &Engine, actor: Actor, name: String) -> Result<TagRow, Failure> {
    let row = engine
        .transact(move |connection| {
            let row = tags::find(connection, &name)?.ok_or_else(|| unknown(&name))?;
            tags::remove(connection, &name)?;
            own::release(connection, &actor, row.limits.budget_id.as_deref(), None)?;
            audit::record(connection, &actor, Action::Deleted, ("tag", &name), Some(row.shown()), None)?;
            Ok(row)
        })
        .await?;
    put_in_force(engine, &row.name, row.models != "[]").await?;
    Ok(row)
}
