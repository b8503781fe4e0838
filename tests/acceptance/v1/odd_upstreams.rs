//! Providers that are right in their own way: other line ends, comments, redirects, large and chunked answers.

use std::sync::Arc;

use postern_testkit::{Behaviour, Dialect};
use postern_tests::{Answer, Caller, World, receive};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

fn raw(status: u16, headers: &[(&'static str, &str)], body: impl Into<bytes::Bytes>) -> Behaviour {
    let headers = headers
        .iter()
        .map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).unwrap())
        })
        .collect();
    Behaviour::Raw { status: http::StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
}

const EVENTS: (&str, &str) = ("content-type", "text/event-stream");

fn chunk(text: &str, finish: &str) -> String {
    format!(
        r#"{{"id":"c","object":"chat.completion.chunk","created":1,"model":"x","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":{finish}}}]}}"#
    )
}

const USAGE: &str = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"x","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;

#[tokio::test]
async fn every_legal_way_to_write_events_is_understood_and_kept() {
    let world = World::start().await;
    let (one, two) = (chunk("one", "null"), chunk(" two", "\"stop\""));
    let streams = [
        format!("data: {one}\n\ndata: {two}\n\ndata: {USAGE}\n\ndata: [DONE]\n\n"),
        format!("data: {one}\r\n\r\ndata: {two}\r\n\r\ndata: {USAGE}\r\n\r\ndata: [DONE]\r\n\r\n"),
        format!(
            ": keep-alive\n\ndata:{one}\n\n: more\n\nid: 7\nretry: 5\ndata:{two}\n\ndata:{USAGE}\n\ndata:[DONE]\n\n"
        ),
        format!("\u{feff}data: {one}\n\ndata: {two}\n\ndata: {USAGE}\n\ndata: [DONE]\n\n"),
        // The last event without its blank line.
        format!("data: {one}\n\ndata: {two}\n\ndata: {USAGE}\n\ndata: [DONE]\n"),
    ];
    let mut body = Caller::Chat.body("oa/x", true);
    body["stream_options"] = json!({"include_usage": true});
    for stream in streams {
        world.openai.next(raw(200, &[EVENTS], stream.clone()));
        let answer = receive(world.request(Caller::Chat, &body)).await.expect(200);
        assert_eq!(answer.text(), stream);
        let row = world.row(answer.request_id()).await;
        assert_eq!((&row["outcome"], &row["output_tokens"]), (&json!("ok"), &json!(2)), "{stream}: {row}");
        world.openai.next(raw(200, &[EVENTS], stream.clone()));
        let translated = world.ask(Caller::Messages, "oa/x", true).await.expect(200);
        assert_eq!(Caller::Messages.streamed_text(&translated), "one two", "{stream}: {}", translated.text());
        assert!(Caller::Messages.is_finished(&translated), "{stream}");
    }
}

#[tokio::test]
async fn a_stream_that_ends_within_its_first_event_is_asked_for_again() {
    let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
    let half = |body: &'static str| raw(200, &[EVENTS], body);
    world.openai.next(half("data: {\"id\":\"cha"));
    let answer = world.ask(Caller::Chat, "oa/x", true).await.expect(200);
    assert!(Caller::Chat.is_finished(&answer), "{}", answer.text());
    assert_eq!(world.row(answer.request_id()).await["attempts"], 2);
    // An error that lacks nothing but its end is told as such.
    let error = half("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}");
    world.openai.next(error.clone()).next(error);
    let answer = world.ask(Caller::Chat, "oa/x", true).await;
    assert!(answer.status >= 500 && answer.text().contains("overloaded"), "{}", answer.text());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        for stream in [false, true] {
            let elsewhere = format!("{}/elsewhere", world.anthropic.url());
            world.openai.next(raw(307, &[("location", &elsewhere)], ""));
            let answer = world.ask(caller, "oa/x", stream).await.expect(502);
            caller.own_error(&answer);
            assert!(answer.header("location").is_empty());
        }
    }
    assert!(world.anthropic.requests().is_empty(), "a credential was carried elsewhere");
}

#[tokio::test]
async fn statuses_nobody_expects_are_errors() {
    let world = World::start().await;
    for status in [204, 206, 304, 418, 451, 599] {
        for caller in Caller::BOTH {
            for stream in [false, true] {
                world.openai.next(raw(status, &[], ""));
                let answer = world.ask(caller, "oa/x", stream).await;
                assert!(answer.status >= 400, "{status} became {}", answer.status);
                caller.own_error(&answer);
                assert_eq!(world.row(answer.request_id()).await["outcome"], "error");
            }
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn json_that_is_no_answer_is_an_error() {
    let world = World::start().await;
    for body in [
        "{}",
        "[]",
        "null",
        "42",
        "\"text\"",
        r#"{"choices":"x"}"#,
        r#"{"error":{"message":"odd"}}"#,
        "{\"id\":1}",
    ] {
        for (caller, dialect) in [(Caller::Chat, Dialect::Anthropic), (Caller::Messages, Dialect::OpenAi)] {
            world.upstream(dialect).next(raw(200, &[("content-type", "application/json")], body));
            let answer = world.ask(caller, &World::model(dialect, "x"), false).await;
            assert_eq!(answer.status, 502, "{caller:?} {body}: {}", answer.text());
            caller.own_error(&answer);
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn large_and_chunked_answers_arrive_whole() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
            for model in ["fake-big", "fake-chunked", "fake-bytes", "fake-onewrite"] {
                let whole = world.ask(caller, &World::model(dialect, model), false).await.expect(200);
                let text = caller.text_of(&whole.json());
                let streamed = world.ask(caller, &World::model(dialect, model), true).await.expect(200);
                assert_eq!(caller.streamed_text(&streamed), text, "{caller:?} {dialect:?} {model}");
                assert!(caller.is_finished(&streamed));
                assert_eq!(text.len() >= 1 << 20, model == "fake-big", "{} characters", text.len());
            }
        }
    }
}

#[tokio::test]
async fn what_the_provider_says_about_limits_reaches_the_caller() {
    let world = World::start().await;
    let headers = [
        ("content-type", "application/json"),
        ("x-ratelimit-remaining-requests", "7"),
        ("x-request-id", "req_theirs"),
        ("set-cookie", "their=cookie"),
    ];
    let body = r#"{"id":"c","object":"chat.completion","created":1,"model":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"#;
    world.openai.next(raw(200, &headers, body));
    let answer = world.ask(Caller::Chat, "oa/x", false).await.expect(200);
    assert_eq!(answer.text(), body);
    assert_eq!(answer.header("x-ratelimit-remaining-requests"), "7");
    assert_eq!(answer.header("llm_provider-x-request-id"), "req_theirs");
    assert_ne!(answer.request_id(), "req_theirs");
    assert_eq!(answer.header("set-cookie"), "");
    // It reported no usage: the row says that what it holds is an estimate.
    let row = world.row(answer.request_id()).await;
    assert_eq!(row["usage_source"], "estimated", "{row}");
    assert!(row["input_tokens"].as_i64() > Some(0) && row["output_tokens"].as_i64() > Some(0), "{row}");
}

#[tokio::test]
async fn a_key_goes_to_its_own_providers_address_only() {
    let world = World::start().await;
    world.add_provider("openai", "openai", &world.openai.url()).await;
    // A model on this machine behind an OpenAI-shaped server: it must not see the key of the real one.
    let parameters = json!({"model": "openai/local", "api_base": world.openai.url()});
    world.gateway.new_model(json!({"model_name": "local", "litellm_params": parameters})).await;
    world.ask(Caller::Chat, "local", false).await.expect(200);
    assert_eq!(world.openai.last_request().header("authorization"), "");
}

#[tokio::test]
async fn an_error_followed_by_a_broken_connection_is_told_once() {
    let world = World::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.add_provider("openai", "rude", &format!("http://{}/v1", listener.local_addr().unwrap())).await;
    let error = r#"{"error":{"message":"out of order","type":"server_error","param":null,"code":null}}"#;
    let pieces = [format!("data: {}\n\n", chunk("one", "null")), format!("data: {error}\n\n")];
    let seen = Arc::new(Notify::new());
    let first_was_seen = seen.clone();
    postern_tests::start(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            // The whole request, so that closing is an end and not a reset.
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                connection.read_buf(&mut request).await.unwrap();
            }
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            connection.write_all(head.as_bytes()).await.unwrap();
            for piece in &pieces {
                connection.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes()).await.unwrap();
                if piece.contains("one") {
                    first_was_seen.notified().await;
                }
            }
        }
    });
    for caller in Caller::BOTH {
        let mut response = world.request(caller, &caller.body("rude/x", true)).send().await.unwrap();
        let first = response.chunk().await.unwrap().expect("a first chunk");
        seen.notify_one();
        let answer = Answer::of(response).await;
        assert!(!first.is_empty() && answer.complete && !caller.is_finished(&answer));
        assert_eq!(answer.text().matches("\"error\":{").count(), 1, "{caller:?}: {}", answer.text());
        assert!(answer.text().contains("out of order"), "{}", answer.text());
        let row = world.row(answer.request_id()).await;
        assert_eq!(row["error_message"], "out of order", "{row}");
    }
}

#[tokio::test]
async fn a_stream_that_cannot_be_read_from_its_beginning_is_a_bad_gateway() {
    let world = World::start().await;
    for body in ["data: {\"this is\": not json\n\n", "data: nonsense\n\ndata: [DONE]\n\n"] {
        for (caller, dialect) in [(Caller::Chat, Dialect::OpenAi), (Caller::Messages, Dialect::Anthropic)] {
            world.upstream(dialect).next(raw(200, &[EVENTS], body));
            let answer = world.ask(caller, &World::model(dialect, "x"), true).await;
            assert_eq!(answer.status, 502, "{caller:?} {body}: {}", answer.text());
            caller.own_error(&answer);
            assert_eq!(world.row(answer.request_id()).await["outcome"], "error");
        }
    }
}

#[tokio::test]
async fn an_error_event_that_lacks_its_end_gets_one() {
    let world = World::start().await;
    let error = r#"{"error":{"message":"out of order","type":"server_error","param":null,"code":null}}"#;
    let stream = format!("data: {}\n\ndata: {error}", chunk("one", "null"));
    world.openai.next(raw(200, &[EVENTS], stream.clone()));
    let answer = world.ask(Caller::Chat, "oa/x", true).await.expect(200);
    assert_eq!(answer.text(), format!("{stream}\n\n"));
    let row = world.row(answer.request_id()).await;
    assert_eq!(row["error_message"], "out of order", "{row}");
}

#[tokio::test]
async fn a_stream_ends_at_what_cannot_be_read_though_its_provider_goes_on() {
    let world = World::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.add_provider("openai", "endless", &format!("http://{}/v1", listener.local_addr().unwrap())).await;
    let good = format!("data: {}\n\n", chunk("one", "null"));
    let body = format!("{good}data: nonsense\n\n{good}");
    postern_tests::start(async move {
        let mut open = Vec::new();
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                connection.read_buf(&mut request).await.unwrap();
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
            connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            open.push(connection);
        }
    });
    let answer = world.ask(Caller::Chat, "endless/x", true).await.expect(200);
    let error = answer.text().strip_prefix(&good).map(str::to_owned).expect("the good event and no other");
    assert_eq!(error.matches("data: ").count(), 1, "{error}");
    assert!(error.contains("cannot be read") && answer.complete, "{error}");
    assert_eq!(world.row(answer.request_id()).await["outcome"], "error");
}
