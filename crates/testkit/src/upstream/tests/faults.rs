//! Errors and broken answers: that they are broken in the way they claim, and in no other.

use http_body_util::Full;
use serde_json::{Value, json};

use super::{ask_anthropic, ask_openai, chat, connect, messages, request, send, streamed};
use crate::{FakeUpstream, Fault, refused_url};

#[tokio::test]
async fn openai_errors_have_openai_shapes() {
    let upstream = FakeUpstream::openai().await;
    for (model, status, kind, code) in [
        ("fake-400", 400, "invalid_request_error", Value::Null),
        ("fake-401", 401, "invalid_request_error", json!("invalid_api_key")),
        ("fake-404", 404, "invalid_request_error", json!("model_not_found")),
        ("fake-429", 429, "requests", json!("rate_limit_exceeded")),
        ("fake-500", 500, "server_error", Value::Null),
        ("fake-503", 503, "server_error", Value::Null),
    ] {
        let seen = ask_openai(&upstream, &chat(model)).await;
        assert_eq!(seen.status, status);
        let error = &seen.json()["error"];
        assert_eq!((&error["type"], &error["code"]), (&json!(kind), &code), "{model}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert_eq!(seen.headers.contains_key("retry-after"), status == 429);
    }
}

#[tokio::test]
async fn anthropic_errors_have_anthropic_shapes() {
    let upstream = FakeUpstream::anthropic().await;
    for (model, status, kind) in [
        ("fake-400", 400, "invalid_request_error"),
        ("fake-401", 401, "authentication_error"),
        ("fake-403", 403, "permission_error"),
        ("fake-404", 404, "not_found_error"),
        ("fake-429", 429, "rate_limit_error"),
        ("fake-500", 500, "api_error"),
        ("fake-529", 529, "overloaded_error"),
    ] {
        let seen = ask_anthropic(&upstream, &streamed(messages(model))).await;
        assert_eq!(seen.status, status);
        assert_eq!(seen.json()["type"], "error");
        assert_eq!(seen.json()["error"]["type"], kind);
    }
}

#[tokio::test]
async fn requests_are_checked_as_documented() {
    let openai = FakeUpstream::openai().await;
    openai.require_key("sk-right");
    let wrong = send(&openai, request("/v1/chat/completions", "sk-wrong", &chat("m"))).await.unwrap();
    assert_eq!((wrong.status, &wrong.json()["error"]["code"]), (401, &json!("invalid_api_key")));
    let right = send(&openai, request("/v1/chat/completions", "sk-right", &chat("m"))).await.unwrap();
    assert_eq!(right.status, 200);
    let bad =
        send(&openai, request("/v1/chat/completions", "sk-right", &json!({"model": "m"}))).await.unwrap();
    assert_eq!((bad.status, &bad.json()["error"]["param"]), (400, &json!("messages")));
    assert_eq!(openai.calls(), 3, "refused calls count");

    let anthropic = FakeUpstream::anthropic().await;
    let seen = ask_anthropic(&anthropic, &chat("m")).await;
    assert_eq!(seen.json()["error"]["message"], "max_tokens: Field required");
    let mut unversioned = request("/v1/messages", "k", &messages("m"));
    unversioned.headers_mut().remove("anthropic-version");
    assert_eq!(send(&anthropic, unversioned).await.unwrap().status, 400);
    anthropic.require_key("sk-ant");
    let mut by_header = request("/v1/messages", "", &messages("m"));
    by_header.headers_mut().remove("authorization");
    by_header.headers_mut().insert("x-api-key", http::HeaderValue::from_static("sk-ant"));
    assert_eq!(send(&anthropic, by_header).await.unwrap().status, 200);
}

#[tokio::test]
async fn pages_and_empty_bodies_are_sent_as_such() {
    let upstream = FakeUpstream::openai().await;
    let page = ask_openai(&upstream, &chat("fake-html")).await;
    assert_eq!(
        (page.status, page.headers["content-type"].to_str().unwrap()),
        (502, "text/html; charset=utf-8")
    );
    assert!(page.text().starts_with("<!DOCTYPE html>"));
    let empty = ask_openai(&upstream, &chat("fake-empty")).await;
    assert_eq!((empty.status, empty.whole.len(), empty.complete), (200, 0, true));
    let invalid = ask_openai(&upstream, &chat("fake-invalid-utf8")).await;
    assert!(std::str::from_utf8(&invalid.whole).is_err());
}

#[tokio::test]
async fn connections_end_where_they_were_told_to() {
    let upstream = FakeUpstream::openai().await;
    let early = send(&upstream, request("/v1/chat/completions", "k", &chat("fake-cut-headers"))).await;
    assert!(early.is_err(), "no status line");

    let body = ask_openai(&upstream, &chat("fake-cut-body")).await;
    assert!(!body.complete);
    let promised: usize = body.headers["content-length"].to_str().unwrap().parse().unwrap();
    assert!(!body.whole.is_empty() && body.whole.len() < promised);

    let between = ask_openai(&upstream, &streamed(chat("fake-cut"))).await;
    assert!(!between.complete);
    assert!(between.text().ends_with("\n\n"), "whole events only");
    assert!(!between.events().is_empty());

    let within = ask_openai(&upstream, &streamed(chat("fake-cut-event"))).await;
    assert!(!within.complete);
    assert!(!within.text().ends_with("\n\n"));

    let truncated = ask_openai(&upstream, &streamed(chat("fake-truncated"))).await;
    assert!(truncated.complete, "as HTTP it is whole");
    assert!(!truncated.text().contains("[DONE]"));
    assert!(truncated.events().iter().all(|event| event["choices"][0]["finish_reason"].is_null()));
}

#[tokio::test]
async fn streams_break_in_their_format() {
    let openai = FakeUpstream::openai().await;
    let broken = ask_openai(&openai, &streamed(chat("fake-broken-sse"))).await;
    let text = broken.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    assert_eq!(data.filter(|data| serde_json::from_str::<Value>(data).is_err()).count(), 1);

    let failing = ask_openai(&openai, &streamed(chat("fake-error-midstream"))).await.events();
    assert!(failing.len() > 1);
    assert_eq!(failing.last().unwrap()["error"]["type"], "server_error");
    assert_eq!(ask_openai(&openai, &chat("fake-error-midstream")).await.status, 500);

    let anthropic = FakeUpstream::anthropic().await;
    let failing = ask_anthropic(&anthropic, &streamed(messages("fake-error-first"))).await;
    assert_eq!(failing.status, 200);
    assert!(failing.text().starts_with("event: error\n"));
    assert_eq!(failing.events()[0]["error"]["type"], "overloaded_error");
}

#[tokio::test]
async fn callers_are_told_in_three_ways_when_to_come_back() {
    let upstream = FakeUpstream::openai().await;
    let header = |seen: &super::Seen, name: &str| {
        seen.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    for (model, status, after, milliseconds) in [
        ("fake-429", 429, Some("1"), None),
        ("fake-503-after", 503, Some("1"), None),
        ("fake-429-ms", 429, None, Some("1500")),
        ("fake-429-silent", 429, None, None),
    ] {
        let seen = ask_openai(&upstream, &chat(model)).await;
        assert_eq!(seen.status, status, "{model}");
        assert_eq!(header(&seen, "retry-after").as_deref(), after, "{model}");
        assert_eq!(header(&seen, "retry-after-ms").as_deref(), milliseconds, "{model}");
    }
    let seen = ask_openai(&upstream, &chat("fake-429-date")).await;
    let parse = |text: &str| {
        assert!(text.ends_with(" GMT"), "{text}");
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).unwrap()
    };
    let (then, now) = (header(&seen, "retry-after").unwrap(), header(&seen, "date").unwrap());
    let seconds = parse(&then).duration_since(parse(&now)).as_secs();
    assert!((1..=3).contains(&seconds), "{then} is {seconds} s after {now}");
}

#[tokio::test]
async fn an_error_object_comes_with_status_200() {
    let (openai, anthropic) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
    for stream in [false, true] {
        let asked = |body: Value| if stream { streamed(body) } else { body };
        let seen = ask_openai(&openai, &asked(chat("fake-error-200"))).await;
        assert_eq!((seen.status, seen.headers["content-type"].to_str().unwrap()), (200, "application/json"));
        assert_eq!(seen.json()["error"]["type"], "server_error");
        let seen = ask_anthropic(&anthropic, &asked(messages("fake-error-200"))).await;
        assert_eq!((seen.status, &seen.json()["type"]), (200, &json!("error")));
    }
}

#[tokio::test]
async fn silence_lasts_until_the_caller_leaves() {
    let upstream = FakeUpstream::openai().await;
    upstream.next(Fault::NeverAnswers);
    let mut connection = connect(&upstream).await;
    let call = connection.send_request(request("/v1/chat/completions", "k", &chat("m")));
    tokio::select! {
        answer = call => panic!("answered: {answer:?}"),
        () = upstream.wait_for_calls(1) => {}
    }
    drop(connection);
    upstream.wait_for_abandoned(1).await;
}

#[tokio::test]
async fn nobody_listens_on_a_refused_url() {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.get(refused_url()).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn unknown_routes_are_not_found() {
    let upstream = FakeUpstream::anthropic().await;
    let lost = http::Request::get("/v1/nothing").header("host", "fake").body(Full::default()).unwrap();
    let seen = send(&upstream, lost).await.unwrap();
    assert_eq!((seen.status, &seen.json()["error"]["type"]), (404, &json!("not_found_error")));
}
