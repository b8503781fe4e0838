//! A coding tool that speaks responses, and a model that does not: what the tool's own kinds of tools become on the way
//! there, and that their calls are what the tool knows when they come back.

use postern_wire::{
    ApiError, ErrorKind, Format, ReplyContext, StreamTap, StreamTranscoder, Target, ToolAlias,
    TranslatedRequest, render_stream_error, translate_request, translate_response,
};
use serde_json::{Value, json};

use crate::fixtures::{fixtures, model_of};

const RESPONSES: Format = Format::OpenAiResponses;

fn translated(name: &str, to: Format) -> TranslatedRequest {
    let fixture = fixtures("requests").into_iter().find(|fixture| fixture.name == name).unwrap();
    let target = Target { model: model_of(to), default_max_tokens: 8192, drop_params: false, stream: false };
    translate_request(fixture.format, to, &fixture.bytes, &target).unwrap()
}

fn context(tools: Vec<ToolAlias>) -> ReplyContext {
    ReplyContext { created: 1, fallback_id: "f".into(), model: "m".into(), tools, ..Default::default() }
}

/// The events' data, by the events' type.
fn events(stream: &str, kind: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str::<Value>(data).unwrap())
        .filter(|event| event["type"] == kind)
        .collect()
}

const PATCH: &str = "*** Begin Patch\n+\"ü\"\n*** End Patch";

fn call(name: &str, arguments: &str) -> Value {
    json!({"id": format!("call_{name}"), "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn calls() -> Vec<Value> {
    vec![
        call("apply_patch", &json!({"input": PATCH}).to_string()),
        call("mcp__notes__search", r#"{"query":"x"}"#),
        call("shell_command", r#"{"command":"ls"}"#),
    ]
}

/// What the tool gets of an item that is a call.
fn told(item: &Value) -> Value {
    let mut item = item.clone();
    for key in ["id", "status"] {
        item.as_object_mut().unwrap().remove(key);
    }
    item
}

fn expected() -> Value {
    json!([
        {"type": "custom_tool_call", "call_id": "call_apply_patch", "name": "apply_patch", "input": PATCH},
        {"type": "function_call", "call_id": "call_mcp__notes__search", "name": "search", "namespace": "mcp__notes", "arguments": r#"{"query":"x"}"#},
        {"type": "function_call", "call_id": "call_shell_command", "name": "shell_command", "arguments": r#"{"command":"ls"}"#},
    ])
}

#[test]
fn every_tool_has_its_name_told() {
    let alias = |sent: &str, name: &str, namespace: Option<&str>, is_custom| ToolAlias {
        sent: sent.into(),
        name: name.into(),
        namespace: namespace.map(Into::into),
        is_custom,
    };
    let tools = translated("openai_responses-codex", Format::OpenAiChat).tools;
    let expected = [
        alias("apply_patch", "apply_patch", None, true),
        alias("mcp__notes__search", "search", Some("mcp__notes"), false),
        alias("mcp__notes__append", "append", Some("mcp__notes"), true),
    ];
    assert_eq!(tools, expected);
    assert!(translated("openai_chat-tool_loop", RESPONSES).tools.is_empty());
    assert!(translated("openai_responses-codex", RESPONSES).tools.is_empty());
}

#[test]
fn calls_come_back_as_what_the_caller_knows() {
    let tools = translated("openai_responses-codex", Format::OpenAiChat).tools;
    let reply = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": null, "tool_calls": calls()}, "finish_reason": "tool_calls"}
    ]});
    let body = reply.to_string();
    let reply = translate_response(Format::OpenAiChat, RESPONSES, body.as_bytes(), &context(tools)).unwrap();
    let reply: Value = serde_json::from_slice(&reply.body).unwrap();
    let items: Vec<Value> = reply["output"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(Value::from(items), expected());
}

#[test]
fn calls_come_back_in_a_stream_too() {
    let tools = translated("openai_responses-codex", Format::OpenAiChat).tools;
    let mut transcoder = StreamTranscoder::new(Format::OpenAiChat, RESPONSES, context(tools));
    let mut out = Vec::new();
    let mut send = |delta: Value, finish: Option<&str>| {
        let chunk = json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        out.extend_from_slice(&transcoder.feed(format!("data: {chunk}\n\n").as_bytes()).bytes);
    };
    for (index, mut call) in calls().into_iter().enumerate() {
        let arguments = call["function"]["arguments"].as_str().unwrap().to_owned();
        call["index"] = json!(index);
        call["function"]["arguments"] = json!("");
        send(json!({"tool_calls": [call]}), None);
        for piece in arguments.chars().collect::<Vec<_>>().chunks(5) {
            let piece: String = piece.iter().collect();
            send(json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}), None);
        }
    }
    send(json!({}), Some("tool_calls"));
    out.extend_from_slice(&transcoder.feed(b"data: [DONE]\n\n").bytes);
    let out = String::from_utf8(out).unwrap();

    let done: Vec<Value> =
        events(&out, "response.output_item.done").iter().map(|event| told(&event["item"])).collect();
    assert_eq!(Value::from(done), expected());
    assert_eq!(events(&out, "response.custom_tool_call_input.done")[0]["input"], PATCH);
    let delta: String = events(&out, "response.custom_tool_call_input.delta")
        .iter()
        .map(|event| event["delta"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(delta, PATCH);
    let completed = &events(&out, "response.completed")[0]["response"];
    let whole: Vec<Value> = completed["output"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(Value::from(whole), expected(), "the end repeats the items");
}

#[test]
fn deltas_add_up_to_what_is_repeated_after_them() {
    for fixture in fixtures("streams").into_iter().filter(|fixture| fixture.format != RESPONSES) {
        let mut transcoder = StreamTranscoder::new(fixture.format, RESPONSES, context(Vec::new()));
        let mut out = transcoder.feed(&fixture.bytes).bytes;
        out.extend_from_slice(&transcoder.finish().forward);
        let out = String::from_utf8(out).unwrap();
        for (kind, member) in [
            ("response.output_text", "text"),
            ("response.refusal", "refusal"),
            ("response.function_call_arguments", "arguments"),
            ("response.reasoning_summary_text", "text"),
        ] {
            let deltas = events(&out, &format!("{kind}.delta"));
            for done in events(&out, &format!("{kind}.done")) {
                let same = |event: &&Value| {
                    event["item_id"] == done["item_id"] && event["content_index"] == done["content_index"]
                };
                let sum: String =
                    deltas.iter().filter(same).map(|event| event["delta"].as_str().unwrap()).collect();
                assert_eq!(done[member], sum, "{}: {kind}", fixture.name);
            }
        }
        let numbers: Vec<u64> = out
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| serde_json::from_str::<Value>(data).unwrap()["sequence_number"].as_u64().unwrap())
            .collect();
        assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "{}", fixture.name);
    }
}

/// A provider's signature lets it go on thinking after a tool call: it has to survive a client that only knows
/// encrypted reasoning.
#[test]
fn signed_thinking_survives_the_way_to_the_client_and_back() {
    let reply = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [
        {"type": "thinking", "thinking": "Hm.\n\nYes.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "cmVk"},
        {"type": "tool_use", "id": "toolu_1", "name": "shell_command", "input": {"command": "ls"}}
    ], "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}});
    let messages = Format::AnthropicMessages;
    let reply =
        translate_response(messages, RESPONSES, reply.to_string().as_bytes(), &context(Vec::new())).unwrap();
    let reply: Value = serde_json::from_slice(&reply.body).unwrap();
    let mut input = vec![json!({"role": "user", "content": "List."})];
    input.extend(reply["output"].as_array().unwrap().iter().cloned());
    input.push(json!({"type": "function_call_output", "call_id": "toolu_1", "output": "a.txt"}));
    let request = json!({"model": "m", "input": input, "reasoning": {"effort": "high"}, "tools": [
        {"type": "function", "name": "shell_command", "parameters": {"type": "object"}}
    ]});
    let target =
        Target { model: "claude-sonnet-4-5", default_max_tokens: 32000, drop_params: false, stream: false };
    let request = translate_request(RESPONSES, messages, request.to_string().as_bytes(), &target).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "Hm.\n\nYes.", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "cmVk"},
            {"type": "tool_use", "id": "toolu_1", "name": "shell_command", "input": {"command": "ls"}}
        ])
    );
    assert_eq!(body["thinking"]["type"], "enabled");
    assert!(request.loss.is_empty(), "{:?}", request.loss);
}

#[test]
fn an_error_in_a_stream_is_told_twice_and_understood_once() {
    let mut error = ApiError::new(400, ErrorKind::ContextLength, "prompt is too long");
    error.param = Some("messages".into());
    let bytes = render_stream_error(RESPONSES, &error, "r1", "2026-01-02T03:04:05Z");
    let text = String::from_utf8(bytes.clone()).unwrap();
    let raised = &events(&text, "error")[0];
    assert_eq!(raised["error"]["code"], "context_length_exceeded");
    let failed = &events(&text, "response.failed")[0]["response"];
    assert_eq!((&failed["status"], &failed["id"]), (&json!("failed"), &json!("resp_r1")));
    assert_eq!(failed["error"]["code"], "context_length_exceeded");
    let mut tap = StreamTap::new(RESPONSES, false);
    assert!(tap.feed(bytes.into()).error);
    let postern_wire::EndState::UpstreamError(read) = tap.finish().state else { panic!("an error") };
    assert_eq!((read.kind, read.param.as_deref()), (ErrorKind::ContextLength, Some("messages")));
}

/// What has been told of a response is told of it when it fails, too.
#[test]
fn an_error_in_a_stream_says_which_response_failed() {
    let error = ApiError::new(529, ErrorKind::Overloaded, "Busy.");
    let started = fixtures("streams").into_iter().find(|one| one.name == "anthropic_messages-error").unwrap();
    let mut transcoder = StreamTranscoder::new(started.format, RESPONSES, context(Vec::new()));
    let before = String::from_utf8(transcoder.feed(&started.bytes).bytes).unwrap();
    let created = &events(&before, "response.created")[0]["response"];
    let rendered = String::from_utf8(transcoder.render_error(&error, "r1", "2026-01-02T03:04:05Z")).unwrap();
    let failed = &events(&rendered, "response.failed")[0]["response"];
    for member in ["id", "object", "created_at", "model"] {
        assert_eq!(failed[member], created[member], "{member}");
    }
    assert_eq!(
        (&failed["status"], &failed["error"]["code"]),
        (&json!("failed"), &json!("server_is_overloaded"))
    );

    // The provider's own stream is watched only.
    let cut = fixtures("streams").into_iter().find(|one| one.name == "openai_responses-truncated").unwrap();
    let mut tap = StreamTap::new(RESPONSES, false);
    tap.feed(cut.bytes.into());
    let end = tap.finish();
    let rendered = String::from_utf8(tap.render_error(&error, "r1", "2026-01-02T03:04:05Z")).unwrap();
    let failed = &events(&rendered, "response.failed")[0]["response"];
    assert_eq!((failed["id"].as_str(), failed["model"].as_str()), (end.id.as_deref(), end.model.as_deref()));
    assert_eq!(failed["created_at"], 1_767_323_045);
    let unknown = StreamTap::new(RESPONSES, false).render_error(&error, "r1", "2026-01-02T03:04:05Z");
    let failed = &events(std::str::from_utf8(&unknown).unwrap(), "response.failed")[0]["response"];
    assert_eq!((&failed["id"], &failed["created_at"]), (&json!("resp_r1"), &json!(1_767_323_045)));
}

#[test]
fn a_failed_response_is_an_error() {
    let body = br#"{"id":"resp_1","object":"response","status":"failed","error":{"code":"server_error","message":"It broke."},"output":[]}"#;
    for result in [
        postern_wire::read_response(RESPONSES, body).map(|_| ()),
        translate_response(RESPONSES, Format::OpenAiChat, body, &context(Vec::new())).map(|_| ()),
    ] {
        let problem = result.unwrap_err();
        assert_eq!(problem.error.unwrap().message, "It broke.");
    }
}
