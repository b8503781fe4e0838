//! The built-in model `demo`: answers at once, needs no account, costs nothing. Deterministic: the same request gets the
//! same words. Speaks OpenAI's chat format and knows streaming and tools, so every client can be tried against it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Reply;

/// Between two streamed words: slow enough to be seen streaming, quick enough not to wait for.
const PACE: Duration = Duration::from_millis(12);

#[derive(Deserialize)]
struct Ask<'a> {
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    tools: Option<Vec<Value>>,
    #[serde(default)]
    tool_choice: Option<Value>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

pub fn answer(body: &[u8]) -> Reply {
    match serde_json::from_slice::<Ask<'_>>(body) {
        Ok(ask) => reply(&ask),
        Err(error) => whole(
            400,
            &json!({"error": {"message": format!("the request does not fit: {error}"), "type": "invalid_request_error", "param": null, "code": "invalid_type"}}),
        ),
    }
}

fn reply(ask: &Ask<'_>) -> Reply {
    let messages: Vec<Value> =
        ask.messages.iter().filter_map(|message| serde_json::from_str(message.get()).ok()).collect();
    let prompt_tokens = ask.messages.iter().map(|message| message.get().len()).sum::<usize>().div_ceil(4);
    let call = tool_call(ask, &messages);
    let words = if call.is_some() { String::new() } else { words(&messages) };
    let completion_tokens = call.as_ref().map_or(words.len(), |call| call.arguments.len()).div_ceil(4).max(1);
    let usage = json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    });
    // Tied to the question, not to the moment: the same request gets the same answer.
    let id = format!("chatcmpl-demo-{:08x}", fingerprint(&ask.messages));
    if ask.stream == Some(true) {
        let with_usage = ask.stream_options.as_ref().and_then(|options| options.include_usage) == Some(true);
        return streamed(&id, &words, call.as_ref(), with_usage.then_some(usage));
    }
    let (message, finish) = match call {
        Some(call) => (
            json!({"role": "assistant", "content": null, "tool_calls": [call.to_json(None)], "refusal": null}),
            "tool_calls",
        ),
        None => (json!({"role": "assistant", "content": words, "refusal": null}), "stop"),
    };
    whole(
        200,
        &json!({
            "id": id, "object": "chat.completion", "created": created(), "model": "demo",
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish}],
            "usage": usage,
        }),
    )
}

fn whole(status: u16, body: &Value) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let bytes = Bytes::from(body.to_string());
    Reply { status, headers, chunks: stream::once(async move { Ok(bytes) }).boxed() }
}

struct ToolCall {
    name: String,
    arguments: String,
}

impl ToolCall {
    fn to_json(&self, index: Option<usize>) -> Value {
        let mut call = json!({
            "id": "call_demo_1", "type": "function",
            "function": {"name": self.name, "arguments": self.arguments},
        });
        if let Some(index) = index {
            call["index"] = json!(index);
        }
        call
    }
}

/// Calls the first tool offered (or the one that must be called) once, with the least arguments its schema takes.
fn tool_call(ask: &Ask<'_>, messages: &[Value]) -> Option<ToolCall> {
    let tools = ask.tools.as_ref().filter(|tools| !tools.is_empty())?;
    let answered = messages.last().is_some_and(|message| message["role"] == "tool");
    if answered || ask.tool_choice.as_ref().is_some_and(|choice| choice == "none") {
        return None;
    }
    let wanted = ask.tool_choice.as_ref().and_then(|choice| choice["function"]["name"].as_str());
    let tool = tools
        .iter()
        .map(|tool| &tool["function"])
        .find(|function| wanted.is_none_or(|name| function["name"] == name))?;
    Some(ToolCall {
        name: tool["name"].as_str()?.to_owned(),
        arguments: example(&tool["parameters"], 0).to_string(),
    })
}

/// The simplest value that a JSON schema's required parts allow.
fn example(schema: &Value, depth: usize) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("demo"),
        Some("integer") => json!(1),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("null") => Value::Null,
        _ if depth > 8 => json!({}),
        _ => {
            let mut object = serde_json::Map::new();
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                object.insert(name.to_owned(), example(&schema["properties"][name], depth + 1));
            }
            Value::Object(object)
        }
    }
}

fn words(messages: &[Value]) -> String {
    let last = messages.last().cloned().unwrap_or_default();
    let said = match &last["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    };
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted: String = said.chars().take(240).collect();
    let more = if quoted.len() < said.len() { "…" } else { "" };
    if last["role"] == "tool" {
        return format!("The tool answered: “{quoted}{more}”. That is all this built-in model does with it.");
    }
    if quoted.is_empty() {
        return "This is Postern's built-in demo model. It answers without an account and costs nothing."
            .into();
    }
    format!(
        "You said: “{quoted}{more}”. This is Postern's built-in demo model: it runs inside the gateway, needs no account and costs nothing. Add a provider to talk to a real one."
    )
}

fn streamed(id: &str, words: &str, call: Option<&ToolCall>, usage: Option<Value>) -> Reply {
    let with_usage = usage.is_some();
    let chunk = |choices: Value, usage: Option<Value>| {
        let mut chunk = json!({
            "id": id, "object": "chat.completion.chunk", "created": created(), "model": "demo", "choices": choices,
        });
        if with_usage {
            chunk["usage"] = usage.unwrap_or(Value::Null);
        }
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let delta = |delta: Value, finish: Option<&str>| {
        chunk(json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]), None)
    };
    let mut frames = vec![delta(
        json!({"role": "assistant", "content": if call.is_some() { Value::Null } else { json!("") }}),
        None,
    )];
    if let Some(call) = call {
        let mut opening = call.to_json(Some(0));
        opening["function"]["arguments"] = json!("");
        frames.push(delta(json!({"tool_calls": [opening]}), None));
        let pieces: Vec<char> = call.arguments.chars().collect();
        for piece in pieces.chunks(8) {
            let piece: String = piece.iter().collect();
            frames.push(delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}), None));
        }
        frames.push(delta(json!({}), Some("tool_calls")));
    } else {
        frames.extend(words.split_inclusive(' ').map(|word| delta(json!({"content": word}), None)));
        frames.push(delta(json!({}), Some("stop")));
    }
    if let Some(usage) = usage {
        frames.push(chunk(json!([]), Some(usage)));
    }
    frames.push(Bytes::from_static(b"data: [DONE]\n\n"));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    let paced = stream::iter(frames.into_iter().enumerate()).then(|(index, frame)| async move {
        if index > 0 {
            tokio::time::sleep(PACE).await;
        }
        Ok(frame)
    });
    Reply { status: 200, headers, chunks: paced.boxed() }
}

fn fingerprint(messages: &[&RawValue]) -> u32 {
    // FNV-1a: stable across versions, which the standard library's hasher does not promise.
    messages
        .iter()
        .flat_map(|message| message.get().bytes())
        .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Unix seconds.
fn created() -> i64 {
    crate::clock::now_ms() / 1000
}
