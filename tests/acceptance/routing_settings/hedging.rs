//! `hedge_after` and `model_group_hedges`: a second deployment is asked when the first is slow. What that costs is in
//! `hedging_bills`.

use std::time::{Duration, Instant};

use postern_testkit::{Behaviour, FakeUpstream, Fault, Gate, REPLY_TEXT, Reply};
use postern_tests::{Answer, Caller};
use serde_json::json;

use super::{Scene, at, soon};

/// `smart`, first at the one and second at the other.
async fn scene(settings: serde_json::Value, first: &FakeUpstream, second: &FakeUpstream) -> Scene {
    let models = [
        at("smart", first, json!({"order": 1, "timeout": 30})),
        at("smart", second, json!({"order": 2, "timeout": 30})),
    ];
    Scene::start(settings, &models).await
}

fn text(caller: Caller, answer: &Answer, stream: bool) -> String {
    if stream { caller.streamed_text(answer) } else { caller.text_of(&answer.json()) }
}

#[tokio::test]
async fn the_second_answers_while_the_first_is_silent() {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    let scene = scene(json!({"hedge_after": 0.1}), &first, &second).await;
    let held = Gate::new();
    let mut asked = 0;
    for stream in [false, true] {
        // Silent altogether, and after the head of its answer.
        for sends_head in [false, true] {
            let silence = match (sends_head, stream) {
                (false, _) => Fault::NeverAnswers.into(),
                (true, false) => Fault::SilentAfterHeaders.into(),
                (true, true) => Behaviour::from(Reply::default().gated(&held)),
            };
            first.next(silence);
            let began = Instant::now();
            let answer = scene.ask("smart", stream).await.expect(200);
            assert!(began.elapsed() < Duration::from_secs(10), "it waited for the first");
            assert_eq!(text(Caller::Chat, &answer, stream), REPLY_TEXT);
            assert_eq!(answer.header("x-postern-attempts"), "2");
            asked += 1;
            soon("the first call is cancelled", first.wait_for_abandoned(asked)).await;
            let row = scene.row(answer.request_id()).await;
            assert_eq!((&row["attempts"], &row["outcome"]), (&json!(2), &json!("ok")), "{row}");
            assert_eq!(row["deployment_id"], answer.header("x-litellm-model-id"), "{row}");
            let log = row["attempt_log"].as_array().unwrap();
            let told: Vec<_> = log.iter().map(|attempt| (&attempt["status"], &attempt["error"])).collect();
            assert_eq!(
                told,
                [(&json!(200), &json!(null)), (&json!(null), &json!("another deployment was faster"))],
                "{row}"
            );
        }
    }
    assert_eq!((first.calls(), second.calls()), (4, 4));
    assert_eq!(scene.rows().await.len(), 4, "one row for each request");
}

#[tokio::test]
async fn the_first_may_still_be_the_first_to_answer() {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
    let scene = scene(json!({"hedge_after": 0.1}), &first, &second).await;
    first.always(Reply::default().first_byte_after(Duration::from_millis(600)));
    second.always(Fault::NeverAnswers);
    for (number, caller) in Caller::BOTH.into_iter().enumerate() {
        let answer = scene.ask_with(&scene.key, caller, &caller.body("smart", false)).await.expect(200);
        assert_eq!(text(caller, &answer, false), REPLY_TEXT);
        soon("the second call is cancelled", second.wait_for_abandoned(number + 1)).await;
        let row = scene.row(answer.request_id()).await;
        assert_eq!(
            (&row["provider"], &row["format_out"]),
            (&json!("openai"), &json!("openai_chat")),
            "{row}"
        );
        assert_eq!(row["bills"][0]["provider"], "anthropic", "{row}");
    }
}

#[tokio::test]
async fn formats_do_not_matter() {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
    let scene = scene(json!({"hedge_after": 0.1}), &first, &second).await;
    first.always(Fault::NeverAnswers);
    for caller in Caller::BOTH {
        for stream in [false, true] {
            let body = caller.body("smart", stream);
            let answer = scene.ask_with(&scene.key, caller, &body).await.expect(200);
            assert_eq!(text(caller, &answer, stream), REPLY_TEXT, "{caller:?}");
            assert!(!stream || caller.is_finished(&answer), "{}", answer.text());
            let row = scene.row(answer.request_id()).await;
            assert_eq!((&row["provider"], &row["attempts"]), (&json!("anthropic"), &json!(2)), "{row}");
            assert_eq!(row["format_out"], "anthropic_messages", "{row}");
        }
    }
    soon("all first calls are cancelled", first.wait_for_abandoned(4)).await;
}

#[tokio::test]
async fn one_that_answers_in_time_is_asked_alone() {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    let scene = scene(json!({"hedge_after": 20}), &first, &second).await;
    for stream in [false, true] {
        let answer = scene.ask("smart", stream).await.expect(200);
        let row = scene.row(answer.request_id()).await;
        assert_eq!((&row["attempts"], &row["bills"]), (&json!(1), &json!([])), "{row}");
    }
    assert_eq!((first.calls(), second.calls()), (2, 0));
}

#[tokio::test]
async fn a_group_has_its_own_delay_and_others_have_none() {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    first.always(Reply::default().first_byte_after(Duration::from_millis(600)));
    let models = [
        at("hasty", &first, json!({"order": 1})),
        at("hasty", &second, json!({"order": 2})),
        at("calm", &first, json!({"order": 1, "model": "openai/y"})),
        at("calm", &second, json!({"order": 2, "model": "openai/y"})),
        at("alone", &first, json!({"model": "openai/z"})),
    ];
    let settings = json!({"model_group_hedges": {"hasty": 0.05, "alone": 0.05}});
    let scene = Scene::start(settings, &models).await;
    scene.ask("calm", false).await.expect(200);
    scene.ask("alone", false).await.expect(200);
    assert_eq!((first.calls(), second.calls()), (2, 0), "there is nobody else, or nobody is to be asked");
    scene.ask("hasty", false).await.expect(200);
    assert_eq!((first.calls(), second.calls()), (3, 1));
}

#[tokio::test]
async fn when_both_fail_there_is_one_error_or_another_attempt() {
    let upstreams =
        [FakeUpstream::openai().await, FakeUpstream::openai().await, FakeUpstream::anthropic().await];
    let [slow, broken, sound] = &upstreams;
    slow.always(Fault::NeverAnswers);
    broken.always(Fault::status(500));
    let pair = |group: &str| {
        [
            at(group, slow, json!({"order": 1, "timeout": 0.4, "model": format!("openai/{group}")})),
            at(group, broken, json!({"order": 2, "model": format!("openai/{group}")})),
        ]
    };
    let mut models = Vec::from(pair("lost"));
    models.extend(pair("saved"));
    models.push(at("saved", sound, json!({"order": 3})));
    let settings = json!({"hedge_after": 0.05, "num_retries": 1, "model_group_retries": {"saved": 2}});
    let scene = Scene::start(settings, &models).await;
    let answer = scene.ask("lost", false).await.expect(503);
    let told = Caller::Chat.own_error(&answer);
    assert!(told.contains("(500, failed)") && told.contains("(504, timeout)"), "{told}");
    let row = scene.row(answer.request_id()).await;
    assert_eq!((&row["attempts"], &row["cost_nanos"]), (&json!(2), &json!(0)), "{row}");
    assert_eq!((&row["outcome"], &row["bills"]), (&json!("error"), &json!([])), "{row}");
    assert_eq!((slow.calls(), broken.calls(), sound.calls()), (1, 1, 0));

    let answer = scene.ask("saved", true).await.expect(200);
    let row = scene.row(answer.request_id()).await;
    assert_eq!((&row["attempts"], &row["provider"]), (&json!(3), &json!("anthropic")), "{row}");
    assert_eq!((slow.calls(), broken.calls(), sound.calls()), (2, 2, 1));
    assert_eq!(scene.rows().await.len(), 2);
}

#[tokio::test]
async fn a_second_call_is_one_of_the_attempts_that_are_allowed() {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    let scene = scene(json!({"hedge_after": 0.05, "num_retries": 0}), &first, &second).await;
    first.always(Reply::default().first_byte_after(Duration::from_millis(500)));
    scene.ask("smart", false).await.expect(200);
    assert_eq!((first.calls(), second.calls()), (1, 0));
}

#[tokio::test]
async fn one_that_was_outrun_is_not_taken_for_the_fastest() {
    let (slow, quick) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    slow.always(Fault::NeverAnswers);
    let settings =
        json!({"routing_strategy": "lowest-latency", "hedge_after": 0.5, "session_affinity": false});
    let models = [at("smart", &slow, json!({})), at("smart", &quick, json!({}))];
    let scene = Scene::start(settings, &models).await;
    for _ in 0..8 {
        scene.ask("smart", false).await.expect(200);
    }
    assert!(slow.calls() <= 2, "it was asked {} times", slow.calls());
}
