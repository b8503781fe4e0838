//! Bedrock's two interfaces, and what it demands of requests.

use aws_smithy_eventstream::frame::read_message_from;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Seen, request, send, streamed};
use crate::{Chunking, FakeUpstream, Fault, REPLY_TEXT, Reply, Usage};

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";

async fn ask(upstream: &FakeUpstream, operation: &str, body: &Value) -> Seen {
    send(upstream, request(&format!("/model/{MODEL}/{operation}"), "any", body)).await.unwrap()
}

fn hello() -> Value {
    json!({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]})
}

fn claude() -> Value {
    json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hi"}]})
}

/// The kinds, names and payloads of the messages that are whole.
fn messages(bytes: &Bytes) -> Vec<(String, Value)> {
    let mut rest = bytes.as_ref();
    let mut out = Vec::new();
    while !rest.is_empty() {
        let Ok(message) = read_message_from(&mut rest) else { break };
        let header = |name: &str| {
            let found = message.headers().iter().find(|header| header.name().as_str() == name).unwrap();
            found.value().as_string().unwrap().as_str().to_owned()
        };
        let name = header(&format!(":{}-type", header(":message-type")));
        out.push((name, serde_json::from_slice(message.payload()).unwrap_or_default()));
    }
    out
}

#[tokio::test]
async fn converse_answers_and_streams_the_same() {
    let upstream = FakeUpstream::bedrock().await;
    let usage = Usage { input: 3, cache_read: 2, cache_write: 1, output: 9, reasoning: 0 };
    upstream.always(Reply::text("Bonjour à tous").reasoning("They greet.").usage(usage));
    let whole = ask(&upstream, "converse", &hello()).await;
    assert!(whole.headers.contains_key("x-amzn-requestid"));
    let content = &whole.json()["output"]["message"]["content"];
    assert_eq!(content[0]["reasoningContent"]["reasoningText"]["text"], "They greet.");
    assert_eq!(content[1]["text"], "Bonjour à tous");
    assert_eq!(whole.json()["usage"]["inputTokens"], 3);
    let seen = ask(&upstream, "converse-stream", &hello()).await;
    assert_eq!(seen.headers["content-type"], "application/vnd.amazon.eventstream");
    let events = messages(&seen.whole);
    let text: String = events.iter().filter_map(|(_, data)| data["delta"]["text"].as_str()).collect();
    assert_eq!(text, "Bonjour à tous");
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[0], "messageStart");
    assert_eq!(names[names.len() - 2..], ["messageStop", "metadata"]);
    assert_eq!(events.last().unwrap().1["usage"], whole.json()["usage"]);
    upstream.always(Reply::text("x").chunking(Chunking::Bytes(1)));
    assert_eq!(messages(&ask(&upstream, "converse-stream", &hello()).await.whole).len(), 5);
    assert_eq!(upstream.calls(), 3);
}

#[tokio::test]
async fn claude_answers_in_its_own_words() {
    let upstream = FakeUpstream::bedrock().await;
    let whole = ask(&upstream, "invoke", &claude()).await.json();
    assert_eq!(whole["content"][0]["text"], REPLY_TEXT);
    let seen = ask(&upstream, "invoke-with-response-stream", &claude()).await;
    let events: Vec<Value> = messages(&seen.whole)
        .iter()
        .map(|(name, data)| {
            assert_eq!(name, "chunk");
            let bytes = aws_smithy_types::base64::decode(data["bytes"].as_str().unwrap()).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        })
        .collect();
    assert_eq!(events[0]["type"], "message_start");
    let text: String = events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!(text, REPLY_TEXT);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "message_stop");
    assert_eq!(last["amazon-bedrock-invocationMetrics"]["outputTokenCount"], 21);
    let mut with_model = streamed(claude());
    with_model["model"] = json!("m");
    let refused = ask(&upstream, "invoke", &with_model).await;
    assert_eq!(
        (refused.status, refused.headers["x-amzn-errortype"].to_str().unwrap()),
        (400, "ValidationException")
    );
}

#[tokio::test]
async fn the_model_of_the_path_chooses_what_happens() {
    let upstream = FakeUpstream::bedrock().await;
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/fake";
    upstream.for_model(arn, Reply::text("From the profile."));
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    let seen =
        send(&upstream, request(&format!("/model/{encoded}/converse"), "any", &hello())).await.unwrap();
    assert_eq!(seen.json()["output"]["message"]["content"][0]["text"], "From the profile.");
    let seen = send(&upstream, request("/model/fake-429/converse", "any", &hello())).await.unwrap();
    assert_eq!((seen.status, seen.headers["retry-after"].to_str().unwrap()), (429, "1"));
    assert_eq!(seen.headers["x-amzn-errortype"], "ThrottlingException");
    assert!(!seen.json()["message"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn requests_are_checked_as_documented() {
    let upstream = FakeUpstream::bedrock().await;
    let said = |role: &str, text: &str| json!({"role": role, "content": [{"text": text}]});
    let call = json!({"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": []}}]});
    for messages in [
        json!([]),
        json!([said("assistant", "x")]),
        json!([said("user", "x"), said("user", "y")]),
        json!([said("user", " ")]),
        json!([{"role": "user", "content": []}]),
        json!([call]),
    ] {
        assert_eq!(
            ask(&upstream, "converse", &json!({"messages": messages})).await.status,
            400,
            "{messages}"
        );
    }
    upstream.require_key("a-secret");
    let refused = ask(&upstream, "converse", &hello()).await;
    assert_eq!(
        (refused.status, refused.headers["x-amzn-errortype"].to_str().unwrap()),
        (403, "AccessDeniedException")
    );
    let path = format!("/model/{MODEL}/converse");
    assert_eq!(send(&upstream, request(&path, "a-secret", &hello())).await.unwrap().status, 200);
    let mut unsigned = request(&path, "", &hello());
    unsigned.headers_mut().remove("authorization");
    assert_eq!(send(&upstream, unsigned).await.unwrap().json()["message"], "Missing Authentication Token");
}

#[tokio::test]
async fn tools_are_called_whole_and_in_fragments() {
    let upstream = FakeUpstream::bedrock().await;
    let mut body = hello();
    body["toolConfig"] = json!({"tools": [{"toolSpec": {"name": "get_weather",
        "inputSchema": {"json": {"type": "object"}}}}], "toolChoice": {"any": {}}});
    let whole = ask(&upstream, "converse", &body).await.json();
    assert_eq!(whole["stopReason"], "tool_use");
    assert_eq!(whole["output"]["message"]["content"][0]["toolUse"]["name"], "get_weather");
    let events = messages(&ask(&upstream, "converse-stream", &body).await.whole);
    let fragments = events.iter().filter_map(|(_, data)| data["delta"]["toolUse"]["input"].as_str());
    let arguments: Value = serde_json::from_str(&fragments.collect::<String>()).unwrap();
    assert_eq!(arguments, Reply::example_tool_arguments());
}

#[tokio::test]
async fn streams_break_in_their_framing() {
    let upstream = FakeUpstream::bedrock().await;
    for (operation, body) in [("converse-stream", hello()), ("invoke-with-response-stream", claude())] {
        let broken = |fault: Fault| {
            upstream.next(fault);
            ask(&upstream, operation, &body)
        };
        let error = broken(Fault::ErrorMidStream).await;
        assert_eq!(messages(&error.whole).last().unwrap().0, "internalServerException");
        let first = broken(Fault::ErrorFirstEvent).await;
        assert_eq!((first.status, messages(&first.whole).len()), (200, 1));
        let whole = |seen: &Seen| {
            let length = |at: usize| {
                let bytes = seen.whole.get(at..at + 4)?;
                Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize)
            };
            let mut at = 0;
            while let Some(length) = length(at) {
                at += length;
            }
            at == seen.whole.len()
        };
        let between = broken(Fault::CloseBetweenEvents).await;
        assert!(!between.complete && whole(&between));
        let inside = broken(Fault::CloseMidEvent).await;
        assert!(!inside.complete && !whole(&inside));
        let truncated = broken(Fault::Truncated).await;
        assert!(truncated.complete && whole(&truncated));
        for fault in [Fault::BrokenSse, Fault::InvalidUtf8] {
            assert!(whole(&broken(fault).await), "damaged inside, not outside");
        }
    }
}
