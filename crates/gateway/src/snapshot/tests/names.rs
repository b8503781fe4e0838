//! What a model's name means where there are wildcard groups, ids, and several providers of one model.

use std::sync::Arc;

use serde_json::json;

use super::{config, provider, sent_credential, snapshot, url};
use crate::snapshot::{Group, Snapshot, Unresolved};

fn group(snapshot: &Snapshot, name: &str) -> Arc<Group> {
    snapshot.resolve(name).unwrap_or_else(|_| panic!("{name} leads nowhere")).group
}

fn world() -> Snapshot {
    let config = config(json!([
        {"model_name": "*", "model_info": {"id": "any"}, "litellm_params": {"model": "*"}},
        {"model_name": "openai/*", "model_info": {"id": "many"}, "litellm_params": {"model": "work/*", "api_key": "sk-many", "num_retries": 7}},
        {"model_name": "openai/gpt-*", "litellm_params": {"model": "claude/of-*"}},
        {"model_name": "openai/exact", "litellm_params": {"model": "work/exactly"}},
        {"model_name": "my-*-chat", "litellm_params": {"model": "work/*"}},
        {"model_name": "smart", "model_info": {"id": "first"}, "litellm_params": {"model": "work/a"}},
        {"model_name": "smart", "model_info": {"id": "second"}, "litellm_params": {"model": "work/b"}},
        {"model_name": "second-group", "model_info": {"id": "smart"}, "litellm_params": {"model": "work/c"}},
    ]));
    let rows = vec![
        provider(1, "work", "openai"),
        provider(2, "claude", "anthropic"),
        provider(3, "home", "openai"),
    ];
    snapshot(rows, &config)
}

#[test]
fn the_first_meaning_that_fits_counts() {
    let snapshot = world();
    for (asked, name, upstreams) in [
        // A model group before a deployment's id.
        ("smart", "smart", &[("work", "a"), ("work", "b")][..]),
        ("second", "smart", &[("work", "b")]),
        ("openai/exact", "openai/exact", &[("work", "exactly")]),
        // The longer beginning first.
        ("openai/gpt-9", "openai/gpt-9", &[("claude", "of-9")]),
        ("openai/o9", "openai/o9", &[("work", "o9")]),
        ("openai/a/b", "openai/a/b", &[("work", "a/b")]),
        ("my-own-chat", "my-own-chat", &[("work", "own")]),
        // `*` is as the name says itself.
        ("claude/x", "claude/x", &[("claude", "x")]),
        ("home/x", "home/x", &[("home", "x")]),
        // Not with a slash, so no wildcard leads anywhere but by the catalogue.
        ("work:x", "work/x", &[("work", "x")]),
        ("many/openai/o9", "openai/o9", &[("work", "o9")]),
    ] {
        let found = group(&snapshot, asked);
        let made: Vec<_> = found
            .deployments
            .iter()
            .map(|made| (made.provider.as_str(), made.upstream_model.as_str()))
            .collect();
        assert_eq!((found.name.as_str(), &made[..]), (name, upstreams), "{asked}");
    }
    for unknown in ["openai/*", "*", "many", "any", "nobody-has-this", "openai/", "my--chat"] {
        let Err(unresolved) = snapshot.resolve(unknown) else { panic!("{unknown} leads somewhere") };
        assert_eq!(unresolved, Unresolved::Unknown, "{unknown}");
    }
}

#[test]
fn what_a_wildcard_group_makes_has_its_own_condition_and_the_groups_settings() {
    let snapshot = world();
    let (one, other) = (group(&snapshot, "openai/one"), group(&snapshot, "openai/other"));
    assert_eq!(one.num_retries, Some(7));
    let (one, other) = (&one.deployments[0], &other.deployments[0]);
    assert_eq!((one.id.as_str(), one.group.as_str()), ("many/openai/one", "openai/one"));
    assert!(!Arc::ptr_eq(&one.condition, &other.condition));
    assert_eq!(sent_credential(one), Some("Bearer sk-many"));
    assert!(url(one).starts_with("http://127.0.0.1:1/v1/"));
    // The same name again is the same deployment, and so is its id.
    assert!(Arc::ptr_eq(&group(&snapshot, "openai/one"), &group(&snapshot, "openai/one")));
    let by_id = snapshot.deployment("many/openai/one").expect("it has an id");
    assert!(Arc::ptr_eq(&by_id.condition, &one.condition));
    // Credentials of a provider that was added are found when the name is.
    assert_eq!(sent_credential(&group(&snapshot, "claude/x").deployments[0]), Some("sk-of-claude"));
}

#[test]
fn a_bare_name_is_all_providers_that_serve_it() {
    let mut rows = vec![
        provider(1, "work", "openai"),
        provider(2, "claude", "anthropic"),
        provider(3, "home", "openai"),
        provider(4, "off", "openai"),
    ];
    rows[3].enabled = false;
    let snapshot = snapshot(rows, &config(json!([])));
    let found = group(&snapshot, "gpt-4o-mini");
    let ids: Vec<_> = found.deployments.iter().map(|made| made.id.as_str()).collect();
    assert_eq!(
        (found.name.as_str(), &ids[..]),
        ("gpt-4o-mini", &["work/gpt-4o-mini", "home/gpt-4o-mini"][..])
    );
    // As `provider/model` it is the same deployment, with the same condition.
    let alone = group(&snapshot, "home/gpt-4o-mini");
    assert!(Arc::ptr_eq(&alone.deployments[0].condition, &found.deployments[1].condition));
}

#[test]
fn deployments_of_a_file_keep_their_ids_when_others_come_and_go() {
    let deployment =
        |key: &str| json!({"model_name": "smart", "litellm_params": {"model": "work/a", "api_key": key}});
    let other = json!({"model_name": "other", "litellm_params": {"model": "work/b"}});
    let ids = |models: serde_json::Value| {
        let snapshot = snapshot(vec![provider(1, "work", "openai")], &config(models));
        snapshot.groups["smart"].deployments.iter().map(|made| made.id.clone()).collect::<Vec<_>>()
    };
    let before = ids(json!([deployment("sk-1"), deployment("sk-2")]));
    let after = ids(json!([other, deployment("sk-1"), deployment("sk-2")]));
    assert_eq!(before, after);
    assert_ne!(before[0], before[1]);
    assert_eq!(before[..1], ids(json!([deployment("sk-another")])), "a secret is part of an id");
}

#[test]
fn names_of_settings_that_lead_nowhere_are_told() {
    let text = "
model_list:
  - {model_name: smart, litellm_params: {model: openai/x}}
  - {model_name: 'many/*', litellm_params: {model: openai/*}}
router_settings:
  fallbacks:
    - smart: [typo, groq/x, openai/y, many/z]
    - 'many/*': [smart]
  model_group_alias: {quick: smrt}
";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.yaml");
    std::fs::write(&file, text).unwrap();
    let config = crate::config::read_config_file(&file).unwrap();
    assert_eq!(config.warnings, []);
    let snapshot = snapshot(vec![provider(1, "openai", "openai")], &config);
    let told: Vec<_> = snapshot.unknown_names(&config).iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (at, expected) in [
        "line 7, column 15: router_settings.fallbacks[0].smart[0]: `typo`: there is no such model group",
        "line 7, column 21: router_settings.fallbacks[0].smart[1]: `groq/x`: Groq is not configured",
        "line 9, column 23: router_settings.model_group_alias.quick: `smrt`: there is no such model group",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(told[at], expected);
    }
}
