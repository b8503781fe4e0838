//! Cohere's fake: the same reply in two shapes, and the errors it makes of them.

use serde_json::{Value, json};

use super::{Seen, chat, request, send, streamed};
use crate::{FakeUpstream, REPLY_TEXT, Reply};

async fn ask(upstream: &FakeUpstream, body: &Value) -> Seen {
    send(upstream, request("/v2/chat", "any", body)).await.unwrap()
}

/// The pieces of a text, or of arguments, put together; `place` leads from the message to them.
fn joined(events: &[Value], kind: &str, place: &str) -> String {
    let events = events.iter().filter(|event| event["type"] == kind);
    events.filter_map(|event| event["delta"]["message"].pointer(place)?.as_str()).collect()
}

#[tokio::test]
async fn it_answers_and_streams_the_same() {
    let upstream = FakeUpstream::cohere().await;
    assert!(upstream.url().ends_with("/v2"));
    upstream.always(Reply::default().reasoning("They greet."));
    let seen = ask(&upstream, &chat("command-a-03-2025")).await;
    assert!(seen.headers.contains_key("x-debug-trace-id"));
    let whole = seen.json();
    assert_eq!(whole["message"]["content"][0]["thinking"], "They greet.");
    assert_eq!(whole["message"]["content"][1]["text"], REPLY_TEXT);
    assert_eq!(whole["finish_reason"], "COMPLETE");
    assert_eq!(whole["usage"]["billed_units"], json!({"input_tokens": 20, "output_tokens": 21}));
    assert!(whole["usage"]["tokens"]["input_tokens"].as_u64() > Some(20), "not all of them are charged");

    let seen = ask(&upstream, &streamed(chat("command-a-03-2025"))).await;
    assert!(seen.text().starts_with("event: message-start\ndata: {"));
    assert!(seen.text().ends_with("\n\ndata: [DONE]\n\n"));
    let events = seen.events();
    assert_eq!(joined(&events, "content-delta", "/content/thinking"), "They greet.");
    assert_eq!(joined(&events, "content-delta", "/content/text"), REPLY_TEXT);
    let end = events.last().unwrap();
    assert_eq!((&end["type"], &end["delta"]["usage"]), (&json!("message-end"), &whole["usage"]));
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test]
async fn it_calls_tools_whole_and_in_fragments() {
    let upstream = FakeUpstream::cohere().await;
    let mut body = chat("command-a-03-2025");
    body["tools"] =
        json!([{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]);
    assert_eq!(ask(&upstream, &body).await.json()["finish_reason"], "COMPLETE");
    body["tool_choice"] = json!("REQUIRED");
    let whole = ask(&upstream, &body).await.json();
    assert_eq!(whole["finish_reason"], "TOOL_CALL");
    assert_eq!(whole["message"]["tool_calls"][0]["function"]["name"], "get_weather");
    let events = ask(&upstream, &streamed(body.clone())).await.events();
    assert_eq!(json!(joined(&events, "tool-plan-delta", "/tool_plan")), whole["message"]["tool_plan"]);
    let arguments = joined(&events, "tool-call-delta", "/tool_calls/function/arguments");
    assert_eq!(serde_json::from_str::<Value>(&arguments).unwrap(), Reply::example_tool_arguments());
    let result = json!({"role": "tool", "tool_call_id": "get_weather_fake000", "content": "22"});
    body["messages"].as_array_mut().unwrap().push(result);
    assert_eq!(ask(&upstream, &body).await.json()["finish_reason"], "COMPLETE");
}

#[tokio::test]
async fn its_errors_are_an_id_and_a_message() {
    let upstream = FakeUpstream::cohere().await;
    for status in [400, 401, 402, 404, 429, 500] {
        let seen = ask(&upstream, &chat(&format!("fake-{status}"))).await;
        assert_eq!(seen.status, status);
        let body = seen.json();
        let members: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(members, ["id", "message"]);
    }
    assert_eq!(ask(&upstream, &json!({"model": "m", "messages": []})).await.status, 400);
    upstream.require_key("right");
    assert_eq!(ask(&upstream, &chat("m")).await.json()["message"], "invalid api token");
}

#[tokio::test]
async fn its_streams_break_as_told() {
    let upstream = FakeUpstream::cohere().await;
    let failed = ask(&upstream, &streamed(chat("fake-error-midstream"))).await;
    let events = failed.events();
    assert_eq!(events[0]["type"], "message-start");
    assert_eq!(events.last().unwrap()["delta"]["finish_reason"], "ERROR");
    assert!(failed.complete && failed.text().ends_with("data: [DONE]\n\n"));
    let first = ask(&upstream, &streamed(chat("fake-error-first"))).await.events();
    assert_eq!((first.len(), &first[0]["delta"]["finish_reason"]), (1, &json!("ERROR")));
    let cut = ask(&upstream, &streamed(chat("fake-cut"))).await;
    assert!(!cut.complete && !cut.text().contains("message-end"));
    let truncated = ask(&upstream, &streamed(chat("fake-truncated"))).await;
    assert!(truncated.complete && !truncated.text().contains("message-end"));
}

#[tokio::test]
async fn its_other_routes_answer_and_do_not_count() {
    let upstream = FakeUpstream::cohere().await;
    let embed = send(&upstream, request("/v2/embed", "k", &json!({"model": "embed-v4.0"}))).await.unwrap();
    assert_eq!(embed.json()["meta"]["billed_units"]["input_tokens"], 8);
    let rerank = send(&upstream, request("/v2/rerank", "k", &json!({"model": "rerank-v4.0"}))).await.unwrap();
    assert_eq!(rerank.json()["results"][0]["index"], 1);
    let list = http::Request::get("/v1/models").header("host", "fake");
    let models = send(&upstream, list.body(http_body_util::Full::default()).unwrap()).await.unwrap();
    assert_eq!(models.json()["models"][0]["name"], "command-a-03-2025");
    assert_eq!((upstream.calls(), upstream.requests().len()), (0, 3));
}
