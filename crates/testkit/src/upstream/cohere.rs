//! Cohere's API in its second version, as its API reference documents it.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::events::named;
use super::openai::{halves, words};
use crate::{Reply, Usage};

const ID: &str = "fa4e0000-0000-4000-8000-000000000000";
const PLAN: &str = "I will use a tool.";
/// What the provider puts around a prompt and a reply: counted, but not charged.
const HIDDEN_TOKENS: u64 = 66;

/// What the provider refuses before it thinks.
pub fn check(body: &Value) -> Result<(), Refusal> {
    if !body["model"].is_string() {
        return Err(Refusal::new(400, "invalid request: a model is required"));
    }
    if body["messages"].as_array().is_none_or(Vec::is_empty) {
        return Err(Refusal::new(400, "invalid request: messages must not be empty."));
    }
    Ok(())
}

pub fn reply(_request: &Value, reply: &Reply) -> Value {
    let mut message = json!({"role": "assistant"});
    let content = content(reply);
    if !content.is_empty() {
        message["content"] = json!(content);
    }
    if !reply.tool_calls.is_empty() {
        message["tool_plan"] = json!(PLAN);
        message["tool_calls"] = (0..reply.tool_calls.len()).map(|index| tool_call(reply, index)).collect();
    }
    json!({"id": ID, "message": message, "finish_reason": finish_reason(reply), "usage": usage(reply.usage)})
}

pub fn stream(_request: &Value, reply: &Reply) -> Vec<Bytes> {
    let event = |kind: &str, index: Option<usize>, message: Value| {
        let mut event = json!({"type": kind});
        if let Some(index) = index {
            event["index"] = json!(index);
        }
        if !message.is_null() {
            event["delta"] = json!({ "message": message });
        }
        named(&event)
    };
    let message =
        json!({"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []});
    let start = json!({"id": ID, "type": "message-start", "delta": {"message": message}});
    let mut events = vec![named(&start)];
    for (index, part) in content(reply).iter().enumerate() {
        let member = part["type"].as_str().unwrap_or_default();
        let mut empty = part.clone();
        empty[member] = json!("");
        events.push(event("content-start", Some(index), json!({ "content": empty })));
        let text = part[member].as_str().unwrap_or_default();
        events.extend(
            words(text).map(|word| event("content-delta", Some(index), json!({"content": {member: word}}))),
        );
        events.push(event("content-end", Some(index), Value::Null));
    }
    if !reply.tool_calls.is_empty() {
        let plan = words(PLAN).map(|word| event("tool-plan-delta", None, json!({ "tool_plan": word })));
        events.extend(plan);
    }
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let mut opening = tool_call(reply, index);
        opening["function"]["arguments"] = json!("");
        events.push(event("tool-call-start", Some(index), json!({ "tool_calls": opening })));
        for part in halves(&call.arguments.to_string()) {
            let part = json!({"tool_calls": {"function": {"arguments": part}}});
            events.push(event("tool-call-delta", Some(index), part));
        }
        events.push(event("tool-call-end", Some(index), Value::Null));
    }
    let delta = json!({"finish_reason": finish_reason(reply), "usage": usage(reply.usage)});
    events.push(named(&json!({"type": "message-end", "delta": delta})));
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

/// An error within a stream is an end of the message that says so, and then the stream's own.
pub fn stream_error() -> Bytes {
    let error = json!({
        "finish_reason": "ERROR",
        "usage": {},
        "error": "internal server error",
        "error_type": "INTERNAL_ERROR",
    });
    let mut event = named(&json!({"type": "message-end", "delta": error})).to_vec();
    event.extend_from_slice(b"data: [DONE]\n\n");
    Bytes::from(event)
}

/// The provider's error for a status; an own message replaces the usual one.
pub fn error(refusal: &Refusal, model: &str) -> Value {
    let usual = match refusal.status {
        400 | 422 => "invalid request".to_owned(),
        401 => "invalid api token".to_owned(),
        402 => "This account has no payment method.".to_owned(),
        404 => format!("model '{model}' not found"),
        429 => "Too many requests in this minute.".to_owned(),
        _ => "internal server error".to_owned(),
    };
    let message = if refusal.message.is_empty() { usual } else { refusal.message.clone() };
    json!({"id": ID, "message": message})
}

pub fn other_route(method: &Method, path: &str) -> Option<Value> {
    let model = |name: &str| json!({"name": name, "endpoints": ["chat"], "finetuned": false, "context_length": 256_000});
    match (method, path) {
        (&Method::POST, "/v2/embed") => Some(json!({
            "id": ID,
            "embeddings": {"float": [[0.25, -0.5]]},
            "texts": ["hello"],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 8}},
            "response_type": "embeddings_by_type",
        })),
        (&Method::POST, "/v2/rerank") => Some(json!({
            "id": ID,
            "results": [{"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.25}],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
        })),
        (&Method::GET, "/v1/models") => Some(
            json!({"models": [model("command-a-03-2025"), model("fake-cohere")], "next_page_token": null}),
        ),
        (&Method::GET, path) => path.strip_prefix("/v1/models/").map(model),
        _ => None,
    }
}

/// The tools' names, the forced one (empty: any), and whether a result is the last thing said.
pub fn tools(body: &Value) -> (Vec<String>, Option<String>, bool) {
    let names = body["tools"].as_array().into_iter().flatten();
    let names = names.filter_map(|tool| tool["function"]["name"].as_str().map(str::to_owned)).collect();
    let forced = (body["tool_choice"] == "REQUIRED").then(String::new);
    let answered =
        body["messages"].as_array().and_then(|all| all.last()).is_some_and(|last| last["role"] == "tool");
    (names, forced, answered)
}

fn content(reply: &Reply) -> Vec<Value> {
    let mut content = Vec::new();
    if let Some(text) = &reply.reasoning {
        content.push(json!({"type": "thinking", "thinking": text}));
    }
    if reply.tool_calls.is_empty() {
        content.push(json!({"type": "text", "text": reply.text}));
    }
    content
}

fn tool_call(reply: &Reply, index: usize) -> Value {
    let call = &reply.tool_calls[index];
    json!({
        "id": format!("{}_fake{index:03}", call.name),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments.to_string()},
    })
}

fn finish_reason(reply: &Reply) -> &'static str {
    if reply.tool_calls.is_empty() { "COMPLETE" } else { "TOOL_CALL" }
}

fn usage(usage: Usage) -> Value {
    let prompt = usage.input + usage.cache_read + usage.cache_write;
    json!({
        "billed_units": {"input_tokens": prompt, "output_tokens": usage.output},
        "tokens": {"input_tokens": prompt + HIDDEN_TOKENS, "output_tokens": usage.output + 2},
        "cached_tokens": usage.cache_read,
    })
}
