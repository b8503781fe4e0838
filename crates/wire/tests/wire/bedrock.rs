//! What only Bedrock has: binary streams, a bill after the end, Claude's own events in messages of AWS's.

use bytes::Bytes;
use postern_wire::{
    ApiError, Beside, ClaudeEvents, EndState, Envelope, ErrorKind, EventReader, Format, ReplyContext,
    StreamTap, StreamTranscoder, Target, parse_error, render_error, render_stream_error, translate_request,
    translate_response,
};
use serde_json::{Value, json};

use crate::fixtures::{Fixture, conversing, fixtures, messages, shown};

const CONVERSE: Format = Format::BedrockConverse;
const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn named(kind: &str, name: &str) -> Fixture {
    fixtures(kind).into_iter().find(|fixture| fixture.name == name).unwrap()
}

fn target(model: &str) -> Target<'_> {
    Target { model, default_max_tokens: 4000, drop_params: false, stream: false }
}

fn sent(from: Format, body: &Value, model: &str) -> (Value, Vec<String>) {
    let body = serde_json::to_vec(body).unwrap();
    let translated = translate_request(from, CONVERSE, &body, &target(model)).unwrap();
    (serde_json::from_slice(&translated.body).unwrap(), translated.loss.0)
}

fn chat(messages: Value) -> Value {
    json!({"model": "m", "messages": messages})
}

#[test]
fn the_envelope_reads_the_path_and_the_limit() {
    let model =
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-v1:0";
    let beside = Beside { model: Some(model), stream: Some(true) };
    let peek = |body: &'static str| Envelope::peek_beside(CONVERSE, &Bytes::from(body), beside);
    let envelope = peek(r#"{"messages":[],"inferenceConfig":{"maxTokens":5}}"#).unwrap();
    assert_eq!((envelope.model.as_str(), envelope.stream), (model, true));
    assert_eq!(envelope.max_output_tokens, Some(5));
    assert!(!envelope.is_model_inside());
    assert!(peek(r#"{"promptVariables":{}}"#).is_ok(), "a kept prompt has turns of its own");
    for (body, code, param) in [
        (r#"{"messages":"hello"}"#, "invalid_type", "messages"),
        (r#"{"messages":[],"messages":[]}"#, "duplicate_field", "messages"),
        (r#"{"messages":[],"inferenceConfig":7}"#, "invalid_type", "inferenceConfig"),
        (
            r#"{"messages":[],"inferenceConfig":{"maxTokens":-1}}"#,
            "invalid_type",
            "inferenceConfig.maxTokens",
        ),
    ] {
        let refused = peek(body).unwrap_err();
        assert_eq!((refused.code, refused.param.as_deref()), (code, Some(param)), "{body}");
    }
}

#[test]
fn turns_alternate_and_none_of_them_says_nothing() {
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One."},
        {"role": "user", "content": "  \n"},
        {"role": "user", "content": "Two."},
        {"role": "assistant", "content": "", "tool_calls": [
            {"id": "a/b", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
            {"id": "c", "type": "function", "function": {"name": "g", "arguments": "not json"}}]},
        {"role": "tool", "tool_call_id": "a/b", "content": "1"},
        {"role": "user", "content": "Hurry."},
        {"role": "tool", "tool_call_id": "c", "content": "2"},
        {"role": "user", "content": "Three."},
    ]);
    let (body, loss) = sent(Format::OpenAiChat, &chat(messages), CLAUDE);
    assert_eq!(body["system"], json!([{"text": "Be brief."}]));
    let turns = body["messages"].as_array().unwrap();
    let roles: Vec<&str> = turns.iter().map(|turn| turn["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(turns[0]["content"], json!([{"text": "One."}, {"text": "Two."}]));
    let call = &turns[1]["content"][0]["toolUse"];
    assert_eq!((&call["toolUseId"], &call["input"]), (&json!("a_b"), &json!({"x": 1})));
    assert_eq!(turns[1]["content"][1]["toolUse"]["input"], json!({"raw_arguments": "not json"}));
    assert_eq!(turns[2]["content"][0]["toolResult"]["toolUseId"], "a_b");
    assert_eq!(turns[2]["content"][1]["toolResult"]["toolUseId"], "c", "results come first");
    let said: Vec<&Value> = (2..4).map(|at| &turns[2]["content"][at]["text"]).collect();
    assert_eq!(said, ["Hurry.", "Three."]);
    // Bedrock refuses calls among the messages without definitions.
    let tools = body["toolConfig"]["tools"].as_array().unwrap();
    let names: Vec<&Value> = tools.iter().map(|tool| &tool["toolSpec"]["name"]).collect();
    assert_eq!(names, ["f", "g"]);
    assert!(loss.iter().any(|path| path.ends_with("arguments")), "{loss:?}");
}

#[test]
fn no_tool_is_called_if_none_may_be() {
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}});
    let mut body = chat(json!([{"role": "user", "content": "Hello."}]));
    body["tools"] = json!([tool]);
    body["tool_choice"] = json!("none");
    let (sent, loss) = sent(Format::OpenAiChat, &body, CLAUDE);
    assert_eq!((sent.get("toolConfig"), loss), (None, vec![]));
}

#[test]
fn what_only_an_address_names_is_refused() {
    for part in [
        json!({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}),
        json!({"type": "image_url", "image_url": {"url": "data:image/bmp;base64,Qk0="}}),
        json!({"type": "file", "file": {"file_id": "file-1"}}),
    ] {
        let body = serde_json::to_vec(&chat(json!([{"role": "user", "content": [part]}]))).unwrap();
        let refused = translate_request(Format::OpenAiChat, CONVERSE, &body, &target(CLAUDE)).unwrap_err();
        assert_eq!(refused.code, "unsupported_value");
        assert_eq!(refused.param.as_deref(), Some("messages[0].content[0]"));
    }
}

#[test]
fn documents_have_permitted_names_of_their_own() {
    let file = |name: &str| json!({"type": "file", "file": {"filename": name, "file_data": "data:application/pdf;base64,JVBERg=="}});
    let content = json!([file("a_b.pdf"), file("a_b.pdf"), {"type": "text", "text": "Compare."}]);
    let (body, _) = sent(Format::OpenAiChat, &chat(json!([{"role": "user", "content": content}])), CLAUDE);
    let document = |at: usize| body["messages"][0]["content"][at]["document"].clone();
    assert_eq!(document(0), json!({"format": "pdf", "name": "a-b", "source": {"bytes": "JVBERg=="}}));
    assert_eq!(document(1)["name"], "a-b (2)");
}

#[test]
fn marks_for_the_cache_go_where_the_model_takes_them() {
    let body = json!({"model": "m", "max_tokens": 10,
        "system": [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "tools": [{"name": "t", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "x"}]});
    let messages = Format::AnthropicMessages;
    let (hour, loss) = sent(messages, &body, CLAUDE);
    assert_eq!(hour["system"][1], json!({"cachePoint": {"type": "default", "ttl": "1h"}}));
    assert_eq!(hour["toolConfig"]["tools"][1], json!({"cachePoint": {"type": "default"}}));
    assert!(loss.is_empty(), "{loss:?}");
    let (older, loss) = sent(messages, &body, "anthropic.claude-sonnet-4-20250514-v1:0");
    assert_eq!(older["system"][1], json!({"cachePoint": {"type": "default"}}));
    assert_eq!(loss, ["system[0].cache_control.ttl"]);
    let (nova, loss) = sent(messages, &body, "amazon.nova-pro-v1:0");
    assert_eq!(nova["toolConfig"]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(loss, ["system[0].cache_control.ttl", "tools[0].cache_control"]);
    let (llama, loss) = sent(messages, &body, "meta.llama3-1-70b-instruct-v1:0");
    assert_eq!(llama["system"], json!([{"text": "S"}]));
    assert_eq!(loss, ["system[0].cache_control", "tools[0].cache_control"]);
}

#[test]
fn signatures_of_calls_come_home_from_a_converse_client() {
    let reply = named("responses", "gemini-thinking_call");
    let there = translate_response(Format::Gemini, CONVERSE, &reply.bytes, &ReplyContext::default()).unwrap();
    let there: Value = serde_json::from_slice(&there.body).unwrap();
    let blocks = there["output"]["message"]["content"].as_array().unwrap();
    let call = blocks.iter().find_map(|block| block.get("toolUse")).unwrap();
    let result = json!({"toolUseId": call["toolUseId"], "content": [{"json": {"ok": true}}]});
    let body = json!({"messages": [
        {"role": "user", "content": [{"text": "Go."}]}, there["output"]["message"],
        {"role": "user", "content": [{"toolResult": result}]}]});
    let body = serde_json::to_vec(&body).unwrap();
    let back =
        translate_request(CONVERSE, Format::Gemini, &body, &target("gemini-3-pro-preview")).unwrap().body;
    let back: Value = serde_json::from_slice(&back).unwrap();
    assert_eq!(back["contents"][1]["parts"][0]["thoughtSignature"], "CpQBVKhc7l3Zk1==", "{back}");
    for other in conversing().filter(|other| ![CONVERSE, Format::Gemini].contains(other)) {
        let body = translate_request(CONVERSE, other, &body, &target("m")).unwrap().body;
        assert!(!String::from_utf8(body).unwrap().contains("CpQBVKhc7l3Zk1"), "{other}");
    }
}

#[test]
fn the_bill_after_the_end_belongs_to_the_stream() {
    let text = named("streams", "bedrock_converse-text").bytes;
    let mut tap = StreamTap::new(CONVERSE, false);
    let last = shown(CONVERSE, &text).lines().count() - 1;
    let lines: Vec<String> = shown(CONVERSE, &text).lines().map(str::to_owned).collect();
    for (index, line) in lines.iter().enumerate() {
        let message = messages(line);
        let tapped = tap.feed(message.clone().into());
        assert_eq!((tapped.terminal, tapped.forward), (index == last, message.into()), "{line}");
    }
    let end = tap.finish();
    assert_eq!(end.state, EndState::Complete);
    assert_eq!(end.usage.unwrap().input, 14);
}

#[test]
fn a_stream_that_is_cut_or_damaged_inside_a_message_ends_before_it() {
    let bytes = named("streams", "bedrock_converse-text").bytes;
    let mut ends = Vec::new();
    EventReader::new(CONVERSE.framing()).feed(&bytes, |event| ends.push(event.end as usize)).unwrap();
    let middle = bytes.len() / 2;
    let before = ends.into_iter().rfind(|end| *end <= middle).unwrap();
    let mut tap = StreamTap::new(CONVERSE, false);
    assert_eq!(tap.feed(Bytes::copy_from_slice(&bytes[..middle])).forward, bytes[..before]);
    let end = tap.finish();
    assert_eq!((end.state, end.forward.len()), (EndState::Truncated, 0));
    let mut damaged = bytes;
    damaged[middle] ^= 1;
    let mut tap = StreamTap::new(CONVERSE, false);
    let tapped = tap.feed(damaged.clone().into());
    assert_eq!((tapped.forward, tapped.broken), (Bytes::copy_from_slice(&damaged[..before]), true));
    assert!(matches!(tap.finish().state, EndState::Broken { .. }));
    let mut transcoder = StreamTranscoder::new(CONVERSE, Format::OpenAiChat, ReplyContext::default());
    transcoder.feed(&damaged);
    assert!(matches!(transcoder.finish().state, EndState::Broken { .. }));
}

#[test]
fn a_page_is_no_stream() {
    let mut tap = StreamTap::new(CONVERSE, false);
    tap.feed(Bytes::from_static(b"<!DOCTYPE html><html><body>Bad gateway</body></html>"));
    assert!(matches!(tap.finish().state, EndState::Broken { .. }));
}

#[test]
fn errors_say_their_kind_in_the_body_and_as_exceptions() {
    let error = ApiError { code: Some("slow".into()), ..ApiError::new(429, ErrorKind::RateLimit, "Wait.") };
    let body: Value = serde_json::from_slice(&render_error(CONVERSE, &error, "r", "t")).unwrap();
    assert_eq!((&body["__type"], &body["message"]), (&json!("ThrottlingException"), &json!("Wait.")));
    assert_eq!((&body["reason"], body.get("code")), (&json!("slow"), None));
    let event = shown(CONVERSE, &render_stream_error(CONVERSE, &error, "r", "t"));
    let event: Value = serde_json::from_str(&event).unwrap();
    assert_eq!(
        (&event["exception"], &event["data"]["message"]),
        (&json!("throttlingException"), &json!("Wait."))
    );
    let mut tap = StreamTap::new(CONVERSE, false);
    tap.feed(render_stream_error(CONVERSE, &error, "r", "t").into());
    let EndState::UpstreamError(read) = tap.finish().state else { panic!("an error") };
    assert_eq!((read.kind, read.status, read.message.as_str()), (ErrorKind::RateLimit, 429, "Wait."));
    // A type of its own comes through, whoever asks.
    let typed = br#"{"__type":"com.amazon#ModelNotReadyException","message":"Not yet."}"#;
    let read = parse_error(CONVERSE, 429, typed);
    assert_eq!(read.kind, ErrorKind::Overloaded);
    let again: Value = serde_json::from_slice(&render_error(CONVERSE, &read, "r", "t")).unwrap();
    assert_eq!(again["__type"], "ModelNotReadyException");
}

/// Messages that carry Anthropic's events.
fn carried(events: &[Value]) -> Vec<u8> {
    let lines = events.iter().map(|event| {
        let bytes = base64(event.to_string().as_bytes());
        json!({"event": "chunk", "data": {"bytes": bytes, "p": "abcdefgh"}}).to_string()
    });
    messages(&lines.collect::<Vec<_>>().join("\n"))
}

fn base64(bytes: &[u8]) -> String {
    aws_smithy_types::base64::encode(bytes)
}

fn claude() -> Vec<Value> {
    vec![
        json!({"type": "message_start", "message": {"id": "msg_bdrk_1", "type": "message", "role": "assistant",
            "model": "claude-sonnet-4-5-20250929", "content": [], "stop_reason": null,
            "usage": {"input_tokens": 9, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Grüß\nGott"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
            "usage": {"output_tokens": 6}}),
        json!({"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 9,
            "outputTokenCount": 6, "invocationLatency": 700, "firstByteLatency": 300}}),
    ]
}

#[test]
fn claudes_events_come_out_as_anthropic_sends_them_however_they_are_cut() {
    let bytes = carried(&claude());
    let sse = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    let expected = claude().iter().map(sse).collect::<Vec<_>>().concat();
    for size in [1, 7, 100, bytes.len()] {
        let mut events = ClaudeEvents::new();
        let out: Vec<u8> = bytes.chunks(size).flat_map(|chunk| events.feed(chunk)).collect();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
    let mut tap = StreamTap::new(Format::AnthropicMessages, false);
    tap.feed(ClaudeEvents::new().feed(&bytes).into());
    let end = tap.finish();
    assert_eq!(end.state, EndState::Complete);
    let usage = end.usage.unwrap();
    assert_eq!((usage.input, usage.output, end.id.as_deref()), (9, 6, Some("msg_bdrk_1")));
}

#[test]
fn claudes_stream_ends_with_an_error_where_the_messages_do() {
    let whole = carried(&claude());
    let state = |bytes: &[u8]| {
        let mut tap = StreamTap::new(Format::AnthropicMessages, false);
        tap.feed(ClaudeEvents::new().feed(bytes).into());
        tap.finish().state
    };
    let begun = carried(&claude()[..3]);
    let throttled = messages(r#"{"exception":"throttlingException","data":{"message":"Wait."}}"#);
    let EndState::UpstreamError(error) = state(&[begun.clone(), throttled].concat()) else { panic!() };
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::RateLimit, "Wait."));
    // What follows an error is not believed.
    let slow = messages(r#"{"exception":"modelTimeoutException","data":{"message":"Too slow."}}"#);
    let out = ClaudeEvents::new().feed(&[begun.clone(), slow, whole.clone()].concat());
    assert!(String::from_utf8(out).unwrap().ends_with("\"message\":\"Too slow.\"}}\n\n"));
    assert_eq!(state(&whole[..whole.len() - 1]), EndState::Truncated);
    let mut damaged = whole;
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert!(matches!(state(&damaged), EndState::UpstreamError(error) if error.kind == ErrorKind::Upstream));
    for nonsense in [
        r#"{"event":"chunk","data":{"bytes":"!"}}"#,
        r#"{"event":"chunk","data":{}}"#,
        r#"{"event":"chunk","data":{"bytes":"e30="}}"#,
    ] {
        assert!(matches!(state(&messages(nonsense)), EndState::UpstreamError(_)), "{nonsense}");
    }
    assert_eq!(state(&[begun, messages(r#"{"event":"news","data":{}}"#)].concat()), EndState::Truncated);
}

#[test]
fn what_is_not_written_as_documented_is_not_dropped() {
    let to = |body: Value| {
        let body = serde_json::to_vec(&body).unwrap();
        let refused = translate_request(CONVERSE, Format::OpenAiChat, &body, &target("m")).unwrap_err();
        (refused.code, refused.param.unwrap())
    };
    let turns = json!([{"role": "user", "content": [{"text": "x"}]}]);
    for (member, value, code, param) in [
        ("system", json!("Be brief."), "invalid_type", "system"),
        ("toolConfig", json!([]), "invalid_type", "toolConfig"),
        ("toolConfig", json!({"tools": {}}), "invalid_type", "toolConfig.tools"),
        ("toolConfig", json!({"tools": [{"toolSpec": {}}]}), "unsupported_value", "tools[0]"),
        (
            "outputConfig",
            json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}}}),
            "unsupported_value",
            "outputConfig.textFormat",
        ),
        ("guardrailConfig", json!({"guardrailIdentifier": "g"}), "unsupported_value", "guardrailConfig"),
    ] {
        let mut body = json!({"messages": turns});
        body[member] = value;
        assert_eq!(to(body), (code, param.to_owned()), "{member}");
    }
    let role = json!({"messages": [{"role": "tool", "content": []}]});
    assert_eq!(to(role), ("unsupported_value", "messages[0].role".to_owned()));
    let text = json!({"messages": [{"role": "user", "content": "x"}]});
    assert_eq!(to(text), ("invalid_type", "messages[0].content".to_owned()));
}
