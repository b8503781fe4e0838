//! Ollama's own API, as its documentation has it: lines in place of events, and streams unasked.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::events::line;
use super::openai::words;
use crate::{Reply, Usage};

const CREATED: &str = "2023-11-14T22:13:20.123456Z";

/// What a request says without saying it: that it wants a stream, and to which of the two endpoints it went.
pub fn complete(path: &str, body: &mut Value) {
    body["stream"] = json!(body["stream"] != false);
    let (member, nothing) =
        if path == "/api/generate" { ("prompt", json!("")) } else { ("messages", json!([])) };
    if body[member].is_null() {
        body[member] = nothing;
    }
}

/// What the server refuses before it thinks.
pub fn check(body: &Value) -> Result<(), Refusal> {
    if body["model"].as_str().unwrap_or_default().is_empty() {
        return Err(Refusal::new(400, "model is required"));
    }
    if !(body["messages"].is_null() || body["messages"].is_array()) {
        return Err(Refusal::new(400, "json: cannot unmarshal `messages`"));
    }
    Ok(())
}

pub fn reply(request: &Value, reply: &Reply) -> Value {
    if is_load(request) {
        return last(request, text(request, ""), "load", None);
    }
    let mut said = text(request, if reply.tool_calls.is_empty() { &reply.text } else { "" });
    if let Some(thought) = &reply.reasoning {
        said["thinking"] = json!(thought);
    }
    if !reply.tool_calls.is_empty() {
        said["tool_calls"] = (0..reply.tool_calls.len()).map(|index| tool_call(reply, index)).collect();
    }
    last(request, said, "stop", Some(reply.usage))
}

/// A call comes whole, in a line of its own; the last line says that it is the last, and what was used.
pub fn stream(request: &Value, reply: &Reply) -> Vec<Bytes> {
    if is_load(request) {
        return vec![line(&self::reply(request, reply))];
    }
    let piece = |said: Value| line(&message(request, said, false));
    let mut lines = Vec::new();
    for word in reply.reasoning.as_deref().into_iter().flat_map(words) {
        let mut said = text(request, "");
        said["thinking"] = json!(word);
        lines.push(piece(said));
    }
    if reply.tool_calls.is_empty() {
        lines.extend(words(&reply.text).map(|word| piece(text(request, word))));
    }
    for index in 0..reply.tool_calls.len() {
        let mut said = text(request, "");
        said["tool_calls"] = json!([tool_call(reply, index)]);
        lines.push(piece(said));
    }
    lines.push(line(&last(request, text(request, ""), "stop", Some(reply.usage))));
    lines
}

/// The server's error for a status; an own message replaces the usual one.
pub fn error(refusal: &Refusal, model: &str) -> Value {
    let usual = match refusal.status {
        400 => format!("\"{model}\" does not support chat"),
        401 => "unauthorized".to_owned(),
        404 => format!("model '{model}' not found"),
        429 => "too many requests".to_owned(),
        503 => "server busy, please try again.  maximum pending requests exceeded".to_owned(),
        _ => "an error was encountered while running the model".to_owned(),
    };
    json!({"error": if refusal.message.is_empty() { usual } else { refusal.message.clone() }})
}

pub fn other_route(method: &Method, path: &str, body: &Value) -> Option<Value> {
    let details = json!({
        "parent_model": "", "format": "gguf", "family": "llama", "families": ["llama"],
        "parameter_size": "3.2B", "quantization_level": "Q4_K_M",
    });
    let listed = |name: &str| {
        json!({
            "name": name, "model": name, "modified_at": CREATED, "size": 2_019_393_189_u64,
            "digest": "fake0000000000000000000000000000000000000000000000000000000000000", "details": details,
        })
    };
    match (method.as_str(), path) {
        ("GET" | "HEAD", "/api/version") => Some(json!({"version": "0.99.0"})),
        ("GET" | "HEAD", "/api/tags") => {
            Some(json!({"models": [listed("llama3.2:latest"), listed("fake-tool")]}))
        }
        ("GET", "/api/ps") => Some(json!({"models": []})),
        ("POST", "/api/show") => Some(json!({
            "modelfile": "FROM fake", "parameters": "temperature 0.7", "template": "{{ .Prompt }}",
            "details": details, "modified_at": CREATED,
            "model_info": {"general.architecture": "llama", "llama.context_length": 131_072},
            "capabilities": ["completion", "tools"],
        })),
        ("POST", "/api/embed") => {
            let count = body["input"].as_array().map_or(1, Vec::len);
            Some(json!({
                "model": body["model"], "embeddings": vec![[0.25, -0.5, 0.75]; count],
                "total_duration": 14_143_917, "load_duration": 1_019_500, "prompt_eval_count": 8 * count,
            }))
        }
        _ => None,
    }
}

/// The tools' names, the forced one (there is no way to force one), and whether a result is the last thing said.
pub fn tools(body: &Value) -> (Vec<String>, Option<String>, bool) {
    let tools = body["tools"].as_array().into_iter().flatten();
    let names = tools.filter_map(|tool| tool["function"]["name"].as_str().map(str::to_owned)).collect();
    let last = body["messages"].as_array().and_then(|all| all.last());
    (names, None, last.is_some_and(|last| last["role"] == "tool"))
}

/// Whether it is a prompt and not a chat.
fn is_prompt(request: &Value) -> bool {
    request["prompt"].is_string()
}

/// Without anything to answer the model is loaded.
fn is_load(request: &Value) -> bool {
    request["messages"] == json!([]) || request["prompt"] == ""
}

/// What is said, before it is put where the request wants it.
fn text(request: &Value, text: &str) -> Value {
    if is_prompt(request) { json!({"response": text}) } else { json!({"role": "assistant", "content": text}) }
}

fn message(request: &Value, said: Value, done: bool) -> Value {
    let mut message = json!({"model": request["model"], "created_at": CREATED});
    match (said, message.as_object_mut()) {
        (Value::Object(said), Some(message)) if is_prompt(request) => message.extend(said),
        (said, _) => message["message"] = said,
    }
    message["done"] = json!(done);
    message
}

fn last(request: &Value, said: Value, reason: &str, usage: Option<Usage>) -> Value {
    let mut last = message(request, said, true);
    last["done_reason"] = json!(reason);
    let Some(usage) = usage else { return last };
    if is_prompt(request) {
        last["context"] = json!([1, 2, 3]);
    }
    last["total_duration"] = json!(812_345_678);
    last["load_duration"] = json!(101_112_131);
    // Of the prompt's cache nothing is told.
    last["prompt_eval_count"] = json!(usage.input + usage.cache_read + usage.cache_write);
    last["prompt_eval_duration"] = json!(55_667_788);
    last["eval_count"] = json!(usage.output);
    last["eval_duration"] = json!(99_887_766);
    last
}

fn tool_call(reply: &Reply, index: usize) -> Value {
    let call = &reply.tool_calls[index];
    json!({"id": format!("call_fake000{index}"), "function": {"index": index, "name": call.name, "arguments": call.arguments}})
}
