//! Access groups: names that model groups have in common, by which keys are given them.

use serde_json::json;

use super::config;
use crate::snapshot::{AccessGroups, AllowedModels, Sources, build};

fn access() -> AccessGroups {
    let members =
        [("staff", vec!["smart", "openai/*"]), ("everything", vec!["*"]), ("narrow", vec!["openai/gpt-*"])];
    let members = members
        .into_iter()
        .map(|(name, groups)| (name.to_owned(), groups.into_iter().map(str::to_owned).collect()))
        .collect();
    let names = ["smart", "secret", "openai/secret", "openai/*", "openai/gpt-*", "*"];
    AccessGroups::new(members, names.map(str::to_owned).into())
}

#[test]
fn an_access_group_gives_its_model_groups_and_no_other() {
    let access = access();
    for (list, names, expected) in [
        ("staff", &["smart"][..], true),
        ("staff", &["quick", "smart"], true),
        ("staff", &["secret"], false),
        ("staff", &["openai/o9"], true),
        // A group of its own name, and a wildcard group that is more specific, are other groups.
        ("staff", &["openai/secret"], false),
        ("staff", &["openai/gpt-4o"], false),
        ("narrow", &["openai/gpt-4o"], true),
        ("narrow", &["openai/o9"], false),
        ("everything", &["anything"], true),
        ("everything", &["smart"], false),
        ("everything", &["openai/x"], false),
        // An id of a deployment of a group that it may not use.
        ("everything", &["0b1f", "secret"], false),
        ("nothing", &["smart"], false),
    ] {
        let allowed = AllowedModels::from_list(vec![list.to_owned()], &access);
        assert_eq!(allowed.allow(names), expected, "{list}: {names:?}");
    }
    let both = AllowedModels::from_list(vec!["staff".into(), "secret".into()], &access);
    assert!(both.allow(&["secret"]) && both.allow(&["smart"]));
}

#[test]
fn a_keys_access_groups_are_those_of_the_configured_models() {
    let mut config = config(json!([
        {"model_name": "smart", "model_info": {"access_groups": ["staff", "all"]}, "litellm_params": {"model": "openai/a", "api_key": "k"}},
        {"model_name": "smart", "litellm_params": {"model": "openai/b", "api_key": "k"}},
        {"model_name": "other", "model_info": {"access_groups": ["all"]}, "litellm_params": {"model": "openai/b", "api_key": "k"}},
    ]));
    config.aliases.insert("quick".into(), "smart".into());
    let key = |models: &str| {
        let hash = crate::ids::hash_key("sk-x");
        let mut row = super::key_row(crate::ids::hex(&hash), None);
        row.models = models.to_owned();
        let snapshot = build(Sources { keys: vec![row], ..Sources::empty(&config) });
        snapshot.key(&hash).expect("the key").models.clone()
    };
    let staff = key(r#"["staff"]"#);
    assert!(staff.allow(&["smart"]) && staff.allow(&["quick", "smart"]));
    assert!(!staff.allow(&["other"]) && !staff.allow(&["demo"]));
    assert!(key(r#"["all"]"#).allow(&["other"]));
}
