//! A provider that is in use: it is not removed or renamed unasked, and always may be switched off.

use postern_tests::{Caller, World};
use reqwest::Method;
use serde_json::{Value, json};

use super::refused;

const CONFIG: &str = "
model_list:
  - model_name: of-the-file
    litellm_params: {model: an/claude}
    model_info: {id: file-deployment}
router_settings:
  num_retries: 0
  model_group_alias: {short: go/gemini-pro}
";

fn used_by(answer: &postern_tests::Answer) -> Vec<(String, String)> {
    let error = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = error["error"]["details"]["used_by"].as_array().unwrap_or_else(|| panic!("{error}"));
    list.iter().map(|one| (text(&one["kind"]), text(&one["name"]))).collect()
}

async fn deploy(world: &World, group: &str, params: Value) -> String {
    let body = json!({"model_name": group, "litellm_params": params});
    let made = world.admin(Method::POST, "/model/new", body).await.expect(200).json();
    made["model_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn removing_one_says_what_uses_it_and_cascades_when_asked_to() {
    let world = World::start().await;
    let by_name = deploy(&world, "smart", json!({"model": "oa/x"})).await;
    let by_kind = deploy(&world, "smart", json!({"model": "openai/y"})).await;
    let own_key =
        deploy(&world, "own", json!({"model": "openai/y", "api_key": "sk-own-key-0123456789"})).await;
    let elsewhere = deploy(&world, "else", json!({"model": "an/z"})).await;
    let answer = world.admin(Method::DELETE, "/admin/providers/oa", Value::Null).await;
    let message = refused(&answer, 409, None);
    assert_eq!(answer.json()["error"]["details"]["reason"], "provider_in_use");
    for word in ["oa", "smart", &by_name, &by_kind, "cascade=true"] {
        assert!(message.contains(word), "{word}: {message}");
    }
    let deployment = |id: &str| ("stored_deployment".to_owned(), id.to_owned());
    assert_eq!(used_by(&answer), [deployment(&by_name), deployment(&by_kind)]);
    world.ask(Caller::Chat, "smart", false).await.expect(200);
    // The console asks the same way.
    let id = world.get("/admin/providers/oa").await["uuid"].as_str().unwrap().to_owned();
    let path = format!("/console/providers/{id}");
    let answer = world.admin(Method::DELETE, &path, Value::Null).await.expect(409);
    assert_eq!(used_by(&answer).len(), 2);
    let gone =
        world.admin(Method::DELETE, "/admin/providers/oa?cascade=true", Value::Null).await.expect(200).json();
    assert_eq!(gone["removed"]["deployments"], json!([by_name, by_kind]), "{gone}");
    world.ask(Caller::Chat, "smart", false).await.expect(404);
    let left = world.get("/model/info").await;
    let ids: Vec<_> =
        left["data"].as_array().unwrap().iter().map(|one| one["model_info"]["id"].clone()).collect();
    assert!(ids.contains(&json!(own_key)) && ids.contains(&json!(elsewhere)), "{left}");
    assert!(!ids.contains(&json!(by_name)) && !ids.contains(&json!(by_kind)), "{left}");
}

#[tokio::test]
async fn what_stands_in_the_configuration_file_is_changed_there() {
    let world = World::with(CONFIG, |builder| builder).await;
    let stored = deploy(&world, "stored", json!({"model": "an/z"})).await;
    for path in ["/admin/providers/an", "/admin/providers/an?cascade=true"] {
        let answer = world.admin(Method::DELETE, path, Value::Null).await;
        let message = refused(&answer, 409, None);
        assert!(message.contains("file-deployment") && message.contains("of-the-file"), "{message}");
        let uses = used_by(&answer);
        assert!(uses.contains(&("config_deployment".into(), "file-deployment".into())), "{uses:?}");
        assert_eq!(uses.len(), if path.contains("cascade") { 1 } else { 2 }, "{uses:?}");
    }
    let known = world.get(&format!("/model/info?litellm_model_id={stored}")).await;
    assert_eq!(known["data"].as_array().unwrap().len(), 1, "a refusal removes nothing");
    let answer = world.admin(Method::DELETE, "/admin/providers/go?cascade=true", Value::Null).await;
    refused(&answer, 409, None);
    assert_eq!(used_by(&answer), [("alias".to_owned(), "short".to_owned())]);
    for provider in ["an", "go"] {
        let path = format!("/admin/providers/{provider}");
        world.admin(Method::PATCH, &path, json!({"enabled": false})).await.expect(200);
    }
    world.admin(Method::DELETE, "/admin/providers/ol", Value::Null).await.expect(200);
}

#[tokio::test]
async fn a_name_in_use_is_not_changed() {
    let world = World::start().await;
    let by_name = deploy(&world, "smart", json!({"model": "oa/x"})).await;
    deploy(&world, "smart", json!({"model": "openai/y"})).await;
    let rename = json!({"name": "other"});
    let answer = world.admin(Method::PATCH, "/admin/providers/oa", rename.clone()).await;
    refused(&answer, 409, Some("name"));
    assert_eq!(
        used_by(&answer),
        [("stored_deployment".to_owned(), by_name.clone())],
        "only this one would be lost"
    );
    world.admin(Method::PATCH, "/admin/providers/oa", json!({"name": "OA", "priority": 5})).await.expect(200);
    world.admin(Method::POST, "/model/delete", json!({"id": by_name})).await.expect(200);
    world.admin(Method::PATCH, "/admin/providers/oa", rename).await.expect(200);
    world.ask(Caller::Chat, "smart", false).await.expect(200);
    world.ask(Caller::Chat, "other/x", false).await.expect(200);
}

#[tokio::test]
async fn deployments_of_one_that_is_switched_off_are_not_asked() {
    let world = World::with("router_settings: {num_retries: 0}", |builder| builder).await;
    deploy(&world, "both", json!({"model": "oa/x"})).await;
    deploy(&world, "both", json!({"model": "an/x"})).await;
    deploy(&world, "only", json!({"model": "oa/x"})).await;
    deploy(&world, "own", json!({"model": "oa/x", "api_key": "sk-own-key-0123456789"})).await;
    world.admin(Method::PATCH, "/admin/providers/oa", json!({"enabled": false})).await.expect(200);
    let before = world.openai.calls();
    for _ in 0..8 {
        world.ask(Caller::Chat, "both", false).await.expect(200);
    }
    for caller in Caller::BOTH {
        let answer = world.ask(caller, "only", false).await.expect(404);
        let message = caller.own_error(&answer);
        assert!(message.contains("oa") && message.contains("switched off"), "{message}");
    }
    assert_eq!(world.openai.calls(), before, "it was asked though it is switched off");
    let models = world.get("/v1/models").await.to_string();
    assert!(models.contains("\"both\"") && !models.contains("\"only\""), "{models}");
    // Its credential is not used, so it is not what was switched off.
    world.ask(Caller::Chat, "own", false).await.expect(200);
    world.admin(Method::PATCH, "/admin/providers/oa", json!({"enabled": true})).await.expect(200);
    world.ask(Caller::Chat, "only", false).await.expect(200);
    // By kind, another provider of the kind takes over.
    deploy(&world, "kind", json!({"model": "openai/x"})).await;
    world.add_provider("openai", "second", &world.openai.url()).await;
    world.admin(Method::PATCH, "/admin/providers/oa", json!({"enabled": false})).await.expect(200);
    let answer = world.ask(Caller::Chat, "kind", false).await.expect(200);
    assert_eq!(world.row(answer.request_id()).await["provider"], "second");
}
