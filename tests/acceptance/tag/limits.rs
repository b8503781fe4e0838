//! Limits of tags hold for whatever request carries the tag, and for no other.

use postern_tests::{Answer, Caller, World, receive};
use serde_json::{Value, json};

use super::{info, post};
use crate::organization::{ask_dear, dear_model};

/// Asks with a tag in a header.
async fn ask_with_header(world: &World, tags: &str) -> Answer {
    let mut body = Caller::Chat.body("dear", false);
    body["max_tokens"] = json!(10);
    let request = world.gateway.post("/v1/chat/completions", &world.key, &body);
    receive(request.header("x-litellm-tags", tags)).await
}

#[tokio::test]
async fn a_tags_budget_holds_however_requests_carry_it() {
    let world = World::start().await;
    dear_model(&world).await;
    let of_key = world.gateway.new_key(json!({"metadata": {"tags": ["blue"]}})).await;
    post(&world, "/team/new", json!({"team_id": "red", "metadata": {"tags": ["blue"]}})).await.expect(200);
    let of_team = world.gateway.new_key(json!({"team_id": "red"})).await;
    // Each request costs a tenth of a dollar: there is one for each way to carry the tag.
    post(&world, "/tag/new", json!({"name": "blue", "max_budget": 0.55})).await.expect(200);
    let ways = async || {
        vec![
            ask_dear(&world, &world.key, json!({"metadata": {"tags": ["blue", "other"]}})).await,
            ask_dear(&world, &world.key, json!({"tags": ["blue"]})).await,
            ask_with_header(&world, "other, blue").await,
            ask_dear(&world, &of_key, json!({})).await,
            ask_dear(&world, &of_team, json!({})).await,
        ]
    };
    for answer in ways().await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(info(&world, "blue").await["spend"], 0.5);
    for answer in ways().await {
        assert_eq!(answer.status, 402, "{}", answer.text());
        let error = answer.json()["error"].clone();
        assert_eq!(error["type"], "budget_exceeded", "{error}");
        assert!(error["message"].as_str().unwrap().contains("Tag=blue"), "{error}");
    }
    assert_eq!(world.openai.calls(), 5, "a refused request was sent");
    ask_dear(&world, &world.key, json!({"tags": ["other"]})).await.expect(200);
    ask_dear(&world, &world.key, json!({})).await.expect(200);
    // More of it is in force for the next request, and so is none at all.
    post(&world, "/tag/update", json!({"name": "blue", "max_budget": 0.65})).await.expect(200);
    ask_with_header(&world, "blue").await.expect(200);
    ask_with_header(&world, "blue").await.expect(402);
    let below = post(&world, "/tag/update", json!({"name": "blue", "max_budget": 0.1})).await.expect(400);
    assert!(below.text().contains("max_budget"), "{}", below.text());
    post(&world, "/tag/delete", json!({"name": "blue"})).await.expect(200);
    ask_with_header(&world, "blue").await.expect(200);
}

#[tokio::test]
async fn every_tag_of_a_request_counts_for_itself() {
    let world = World::start().await;
    dear_model(&world).await;
    post(&world, "/tag/new", json!({"name": "narrow", "max_budget": 0.15})).await.expect(200);
    post(&world, "/tag/new", json!({"name": "wide", "max_budget": 5})).await.expect(200);
    ask_dear(&world, &world.key, json!({"tags": ["wide", "narrow"]})).await.expect(200);
    let refused = ask_dear(&world, &world.key, json!({"tags": ["wide", "narrow"]})).await.expect(402);
    assert!(refused.text().contains("Tag=narrow"), "{}", refused.text());
    ask_dear(&world, &world.key, json!({"tags": ["wide"]})).await.expect(200);
    let found = post(&world, "/tag/info", json!({"names": ["wide", "narrow"]})).await.expect(200).json();
    assert_eq!((&found["wide"]["spend"], &found["narrow"]["spend"]), (&json!(0.2), &json!(0.1)));
}

#[tokio::test]
async fn requests_per_minute_of_a_tag_are_counted_over_all_keys() {
    let world = World::start().await;
    post(&world, "/tag/new", json!({"name": "blue", "rpm_limit": 2})).await.expect(200);
    let other = world.gateway.new_key(json!({})).await;
    let ask = async |key: &str, tags: Value| {
        let mut body = Caller::Chat.body("demo", false);
        body["tags"] = tags;
        receive(world.gateway.post("/v1/chat/completions", key, &body)).await
    };
    ask(&world.key, json!(["blue"])).await.expect(200);
    ask(&other, json!(["blue"])).await.expect(200);
    let refused = ask(&other, json!(["blue"])).await.expect(429);
    assert!(!refused.header("retry-after").is_empty());
    ask(&other, json!([])).await.expect(200);
}

#[tokio::test]
async fn a_budget_with_a_name_is_a_tags_too() {
    let world = World::start().await;
    dear_model(&world).await;
    post(&world, "/budget/new", json!({"budget_id": "gold", "max_budget": 0.15})).await.expect(200);
    let made =
        post(&world, "/tag/new", json!({"name": "blue", "budget_id": "gold"})).await.expect(200).json();
    assert_eq!(made["tag"]["litellm_budget_table"]["max_budget"], 0.15);
    ask_with_header(&world, "blue").await.expect(200);
    ask_with_header(&world, "blue").await.expect(402);
    post(&world, "/budget/update", json!({"budget_id": "gold", "max_budget": 0.25})).await.expect(200);
    ask_with_header(&world, "blue").await.expect(200);
}
