//! What a deployment says of itself: how much it takes, its share, its place, how it is to be treated when it fails.

use futures_util::future::join_all;
use postern_testkit::{FakeUpstream, Fault, Gate, Reply};
use postern_tests::{Caller, World, receive, start};
use serde_json::json;

use super::{CHAT, chat, deploy, post};

/// Two deployments of a group, with what is said of each.
async fn pair(world: &World, group: &str, said: [serde_json::Value; 2]) -> [FakeUpstream; 2] {
    let upstreams = [FakeUpstream::openai().await, FakeUpstream::openai().await];
    for (upstream, said) in upstreams.iter().zip(&said) {
        deploy(world, group, upstream, said).await;
    }
    upstreams
}

async fn ask(world: &World, group: &str, times: usize) {
    for _ in 0..times {
        world.ask(Caller::Chat, group, false).await.expect(200);
    }
}

#[tokio::test]
async fn requests_per_minute() {
    let world = World::start().await;
    let [first, rest] = pair(&world, "rpm", [json!({"order": 0, "rpm": 2}), json!({"order": 1})]).await;
    ask(&world, "rpm", 5).await;
    assert_eq!((first.calls(), rest.calls()), (2, 3));
}

#[tokio::test]
async fn tokens_per_minute() {
    let world = World::start().await;
    // The usual reply takes 41; a request is about 20 more until it is known.
    let [first, rest] = pair(&world, "tpm", [json!({"order": 0, "tpm": 90}), json!({"order": 1})]).await;
    ask(&world, "tpm", 5).await;
    assert_eq!((first.calls(), rest.calls()), (2, 3));
    // Streams are counted when they end.
    let [first, rest] = pair(&world, "tpm-s", [json!({"order": 0, "tpm": 90}), json!({"order": 1})]).await;
    for _ in 0..5 {
        world.ask(Caller::Chat, "tpm-s", true).await.expect(200);
    }
    assert_eq!((first.calls(), rest.calls()), (2, 3));
}

#[tokio::test]
async fn requests_at_a_time() {
    let world = World::start().await;
    let said = [json!({"order": 0, "max_parallel_requests": 2}), json!({"order": 1})];
    let [first, rest] = pair(&world, "parallel", said).await;
    let gate = Gate::new();
    first.always(Reply::default().gated(&gate));
    let body = Caller::Chat.body("parallel", true);
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let request = world.request(Caller::Chat, &body);
            start(async move { receive(request).await })
        })
        .collect();
    first.wait_for_calls(2).await;
    ask(&world, "parallel", 3).await;
    assert_eq!((first.calls(), rest.calls()), (2, 3));
    gate.open_for_good();
    for task in waiting {
        task.await.unwrap().expect(200);
    }
    // A place is free when a stream has ended, and not before.
    ask(&world, "parallel", 2).await;
    assert_eq!((first.calls(), rest.calls()), (4, 3));
}

#[tokio::test]
async fn limits_hold_when_everybody_comes_at_once() {
    let world = World::start().await;
    for round in 0..8 {
        let (by_rate, by_number) = (format!("rate-{round}"), format!("number-{round}"));
        let said = [json!({"order": 0, "rpm": 5}), json!({"order": 1})];
        let [first, rest] = pair(&world, &by_rate, said).await;
        let asked = (0..40).map(|_| world.ask(Caller::Chat, &by_rate, false));
        for answer in join_all(asked).await {
            answer.expect(200);
        }
        assert_eq!((first.calls(), rest.calls()), (5, 35));
        let said = [json!({"order": 0, "max_parallel_requests": 3}), json!({"order": 1})];
        let [first, rest] = pair(&world, &by_number, said).await;
        let gate = Gate::new();
        first.always(Reply::default().gated(&gate));
        let asked = join_all((0..40).map(|_| world.ask(Caller::Chat, &by_number, true)));
        let ((), answers) = tokio::join!(
            async {
                first.wait_for_calls(3).await;
                rest.wait_for_calls(37).await;
                gate.open_for_good();
            },
            asked
        );
        for answer in answers {
            answer.expect(200);
        }
        assert_eq!((first.calls(), rest.calls()), (3, 37));
    }
}

#[tokio::test]
async fn who_is_full_is_fallen_back_from() {
    let world = World::start().await;
    let (full, other) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    deploy(&world, "full", &full, &json!({"rpm": 1})).await;
    deploy(&world, "other", &other, &json!({})).await;
    let body = chat("full", &json!({"fallbacks": ["other"]}));
    for group in ["full", "other", "other"] {
        let answer = post(&world, CHAT, &body).await.expect(200);
        assert_eq!(
            (answer.header("x-litellm-model-group"), answer.header("x-postern-attempts")),
            (group, "1")
        );
        assert_eq!(answer.header("x-litellm-attempted-retries"), "0");
    }
    assert_eq!((full.calls(), other.calls()), (1, 2));
}

#[tokio::test]
async fn weight() {
    let world = World::start().await;
    let [none, all] = pair(&world, "none", [json!({"weight": 0}), json!({"weight": 1})]).await;
    ask(&world, "none", 30).await;
    assert_eq!((none.calls(), all.calls()), (0, 30));
    let [most, few] = pair(&world, "share", [json!({"weight": 3}), json!({"weight": 1})]).await;
    ask(&world, "share", 200).await;
    // Six standard deviations.
    assert!((113..=187).contains(&most.calls()), "{} of 200", most.calls());
    assert_eq!(most.calls() + few.calls(), 200);
}

#[tokio::test]
async fn order() {
    let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
    let said = [json!({"order": 2}), json!({"order": 1, "cooldown_time": 600})];
    let [second, first] = pair(&world, "order", said).await;
    ask(&world, "order", 4).await;
    assert_eq!((first.calls(), second.calls()), (4, 0));
    first.always(Fault::status(500));
    ask(&world, "order", 5).await;
    assert_eq!((first.calls(), second.calls()), (7, 5));
}

#[tokio::test]
async fn no_cooldown() {
    let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
    let said = [json!({"order": 0, "cooldown_time": 0}), json!({"order": 1})];
    let [failing, well] = pair(&world, "restless", said).await;
    for (number, fault) in
        [Fault::status(500), Fault::status(429), Fault::status(401)].into_iter().enumerate()
    {
        failing.always(fault);
        ask(&world, "restless", 5).await;
        assert_eq!((failing.calls(), well.calls()), (5 * (number + 1), 5 * (number + 1)));
    }
}

#[tokio::test]
async fn retries_of_its_own() {
    let world = World::start().await;
    let failing = FakeUpstream::openai().await;
    failing.always(Fault::status(500));
    deploy(&world, "stubborn", &failing, &json!({"num_retries": 2, "cooldown_time": 0})).await;
    let answer = world.ask(Caller::Chat, "stubborn", false).await.expect(500);
    assert_eq!((failing.calls(), answer.header("x-litellm-attempted-retries")), (3, "2"));
    // The request knows better.
    post(&world, CHAT, &chat("stubborn", &json!({"num_retries": 0}))).await.expect(500);
    assert_eq!(failing.calls(), 4);
    // The largest of a group counts.
    let said = [json!({"num_retries": 1, "cooldown_time": 0}), json!({"cooldown_time": 0})];
    let both = pair(&world, "both", said).await;
    for upstream in &both {
        upstream.always(Fault::status(500));
    }
    world.ask(Caller::Chat, "both", false).await.expect(503);
    assert_eq!((both[0].calls(), both[1].calls()), (1, 1));
}

#[tokio::test]
async fn region() {
    let world = World::start().await;
    let said = [json!({"region_name": "eu-central-1"}), json!({"region_name": "us"})];
    let [eu, us] = pair(&world, "where", said).await;
    for region in ["eu-central-1", "EU-Central-1"] {
        for caller in Caller::BOTH {
            let body = super::with(caller.body("where", false), &json!({"allowed_model_region": region}));
            let answer = receive(world.request(caller, &body)).await.expect(200);
            assert_eq!(answer.header("x-litellm-model-region"), "eu-central-1");
        }
    }
    assert_eq!((eu.calls(), us.calls()), (4, 0));
    for caller in Caller::BOTH {
        let body = super::with(caller.body("where", false), &json!({"allowed_model_region": "mars"}));
        let answer = receive(world.request(caller, &body)).await.expect(400);
        let message = caller.own_error(&answer);
        assert!(message.contains("`mars`") && message.contains("where"), "{message}");
        assert_eq!(answer.json()["error"]["param"], "allowed_model_region");
    }
    assert_eq!((eu.calls(), us.calls()), (4, 0));
}
