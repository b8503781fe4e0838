//! OpenAI's older completions, as its API reference documents them. The same server as the chat completions.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::events::data;
use super::openai::{usage, words};
use crate::Reply;

const ID: &str = "cmpl-fake000000000000000000";
const CREATED: u64 = 1_700_000_000;

/// What the provider refuses before it thinks. Without a prompt it begins a document of its own.
pub fn check(body: &Value) -> Result<(), Refusal> {
    if !body["model"].is_string() {
        return Err(Refusal::about("model", "you must provide a model parameter"));
    }
    if !(body["prompt"].is_null() || body["prompt"].is_string() || body["prompt"].is_array()) {
        return Err(Refusal::about("prompt", "Invalid type for 'prompt': expected a string or an array."));
    }
    Ok(())
}

pub fn reply(request: &Value, reply: &Reply) -> Value {
    let choices: Vec<Value> = (0..count(request))
        .map(|index| json!({"text": said(request, index, reply), "index": index, "logprobs": null, "finish_reason": "stop"}))
        .collect();
    json!({
        "id": ID,
        "object": "text_completion",
        "created": CREATED,
        "model": request["model"],
        "choices": choices,
        "usage": usage(reply.usage),
        "system_fingerprint": "fp_fake",
    })
}

/// Usage comes in a last chunk of its own, and only if the caller asked for it.
pub fn stream(request: &Value, reply: &Reply) -> Vec<Bytes> {
    let with_usage = request["stream_options"]["include_usage"] == true;
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": ID,
            "object": "text_completion",
            "created": CREATED,
            "model": request["model"],
            "system_fingerprint": "fp_fake",
            "choices": choices,
        });
        if with_usage {
            chunk["usage"] = usage;
        }
        data(&chunk)
    };
    let piece = |index: usize, text: &str, finish: Value| {
        let choice = json!({"text": text, "index": index, "logprobs": null, "finish_reason": finish});
        chunk(json!([choice]), Value::Null)
    };
    let mut events = Vec::new();
    for index in 0..count(request) {
        let text = said(request, index, reply);
        events.extend(words(&text).map(|word| piece(index, word, Value::Null)));
    }
    events.extend((0..count(request)).map(|index| piece(index, "", json!("stop"))));
    if with_usage {
        events.push(chunk(json!([]), usage(reply.usage)));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

/// Every prompt is gone on with `n` times.
fn count(request: &Value) -> usize {
    prompts(request) * each(request)
}

fn prompts(request: &Value) -> usize {
    match request["prompt"].as_array() {
        Some(list) if !list.iter().any(Value::is_number) => list.len().max(1),
        _ => 1,
    }
}

fn each(request: &Value) -> usize {
    request["n"].as_u64().unwrap_or(1) as usize
}

/// The prompt comes first, if the caller wants it back.
fn said(request: &Value, index: usize, reply: &Reply) -> String {
    let prompt = request["prompt"].as_str().or(request["prompt"][index / each(request).max(1)].as_str());
    let echoed = prompt.filter(|_| request["echo"] == true).unwrap_or_default();
    format!("{echoed}{}", reply.text)
}
