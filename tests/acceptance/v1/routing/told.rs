//! What callers are told of how they were served: in headers always, in the body where that is expected or written here.

use postern_testkit::{FakeUpstream, Fault};
use postern_tests::{Answer, Caller, PROVIDER_KEY, World, receive};
use serde_json::{Value, json};

use super::{CHAT, assert_nothing_secret, chat, deploy, post, with};

const HEADERS: [&str; 8] = [
    "x-postern-provider",
    "x-postern-latency-ms",
    "x-postern-attempts",
    "x-litellm-attempted-retries",
    "x-litellm-attempted-fallbacks",
    "x-litellm-model-id",
    "x-litellm-model-api-base",
    "x-litellm-model-group",
];

#[track_caller]
fn assert_told(world: &World, answer: &Answer) {
    for name in HEADERS {
        assert!(!answer.header(name).is_empty(), "no {name} in {:?}", answer.headers);
    }
    for name in &HEADERS[1..5] {
        assert!(answer.header(name).parse::<u64>().is_ok(), "{name}: {}", answer.header(name));
    }
    assert_nothing_secret(world, answer);
}

#[tokio::test]
async fn whole_answers_streams_and_errors_say_who_answered() {
    let world = World::start().await;
    let (openai, anthropic) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
    for upstream in [&openai, &anthropic] {
        let group = if upstream.address() == openai.address() { "of-openai" } else { "of-anthropic" };
        let id = deploy(&world, group, upstream, &json!({"cooldown_time": 0})).await;
        for caller in Caller::BOTH {
            for (stream, status) in [(false, 200), (true, 200), (false, 500), (true, 500), (false, 401)] {
                match status {
                    200 => upstream.always(postern_testkit::Reply::default()),
                    status => upstream.always(Fault::status(status)),
                };
                let answer = world.ask(caller, group, stream).await.expect(status);
                assert_told(&world, &answer);
                assert_eq!(answer.header("x-litellm-model-id"), id);
                assert_eq!(answer.header("x-litellm-model-group"), group);
                assert_eq!(answer.header("x-litellm-model-api-base"), upstream.url());
                assert_eq!(answer.header("x-postern-attempts"), "1");
            }
        }
    }
    // Other formats, and vectors.
    for (path, body) in [
        ("/v1/responses", json!({"model": "oa/x", "input": "Hi"})),
        ("/v1/completions", json!({"model": "an/x", "prompt": "Hi"})),
        ("/v1/embeddings", json!({"model": "oa/x", "input": "Hi"})),
        ("/api/chat", json!({"model": "oa/x", "messages": [{"role": "user", "content": "Hi"}]})),
        ("/v2/chat", json!({"model": "an/x", "messages": [{"role": "user", "content": "Hi"}]})),
        ("/v1beta/models/an/x:generateContent", json!({"contents": [{"parts": [{"text": "Hi"}]}]})),
    ] {
        let answer = post(&world, path, &body).await.expect(200);
        assert_told(&world, &answer);
    }
}

#[tokio::test]
async fn a_translated_chat_says_it_in_its_body() {
    let world = World::start().await;
    for path in [CHAT, "/v1/completions"] {
        let mut body = json!({"model": "an/claude-x", "max_tokens": 9});
        match path {
            CHAT => body["messages"] = json!([{"role": "user", "content": "Hi"}]),
            _ => body["prompt"] = json!("Hi"),
        }
        let told = post(&world, path, &body).await.expect(200).json();
        assert_eq!((&told["provider"], told["latency_ms"].is_u64()), (&json!("an"), true), "{told}");
    }
    // Other formats have no place for it.
    let told = world.ask(Caller::Messages, "oa/gpt-4o-mini", false).await.expect(200).json();
    assert!(told.get("provider").is_none() && told.get("latency_ms").is_none(), "{told}");
}

#[tokio::test]
async fn an_answer_that_is_passed_on_says_it_only_to_whoever_asked() {
    let world = World::start().await;
    let sent = |world: &World| world.openai.last_request().body;
    let direct = |body: bytes::Bytes| {
        let url = world.openai.url().replace("/v1", CHAT);
        receive(world.gateway.client().post(url).bearer_auth(PROVIDER_KEY).body(body))
    };
    for unasked in [json!({}), json!({"num_retries": 1}), json!({"fallbacks": ["an/x"], "stream_timeout": 9})]
    {
        let answer = post(&world, CHAT, &chat("oa/x", &unasked)).await.expect(200);
        let expected = direct(sent(&world)).await;
        assert_eq!(answer.body, expected.body, "{unasked}");
        let row = world.row(answer.request_id()).await;
        assert_eq!(row["response_bytes"], answer.body.len(), "{row}");
    }
    for asked in [
        json!({"provider": "oa"}),
        json!({"fallback_providers": ["an"]}),
        json!({"timeout": 30}),
        json!({"retry_count": 1}),
    ] {
        let answer = post(&world, CHAT, &chat("oa/x", &asked)).await.expect(200);
        let expected = direct(sent(&world)).await.json();
        let told = answer.json();
        let members =
            json!({"provider": "oa", "latency_ms": told["latency_ms"].as_u64().expect("milliseconds")});
        assert_eq!(told, with(expected, &members), "{asked}");
        let row = world.row(answer.request_id()).await;
        assert_eq!(row["response_bytes"], answer.body.len(), "{row}");
        // A stream stays what the provider sends.
        let body = with(chat("oa/x", &asked), &json!({"stream": true}));
        let stream = post(&world, CHAT, &body).await.expect(200);
        assert!(stream.events().iter().all(|event| !event.data.contains("latency_ms")), "{}", stream.text());
    }
}

#[tokio::test]
async fn latency_is_what_it_took() {
    let world = World::start().await;
    let slow = postern_testkit::Reply::default().first_byte_after(std::time::Duration::from_millis(300));
    world.anthropic.always(slow);
    let answer = post(&world, CHAT, &chat("an/x", &json!({}))).await.expect(200);
    let told = answer.json()["latency_ms"].as_u64().unwrap();
    assert!((300..10_000).contains(&told), "{told}");
    assert_eq!(answer.header("x-postern-latency-ms"), told.to_string());
}

#[tokio::test]
async fn refusals_that_reach_nobody_name_nobody() {
    let world = World::start().await;
    let answer = post(&world, CHAT, &chat("nobody-has-this", &json!({}))).await.expect(404);
    assert_eq!(answer.header("x-postern-attempts"), "0");
    assert_eq!(answer.header("x-litellm-model-id"), "");
    assert_eq!(answer.header("x-postern-provider"), "");
    assert_eq!(answer.json()["error"]["param"], Value::from("model"));
}
