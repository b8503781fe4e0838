//! How a request wants to be routed, in the words of LiteLLM (`fallbacks`, `num_retries`, `timeout`, `tags`, ...) and of the
//! orchestrator's API (`provider`, `fallback_providers`, `timeout`, `retry_count`).

use serde_json::Value;
use serde_json::value::RawValue;

use super::super::{BadRequest, Fields};
use crate::json;

#[cfg(test)]
mod tests;

const LONGEST_TIMEOUT: f64 = 86_400.0;
const MOST_RETRIES: u64 = 20;
const MOST_NAMES: usize = 32;

/// Other model groups: for all that fail, or for one of them.
pub type OtherModels = Vec<(Option<String>, Vec<String>)>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoutingControls {
    /// The name of the provider that is to answer.
    pub provider: Option<String>,
    /// The names of those to ask after it, in order.
    pub fallback_providers: Option<Vec<String>>,
    /// Seconds for all of the request, to its end or the first token of its stream; above 0 and at most 86,400.
    pub timeout: Option<f64>,
    /// Seconds for one attempt, to the first token of a stream.
    pub stream_timeout: Option<f64>,
    /// Attempts after the first, at most 20.
    pub retries: Option<u32>,
    pub fallbacks: Option<OtherModels>,
    pub context_window_fallbacks: Option<OtherModels>,
    pub content_policy_fallbacks: Option<OtherModels>,
    pub disable_fallbacks: bool,
    pub tags: Vec<String>,
    /// Where a deployment must be.
    pub region: Option<String>,
    /// It says how it is to be routed in the orchestrator's words, and expects to be told in them.
    pub wants_report: bool,
}

const MEMBERS: [&str; 14] = [
    "provider",
    "fallback_providers",
    "timeout",
    "retry_count",
    "stream_timeout",
    "num_retries",
    "max_retries",
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "disable_fallbacks",
    "tags",
    "allowed_model_region",
    "metadata",
];

/// The wishes, and the paths of the members that say them; `None` if there are none.
pub(super) fn read(fields: &Fields<'_>) -> Result<Option<(RoutingControls, Vec<&'static str>)>, BadRequest> {
    if !fields.has_any(&MEMBERS) {
        return Ok(None);
    }
    let mut wanted = RoutingControls::default();
    let mut said = Vec::new();
    // An object of this name is OpenRouter's, about providers of its own.
    if let Some(provider) = fields.get("provider")?
        && !provider.get().starts_with('{')
    {
        wanted.provider = name(fields.string("provider")?, "provider")?;
        said.push("provider");
    }
    if fields.get("fallback_providers")?.is_some() {
        let list = fields.present("fallback_providers")?;
        wanted.fallback_providers = list.map(|list| names(list, "fallback_providers")).transpose()?;
        said.push("fallback_providers");
    }
    for (member, place) in [("timeout", &mut wanted.timeout), ("stream_timeout", &mut wanted.stream_timeout)]
    {
        if let Some(value) = fields.get(member)? {
            *place = seconds(value, member)?;
            said.push(member);
        }
    }
    for member in ["max_retries", "num_retries", "retry_count"] {
        if fields.get(member)?.is_some() {
            let count = fields.present(member)?.map(|value| retries(value, member)).transpose()?;
            wanted.retries = count.or(wanted.retries);
            said.push(member);
        }
    }
    let lists = [
        ("fallbacks", &mut wanted.fallbacks),
        ("context_window_fallbacks", &mut wanted.context_window_fallbacks),
        ("content_policy_fallbacks", &mut wanted.content_policy_fallbacks),
    ];
    for (member, place) in lists {
        if fields.get(member)?.is_some() {
            *place = fields.present(member)?.map(|value| others(value, member)).transpose()?;
            said.push(member);
        }
    }
    if fields.get("disable_fallbacks")?.is_some() {
        wanted.disable_fallbacks = fields.flag("disable_fallbacks")?.unwrap_or(false);
        said.push("disable_fallbacks");
    }
    if fields.get("allowed_model_region")?.is_some() {
        wanted.region = name(fields.string("allowed_model_region")?, "allowed_model_region")?;
        said.push("allowed_model_region");
    }
    if let Some(tags) = tags_of_metadata(fields)? {
        wanted.tags = tags;
        said.push("metadata.tags");
    }
    if fields.get("tags")?.is_some() {
        if let Some(tags) = fields.present("tags")? {
            wanted.tags = names(tags, "tags")?;
        }
        said.push("tags");
    }
    wanted.wants_report = ["provider", "fallback_providers", "timeout", "retry_count"]
        .iter()
        .any(|member| said.contains(member));
    Ok((!said.is_empty()).then_some((wanted, said)))
}

/// LiteLLM's clients put tags into `metadata`, where a provider expects texts only. Any other metadata is the provider's.
fn tags_of_metadata(fields: &Fields<'_>) -> Result<Option<Vec<String>>, BadRequest> {
    let Some(metadata) = fields.present("metadata")? else { return Ok(None) };
    let Some(members) = json::members(metadata) else { return Ok(None) };
    match members.get("tags") {
        Some(tags) if tags.get().starts_with('[') => names(tags, "metadata.tags").map(Some),
        _ => Ok(None),
    }
}

fn name(text: Option<String>, member: &str) -> Result<Option<String>, BadRequest> {
    match text {
        Some(text) if text.trim().is_empty() => Err(empty(member)),
        text => Ok(text.map(|text| text.trim().to_owned())),
    }
}

fn empty(member: &str) -> BadRequest {
    BadRequest::new("invalid_value", member, format!("`{member}` must not be empty."))
}

fn names(list: &RawValue, member: &str) -> Result<Vec<String>, BadRequest> {
    let read: Vec<String> = serde_json::from_str(list.get())
        .map_err(|_| BadRequest::wrong_type(member, "an array of strings"))?;
    if read.len() > MOST_NAMES {
        let message = format!("`{member}` must have at most {MOST_NAMES} entries.");
        return Err(BadRequest::new("invalid_value", member, message));
    }
    match read.iter().position(|name| name.trim().is_empty()) {
        Some(index) => Err(empty(&format!("{member}[{index}]"))),
        None => Ok(read.into_iter().map(|name| name.trim().to_owned()).collect()),
    }
}

fn seconds(value: &RawValue, member: &str) -> Result<Option<f64>, BadRequest> {
    if json::is_null(value) {
        return Ok(None);
    }
    let number: f64 = serde_json::from_str(value.get())
        .map_err(|_| BadRequest::wrong_type(member, "a number of seconds"))?;
    if number > 0.0 && number <= LONGEST_TIMEOUT {
        return Ok(Some(number));
    }
    let message =
        format!("`{member}` must be above 0 and at most {LONGEST_TIMEOUT} seconds; it is {number}.");
    Err(BadRequest::new("invalid_value", member, message))
}

fn retries(value: &RawValue, member: &str) -> Result<u32, BadRequest> {
    let number: f64 =
        serde_json::from_str(value.get()).map_err(|_| BadRequest::wrong_type(member, "a whole number"))?;
    if number.fract() == 0.0 && (0.0..=MOST_RETRIES as f64).contains(&number) {
        return Ok(number as u32);
    }
    let message = format!("`{member}` must be a whole number from 0 to {MOST_RETRIES}; it is {number}.");
    Err(BadRequest::new("invalid_value", member, message))
}

/// `["b", "c"]`, or `[{"a": ["b", "c"]}]`, or `[{"model": "b"}]`.
fn others(value: &RawValue, member: &str) -> Result<OtherModels, BadRequest> {
    let wrong = || {
        BadRequest::wrong_type(member, "an array of model names, or of objects from one to a list of them")
    };
    let entries: Vec<Value> = serde_json::from_str(value.get()).map_err(|_| wrong())?;
    if entries.len() > MOST_NAMES {
        let message = format!("`{member}` must have at most {MOST_NAMES} entries.");
        return Err(BadRequest::new("invalid_value", member, message));
    }
    let mut found = OtherModels::new();
    for entry in entries {
        match entry {
            Value::String(name) => found.push((None, vec![name])),
            Value::Object(map) if map.contains_key("model") => {
                if let Some(other) = map.keys().find(|name| *name != "model") {
                    let message = format!(
                        "`{member}`: only `model` can be changed for a fallback, and `{other}` would be ignored."
                    );
                    return Err(BadRequest::new("unsupported_value", member, message));
                }
                found.push((None, vec![map["model"].as_str().ok_or_else(wrong)?.to_owned()]));
            }
            Value::Object(map) => {
                for (from, to) in map {
                    let to: Vec<String> = serde_json::from_value(to).map_err(|_| wrong())?;
                    found.push((Some(from), to));
                }
            }
            _ => return Err(wrong()),
        }
    }
    match found.iter().flat_map(|(_, names)| names).find(|name| name.trim().is_empty()) {
        Some(_) => Err(empty(member)),
        None => Ok(found),
    }
}
