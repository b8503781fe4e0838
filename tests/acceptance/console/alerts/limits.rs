//! Limits of providers that are nearly used up.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use postern_testkit::Behaviour;
use postern_tests::World;
use serde_json::json;

use super::{alerts, ask, deploy_at, ten_cents, wait_for_alerts};

#[tokio::test]
async fn a_deployment_that_is_nearly_used_up_is_told_once() {
    let world = World::start().await;
    world.openai.always(ten_cents());
    deploy_at(&world, &world.openai, json!({"rpm": 10, "tpm": 1_000_000})).await;
    for _ in 0..9 {
        assert_eq!(ask(&world.gateway, &world.key).await, 200);
    }
    let listed = wait_for_alerts(&world.gateway, 1).await;
    let data = &listed[0]["data"];
    assert_eq!(
        (&listed[0]["kind"], &data["source"], &data["provider"], &data["unit"], &data["limit"]),
        (&json!("provider_limit"), &json!("deployment"), &json!("openai"), &json!("requests"), &json!(10))
    );
    assert!(data["used"].as_u64().unwrap() >= 8, "{data}");
    assert_eq!(listed[0]["title"], "openai is near its limit for x");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(alerts(&world.gateway).await.len(), 1);
}

#[tokio::test]
async fn what_the_provider_says_is_believed() {
    let world = World::start().await;
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-ratelimit-limit-requests", HeaderValue::from_static("60"));
    headers.insert("x-ratelimit-remaining-requests", HeaderValue::from_static("3"));
    headers.insert("x-ratelimit-limit-tokens", HeaderValue::from_static("60000"));
    headers.insert("x-ratelimit-remaining-tokens", HeaderValue::from_static("59000"));
    let answer = json!({
        "id": "x", "object": "chat.completion", "created": 1, "model": "x",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    });
    world.openai.always(Behaviour::Raw {
        status: http::StatusCode::OK,
        headers,
        body: serde_json::to_vec(&answer).unwrap().into(),
    });
    deploy_at(&world, &world.openai, json!({})).await;
    assert_eq!(ask(&world.gateway, &world.key).await, 200);
    let listed = wait_for_alerts(&world.gateway, 1).await;
    assert_eq!(listed.len(), 1);
    let data = &listed[0]["data"];
    assert_eq!(
        (&data["source"], &data["unit"], &data["used"], &data["limit"]),
        (&json!("provider"), &json!("requests"), &json!(57), &json!(60))
    );
    assert!(listed[0]["text"].as_str().unwrap().starts_with("It says that 3 of 60 requests are left"));
}
