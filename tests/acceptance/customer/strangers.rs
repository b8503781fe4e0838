//! `max_end_user_budget` and `max_end_user_budget_id`: what end users have of whom nothing was said.

use std::time::Duration;

use postern_testkit::{GatewayBuilder, TestGateway};
use postern_tests::{Caller, World, receive};
use serde_json::{Value, json};

use super::{info, post};
use crate::organization::{ask_dear, dear_model};

#[tokio::test]
async fn a_budget_for_everybody_holds_from_the_first_request_on() {
    let config = "litellm_settings: {num_retries: 0, max_end_user_budget: 0.25}";
    let world = World::with(config, |builder| builder).await;
    dear_model(&world).await;
    post(&world, "/customer/new", json!({"user_id": "rich", "max_budget": 5})).await.expect(200);
    post(&world, "/customer/new", json!({"user_id": "plain"})).await.expect(200);
    for id in ["never-seen", "plain", "another"] {
        let asked = (0..6).map(|_| ask_dear(&world, &world.key, json!({"user": id})));
        let answers = futures_util::future::join_all(asked).await;
        let served = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(served, 2, "$0.25 pays for two requests of $0.10: {id}");
        let refused = ask_dear(&world, &world.key, json!({"user": id})).await.expect(402);
        assert!(refused.text().contains(&format!("End User={id}")), "{}", refused.text());
    }
    for _ in 0..3 {
        ask_dear(&world, &world.key, json!({"user": "rich"})).await.expect(200);
    }
    // Whoever is in nobody's name is not limited by it.
    for _ in 0..3 {
        ask_dear(&world, &world.key, Value::Null).await.expect(200);
    }
    // Who gets limits of their own has those, and what was spent counts.
    post(&world, "/customer/update", json!({"user_id": "never-seen", "max_budget": 0.35})).await.expect(200);
    ask_dear(&world, &world.key, json!({"user": "never-seen"})).await.expect(200);
    ask_dear(&world, &world.key, json!({"user": "never-seen"})).await.expect(402);
}

#[tokio::test]
async fn what_they_spent_is_known_after_a_restart() {
    const CONFIG: &str = "litellm_settings: {num_retries: 0, max_end_user_budget: 0.25}";
    let directory = tempfile::tempdir().unwrap();
    let (file, data) = (directory.path().join("config.yaml"), directory.path().join("data"));
    std::fs::write(&file, CONFIG).unwrap();
    let how = |builder: GatewayBuilder| builder.vault("file").data_dir(&data);
    let world = World::with(CONFIG, how).await;
    dear_model(&world).await;
    for _ in 0..2 {
        ask_dear(&world, &world.key, json!({"user": "ann"})).await.expect(200);
    }
    let World { gateway, openai: _openai, key, .. } = world;
    assert_eq!(gateway.stop().await.code(), Some(0));
    let gateway = how(TestGateway::builder()).config(&file).start().await;
    let ask = async |user: &str| {
        let mut body = Caller::Chat.body("dear", false);
        (body["max_tokens"], body["user"]) = (json!(10), json!(user));
        receive(gateway.post("/v1/chat/completions", &key, &body)).await
    };
    ask("ann").await.expect(402);
    ask("bob").await.expect(200);
}

#[tokio::test]
async fn a_named_budget_for_everybody_may_come_later_and_change() {
    let config = "litellm_settings: {num_retries: 0, max_end_user_budget_id: everybody}";
    let world = World::with(config, |builder| builder).await;
    dear_model(&world).await;
    let ask = |id: &'static str| ask_dear(&world, &world.key, json!({"user": id}));
    for _ in 0..3 {
        ask("ann").await.expect(200);
    }
    post(
        &world,
        "/budget/new",
        json!({"budget_id": "everybody", "max_budget": 0.15, "budget_duration": "30d"}),
    )
    .await
    .expect(200);
    // What was spent before in the running period counts, too: who was seen has a row.
    ask("ann").await.expect(402);
    ask("bob").await.expect(200);
    let refused = ask("bob").await.expect(402);
    assert!(refused.text().contains("It resets at"), "{}", refused.text());
    post(&world, "/budget/update", json!({"budget_id": "everybody", "max_budget": 0.25})).await.expect(200);
    ask("bob").await.expect(200);
    ask("bob").await.expect(402);
    post(&world, "/budget/delete", json!({"id": "everybody"})).await.expect(409);
    assert_eq!(info(&world, "bob").await["spend"], 0.2);
}

#[tokio::test]
async fn requests_of_everybody_are_counted_anew_in_each_period() {
    let config = "litellm_settings: {num_retries: 0, max_end_user_budget_id: everybody}";
    let world = World::with(config, |builder| builder).await;
    dear_model(&world).await;
    post(
        &world,
        "/budget/new",
        json!({"budget_id": "everybody", "max_budget": 0.15, "budget_duration": "3s"}),
    )
    .await
    .expect(200);
    let ask = || ask_dear(&world, &world.key, json!({"user": "ann"}));
    // The first may lie at the very end of a period.
    let refused = async { while ask().await.status != 402 {} };
    tokio::time::timeout(Duration::from_secs(20), refused).await.expect("a budget that holds");
    let anew = async {
        while ask().await.status == 402 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), anew).await.expect("the budget to start anew");
}
