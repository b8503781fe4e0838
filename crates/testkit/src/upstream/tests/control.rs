//! What tests in other processes ask of a fake.

use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Value, json};

use super::super::{Dialect, FakeUpstream, UpstreamOptions};
use super::{Seen, ask_anthropic, ask_openai, chat, messages, request, send};

async fn control(upstream: &FakeUpstream, method: &str, path: &str, body: &Value) -> Seen {
    let request = http::Request::builder().method(method).uri(path).header("host", "fake");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(upstream, request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap()
}

fn script() -> Value {
    json!({"text": "It says 42.", "tool": {"name": "read", "arguments": {"path": "answer.txt"}}})
}

#[tokio::test]
async fn a_turn_calls_its_tool_until_a_result_is_in() {
    let upstream = FakeUpstream::openai().await;
    assert_eq!(control(&upstream, "PUT", "/fake/models/agent/one", &script()).await.status, 200);

    let mut body = chat("agent/one");
    let said = |seen: Seen| seen.json()["choices"][0]["message"].clone();
    assert_eq!(said(ask_openai(&upstream, &body).await)["content"], "It says 42.", "no tool is offered");

    body["tools"] = json!([
        {"type": "function", "function": {"name": "write"}},
        {"type": "function", "function": {"name": "read"}},
    ]);
    let call = said(ask_openai(&upstream, &body).await)["tool_calls"][0]["function"].clone();
    assert_eq!(call, json!({"name": "read", "arguments": r#"{"path":"answer.txt"}"#}));

    // Not the last thing said: agents put their news behind it.
    let turns = body["messages"].as_array_mut().unwrap();
    turns.push(json!({"role": "tool", "tool_call_id": "call_fake000", "content": "42"}));
    turns.push(json!({"role": "user", "content": "A reminder."}));
    assert_eq!(said(ask_openai(&upstream, &body).await)["content"], "It says 42.");
}

#[tokio::test]
async fn results_are_seen_in_every_format() {
    for (dialect, path, tool, turns) in [
        (
            Dialect::OpenAi,
            "/v1/responses",
            json!({"type": "function", "name": "read"}),
            json!({"input": [{"type": "function_call_output", "call_id": "c", "output": "42"}]}),
        ),
        (
            Dialect::Anthropic,
            "/v1/messages",
            json!({"name": "read", "input_schema": {}}),
            json!({"max_tokens": 9, "messages": [
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "42"}]},
            ]}),
        ),
        (
            Dialect::Gemini,
            "/v1beta/models/agent:generateContent",
            json!({"functionDeclarations": [{"name": "read"}]}),
            json!({"contents": [
                {"role": "user", "parts": [{"functionResponse": {"name": "read", "response": {"output": "42"}}}]},
            ]}),
        ),
    ] {
        let upstream = FakeUpstream::start(dialect, UpstreamOptions::default()).unwrap();
        control(&upstream, "PUT", "/fake/models/agent", &script()).await;
        let mut body = turns;
        body["model"] = json!("agent");
        body["tools"] = json!([tool]);
        let answered = send(&upstream, request(path, "sk-any", &body)).await.unwrap().text();
        assert!(answered.contains("It says 42."), "{answered}");
        for turns in ["messages", "input", "contents"] {
            if body[turns].is_array() {
                body[turns] = json!([{"role": "user", "content": "tool_result", "parts": []}]);
            }
        }
        let asked = send(&upstream, request(path, "sk-any", &body)).await.unwrap().text();
        assert!(asked.contains("answer.txt"), "{asked}");
    }
}

#[tokio::test]
async fn requests_are_shown_as_they_arrived() {
    let upstream = FakeUpstream::anthropic().await;
    ask_anthropic(&upstream, &messages("claude")).await;
    let seen = control(&upstream, "GET", "/fake/requests", &Value::Null).await.json();
    assert_eq!(seen.as_array().map(Vec::len), Some(1), "what asks is not shown: {seen}");
    assert_eq!((&seen[0]["method"], &seen[0]["path"]), (&json!("POST"), &json!("/v1/messages")));
    assert_eq!(seen[0]["headers"]["anthropic-version"], "2023-06-01");
    assert_eq!(seen[0]["body"], messages("claude"));
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let upstream = FakeUpstream::openai().await;
    assert_eq!(control(&upstream, "PUT", "/fake/models/agent", &json!({})).await.status, 400);
    assert_eq!(control(&upstream, "GET", "/fake/models/agent", &Value::Null).await.status, 404);
}
