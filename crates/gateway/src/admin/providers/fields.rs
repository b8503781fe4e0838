//! What may be said of a provider, read field by field: a wrong one is refused with its name and what it may be, and a
//! value is never repeated, since it may be a key.

use postern_secrets::Secret;
use postern_store::table::requests::Billing;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Failure;
use crate::providers::{self as specs, Settings};
use crate::registry::providers::{Change, Edit};
use crate::snapshot::DEMO;

/// What may be changed of a provider. Values are of any kind here, and checked in [`ProviderFields::read`].
#[derive(Deserialize, utoipa::ToSchema)]
pub struct ProviderFields {
    /// 1 to 64 letters, digits, `-`, `_` or `.`; the word before the slash in `provider/model`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "openai-primary")]
    name: Option<Value>,
    /// A preset's id or one of its other names. Required of a new provider; it cannot be changed later.
    #[serde(default, rename = "type")]
    #[schema(value_type = Option<String>, example = "openai")]
    kind: Option<Value>,
    /// The preset's when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "https://api.openai.com/v1")]
    base_url: Option<Value>,
    /// Goes to the vault and is never shown again.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    api_key: Option<Value>,
    /// Takes the place of all keys but the first. They stand in for those before them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, write_only)]
    api_keys: Option<Value>,
    /// One more key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    add_api_key: Option<Value>,
    /// Numbers of keys besides the first.
    #[serde(default)]
    #[schema(value_type = Option<Vec<usize>>)]
    remove_keys: Option<Value>,
    /// A new one is, unless told otherwise.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    enabled: Option<Value>,
    /// 0 to 1000000; higher is asked first. 100 of a new one that does not say.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    priority: Option<Value>,
    /// 0 to 1000000; the share among providers of the same priority. 100 of a new one that does not say.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    weight: Option<Value>,
    /// Seconds, more than 0 and at most 86400; null for the gateway's own.
    #[serde(default)]
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, maximum = 86_400, example = 60)]
    timeout: Edit<Value>,
    /// By use, or within a flat rate. `pay_as_you_go` is another name of `api`.
    #[serde(default)]
    #[schema(value_type = Option<crate::console::providers::PaidBy>)]
    billing: Option<Value>,
    /// What its bill is above (or below) the list's prices, -100 to 1000; 0: what the configuration file says, if it does.
    #[serde(default)]
    #[schema(value_type = Option<f64>, minimum = -100, maximum = 1000)]
    price_adjustment_percent: Option<Value>,
    /// What the preset wants to be told besides a key; an empty text goes back to the default.
    #[serde(default)]
    #[schema(value_type = Option<Settings>)]
    settings: Option<Value>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Map<String, Value>,
}

const KNOWN: &str = "name, type, base_url, api_key, api_keys, add_api_key, remove_keys, enabled, priority, weight, timeout, billing, price_adjustment_percent and settings";

impl ProviderFields {
    /// The type, if one is named, and all else.
    pub fn read(self) -> Result<(Option<String>, Change), Failure> {
        if let Some(name) = self.unknown.keys().next() {
            let shown: String = name.chars().filter(|character| !character.is_control()).take(60).collect();
            let message = format!("`{shown}` is not a field that can be set; there are {KNOWN}");
            return Err(Failure::invalid("unknown_field", message).with_param(&shown));
        }
        let keys = list("api_keys", "a list of texts", self.api_keys, |value| {
            value.as_str().map(|text| Secret::from(text.to_owned()))
        })?;
        let remove_keys = list("remove_keys", "a list of numbers of keys", self.remove_keys, |value| {
            value.as_u64().and_then(|number| usize::try_from(number).ok())
        })?;
        let change = Change {
            name: text("name", self.name)?,
            base_url: text("base_url", self.base_url)?,
            api_key: secret("api_key", self.api_key)?,
            api_keys: keys,
            add_api_key: secret("add_api_key", self.add_api_key)?,
            remove_keys: remove_keys.unwrap_or_default(),
            enabled: of("enabled", "true or false", self.enabled, Value::as_bool)?,
            settings: settings(self.settings)?,
            priority: of("priority", "a whole number from 0 to 1000000", self.priority, Value::as_i64)?,
            weight: of("weight", "a whole number from 0 to 1000000", self.weight, Value::as_i64)?,
            billing: of("billing", "api or subscription", self.billing, |value| match value.as_str()? {
                "api" | "pay_as_you_go" => Some(Billing::Api),
                "subscription" => Some(Billing::Subscription),
                _ => None,
            })?,
            price_adjustment_percent: of(
                "price_adjustment_percent",
                "a number from -100 to 1000",
                self.price_adjustment_percent,
                Value::as_f64,
            )?,
            timeout: match self.timeout {
                Edit::Keep => Edit::Keep,
                Edit::Clear => Edit::Clear,
                Edit::Set(seconds) => {
                    let expected = "a number of seconds, more than 0 and at most 86400, or null";
                    of("timeout", expected, Some(seconds), Value::as_f64)?.map_or(Edit::Keep, Edit::Set)
                }
            },
        };
        Ok((text("type", self.kind)?, change))
    }
}

fn of<T>(
    param: &str,
    expected: &str,
    value: Option<Value>,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Failure> {
    let Some(value) = value else { return Ok(None) };
    let wrong = || Failure::invalid("invalid_type", format!("{param} must be {expected}")).with_param(param);
    read(&value).map(Some).ok_or_else(wrong)
}

fn text(param: &str, value: Option<Value>) -> Result<Option<String>, Failure> {
    of(param, "a text", value, |value| value.as_str().map(str::to_owned))
}

/// Blank counts as absent, as everywhere.
fn secret(param: &str, value: Option<Value>) -> Result<Option<Secret>, Failure> {
    let text = text(param, value)?;
    Ok(text.filter(|text| !text.trim().is_empty()).map(Secret::from))
}

fn list<T>(
    param: &str,
    expected: &str,
    value: Option<Value>,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<Vec<T>>, Failure> {
    of(param, expected, value, |value| value.as_array()?.iter().map(&read).collect())
}

fn settings(value: Option<Value>) -> Result<Option<Settings>, Failure> {
    of("settings", "an object of texts", value, |value| {
        let texts = value.as_object()?.iter();
        texts.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    })
}

/// The preset of that id or other name; what is meant otherwise is guessed.
pub fn preset(kind: &str) -> Result<&'static str, Failure> {
    let kind = kind.trim().to_ascii_lowercase();
    if let Some(spec) = specs::find(&kind).filter(|spec| spec.id != DEMO) {
        return Ok(&spec.id);
    }
    let names = |spec: &'static specs::ProviderSpec| {
        std::iter::once(&spec.id).chain(&spec.aliases).map(move |name| (name.as_str(), spec.id.as_str()))
    };
    let mut near: Vec<(f64, &str)> = specs::specs()
        .iter()
        .filter(|spec| spec.id != DEMO)
        .flat_map(names)
        .map(|(name, id)| (strsim::jaro_winkler(&kind, name), id))
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut shown: Vec<&str> = Vec::new();
    for (_, id) in near {
        if !shown.contains(&id) && shown.len() < 5 {
            shown.push(id);
        }
    }
    let asked: String = kind.chars().filter(|character| !character.is_control()).take(60).collect();
    let message =
        format!("there is no type `{asked}`; near are {}. GET /console/presets lists all", shown.join(", "));
    Err(Failure::invalid("unknown_type", message).with_param("type"))
}

#[cfg(test)]
mod tests;
