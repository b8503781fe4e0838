//! How long a request may take, by its own words: over all attempts, and to the first token of a stream.

use std::time::{Duration, Instant};

use postern_testkit::{FakeUpstream, Fault, Reply};
use postern_tests::{Caller, World, receive, start};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{CHAT, chat, deploy, post, with};

/// Longer than any deadline here and what may come on top on a busy machine.
const BOUND: Duration = Duration::from_secs(6);

#[tokio::test]
async fn a_timeout_bounds_all_attempts_together() {
    let world = World::start().await;
    for number in 0..6 {
        let silent = world.upstream(postern_testkit::Dialect::OpenAi);
        deploy(&world, "silent", silent, &json!({"model": format!("openai/fake-never-{number}")})).await;
    }
    world.openai.always(Fault::NeverAnswers);
    for caller in Caller::BOTH {
        for stream in [false, true] {
            for header in [false, true] {
                let mut body = with(caller.body("silent", stream), &json!({"retry_count": 20}));
                if !header {
                    body["timeout"] = json!(0.6);
                }
                let mut request = world.request(caller, &body);
                if header {
                    request = request.header("x-litellm-timeout", "0.6");
                }
                let began = Instant::now();
                let answer = receive(request).await.expect(504);
                let took = began.elapsed();
                assert!(took >= Duration::from_millis(550) && took < BOUND, "{caller:?} {stream} {took:?}");
                caller.error(&answer.json());
                let row = world.row(answer.request_id()).await;
                assert_eq!((&row["status"], &row["outcome"]), (&json!(504), &json!("error")), "{row}");
            }
        }
    }
}

#[tokio::test]
async fn pauses_count_too_and_are_not_made_in_vain() {
    let world = World::start().await;
    let busy = FakeUpstream::openai().await;
    deploy(&world, "busy", &busy, &json!({})).await;
    // It may be asked again in four seconds, when the answer is of no use any more: that is told at once.
    busy.always(Fault::Status { status: 429, retry_after: Some(4) });
    let began = Instant::now();
    let answer =
        post(&world, CHAT, &chat("busy", &json!({"timeout": 2, "retry_count": 5}))).await.expect(429);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!((busy.calls(), answer.header("retry-after")), (1, "4"));
    // Within the deadline it is asked again and again, and not after it.
    let failing = FakeUpstream::openai().await;
    deploy(&world, "failing", &failing, &json!({"cooldown_time": 0})).await;
    failing.always(Fault::status(500));
    let began = Instant::now();
    post(&world, CHAT, &chat("failing", &json!({"timeout": 1, "retry_count": 20}))).await.expect(500);
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    assert!((2..=4).contains(&failing.calls()), "{} calls", failing.calls());
}

/// An address where a head comes after this long, and nothing after it.
async fn slow_head(after: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    start(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            start(async move {
                tokio::time::sleep(after).await;
                let head =
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
                let _ = stream.write_all(head).await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    url
}

#[tokio::test]
async fn the_body_has_no_time_of_its_own() {
    let world = World::start().await;
    world.add_provider("openai", "slow", &slow_head(Duration::from_secs(2)).await).await;
    let one = async |path: &str, body: serde_json::Value| {
        let began = Instant::now();
        let answer = post(&world, path, &body).await.expect(504);
        let took = began.elapsed();
        assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(4), "{path}: {took:?}");
        assert_eq!(world.row(answer.request_id()).await["status"], 504);
    };
    tokio::join!(
        one("/v1/embeddings", json!({"model": "slow/x", "input": "Hi", "timeout": 2.5})),
        one(CHAT, chat("slow/x", &json!({"timeout": 2.5}))),
    );
}

#[tokio::test]
async fn a_slow_attempt_leaves_time_for_another() {
    let world = World::start().await;
    let (silent, well) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    silent.always(Fault::NeverAnswers);
    deploy(&world, "pair", &silent, &json!({"order": 0, "timeout": 0.3})).await;
    deploy(&world, "pair", &well, &json!({"order": 1})).await;
    for stream in [false, true] {
        let wishes = json!({"timeout": 5, "retry_count": 1, "stream": stream});
        let answer = post(&world, CHAT, &chat("pair", &wishes)).await.expect(200);
        assert_eq!(answer.header("x-postern-attempts"), "2");
    }
    assert_eq!((silent.calls(), well.calls()), (2, 2));
}

#[tokio::test]
async fn a_stream_that_has_begun_is_not_cut() {
    let world = World::start().await;
    let slow = FakeUpstream::openai().await;
    slow.always(Reply::default().paced(Duration::from_millis(60)));
    deploy(&world, "slow", &slow, &json!({})).await;
    for wishes in [json!({"timeout": 0.5}), json!({"stream_timeout": 0.5})] {
        let body = with(chat("slow", &wishes), &json!({"stream": true}));
        let began = Instant::now();
        let answer = post(&world, CHAT, &body).await.expect(200);
        assert!(began.elapsed() > Duration::from_millis(600), "it was not slow: {:?}", began.elapsed());
        assert!(Caller::Chat.is_finished(&answer), "{wishes}: {}", answer.text());
        assert_eq!(Caller::Chat.streamed_text(&answer), postern_testkit::REPLY_TEXT);
    }
}

#[tokio::test]
async fn a_streams_first_token_has_a_deadline_of_its_own() {
    let world = World::start().await;
    let (silent, well) = (FakeUpstream::anthropic().await, FakeUpstream::openai().await);
    silent.always(Fault::SilentAfterHeaders);
    deploy(&world, "late", &silent, &json!({"order": 0})).await;
    deploy(&world, "late", &well, &json!({"order": 1})).await;
    for caller in Caller::BOTH {
        for header in [false, true] {
            let mut body = with(caller.body("late", true), &json!({"retry_count": 1}));
            if !header {
                body["stream_timeout"] = json!(0.3);
            }
            let mut request = world.request(caller, &body);
            if header {
                request = request.header("x-litellm-stream-timeout", "0.3");
            }
            let calls = well.calls();
            let began = Instant::now();
            let answer = receive(request).await.expect(200);
            assert!(began.elapsed() < BOUND);
            assert!(caller.is_finished(&answer), "{}", answer.text());
            assert_eq!(well.calls(), calls + 1);
        }
    }
    // Whole answers have no first token: the wish says nothing of them.
    let slow = FakeUpstream::openai().await;
    slow.always(Reply::default().first_byte_after(Duration::from_millis(500)));
    deploy(&world, "whole", &slow, &json!({})).await;
    post(&world, CHAT, &chat("whole", &json!({"stream_timeout": 0.1}))).await.expect(200);
}
