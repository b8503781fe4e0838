//! Several keys of one provider: those after the first stand in for the ones before them.

use postern_testkit::Fault;
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use super::refused;

fn key(number: usize) -> String {
    format!("sk-key-number-{number}-0123456789abcdef")
}

async fn change(world: &World, body: Value) -> Value {
    let answer = world.admin(Method::PATCH, "/admin/providers/oa", body).await.expect(200);
    for number in 1..=6 {
        assert!(!answer.text().contains(&key(number)), "{}", answer.text());
    }
    answer.json()
}

fn numbers(provider: &Value) -> Vec<u64> {
    provider["further_keys"].as_array().unwrap().iter().filter_map(|key| key["number"].as_u64()).collect()
}

#[tokio::test]
async fn keys_are_added_replaced_and_removed_by_number() {
    let world = World::start().await;
    let changed = change(&world, json!({"api_key": key(1), "api_keys": [key(2), key(3)]})).await;
    assert_eq!(numbers(&changed), [2, 3]);
    let hint = changed["further_keys"][0]["hint"].as_str().unwrap();
    assert!(hint.ends_with("cdef") && hint.len() < 12, "{hint}");
    assert_eq!(numbers(&change(&world, json!({"add_api_key": key(4)})).await), [2, 3, 4]);
    assert_eq!(numbers(&change(&world, json!({"remove_keys": [3]})).await), [2, 4], "numbers stay");
    for unknown in [1, 3, 9] {
        let answer =
            world.admin(Method::PATCH, "/admin/providers/oa", json!({"remove_keys": [unknown]})).await;
        refused(&answer, 400, Some("remove_keys"));
    }
    assert_eq!(numbers(&change(&world, json!({"add_api_key": key(5), "remove_keys": [2]})).await), [4, 5]);
    assert_eq!(numbers(&change(&world, json!({"api_keys": [key(6)]})).await), [2], "the list is another");
    assert_eq!(numbers(&change(&world, json!({"priority": 1})).await), [2], "and stays when it is not named");
    assert_eq!(numbers(&change(&world, json!({"api_keys": []})).await), [] as [u64; 0]);
    let too_many: Vec<String> = (0..60).map(key).collect();
    let answer = world.admin(Method::PATCH, "/admin/providers/oa", json!({"api_keys": too_many})).await;
    refused(&answer, 400, Some("api_keys"));
    // The console shows the same.
    change(&world, json!({"add_api_key": key(2)})).await;
    let shown = world.get("/console/providers").await;
    assert_eq!(shown["providers"][0]["further_keys"][0]["number"], 2);
    let id = shown["providers"][0]["id"].as_str().unwrap();
    let body = json!({"remove_keys": [2], "add_api_key": key(3), "priority": 3, "weight": 4, "timeout": 5});
    let changed =
        world.admin(Method::PATCH, &format!("/console/providers/{id}"), body).await.expect(200).json();
    assert_eq!(
        (numbers(&changed), &changed["priority"], &changed["weight"], &changed["timeout"]),
        (vec![2], &json!(3), &json!(4), &json!(5.0))
    );
}

#[tokio::test]
async fn without_a_first_key_the_first_of_the_list_is_it() {
    let world = World::start().await;
    let body = json!({"type": "openai", "name": "listed", "base_url": world.openai.url(), "api_keys": [key(1), key(2)]});
    let made = world.admin(Method::POST, "/admin/providers", body).await.expect(200).json();
    assert_eq!((&made["has_api_key"], numbers(&made)), (&json!(true), vec![2]));
    let path = "/admin/providers/listed";
    world.admin(Method::PATCH, path, json!({"remove_keys": [2]})).await.expect(200);
    world.ask(Caller::Chat, "listed/x", false).await.expect(200);
    assert_eq!(world.openai.last_request().header("authorization"), format!("Bearer {}", key(1)));
}

#[tokio::test]
async fn a_further_key_stands_in_for_one_that_is_used_up() {
    let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
    change(&world, json!({"api_key": key(1), "api_keys": [key(2)]})).await;
    world.openai.next(Fault::Status { status: 429, retry_after: Some(60) });
    world.ask(Caller::Chat, "oa/x", false).await.expect(200);
    let sent = || -> Vec<String> {
        let requests = world.openai.requests();
        let keys =
            requests.iter().map(|request| request.header("authorization").trim_start_matches("Bearer "));
        keys.map(str::to_owned).collect()
    };
    assert_eq!(sent(), [key(1), key(2)], "the first before the second");
    for _ in 0..5 {
        world.ask(Caller::Chat, "oa/x", true).await.expect(200);
    }
    assert!(sent()[2..].iter().all(|used| *used == key(2)), "the first rests for as long as it was asked to");
    let health = world.get("/admin/health").await;
    let ids: Vec<_> = health["providers"][0]["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!(ids, ["oa/x", "oa/x#2"]);
    // With another key nothing of that is true any more.
    change(&world, json!({"api_key": key(3), "api_keys": []})).await;
    assert_eq!(world.get("/admin/providers/oa").await["health"]["state"], "closed");
    world.ask(Caller::Chat, "oa/x", false).await.expect(200);
    assert_eq!(world.openai.last_request().header("authorization"), format!("Bearer {}", key(3)));
}

#[tokio::test]
async fn what_is_passed_on_uses_the_next_key_when_one_is_used_up() {
    let world = World::start().await;
    change(&world, json!({"api_key": key(1), "api_keys": [key(2)]})).await;
    let pass = async || {
        let url = format!("{}/openai/v1/embeddings", world.gateway.url());
        let request = world.gateway.client().post(url).bearer_auth(&world.key);
        let answer = receive(request.json(&json!({"model": "text-embedding-3-small", "input": "a"}))).await;
        (answer.status, world.openai.last_request().header("authorization").to_owned())
    };
    assert_eq!(pass().await, (200, format!("Bearer {}", key(1))));
    world.openai.require_key(&key(2));
    assert_eq!(pass().await.0, 401, "nothing is sent twice");
    assert_eq!(pass().await, (200, format!("Bearer {}", key(2))));
    world.openai.require_key(&key(3));
    change(&world, json!({"api_key": key(3)})).await;
    assert_eq!(pass().await, (200, format!("Bearer {}", key(3))));
}

#[tokio::test]
async fn keys_that_are_added_at_the_same_time_are_all_kept() {
    let world = World::start().await;
    let added = (2..=6).map(|number| {
        let world = &world;
        async move { change(world, json!({"add_api_key": key(number)})).await }
    });
    futures_util::future::join_all(added).await;
    let provider = world.get("/admin/providers/oa").await;
    assert_eq!(numbers(&provider), [2, 3, 4, 5, 6], "none took another's number");
}
