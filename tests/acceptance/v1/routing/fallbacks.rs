//! Other model groups that a request falls back on, named by itself.

use postern_testkit::{Behaviour, FakeUpstream, Fault};
use postern_tests::{Caller, World, receive};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{CHAT, chat, deploy, post, with};

/// Three groups, of which the first fails.
struct Scene {
    world: World,
    first: FakeUpstream,
    second: FakeUpstream,
    third: FakeUpstream,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start().await;
        let first = FakeUpstream::openai().await;
        let (second, third) = (FakeUpstream::anthropic().await, FakeUpstream::openai().await);
        for (group, upstream) in [("first", &first), ("second", &second), ("third", &third)] {
            deploy(&world, group, upstream, &json!({"cooldown_time": 0})).await;
        }
        first.always(Fault::status(500));
        Self { world, first, second, third }
    }

    fn calls(&self) -> [usize; 3] {
        [self.first.calls(), self.second.calls(), self.third.calls()]
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Behaviour {
    let body =
        json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}});
    Behaviour::Raw {
        status: StatusCode::from_u16(status).unwrap(),
        headers: [("content-type".parse().unwrap(), "application/json".parse().unwrap())]
            .into_iter()
            .collect(),
        body: body.to_string().into(),
    }
}

#[tokio::test]
async fn a_request_names_its_fallbacks_in_three_ways() {
    let scene = Scene::set().await;
    let mut calls = 0;
    for fallbacks in [
        json!(["second", "third"]),
        json!([{"first": ["second", "third"]}]),
        json!([{"model": "second"}, {"model": "third"}]),
        json!([{"third": ["first"]}, {"first": ["second"]}]),
    ] {
        for caller in Caller::BOTH {
            for stream in [false, true] {
                let body = with(caller.body("first", stream), &json!({"fallbacks": fallbacks}));
                let answer = receive(scene.world.request(caller, &body)).await.expect(200);
                calls += 1;
                assert_eq!(scene.calls(), [calls, calls, 0], "{fallbacks}");
                assert_eq!(answer.header("x-litellm-model-group"), "second");
                assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "1");
                assert_eq!(answer.header("x-litellm-attempted-retries"), "0");
                let row = scene.world.row(answer.request_id()).await;
                assert_eq!(
                    (&row["model_group"], &row["attempts"], &row["outcome"]),
                    (&json!("second"), &json!(2), &json!("ok")),
                    "{row}"
                );
                let log = row["attempt_log"].as_array().unwrap();
                let statuses: Vec<_> = log.iter().map(|attempt| &attempt["status"]).collect();
                assert_eq!(statuses, [&json!(500), &json!(200)], "{row}");
            }
        }
    }
    // What fails again is left for the next, until there is none.
    scene.second.always(Fault::status(503));
    let answer = post(&scene.world, CHAT, &chat("first", &json!({"fallbacks": ["second", "third"]}))).await;
    assert_eq!(answer.expect(200).header("x-litellm-attempted-fallbacks"), "2");
    scene.third.always(Fault::status(500));
    let failed = post(&scene.world, CHAT, &chat("first", &json!({"fallbacks": ["second", "third"]}))).await;
    let failed = failed.expect(503).json();
    let tried: Vec<_> = failed["error"]["details"]["tried"].as_array().unwrap().iter().collect();
    assert_eq!(tried.len(), 3, "{failed}");
}

#[tokio::test]
async fn a_list_for_another_group_is_for_another_group() {
    let scene = Scene::set().await;
    let body = chat("first", &json!({"fallbacks": [{"third": ["second"]}]}));
    post(&scene.world, CHAT, &body).await.expect(500);
    assert_eq!(scene.calls(), [1, 0, 0]);
    // A circle ends.
    scene.second.always(Fault::status(500));
    let circle = json!([{"first": ["second"]}, {"second": ["first"]}]);
    post(&scene.world, CHAT, &chat("first", &json!({"fallbacks": circle}))).await.expect(503);
    assert_eq!(scene.calls(), [2, 1, 0]);
}

#[tokio::test]
async fn a_failure_of_its_own_kind_has_its_own_list() {
    let scene = Scene::set().await;
    let wishes = json!({
        "context_window_fallbacks": ["second"], "content_policy_fallbacks": [{"first": ["third"]}],
    });
    scene.first.always(refusal(
        400,
        "context_length_exceeded",
        "This model's maximum context length is 8192 tokens.",
    ));
    let answer = post(&scene.world, CHAT, &chat("first", &wishes)).await.expect(200);
    assert_eq!((scene.calls(), answer.header("x-litellm-model-group")), ([1, 1, 0], "second"));
    scene.first.always(refusal(
        400,
        "content_policy_violation",
        "Your request was rejected by our safety system.",
    ));
    let answer = post(&scene.world, CHAT, &chat("first", &wishes)).await.expect(200);
    assert_eq!((scene.calls(), answer.header("x-litellm-model-group")), ([2, 1, 1], "third"));
    // Any other refusal is the caller's to mend, and neither list's.
    scene.first.always(Fault::status(400));
    let body = with(chat("first", &wishes), &json!({"fallbacks": ["second"]}));
    post(&scene.world, CHAT, &body).await.expect(400);
    // Without a list of its own, the general one.
    scene.first.always(refusal(
        400,
        "context_length_exceeded",
        "This model's maximum context length is 8192 tokens.",
    ));
    post(&scene.world, CHAT, &chat("first", &json!({"fallbacks": ["third"]}))).await.expect(200);
    assert_eq!(scene.calls(), [4, 1, 2]);
}

#[tokio::test]
async fn fallbacks_can_be_switched_off() {
    let config = "litellm_settings: {num_retries: 0}";
    let scene = Scene::set().await;
    let wishes = json!({"fallbacks": ["second"], "disable_fallbacks": true});
    post(&scene.world, CHAT, &chat("first", &wishes)).await.expect(500);
    let wishes = json!({"fallbacks": ["second"], "disable_fallbacks": false});
    post(&scene.world, CHAT, &chat("first", &wishes)).await.expect(200);
    assert_eq!(scene.calls(), [2, 1, 0], "{config}");
}

#[tokio::test]
async fn what_a_key_may_not_use_it_may_not_fall_back_on() {
    let scene = Scene::set().await;
    let key = scene.world.gateway.new_key(json!({"models": ["first", "third"]})).await;
    for member in ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"] {
        for list in [json!(["third", "second"]), json!([{"first": ["second"]}]), json!([{"model": "second"}])]
        {
            let body = chat("first", &json!({ member: list }));
            let refused = receive(scene.world.gateway.post(CHAT, &key, &body)).await.expect(403);
            assert_eq!(refused.json()["error"]["code"], "model_not_allowed", "{}", refused.text());
        }
    }
    assert_eq!(scene.calls(), [0, 0, 0]);
    let body = chat("first", &json!({"fallbacks": ["third"]}));
    receive(scene.world.gateway.post(CHAT, &key, &body)).await.expect(200);
}

#[tokio::test]
async fn what_is_not_there_is_refused_before_anybody_is_asked() {
    let scene = Scene::set().await;
    for caller in Caller::BOTH {
        for member in ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"] {
            for list in [json!(["second", "nowhere"]), json!([{"first": ["nowhere"]}])] {
                let body = with(caller.body("first", false), &json!({ member: list }));
                let answer = receive(scene.world.request(caller, &body)).await.expect(400);
                let message = caller.own_error(&answer);
                assert!(message.contains("`nowhere`") && message.contains(member), "{message}");
                assert_eq!(answer.json()["error"]["param"], Value::from(member));
            }
        }
    }
    assert_eq!(scene.calls(), [0, 0, 0]);
}
