//! One API of a provider: which format it speaks, where, for which models, and what it wants done to a body.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use postern_wire::Format;
use serde::Deserialize;

use super::auth::ProviderAuth;
use super::settings::{Settings, substitute};

/// A further API of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSpec {
    pub format: Format,
    /// Follows the base URL, and may climb. `{model}` stands for the model's name, `{region}` for a setting.
    pub path: String,
    /// The same for streams, where that is another path.
    pub stream_path: Option<String>,
    /// Where prompts are counted.
    pub count_path: Option<String>,
    /// The provider's own when absent.
    pub auth: Option<ProviderAuth>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Only for models whose name holds one of these, for which it is the first choice.
    #[serde(default)]
    pub for_models: Vec<String>,
    /// Only where these settings have a value, in place of the provider's other endpoint of the format.
    #[serde(default)]
    pub with_settings: Vec<String>,
    /// The models that this is for are not to be had in the provider's first format.
    #[serde(default)]
    pub alone: bool,
    #[serde(default)]
    pub body: BodySpec,
}

/// What an endpoint wants of a body besides its format.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BodySpec {
    /// Members that it does not take.
    pub drop: Vec<String>,
    /// Members that it wants.
    pub set: serde_json::Map<String, serde_json::Value>,
    /// Anthropic's beta features are a member of the body, not a header.
    pub betas: bool,
    /// What its streams are wrapped in.
    pub wrapping: Option<Wrapping>,
}

/// Streams of a format inside the events of another framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrapping {
    /// Each of Anthropic's events in one of Bedrock's.
    BedrockClaude,
    /// The bytes of an event stream in parts, as SageMaker sends them.
    PayloadParts,
}

/// What is written as it is in one segment of a path.
const IN_A_SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// One API of a provider, the first one or a further one.
#[derive(Debug, Clone, Copy)]
pub struct ProviderEndpoint<'a> {
    pub format: Format,
    pub(super) path: &'a str,
    pub(super) stream_path: &'a str,
    pub(super) count_path: Option<&'a str>,
    pub auth: &'a ProviderAuth,
    pub headers: &'a BTreeMap<String, String>,
    pub body: Option<&'a BodySpec>,
    pub(super) further: Option<&'a EndpointSpec>,
}

impl ProviderEndpoint<'_> {
    /// Where a model is asked. Callers name the model, so in a path it is one segment and nothing more.
    pub fn url(&self, base_url: &str, model: &str, stream: bool, settings: &Settings) -> String {
        address(base_url, if stream { self.stream_path } else { self.path }, model, settings)
    }

    /// Where it counts a prompt's tokens, if it does.
    pub fn count_url(&self, base_url: &str, model: &str, settings: &Settings) -> Option<String> {
        Some(address(base_url, self.count_path?, model, settings))
    }

    /// Whether this is for these models and settings only.
    pub fn is_special(&self) -> bool {
        self.further
            .is_some_and(|further| !further.for_models.is_empty() || !further.with_settings.is_empty())
    }

    pub(super) fn serves(&self, model: &str, settings: &Settings) -> bool {
        self.further.is_none_or(|further| {
            let is_for = further.for_models.is_empty()
                || further.for_models.iter().any(|part| model.contains(part.as_str()));
            is_for && further.with_settings.iter().all(|name| settings.contains_key(name))
        })
    }

    pub(super) fn is_alone(&self) -> bool {
        self.further.is_some_and(|further| further.alone)
    }
}

fn address(base_url: &str, path: &str, model: &str, settings: &Settings) -> String {
    let base = substitute(base_url.trim_end_matches('/'), settings);
    // The model comes last: what a caller wrote is never read as the name of a setting.
    let path = substitute(path, settings);
    let model = utf8_percent_encode(model, IN_A_SEGMENT).to_string();
    format!("{base}{}", path.replace("{model}", &model))
}
