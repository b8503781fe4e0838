//! Which models somebody may use: the caller, or a team that the caller belongs to.

use std::collections::HashSet;
use std::sync::Arc;

use crate::auth::{Caller, permissions};
use crate::catalogue::{Catalogue, Model as Known};
use crate::directory::{Directory, Organization, Team};
use crate::error::Failure;
use crate::snapshot::{Deployment, Group, Namespace, Snapshot};

/// What is known of a model, whoever asks.
pub(in crate::http) struct Listed {
    pub id: String,
    pub owner: String,
    pub context: Option<u64>,
    pub max_output: Option<u64>,
}

impl Listed {
    pub fn of(id: &str, deployment: Option<&Deployment>) -> Self {
        Self {
            id: id.to_owned(),
            owner: deployment.map_or("postern", |deployment| deployment.provider.as_str()).to_owned(),
            context: deployment.and_then(|deployment| deployment.context),
            max_output: deployment.and_then(|deployment| deployment.max_output),
        }
    }

    /// A name that stands for several models.
    fn of_several(id: &str) -> Self {
        Self::of(id, None)
    }
}

/// For whom models are listed.
pub(in crate::http) struct Viewer {
    caller: Caller,
    /// In the place of the caller, a team.
    team: Option<(Arc<Team>, Option<Arc<Organization>>)>,
}

impl From<Caller> for Viewer {
    fn from(caller: Caller) -> Self {
        Self { caller, team: None }
    }
}

impl Viewer {
    /// A team, if the caller may see it.
    pub fn of_team(caller: Caller, directory: &Directory, team: &str) -> Result<Self, Failure> {
        if !permissions::sees_team(&caller, directory, team) {
            let message = format!("the team {team} is not yours: your key may not see its models");
            return Err(Failure::forbidden("not_yours", message)
                .with_type("auth_error")
                .with_param("team_id"));
        }
        let unknown =
            || Failure::not_found("team_not_found", format!("Team not found, passed team_id={team}"));
        let found = directory.team(team).cloned().ok_or_else(|| unknown().with_param("team_id"))?;
        let organization = found.organization_id.as_ref().and_then(|id| directory.organization(id)).cloned();
        Ok(Self { caller, team: Some((found, organization)) })
    }

    fn namespace(&self) -> Namespace<'_> {
        match &self.team {
            Some((team, _)) => Namespace::Team(&team.id),
            None => self.caller.namespace(),
        }
    }

    fn may_use(&self, snapshot: &Snapshot, group: Option<&Group>, names: &[&str]) -> bool {
        let Some((team, organization)) = &self.team else {
            return match group {
                Some(group) => self.caller.may_use_group(group, names),
                None => self.caller.may_use(names),
            };
        };
        let is_own = group.is_some_and(|group| group.team.is_some());
        let lists = std::iter::once(&team.models).chain(organization.iter().map(|known| &known.models));
        is_own || lists.into_iter().all(|models| models.allow(names, &snapshot.access))
    }
}

/// What is listed besides models of their own names.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::http) struct Besides {
    /// Names that stand for many models, such as `openai/*`.
    pub wildcards: bool,
    pub access_groups: bool,
    /// Access groups and nothing else.
    pub only_access_groups: bool,
}

/// Model groups first, then the models that wildcard groups stand for, then `provider/model` of every configured provider.
pub(in crate::http) fn usable(snapshot: &Snapshot, viewer: &Viewer, besides: Besides) -> Vec<Listed> {
    let mut list = if besides.only_access_groups { Vec::new() } else { models(snapshot, viewer) };
    if besides.wildcards && !besides.only_access_groups {
        let groups = snapshot.wildcard_groups_for(viewer.namespace());
        let groups = groups.filter(|group| viewer.may_use(snapshot, Some(group), &[&group.name]));
        list.extend(groups.map(|group| Listed::of_several(&group.name)));
    }
    if besides.access_groups || besides.only_access_groups {
        let is_theirs = |name: &&String| {
            let members = snapshot.access.members(name).into_iter().flatten();
            let mut groups = members.filter_map(|member| snapshot.groups.get(member));
            viewer.may_use(snapshot, None, &[name])
                || groups.any(|group| viewer.may_use(snapshot, Some(group), &[&group.name]))
        };
        list.extend(snapshot.access.names().filter(is_theirs).map(|name| Listed::of_several(name)));
    }
    list
}

fn models(snapshot: &Snapshot, viewer: &Viewer) -> Vec<Listed> {
    let whose = viewer.namespace();
    let may_use = |group: Option<&Group>, names: &[&str]| viewer.may_use(snapshot, group, names);
    let groups = snapshot.groups_for(whose).filter(|group| may_use(Some(group), &[&group.name]));
    let mut list: Vec<Listed> =
        groups.map(|group| Listed::of(&group.name, group.deployments.first().map(AsRef::as_ref))).collect();
    let mut seen: HashSet<String> = list.iter().map(|model| model.id.clone()).collect();
    let aliases = snapshot.aliases.iter().filter(|(alias, _)| !snapshot.hidden_aliases.contains(*alias));
    for (alias, name) in aliases.filter(|(alias, name)| may_use(None, &[alias, name])) {
        if seen.insert(alias.clone()) {
            let first = snapshot.groups.get(name).and_then(|group| group.deployments.first());
            list.push(Listed { owner: "postern".to_owned(), ..Listed::of(alias, first.map(AsRef::as_ref)) });
        }
    }
    let mut add = |id: String, owner: &str, known: Known| {
        if seen.insert(id.clone()) {
            let owner = owner.to_owned();
            list.push(Listed { id, owner, context: known.context, max_output: known.max_output });
        }
    };
    for (group, id, owner, known) in snapshot.wildcard_models_for(whose) {
        if may_use(Some(&group), &[&id]) {
            add(id, &owner, known);
        }
    }
    for provider in snapshot.providers.iter().filter(|provider| provider.row.enabled && !provider.built_in) {
        let models = Catalogue::embedded().models_of(&provider.spec.id);
        for known in models.filter(|known| known.mode == "chat" || known.mode == "responses") {
            let id = format!("{}/{}", provider.row.name, known.id);
            if may_use(None, &[&id]) {
                add(id, &provider.row.name, known);
            } else if may_use(None, &[known.id]) {
                // Its key has the bare name, so that is what it may ask for.
                add(known.id.to_owned(), &provider.row.name, known);
            }
        }
    }
    list
}

pub(in crate::http) fn one(snapshot: &Snapshot, caller: &Caller, model_id: &str) -> Result<Listed, Failure> {
    let unknown = || {
        Failure::not_found(
            "model_not_found",
            format!("The model `{model_id}` does not exist or is not accessible"),
        )
        .with_param("model")
    };
    let group = snapshot.resolve_for(caller.namespace(), model_id).map_err(|_| unknown())?.group;
    if !caller.may_use_group(&group, &[model_id, &group.name]) {
        return Err(unknown());
    }
    Ok(Listed::of(model_id, group.deployments.first().map(AsRef::as_ref)))
}
