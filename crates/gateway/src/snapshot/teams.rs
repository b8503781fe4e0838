//! Models of teams. A team's model answers to its name for the team's keys alone, in front of what that name means to others,
//! who cannot ask for it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::resolve::Resolution;
use super::wildcard::Wildcards;
use super::{Group, Snapshot, Unresolved};
use crate::catalogue::Model;

/// Whose names a model is looked for under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace<'a> {
    /// What is everybody's.
    Common,
    /// The team's own first, then what is everybody's.
    Team(&'a str),
    /// What is everybody's, and deployments of every team by their ids: the administrator's.
    All,
}

/// Whose model group it is, where it is not everybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfTeam {
    pub id: Arc<str>,
    /// Names that it has in common with others of the team.
    pub access_groups: Arc<BTreeSet<String>>,
}

/// The model groups of one team.
#[derive(Default)]
pub struct TeamModels {
    pub groups: BTreeMap<String, Arc<Group>>,
    pub switched_off: BTreeMap<String, String>,
    pub(super) wildcards: Wildcards,
}

impl TeamModels {
    /// Plain and wildcard groups, as they are configured.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values().chain(self.wildcards.list.iter().map(|wildcard| &wildcard.shown))
    }

    /// Under that very name; what a pattern stands for is nobody's in particular.
    fn has(&self, name: &str) -> bool {
        self.groups.contains_key(name)
            || self.switched_off.contains_key(name)
            || self.all().flat_map(|group| &group.deployments).any(|known| known.id == name)
    }
}

impl Snapshot {
    /// What a model's name means to somebody.
    pub fn resolve_for(&self, whose: Namespace<'_>, model: &str) -> Result<Resolution, Unresolved> {
        if self.teams.is_empty() {
            return self.resolve(model);
        }
        if let Namespace::Team(team) = whose
            && let Some(models) = self.teams.get(team)
            && let Some(found) = self.of_team(models, model)
        {
            return found;
        }
        let unresolved = match self.resolve(model) {
            Ok(resolution) => return Ok(resolution),
            Err(unresolved) => unresolved,
        };
        if whose == Namespace::All
            && let Some(group) = self.teams.values().find_map(|models| self.deployment_of_team(models, model))
        {
            return Ok(Resolution { group: Arc::new(group) });
        }
        let is_unknown = !matches!(unresolved, Unresolved::Disabled(_));
        let is_a_teams = is_unknown && self.teams.values().any(|models| models.has(model));
        Err(if is_a_teams { Unresolved::OfATeam } else { unresolved })
    }

    /// Whether an entry of a list of models names what a team has for itself: a model group, a deployment, or a name that some
    /// of its models have in common.
    pub fn is_of_team(&self, team: &str, entry: &str) -> bool {
        let Some(models) = self.teams.get(team) else { return false };
        let has_in_common =
            |group: &Group| group.team.as_ref().is_some_and(|of_team| of_team.access_groups.contains(entry));
        models.has(entry) || models.all().any(|group| group.name == entry || has_in_common(group))
    }

    /// What a team has under a name, if anything.
    fn of_team(&self, models: &TeamModels, name: &str) -> Option<Result<Resolution, Unresolved>> {
        if let Some(group) = models.groups.get(name) {
            return Some(Ok(Resolution { group: group.clone() }));
        }
        if let Some(provider) = models.switched_off.get(name) {
            return Some(Err(Unresolved::Disabled(provider.clone())));
        }
        // What is everybody's under this very name is not hidden by a pattern.
        let by_pattern = || {
            let is_common = name.contains('*') || self.groups.contains_key(name);
            if is_common { None } else { self.wildcard_group(&models.wildcards, name) }
        };
        let group = self.deployment_of_team(models, name).or_else(by_pattern)?;
        Some(Ok(Resolution { group: Arc::new(group) }))
    }

    fn deployment_of_team(&self, models: &TeamModels, id: &str) -> Option<Group> {
        super::resolve::deployment_in(&models.groups, id)
            .or_else(|| self.wildcard_deployment(&models.wildcards, id))
    }

    /// The model group of exactly that name, as somebody would be given it.
    pub fn group_for(&self, whose: Namespace<'_>, name: &str) -> Option<&Arc<Group>> {
        let own = match whose {
            Namespace::Team(team) => self.teams.get(team).and_then(|models| models.groups.get(name)),
            Namespace::Common | Namespace::All => None,
        };
        own.or_else(|| self.groups.get(self.aliases.get(name).map_or(name, String::as_str)))
    }

    /// The model groups of plain names that somebody can ask for: the team's own, and what is everybody's and not behind
    /// one of those.
    pub fn groups_for(&self, whose: Namespace<'_>) -> impl Iterator<Item = &Arc<Group>> {
        let own = match whose {
            Namespace::Team(team) => self.teams.get(team),
            Namespace::Common | Namespace::All => None,
        };
        let hidden: HashSet<&String> = own.iter().flat_map(|models| models.groups.keys()).collect();
        let common = self.groups.iter().filter(move |(name, _)| !hidden.contains(name));
        own.into_iter().flat_map(|models| models.groups.values()).chain(common.map(|(_, group)| group))
    }

    /// The models of the catalogue that wildcard groups stand for which somebody can ask for.
    pub fn wildcard_models_for(&self, whose: Namespace<'_>) -> Vec<(Arc<Group>, String, String, Model)> {
        let mut listed = Vec::new();
        if let Namespace::Team(team) = whose
            && let Some(models) = self.teams.get(team)
        {
            listed = self.wildcard_models(&models.wildcards);
        }
        listed.extend(self.wildcard_models(&self.wildcards));
        listed
    }

    /// The wildcard groups that somebody can ask for models of, as they are configured.
    pub fn wildcard_groups_for(&self, whose: Namespace<'_>) -> impl Iterator<Item = &Arc<Group>> {
        let own = match whose {
            Namespace::Team(team) => self.teams.get(team),
            Namespace::Common | Namespace::All => None,
        };
        let own = own.into_iter().flat_map(|models| &models.wildcards.list);
        own.chain(&self.wildcards.list).map(|wildcard| &wildcard.shown)
    }

    /// The model groups of every team, by team.
    pub fn groups_of_teams(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Group>)> {
        self.teams.iter().flat_map(|(team, models)| models.all().map(move |group| (team, group)))
    }

    /// Every model group of a plain name, whosesoever.
    pub fn every_group(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values().chain(self.teams.values().flat_map(|models| models.groups.values()))
    }
}
