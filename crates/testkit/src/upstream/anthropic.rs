//! Anthropic's Messages API, as its API reference documents it.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::Recorded;
use super::answer::Refusal;
use super::events::named;
use super::openai::{halves, words};
use crate::{Reply, Usage};

const ID: &str = "msg_fake00000000000000000000";
const SIGNATURE: &str = "RmFrZVNpZ25hdHVyZQ==";

/// What the provider refuses before it thinks.
pub fn check(request: &Recorded, body: &Value) -> Result<(), Refusal> {
    // On Google's cloud the version is in the body and the model in the path.
    let is_cloud = vertex_call(&request.path).is_some();
    if is_cloud && (body["anthropic_version"] != "vertex-2023-10-16" || !body["model"].is_null()) {
        return Err(Refusal::new(
            400,
            "anthropic_version: Field required, model: Extra inputs are not permitted",
        ));
    }
    if !is_cloud && request.header("anthropic-version").is_empty() {
        return Err(Refusal::new(400, "anthropic-version: header is required"));
    }
    for (field, right) in [
        ("model", is_cloud || body["model"].is_string()),
        ("messages", body["messages"].is_array()),
        ("max_tokens", body["max_tokens"].is_u64()),
    ] {
        if !right {
            return Err(Refusal::new(400, format!("{field}: Field required")));
        }
    }
    Ok(())
}

pub fn reply(request: &Value, reply: &Reply) -> Value {
    let content: Vec<Value> = blocks(reply).into_iter().map(|block| block.whole).collect();
    message(
        request,
        content,
        json!(stop_reason(reply)),
        reply.with_charge(usage(reply.usage, reply.usage.output)),
    )
}

pub fn stream(request: &Value, reply: &Reply) -> Vec<Bytes> {
    let opening = message(request, Vec::new(), Value::Null, usage(reply.usage, 1));
    let mut events = vec![named(&json!({"type": "message_start", "message": opening}))];
    for (index, block) in blocks(reply).into_iter().enumerate() {
        events.push(named(
            &json!({"type": "content_block_start", "index": index, "content_block": block.start}),
        ));
        if index == 0 {
            events.push(named(&json!({"type": "ping"})));
        }
        for delta in block.deltas {
            events.push(named(&json!({"type": "content_block_delta", "index": index, "delta": delta})));
        }
        events.push(named(&json!({"type": "content_block_stop", "index": index})));
    }
    let delta = json!({"stop_reason": stop_reason(reply), "stop_sequence": null});
    let cumulative = json!({
        "input_tokens": reply.usage.input,
        "cache_creation_input_tokens": reply.usage.cache_write,
        "cache_read_input_tokens": reply.usage.cache_read,
        "output_tokens": reply.usage.output,
    });
    events.push(named(
        &json!({"type": "message_delta", "delta": delta, "usage": reply.with_charge(cumulative)}),
    ));
    events.push(named(&json!({"type": "message_stop"})));
    events
}

/// The provider's error for a status; an own message replaces the usual one.
pub fn error(refusal: &Refusal, model: &str) -> Value {
    let (kind, usual) = match refusal.status {
        401 => ("authentication_error", "invalid x-api-key".to_owned()),
        403 => (
            "permission_error",
            "Your API key does not have permission to use the specified resource.".to_owned(),
        ),
        404 => ("not_found_error", format!("model: {model}")),
        413 => ("request_too_large", "Request exceeds the maximum size".to_owned()),
        429 => ("rate_limit_error", "This request would exceed your organization's rate limit.".to_owned()),
        529 => ("overloaded_error", "Overloaded".to_owned()),
        500..=599 => ("api_error", "Internal server error".to_owned()),
        _ => ("invalid_request_error", "The request is not valid.".to_owned()),
    };
    let message = if refusal.message.is_empty() { usual } else { refusal.message.clone() };
    json!({
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": "req_fake0000000000000000",
    })
}

/// Model and wish for a stream, of a path as Google's cloud has it.
pub fn vertex_call(path: &str) -> Option<(&str, bool)> {
    let (_, rest) = path.split_once("/publishers/anthropic/models/")?;
    match rest.rsplit_once(':')? {
        (model, "rawPredict") => Some((model, false)),
        (model, "streamRawPredict") => Some((model, true)),
        _ => None,
    }
}

pub fn other_route(method: &Method, path: &str) -> Option<Value> {
    let model = |id: &str| json!({"type": "model", "id": id, "display_name": "Fake Model", "created_at": "2025-01-01T00:00:00Z"});
    match (method, path) {
        (&Method::GET, "/v1/models") => Some(json!({
            "data": [model("fake-claude")],
            "has_more": false,
            "first_id": "fake-claude",
            "last_id": "fake-claude",
        })),
        (&Method::POST, "/v1/messages/count_tokens") => Some(json!({"input_tokens": 42})),
        (&Method::GET, path) => path.strip_prefix("/v1/models/").map(model),
        _ => None,
    }
}

/// The tools' names, the forced one (empty: any), and whether a result is the last thing said.
pub fn tools(body: &Value) -> (Vec<String>, Option<String>, bool) {
    let names = body["tools"].as_array().into_iter().flatten();
    let names = names.filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect();
    let forced = match body["tool_choice"]["type"].as_str() {
        Some("any") => Some(String::new()),
        Some("tool") => body["tool_choice"]["name"].as_str().map(str::to_owned),
        _ => None,
    };
    let last = body["messages"].as_array().and_then(|all| all.last());
    let blocks = last.and_then(|last| last["content"].as_array());
    let answered = blocks.into_iter().flatten().any(|block| block["type"] == "tool_result");
    (names, forced, answered)
}

/// A content block, whole and in the pieces of a stream.
struct Block {
    whole: Value,
    start: Value,
    deltas: Vec<Value>,
}

fn blocks(reply: &Reply) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(reasoning) = &reply.reasoning {
        let thinking = words(reasoning).map(|word| json!({"type": "thinking_delta", "thinking": word}));
        let signed = std::iter::once(json!({"type": "signature_delta", "signature": SIGNATURE}));
        blocks.push(Block {
            whole: json!({"type": "thinking", "thinking": reasoning, "signature": SIGNATURE}),
            start: json!({"type": "thinking", "thinking": "", "signature": ""}),
            deltas: thinking.chain(signed).collect(),
        });
    }
    if !reply.text.is_empty() {
        blocks.push(Block {
            whole: json!({"type": "text", "text": reply.text}),
            start: json!({"type": "text", "text": ""}),
            deltas: words(&reply.text).map(|word| json!({"type": "text_delta", "text": word})).collect(),
        });
    }
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let id = format!("toolu_fake{index:03}");
        let parts = halves(&call.arguments.to_string())
            .map(|part| json!({"type": "input_json_delta", "partial_json": part}))
            .to_vec();
        // The provider opens every tool's arguments with an empty fragment.
        let opening = vec![json!({"type": "input_json_delta", "partial_json": ""})];
        blocks.push(Block {
            whole: json!({"type": "tool_use", "id": id, "name": call.name, "input": call.arguments}),
            start: json!({"type": "tool_use", "id": id, "name": call.name, "input": {}}),
            deltas: [opening, parts].concat(),
        });
    }
    blocks
}

fn message(request: &Value, content: Vec<Value>, stop_reason: Value, usage: Value) -> Value {
    json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": usage,
    })
}

fn stop_reason(reply: &Reply) -> &'static str {
    if reply.tool_calls.is_empty() { "end_turn" } else { "tool_use" }
}

/// Anthropic counts cached tokens apart from `input_tokens`.
fn usage(usage: Usage, output: u64) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write,
            "ephemeral_1h_input_tokens": 0,
        },
        "output_tokens": output,
        "service_tier": "standard",
    })
}
