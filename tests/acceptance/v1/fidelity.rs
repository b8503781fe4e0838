//! Same format in and out: the client's bytes reach the provider and the provider's bytes reach the client, but for the
//! model's name, credentials and the usage that the gateway asks for.

use postern_testkit::{Chunking, Dialect, FakeUpstream, Reply};
use postern_tests::{Answer, Caller, PROVIDER_KEY, World, receive};
use reqwest::header::CONTENT_TYPE;

/// A body no serializer would write: odd spaces, escapes, numbers and members that nobody knows.
fn odd(model: &str, more: &str) -> String {
    format!(
        "{{ \"messages\" :[{{\"role\":\"user\",\"content\":\"caf\\u00e9 \\/ 𝄞 \\ud834\\udd1e\"}}],\n\t\"unknown\":{{\"deep\":[1.50,1e3,-0,{{}}]}},\r\n  \"model\":  \"{model}\" ,\"temperature\":0.70,\"max_tokens\" : 100{more} }}\n"
    )
}

async fn post(url: String, key: &str, body: String) -> Answer {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(url).header("authorization", format!("Bearer {key}"));
    let request = request.header("anthropic-version", "2023-06-01").header("anthropic-beta", "one,two");
    receive(request.header(CONTENT_TYPE, "application/json").header("cookie", "secret=1").body(body)).await
}

async fn through(world: &World, caller: Caller, body: String) -> Answer {
    post(format!("{}{}", world.gateway.url(), caller.path()), &world.key, body).await.expect(200)
}

async fn directly(upstream: &FakeUpstream, caller: Caller, body: String) -> Answer {
    let url = upstream.url().replace("/v1", caller.path());
    post(url, PROVIDER_KEY, body).await.expect(200)
}

const SAME: [(Caller, Dialect); 2] =
    [(Caller::Chat, Dialect::OpenAi), (Caller::Messages, Dialect::Anthropic)];

#[tokio::test]
async fn a_request_reaches_the_provider_byte_for_byte() {
    let world = World::start().await;
    for (caller, dialect) in SAME {
        let model = World::model(dialect, "x");
        let answer = through(&world, caller, odd(&model, "")).await;
        let seen = world.upstream(dialect).last_request();
        assert_eq!(seen.body, odd("x", "").as_bytes(), "{}", String::from_utf8_lossy(&seen.body));
        assert_eq!(seen.path, caller.path());
        let expected = directly(world.upstream(dialect), caller, odd("x", "")).await;
        assert_eq!(answer.body, expected.body);
        let row = world.row(answer.request_id()).await;
        assert_eq!(row["request_bytes"], odd(&model, "").len(), "{row}");
        assert_eq!(row["response_bytes"], answer.body.len(), "{row}");
        assert_eq!(row["format_out"], caller.format());
    }
}

#[tokio::test]
async fn credentials_change_hands_and_nothing_else_leaks() {
    let world = World::start().await;
    for (caller, dialect) in SAME {
        through(&world, caller, odd(&World::model(dialect, "x"), "")).await;
        let seen = world.upstream(dialect).last_request();
        match dialect {
            Dialect::OpenAi
            | Dialect::Responses
            | Dialect::Completions
            | Dialect::Ollama
            | Dialect::Cohere => {
                assert_eq!(seen.header("authorization"), format!("Bearer {PROVIDER_KEY}"));
                assert_eq!(seen.header("anthropic-beta"), "", "another format's header");
            }
            Dialect::Anthropic => {
                assert_eq!(seen.header("x-api-key"), PROVIDER_KEY);
                assert_eq!(seen.header("authorization"), "");
                assert_eq!(seen.header("anthropic-version"), "2023-06-01");
                assert_eq!(seen.header("anthropic-beta"), "one,two");
            }
            Dialect::Gemini => {
                assert_eq!(seen.header("x-goog-api-key"), PROVIDER_KEY);
                assert_eq!(seen.header("authorization"), "");
            }
            Dialect::Bedrock | Dialect::BedrockClaude => {
                assert_eq!(seen.header("anthropic-beta"), "", "another format's header");
            }
        }
        assert_eq!(seen.header("cookie"), "");
        for (name, value) in &seen.headers {
            assert!(!value.to_str().unwrap_or("").contains(&world.key), "the caller's key in {name}");
        }
    }
}

#[tokio::test]
async fn a_stream_is_the_same_bytes_however_it_is_cut() {
    let world = World::start().await;
    for (caller, dialect) in SAME {
        let more = match caller {
            Caller::Chat => r#","stream":true,"stream_options":{"include_usage":true}"#,
            Caller::Messages => r#","stream":true"#,
        };
        for chunking in [
            Chunking::PerEvent,
            Chunking::Whole,
            Chunking::Bytes(1),
            Chunking::Bytes(7),
            Chunking::Bytes(1000),
        ] {
            let reply = Reply::text("Ünïcödé 𝄞 and data: lines\n\nevent: fake").chunking(chunking);
            world.upstream(dialect).always(reply);
            let answer = through(&world, caller, odd(&World::model(dialect, "x"), more)).await;
            let seen = world.upstream(dialect).last_request();
            assert_eq!(seen.body, odd("x", more).as_bytes(), "a stream's request was changed");
            let expected = directly(world.upstream(dialect), caller, odd("x", more)).await;
            assert_eq!(answer.text(), expected.text(), "{caller:?} {chunking:?}");
            assert_eq!(answer.body, expected.body);
            assert!(answer.complete && caller.is_finished(&answer));
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["input_tokens"], &row["output_tokens"]), (&20.into(), &21.into()), "{row}");
            assert_eq!((&row["cache_read_tokens"], &row["usage_source"]), (&8.into(), &"reported".into()));
            assert_eq!(row["response_bytes"], answer.body.len(), "{chunking:?} {row}");
        }
    }
}

#[tokio::test]
async fn usage_that_the_client_did_not_ask_for_is_asked_for_and_hidden() {
    let world = World::start().await;
    for (more, upstream_more) in [
        (r#","stream":true"#, None),
        (
            r#","stream":true,"stream_options":null"#,
            Some(r#","stream":true,"stream_options":{"include_usage":true}"#),
        ),
        (
            r#","stream":true,"stream_options":{}"#,
            Some(r#","stream":true,"stream_options":{"include_usage":true}"#),
        ),
        (
            r#","stream":true,"stream_options":{"include_usage": false, "other":1}"#,
            Some(r#","stream":true,"stream_options":{"include_usage": true, "other":1}"#),
        ),
    ] {
        for chunking in [Chunking::PerEvent, Chunking::Whole, Chunking::Bytes(1), Chunking::Bytes(11)] {
            world.openai.always(Reply::default().chunking(chunking));
            let answer = through(&world, Caller::Chat, odd("oa/x", more)).await;
            let sent = match upstream_more {
                Some(upstream_more) => odd("x", upstream_more),
                None => odd("x", more).replace(r#""x""#, r#""x","stream_options":{"include_usage":true}"#),
            };
            let seen = world.openai.last_request();
            assert_eq!(String::from_utf8_lossy(&seen.body), sent);
            // The same stream without the chunk that only reports usage.
            let expected = directly(&world.openai, Caller::Chat, sent).await.text();
            let expected: String =
                expected.split_inclusive("\n\n").filter(|event| !event.contains(r#""choices":[]"#)).collect();
            assert_eq!(answer.text(), expected, "{more} {chunking:?}");
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["output_tokens"], &row["usage_source"]), (&21.into(), &"reported".into()));
        }
    }
}

#[tokio::test]
async fn an_error_of_the_provider_keeps_its_words() {
    let world = World::start().await;
    for (caller, dialect) in SAME {
        for status in [400, 401, 429, 500, 529] {
            let model = format!("fake-{status}");
            let answer = world.ask(caller, &World::model(dialect, &model), false).await;
            let url = world.upstream(dialect).url().replace("/v1", caller.path());
            let body = caller.body(&model, false).to_string();
            let expected = post(url, PROVIDER_KEY, body).await;
            assert_eq!((answer.status, answer.text()), (expected.status, expected.text()));
        }
    }
}

#[tokio::test]
async fn connections_to_a_provider_are_kept() {
    let world = World::start().await;
    for (caller, dialect) in SAME {
        for _ in 0..10 {
            world.ask(caller, &World::model(dialect, "x"), false).await.expect(200);
            world.ask(caller, &World::model(dialect, "x"), true).await.expect(200);
        }
        assert!(world.upstream(dialect).connections() <= 3, "{}", world.upstream(dialect).connections());
    }
}
