//! What is known of providers: addresses, how they want to be asked, where their keys come from. One entry of
//! `data/providers.json` for each; an OpenAI- or Anthropic-compatible provider never needs Rust of its own.
//!
//! Knowledge only: depends on serde and on `postern_wire`'s names of formats. Start at [`find`]. The entries' ids are the
//! provider ids of the catalogue; a catalogue provider without an entry is listed under `without_preset` in the file.

mod url;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use postern_wire::Format;
use serde::{Deserialize, Serialize};
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
    #[serde(default)]
    pub quirks: Quirks,
}

/// A further API of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSpec {
    pub format: Format,
    /// Follows the base URL, and may climb. `{model}` stands for the model's name.
    pub path: String,
    /// The same for streams, where that is another path.
    pub stream_path: Option<String>,
    /// The provider's own when absent.
    pub auth: Option<ProviderAuth>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// What is written as it is in one segment of a path.
const IN_A_SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// One API of a provider, the first one or a further one.
#[derive(Debug, Clone, Copy)]
pub struct ProviderEndpoint<'a> {
    pub format: Format,
    path: &'a str,
    stream_path: &'a str,
    pub auth: &'a ProviderAuth,
    pub headers: &'a BTreeMap<String, String>,
}

impl ProviderEndpoint<'_> {
    /// Where a model is asked. Callers name the model, so in a path it is one segment and nothing more.
    pub fn url(&self, base_url: &str, model: &str, stream: bool) -> String {
        let path = if stream { self.stream_path } else { self.path };
        let model = utf8_percent_encode(model, IN_A_SEGMENT).to_string();
        format!("{}{}", base_url.trim_end_matches('/'), path.replace("{model}", &model))
    }
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

/// The header that carries the key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderAuth {
    pub header: String,
    /// Comes before the key.
    pub prefix: String,
}

impl Default for ProviderAuth {
    fn default() -> Self {
        Self { header: "authorization".into(), prefix: "Bearer ".into() }
    }
}

/// Where a provider differs from the API that it follows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// Takes `stream_options.include_usage`. Those that do not report usage in a stream unasked.
    pub stream_usage: bool,
    pub max_tokens: MaxTokensField,
    /// Answers an error to fields that it does not know.
    pub strict_fields: bool,
    /// The field of the list of models that holds the list; empty where the answer is the list.
    pub models_key: String,
    /// The field of a listed model that holds its id.
    pub model_id_key: String,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            stream_usage: true,
            max_tokens: MaxTokensField::Either,
            strict_fields: false,
            models_key: "data".into(),
            model_id_key: "id".into(),
        }
    }
}

/// Which field limits the output of a chat completion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    #[default]
    Either,
    MaxTokens,
    MaxCompletionTokens,
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
        let first = ProviderEndpoint {
            format: self.format,
            path: &self.chat_path,
            stream_path: self.stream_path.as_ref().unwrap_or(&self.chat_path),
            auth: &self.auth,
            headers: &self.headers,
        };
        std::iter::once(first).chain(self.also.iter().map(|further| ProviderEndpoint {
            format: further.format,
            path: &further.path,
            stream_path: further.stream_path.as_ref().unwrap_or(&further.path),
            auth: further.auth.as_ref().unwrap_or(&self.auth),
            headers: &further.headers,
        }))
    }

    /// Where a path of the provider's own API is. The base URL ends with a version (`/v1`); a path that brings a version of
    /// its own takes its place.
    pub fn own_url(&self, base_url: &str, path: &str, query: Option<&str>) -> String {
        let is_version = |segment: &str| {
            segment
                .strip_prefix('v')
                .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        };
        let base = base_url.trim_end_matches('/');
        // An interface that imitates another's lies below the provider's own.
        let base = base.strip_suffix("/openai").unwrap_or(base);
        let base = match base.rsplit_once('/') {
            Some((rest, last)) if is_version(last) && path.split('/').next().is_some_and(is_version) => rest,
            _ => base,
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{base}/{path}{query}")
    }

    /// Where the list of models is; `None` where the provider has none. Some have it beside their compatible API, so
    /// that the path climbs; parsing the URL resolves that.
    pub fn models_url(&self, base_url: &str) -> Option<String> {
        let base = base_url.trim_end_matches('/');
        (!self.models_path.is_empty() && !base.is_empty()).then(|| format!("{base}{}", self.models_path))
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
        }
    }
}

/// A provider to choose from. The shape is the API's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Preset {
    pub id: String,
    pub label: String,
    /// `openai_chat` or `anthropic_messages`
    pub format: &'static str,
    pub base_url: String,
    pub needs_key: bool,
    pub local: bool,
    pub key_url: Option<String>,
    pub docs_url: Option<String>,
    pub key_hint: Option<String>,
    pub group: ProviderGroup,
    pub description: String,
}

#[cfg(test)]
mod tests;
