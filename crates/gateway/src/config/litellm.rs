//! LiteLLM's `config.yaml`: `model_list`, `litellm_settings`, `general_settings`, `router_settings`, with
//! `os.environ/NAME` read from the environment. What is not understood is named in a warning, never dropped in silence.

mod alerts;
mod costs;
mod diff;
mod governance;
mod ids;
mod model;
mod place;
mod problem;
mod read;
mod router;
mod sso;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
pub use diff::Difference;
pub use ids::ids;
use postern_secrets::Secret;
pub use problem::{Named, Problem};
pub use read::read;
pub use router::CLASSES;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sso::SsoSettings;
use super::{AlertWebhook, CostRules, DeploymentBilling, Governance, MOST_RETRIES, RoutingSettings};
use crate::config;

/// Headers that belong to the connection or to the gateway.
const FIXED_HEADERS: [&str; 7] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "accept-encoding",
    "accept",
];

/// What the file says, as far as Postern acts on it.
#[derive(Debug, Default)]
pub struct ConfigFile {
    pub models: Vec<ConfigModel>,
    pub master_key: Option<Secret>,
    pub routing: RoutingSettings,
    /// Of keys, users and budgets.
    pub governance: Governance,
    /// Discounts and margins.
    pub costs: CostRules,
    /// Alias to model group.
    pub aliases: BTreeMap<String, String>,
    /// Aliases that are not listed.
    pub hidden_aliases: BTreeSet<String>,
    /// What every deployment is told that does not say otherwise itself.
    pub default_params: Map<String, Value>,
    /// What a provider's format cannot express is dropped rather than refused.
    pub drop_params: bool,
    /// Hints that a provider's format has no place for are refused rather than dropped.
    pub strict_params: bool,
    /// Whether responses are kept for their callers to come back to; they are when this is absent.
    pub keep_responses: Option<bool>,
    /// How people sign in at another server, by the file and the environment.
    pub sso: Option<Arc<SsoSettings>>,
    /// `general_settings.alert_webhooks`: programs that are told of alerts.
    pub alert_webhooks: Vec<Arc<AlertWebhook>>,
    /// Sentences that name what was not understood.
    pub warnings: Vec<Problem>,
    /// Model groups that settings name. Whether there is such a group is known to a snapshot only.
    pub named: Vec<Named>,
    /// Providers that settings name, by name or kind.
    pub named_providers: Vec<Named>,
    /// A digest of every part of the file, by what a person calls it: what tells a change.
    pub parts: BTreeMap<String, [u8; 32]>,
    /// There is no document in it.
    pub empty: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ConfigModel {
    pub model_name: String,
    pub litellm_params: LitellmParams,
    #[serde(default)]
    pub model_info: serde_json::Map<String, Value>,
}

/// LiteLLM's `litellm_params`: what a deployment is. Costs are dollars per token, timeouts seconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LitellmParams {
    /// `provider/model`, as LiteLLM writes it.
    #[schema(example = "openai/gpt-4o-mini")]
    pub model: String,
    /// Goes to the vault; never stored with the model and never shown.
    #[serde(default, skip_serializing, deserialize_with = "config::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub api_key: Option<Secret>,
    #[serde(alias = "base_url", skip_serializing_if = "Option::is_none")]
    pub api_base: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_llm_provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_timeout: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i32>,
    /// Requests per minute that it is asked at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpm: Option<u64>,
    /// Tokens per minute that it is asked for at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel_requests: Option<u32>,
    /// Seconds it rests after failures; 0: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooldown_time: Option<f64>,
    /// Attempts after the first, for the groups that it is in: the largest counts.
    #[serde(alias = "max_retries", skip_serializing_if = "Option::is_none")]
    pub num_retries: Option<u32>,
    /// Which requests it is for, where the router filters by tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it is, for requests that may only go to some region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop_params: Option<bool>,
    /// Hints that the provider's format has no place for (cache marks, metadata, effort) are refused rather than dropped
    /// and named. Postern's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict_params: Option<bool>,
    /// Members of the request that are not sent: `logprobs`, `metadata.user_id`, `tools[*].input_examples`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_drop_params: Vec<String>,
    /// Members that are added to every request, over what the caller sent.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub extra_body: serde_json::Map<String, Value>,
    /// Headers that are added to every request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_cost_per_token: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_cost_per_token: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_input_token_cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_token_cost: Option<f64>,
    /// How it is paid, over what its provider says: budgets count what is paid by use alone. Postern's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing: Option<DeploymentBilling>,
    /// Everything else; refused by the management API, named in a warning from a file.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// What a deployment says of its provider besides a key and an address. Which provider takes which is in the presets.
pub const PROVIDER_PARAMS: [&str; 12] = [
    "api_version",
    "azure_identity",
    "aws_region_name",
    "aws_profile_name",
    "vertex_project",
    "vertex_location",
    "watsonx_region_name",
    "oci_region",
    "snowflake_account",
    "databricks_workspace",
    "cloudflare_account_id",
    "cloudflare_gateway_id",
];

/// Parts of a credential that LiteLLM has as parameters of their own.
const CREDENTIAL_PARTS: [&[&str]; 2] = [
    &["aws_access_key_id", "aws_secret_access_key", "aws_session_token"],
    &["tenant_id", "client_id", "client_secret"],
];

impl LitellmParams {
    /// Reads the parameters of a deployment that the management API added, over those that every deployment has.
    pub fn over(defaults: &Map<String, Value>, stored: &str) -> Result<Self, serde_json::Error> {
        let mut params: Map<String, Value> = serde_json::from_str(stored)?;
        add_defaults(&mut params, defaults);
        serde_json::from_value(Value::Object(params))
    }

    /// Puts the parts of a credential together, so that they go where credentials go. Google's may be a file on this
    /// machine, where `may_read_files` says so. Fails with a sentence that repeats nothing secret.
    pub fn absorb_credential(&mut self, may_read_files: bool) -> Result<(), String> {
        let mut found: Option<String> = None;
        for parts in CREDENTIAL_PARTS {
            let given: serde_json::Map<String, Value> = parts
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), self.other.remove(*name)?)))
                .filter(|(_, value)| !value.is_null())
                .collect();
            if given.is_empty() {
                continue;
            }
            if !given.contains_key(parts[0]) || !given.contains_key(parts[1]) || found.is_some() {
                return Err(format!("litellm_params: {} belong together", parts.join(", ")));
            }
            found = Some(Value::Object(given).to_string());
        }
        match self.other.remove("vertex_credentials") {
            None | Some(Value::Null) => {}
            Some(Value::Object(json)) => found = Some(Value::Object(json).to_string()),
            Some(Value::String(json)) if json.trim_start().starts_with('{') => found = Some(json),
            Some(Value::String(path)) if may_read_files => {
                let read = std::fs::read_to_string(&path);
                found = Some(
                    read.map_err(|error| format!("litellm_params.vertex_credentials: {path}: {error}"))?,
                );
            }
            Some(_) => return Err("litellm_params.vertex_credentials must be the credential's JSON".into()),
        }
        if let Some(found) = found {
            if self.api_key.is_some() {
                return Err("litellm_params has two credentials: api_key and another".into());
            }
            self.api_key = Some(Secret::from(found));
        }
        Ok(())
    }

    /// A parameter of the provider, by LiteLLM's name.
    pub fn provider_param(&self, name: &str) -> Option<&str> {
        self.other.get(name)?.as_str().filter(|value| !value.is_empty())
    }

    /// What is not known of them.
    pub fn unknown(&self) -> impl Iterator<Item = &String> {
        self.other.keys().filter(|name| !PROVIDER_PARAMS.contains(&name.as_str()))
    }

    /// Why these parameters make no sense, if they do not: one sentence naming the field.
    pub fn problem(&self) -> Option<String> {
        if self.model.trim().is_empty() {
            return Some("litellm_params.model is empty".into());
        }
        for (name, seconds) in [("timeout", self.timeout), ("stream_timeout", self.stream_timeout)] {
            if seconds.is_some_and(|seconds| !(seconds > 0.0 && seconds <= 86_400.0)) {
                return Some(format!("litellm_params.{name} must be above 0 and at most 86400 seconds"));
            }
        }
        if self.cooldown_time.is_some_and(|seconds| !(0.0..=86_400.0).contains(&seconds)) {
            return Some("litellm_params.cooldown_time must be between 0 and 86400 seconds".into());
        }
        if self.num_retries.is_some_and(|retries| retries > MOST_RETRIES) {
            return Some(format!("litellm_params.num_retries must be at most {MOST_RETRIES}"));
        }
        if let Some((name, _)) =
            [("rpm", self.rpm), ("tpm", self.tpm)].iter().find(|(_, limit)| *limit == Some(0))
        {
            return Some(format!("litellm_params.{name} must be at least 1"));
        }
        if self.max_parallel_requests == Some(0) {
            return Some("litellm_params.max_parallel_requests must be at least 1".into());
        }
        if let Some(path) =
            self.additional_drop_params.iter().find(|path| !postern_wire::Surgery::default().drop(path))
        {
            return Some(format!("litellm_params.additional_drop_params: `{path}` is no path of a member"));
        }
        let forbidden = |name: &&String| {
            let name = name.to_ascii_lowercase();
            FIXED_HEADERS.contains(&name.as_str()) || HeaderName::try_from(name).is_err()
        };
        if let Some(name) = self.extra_headers.keys().find(forbidden) {
            return Some(format!("litellm_params.extra_headers: `{name}` cannot be set"));
        }
        if let Some((name, _)) =
            self.extra_headers.iter().find(|(_, value)| HeaderValue::try_from(value.as_str()).is_err())
        {
            return Some(format!("litellm_params.extra_headers: the value of `{name}` cannot be sent"));
        }
        if self.extra_body.contains_key("model") || self.extra_body.contains_key("stream") {
            return Some("litellm_params.extra_body cannot set model or stream".into());
        }
        let costs = [
            ("input_cost_per_token", self.input_cost_per_token),
            ("output_cost_per_token", self.output_cost_per_token),
            ("cache_read_input_token_cost", self.cache_read_input_token_cost),
            ("cache_creation_input_token_cost", self.cache_creation_input_token_cost),
        ];
        for (name, cost) in costs {
            if cost.is_some_and(|cost| !(0.0..=1.0).contains(&cost)) {
                return Some(format!("litellm_params.{name} must be between 0 and 1 dollar per token"));
            }
        }
        None
    }
}

/// Other names that a member of the parameters has.
const SAME_PARAMS: [[&str; 2]; 2] = [["api_base", "base_url"], ["num_retries", "max_retries"]];

fn add_defaults(params: &mut Map<String, Value>, defaults: &Map<String, Value>) {
    for (name, value) in defaults {
        let same = SAME_PARAMS.iter().find(|names| names.contains(&name.as_str()));
        let is_given = |name: &str| params.get(name).is_some_and(|value| !value.is_null());
        if is_given(name) || same.is_some_and(|names| names.iter().any(|name| is_given(name))) {
            continue;
        }
        params.insert(name.clone(), value.clone());
    }
}

#[cfg(test)]
mod tests;
