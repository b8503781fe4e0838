//! What a provider's row says of its deployments besides its address: rank, timeout, further credentials, the switch.

use std::time::Duration;

use super::*;
use crate::snapshot::Group;

fn direct(snapshot: &Snapshot, name: &str) -> Arc<Group> {
    snapshot.resolve(name).unwrap_or_else(|unresolved| panic!("{name}: {unresolved:?}")).group
}

#[test]
fn rank_and_timeout_are_those_of_direct_deployments() {
    let row = ProviderRow { priority: 7, weight: 8, timeout_ms: Some(1500), ..provider(1, "work", "openai") };
    let config = ConfigFile::default();
    let snapshot = snapshot(vec![row, provider(2, "claude", "anthropic")], &config);
    let made = direct(&snapshot, "work/a").deployments[0].clone();
    assert_eq!((made.order, made.weight, made.timeout), (-7, 8, Some(Duration::from_millis(1500))));
    let usual = direct(&snapshot, "claude:b").deployments[0].clone();
    assert_eq!((usual.order, usual.weight, usual.timeout), (-100, 100, None));
}

#[test]
fn deployments_of_groups_have_their_providers_timeout_and_their_own_rank() {
    let config = config(json!([
        {"model_name": "inherits", "litellm_params": {"model": "work/a", "order": 2, "weight": 3}},
        {"model_name": "says", "litellm_params": {"model": "work/a", "timeout": 9}},
        {"model_name": "own", "litellm_params": {"model": "work/a", "api_key": "sk-own"}},
        {"model_name": "elsewhere", "litellm_params": {"model": "openai/a", "api_base": "http://127.0.0.1:9/v1"}},
    ]));
    let row = ProviderRow { priority: 7, weight: 8, timeout_ms: Some(1500), ..provider(1, "work", "openai") };
    let snapshot = snapshot(vec![row], &config);
    let inherits = only(&snapshot, "inherits");
    assert_eq!((inherits.order, inherits.weight), (2, 3));
    let timeout = |group| only(&snapshot, group).timeout.map(|timeout| timeout.as_millis());
    assert_eq!((timeout("inherits"), timeout("says")), (Some(1500), Some(9000)));
    assert_eq!((timeout("own"), timeout("elsewhere")), (None, None), "another credential, another address");
}

#[test]
fn each_further_credential_is_a_deployment_that_stands_in_for_the_one_before() {
    let further = r#"[{"number":5,"hint":null},{"number":2,"hint":"...b"}]"#;
    let row = ProviderRow { further_credentials: further.into(), ..provider(1, "work", "openai") };
    let mut credentials = held(std::slice::from_ref(&row));
    for number in [2, 5] {
        credentials.insert(provider_credential(row.id, number), Ok(Secret::from(format!("sk-{number}"))));
    }
    let config = config(json!([
        {"model_name": "group", "litellm_params": {"model": "work/a"}, "model_info": {"id": "mine"}},
    ]));
    let made = |credentials: &Credentials| {
        build(Sources { providers: vec![row.clone()], credentials, ..Sources::empty(&config) })
    };
    let snapshot = made(&credentials);
    for (group, ids) in [
        (direct(&snapshot, "work/a"), ["work/a", "work/a#2", "work/a#5"]),
        (direct(&snapshot, "group"), ["mine", "mine#2", "mine#5"]),
    ] {
        let sent: Vec<_> = group.deployments.iter().map(|made| sent_credential(made)).collect();
        assert_eq!(sent, [Some("Bearer sk-of-work"), Some("Bearer sk-2"), Some("Bearer sk-5")]);
        let known: Vec<_> = group.deployments.iter().map(|made| made.id.as_str()).collect();
        assert_eq!(known, ids, "by the credential's number, not its place");
        assert!(group.deployments[0].stands_in_for.is_none());
        for pair in group.deployments.windows(2) {
            let before = pair[1].stands_in_for.as_ref().map(|condition| condition.id());
            assert_eq!(before, Some(pair[0].id.as_str()));
        }
    }
    credentials.remove(&provider_credential(row.id, 5));
    let lost = direct(&made(&credentials), "work/a").deployments[2].credential.clone();
    assert!(matches!(lost, Credential::Unavailable(_)), "{lost:?}");
}

#[test]
fn what_uses_a_provider_that_is_switched_off_is_left_out() {
    let config = config(json!([
        {"model_name": "both", "litellm_params": {"model": "off/a"}},
        {"model_name": "both", "litellm_params": {"model": "on/a"}},
        {"model_name": "only", "litellm_params": {"model": "off/a"}},
        {"model_name": "kind", "litellm_params": {"model": "openai/a"}},
        {"model_name": "own", "litellm_params": {"model": "off/a", "api_key": "sk-own"}},
    ]));
    let off = ProviderRow { enabled: false, ..provider(1, "off", "openai") };
    let snapshot = snapshot(vec![off.clone(), provider(2, "on", "openai")], &config);
    assert_eq!(only(&snapshot, "both").provider, "on");
    assert_eq!(only(&snapshot, "kind").provider, "on", "the next of its kind");
    assert_eq!(only(&snapshot, "own").provider, "off", "it does not use its credential");
    assert!(!snapshot.groups.contains_key("only"));
    assert_eq!(snapshot.resolve("only").err(), Some(Unresolved::Disabled("off".into())));
    // With nobody else of its kind, what is known of it is that it is off.
    let alone = super::snapshot(vec![off], &config);
    assert_eq!(alone.resolve("kind").err(), Some(Unresolved::Disabled("off".into())));
    assert_eq!(alone.resolve("both").err(), Some(Unresolved::Disabled("off".into())));
}
