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
        let allowed = AllowedModels::from_list(vec![list]);
        assert_eq!(allowed.allow(names, &access), expected, "{list}: {names:?}");
    }
    let both = AllowedModels::from_list(vec!["staff", "secret"]);
    assert!(both.allow(&["secret"], &access) && both.allow(&["smart"], &access));
}

#[test]
fn a_keys_access_groups_are_those_of_the_configured_models() {
    let mut config = config(json!([
        {"model_name": "smart", "model_info": {"access_groups": ["staff", "all"]}, "litellm_params": {"model": "openai/a", "api_key": "k"}},
        {"model_name": "smart", "litellm_params": {"model": "openai/b", "api_key": "k"}},
        {"model_name": "other", "model_info": {"access_groups": ["all"]}, "litellm_params": {"model": "openai/b", "api_key": "k"}},
    ]));
    config.aliases.insert("quick".into(), "smart".into());
    let snapshot = build(Sources::empty(&config));
    let may = |group, names: &[&str]| AllowedModels::from_list(vec![group]).allow(names, &snapshot.access);
    assert!(may("staff", &["smart"]) && may("staff", &["quick", "smart"]));
    assert!(!may("staff", &["other"]) && !may("staff", &["demo"]));
    assert!(may("all", &["other"]));
}
