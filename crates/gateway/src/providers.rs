//! What is known of providers: addresses, how they want to be asked, where their keys come from. One entry of
//! `data/providers.json` for each; an OpenAI- or Anthropic-compatible provider never needs Rust of its own.
//!
//! Knowledge only: depends on serde and on `postern_wire`'s names of formats. Start at [`find`]. The entries' ids are the
//! provider ids of the catalogue; a catalogue provider without an entry is listed under `without_preset` in the file.

pub mod auth;
mod endpoint;
pub mod settings;
mod url;

use std::collections::BTreeMap;
use std::sync::OnceLock;

pub use auth::ProviderAuth;
pub use endpoint::{BodySpec, EndpointSpec, ProviderEndpoint, Wrapping};
use postern_wire::Format;
use serde::{Deserialize, Serialize};
pub use settings::{SettingSpec, Settings};
pub use url::check_base_url;

static EMBEDDED: &str = include_str!("../data/providers.json");

/// How to reach one kind of provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSpec {
    pub id: String,
    pub label: String,
    pub group: ProviderGroup,
    pub description: String,
    #[serde(default = "openai_chat")]
    pub format: Format,
    /// With its version path, without a slash at the end. Empty where only the user knows it.
    pub base_url: String,
    /// Follows the base URL.
    #[serde(default = "chat_path")]
    pub chat_path: String,
    /// The same for streams, where that is another path.
    pub stream_path: Option<String>,
    /// Where prompts are counted.
    pub count_path: Option<String>,
    /// Ends of a base URL that the paths here bring themselves.
    #[serde(default)]
    pub base_url_ends: Vec<String>,
    /// Other addresses for single values of a setting.
    #[serde(default)]
    pub base_url_when: Vec<settings::BaseUrlWhen>,
    /// What it must be told besides a key.
    #[serde(default)]
    pub settings: Vec<SettingSpec>,
    /// What it wants done to a body in its first format.
    #[serde(default)]
    pub body: BodySpec,
    /// What else it serves under its own API, which is passed on: `embeddings`, `images`, ..
    #[serde(default)]
    pub serves: Vec<Served>,
    /// Further formats that the provider speaks itself, so that nothing need be translated.
    #[serde(default)]
    pub also: Vec<EndpointSpec>,
    /// Follows the base URL, and may climb (`/../`): see [`Self::models_url`]. Empty where there is no list.
    #[serde(default = "models_path")]
    pub models_path: String,
    #[serde(default)]
    pub auth: ProviderAuth,
    /// Sent with every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default = "yes")]
    pub needs_key: bool,
    /// Runs on the user's own machine, or in the gateway itself: usage costs nothing.
    #[serde(default)]
    pub local: bool,
    /// How keys look: `sk-ant-...`
    pub key_hint: Option<String>,
    /// Where one gets a key.
    pub key_url: Option<String>,
    pub docs_url: Option<String>,
    /// Other names, LiteLLM's among them.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Environment variables in which LiteLLM and the provider's own SDK look for a key, in their order.
    #[serde(default)]
    pub key_env: Vec<String>,
    /// The same for the base URL.
    #[serde(default)]
    pub base_env: Vec<String>,
    /// It has no chat models at all: what it has is passed on.
    #[serde(default)]
    pub no_chat: bool,
    /// How its usage objects say what it charges, if they do.
    pub reports_cost: Option<ReportedCost>,
    #[serde(default)]
    pub quirks: Quirks,
}

/// A kind of endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Served {
    Chat,
    Responses,
    Messages,
    Gemini,
    Ollama,
    Cohere,
    Bedrock,
    Completions,
    Embeddings,
    Rerank,
    Images,
    Speech,
    Transcriptions,
    Moderations,
    Realtime,
    Batches,
    Files,
    FineTuning,
    Ocr,
    Video,
}

impl From<Format> for Served {
    fn from(format: Format) -> Self {
        match format {
            Format::OpenAiChat => Self::Chat,
            Format::OpenAiCompletions => Self::Completions,
            Format::OpenAiResponses => Self::Responses,
            Format::AnthropicMessages => Self::Messages,
            Format::Gemini => Self::Gemini,
            Format::Ollama | Format::OllamaGenerate => Self::Ollama,
            Format::Cohere => Self::Cohere,
            Format::BedrockConverse => Self::Bedrock,
        }
    }
}

/// How a usage object says what its provider charges for the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedCost {
    /// `cost`, in dollars; with a key of the user's own at the provider behind it (`is_byok`) that is the fee alone, and
    /// `cost_details.upstream_inference_cost` is what the other one charges.
    Credits,
    /// `cost_in_usd_ticks`, of which ten thousand million are a dollar.
    Ticks,
    /// `cost`, an object of dollars with its `total_cost` and parts of it.
    Breakdown,
}

/// Where a provider stands in a list to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderGroup {
    Popular,
    Cloud,
    Local,
    Generic,
}

/// Where a provider differs from the API that it follows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// Takes `stream_options.include_usage`. Those that do not report usage in a stream unasked.
    pub stream_usage: bool,
    /// Members of a chat completion that it knows under another name.
    pub rename: BTreeMap<String, String>,
    /// Hints in a chat completion that it answers with an error: they are left out, and named as lost.
    pub refuses: Vec<String>,
    /// The field of the list of models that holds the list; empty where the answer is the list.
    pub models_key: String,
    /// The field of a listed model that holds its id.
    pub model_id_key: String,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            stream_usage: true,
            rename: BTreeMap::new(),
            refuses: Vec::new(),
            models_key: "data".into(),
            model_id_key: "id".into(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    providers: Vec<ProviderSpec>,
    without_preset: Vec<String>,
}

fn openai_chat() -> Format {
    Format::OpenAiChat
}

fn chat_path() -> String {
    "/chat/completions".into()
}

fn models_path() -> String {
    "/models".into()
}

fn yes() -> bool {
    true
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    FILE.get_or_init(|| {
        serde_json::from_str(EMBEDDED)
            .expect("the embedded providers are decoded by a test before they are shipped")
    })
}

/// All of them, the popular ones first.
pub fn specs() -> &'static [ProviderSpec] {
    &file().providers
}

/// By id, else by another name.
pub fn find(name: &str) -> Option<&'static ProviderSpec> {
    let specs = specs();
    specs
        .iter()
        .find(|spec| spec.id == name)
        .or_else(|| specs.iter().find(|spec| spec.aliases.iter().any(|alias| alias == name)))
}

/// Providers that the catalogue prices and that have no entry here.
pub fn without_preset() -> &'static [String] {
    &file().without_preset
}

impl ProviderSpec {
    /// Built into the gateway: nothing to reach.
    pub fn built_in(&self) -> bool {
        self.chat_path.is_empty()
    }

    /// What it speaks, its first format first.
    pub fn endpoints(&self) -> impl Iterator<Item = ProviderEndpoint<'_>> {
        let is_plain = self.body == BodySpec::default();
        let first = ProviderEndpoint {
            format: self.format,
            path: &self.chat_path,
            stream_path: self.stream_path.as_ref().unwrap_or(&self.chat_path),
            count_path: self.count_path.as_deref(),
            auth: &self.auth,
            headers: &self.headers,
            body: (!is_plain).then_some(&self.body),
            further: None,
        };
        std::iter::once(first).chain(self.also.iter().map(|further| ProviderEndpoint {
            format: further.format,
            path: &further.path,
            stream_path: further.stream_path.as_ref().unwrap_or(&further.path),
            count_path: further.count_path.as_deref(),
            auth: further.auth.as_ref().unwrap_or(&self.auth),
            headers: &further.headers,
            body: (further.body != BodySpec::default()).then_some(&further.body),
            further: Some(further),
        }))
    }

    /// How one model is asked under these settings, the first choice first; with each, its place among
    /// [`Self::endpoints`].
    pub fn endpoints_for(&self, model: &str, settings: &Settings) -> Vec<(usize, ProviderEndpoint<'_>)> {
        let serving = self.endpoints().enumerate().filter(|(_, endpoint)| endpoint.serves(model, settings));
        let (mut chosen, others): (Vec<_>, Vec<_>) = serving.partition(|(_, endpoint)| endpoint.is_special());
        let is_alone = chosen.iter().any(|(_, endpoint)| endpoint.is_alone());
        for (position, endpoint) in others {
            let is_first = position == 0;
            let is_replaced = chosen.iter().any(|(_, special)| special.format == endpoint.format);
            if !(is_replaced || is_first && is_alone) {
                chosen.push((position, endpoint));
            }
        }
        chosen
    }

    /// The address in force: a setting may have one of its own, and the paths may bring a part of it.
    pub fn address<'a>(&'a self, base_url: &'a str, settings: &Settings) -> &'a str {
        if base_url == self.base_url
            && let Some(other) =
                self.base_url_when.iter().find(|when| settings.get(&when.setting) == Some(&when.value))
        {
            return &other.base_url;
        }
        let base = base_url.trim_end_matches('/');
        self.base_url_ends.iter().find_map(|end| base.strip_suffix(end.as_str())).unwrap_or(base)
    }

    /// The address in force, with what it was told filled in.
    pub fn address_in_force(&self, base_url: &str, settings: &Settings) -> String {
        settings::substitute(self.address(base_url, settings), settings)
    }

    /// Whether nothing can be asked without a key under these settings.
    pub fn needs_key_with(&self, settings: &Settings) -> bool {
        let is_replaced =
            self.settings.iter().any(|spec| spec.replaces_key && settings.contains_key(&spec.name));
        self.needs_key && !is_replaced
    }

    /// Everything it serves, for people to see.
    pub fn served(&self) -> Vec<Served> {
        let mut served: Vec<Served> = Vec::new();
        for endpoint in self.endpoints() {
            let one = Served::from(endpoint.format);
            if !served.contains(&one) {
                served.push(one);
            }
        }
        // A provider of embeddings alone has no chat behind its path for it.
        served.retain(|one| *one != Served::Chat || !self.no_chat);
        served.extend(self.serves.iter().copied().filter(|one| !served.contains(one)).collect::<Vec<_>>());
        served
    }

    /// Where a path of the provider's own API is. The base URL has a version (`/v1`) in it; a path that brings a version of
    /// its own takes its place and that of what follows it.
    pub fn own_url(&self, base_url: &str, path: &str, query: Option<&str>, settings: &Settings) -> String {
        let is_version = |segment: &str| {
            segment
                .strip_prefix('v')
                .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        };
        let base = self.address_in_force(base_url, settings);
        let base = base.trim_end_matches('/');
        // An interface that imitates another's lies below the provider's own.
        let base = base.strip_suffix("/openai").unwrap_or(base);
        // What follows a version belongs to it: a project, a place.
        let host_end = base.find("://").map_or(0, |at| at + 3);
        let mut at = base[host_end..].find('/').map_or(base.len(), |slash| host_end + slash);
        let is_versioned = path.split('/').next().is_some_and(is_version);
        let base = loop {
            let Some(segment) = base[at..].strip_prefix('/') else { break base };
            let end = segment.find('/').map_or(base.len(), |slash| at + 1 + slash);
            if is_versioned && is_version(&base[at + 1..end]) {
                break &base[..at];
            }
            at = end;
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{base}/{path}{query}")
    }

    /// Where the list of models is; `None` where the provider has none. Some have it beside their compatible API, so
    /// that the path climbs; parsing the URL resolves that.
    pub fn models_url(&self, base_url: &str, settings: &Settings) -> Option<String> {
        let base = self.address(base_url, settings).trim_end_matches('/');
        let url = || settings::substitute(&format!("{base}{}", self.models_path), settings);
        (!self.models_path.is_empty() && !base.is_empty()).then(url)
    }

    /// The models' ids in the answer to [`Self::models_url`]; `None` if it is no such list.
    pub fn listed_models<'a>(&self, answer: &'a serde_json::Value) -> Option<Vec<&'a str>> {
        let list =
            if self.quirks.models_key.is_empty() { answer } else { answer.get(&self.quirks.models_key)? };
        let id = |model: &'a serde_json::Value| model.get(&self.quirks.model_id_key)?.as_str();
        Some(list.as_array()?.iter().filter_map(id).collect())
    }

    /// As the API shows it.
    pub fn preset(&self) -> Preset {
        Preset {
            id: self.id.clone(),
            label: self.label.clone(),
            format: self.format.as_str(),
            base_url: self.base_url.clone(),
            needs_key: self.needs_key,
            local: self.local,
            key_url: self.key_url.clone(),
            docs_url: self.docs_url.clone(),
            key_hint: self.key_hint.clone(),
            group: self.group,
            description: self.description.clone(),
            settings: self.settings.clone(),
            serves: self.served(),
            aliases: self.aliases.clone(),
            key_env: self.key_env.clone(),
        }
    }
}

/// A provider to choose from. The shape is the API's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Preset {
    pub id: String,
    pub label: String,
    /// The wire format that it is asked in first, such as `openai_chat`.
    pub format: &'static str,
    pub base_url: String,
    pub needs_key: bool,
    pub local: bool,
    pub key_url: Option<String>,
    pub docs_url: Option<String>,
    pub key_hint: Option<String>,
    pub group: ProviderGroup,
    pub description: String,
    /// What it must be told besides a key.
    pub settings: Vec<SettingSpec>,
    /// Which endpoints it serves.
    pub serves: Vec<Served>,
    /// Other names, LiteLLM's among them.
    pub aliases: Vec<String>,
    /// Environment variables in which its own SDK looks for a key.
    pub key_env: Vec<String>,
}

#[cfg(test)]
mod tests;
