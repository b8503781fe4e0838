//! What requests say of a key: the same members wherever keys are made or changed.

use std::collections::{BTreeMap, BTreeSet};

use postern_secrets::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config;
use crate::error::Failure;
use crate::manage::fields::{self, Field};
use crate::registry::keys::KeyFields;
use crate::shapes;

/// A key, or its hash.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(from = "String")]
#[schema(value_type = String)]
pub struct KeyOrHash(Secret);

impl From<String> for KeyOrHash {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl KeyOrHash {
    pub fn text(&self) -> String {
        self.0.expose().to_owned()
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyType {
    Default,
    LlmApi,
    Management,
    ReadOnly,
}

/// How LiteLLM is to treat a limit of rates; kept, and means nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RateKind {
    GuaranteedThroughput,
    BestEffortThroughput,
    Dynamic,
}

/// Members of LiteLLM that would restrict a key, and that nothing acts on.
const UNSUPPORTED: [&str; 6] = [
    "guardrails",
    "prompts",
    "object_permission",
    "allowed_passthrough_routes",
    "allowed_vector_store_indexes",
    "new_master_key",
];

/// Members that are taken and mean nothing.
const MEANINGLESS: [&str; 3] = ["send_invite_email", "soft_budget_cooldown", "model_spend"];

/// Refuses what cannot be acted on, and names that are nearly right.
pub fn check_other(
    other: &BTreeMap<String, Value>,
    metadata: &Field<Map<String, Value>>,
) -> Result<(), Failure> {
    if let Field::Given(metadata) = metadata {
        fields::refuse_in_metadata(metadata)?;
    }
    fields::refuse(other, &UNSUPPORTED)
}

/// Names beyond a request's own members.
pub fn further() -> Vec<&'static str> {
    UNSUPPORTED.into_iter().chain(MEANINGLESS).collect()
}

/// `key_request! { /// doc  pub struct Name { members } }`: a request with members of its own and those of every key. Gives
/// `fields()`.
macro_rules! key_request {
    ($(#[$doc:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $crate::limited! {
            $(#[$doc])*
            pub struct $name {
                $($own)*
                /// Its name; no two keys share one.
                #[serde(default)]
                #[schema(value_type = Option<String>, example = "laptop")]
                pub key_alias: Field<String>,
                /// How long it lives from now on: `30s`, `15m`, `12h`, `30d`, `2w`, `1mo`. Absent: for ever; `-1` on a change, too.
                #[serde(default)]
                #[schema(value_type = Option<String>, example = "30d")]
                pub duration: Field<String>,
                /// Models it may use, `prefix/*`, access groups and `all-team-models` included; empty allows all.
                #[serde(default)]
                #[schema(value_type = Option<Vec<String>>)]
                pub models: Field<Vec<String>>,
                /// Whose it is. A person who is not known is made.
                #[serde(default)]
                #[schema(value_type = Option<String>)]
                pub user_id: Field<String>,
                #[serde(default)]
                #[schema(value_type = Option<String>)]
                pub team_id: Field<String>,
                #[serde(default)]
                #[schema(value_type = Option<String>)]
                pub organization_id: Field<String>,
                /// Anything; replaced as a whole. `tags` and `enforced_params` are kept in it.
                #[serde(default)]
                #[schema(value_type = Option<Object>)]
                pub metadata: Field<serde_json::Map<String, serde_json::Value>>,
                /// Of every request of this key.
                #[serde(default)]
                #[schema(value_type = Option<Vec<String>>)]
                pub tags: Field<Vec<String>>,
                /// Members that every request must have, such as `user` or `metadata.generation_name`.
                #[serde(default)]
                #[schema(value_type = Option<Vec<String>>)]
                pub enforced_params: Field<Vec<String>>,
                /// Other names of models: name to model.
                #[serde(default)]
                #[schema(value_type = Option<Object>)]
                pub aliases: Field<std::collections::BTreeMap<String, String>>,
                /// Paths (`/v1/messages`, `/v1/*`), `llm_api_routes`, `management_routes`, `info_routes`; empty allows all.
                #[serde(default)]
                #[schema(value_type = Option<Vec<String>>)]
                pub allowed_routes: Field<Vec<String>>,
                #[serde(default)]
                #[schema(value_type = Option<bool>)]
                pub blocked: Field<bool>,
                /// Whether it is rotated by itself; needs a `rotation_interval`.
                #[serde(default)]
                #[schema(value_type = Option<bool>)]
                pub auto_rotate: Field<bool>,
                #[serde(default)]
                #[schema(value_type = Option<String>, example = "90d")]
                pub rotation_interval: Field<String>,
                /// Dollars more of a budget, until `temp_budget_expiry`.
                #[serde(default)]
                #[schema(value_type = Option<f64>, minimum = 0)]
                pub temp_budget_increase: Field<f64>,
                #[serde(default)]
                #[schema(value_type = Option<String>, format = DateTime)]
                pub temp_budget_expiry: Field<String>,
                /// For how many days the bodies of its requests and their answers are kept: 1 to 400. 0 and null: not at all.
                #[serde(default, deserialize_with = "crate::manage::fields::whole")]
                #[schema(value_type = Option<i64>, minimum = 0, maximum = 400)]
                pub keep_bodies_days: Field<i64>,
                /// What is taken out of them first: `emails`, `phone_numbers`, `card_numbers`, `secrets`.
                #[serde(default)]
                #[schema(value_type = Option<Vec<String>>, example = json!(["emails", "secrets"]))]
                pub redact: Field<Vec<String>>,
                /// The same as regular expressions: at most 20, each of 1 to 256 characters.
                #[serde(default)]
                #[schema(value_type = Option<Vec<String>>)]
                pub redact_patterns: Field<Vec<String>>,
                /// Kept and shown, as the following are.
                #[serde(default)]
                #[schema(value_type = Option<Object>)]
                pub config: Field<serde_json::Map<String, serde_json::Value>>,
                #[serde(default)]
                #[schema(value_type = Option<Object>)]
                pub permissions: Field<serde_json::Map<String, serde_json::Value>>,
                #[serde(default)]
                #[schema(value_type = Option<Object>)]
                pub router_settings: Field<serde_json::Map<String, serde_json::Value>>,
                #[serde(default)]
                #[schema(value_type = Option<Vec<String>>)]
                pub allowed_cache_controls: Field<Vec<String>>,
                #[serde(default)]
                #[schema(value_type = Option<RateKind>)]
                pub rpm_limit_type: Field<RateKind>,
                #[serde(default)]
                #[schema(value_type = Option<RateKind>)]
                pub tpm_limit_type: Field<RateKind>,
            }
        }

        impl $name {
            /// What is said of the key.
            pub fn fields(&mut self) -> Result<KeyFields, Failure> {
                check_other(&self.other, &self.metadata)?;
                self.check_names(&further())?;
                let mut extra = std::collections::BTreeMap::new();
                keep(&mut extra, "config", std::mem::take(&mut self.config))?;
                keep(&mut extra, "permissions", std::mem::take(&mut self.permissions))?;
                keep(&mut extra, "router_settings", std::mem::take(&mut self.router_settings))?;
                keep(&mut extra, "allowed_cache_controls", std::mem::take(&mut self.allowed_cache_controls))?;
                keep(&mut extra, "rpm_limit_type", std::mem::take(&mut self.rpm_limit_type))?;
                keep(&mut extra, "tpm_limit_type", std::mem::take(&mut self.tpm_limit_type))?;
                Ok(KeyFields {
                    alias: std::mem::take(&mut self.key_alias).into(),
                    duration: std::mem::take(&mut self.duration).into(),
                    models: std::mem::take(&mut self.models).into(),
                    user_id: std::mem::take(&mut self.user_id).into(),
                    team_id: std::mem::take(&mut self.team_id).into(),
                    organization_id: std::mem::take(&mut self.organization_id).into(),
                    metadata: std::mem::take(&mut self.metadata).into(),
                    tags: std::mem::take(&mut self.tags).into(),
                    enforced_params: std::mem::take(&mut self.enforced_params).into(),
                    aliases: std::mem::take(&mut self.aliases).into(),
                    allowed_routes: std::mem::take(&mut self.allowed_routes).into(),
                    blocked: std::mem::take(&mut self.blocked).into(),
                    auto_rotate: std::mem::take(&mut self.auto_rotate).into(),
                    rotation_interval: std::mem::take(&mut self.rotation_interval).into(),
                    temp_budget_increase: std::mem::take(&mut self.temp_budget_increase).into(),
                    temp_budget_expiry: std::mem::take(&mut self.temp_budget_expiry).into(),
                    keep_bodies_days: std::mem::take(&mut self.keep_bodies_days).into(),
                    redact: std::mem::take(&mut self.redact).into(),
                    redact_patterns: std::mem::take(&mut self.redact_patterns).into(),
                    extra,
                    limits: self.limits(),
                })
            }
        }
    };
}

/// A member that is kept and shown; null takes it away.
fn keep<T: Serialize>(
    extra: &mut BTreeMap<String, Value>,
    name: &str,
    field: Field<T>,
) -> Result<(), Failure> {
    let value = match field {
        Field::Absent => return Ok(()),
        Field::Null => Value::Null,
        Field::Given(value) => {
            serde_json::to_value(value).map_err(|error| Failure::internal(error.to_string()))?
        }
    };
    extra.insert(name.to_owned(), value);
    Ok(())
}

key_request! {
    /// What `/key/generate` takes. Money in dollars; absent and null mean no limit.
    pub struct GenerateKey {
        /// A key of your own: `sk-` and at least 13 characters. Made up when absent.
        #[serde(default, deserialize_with = "config::secret")]
        #[schema(value_type = Option<String>, format = Password, write_only)]
        pub key: Option<Secret>,
        /// What it is for: `llm_api` for models alone, `management`, `read_only`, or `default` for everything.
        #[serde(default)]
        #[schema(value_type = Option<KeyType>)]
        pub key_type: Field<KeyType>,
    }
}

key_request! {
    /// What `/key/update` takes: the keys, and what changes; null clears. Money in dollars.
    pub struct UpdateKey {
        #[serde(default)]
        pub key: Option<KeyOrHash>,
        /// Several at once: all of them are changed, or none.
        #[serde(default)]
        #[schema(value_type = Option<Vec<String>>)]
        pub keys: Option<Vec<KeyOrHash>>,
    }
}

key_request! {
    /// What `/key/regenerate` takes: the key, and what changes with it. Money in dollars.
    pub struct RegenerateKey {
        /// The caller's own when absent.
        #[serde(default)]
        pub key: Option<KeyOrHash>,
        /// A key of your own making. Made up when absent.
        #[serde(default, deserialize_with = "config::secret")]
        #[schema(value_type = Option<String>, format = Password, write_only)]
        pub new_key: Option<Secret>,
        /// How long the old one is still taken: `30s`, `15m`, `24h`. Absent: not at all.
        #[serde(default)]
        #[schema(example = "24h")]
        pub grace_period: Option<String>,
    }
}

/// A new key, as a request and the file's defaults say it, with the names of what is said.
pub fn new_key(
    body: Map<String, Value>,
    defaults: &Map<String, Value>,
) -> Result<(GenerateKey, BTreeSet<String>), Failure> {
    let says_something = |value: &Value| match value {
        Value::Null => false,
        Value::Array(entries) => !entries.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    };
    let mut body: Map<String, Value> = body.into_iter().filter(|(_, value)| !value.is_null()).collect();
    for (name, value) in defaults {
        if !body.get(name).is_some_and(says_something) {
            body.insert(name.clone(), value.clone());
        }
    }
    let given = body.iter().filter(|(_, value)| says_something(value)).map(|(name, _)| name.clone());
    let given = given.collect();
    let mut request: GenerateKey = shapes::typed(&body)?;
    let routes = match request.key_type.as_given() {
        None | Some(KeyType::Default) => return Ok((request, given)),
        Some(KeyType::LlmApi) => "llm_api_routes",
        Some(KeyType::Management) => "management_routes",
        Some(KeyType::ReadOnly) => "info_routes",
    };
    if request.allowed_routes.as_given().is_some_and(|routes| !routes.is_empty()) {
        let message = "say either key_type or allowed_routes: a type is a list of routes";
        return Err(Failure::invalid("contradiction", message).with_param("allowed_routes"));
    }
    request.allowed_routes = Field::Given(vec![routes.to_owned()]);
    Ok((request, given))
}
