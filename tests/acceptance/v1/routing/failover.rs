//! Until the first token another deployment can take over, in whatever format; after it nobody can.

use std::time::Duration;

use postern_testkit::{Behaviour, FakeUpstream, Fault, REPLY_TEXT};
use postern_tests::{Caller, World};
use serde_json::json;

use super::{deploy, post};

/// What goes wrong before there is anything to forward.
const EARLY: [Fault; 9] = [
    Fault::Status { status: 500, retry_after: None },
    Fault::Status { status: 429, retry_after: Some(1) },
    Fault::Status { status: 401, retry_after: None },
    Fault::Status { status: 404, retry_after: None },
    Fault::Html { status: 502 },
    Fault::Empty,
    Fault::CloseBeforeHeaders,
    Fault::ErrorFirstEvent,
    Fault::ErrorWith200,
];

/// Its first deployment is an OpenAI or an Anthropic one, its second the other.
async fn pair(world: &World, group: &str) -> [FakeUpstream; 2] {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
    deploy(world, group, &first, &json!({"order": 0, "cooldown_time": 0})).await;
    deploy(world, group, &second, &json!({"order": 1, "cooldown_time": 0})).await;
    [first, second]
}

#[tokio::test]
async fn another_provider_takes_over_in_either_format() {
    let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
    let [failing, well] = pair(&world, "pair").await;
    let mut rows = 0;
    for fault in EARLY {
        failing.always(fault.clone());
        for caller in Caller::BOTH {
            for stream in [false, true] {
                let (calls, answered) = (failing.calls(), well.calls());
                let answer = world.ask(caller, "pair", stream).await;
                let told = || format!("{fault:?} {caller:?} {stream}: {}", answer.text());
                assert_eq!(answer.status, 200, "{}", told());
                if stream {
                    assert!(caller.is_finished(&answer), "{}", told());
                    assert_eq!(caller.streamed_text(&answer), REPLY_TEXT, "{}", told());
                } else {
                    assert_eq!(caller.text_of(&answer.json()), REPLY_TEXT, "{}", told());
                }
                // Refused in a format that it may not speak, it is asked once more in its own.
                let asked = failing.calls() - calls;
                assert!((1..=2).contains(&asked), "asked {asked} times: {}", told());
                assert_eq!(well.calls() - answered, 1, "{}", told());
                rows += 1;
                let row = world.row(answer.request_id()).await;
                assert_eq!(
                    (&row["outcome"], &row["provider"], &row["status"]),
                    (&json!("ok"), &json!("anthropic"), &json!(200)),
                    "{row}"
                );
                assert_eq!(row["attempt_log"].as_array().map(Vec::len), Some(2), "{row}");
                assert!(row["attempt_log"][0]["error"].is_string(), "{row}");
            }
        }
    }
    assert_eq!(world.rows().await.len(), rows, "one row each");
}

#[tokio::test]
async fn connections_that_are_refused_are_failed_over_too() {
    let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
    let [failing, well] = pair(&world, "pair").await;
    failing.pause_listening().await;
    for caller in Caller::BOTH {
        for stream in [false, true] {
            let answer = world.ask(caller, "pair", stream).await.expect(200);
            assert_eq!(answer.header("x-postern-provider"), "anthropic");
        }
    }
    assert_eq!((failing.calls(), well.calls()), (0, 4));
    failing.resume_listening().await;
    let answer = world.ask(Caller::Chat, "pair", false).await.expect(200);
    assert_eq!((answer.header("x-postern-provider"), failing.calls()), ("openai", 1));
}

#[tokio::test]
async fn embeddings_are_failed_over_and_told_of_like_answers() {
    let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
    let [failing, refusing, well] =
        [FakeUpstream::openai().await, FakeUpstream::openai().await, FakeUpstream::openai().await];
    deploy(&world, "vectors", &failing, &json!({"order": 0, "cooldown_time": 0})).await;
    let id = deploy(&world, "vectors", &well, &json!({"order": 1})).await;
    failing.pause_listening().await;
    let body = json!({"model": "vectors", "input": "Hi"});
    let answer = post(&world, "/v1/embeddings", &body).await.expect(200);
    assert_eq!(answer.json()["data"][0]["embedding"], json!([0.25, -0.5]));
    assert_eq!(
        (answer.header("x-postern-attempts"), answer.header("x-litellm-model-id")),
        ("2", id.as_str())
    );
    let row = world.row(answer.request_id()).await;
    assert_eq!((&row["outcome"], &row["attempts"]), (&json!("ok"), &json!(2)), "{row}");
    // Another group, as the request says; the refusal of the last where nobody is left.
    refusing.require_key("sk-another");
    deploy(&world, "refused", &refusing, &json!({"cooldown_time": 0})).await;
    let body = json!({"model": "refused", "input": "Hi", "fallbacks": ["vectors"]});
    let answer = post(&world, "/v1/embeddings", &body).await.expect(200);
    assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "1");
    assert_eq!(answer.header("x-litellm-model-group"), "vectors");
    assert_eq!(world.row(answer.request_id()).await["model_group"], "vectors");
    let answer =
        post(&world, "/v1/embeddings", &json!({"model": "refused", "input": "Hi"})).await.expect(401);
    assert_eq!(answer.header("x-litellm-model-group"), "refused");
    super::assert_nothing_secret(&world, &answer);
}

#[tokio::test]
async fn after_the_first_token_nothing_is_asked_again() {
    let world = World::with("litellm_settings: {num_retries: 2}", |builder| builder).await;
    let mut rows = 0;
    for (fault, group) in [
        (Fault::CloseBetweenEvents, "closes"),
        (Fault::CloseMidEvent, "cuts"),
        (Fault::Truncated, "truncates"),
        (Fault::BrokenSse, "breaks"),
        (Fault::ErrorMidStream, "errs"),
    ] {
        let [failing, well] = pair(&world, group).await;
        failing.always(fault.clone());
        for caller in Caller::BOTH {
            let calls = failing.calls();
            let answer = world.ask(caller, group, true).await.expect(200);
            let told = || format!("{fault:?} {caller:?}: {}", answer.text());
            assert!(answer.complete, "{}", told());
            assert!(!caller.is_finished(&answer), "it looks whole: {}", told());
            assert!(!caller.streamed_text(&answer).is_empty(), "{}", told());
            let last = answer.last_event();
            caller.error(&last.json());
            if caller == Caller::Messages {
                assert_eq!(last.name.as_deref(), Some("error"), "{}", told());
            }
            assert_eq!((failing.calls() - calls, well.calls()), (1, 0), "{}", told());
            rows += 1;
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["outcome"], &row["attempts"]), (&json!("error"), &json!(1)), "{row}");
        }
    }
    assert_eq!(world.rows().await.len(), rows, "one row each");
}

#[tokio::test]
async fn who_leaves_while_it_is_tried_again_has_one_row_and_no_more_calls() {
    let world = World::with("litellm_settings: {num_retries: 5}", |builder| builder).await;
    let failing = FakeUpstream::openai().await;
    failing.always(Behaviour::from(Fault::status(500)));
    deploy(&world, "failing", &failing, &json!({"cooldown_time": 0})).await;
    let request = world.request(Caller::Chat, &Caller::Chat.body("failing", false));
    let asking = postern_tests::start(async move { request.send().await });
    failing.wait_for_calls(2).await;
    asking.abort();
    let row = world.row_number(1).await;
    assert_eq!((&row["outcome"], &row["status"]), (&json!("cancelled"), &json!(499)), "{row}");
    let calls = failing.calls();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((failing.calls(), world.rows().await.len()), (calls, 1));
}
