//! From rows and credentials to a snapshot. Pure: the same sources give the same snapshot.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use postern_secrets::{Secret, VaultError};
use postern_store::table::keys::KeyRow;
use postern_store::table::models::ModelRow;
use postern_store::table::prices::PriceRow;
use postern_store::table::providers::ProviderRow;
use postern_store::table::requests::Billing;
use postern_wire::{Format, Surgery};
use uuid::Uuid;

use super::{
    Address, AllowedModels, Credential, DEMO, Deployment, Endpoint, Group, Place, PricePlan, Provider, Shape,
    Snapshot, VirtualKey,
};
use crate::catalogue::{BilledTokens, Catalogue, Cost, Model, PriceOverride};
use crate::config::{ConfigFile, LitellmParams};
use crate::ids::{self, KeyHash};
use crate::providers::auth::{Proof, Scheme};
use crate::providers::{self, ProviderEndpoint, ProviderSpec, SettingSpec, Settings};

/// LiteLLM's default number of attempts after the first.
const DEFAULT_RETRIES: u32 = 2;
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);

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
        }
    }
}

/// The name under which the vault keeps a provider's credential.
pub fn provider_credential(id: Uuid) -> String {
    format!("provider/{id}")
}

/// The name under which the vault keeps a deployment's own credential.
pub fn model_credential(id: &str) -> String {
    format!("model/{id}")
}

pub fn build(sources: Sources<'_>) -> Snapshot {
    let overrides: HashMap<_, _> = sources.prices.iter().filter_map(price_override).collect();
    let mut providers: Vec<Arc<Provider>> = sources
        .providers
        .into_iter()
        .filter_map(|row| provider(row, sources.credentials))
        .map(Arc::new)
        .collect();
    let demo = demo_provider();
    let mut groups: BTreeMap<String, Vec<Arc<Deployment>>> = BTreeMap::new();
    let mut add = |deployment: Option<Deployment>| {
        if let Some(deployment) = deployment {
            groups.entry(deployment.group.clone()).or_default().push(Arc::new(deployment));
        }
    };
    if let Some(demo) = demo {
        add(Some(demo_deployment(&demo)));
        providers.push(Arc::new(demo));
    }
    for (index, model) in sources.config.models.iter().enumerate() {
        let id = model
            .model_info
            .get("id")
            .and_then(serde_json::Value::as_str)
            .map_or_else(|| format!("config-{index}-{}", model.model_name), str::to_owned);
        let own = model.litellm_params.api_key.clone().map(Ok);
        add(deployment(
            &id,
            &model.model_name,
            &model.litellm_params,
            own.as_ref(),
            &providers,
            sources.credentials,
            &overrides,
        ));
    }
    for row in &sources.models {
        match serde_json::from_str::<LitellmParams>(&row.params) {
            Ok(params) => {
                let own = sources.credentials.get(&model_credential(&row.id));
                add(deployment(
                    &row.id,
                    &row.model_name,
                    &params,
                    own,
                    &providers,
                    sources.credentials,
                    &overrides,
                ));
            }
            Err(error) => {
                tracing::error!(%error, model = row.id, "a stored deployment cannot be read; it is left out");
            }
        }
    }
    Snapshot {
        admin: sources.admin,
        keys: sources.keys.into_iter().filter_map(virtual_key).map(|key| (key.hash, Arc::new(key))).collect(),
        providers,
        groups: groups
            .into_iter()
            .map(|(name, deployments)| (name.clone(), Arc::new(Group { name, deployments })))
            .collect(),
        aliases: sources.config.aliases.clone(),
        num_retries: sources.config.num_retries.unwrap_or(DEFAULT_RETRIES),
        drop_params: sources.config.drop_params,
        strict_params: sources.config.strict_params,
        keep_responses: sources.config.keep_responses.unwrap_or(true),
        request_timeout: sources.config.request_timeout.map_or(DEFAULT_TIMEOUT, Duration::from_secs_f64),
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

fn provider(row: ProviderRow, credentials: &HashMap<String, Result<Secret, VaultError>>) -> Option<Provider> {
    let spec = providers::find(&row.preset).or_else(|| {
        tracing::error!(
            provider = row.name,
            preset = row.preset,
            "a provider of an unknown kind is left out"
        );
        None
    })?;
    let given = serde_json::from_str(&row.settings).unwrap_or_default();
    let settings = providers::settings::in_force(&spec.settings, &given);
    // An address that cannot be one leaves the provider out.
    endpoints(spec, &row.base_url, "", &settings, &[])?;
    let held = credentials.get(&provider_credential(row.id));
    let (credential, proofs) = credential(spec, held, row.has_credential, &settings);
    Some(Provider { row, spec, settings, proofs, credential, built_in: false })
}

fn demo_provider() -> Option<Provider> {
    let spec = providers::find(DEMO)?;
    let row = ProviderRow {
        id: Uuid::nil(),
        name: DEMO.into(),
        preset: DEMO.into(),
        base_url: String::new(),
        enabled: true,
        has_credential: false,
        credential_hint: None,
        last_test: None,
        settings: "{}".into(),
        created_at: 0,
        updated_at: 0,
    };
    Some(Provider {
        row,
        spec,
        settings: Settings::new(),
        proofs: Vec::new(),
        credential: Credential::NotNeeded,
        built_in: true,
    })
}

fn demo_deployment(demo: &Provider) -> Deployment {
    let endpoints = vec![Endpoint {
        format: demo.spec.format,
        place: Place::Demo,
        headers: Vec::new(),
        signing: None,
        shape: None,
    }];
    Deployment {
        id: DEMO.into(),
        group: DEMO.into(),
        context: Some(32_768),
        max_output: Some(1024),
        ..of_provider(demo, DEMO, endpoints)
    }
}

/// What is known of a credential, and the proof that each of the provider's endpoints takes, in their order.
fn credential(
    spec: &ProviderSpec,
    held: Option<&Result<Secret, VaultError>>,
    expected: bool,
    settings: &Settings,
) -> (Credential, Vec<Option<Proof>>) {
    let none = Vec::new();
    let secret = match held {
        Some(Ok(secret)) => Some(secret),
        Some(Err(error)) => return (Credential::Unavailable(error.to_string()), none),
        None if expected => {
            return (Credential::Unavailable("the vault has not been read yet, or lost it".into()), none);
        }
        None => None,
    };
    if secret.is_none() && spec.needs_key_with(settings) {
        return (Credential::Missing, none);
    }
    let proofs: Result<Vec<_>, String> =
        spec.endpoints().map(|endpoint| endpoint.auth.proof(secret, settings)).collect();
    match proofs {
        Ok(proofs) if secret.is_some() => (Credential::Loaded, proofs),
        Ok(proofs) => (Credential::NotNeeded, proofs),
        Err(problem) => (Credential::Unavailable(problem), none),
    }
}

pub fn fixed_headers(headers: &BTreeMap<String, String>) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
    })
}

/// All ways of asking a provider for a model; `None` if the base URL is no address.
fn endpoints(
    spec: &ProviderSpec,
    base_url: &str,
    model: &str,
    settings: &Settings,
    proofs: &[Option<Proof>],
) -> Option<Vec<Endpoint>> {
    let base_url = spec.address(base_url, settings);
    let made = spec.endpoints_for(model, settings).into_iter().map(|(position, endpoint)| {
        let address = |stream| Address::parse(&endpoint.url(base_url, model, stream, settings)).map(Box::new);
        let count = endpoint.count_url(base_url, model, settings);
        let (header, signing) = match proofs.get(position).cloned().flatten() {
            Some(Proof::Header(name, value)) => (Some((name, value)), None),
            Some(Proof::Signed(signing)) => (None, Some(signing)),
            None => (None, None),
        };
        Some(Endpoint {
            format: endpoint.format,
            place: Place::Http {
                whole: address(false)?,
                stream: address(true)?,
                count: count.and_then(|url| Address::parse(&url)).map(Box::new),
            },
            headers: header.into_iter().chain(fixed_headers(endpoint.headers)).collect(),
            signing,
            shape: shape(spec, &endpoint),
        })
    });
    made.collect()
}

/// What an endpoint wants of a body, ready to be done; `None` where its format says it all.
fn shape(spec: &ProviderSpec, endpoint: &ProviderEndpoint<'_>) -> Option<Arc<Shape>> {
    let mut quirks = Surgery::default();
    let is_chat = endpoint.format == Format::OpenAiChat;
    let has_quirks = is_chat && !(spec.quirks.rename.is_empty() && spec.quirks.refuses.is_empty());
    if has_quirks {
        for (from, to) in &spec.quirks.rename {
            quirks.rename(from, to);
        }
        for name in &spec.quirks.refuses {
            // The presets are checked by a test.
            let _ = quirks.drop(name);
        }
    }
    if !has_quirks && endpoint.body.is_none() {
        return None;
    }
    let mut surgery = Surgery::default();
    let body = endpoint.body.cloned().unwrap_or_default();
    for path in &body.drop {
        let _ = surgery.drop(path);
    }
    for (name, value) in &body.set {
        surgery.set(name, value);
    }
    Some(Arc::new(Shape { surgery, quirks, betas: body.betas, wrapping: body.wrapping }))
}

/// `provider/model` of a configured provider; `None` if the model's name fits no address.
pub(super) fn direct_deployment(
    provider: &Provider,
    model: &str,
    overrides: &HashMap<(String, String), Arc<PricePlan>>,
) -> Option<Deployment> {
    let known = Catalogue::embedded().find(&provider.spec.id, model);
    let mut endpoints =
        endpoints(provider.spec, &provider.row.base_url, model, &provider.settings, &provider.proofs)?;
    lead(&mut endpoints, known.as_ref());
    Some(Deployment {
        prices: price_plan(provider.spec, model, &LitellmParams::default(), overrides),
        context: known.as_ref().and_then(|model| model.context),
        max_output: known.and_then(|model| model.max_output),
        ..of_provider(provider, model, endpoints)
    })
}

/// What every deployment of a provider shares.
fn of_provider(provider: &Provider, model: &str, endpoints: Vec<Endpoint>) -> Deployment {
    let name = format!("{}/{model}", provider.row.name);
    Deployment {
        id: name.clone(),
        group: name,
        provider_id: (!provider.built_in).then_some(provider.row.id),
        provider: provider.row.name.clone(),
        spec: provider.spec,
        upstream_model: model.to_owned(),
        endpoints,
        credential: provider.credential.clone(),
        prices: None,
        billing: if provider.spec.local { Billing::Local } else { Billing::Api },
        timeout: None,
        stream_timeout: None,
        weight: 1,
        order: 0,
        drop_params: None,
        strict_params: None,
        surgery: Surgery::default(),
        context: None,
        max_output: None,
    }
}

/// A deployment with parameters in LiteLLM's words. Without a credential or address of its own it uses those of the
/// configured provider of that name or kind.
fn deployment(
    id: &str,
    group: &str,
    params: &LitellmParams,
    own: Option<&Result<Secret, VaultError>>,
    providers: &[Arc<Provider>],
    credentials: &HashMap<String, Result<Secret, VaultError>>,
    overrides: &HashMap<(String, String), Arc<PricePlan>>,
) -> Option<Deployment> {
    let unusable = |why: &str| {
        tracing::error!(deployment = id, group, "a deployment is left out: {why}");
        None
    };
    let Some(origin) = origin(params, providers) else {
        return unusable("no provider of that name is known");
    };
    let Origin { spec, provider, model } = origin;
    if provider.is_some_and(|provider| provider.built_in) {
        let demo = demo_deployment(provider?);
        return Some(Deployment { id: id.to_owned(), group: group.to_owned(), ..demo });
    }
    let base_url = match (&params.api_base, provider) {
        (Some(base), _) => base.clone(),
        (None, Some(provider)) => provider.row.base_url.clone(),
        (None, None) => spec.base_url.clone(),
    };
    let given = given_settings(spec, params);
    let settings = match provider {
        Some(provider) => {
            provider.settings.iter().map(|(name, value)| (name.clone(), value.clone())).chain(given).collect()
        }
        None => providers::settings::in_force(&spec.settings, &given),
    };
    let (credential, proofs) = match (own, provider) {
        (None, Some(provider)) if settings == provider.settings => {
            (provider.credential.clone(), provider.proofs.clone())
        }
        // An address of its own may well need no key: a model on this machine.
        (None, None) if params.api_base.is_some() && spec.auth.scheme == Scheme::Key => {
            (Credential::NotNeeded, Vec::new())
        }
        // The same credential, for another region, say.
        (None, Some(provider)) => {
            let held = credentials.get(&provider_credential(provider.row.id));
            credential(spec, held, provider.row.has_credential, &settings)
        }
        (own, _) => credential(spec, own, false, &settings),
    };
    let Some(mut endpoints) = endpoints(spec, &base_url, &model, &settings, &proofs) else {
        return unusable("its address is not a URL");
    };
    for endpoint in &mut endpoints {
        let extra = fixed_headers(&params.extra_headers).map(|(name, mut value)| {
            // Whatever it is for, it may be a key.
            value.set_sensitive(true);
            (name, value)
        });
        endpoint.headers.extend(extra);
    }
    let known = Catalogue::embedded().find(&spec.id, &model);
    lead(&mut endpoints, known.as_ref());
    Some(Deployment {
        id: id.to_owned(),
        group: group.to_owned(),
        provider_id: provider.filter(|_| own.is_none()).map(|provider| provider.row.id),
        provider: provider.map_or_else(|| spec.id.clone(), |provider| provider.row.name.clone()),
        spec,
        endpoints,
        credential,
        prices: price_plan(spec, &model, params, overrides),
        billing: if spec.local { Billing::Local } else { Billing::Api },
        timeout: params.timeout.map(Duration::from_secs_f64),
        stream_timeout: params.stream_timeout.map(Duration::from_secs_f64),
        weight: params.weight.unwrap_or(1),
        order: params.order.unwrap_or(0),
        drop_params: params.drop_params,
        strict_params: params.strict_params,
        surgery: surgery(params),
        context: known.as_ref().and_then(|model| model.context),
        max_output: known.and_then(|model| model.max_output),
        upstream_model: model,
    })
}

/// What a deployment's parameters say of the provider's settings.
pub fn given_settings(spec: &ProviderSpec, params: &LitellmParams) -> Settings {
    let said = |setting: &SettingSpec| {
        let value = params.provider_param(setting.param.as_ref()?)?;
        Some((setting.name.clone(), value.to_owned()))
    };
    spec.settings.iter().filter_map(said).collect()
}

/// Some models of OpenAI answer through its Responses API only: for them it comes first.
fn lead(endpoints: &mut [Endpoint], known: Option<&Model>) {
    if known.is_some_and(|model| model.mode == "responses")
        && let Some(place) = endpoints.iter().position(|endpoint| endpoint.format == Format::OpenAiResponses)
    {
        endpoints[..=place].rotate_right(1);
    }
}

fn surgery(params: &LitellmParams) -> Surgery {
    let mut surgery = Surgery::default();
    for path in &params.additional_drop_params {
        // Checked when the parameters came in.
        let _ = surgery.drop(path);
    }
    for (name, value) in &params.extra_body {
        surgery.set(name, value);
    }
    surgery
}

/// Where a deployment's model comes from.
pub struct Origin<'a> {
    pub spec: &'static ProviderSpec,
    pub provider: Option<&'a Arc<Provider>>,
    pub model: String,
}

/// Reads `provider/model`: the provider is a configured one's name, else a preset's id or one of its other names. A bare
/// model with an address of its own is taken to speak OpenAI's format.
pub fn origin<'a>(params: &LitellmParams, providers: &'a [Arc<Provider>]) -> Option<Origin<'a>> {
    let by_name = |name: &str| providers.iter().find(|provider| provider.row.name == name);
    let by_spec = |spec: &ProviderSpec| {
        providers.iter().find(|provider| provider.spec.id == spec.id && !provider.built_in)
    };
    let named = |name: &str, model: &str| {
        // With an address of its own it is not the configured provider's, and must not be sent that one's credential.
        let own_address = params.api_base.is_some();
        if let Some(provider) = by_name(name) {
            let shared = Some(provider).filter(|provider| provider.built_in || !own_address);
            return Some(Origin { spec: provider.spec, provider: shared, model: model.to_owned() });
        }
        let spec = providers::find(name)?;
        let provider = by_spec(spec).filter(|_| !own_address);
        Some(Origin { spec, provider, model: model.to_owned() })
    };
    if let Some(provider) = &params.custom_llm_provider {
        let model = params.model.strip_prefix(&format!("{provider}/")).unwrap_or(&params.model);
        return named(provider, model);
    }
    if params.model == DEMO {
        return named(DEMO, DEMO);
    }
    if let Some((name, model)) = params.model.split_once('/')
        && let Some(origin) = named(name, model)
    {
        return Some(origin);
    }
    if params.api_base.is_some() {
        return Some(Origin {
            spec: providers::find("openai")?,
            provider: None,
            model: params.model.clone(),
        });
    }
    let known = Catalogue::embedded().providers_of(&params.model).find_map(providers::find)?;
    Some(Origin { spec: known, provider: by_spec(known), model: params.model.clone() })
}

/// The price in force: the deployment's own, else the user's, else the catalogue's.
fn price_plan(
    spec: &ProviderSpec,
    model: &str,
    params: &LitellmParams,
    overrides: &HashMap<(String, String), Arc<PricePlan>>,
) -> Option<Arc<PricePlan>> {
    let known = Catalogue::embedded().find(&spec.id, model);
    let own = PriceOverride::from_litellm(
        params.input_cost_per_token,
        params.output_cost_per_token,
        params.cache_read_input_token_cost,
        params.cache_creation_input_token_cost,
    );
    if let Some(own) = own {
        return Some(Arc::new(PricePlan {
            prices: own.over(known.as_ref().map(|model| &model.prices)),
            source: "deployment".into(),
            version: String::new(),
        }));
    }
    if let Some(plan) = overrides.get(&(spec.id.clone(), model.to_owned())) {
        return Some(plan.clone());
    }
    let known = known?;
    Some(Arc::new(PricePlan {
        prices: known.prices,
        source: known.source.to_string(),
        version: Catalogue::embedded().source_version(known.source).to_owned(),
    }))
}

impl PricePlan {
    /// What it costs at a moment (UTC milliseconds: some prices depend on the hour); `None` where the price of something
    /// that was used is not known.
    pub fn cost(&self, tokens: &BilledTokens, at: i64) -> Option<Cost> {
        self.prices.cost_at(tokens, Some(at))
    }

    /// What it may cost at most, whatever the hour.
    pub fn cost_at_peak(&self, tokens: &BilledTokens) -> Option<Cost> {
        self.prices.cost(tokens)
    }
}
