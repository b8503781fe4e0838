//! Many callers at once, and one deployment of three that can be relied on.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use postern_testkit::{Behaviour, FakeUpstream, Fault, REPLY_TEXT};
use postern_tests::{Caller, World, receive};
use serde_json::json;

use super::deploy;

const REQUESTS: usize = 200;

#[tokio::test]
async fn everybody_is_answered_and_nobody_is_asked_too_often() {
    let world = World::with("litellm_settings: {num_retries: 2}", |builder| builder).await;
    let [hangs, limited, well] =
        [FakeUpstream::openai().await, FakeUpstream::anthropic().await, FakeUpstream::openai().await];
    hangs.always(Fault::NeverAnswers);
    limited.always(Behaviour::limited(10, Duration::from_secs(1)));
    for upstream in [&hangs, &limited, &well] {
        deploy(&world, "three", upstream, &json!({"timeout": 1.0, "stream_timeout": 1.0})).await;
    }
    // What answers properly may take its time on a busy machine.
    let mut keys = vec![world.key.clone()];
    for number in 0..4 {
        keys.push(world.gateway.new_key(json!({"key_alias": format!("caller-{number}")})).await);
    }
    let began = Instant::now();
    let requests = (0..REQUESTS).map(|number| {
        let (caller, stream) = (Caller::BOTH[number % 2], number / 2 % 2 == 1);
        let body = caller.body("three", stream);
        let request = world.gateway.post(caller.path(), &keys[number % keys.len()], &body);
        async move {
            let answer = receive(request).await.expect(200);
            if stream {
                assert!(caller.is_finished(&answer), "{}", answer.text());
                assert_eq!(caller.streamed_text(&answer), REPLY_TEXT);
            } else {
                assert_eq!(caller.text_of(&answer.json()), REPLY_TEXT);
            }
            answer.header("x-postern-attempts").parse::<usize>().unwrap()
        }
    });
    let attempts = join_all(requests).await;
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert!(attempts.iter().all(|attempts| (1..=3).contains(attempts)), "{attempts:?}");
    let calls = hangs.calls() + limited.calls() + well.calls();
    assert_eq!(calls, attempts.iter().sum::<usize>(), "every call is somebody's attempt");
    assert!(calls <= 3 * REQUESTS, "{calls} calls");
    let rows = world.rows().await;
    assert_eq!(rows.len(), REQUESTS);
    assert!(rows.iter().all(|row| row["outcome"] == "ok"));
    // Those that found out are enough: the next are not sent to the one that hangs.
    let known = hangs.calls();
    for _ in 0..20 {
        world.ask(Caller::Chat, "three", false).await.expect(200);
    }
    assert!(hangs.calls() <= known + 1, "{} calls more", hangs.calls() - known);
    world.assert_well().await;
}
