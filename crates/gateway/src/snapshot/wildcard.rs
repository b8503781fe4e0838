//! Model groups that stand for many models: `openai/*` with the model `openai/*`. A deployment for one of them is made when
//! its name is asked for.

use std::collections::HashMap;
use std::sync::Arc;

use postern_secrets::{Secret, VaultError};

use super::deployment::{Parts, Said};
use super::origin::origin;
use super::pattern::Pattern;
use super::{Deployment, Facts, Group, Snapshot};
use crate::catalogue::{Catalogue, Model};
use crate::config::LitellmParams;

/// What a catalogue knows for one such group that is listed; OpenRouter has some hundreds.
const MOST_LISTED: usize = 2000;

/// All of them, the most specific first.
#[derive(Default)]
pub struct Wildcards {
    pub list: Vec<Wildcard>,
    /// What the vault gave; only there if something is to be made of it.
    pub credentials: HashMap<String, Result<Secret, VaultError>>,
}

pub struct Wildcard {
    pub pattern: Pattern,
    pub templates: Vec<Template>,
    /// Its deployments as they are configured, with the star in their models' names: to be shown, never to be asked.
    pub shown: Arc<Group>,
}

/// What a deployment is made from when a name is known.
pub struct Template {
    pub id: String,
    pub params: LitellmParams,
    pub facts: Facts,
    /// A credential of its own.
    pub own: Option<Result<Secret, VaultError>>,
}

impl Template {
    fn params_for(&self, captures: &[&str]) -> LitellmParams {
        let model = Pattern::parse(&self.params.model);
        let model = model.map_or_else(|| self.params.model.clone(), |model| model.fill(captures));
        LitellmParams { model, ..self.params.clone() }
    }
}

impl Snapshot {
    /// The model groups that stand for many models, as they are configured.
    pub fn wildcard_groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.wildcards.list.iter().map(|wildcard| &wildcard.shown)
    }

    /// A group made of the most specific wildcard group that has a deployment for this name.
    pub(super) fn wildcard_group(&self, wildcards: &Wildcards, name: &str) -> Option<Group> {
        wildcards.list.iter().find_map(|wildcard| {
            let captures = wildcard.captures(name)?;
            self.made_of(wildcards, wildcard, wildcard.templates.iter(), name, &captures)
        })
    }

    /// The deployment of one of them by its id, which ends in the name that it was made for.
    pub(super) fn wildcard_deployment(&self, wildcards: &Wildcards, id: &str) -> Option<Group> {
        wildcards.list.iter().find_map(|wildcard| {
            wildcard.templates.iter().find_map(|template| {
                let name = id.strip_prefix(&template.id)?.strip_prefix('/')?;
                let captures = wildcard.captures(name)?;
                self.made_of(wildcards, wildcard, std::iter::once(template), name, &captures)
            })
        })
    }

    fn made_of<'a>(
        &self,
        wildcards: &Wildcards,
        wildcard: &Wildcard,
        templates: impl Iterator<Item = &'a Template>,
        name: &str,
        captures: &[&str],
    ) -> Option<Group> {
        let parts = Parts {
            providers: &self.providers,
            credentials: &wildcards.credentials,
            overrides: &self.overrides,
            conditions: &self.conditions,
            routing: &self.routing,
            costs: &self.costs,
        };
        let mut deployments: Vec<Arc<Deployment>> = Vec::new();
        for template in templates {
            let params = template.params_for(captures);
            // `*` with the model `*` fits every name, and not every name leads to a provider.
            let leads = origin(&params, &self.providers).is_some_and(|origin| {
                let is_on = origin.provider.is_none_or(|provider| provider.row.enabled);
                (is_on || template.own.is_some()) && !origin.model.is_empty()
            });
            if leads {
                let id = format!("{}/{name}", template.id);
                let said = Said { id: &id, group: name, facts: &template.facts };
                let made = parts.deployments(said, &params, template.own.as_ref());
                deployments.extend(made.into_iter().map(Arc::new));
            }
        }
        let (num_retries, team) = (wildcard.shown.num_retries, wildcard.shown.team.clone());
        (!deployments.is_empty()).then(|| Group {
            num_retries,
            team,
            ..Group::of(name.to_owned(), deployments)
        })
    }

    /// The models of the catalogue that wildcard groups stand for: the group, the name to ask for, who serves it, and what is
    /// known.
    pub(super) fn wildcard_models(&self, wildcards: &Wildcards) -> Vec<(Arc<Group>, String, String, Model)> {
        let mut listed = Vec::new();
        for wildcard in &wildcards.list {
            let mut left = MOST_LISTED;
            for template in &wildcard.templates {
                let Some(origin) = origin(&template.params, &self.providers) else { continue };
                let Some(models) = Pattern::parse(&origin.model) else { continue };
                let owner = origin.provider.map_or(&origin.spec.id, |provider| &provider.row.name);
                let known = Catalogue::embedded().models_of(&origin.spec.id);
                for model in known.filter(|model| matches!(model.mode, "chat" | "responses")).take(left) {
                    let Some(captures) = models.captures(model.id) else { continue };
                    let name = wildcard.pattern.fill(&captures);
                    listed.push((wildcard.shown.clone(), name, owner.clone(), model));
                    left -= 1;
                }
            }
        }
        listed
    }
}

impl Wildcard {
    fn captures<'a>(&self, name: &'a str) -> Option<Vec<&'a str>> {
        self.pattern.captures(name).filter(|captures| captures.iter().all(|part| !part.is_empty()))
    }
}
