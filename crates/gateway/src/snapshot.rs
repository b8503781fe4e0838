//! One immutable, fully resolved view of providers and deployments (of keys and people: `directory`). A request takes one `Arc` of it and never looks
//! back; a change builds a new one and swaps it in, so it is in force from the next request on.
//!
//! `build` makes it from rows and credentials; `resolve` finds what a model name means, `wildcard` what a group of many models
//! has for it, `teams` what one team has for itself, and `access` which of them somebody may use.

mod access;
mod build;
mod deployment;
mod endpoint;
mod facts;
mod named;
mod origin;
mod pattern;
mod price;
mod provider;
mod resolve;
mod teams;
mod wildcard;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

pub use access::{AccessGroups, AllowedModels};
use axum::http::{HeaderName, HeaderValue, Uri};
pub use build::{Sources, build, model_credential, provider_credential};
pub use endpoint::fixed_headers;
pub use facts::Facts;
pub use origin::{Origin, given_settings, origin};
use postern_store::table::providers::ProviderRow;
use postern_store::table::requests::Billing;
use postern_wire::{Format, Surgery};
pub use provider::{FurtherCredential, further_credentials};
pub use resolve::{Resolution, Unresolved};
pub use teams::{Namespace, OfTeam, TeamModels};
use uuid::Uuid;

use crate::catalogue::{Prices, Terms};
use crate::condition::{Condition, Conditions, CooldownRules};
use crate::config::{CostRules, RoutingSettings};
use crate::providers::auth::{Proof, Signing};
use crate::providers::{ProviderSpec, Settings, Wrapping};

/// The name of the built-in model and its provider.
pub const DEMO: &str = "demo";

pub struct Snapshot {
    pub providers: Vec<Arc<Provider>>,
    /// Model groups by name, in order of name; those that stand for many models are in `wildcards`.
    pub groups: BTreeMap<String, Arc<Group>>,
    /// Model groups without a deployment because the provider of that name is switched off.
    pub switched_off: BTreeMap<String, String>,
    /// Other names of model groups.
    pub aliases: BTreeMap<String, String>,
    /// Those of them that are not listed.
    pub hidden_aliases: BTreeSet<String>,
    /// Model groups that stand for many models.
    wildcards: wildcard::Wildcards,
    /// What single teams have for themselves, by team.
    pub teams: HashMap<Arc<str>, TeamModels>,
    /// Which model groups have which access groups.
    pub access: Arc<AccessGroups>,
    pub routing: Arc<RoutingSettings>,
    /// Of all deployments, those made on the fly included.
    pub conditions: Arc<Conditions>,
    pub drop_params: bool,
    pub strict_params: bool,
    /// Whether responses are kept for their callers to come back to.
    pub keep_responses: bool,
    /// What every deployment is told that does not say otherwise itself.
    pub default_params: serde_json::Map<String, serde_json::Value>,
    /// What is taken off costs and put on them, by provider.
    pub costs: Arc<CostRules>,
    /// The user's own prices by provider preset and model.
    pub overrides: HashMap<(String, String), Arc<PricePlan>>,
    /// Groups made on the fly for `provider/model`, so that each is resolved once.
    direct: resolve::DirectGroups,
}

impl Snapshot {
    pub fn provider(&self, id: Uuid) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|provider| provider.row.id == id)
    }

    /// What the ledger calls the providers of this name or kind: the name itself, and those of that kind.
    pub fn names_of_providers(&self, name_or_kind: &str) -> BTreeSet<String> {
        let configured = self.providers.iter().map(|known| (&*known.spec.id, &known.row.name));
        let groups = self.groups.values().flat_map(|group| &group.deployments);
        let deployed = groups.map(|known| (&*known.spec.id, &known.provider));
        let of_kind = configured.chain(deployed).filter(|(kind, _)| *kind == name_or_kind);
        of_kind.map(|(_, name)| name.clone()).chain([name_or_kind.to_owned()]).collect()
    }
}

/// A configured provider.
#[derive(Debug)]
pub struct Provider {
    pub row: ProviderRow,
    pub spec: &'static ProviderSpec,
    /// What it is told besides a key, with what the environment and the preset say.
    pub settings: Settings,
    /// Its credentials, in the order in which they stand in for each other. Never empty.
    pub held: Vec<Held>,
    pub built_in: bool,
}

impl Provider {
    /// What is known of its first credential.
    pub fn credential(&self) -> &Credential {
        self.held.first().map_or(&Credential::Missing, |held| &held.credential)
    }

    /// How it is paid.
    pub fn billing(&self) -> Billing {
        if self.spec.local { Billing::Local } else { self.row.billing }
    }

    /// How long its answer is waited for, where it says so.
    pub fn timeout(&self) -> Option<Duration> {
        let milliseconds = u64::try_from(self.row.timeout_ms?).ok()?;
        Some(Duration::from_millis(milliseconds))
    }

    /// The proof that its first endpoint takes, made of its first credential.
    pub fn proof(&self) -> Option<&Proof> {
        self.held.first()?.proofs.first()?.as_ref()
    }
}

/// One of a provider's credentials.
#[derive(Debug, Clone)]
pub struct Held {
    /// 1 for the first. It stays the same when others are added or removed.
    pub number: usize,
    pub credential: Credential,
    /// As each of the provider's endpoints takes it, in their order; empty where there is none.
    pub proofs: Vec<Option<Proof>>,
}

/// What is known of a credential. The secret itself is only in the prepared header of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    Loaded,
    NotNeeded,
    Missing,
    /// The vault holds one and cannot be read now; the sentence says why.
    Unavailable(String),
}

/// A model group: deployments that answer to one name.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub deployments: Vec<Arc<Deployment>>,
    /// Attempts after the first, where the deployments say so.
    pub num_retries: Option<u32>,
    /// Whose it is, where it is not everybody's.
    pub team: Option<OfTeam>,
}

impl Group {
    pub fn of(name: String, deployments: Vec<Arc<Deployment>>) -> Self {
        Self { name, deployments, num_retries: None, team: None }
    }
}

/// One upstream that answers for a model group, resolved down to the bytes of its credential header.
#[derive(Debug)]
pub struct Deployment {
    pub id: String,
    pub group: String,
    pub provider_id: Option<Uuid>,
    /// The configured provider's name, or the preset's for a deployment with its own credential.
    pub provider: String,
    pub spec: &'static ProviderSpec,
    pub upstream_model: String,
    /// The base of its address, without a query; `None` for the built-in model.
    pub api_base: Option<String>,
    /// Never empty; the first is asked for what no other speaks.
    pub endpoints: Vec<Endpoint>,
    pub credential: Credential,
    pub prices: Option<Arc<PricePlan>>,
    /// What is agreed upon besides prices, whether there are some or not.
    pub terms: Terms,
    /// What a token of input and one of output cost together, pico-dollars; `None` without a price.
    pub price_rank: Option<i64>,
    pub billing: Billing,
    pub timeout: Option<Duration>,
    pub stream_timeout: Option<Duration>,
    pub weight: u32,
    /// Lower is tried first.
    pub order: i32,
    /// Requests and tokens per minute that it takes.
    pub rpm: Option<u64>,
    pub tpm: Option<u64>,
    pub max_parallel: Option<u32>,
    pub tags: Vec<String>,
    pub region: Option<String>,
    pub cooldown: CooldownRules,
    pub condition: Arc<Condition>,
    /// It stands in for another one with the same provider and another credential, while that one cannot be asked.
    pub stands_in_for: Option<Arc<Condition>>,
    /// Whether what its format cannot express is dropped rather than refused; the snapshot's word when absent.
    pub drop_params: Option<bool>,
    /// Whether hints that its format has no place for are refused; the snapshot's word when absent.
    pub strict_params: Option<bool>,
    /// What is changed in every request, in the format that the deployment is asked in.
    pub surgery: Surgery,
    pub context: Option<u64>,
    pub max_output: Option<u64>,
    /// What kind of work it does, where that is said.
    pub mode: Option<String>,
    /// The model of the catalogue that it is, where its own name does not tell.
    pub base_model: Option<String>,
}

/// Where requests go, parsed once for both clients.
#[derive(Debug, Clone)]
pub struct Address {
    url: reqwest::Url,
    uri: Uri,
}

impl Address {
    /// `None` if it is no address of HTTP.
    pub fn parse(text: &str) -> Option<Self> {
        let url = reqwest::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let uri = url.as_str().parse().ok()?;
        Some(Self { url, uri })
    }

    /// The address whose path goes on with `end`; the query stays.
    pub fn below(&self, end: &str) -> Option<Self> {
        let mut url = self.url.clone();
        let path = format!("{}{end}", url.path());
        url.set_path(&path);
        Self::parse(url.as_str())
    }

    /// The address with more of a query.
    pub fn with_query(&self, query: &str) -> Option<Self> {
        let mut url = self.url.clone();
        let joined = url.query().map_or_else(|| query.to_owned(), |known| format!("{known}&{query}"));
        url.set_query(Some(&joined));
        Self::parse(url.as_str())
    }

    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    pub fn url(&self) -> &reqwest::Url {
        &self.url
    }

    pub fn uri(&self) -> &Uri {
        &self.uri
    }
}

/// One way of asking a deployment: a format, where it is spoken, and what is sent besides the body.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub format: Format,
    pub place: Place,
    /// The credential first (where there is one), then the provider's fixed headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Signs each request, where a header does not say who asks.
    pub signing: Option<Arc<Signing>>,
    /// What it wants done to a body of its format.
    pub shape: Option<Arc<Shape>>,
}

/// Where an endpoint differs from the format that it speaks.
#[derive(Debug)]
pub struct Shape {
    pub surgery: Surgery,
    /// What the provider calls otherwise or answers with an error. What is dropped is lost.
    pub quirks: Surgery,
    /// Anthropic's beta features are a member of the body, not a header.
    pub betas: bool,
    /// What its streams are wrapped in.
    pub wrapping: Option<Wrapping>,
}

#[derive(Debug, Clone)]
pub enum Place {
    Http {
        whole: Box<Address>,
        /// For streams; the same but for formats that name them in the path.
        stream: Box<Address>,
        /// Where it counts a prompt's tokens, if it does.
        count: Option<Box<Address>>,
    },
    /// The built-in model, answered in process.
    Demo,
}

impl Deployment {
    /// How to ask it for a caller of this format: in the same one if it speaks that, so that nothing is translated.
    pub fn endpoint(&self, caller: Format) -> &Endpoint {
        self.endpoints.iter().find(|endpoint| endpoint.format == caller).unwrap_or(&self.endpoints[0])
    }
}

/// Prices in force for a deployment, with where they come from.
#[derive(Debug, Clone)]
pub struct PricePlan {
    pub prices: Prices,
    /// [`OVERRIDE`], [`DEPLOYMENT`], or the catalogue's name of the list that they are from.
    pub source: String,
    pub version: String,
    /// What is agreed upon besides these prices.
    pub terms: Terms,
}

/// Where prices are from that the user has set for a model at a provider.
pub const OVERRIDE: &str = "override";
/// Where prices are from that a deployment has for itself.
pub const DEPLOYMENT: &str = "deployment";

#[cfg(test)]
mod tests;
