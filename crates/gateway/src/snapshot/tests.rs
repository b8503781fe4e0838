//! What a snapshot makes of rows, credentials and a configuration file, and what a model's name means in it.

mod access;
mod names;
mod teams;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use postern_secrets::{Secret, VaultError};
use postern_store::table::models::ModelRow;
use postern_store::table::prices::PriceRow;
use postern_store::table::providers::ProviderRow;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    AccessGroups, AllowedModels, Credential, Deployment, Namespace, Place, Snapshot, Sources, Unresolved,
    build, provider_credential,
};
use crate::config::{ConfigFile, ConfigModel};

mod rank;

type Credentials = HashMap<String, Result<Secret, VaultError>>;

fn provider(number: u128, name: &str, preset: &str) -> ProviderRow {
    ProviderRow {
        id: Uuid::from_u128(number),
        number: number as i64,
        name: name.into(),
        preset: preset.into(),
        base_url: format!("http://127.0.0.1:{number}/v1"),
        enabled: true,
        has_credential: true,
        credential_hint: None,
        last_test: None,
        settings: "{}".into(),
        priority: 100,
        weight: 100,
        billing: postern_store::table::requests::Billing::Api,
        price_adjustment: 0,
        timeout_ms: None,
        further_credentials: "[]".into(),
        created_at: 0,
        updated_at: 0,
    }
}

fn held(providers: &[ProviderRow]) -> Credentials {
    let secret = |row: &ProviderRow| Secret::from(format!("sk-of-{}", row.name));
    providers.iter().map(|row| (provider_credential(row.id, 1), Ok(secret(row)))).collect()
}

fn config(models: Value) -> ConfigFile {
    let models: Vec<ConfigModel> = serde_json::from_value(models).unwrap();
    ConfigFile { models, ..ConfigFile::default() }
}

/// A snapshot of these providers, each with its credential, and these models.
fn snapshot(providers: Vec<ProviderRow>, config: &ConfigFile) -> Snapshot {
    let credentials = held(&providers);
    build(Sources { providers, credentials: &credentials, ..Sources::empty(config) })
}

fn only(snapshot: &Snapshot, group: &str) -> Arc<Deployment> {
    let group = &snapshot.groups[group];
    assert_eq!(group.deployments.len(), 1);
    group.deployments[0].clone()
}

fn url(deployment: &Deployment) -> String {
    match &deployment.endpoints[0].place {
        Place::Http { whole, .. } => whole.url().to_string(),
        Place::Demo => "demo".into(),
    }
}

fn sent_credential(deployment: &Deployment) -> Option<&str> {
    let names = ["authorization", "x-api-key"];
    let mut headers = deployment.endpoints[0].headers.iter();
    headers.find(|(name, _)| names.contains(&name.as_str())).and_then(|(_, value)| value.to_str().ok())
}

#[test]
fn demo_is_there_without_any_configuration() {
    let config = ConfigFile::default();
    let empty = build(Sources::empty(&config));
    assert_eq!(empty.groups.keys().collect::<Vec<_>>(), ["demo"]);
    assert_eq!(url(&only(&empty, "demo")), "demo");
    for name in ["demo", "demo/demo", "demo:demo"] {
        assert_eq!(empty.resolve(name).unwrap_or_else(|_| panic!("{name}")).group.name, "demo");
    }
}

#[test]
fn a_deployment_uses_the_configured_provider_of_its_name_or_kind() {
    let config = config(json!([
        {"model_name": "by-kind", "litellm_params": {"model": "openai/a"}},
        {"model_name": "by-name", "litellm_params": {"model": "work/b"}},
        {"model_name": "messages", "litellm_params": {"model": "anthropic/c"}},
    ]));
    let rows = vec![provider(1, "work", "openai"), provider(2, "claude", "anthropic")];
    let snapshot = snapshot(rows, &config);
    for (group, port, model, credential) in [
        ("by-kind", 1, "a", "Bearer sk-of-work"),
        ("by-name", 1, "b", "Bearer sk-of-work"),
        ("messages", 2, "c", "sk-of-claude"),
    ] {
        let deployment = only(&snapshot, group);
        assert!(
            url(&deployment).starts_with(&format!("http://127.0.0.1:{port}/v1/")),
            "{}",
            url(&deployment)
        );
        assert_eq!(
            (deployment.upstream_model.as_str(), sent_credential(&deployment)),
            (model, Some(credential))
        );
        assert_eq!(deployment.credential, Credential::Loaded);
    }
}

#[test]
fn a_credential_goes_to_its_own_providers_address_only() {
    let config = config(json!([
        {"model_name": "by-name", "litellm_params": {"model": "openai/a", "api_base": "http://127.0.0.1:99/v1"}},
        {"model_name": "by-kind", "litellm_params": {"model": "anthropic/a", "api_base": "http://127.0.0.1:99/v1"}},
        {"model_name": "named", "litellm_params": {"model": "a", "custom_llm_provider": "openai", "api_base": "http://127.0.0.1:99/v1"}},
        {"model_name": "bare", "litellm_params": {"model": "a", "api_base": "http://127.0.0.1:99/v1"}},
    ]));
    let rows = vec![provider(1, "openai", "openai"), provider(2, "claude", "anthropic")];
    let snapshot = snapshot(rows, &config);
    for group in ["by-name", "by-kind", "named", "bare"] {
        let deployment = only(&snapshot, group);
        assert!(url(&deployment).starts_with("http://127.0.0.1:99/"), "{group}");
        assert_eq!(sent_credential(&deployment), None, "{group} sends a key to a stranger");
        assert_eq!(deployment.credential, Credential::NotNeeded, "{group}");
        assert_eq!(deployment.provider_id, None, "{group}");
    }
}

#[test]
fn a_deployments_own_key_and_parameters_count() {
    let config = config(json!([
        {"model_name": "own", "model_info": {"id": "mine"}, "litellm_params": {
            "model": "openai/a", "api_key": "sk-own", "timeout": 1.5, "stream_timeout": 0.5, "weight": 3, "order": 2, "drop_params": true,
        }},
        {"model_name": "nameless", "litellm_params": {"model": "openai/a", "api_key": "sk-own"}},
    ]));
    let snapshot = snapshot(vec![provider(1, "openai", "openai")], &config);
    let own = only(&snapshot, "own");
    assert_eq!(sent_credential(&own), Some("Bearer sk-own"));
    assert_eq!((own.id.as_str(), own.provider_id), ("mine", None));
    assert_eq!(
        (own.timeout, own.stream_timeout),
        (Some(Duration::from_millis(1500)), Some(Duration::from_millis(500)))
    );
    assert_eq!((own.weight, own.order, own.drop_params), (3, 2, Some(true)));
    let nameless = only(&snapshot, "nameless");
    assert!(nameless.id.starts_with("config-") && nameless.id.is_ascii(), "{}", nameless.id);
    assert_eq!((nameless.weight, nameless.order, nameless.timeout), (1, 0, None));
}

#[test]
fn what_cannot_be_reached_is_left_out_and_the_rest_stays() {
    let config = config(json!([
        {"model_name": "lost", "litellm_params": {"model": "nobody/a"}},
        {"model_name": "wrong", "litellm_params": {"model": "openai/a", "api_base": "no url"}},
        {"model_name": "good", "litellm_params": {"model": "openai/a"}},
    ]));
    let rows = vec![provider(1, "openai", "openai"), provider(2, "mystery", "no-such-preset")];
    let snapshot = snapshot(rows, &config);
    assert_eq!(snapshot.groups.keys().collect::<Vec<_>>(), ["demo", "good"]);
    assert!(snapshot.providers.iter().all(|provider| provider.row.name != "mystery"));
}

#[test]
fn a_credential_that_is_not_there_says_why() {
    let config = ConfigFile::default();
    let without = ProviderRow { has_credential: false, ..provider(1, "without", "openai") };
    let rows = vec![
        without,
        provider(2, "unread", "openai"),
        provider(3, "locked", "openai"),
        provider(4, "odd", "openai"),
    ];
    let credentials: Credentials = [
        (provider_credential(Uuid::from_u128(3), 1), Err(VaultError::Unavailable("locked".into()))),
        (provider_credential(Uuid::from_u128(4), 1), Ok(Secret::from("two\nlines".to_owned()))),
    ]
    .into();
    let snapshot = build(Sources { providers: rows, credentials: &credentials, ..Sources::empty(&config) });
    let state = |name: &str| {
        snapshot
            .providers
            .iter()
            .find(|provider| provider.row.name == name)
            .map(|found| found.credential().clone())
    };
    assert_eq!(state("without"), Some(Credential::Missing));
    for name in ["unread", "locked", "odd"] {
        assert!(matches!(state(name), Some(Credential::Unavailable(_))), "{name}: {:?}", state(name));
    }
    for provider in &snapshot.providers {
        assert!(provider.held[0].proofs.is_empty(), "{}", provider.row.name);
    }
}

#[test]
fn a_stored_deployment_uses_the_key_that_the_vault_holds_for_it() {
    let config = ConfigFile::default();
    let row = |id: &str, params: &str| ModelRow {
        id: id.into(),
        model_name: id.into(),
        params: params.into(),
        info: "{}".into(),
        created_by: String::new(),
        created_at: 0,
        updated_at: 0,
    };
    let models =
        vec![row("mine", r#"{"model": "openai/a", "has_credential": true}"#), row("broken", "not json")];
    let credentials: Credentials =
        [(super::model_credential("mine"), Ok(Secret::from("sk-mine".to_owned())))].into();
    let snapshot = build(Sources { models, credentials: &credentials, ..Sources::empty(&config) });
    assert_eq!(sent_credential(&only(&snapshot, "mine")), Some("Bearer sk-mine"));
    assert!(!snapshot.groups.contains_key("broken"));
}

#[test]
fn the_deployments_price_wins_then_the_users_then_the_catalogues() {
    let config = config(json!([
        {"model_name": "own", "litellm_params": {"model": "openai/gpt-4o-mini", "input_cost_per_token": 0.5}},
        {"model_name": "users", "litellm_params": {"model": "openai/gpt-4o-mini"}},
        {"model_name": "known", "litellm_params": {"model": "openai/gpt-4o"}},
        {"model_name": "unknown", "litellm_params": {"model": "openai/nobody-knows-it"}},
    ]));
    let prices = vec![PriceRow {
        provider: "openai".into(),
        model: "gpt-4o-mini".into(),
        prices: r#"{"input": 7}"#.into(),
        updated_at: 0,
    }];
    let rows = vec![provider(1, "openai", "openai")];
    let credentials = held(&rows);
    let snapshot =
        build(Sources { providers: rows, prices, credentials: &credentials, ..Sources::empty(&config) });
    let source = |group: &str| only(&snapshot, group).prices.as_ref().map(|plan| plan.source.clone());
    assert_eq!(source("own").as_deref(), Some("deployment"));
    assert_eq!(source("users").as_deref(), Some("override"));
    assert!(source("known").is_some_and(|source| source != "override" && source != "deployment"));
    assert_eq!(source("unknown"), None);
    let direct = snapshot.resolve("openai/gpt-4o-mini").unwrap_or_else(|_| panic!("resolved")).group;
    assert_eq!(direct.deployments[0].prices.as_ref().map(|plan| plan.source.as_str()), Some("override"));
}

#[test]
fn model_names_mean_what_they_say() {
    let mut config = config(json!([{"model_name": "smart", "litellm_params": {"model": "work/a"}}]));
    config.aliases = [("quick", "smart"), ("direct", "work/z"), ("lost", "nowhere")]
        .map(|(alias, target)| (alias.to_owned(), target.to_owned()))
        .into();
    let off = ProviderRow { enabled: false, ..provider(2, "off", "anthropic") };
    let snapshot = snapshot(vec![provider(1, "work", "openai"), off], &config);
    for (asked, group, upstream) in [
        ("smart", "smart", "a"),
        ("quick", "smart", "a"),
        ("direct", "work/z", "z"),
        ("work/x", "work/x", "x"),
        ("work:x", "work/x", "x"),
        ("work/x/y:z", "work/x/y:z", "x/y:z"),
        ("openai/x", "work/x", "x"),
        ("gpt-4o-mini", "gpt-4o-mini", "gpt-4o-mini"),
    ] {
        let found = snapshot.resolve(asked).unwrap_or_else(|_| panic!("{asked} leads nowhere")).group;
        assert_eq!(
            (found.name.as_str(), found.deployments[0].upstream_model.as_str()),
            (group, upstream),
            "{asked}"
        );
    }
    for (asked, expected) in [
        ("nothing", Unresolved::Unknown),
        ("nowhere/x", Unresolved::Unknown),
        ("lost", Unresolved::Unknown),
        ("", Unresolved::Unknown),
        ("/", Unresolved::Unknown),
        ("work/", Unresolved::Unknown),
        ("off/x", Unresolved::Disabled("off".into())),
    ] {
        let Err(unresolved) = snapshot.resolve(asked) else { panic!("{asked} leads somewhere") };
        assert_eq!(unresolved, expected, "{asked}");
    }
    assert!(matches!(snapshot.resolve("groq/x"), Err(Unresolved::NotConfigured(_))));
}

#[test]
fn a_name_that_was_resolved_is_not_resolved_again() {
    let snapshot = snapshot(vec![provider(1, "work", "openai")], &ConfigFile::default());
    let ask = || snapshot.resolve("work/x").unwrap_or_else(|_| panic!("resolved")).group;
    assert!(Arc::ptr_eq(&ask(), &ask()));
    // Names come from callers: however many they make up, what is kept is bounded.
    for number in 0..5000 {
        let name = format!("work/{number}");
        assert!(
            snapshot
                .resolve(&name)
                .is_ok_and(|found| found.group.deployments[0].upstream_model == number.to_string())
        );
    }
    assert!(snapshot.direct.read().unwrap().len() <= 4096);
}

#[test]
fn allowed_models_are_names_or_prefixes() {
    let allowed = |list: &[&str]| AllowedModels::from_list(list.to_vec());
    for everything in [&[][..], &["*"], &["a", "all-proxy-models"]] {
        assert_eq!(allowed(everything), AllowedModels::All);
    }
    let some = allowed(&["smart", "openai/*"]);
    for (names, expected) in [
        (&["smart"][..], true),
        (&["asked", "smart"], true),
        (&["openai/x"], true),
        (&["openai"], false),
        (&["smarter"], false),
        (&["x/openai/y"], false),
        (&[], false),
    ] {
        assert_eq!(some.allow(names, &AccessGroups::default()), expected, "{names:?}");
    }
}
