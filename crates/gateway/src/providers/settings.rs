//! What a provider must be told besides a key and an address: a region, a project, a version of the API. Each is named in
//! the address or in a path as `{name}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config;

/// Values by name.
pub type Settings = BTreeMap<String, String>;

const LONGEST: usize = 256;

/// One thing to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingSpec {
    #[schema(example = "region")]
    pub name: String,
    /// For people.
    #[schema(example = "Region")]
    pub label: String,
    /// In force when nothing is given.
    #[serde(default)]
    pub default: Option<String>,
    /// Without a value or a default the provider cannot be asked.
    #[serde(default)]
    pub required: bool,
    /// With it no key is needed.
    #[serde(default)]
    pub replaces_key: bool,
    /// It is an address, which stands by itself and in no other.
    #[serde(default)]
    pub url: bool,
    /// The only values there are; any where this is empty.
    #[serde(default)]
    pub values: Vec<String>,
    /// Environment variables that are read where nothing is given.
    #[serde(default)]
    pub env: Vec<String>,
    /// What LiteLLM calls it among a deployment's parameters.
    #[serde(default)]
    pub param: Option<String>,
}

/// Another address for one value of a setting: some services have a global host beside the regional ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseUrlWhen {
    pub setting: String,
    pub value: String,
    pub base_url: String,
}

/// Puts values into `{name}`. What has none stays as it is, which no address takes.
pub fn substitute(text: &str, settings: &Settings) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    settings.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The values in force: given, else of the environment, else the default.
pub fn in_force(specs: &[SettingSpec], given: &Settings) -> Settings {
    let value = |spec: &SettingSpec| {
        let given = given.get(&spec.name).filter(|value| !value.is_empty()).cloned();
        given
            .or_else(|| spec.env.iter().find_map(|name| config::environment(name)))
            .or_else(|| spec.default.clone())
            .filter(|value| problem(spec, value).is_none())
    };
    specs.iter().filter_map(|spec| Some((spec.name.clone(), value(spec)?))).collect()
}

/// What is wrong with settings that were given, if anything: one sentence, and the name at fault.
pub fn check(specs: &[SettingSpec], given: &Settings) -> Option<(String, String)> {
    for (name, value) in given {
        let Some(spec) = specs.iter().find(|spec| spec.name == *name) else {
            let known: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Some((name.clone(), format!("there is no setting `{name}` here; there are: {known}")));
        };
        if let Some(problem) = problem(spec, value).filter(|_| !value.is_empty()) {
            return Some((name.clone(), problem));
        }
    }
    let values = in_force(specs, given);
    let missing = specs.iter().find(|spec| spec.required && !values.contains_key(&spec.name))?;
    Some((missing.name.clone(), format!("{} is needed", missing.label)))
}

/// Values stand in host names and paths: nothing in them may lead elsewhere.
fn problem(spec: &SettingSpec, value: &str) -> Option<String> {
    if spec.url {
        return super::check_base_url(value).err().map(|problem| format!("{}: {problem}", spec.label));
    }
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | ':' | '@');
    if value.is_empty() || value.len() > LONGEST || !value.chars().all(fits) || value.contains("..") {
        return Some(format!("{} must be letters, digits, '-', '_', '.', ':' or '@'", spec.label));
    }
    if !spec.values.is_empty() && !spec.values.iter().any(|known| known == value) {
        return Some(format!("{} must be one of {}", spec.label, spec.values.join(", ")));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str) -> SettingSpec {
        serde_json::from_value(serde_json::json!({"name": name, "label": "It"})).unwrap()
    }

    fn given(value: &str) -> Settings {
        Settings::from([("a".to_owned(), value.to_owned())])
    }

    #[test]
    fn values_stand_where_they_are_named() {
        let settings = given("eu-west-1");
        assert_eq!(substitute("https://x.{a}.example/{b}", &settings), "https://x.eu-west-1.example/{b}");
    }

    #[test]
    fn what_would_lead_elsewhere_is_refused() {
        let specs = [spec("a")];
        assert_eq!(check(&specs, &given("eu-west-1")), None);
        for wrong in ["evil.example/", "a b", "x#", "x?y", "..", "{b}", "a\\b"] {
            assert!(check(&specs, &given(wrong)).is_some(), "{wrong}");
            assert!(in_force(&specs, &given(wrong)).is_empty(), "{wrong}");
        }
        let unknown = Settings::from([("b".to_owned(), "x".to_owned())]);
        assert_eq!(check(&specs, &unknown).unwrap().0, "b");
    }

    #[test]
    fn what_is_needed_must_be_there_or_have_a_default() {
        let needed = SettingSpec { required: true, ..spec("a") };
        assert_eq!(check(std::slice::from_ref(&needed), &Settings::new()).unwrap().1, "It is needed");
        let usual = SettingSpec { default: Some("x".into()), ..needed };
        assert_eq!(check(std::slice::from_ref(&usual), &Settings::new()), None);
        assert_eq!(in_force(&[usual], &Settings::new()), given("x"));
        let chosen = SettingSpec { values: vec!["x".into()], ..spec("a") };
        assert!(check(&[chosen], &given("y")).is_some());
    }
}
