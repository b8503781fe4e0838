//! `routing_strategy` and `model_group_strategies`: which of several deployments is asked.

use std::time::Duration;

use postern_testkit::{FakeUpstream, Fault, Gate, Reply, Usage};
use postern_tests::{Caller, receive, start};
use serde_json::{Value, json};

use super::{Scene, at, soon};

async fn upstreams<const N: usize>() -> [FakeUpstream; N] {
    let mut started = Vec::new();
    for _ in 0..N {
        started.push(FakeUpstream::openai().await);
    }
    started.try_into().unwrap()
}

fn calls(upstreams: &[FakeUpstream]) -> Vec<usize> {
    upstreams.iter().map(FakeUpstream::calls).collect()
}

/// A group `smart` with a deployment at each, and these parameters. A conversation does not stay where it is: all
/// requests here are the same.
async fn scene(strategy: &str, upstreams: &[FakeUpstream], parameters: &[Value]) -> Scene {
    let models: Vec<_> = upstreams
        .iter()
        .enumerate()
        .map(|(number, upstream)| at("smart", upstream, parameters.get(number).cloned().unwrap_or(json!({}))))
        .collect();
    Scene::start(json!({"routing_strategy": strategy, "session_affinity": false}), &models).await
}

#[tokio::test]
async fn round_robin_takes_turns() {
    let upstreams = upstreams::<3>().await;
    let scene = scene("round-robin", &upstreams, &[]).await;
    for round in 1..=4 {
        for _ in 0..3 {
            scene.ask("smart", false).await.expect(200);
        }
        assert_eq!(calls(&upstreams), [round; 3]);
    }
}

#[tokio::test]
async fn least_busy_is_where_fewest_are_under_way() {
    let upstreams = upstreams::<3>().await;
    let gate = Gate::new();
    for upstream in &upstreams {
        upstream.always(Reply::default().gated(&gate));
    }
    let scene = scene("least-busy", &upstreams, &[]).await;
    let mut held = Vec::new();
    for number in 1..=6 {
        let request = scene.gateway.post(Caller::Chat.path(), &scene.key, &Caller::Chat.body("smart", true));
        held.push(start(async move { receive(request).await }));
        let arrived = async {
            while calls(&upstreams).iter().sum::<usize>() < number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        soon("the next call", arrived).await;
        if number % 3 == 0 {
            assert_eq!(calls(&upstreams), [number / 3; 3]);
        }
    }
    gate.open_for_good();
    for request in held {
        request.await.unwrap().expect(200);
    }
}

#[tokio::test]
async fn lowest_latency_is_the_fastest_once_all_were_tried() {
    let upstreams = upstreams::<3>().await;
    for upstream in &upstreams[..2] {
        upstream.always(Reply::default().first_byte_after(Duration::from_millis(700)));
    }
    let scene = scene("latency-based-routing", &upstreams, &[]).await;
    for _ in 0..12 {
        scene.ask("smart", false).await.expect(200);
    }
    assert_eq!(calls(&upstreams), [1, 1, 10]);
}

#[tokio::test]
async fn lowest_cost_is_the_cheapest_that_answers() {
    let upstreams = upstreams::<3>().await;
    let price = |price: f64| json!({"input_cost_per_token": price, "output_cost_per_token": price});
    let prices = [price(0.000_003), price(0.000_001), price(0.000_002)];
    let scene = scene("cost-based-routing", &upstreams, &prices).await;
    for _ in 0..5 {
        scene.ask("smart", false).await.expect(200);
    }
    assert_eq!(calls(&upstreams), [0, 5, 0]);
    upstreams[1].always(Fault::status(500));
    for _ in 0..3 {
        scene.ask("smart", false).await.expect(200);
    }
    assert_eq!(calls(&upstreams), [0, 8, 3]);
}

#[tokio::test]
async fn least_used_has_had_fewest_tokens_this_minute() {
    for strategy in ["usage-based-routing", "usage-based-routing-v2"] {
        let upstreams = upstreams::<2>().await;
        let usage = |output: u64| Usage { input: 10, cache_read: 0, cache_write: 0, output, reasoning: 0 };
        upstreams[0].always(Reply::default().usage(usage(5_000)));
        upstreams[1].always(Reply::default().usage(usage(5)));
        let scene = scene(strategy, &upstreams, &[]).await;
        for _ in 0..10 {
            scene.ask("smart", false).await.expect(200);
        }
        assert_eq!(calls(&upstreams), [1, 9], "{strategy}");
    }
}

#[tokio::test]
async fn priority_is_the_files_order() {
    let upstreams = upstreams::<3>().await;
    let scene = scene("priority", &upstreams, &[]).await;
    for _ in 0..4 {
        scene.ask("smart", true).await.expect(200);
    }
    assert_eq!(calls(&upstreams), [4, 0, 0]);
    upstreams[0].always(Fault::status(503));
    scene.ask("smart", true).await.expect(200);
    assert_eq!(calls(&upstreams), [5, 1, 0]);
}

#[tokio::test]
async fn a_group_has_a_strategy_of_its_own() {
    let upstreams = upstreams::<2>().await;
    let mut models = Vec::new();
    for group in ["in-order", "in-turn"] {
        models.extend(
            upstreams.iter().map(|upstream| at(group, upstream, json!({"model": format!("openai/{group}")}))),
        );
    }
    let settings = json!({
        "routing_strategy": "round-robin", "model_group_strategies": {"in-order": "priority"},
        "session_affinity": false,
    });
    let scene = Scene::start(settings, &models).await;
    for _ in 0..4 {
        scene.ask("in-order", false).await.expect(200);
    }
    assert_eq!(calls(&upstreams), [4, 0]);
    for _ in 0..4 {
        scene.ask("in-turn", false).await.expect(200);
    }
    assert_eq!(calls(&upstreams), [6, 2]);
}

#[tokio::test]
async fn weights_are_shares() {
    let upstreams = upstreams::<2>().await;
    let scene = scene("simple-shuffle", &upstreams, &[json!({"weight": 90}), json!({"weight": 10})]).await;
    scene.ask_often("smart", 1_000).await;
    let calls = calls(&upstreams);
    assert_eq!(calls.iter().sum::<usize>(), 1_000);
    // Nine and a half is the standard deviation.
    assert!((55..=145).contains(&calls[1]), "{calls:?}");
}

#[tokio::test]
async fn a_conversation_stays_where_it_began_unless_that_is_switched_off() {
    // Long enough for a provider to keep it.
    let mut body = Caller::Chat.body("smart", false);
    body["messages"][0]["content"] = json!("the quick brown fox ".repeat(1_000));
    for (settings, expected) in [
        (json!({"routing_strategy": "round-robin"}), [0, 0, 0, 8]),
        (json!({"routing_strategy": "round-robin", "session_affinity": false}), [2, 2, 2, 2]),
    ] {
        let upstreams = upstreams::<4>().await;
        let models: Vec<_> = upstreams.iter().map(|upstream| at("smart", upstream, json!({}))).collect();
        let scene = Scene::start(settings, &models).await;
        for _ in 0..8 {
            scene.ask_with(&scene.key, Caller::Chat, &body).await.expect(200);
        }
        let mut calls = calls(&upstreams);
        calls.sort_unstable();
        assert_eq!(calls, expected);
    }
}
