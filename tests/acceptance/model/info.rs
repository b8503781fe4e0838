//! `/v2/model/info`, and what `/model/info` shows to whom.

use postern_tests::{World, receive};
use reqwest::Method;
use serde_json::{Value, json};

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|model| model["model_name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn deployments_are_listed_page_by_page() {
    let world = World::start().await;
    for name in ["c", "a", "b"] {
        world.gateway.deploy(name, &format!("openai/model-{name}"), &world.openai).await;
    }
    let page = world.get("/v2/model/info?size=2").await;
    assert_eq!(names(&page), ["a", "b"]);
    assert_eq!(
        (&page["total_count"], &page["current_page"], &page["total_pages"], &page["size"]),
        (&json!(4), &json!(1), &json!(2), &json!(2))
    );
    assert_eq!(names(&world.get("/v2/model/info?size=2&page=2").await), ["c", "demo"]);
    assert_eq!(names(&world.get("/v2/model/info?size=2&page=3").await), [""; 0]);
    assert_eq!(
        names(&world.get("/v2/model/info?sortBy=created_at&sortOrder=desc").await),
        ["b", "a", "c", "demo"]
    );
    assert_eq!(names(&world.get("/v2/model/info?model=b").await), ["b"]);
    assert_eq!(names(&world.get("/v2/model/info?search=MODEL-C").await), ["c"]);
    assert_eq!(names(&world.get("/v2/model/info?user_models_only=true").await), ["a", "b", "c"]);
    let id = page["data"][0]["model_info"]["id"].as_str().unwrap();
    assert_eq!(names(&world.get(&format!("/v2/model/info?modelId={id}")).await), ["a"]);
    assert_eq!(world.get("/v1/model/info").await, world.get("/model/info").await);
    for (query, status) in [
        ("page=0", 422),
        ("size=0", 422),
        ("size=1001", 422),
        ("page=x", 422),
        ("sortBy=taste", 400),
        ("sortOrder=up", 422),
    ] {
        world.admin(Method::GET, &format!("/v2/model/info?{query}"), Value::Null).await.expect(status);
    }
}

#[tokio::test]
async fn what_is_sent_with_every_request_is_the_administrators_to_see() {
    let world = World::start().await;
    let params = json!({
        "model": "openai/gpt-4o-mini", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "extra_headers": {"x-tenant": "tenant-of-ours"}, "extra_body": {"routing": "by-the-river"},
    });
    world.gateway.new_model(json!({"model_name": "smart", "litellm_params": params})).await;
    let whole = world.get("/model/info").await.to_string();
    assert!(whole.contains("tenant-of-ours") && whole.contains("by-the-river"), "{whole}");
    let url = format!("{}/model/info", world.gateway.url());
    let seen = receive(world.gateway.client().get(url).bearer_auth(&world.key)).await.expect(200).text();
    assert!(
        seen.contains("x-tenant") && !seen.contains("tenant-of-ours") && !seen.contains("by-the-river"),
        "{seen}"
    );
    assert!(!whole.contains("sk-upstream") && !seen.contains("sk-upstream"));
}

#[tokio::test]
async fn capabilities_prices_and_limits_are_told_in_litellms_words() {
    let world = World::start().await;
    world.gateway.deploy("smart", "openai/gpt-4o-mini", &world.openai).await;
    let info = world.get("/v2/model/info?model=smart").await["data"][0]["model_info"].clone();
    for (name, expected) in [
        ("supports_function_calling", json!(true)),
        ("supports_vision", json!(true)),
        ("supports_reasoning", json!(false)),
        ("max_input_tokens", json!(128_000)),
        ("max_output_tokens", json!(16_384)),
        ("mode", json!("chat")),
        ("litellm_provider", json!("openai")),
        ("input_cost_per_token", json!(1.5e-7)),
        ("output_cost_per_token", json!(6e-7)),
    ] {
        assert_eq!(info[name], expected, "{name} in {info}");
    }
}
