//! From rows and credentials to a snapshot. Pure: the same sources give the same snapshot.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use postern_secrets::{Secret, VaultError};
use postern_store::table::keys::KeyRow;
use postern_store::table::models::ModelRow;
use postern_store::table::prices::PriceRow;
use postern_store::table::providers::ProviderRow;
use uuid::Uuid;

use super::deployment::{self, Parts};
use super::provider::{demo_provider, provider};
use super::{AllowedModels, Deployment, Group, PricePlan, Provider, Snapshot, VirtualKey};
use crate::catalogue::{Catalogue, PriceOverride};
use crate::condition::Conditions;
use crate::config::{ConfigFile, LitellmParams};
use crate::ids::{self, KeyHash};

/// What a snapshot is made of.
pub struct Sources<'a> {
    pub admin: Option<KeyHash>,
    pub keys: Vec<KeyRow>,
    pub providers: Vec<ProviderRow>,
    pub models: Vec<ModelRow>,
    pub prices: Vec<PriceRow>,
    /// What the vault gave, by name: `provider/<id>`, `model/<id>`.
    pub credentials: &'a HashMap<String, Result<Secret, VaultError>>,
    pub config: &'a ConfigFile,
    pub conditions: Arc<Conditions>,
}

static NO_CREDENTIALS: std::sync::LazyLock<HashMap<String, Result<Secret, VaultError>>> =
    std::sync::LazyLock::new(HashMap::new);

impl<'a> Sources<'a> {
    pub fn empty(config: &'a ConfigFile) -> Self {
        Self {
            admin: None,
            keys: Vec::new(),
            providers: Vec::new(),
            models: Vec::new(),
            prices: Vec::new(),
            credentials: &NO_CREDENTIALS,
            config,
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
    let routing = Arc::new(sources.config.routing.clone());
    let mut providers: Vec<Arc<Provider>> = sources
        .providers
        .into_iter()
        .filter_map(|row| provider(row, sources.credentials))
        .map(Arc::new)
        .collect();
    let mut groups: BTreeMap<String, Vec<Arc<Deployment>>> = BTreeMap::new();
    let mut retries: BTreeMap<String, u32> = BTreeMap::new();
    if let Some(demo) = demo_provider() {
        let made = deployment::demo(&demo, &sources.conditions);
        groups.entry(made.group.clone()).or_default().push(Arc::new(made));
        providers.push(Arc::new(demo));
    }
    let parts = Parts {
        providers: &providers,
        credentials: sources.credentials,
        overrides: &overrides,
        conditions: &sources.conditions,
        routing: &routing,
    };
    let mut switched_off: BTreeMap<String, String> = BTreeMap::new();
    let mut add =
        |id: &str, group: &str, params: &LitellmParams, own: Option<&Result<Secret, VaultError>>| {
            if let Some(provider) = parts.switched_off(params, own.is_some()) {
                switched_off.insert(group.to_owned(), provider);
                return;
            }
            for made in parts.deployments(id, group, params, own) {
                groups.entry(group.to_owned()).or_default().push(Arc::new(made));
            }
            if let Some(wanted) = params.num_retries {
                let known = retries.entry(group.to_owned()).or_default();
                *known = wanted.max(*known);
            }
        };
    for (index, model) in sources.config.models.iter().enumerate() {
        let id = model
            .model_info
            .get("id")
            .and_then(serde_json::Value::as_str)
            .map_or_else(|| format!("config-{index}-{}", model.model_name), str::to_owned);
        let own = model.litellm_params.api_key.clone().map(Ok);
        add(&id, &model.model_name, &model.litellm_params, own.as_ref());
    }
    for row in &sources.models {
        match serde_json::from_str::<LitellmParams>(&row.params) {
            Ok(params) => {
                let own = sources.credentials.get(&model_credential(&row.id));
                add(&row.id, &row.model_name, &params, own);
            }
            Err(error) => {
                tracing::error!(%error, model = row.id, "a stored deployment cannot be read; it is left out");
            }
        }
    }
    let group = |(name, deployments): (String, _)| {
        let num_retries = retries.get(&name).copied();
        (name.clone(), Arc::new(Group { num_retries, ..Group::of(name, deployments) }))
    };
    Snapshot {
        admin: sources.admin,
        keys: sources.keys.into_iter().filter_map(virtual_key).map(|key| (key.hash, Arc::new(key))).collect(),
        providers,
        groups: groups.into_iter().map(group).collect(),
        switched_off,
        aliases: sources.config.aliases.clone(),
        routing,
        conditions: sources.conditions,
        drop_params: sources.config.drop_params,
        strict_params: sources.config.strict_params,
        keep_responses: sources.config.keep_responses.unwrap_or(true),
        overrides,
        direct: super::resolve::DirectGroups::default(),
    }
}

fn virtual_key(row: KeyRow) -> Option<VirtualKey> {
    let hash = ids::parse_hex(&row.token)?;
    let models = serde_json::from_str(&row.models).unwrap_or_default();
    let label = row.key_alias.clone().unwrap_or_else(|| row.key_name.clone());
    Some(VirtualKey { hash, label, models: AllowedModels::from_list(models), row })
}

fn price_override(row: &PriceRow) -> Option<((String, String), Arc<PricePlan>)> {
    let set: PriceOverride = serde_json::from_str(&row.prices).ok()?;
    let known = Catalogue::embedded().find(&row.provider, &row.model);
    let plan = PricePlan {
        prices: set.over(known.as_ref().map(|model| &model.prices)),
        source: "override".into(),
        version: crate::clock::text(row.updated_at),
    };
    Some(((row.provider.clone(), row.model.clone()), Arc::new(plan)))
}
