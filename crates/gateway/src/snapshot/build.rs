//! From rows and credentials to a snapshot. Pure: the same sources give the same snapshot.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use postern_secrets::{Secret, VaultError};
use postern_store::table::models::ModelRow;
use postern_store::table::prices::PriceRow;
use postern_store::table::providers::ProviderRow;
use postern_store::table::tags::TagRow;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::access::AccessGroups;
use super::deployment::{self, Parts, Said};
use super::facts;
use super::origin::origin;
use super::pattern::Pattern;
use super::provider::{demo_provider, provider};
use super::wildcard::{Template, Wildcard, Wildcards};
use super::{Deployment, Facts, Group, OfTeam, PricePlan, Provider, Snapshot, TeamModels};
use crate::catalogue::{Catalogue, PriceOverride, Terms};
use crate::condition::Conditions;
use crate::config::{self, ConfigFile, LitellmParams, StoredFallbacks};

/// What a snapshot is made of.
pub struct Sources<'a> {
    pub providers: Vec<ProviderRow>,
    pub models: Vec<ModelRow>,
    pub prices: Vec<PriceRow>,
    /// Tags may name deployments that are for them.
    pub tags: Vec<TagRow>,
    /// What the vault gave, by name: `provider/<id>`, `model/<id>`.
    pub credentials: &'a HashMap<String, Result<Secret, VaultError>>,
    pub config: &'a ConfigFile,
    /// Those that the management API set.
    pub fallbacks: StoredFallbacks,
    pub conditions: Arc<Conditions>,
}

static NO_CREDENTIALS: std::sync::LazyLock<HashMap<String, Result<Secret, VaultError>>> =
    std::sync::LazyLock::new(HashMap::new);

impl<'a> Sources<'a> {
    pub fn empty(config: &'a ConfigFile) -> Self {
        Self {
            providers: Vec::new(),
            models: Vec::new(),
            prices: Vec::new(),
            tags: Vec::new(),
            credentials: &NO_CREDENTIALS,
            config,
            fallbacks: StoredFallbacks::default(),
            conditions: Arc::default(),
        }
    }
}

/// The name under which the vault keeps a provider's credential: its first, or a further one by its number.
pub fn provider_credential(id: Uuid, number: usize) -> String {
    if number <= 1 { format!("provider/{id}") } else { format!("provider/{id}/{number}") }
}

/// The name under which the vault keeps a deployment's own credential.
pub fn model_credential(id: &str) -> String {
    format!("model/{id}")
}

pub fn build(sources: Sources<'_>) -> Snapshot {
    let overrides: HashMap<_, _> = sources.prices.iter().filter_map(price_override).collect();
    let routing = Arc::new(sources.config.routing.clone().with_stored(&sources.fallbacks));
    let costs = Arc::new(sources.config.costs.clone());
    let mut providers: Vec<Arc<Provider>> = sources
        .providers
        .into_iter()
        .filter_map(|row| provider(row, sources.credentials))
        .map(Arc::new)
        .collect();
    let demo = demo_provider();
    let made_demo = demo.as_ref().map(|demo| deployment::demo(demo, &sources.conditions));
    providers.extend(demo.map(Arc::new));
    let tags = tags_of_models(&sources.tags);
    let tagged = |id: &str, mut params: LitellmParams| {
        params.tags.extend(tags.get(id).into_iter().flatten().cloned());
        params
    };
    let parts = Parts {
        providers: &providers,
        credentials: sources.credentials,
        overrides: &overrides,
        conditions: &sources.conditions,
        routing: &routing,
        costs: &costs,
    };
    let mut collected = Collected::default();
    if let Some(made) = made_demo {
        collected.common.gathered(&made.group.clone()).deployments.push(Arc::new(made));
    }
    for (model, id) in sources.config.models.iter().zip(config::config_ids(&sources.config.models)) {
        let own = model.litellm_params.api_key.clone().map(Ok);
        let params = tagged(&id, model.litellm_params.clone());
        let entry = Entry { id, group: &model.model_name, params, own };
        collected.add(&parts, entry, &model.model_info);
    }
    for row in &sources.models {
        match LitellmParams::over(&sources.config.default_params, &row.params) {
            Ok(params) => {
                let own = sources.credentials.get(&model_credential(&row.id)).cloned();
                let params = tagged(&row.id, params);
                let entry = Entry { id: row.id.clone(), group: &row.model_name, params, own };
                collected.add(&parts, entry, &serde_json::from_str(&row.info).unwrap_or_default());
            }
            Err(error) => {
                tracing::error!(%error, model = row.id, "a stored deployment cannot be read; it is left out");
            }
        }
    }
    let common = std::mem::take(&mut collected.common);
    let access = common.access_groups();
    let (groups, switched_off, wildcards) = common.finish(None, sources.credentials);
    let teams = collected.teams(sources.credentials);
    Snapshot {
        providers,
        groups,
        switched_off,
        aliases: sources.config.aliases.clone(),
        hidden_aliases: sources.config.hidden_aliases.clone(),
        wildcards,
        teams,
        access: Arc::new(access),
        routing,
        conditions: sources.conditions,
        drop_params: sources.config.drop_params,
        strict_params: sources.config.strict_params,
        keep_responses: sources.config.keep_responses.unwrap_or(true),
        default_params: sources.config.default_params.clone(),
        costs,
        overrides,
        direct: super::resolve::DirectGroups::default(),
    }
}

/// Tags by the deployments that they name.
fn tags_of_models(rows: &[TagRow]) -> HashMap<String, Vec<String>> {
    let mut tags: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows.iter().filter(|row| row.models != "[]") {
        for id in serde_json::from_str::<Vec<String>>(&row.models).unwrap_or_default() {
            tags.entry(id).or_default().push(row.name.clone());
        }
    }
    tags
}

/// A deployment of the file or the database.
struct Entry<'a> {
    id: String,
    group: &'a str,
    params: LitellmParams,
    own: Option<Result<Secret, VaultError>>,
}

/// What was found of one model group.
#[derive(Default)]
struct Gathered {
    deployments: Vec<Arc<Deployment>>,
    templates: Vec<Template>,
    num_retries: Option<u32>,
    access: BTreeSet<String>,
}

/// Model groups as they come together: everybody's, or one team's.
#[derive(Default)]
struct Names {
    groups: BTreeMap<String, Gathered>,
    /// See [`Snapshot::switched_off`].
    switched_off: BTreeMap<String, String>,
}

#[derive(Default)]
struct Collected {
    common: Names,
    teams: BTreeMap<Arc<str>, Names>,
}

/// The team whose model it is.
fn team_of(info: &Map<String, Value>) -> Option<&str> {
    info.get("team_id")?.as_str().filter(|team| !team.is_empty())
}

impl Collected {
    fn add(&mut self, parts: &Parts<'_>, entry: Entry<'_>, info: &Map<String, Value>) {
        match team_of(info) {
            Some(team) => self.teams.entry(team.into()).or_default().add(parts, entry, info),
            None => self.common.add(parts, entry, info),
        }
    }

    fn teams(
        self,
        credentials: &HashMap<String, Result<Secret, VaultError>>,
    ) -> HashMap<Arc<str>, TeamModels> {
        let made = |(team, names): (Arc<str>, Names)| {
            let (groups, switched_off, wildcards) = names.finish(Some(&team), credentials);
            (team, TeamModels { groups, switched_off, wildcards })
        };
        self.teams.into_iter().map(made).collect()
    }
}

impl Names {
    fn gathered(&mut self, group: &str) -> &mut Gathered {
        self.groups.entry(group.to_owned()).or_default()
    }

    fn add(&mut self, parts: &Parts<'_>, entry: Entry<'_>, info: &Map<String, Value>) {
        let Entry { id, group, mut params, own } = entry;
        if let Some(provider) = parts.switched_off(&params, own.is_some()) {
            self.switched_off.insert(group.to_owned(), provider);
            return;
        }
        let facts = Facts::of(info);
        facts::add_prices(info, &mut params);
        let gathered = self.gathered(group);
        gathered.num_retries = gathered.num_retries.max(params.num_retries);
        let named = info.get("access_groups").and_then(Value::as_array).into_iter().flatten();
        gathered.access.extend(named.filter_map(|name| name.as_str().map(str::to_owned)));
        let is_wildcard = Pattern::parse(group).is_some();
        // `*` alone leads to a provider only when it stands for something.
        if !is_wildcard || origin(&params, parts.providers).is_some() {
            let made = parts.deployments(Said { id: &id, group, facts: &facts }, &params, own.as_ref());
            gathered.deployments.extend(made.into_iter().map(Arc::new));
        }
        if is_wildcard {
            gathered.templates.push(Template { id, params, facts, own });
        }
    }

    fn access_groups(&self) -> AccessGroups {
        let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (group, gathered) in &self.groups {
            for access in &gathered.access {
                members.entry(access.clone()).or_default().insert(group.clone());
            }
        }
        AccessGroups::new(members, self.groups.keys().cloned().collect())
    }

    fn finish(
        self,
        team: Option<&Arc<str>>,
        credentials: &HashMap<String, Result<Secret, VaultError>>,
    ) -> (BTreeMap<String, Arc<Group>>, BTreeMap<String, String>, Wildcards) {
        let mut groups = BTreeMap::new();
        let mut wildcards = Wildcards::default();
        for (name, gathered) in self.groups {
            let Gathered { deployments, templates, num_retries, access } = gathered;
            let pattern = Pattern::parse(&name);
            let team = team.map(|id| OfTeam { id: id.clone(), access_groups: Arc::new(access) });
            let group = Arc::new(Group { num_retries, team, ..Group::of(name.clone(), deployments) });
            match pattern {
                Some(pattern) => wildcards.list.push(Wildcard { pattern, templates, shown: group }),
                None if group.deployments.is_empty() => {}
                None => {
                    groups.insert(name, group);
                }
            }
        }
        wildcards.list.sort_by_key(|wildcard| std::cmp::Reverse(wildcard.pattern.specificity()));
        if !wildcards.list.is_empty() {
            wildcards.credentials.clone_from(credentials);
        }
        (groups, self.switched_off, wildcards)
    }
}

fn price_override(row: &PriceRow) -> Option<((String, String), Arc<PricePlan>)> {
    let set: PriceOverride = serde_json::from_str(&row.prices).ok()?;
    let known = Catalogue::embedded().find(&row.provider, &row.model);
    let plan = PricePlan {
        prices: set.over(known.as_ref().map(|model| &model.prices)),
        source: super::OVERRIDE.into(),
        version: crate::clock::text(row.updated_at),
        terms: Terms::default(),
    };
    Some(((row.provider.clone(), row.model.clone()), Arc::new(plan)))
}
