//! A deployment that fails rests, and is tried again with one request.

use std::time::{Duration, Instant};

use postern_testkit::{FakeUpstream, Fault, Gate, Reply, RetryAfter};
use postern_tests::{Caller, World, start};
use serde_json::json;

use super::{deploy, post};

/// Long enough that no test sees its end.
const FOR_GOOD: u64 = 600;

async fn world() -> World {
    World::with("litellm_settings: {num_retries: 1}", |builder| builder).await
}

/// The first is asked whenever it can be; the second is always well.
async fn pair(world: &World, group: &str, cooldown: f64) -> [FakeUpstream; 2] {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    deploy(world, group, &first, &json!({"order": 0, "cooldown_time": cooldown})).await;
    deploy(world, group, &second, &json!({"order": 1})).await;
    [first, second]
}

async fn ask(world: &World, group: &str, times: usize) {
    for number in 0..times {
        world.ask(Caller::BOTH[number % 2], group, number % 3 == 0).await.expect(200);
    }
}

#[tokio::test]
async fn three_failures_in_a_row_are_enough() {
    let world = world().await;
    for (fault, group, enough) in [
        (Fault::status(500), "fails", 3),
        (Fault::Html { status: 200 }, "says-nonsense", 3),
        (Fault::CloseBeforeHeaders, "hangs-up", 3),
        // These will not pass by asking again.
        (Fault::Status { status: 429, retry_after: None }, "is-full", 1),
        (Fault::status(401), "refuses-the-key", 1),
    ] {
        let [failing, well] = pair(&world, group, FOR_GOOD as f64).await;
        failing.always(fault.clone());
        ask(&world, group, 12).await;
        assert_eq!((failing.calls(), well.calls()), (enough, 12), "{fault:?}");
    }
}

#[tokio::test]
async fn streams_that_break_are_failures_though_they_began_well() {
    let world = world().await;
    for (fault, group) in [(Fault::CloseBetweenEvents, "closes"), (Fault::ErrorMidStream, "errs")] {
        let [breaking, well] = pair(&world, group, FOR_GOOD as f64).await;
        breaking.always(fault.clone());
        for number in 0..10 {
            let answer = world.ask(Caller::Chat, group, true).await.expect(200);
            assert_eq!(
                Caller::Chat.is_finished(&answer),
                number >= 3,
                "{fault:?} {number}: {}",
                answer.text()
            );
        }
        assert_eq!((breaking.calls(), well.calls()), (3, 7), "{fault:?}");
    }
    // One that breaks now and then is no reason.
    let [flaky, well] = pair(&world, "flaky", FOR_GOOD as f64).await;
    for _ in 0..2 {
        flaky.next(Fault::CloseBetweenEvents).next(Reply::default()).next(Reply::default());
    }
    for _ in 0..6 {
        world.ask(Caller::Chat, "flaky", true).await.expect(200);
    }
    assert_eq!((flaky.calls(), well.calls()), (6, 0));
}

#[tokio::test]
async fn what_is_the_callers_fault_opens_nothing() {
    let world = world().await;
    let [first, well] = pair(&world, "strict", FOR_GOOD as f64).await;
    first.always(Fault::status(400));
    for _ in 0..6 {
        world.ask(Caller::Chat, "strict", false).await.expect(400);
    }
    assert_eq!((first.calls(), well.calls()), (6, 0));
}

#[tokio::test]
async fn a_success_in_between_begins_the_count_anew() {
    let world = world().await;
    let [flaky, _well] = pair(&world, "flaky", FOR_GOOD as f64).await;
    for _ in 0..2 {
        flaky.next(Fault::status(500)).next(Reply::default()).next(Reply::default());
    }
    // Two failures of six calls, never two in a row.
    ask(&world, "flaky", 6).await;
    assert_eq!(flaky.calls(), 6);
}

#[tokio::test]
async fn what_a_provider_says_of_coming_back_is_kept_to() {
    let world = world().await;
    let cases = [
        (RetryAfter::Seconds(1), "seconds", 950),
        (RetryAfter::Date(3), "date", 1900),
        (RetryAfter::Milliseconds(1200), "milliseconds", 1150),
    ];
    let one = async |(after, group, least): (RetryAfter, &str, u64)| {
        // Its own cooldown would be over at once, or never.
        for cooldown in [0.01, FOR_GOOD as f64] {
            let group = format!("{group}-{cooldown}");
            let [busy, _well] = pair(&world, &group, cooldown).await;
            busy.next(Fault::Busy { status: 429, after });
            let began = Instant::now();
            while busy.calls() < 2 {
                assert!(began.elapsed() < Duration::from_secs(20), "{group}: it was never asked again");
                world.ask(Caller::Chat, &group, false).await.expect(200);
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            let took = began.elapsed();
            assert!(took >= Duration::from_millis(least), "{group}: asked again after {took:?}");
        }
    };
    tokio::join!(one(cases[0]), one(cases[1]), one(cases[2]));
}

#[tokio::test]
async fn one_request_tries_a_deployment_that_has_rested() {
    let world = world().await;
    let [first, well] = pair(&world, "resting", 0.3).await;
    first.always(Fault::status(500));
    ask(&world, "resting", 3).await;
    assert_eq!((first.calls(), well.calls()), (3, 3));
    tokio::time::sleep(Duration::from_millis(400)).await;
    let gate = Gate::new();
    first.always(Reply::default().gated(&gate));
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let request = world.request(Caller::Chat, &Caller::Chat.body("resting", true));
            start(async move { postern_tests::receive(request).await })
        })
        .collect();
    // All but the one that waits at the gate are answered elsewhere.
    well.wait_for_calls(3 + 19).await;
    first.wait_for_calls(4).await;
    assert_eq!((first.calls(), well.calls()), (4, 22));
    gate.open_for_good();
    let mut tries = 0;
    for task in asking {
        let answer = task.await.unwrap().expect(200);
        assert!(Caller::Chat.is_finished(&answer), "{}", answer.text());
        tries += usize::from(answer.header("x-litellm-model-api-base") == first.url());
    }
    assert_eq!(tries, 1);
    // It was well: everybody may ask it again.
    ask(&world, "resting", 5).await;
    assert_eq!((first.calls(), well.calls()), (9, 22));
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_take_the_try_along() {
    let world = world().await;
    let [first, _well] = pair(&world, "left", 0.3).await;
    first.always(Fault::status(500));
    ask(&world, "left", 3).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    first.always(Fault::NeverAnswers);
    let request = world.request(Caller::Chat, &Caller::Chat.body("left", false));
    let trying = start(async move { request.send().await });
    first.wait_for_calls(4).await;
    trying.abort();
    first.wait_for_abandoned(1).await;
    first.always(Reply::default());
    world.row_number(4).await;
    ask(&world, "left", 2).await;
    assert_eq!(first.calls(), 6);
}

#[tokio::test]
async fn the_only_one_is_asked_though_it_rests() {
    let world = World::start().await;
    let only = FakeUpstream::openai().await;
    deploy(&world, "only", &only, &json!({"cooldown_time": FOR_GOOD})).await;
    only.always(Fault::Status { status: 429, retry_after: Some(FOR_GOOD) });
    for calls in 1..=3 {
        let answer = world.ask(Caller::Chat, "only", false).await.expect(429);
        assert_eq!((only.calls(), answer.header("retry-after")), (calls, "600"));
    }
    only.always(Reply::default());
    world.ask(Caller::Messages, "only", true).await.expect(200);
    // With somebody to fall back on it is spared, and they are asked.
    let other = FakeUpstream::openai().await;
    deploy(&world, "other", &other, &json!({})).await;
    only.always(Fault::Status { status: 429, retry_after: Some(FOR_GOOD) });
    let body = super::chat("only", &json!({"fallbacks": ["other"]}));
    for _ in 0..3 {
        post(&world, super::CHAT, &body).await.expect(200);
    }
    assert_eq!(other.calls(), 3);
    assert!(only.calls() <= 5, "{} calls", only.calls());
}
