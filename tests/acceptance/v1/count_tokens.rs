//! `POST /v1/messages/count_tokens`: asked of the provider that counts, estimated for one that does not.

use postern_testkit::refused_url;
use postern_tests::{Answer, Caller, World, receive};
use serde_json::json;

async fn count(world: &World, key: &str, model: &str, text: &str) -> Answer {
    let body = json!({"model": model, "messages": [{"role": "user", "content": text}]});
    receive(world.gateway.post("/v1/messages/count_tokens?beta=true", key, &body)).await
}

#[tokio::test]
async fn the_provider_counts_where_it_can() {
    let world = World::start().await;
    let answer = count(&world, &world.key, "an/claude-x", "Hello").await.expect(200);
    assert_eq!((answer.json(), answer.header("x-postern-estimate")), (json!({"input_tokens": 42}), ""));
    let asked = world.anthropic.last_request();
    assert_eq!(asked.path, "/v1/messages/count_tokens");
    assert_eq!(asked.json()["model"], "claude-x");
    assert!(!asked.header("x-api-key").is_empty());
    assert_eq!(world.rows().await.len(), 0, "counting is no request of a model");
}

#[tokio::test]
async fn what_is_said_to_the_gateway_is_not_counted() {
    let world = World::start().await;
    let said = json!({"model": "an/claude-x", "messages": [{"role": "user", "content": "Hi"}], "timeout": 60, "num_retries": 2});
    receive(world.gateway.post("/v1/messages/count_tokens", &world.key, &said)).await.expect(200);
    let sent = world.anthropic.last_request().json();
    assert_eq!(sent, json!({"model": "claude-x", "messages": [{"role": "user", "content": "Hi"}]}));
    let wrong = json!({"model": "an/claude-x", "messages": [], "timeout": 0});
    let answer =
        receive(world.gateway.post("/v1/messages/count_tokens", &world.key, &wrong)).await.expect(400);
    assert!(Caller::Messages.own_error(&answer).contains("timeout"), "{}", answer.text());
}

#[tokio::test]
async fn others_are_estimated_and_it_says_so() {
    let world = World::start().await;
    for model in ["oa/gpt-x", "demo"] {
        let short = count(&world, &world.key, model, "Hello").await.expect(200);
        assert_eq!(short.header("x-postern-estimate"), "true");
        let long = count(&world, &world.key, model, &"word ".repeat(4000)).await.expect(200).json();
        let tokens = long["input_tokens"].as_u64().unwrap();
        assert!((4000..7000).contains(&tokens), "{tokens}");
    }
    // A provider that cannot be reached is no reason to leave a client without an answer.
    world.add_provider("anthropic", "gone", &refused_url()).await;
    let answer = count(&world, &world.key, "gone/claude-x", "Hello").await.expect(200);
    assert_eq!(answer.header("x-postern-estimate"), "true");
}

#[tokio::test]
async fn what_is_refused_is_refused_in_anthropics_shape() {
    let world = World::start().await;
    let limited = world.gateway.new_key(json!({"models": ["demo"]})).await;
    for (key, model, status) in
        [("sk-nothing", "demo", 401), (limited.as_str(), "oa/x", 403), (world.key.as_str(), "nowhere", 404)]
    {
        Caller::Messages.own_error(&count(&world, key, model, "Hello").await.expect(status));
    }
    let body = json!({"model": "demo"});
    let answer =
        receive(world.gateway.post("/v1/messages/count_tokens", &world.key, &body)).await.expect(400);
    assert!(Caller::Messages.own_error(&answer).contains("messages"), "{}", answer.text());
}
