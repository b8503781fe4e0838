use postern_secrets::Secret;
use postern_store::table::requests::Billing;
use serde_json::{Value, json};

use super::{Edit, ProviderFields, preset};

fn read(body: Value) -> Result<(Option<String>, super::Change), (String, String)> {
    let fields: ProviderFields = serde_json::from_value(body).expect("an object");
    fields.read().map_err(|failure| (failure.error.param.unwrap_or_default(), failure.error.message))
}

#[test]
fn every_field_arrives() {
    let (kind, change) = read(json!({
        "name": "a", "type": "openai", "base_url": "http://x", "api_key": "one", "api_keys": ["two", "three"],
        "add_api_key": "four", "remove_keys": [2], "enabled": false, "priority": 1, "weight": 2, "timeout": 0.5,
        "settings": {"region": "x"}, "billing": "pay_as_you_go", "price_adjustment_percent": -12.5,
    }))
    .expect("all is well");
    assert_eq!(kind.as_deref(), Some("openai"));
    assert_eq!((change.name.as_deref(), change.base_url.as_deref()), (Some("a"), Some("http://x")));
    assert_eq!(change.api_key.as_ref().map(Secret::expose), Some("one"));
    let further: Vec<_> = change.api_keys.iter().flatten().map(|key| key.expose().to_owned()).collect();
    assert_eq!(further, ["two", "three"]);
    assert_eq!(change.add_api_key.as_ref().map(Secret::expose), Some("four"));
    assert_eq!((change.remove_keys, change.enabled), (vec![2], Some(false)));
    assert_eq!((change.priority, change.weight, change.timeout), (Some(1), Some(2), Edit::Set(0.5)));
    assert_eq!(change.settings.expect("settings")["region"], "x");
    assert_eq!((change.billing, change.price_adjustment_percent), (Some(Billing::Api), Some(-12.5)));
}

#[test]
fn null_is_absence_but_for_the_timeout() {
    let (kind, change) =
        read(json!({"name": null, "type": null, "priority": null, "timeout": null})).expect("all is well");
    assert_eq!((kind, change.name, change.priority, change.timeout), (None, None, None, Edit::Clear));
    assert_eq!(read(json!({})).expect("nothing").1.timeout, Edit::Keep);
}

#[test]
fn a_wrong_field_is_named_and_its_value_is_not_repeated() {
    for (field, value) in [
        ("name", json!(1)),
        ("type", json!([])),
        ("base_url", json!({})),
        ("api_key", json!({"sk-secret": 1})),
        ("api_keys", json!("sk-secret")),
        ("api_keys", json!(["sk-secret", 1])),
        ("add_api_key", json!(["sk-secret"])),
        ("remove_keys", json!(["sk-secret"])),
        ("remove_keys", json!([-1])),
        ("enabled", json!("yes")),
        ("priority", json!("high")),
        ("priority", json!(1.5)),
        ("weight", json!(1e30)),
        ("timeout", json!("60")),
        ("settings", json!({"region": 1})),
        ("billing", json!("sk-secret")),
        ("billing", json!("local")),
        ("price_adjustment_percent", json!("sk-secret")),
        ("mystery", json!("sk-secret")),
    ] {
        let (param, message) =
            read(json!({field: value})).err().unwrap_or_else(|| panic!("{field}: {value}"));
        assert_eq!(param, field);
        assert!(message.contains(field) && !message.contains("sk-secret"), "{message}");
    }
}

#[test]
fn a_type_is_a_presets_id_or_another_of_its_names() {
    assert_eq!(preset("openai").ok(), Some("openai"));
    assert_eq!(preset(" OpenAI ").ok(), Some("openai"));
    let failure = preset("opnai").expect_err("no such type");
    assert!(failure.error.message.contains("openai"), "{}", failure.error.message);
    assert!(preset("demo").is_err(), "the built-in one cannot be added");
}
