//! What a model name means, in this order: an alias of another name, a model group, the id of a deployment, a wildcard group
//! that it fits, `provider/model`, `provider:model`, or the bare name of a model that configured providers serve according
//! to the catalogue.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use super::deployment;
use super::{Deployment, Group, Provider, Snapshot};
use crate::catalogue::Catalogue;
use crate::error::Failure;

/// Groups made on the fly, by the name that was asked for. Bounded: names come from callers.
pub type DirectGroups = RwLock<HashMap<String, Arc<Group>>>;
const MOST_DIRECT_GROUPS: usize = 4096;

pub struct Resolution {
    pub group: Arc<Group>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    Unknown,
    /// The provider before the slash is configured and switched off.
    Disabled(String),
    /// A model of a provider that is known and not configured.
    NotConfigured(String),
    /// A team's own model, asked for by somebody else.
    OfATeam,
}

impl Snapshot {
    pub fn resolve(&self, model: &str) -> Result<Resolution, Unresolved> {
        let name = self.aliases.get(model).map_or(model, String::as_str);
        if let Some(group) = self.groups.get(name) {
            return Ok(Resolution { group: group.clone() });
        }
        if let Some(provider) = self.switched_off.get(name) {
            return Err(Unresolved::Disabled(provider.clone()));
        }
        if let Some(group) = self.direct.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Resolution { group: group.clone() });
        }
        let group = Arc::new(self.direct_group(name)?);
        let mut direct = self.direct.write().unwrap_or_else(PoisonError::into_inner);
        if direct.len() < MOST_DIRECT_GROUPS {
            direct.insert(name.to_owned(), group.clone());
        }
        Ok(Resolution { group })
    }

    fn direct_group(&self, name: &str) -> Result<Group, Unresolved> {
        // What stands for many models is none itself.
        if name.contains('*') {
            return Err(Unresolved::Unknown);
        }
        if let Some(group) =
            self.group_of_deployment(name).or_else(|| self.wildcard_group(&self.wildcards, name))
        {
            return Ok(group);
        }
        let mut unresolved = Unresolved::Unknown;
        for separator in ['/', ':'] {
            let Some((provider, model)) = name.split_once(separator) else { continue };
            if model.is_empty() {
                continue;
            }
            match self.providers.iter().find(|candidate| candidate.row.name == provider) {
                Some(found) if found.built_in => {
                    if let Some(group) = self.groups.get(model) {
                        return Ok(Group::of(group.name.clone(), group.deployments.clone()));
                    }
                }
                Some(found) if found.row.enabled => return self.group_of(found, model),
                Some(found) => return Err(Unresolved::Disabled(found.row.name.clone())),
                None => {
                    // LiteLLM's names of a provider lead to the one configured from the same preset.
                    if let Some(spec) = crate::providers::find(provider) {
                        match self
                            .providers
                            .iter()
                            .find(|candidate| candidate.spec.id == spec.id && candidate.row.enabled)
                        {
                            Some(found) if !found.built_in => return self.group_of(found, model),
                            _ => unresolved = Unresolved::NotConfigured(spec.label.clone()),
                        }
                    }
                }
            }
        }
        self.group_of_model(name).ok_or(unresolved)
    }

    /// A deployment of a model group by its id, and what stands in for it.
    fn group_of_deployment(&self, id: &str) -> Option<Group> {
        deployment_in(&self.groups, id).or_else(|| self.wildcard_deployment(&self.wildcards, id))
    }

    /// All deployments of a model by its bare name, whichever providers serve it.
    fn group_of_model(&self, name: &str) -> Option<Group> {
        let configured = self.providers.iter().filter(|provider| provider.row.enabled && !provider.built_in);
        let serving = configured.filter(|provider| Catalogue::embedded().has(&provider.spec.id, name));
        let deployments: Vec<_> = serving
            .filter_map(|provider| self.group_of(provider, name).ok())
            .flat_map(|group| group.deployments)
            .collect();
        (!deployments.is_empty()).then(|| Group::of(name.to_owned(), deployments))
    }

    /// Of all model groups, and those made on the fly.
    pub fn all_deployments(&self) -> Vec<Arc<Deployment>> {
        let direct = self.direct.read().unwrap_or_else(PoisonError::into_inner);
        self.every_group()
            .chain(direct.values())
            .flat_map(|group| group.deployments.iter().cloned())
            .collect()
    }

    /// The deployment of that id, in a model group or as `provider/model`.
    pub fn deployment(&self, id: &str) -> Option<Arc<Deployment>> {
        let known = self.every_group().flat_map(|group| &group.deployments).find(|known| known.id == id);
        known.cloned().or_else(|| self.resolve(id).ok()?.group.deployments.first().cloned())
    }

    /// A configured provider's model, known or not, as a group of one.
    pub fn group_of(&self, provider: &Provider, model: &str) -> Result<Group, Unresolved> {
        // A name that no address can hold is no model's.
        let (conditions, routing) = (&self.conditions, &self.routing);
        let made = deployment::direct(provider, model, &self.overrides, conditions, routing, &self.costs);
        let name = made.first().ok_or(Unresolved::Unknown)?.group.clone();
        Ok(Group::of(name, made.into_iter().map(Arc::new).collect()))
    }
}

/// A deployment of these groups by its id, and what stands in for it, as a group.
pub(super) fn deployment_in(groups: &BTreeMap<String, Arc<Group>>, id: &str) -> Option<Group> {
    for group in groups.values() {
        let Some(first) = group.deployments.iter().position(|known| known.id == id) else { continue };
        if group.deployments[first].stands_in_for.is_some() {
            return None;
        }
        let rest = group.deployments[first + 1..].iter();
        let others = rest.take_while(|other| other.stands_in_for.is_some());
        let deployments = std::iter::once(&group.deployments[first]).chain(others).cloned().collect();
        let (num_retries, team) = (group.num_retries, group.team.clone());
        return Some(Group { num_retries, team, ..Group::of(group.name.clone(), deployments) });
    }
    None
}

impl Unresolved {
    pub fn into_failure(self, model: &str) -> Failure {
        let message = match self {
            Self::OfATeam => {
                let message = format!(
                    "key not allowed to access model. `{model}` is a team's own model, and only the keys of that team may use it"
                );
                return Failure::forbidden("model_not_allowed", message)
                    .with_type("key_model_access_denied")
                    .with_param("model");
            }
            Self::Unknown => format!(
                "The model `{model}` does not exist or no configured provider serves it. GET /v1/models lists what there is."
            ),
            Self::Disabled(provider) => {
                format!("The model `{model}` belongs to the provider {provider}, which is switched off.")
            }
            Self::NotConfigured(provider) => format!(
                "The model `{model}` belongs to {provider}, which is not configured: add it in the console under Providers."
            ),
        };
        Failure::not_found("model_not_found", message).with_param("model")
    }
}
