//! Signs of life: `background_health_checks`, and what brings back a deployment that cools down for long.

use std::time::Duration;

use postern_testkit::{FakeUpstream, Fault, Reply};
use postern_tests::receive;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Scene, soon};

/// A provider that was added in the console, and a group of the file that is served by it.
async fn scene(general: Value, router: Value) -> (FakeUpstream, Scene) {
    let upstream = FakeUpstream::openai().await;
    let models = json!([{"model_name": "smart", "litellm_params": {"model": "openai/x"}}]);
    let config = json!({"general_settings": general, "router_settings": router, "model_list": models});
    let scene = Scene::with(&config).await;
    let body =
        json!({"preset": "openai", "name": "probed", "base_url": upstream.url(), "api_key": "sk-upstream"});
    receive(scene.gateway.admin(Method::POST, "/console/providers").json(&body)).await.expect(201);
    (upstream, scene)
}

fn deployment(health: &Value) -> &Value {
    &health["providers"][0]["deployments"][0]
}

/// Waits until the deployment's circuit is in this state.
async fn until(scene: &Scene, state: &str) -> Value {
    let mut health = Value::Null;
    let waited = async {
        loop {
            health = scene.health().await;
            if deployment(&health)["state"] == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(waited.is_ok(), "never {state}: {health}");
    health
}

#[tokio::test]
async fn a_provider_that_stops_listing_its_models_is_not_asked_until_it_does_again() {
    let general = json!({"background_health_checks": true, "health_check_interval": 1});
    let (upstream, scene) = scene(general, json!({"cooldown_time": 60})).await;
    soon("it is asked once in a while", upstream.wait_for_models_calls(2)).await;
    assert_eq!(deployment(&scene.health().await)["state"], "closed");
    upstream.always_models(Fault::status(503));
    let health = until(&scene, "open").await;
    let known = deployment(&health);
    assert_eq!(known["last_failure"]["status"], 503, "{health}");
    assert!(known["consecutive_failures"].as_u64() >= Some(3), "{health}");
    assert_eq!((health["status"] == "healthy", upstream.calls()), (false, 0), "no request failed: {health}");
    upstream.always_models(Reply::default());
    until(&scene, "closed").await;
    assert_eq!((upstream.calls(), scene.rows().await.len()), (0, 0), "nobody paid for it");
    scene.ask("smart", false).await.expect(200);
}

#[tokio::test]
async fn a_list_that_fails_once_in_a_while_is_no_reason() {
    let general = json!({"background_health_checks": true, "health_check_interval": 1});
    let (upstream, scene) = scene(general, json!({"cooldown_time": 60})).await;
    for _ in 0..3 {
        upstream.always_models(Fault::status(500));
        let asked = upstream.models_calls();
        soon("the next check", upstream.wait_for_models_calls(asked + 1)).await;
        upstream.always_models(Reply::default());
        soon("the one after it", upstream.wait_for_models_calls(asked + 2)).await;
    }
    let health = scene.health().await;
    assert_eq!(deployment(&health)["state"], "closed", "{health}");
}

#[tokio::test]
async fn a_quota_that_is_used_up_stays_so_whatever_the_list_says() {
    let general = json!({"background_health_checks": true, "health_check_interval": 1});
    let (upstream, scene) = scene(general, json!({"cooldown_time": 60, "num_retries": 0})).await;
    upstream.next(Fault::Status { status: 429, retry_after: None });
    scene.ask("smart", false).await.expect(429);
    until(&scene, "open").await;
    let asked = upstream.models_calls();
    soon("three more checks", upstream.wait_for_models_calls(asked + 3)).await;
    let health = scene.health().await;
    assert_eq!(deployment(&health)["state"], "open", "{health}");
}

#[tokio::test]
async fn nobody_is_asked_while_nothing_is_wrong() {
    let (upstream, scene) = scene(json!({"health_check_interval": 1}), json!({})).await;
    scene.ask("smart", false).await.expect(200);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!((upstream.models_calls(), upstream.calls()), (0, 1));
}

#[tokio::test]
async fn one_that_cools_down_for_long_is_let_in_again_when_its_list_answers() {
    let (upstream, scene) = scene(json!({}), json!({"cooldown_time": 60, "num_retries": 0})).await;
    upstream.always(Fault::status(500)).always_models(Fault::status(500));
    for _ in 0..3 {
        scene.ask("smart", false).await.expect(500);
    }
    until(&scene, "open").await;
    soon("it is asked for its models", upstream.wait_for_models_calls(1)).await;
    assert_eq!(deployment(&scene.health().await)["state"], "open", "that failed, too");
    upstream.always(Reply::default()).always_models(Reply::default());
    until(&scene, "half_open").await;
    scene.ask("smart", false).await.expect(200);
    assert_eq!(deployment(&scene.health().await)["state"], "closed");
}

#[tokio::test]
async fn one_whose_quota_is_used_up_waits_its_time() {
    let (upstream, scene) = scene(json!({}), json!({"cooldown_time": 60, "num_retries": 0})).await;
    upstream.next(Fault::Status { status: 429, retry_after: Some(60) });
    scene.ask("smart", false).await.expect(429);
    until(&scene, "open").await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!(deployment(&scene.health().await)["state"], "open");
    assert_eq!(upstream.models_calls(), 0, "it could not have said anything of it");
}
