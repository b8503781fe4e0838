//! What clients get wrong: every mistake is an error in the client's own format, with a ledger row, and costs the
//! providers nothing.

use std::fmt::Write;

use postern_tests::{Answer, Caller, World, raw, receive};
use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tokio::io::AsyncWriteExt;

async fn send(world: &World, caller: Caller, body: impl Into<reqwest::Body>) -> Answer {
    let url = format!("{}{}", world.gateway.url(), caller.path());
    let request = world.gateway.client().post(url).bearer_auth(&world.key);
    receive(request.header(CONTENT_TYPE, "application/json").body(body)).await
}

/// An error of the gateway's own, with a row, and no call of a provider.
async fn refused(world: &World, caller: Caller, what: &str, answer: Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    caller.own_error(&answer);
    let error = answer.json();
    assert_eq!(error["error"]["code"], code, "{what}: {error}");
    let row = world.row(answer.request_id()).await;
    assert_eq!((&row["status"], &row["outcome"]), (&json!(status), &json!("error")), "{what}: {row}");
    assert_eq!(row["endpoint"], caller.path(), "{what}");
    assert_eq!(row["format_in"], caller.format(), "{what}");
    assert_eq!((&row["cost_nanos"], &row["input_tokens"]), (&json!(0), &json!(0)), "{what}: {row}");
    assert!(row["error_message"].as_str().is_some_and(|message| !message.is_empty()), "{what}: {row}");
    assert_eq!(world.openai.calls() + world.anthropic.calls(), 0, "{what} reached a provider");
}

#[tokio::test]
async fn bodies_that_are_no_request_are_refused_with_the_reason() {
    let world = World::start().await;
    let cases: &[(&str, &[u8], &str)] = &[
        ("nothing", b"", "invalid_json"),
        ("cut off", br#"{"model": "oa/x", "messages": ["#, "invalid_json"),
        ("not JSON", b"model=oa/x", "invalid_json"),
        ("more after it", br#"{"model": "oa/x", "messages": []} {}"#, "invalid_json"),
        ("a trailing comma", br#"{"model": "oa/x", "messages": [],}"#, "invalid_json"),
        ("an array", b"[]", "invalid_type"),
        ("a text", br#""oa/x""#, "invalid_type"),
        ("null", b"null", "invalid_type"),
        ("a number for the model", br#"{"model": 5, "messages": []}"#, "invalid_type"),
        ("null for the model", br#"{"model": null, "messages": []}"#, "invalid_type"),
        ("a text for the messages", br#"{"model": "oa/x", "messages": "hi"}"#, "invalid_type"),
        ("a text for the stream", br#"{"model": "oa/x", "messages": [], "stream": "yes"}"#, "invalid_type"),
        ("no model", br#"{"messages": []}"#, "missing_field"),
        ("no messages", br#"{"model": "oa/x"}"#, "missing_field"),
        ("an empty model", br#"{"model": " ", "messages": []}"#, "invalid_value"),
        ("two models", br#"{"model": "oa/x", "model": "an/x", "messages": []}"#, "duplicate_field"),
        (
            "two models, one escaped",
            br#"{"model": "oa/x", "\u006dodel": "an/x", "messages": []}"#,
            "duplicate_field",
        ),
        (
            "two streams",
            br#"{"model": "oa/x", "stream": true, "stream": false, "messages": []}"#,
            "duplicate_field",
        ),
        (
            "invalid UTF-8",
            b"{\"model\": \"oa/x\", \"messages\": [{\"role\": \"user\", \"content\": \"\xff\xfe\"}]}",
            "invalid_utf8",
        ),
        ("half a character", b"{\"model\": \"oa/\xe2\x82\", \"messages\": []}", "invalid_utf8"),
    ];
    for caller in Caller::BOTH {
        for (what, body, code) in cases {
            let answer = send(&world, caller, body.to_vec()).await;
            refused(&world, caller, what, answer, 400, code).await;
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn an_unknown_model_is_named_in_the_error() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        for model in [
            "no-such-model",
            "nowhere/gpt-4o",
            "nowhere:gpt-4o",
            "oa/",
            "/",
            "\u{0}",
            "groq/llama-3.3-70b-versatile",
        ] {
            let answer = world.ask(caller, model, false).await;
            assert!(caller.own_error(&answer).contains(model), "{}", answer.text());
            assert_eq!(answer.json()["error"]["param"], "model");
            refused(&world, caller, model, answer, 404, "model_not_found").await;
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn a_body_of_50_megabytes_is_refused_and_answered() {
    let world = World::start().await;
    let mut body = br#"{"model": "oa/x", "messages": [{"role": "user", "content": ""#.to_vec();
    body.resize(50 * 1024 * 1024, b'a');
    body.extend_from_slice(b"\"}]}");
    let body = bytes::Bytes::from(body);
    for caller in Caller::BOTH {
        let answer = send(&world, caller, body.clone()).await;
        refused(&world, caller, "50 MB", answer, 413, "request_too_large").await;
        // And where its length is not told beforehand.
        let pieces: Vec<std::io::Result<bytes::Bytes>> =
            (0..50).map(|number| Ok(body.slice(number << 20..(number + 1) << 20))).collect();
        let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
        let answer = send(&world, caller, stream).await;
        refused(&world, caller, "50 MB in pieces", answer, 413, "request_too_large").await;
    }
    world.assert_well().await;
}

#[tokio::test]
async fn ten_thousand_headers_are_refused_and_answered() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        let mut request = format!("POST {} HTTP/1.1\r\nhost: localhost\r\n", caller.path());
        for number in 0..10_000 {
            write!(request, "x-header-{number}: value\r\n").unwrap();
        }
        request.push_str("content-length: 2\r\n\r\n{}");
        let answer = raw(world.gateway.url(), request.as_bytes()).await;
        assert_eq!(answer.status, 431, "{}", answer.head);
        let error = answer.json();
        assert!(!caller.error(&error).is_empty());
        assert_eq!(error["request_id"], answer.header("x-request-id"));
    }
    // A single header longer than any.
    let request =
        format!("GET /health HTTP/1.1\r\nhost: localhost\r\nx-long: {}\r\n\r\n", "a".repeat(1 << 20));
    assert_eq!(raw(world.gateway.url(), request.as_bytes()).await.status, 431);
    assert_eq!(world.openai.calls() + world.anthropic.calls(), 0);
    world.assert_well().await;
}

#[tokio::test]
async fn what_is_no_http_is_answered_or_dropped_and_harms_nobody() {
    let world = World::start().await;
    for request in [
        "nonsense\r\n\r\n",
        "GET  HTTP/9.9\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: minus one\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n",
    ] {
        let answer = raw(world.gateway.url(), request.as_bytes()).await;
        assert_eq!(answer.status, 400, "{request:?}: {}", answer.head);
        assert!(!answer.header("x-request-id").is_empty(), "{request:?}: {}", answer.head);
    }
    world.assert_well().await;
}

#[tokio::test]
async fn a_client_that_breaks_off_its_request_is_recorded() {
    let world = World::start().await;
    let address = world.gateway.url().strip_prefix("http://").unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-length: 1000\r\n\r\n{{\"model\":",
        world.key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    drop(stream);
    let row = world.row_number(1).await;
    assert_ne!(row["outcome"], "ok", "{row}");
    assert_eq!(world.openai.calls(), 0);
    world.assert_well().await;
}

#[tokio::test]
async fn nesting_without_end_overflows_no_stack() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        for model in ["oa/x", "an/x"] {
            for nested in [("[", "]"), ("{\"a\":", "}")] {
                let deep = format!("{}1{}", nested.0.repeat(100_000), nested.1.repeat(100_000));
                let body = format!(r#"{{"model": "{model}", "max_tokens": 5, "messages": [{deep}]}}"#);
                let answer = send(&world, caller, body).await;
                assert_eq!(answer.status, 400, "{caller:?} {model}: {}", answer.text());
                caller.error(&answer.json());
            }
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn a_compressed_body_is_refused_rather_than_misread() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        let request = world.request(caller, &caller.body("oa/x", false)).header("content-encoding", "gzip");
        let answer = receive(request).await;
        refused(&world, caller, "gzip", answer, 415, "unsupported_encoding").await;
    }
}
