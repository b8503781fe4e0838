//! Organizations: tenants, with their limits. What is removed takes its teams, keys and memberships with it; people stay.
//!
//! `members` is who belongs to them.

pub mod members;

use postern_store::Connection;
use postern_store::table::keys::{self, KeyFilter};
use postern_store::table::members as member_table;
use postern_store::table::organizations::{self, OrganizationRow};
use postern_store::table::spent::Subject;
use postern_store::table::teams::{self as team_table, TeamRow};
use serde_json::{Map, Value};

use super::audit::{self, Action, Actor};
use super::budgets::{check_id, own};
use super::limited::{self, LimitFields, Now, Said};
use super::models;
use super::teams::{self, callbacks};
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;

/// What a request says of an organization.
#[derive(Debug, Default)]
pub struct OrganizationFields {
    pub alias: Option<String>,
    pub models: Said<Vec<String>>,
    pub metadata: Said<Map<String, Value>>,
    pub blocked: Option<bool>,
    pub limits: LimitFields,
}

/// Longest list of models.
const MOST_MODELS: usize = 1000;
const STALE: [Topic; 1] = [Topic::Organizations];

pub fn unknown(id: &str) -> Failure {
    Failure::not_found("organization_not_found", format!("Organization not found for organization_id={id}"))
        .with_param("organization_id")
}

/// A list of models' names, as rows have it.
pub(super) fn model_list(models: &[String]) -> Result<String, Failure> {
    if models.len() > MOST_MODELS {
        let message = format!("models: at most {MOST_MODELS} of them");
        return Err(Failure::invalid("invalid_models", message).with_param("models"));
    }
    models.iter().try_for_each(|model| check_id("models", model))?;
    Ok(Value::from(models).to_string())
}

impl OrganizationFields {
    fn apply(
        self,
        connection: &Connection,
        actor: &Actor,
        row: &mut OrganizationRow,
        whose: own::Whose<'_>,
        now: &Now,
    ) -> Result<(), Failure> {
        if let Some(alias) = self.alias {
            let alias = alias.trim();
            check_id("organization_alias", alias)?;
            alias.clone_into(&mut row.organization_alias);
        }
        match self.models {
            Said::Nothing => {}
            Said::Clear => "[]".clone_into(&mut row.models),
            Said::Set(models) => row.models = model_list(&models)?,
        }
        match self.metadata {
            Said::Nothing => {}
            Said::Clear => "{}".clone_into(&mut row.metadata),
            Said::Set(metadata) => row.metadata = Value::Object(metadata).to_string(),
        }
        row.blocked = self.blocked.unwrap_or(row.blocked);
        own::apply(connection, actor, &mut row.limits, self.limits, whose, now)
    }
}

/// Makes an organization; `id` is made up when absent.
pub async fn create(
    engine: &Engine,
    actor: Actor,
    id: Option<String>,
    said: OrganizationFields,
) -> Result<OrganizationRow, Failure> {
    let id = id.unwrap_or_else(|| ids::new_id().to_string());
    check_id("organization_id", &id)?;
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            if organizations::find(connection, &id)?.is_some() {
                let message = format!("Organization already exists, organization_id={id}");
                return Err(Failure::conflict("organization_exists", message).with_param("organization_id"));
            }
            let mut row = OrganizationRow {
                organization_id: id,
                created_by: actor.name.clone(),
                created_at: now.ms(),
                updated_by: actor.name.clone(),
                updated_at: now.ms(),
                ..OrganizationRow::default()
            };
            said.apply(connection, &actor, &mut row, None, &now)?;
            row.insert(connection)?;
            let object = ("organization", row.organization_id.as_str());
            audit::record(connection, &actor, Action::Created, object, None, Some(row.shown()))?;
            Ok(row)
        })
        .await?;
    engine.refresh(vec![Change::Organization(row.organization_id.clone())], &STALE).await?;
    Ok(row)
}

/// Changes an organization. `may_widen`: it may come to be allowed more than it was.
pub async fn update(
    engine: &Engine,
    actor: Actor,
    id: String,
    said: OrganizationFields,
    may_widen: bool,
) -> Result<OrganizationRow, Failure> {
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            let mut row = organizations::find(connection, &id)?.ok_or_else(|| unknown(&id))?;
            let before = row.clone();
            let bounds = Bounds::of(connection, &row)?;
            if !may_widen {
                refuse_new_terms(&said)?;
            }
            let subject = Subject::Organization(id);
            said.apply(connection, &actor, &mut row, Some(&subject), &now)?;
            if !may_widen {
                bounds.check(&Bounds::of(connection, &row)?)?;
            }
            row.updated_by.clone_from(&actor.name);
            row.updated_at = now.ms();
            row.put(connection)?;
            let (had, has) = (before.limits.budget_id.as_deref(), row.limits.budget_id.as_deref());
            own::release(connection, &actor, had, has)?;
            let object = ("organization", row.organization_id.as_str());
            let before = Some(before.shown());
            audit::record(connection, &actor, Action::Updated, object, before, Some(row.shown()))?;
            Ok(row)
        })
        .await?;
    engine.refresh(vec![Change::Organization(row.organization_id.clone())], &STALE).await?;
    Ok(row)
}

/// How far an organization reaches.
struct Bounds {
    most: [(&'static str, Option<i64>); 4],
    models: Vec<String>,
}

fn beyond(name: &str) -> Failure {
    let message = format!("{name}: only a proxy admin may give an organization more than it has");
    Failure::forbidden("limit_beyond_own", message).with_type("auth_error").with_param(name)
}

/// What widens an organization whatever is said.
fn refuse_new_terms(said: &OrganizationFields) -> Result<(), Failure> {
    let limits = &said.limits;
    let terms = [
        ("blocked", said.blocked.is_some()),
        ("budget_id", limits.budget_id != Said::Nothing),
        ("budget_duration", limits.budget_duration != Said::Nothing),
        ("spend", limits.spend != Said::Nothing),
        ("model_max_budget", limits.model_max_budget != Said::Nothing),
        ("model_rpm_limit", limits.model_rpm_limit != Said::Nothing),
        ("model_tpm_limit", limits.model_tpm_limit != Said::Nothing),
        ("allowed_models", limits.allowed_models != Said::Nothing),
    ];
    terms.iter().find(|(_, said)| *said).map_or(Ok(()), |(name, _)| Err(beyond(name)))
}

impl Bounds {
    fn of(connection: &Connection, row: &OrganizationRow) -> Result<Self, Failure> {
        let limits = limited::effective(connection, &row.limits)?;
        let most = [
            ("max_budget", limits.max_budget_nanos),
            ("rpm_limit", limits.rpm_limit),
            ("tpm_limit", limits.tpm_limit),
            ("max_parallel_requests", limits.max_parallel_requests),
        ];
        Ok(Self { most, models: serde_json::from_str(&row.models).unwrap_or_default() })
    }

    fn check(&self, after: &Self) -> Result<(), Failure> {
        for ((name, before), (_, after)) in self.most.iter().zip(&after.most) {
            if before.is_some_and(|before| after.is_none_or(|after| after > before)) {
                return Err(beyond(name));
            }
        }
        let is_new = |model: &String| !self.models.contains(model);
        if !self.models.is_empty() && (after.models.is_empty() || after.models.iter().any(is_new)) {
            return Err(beyond("models"));
        }
        Ok(())
    }
}

/// Removes organizations with their teams, keys and memberships: all of them or, if one does not exist, none.
pub async fn remove(engine: &Engine, actor: Actor, wanted: Vec<String>) -> Result<(), Failure> {
    let now = engine.now().ms();
    let (teams, changes) = engine
        .transact(move |connection| {
            let (mut teams, mut changes) = (Vec::new(), Vec::new());
            for id in wanted {
                let row = organizations::find(connection, &id)?.ok_or_else(|| unknown(&id))?;
                let of_it = team_table::of_organization(connection, &id)?;
                changes.extend(take_down(connection, &actor, &row, &of_it, now)?);
                teams.extend(of_it);
            }
            Ok::<_, Failure>((teams, changes))
        })
        .await?;
    let stale = [Topic::Organizations, Topic::Teams, Topic::Keys, Topic::Users, Topic::Budgets];
    engine.refresh(changes, &stale).await?;
    for team in &teams {
        callbacks::forget_secrets(engine, team).await;
    }
    models::settle(engine).await
}

fn take_down(
    connection: &Connection,
    actor: &Actor,
    row: &OrganizationRow,
    of_it: &[TeamRow],
    now: i64,
) -> Result<Vec<Change>, Failure> {
    let id = row.organization_id.as_str();
    let mut changes = vec![Change::Organization(id.to_owned())];
    for team in of_it {
        changes.extend(teams::take_down(connection, actor, team, now)?.changes);
    }
    let filter = KeyFilter {
        organization_id: Some(id.to_owned()),
        sessions: true,
        limit: i64::MAX,
        ..KeyFilter::default()
    };
    for key in keys::page(connection, &filter)? {
        keys::revoke(connection, &key.token, &actor.name, now)?;
        let key_id = key.id.to_string();
        audit::record(connection, actor, Action::Deleted, ("key", &key_id), Some(key.shown()), None)?;
        changes.push(Change::Key(key.id));
    }
    for member in member_table::of_organization(connection, id)? {
        changes.push(Change::User(member.user_id));
    }
    member_table::empty_organization(connection, id)?;
    organizations::remove(connection, id)?;
    own::release(connection, actor, row.limits.budget_id.as_deref(), None)?;
    audit::record(connection, actor, Action::Deleted, ("organization", id), Some(row.shown()), None)?;
    Ok(changes)
}
