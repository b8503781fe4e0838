//! Who uses a provider: deployments of model groups whose requests go to it, and names in the configuration file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use postern_store::table::models;
use serde::Serialize;
use uuid::Uuid;

use crate::config::{self, Fallbacks, LitellmParams, RoutingSettings};
use crate::engine::Engine;
use crate::error::Failure;
use crate::snapshot::{self, Provider};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UseKind {
    /// In the database: it can be removed with the provider.
    StoredDeployment,
    /// In the configuration file.
    ConfigDeployment,
    Alias,
    Fallback,
}

/// One that would be left without its provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    pub kind: UseKind,
    /// The deployment's id; the alias; the model group whose fallback it is.
    pub name: String,
    /// Of deployments.
    pub model_group: Option<String>,
}

impl Use {
    pub fn may_be_removed(&self) -> bool {
        self.kind == UseKind::StoredDeployment
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.model_group.as_deref().unwrap_or_default();
        match self.kind {
            UseKind::StoredDeployment => write!(f, "deployment {} of the model group {group}", self.name),
            UseKind::ConfigDeployment => {
                write!(f, "deployment {} of the model group {group} in the configuration file", self.name)
            }
            UseKind::Alias => write!(f, "the alias {} in the configuration file", self.name),
            UseKind::Fallback => write!(f, "a fallback of {} in the configuration file", self.name),
        }
    }
}

/// Who would lose the provider if it were removed, or had this other name instead.
pub(super) async fn lost(engine: &Engine, id: Uuid, new_name: Option<&str>) -> Result<Vec<Use>, Failure> {
    let snapshot = engine.snapshot.load_full();
    let Some(provider) = snapshot.provider(id) else { return Ok(Vec::new()) };
    let after: Vec<Arc<Provider>> = snapshot
        .providers
        .iter()
        .filter_map(|known| match (known.row.id == id, new_name) {
            (true, Some(name)) => Some(Arc::new(renamed(known, name))),
            (true, None) => None,
            (false, _) => Some(known.clone()),
        })
        .collect();
    let is_lost = |params: &LitellmParams, has_own: bool| {
        let leads_here = |providers: &[Arc<Provider>]| {
            let origin = snapshot::origin(params, providers);
            origin.is_some_and(|origin| origin.provider.is_some_and(|found| found.row.id == id))
        };
        // With a credential of its own it needs the provider's address only, and that only if it names the provider.
        let needs_it = !has_own || names(params, &provider.row.name);
        needs_it && leads_here(&snapshot.providers) && !leads_here(&after)
    };
    let mut found = Vec::new();
    for row in engine.read(models::all).await? {
        let Ok(params) = serde_json::from_str::<LitellmParams>(&row.params) else { continue };
        if is_lost(&params, row.params.contains("\"has_credential\"")) {
            found.push(Use {
                kind: UseKind::StoredDeployment,
                name: row.id,
                model_group: Some(row.model_name),
            });
        }
    }
    let config = engine.config.load();
    for (model, id) in config.models.iter().zip(config::config_ids(&config.models)) {
        if is_lost(&model.litellm_params, model.litellm_params.api_key.is_some()) {
            found.push(Use {
                kind: UseKind::ConfigDeployment,
                name: id,
                model_group: Some(model.model_name.clone()),
            });
        }
    }
    found.extend(named(&snapshot.aliases, &snapshot.routing, &provider.row.name));
    Ok(found)
}

fn renamed(provider: &Provider, name: &str) -> Provider {
    let mut row = provider.row.clone();
    name.clone_into(&mut row.name);
    Provider {
        row,
        spec: provider.spec,
        settings: provider.settings.clone(),
        held: provider.held.clone(),
        built_in: provider.built_in,
    }
}

fn names(params: &LitellmParams, provider: &str) -> bool {
    params.custom_llm_provider.as_deref() == Some(provider) || is_of(&params.model, provider)
}

/// Whether this is `provider/model` or `provider:model`.
fn is_of(model: &str, provider: &str) -> bool {
    model.strip_prefix(provider).is_some_and(|rest| rest.starts_with(['/', ':']))
}

/// Aliases and fallbacks that lead to one of its models.
fn named(aliases: &BTreeMap<String, String>, routing: &RoutingSettings, provider: &str) -> Vec<Use> {
    let is_named = |model: &String| is_of(model, provider) && !aliases.contains_key(model);
    let of = |kind, name: &str| Use { kind, name: name.to_owned(), model_group: None };
    let mut found: Vec<Use> = aliases
        .iter()
        .filter(|(_, model)| is_named(model))
        .map(|(alias, _)| of(UseKind::Alias, alias))
        .collect();
    let lists: [&Fallbacks; 3] =
        [&routing.fallbacks, &routing.context_window_fallbacks, &routing.content_policy_fallbacks];
    let mut groups: Vec<&str> = lists
        .into_iter()
        .flatten()
        .filter(|(_, others)| others.iter().any(is_named))
        .map(|(group, _)| group.as_str())
        .collect();
    if routing.default_fallbacks.iter().any(is_named) {
        groups.push("every model group");
    }
    groups.sort_unstable();
    groups.dedup();
    found.extend(groups.into_iter().map(|group| of(UseKind::Fallback, group)));
    found
}

#[cfg(test)]
mod tests;
