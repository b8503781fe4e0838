//! How long one attempt may take: `timeout`, `stream_timeout`, `stream_idle_timeout`.

use std::time::{Duration, Instant};

use postern_testkit::{FakeUpstream, Fault, REPLY_TEXT, Reply};
use postern_tests::{Answer, Caller};
use serde_json::{Value, json};

use super::{Scene, at, soon};

/// A group at an upstream that never answers.
async fn silent(settings: Value) -> (FakeUpstream, Scene) {
    let upstream = FakeUpstream::openai().await;
    upstream.always(Fault::NeverAnswers);
    let mut all = json!({"num_retries": 0});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let scene = Scene::start(all, &[at("smart", &upstream, json!({}))]).await;
    (upstream, scene)
}

/// Asks, and fails unless it takes between these seconds.
async fn within(scene: &Scene, stream: bool, seconds: std::ops::Range<f64>) -> Answer {
    let began = Instant::now();
    let answer = scene.ask("smart", stream).await;
    assert!(seconds.contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    answer
}

#[tokio::test]
async fn an_attempt_ends_when_its_time_is_over() {
    for name in ["timeout", "request_timeout"] {
        let (upstream, scene) = silent(json!({name: 0.5})).await;
        for stream in [false, true] {
            let answer = within(&scene, stream, 0.5..10.0).await.expect(504);
            assert!(Caller::Chat.own_error(&answer).contains("0.5 s"), "{}", answer.text());
        }
        soon("both calls are cancelled", upstream.wait_for_abandoned(2)).await;
    }
}

#[tokio::test]
async fn a_whole_answer_must_be_there_in_time_and_not_only_begin() {
    let (upstream, scene) = silent(json!({"timeout": 0.7})).await;
    upstream.always(Reply::default().trickled(Duration::from_secs(10)));
    within(&scene, false, 0.7..8.0).await.expect(504);
    // A stream only has to begin.
    upstream.always(Reply::default().paced(Duration::from_millis(150)));
    let answer = within(&scene, true, 1.0..15.0).await.expect(200);
    assert_eq!(Caller::Chat.streamed_text(&answer), REPLY_TEXT);
}

#[tokio::test]
async fn a_stream_has_a_time_of_its_own_to_its_first_token() {
    let (upstream, scene) = silent(json!({"timeout": 5, "stream_timeout": 0.4})).await;
    within(&scene, true, 0.4..4.8).await.expect(504);
    within(&scene, false, 5.0..15.0).await.expect(504);
    // A head is no token.
    upstream.always(Fault::SilentAfterHeaders);
    within(&scene, true, 0.4..4.8).await.expect(504);
    upstream.always(Reply::default().first_byte_after(Duration::from_millis(900)));
    within(&scene, false, 0.9..5.0).await.expect(200);
}

#[tokio::test]
async fn a_stream_that_falls_silent_ends_in_an_error() {
    let (upstream, scene) = silent(json!({"stream_idle_timeout": 0.6})).await;
    upstream.always(Fault::Stalls);
    for caller in Caller::BOTH {
        let began = Instant::now();
        let body = caller.body("smart", true);
        let answer = scene.ask_with(&scene.key, caller, &body).await.expect(200);
        assert!((0.6..10.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
        assert!(!caller.is_finished(&answer));
        caller.error(&answer.last_event().json());
        let row = scene.row(answer.request_id()).await;
        assert_eq!(row["outcome"], "error", "{row}");
    }
    soon("both calls are cancelled", upstream.wait_for_abandoned(2)).await;
    // Pauses that are shorter are none.
    upstream.always(Reply::default().paced(Duration::from_millis(100)));
    let answer = scene.ask("smart", true).await.expect(200);
    assert!(Caller::Chat.is_finished(&answer), "{}", answer.text());
}

#[tokio::test]
async fn a_deployment_that_takes_too_long_is_one_that_failed() {
    let (slow, quick) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    slow.always(Fault::NeverAnswers);
    let models = [at("smart", &slow, json!({"order": 1})), at("smart", &quick, json!({"order": 2}))];
    let settings = json!({"num_retries": 1, "timeout": 0.4, "cooldown_time": 60});
    let scene = Scene::start(settings, &models).await;
    for stream in [false, true, false, true] {
        scene.ask("smart", stream).await.expect(200);
    }
    assert_eq!((slow.calls(), quick.calls()), (3, 4));
}
