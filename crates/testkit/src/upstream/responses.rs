//! OpenAI's Responses API, as its API reference documents it. The same server as the chat completions.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::events::named;
use super::openai::{halves, words};
use crate::{Reply, Usage};

const ID: &str = "resp_fake0000000000000000";
const CREATED: u64 = 1_700_000_000;

/// What the provider refuses before it thinks.
pub fn check(body: &Value) -> Result<(), Refusal> {
    if !body["model"].is_string() {
        return Err(Refusal::about("model", "Missing required parameter: 'model'."));
    }
    if !body["input"].is_string() && !body["input"].is_array() && !body["previous_response_id"].is_string() {
        return Err(Refusal::about("input", "Missing required parameter: 'input'."));
    }
    Ok(())
}

pub fn reply(request: &Value, reply: &Reply) -> Value {
    let output: Vec<Value> = items(request, reply).into_iter().map(|item| item.whole).collect();
    response(request, "completed", json!(output), reply.with_charge(usage(reply.usage)))
}

pub fn stream(request: &Value, reply: &Reply) -> Vec<Bytes> {
    let opening = response(request, "in_progress", json!([]), Value::Null);
    let mut events = vec![
        json!({"type": "response.created", "response": opening}),
        json!({"type": "response.in_progress", "response": opening}),
    ];
    let items = items(request, reply);
    for (index, item) in items.iter().enumerate() {
        events.push(json!({"type": "response.output_item.added", "output_index": index, "item": item.start}));
        for event in &item.events {
            let mut event = event.clone();
            event["output_index"] = json!(index);
            event["item_id"] = item.whole["id"].clone();
            events.push(event);
        }
        events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item.whole}));
    }
    let output: Vec<Value> = items.into_iter().map(|item| item.whole).collect();
    let whole = response(request, "completed", json!(output), reply.with_charge(usage(reply.usage)));
    events.push(json!({"type": "response.completed", "response": whole}));
    let numbered = events.into_iter().enumerate().map(|(number, mut event)| {
        event["sequence_number"] = json!(number);
        named(&event)
    });
    numbered.collect()
}

/// An error within a stream.
pub fn stream_error() -> Value {
    json!({
        "type": "error",
        "sequence_number": 3,
        "code": "server_error",
        "message": "The server had an error while processing your request.",
        "param": null,
    })
}

/// The tools' names, the forced one (empty: any), and whether a result is the last thing said.
pub fn tools(body: &Value) -> (Vec<String>, Option<String>, bool) {
    let names = body["tools"].as_array().into_iter().flatten();
    let names = names.filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect();
    let forced = match &body["tool_choice"] {
        Value::String(choice) if choice == "required" => Some(String::new()),
        choice => choice["name"].as_str().map(str::to_owned),
    };
    let last = body["input"].as_array().and_then(|all| all.last());
    let answered =
        last.and_then(|last| last["type"].as_str()).is_some_and(|kind| kind.ends_with("_call_output"));
    (names, forced, answered)
}

/// An item of the output: as it begins, what is streamed of it, and as it is in the end.
struct Item {
    start: Value,
    events: Vec<Value>,
    whole: Value,
}

fn items(request: &Value, reply: &Reply) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(text) = &reply.reasoning {
        items.push(reasoning(text));
    }
    if reply.tool_calls.is_empty() {
        items.push(message(&reply.text));
    }
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let is_custom = request["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|tool| tool["type"] == "custom" && tool["name"] == call.name.as_str());
        items.push(if is_custom { custom_call(index, &call.name) } else { function_call(index, call) });
    }
    items
}

fn reasoning(text: &str) -> Item {
    let id = "rs_fake000";
    let part = json!({"type": "summary_text", "text": text});
    let item = |summary: Value| json!({"id": id, "type": "reasoning", "summary": summary, "encrypted_content": null});
    let mut events = vec![json!({
        "type": "response.reasoning_summary_part.added", "summary_index": 0, "part": {"type": "summary_text", "text": ""},
    })];
    events.extend(words(text).map(
        |word| json!({"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": word}),
    ));
    events.push(json!({"type": "response.reasoning_summary_text.done", "summary_index": 0, "text": text}));
    events.push(json!({"type": "response.reasoning_summary_part.done", "summary_index": 0, "part": part}));
    Item { start: item(json!([])), events, whole: item(json!([part])) }
}

fn message(text: &str) -> Item {
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    let item = |status: &str, content: Value| json!({"id": "msg_fake000", "type": "message", "role": "assistant", "status": status, "content": content});
    let mut events =
        vec![json!({"type": "response.content_part.added", "content_index": 0, "part": part("")})];
    events.extend(words(text).map(|word| {
        json!({"type": "response.output_text.delta", "content_index": 0, "delta": word, "logprobs": []})
    }));
    events
        .push(json!({"type": "response.output_text.done", "content_index": 0, "text": text, "logprobs": []}));
    events.push(json!({"type": "response.content_part.done", "content_index": 0, "part": part(text)}));
    Item { start: item("in_progress", json!([])), events, whole: item("completed", json!([part(text)])) }
}

fn function_call(index: usize, call: &crate::ToolCall) -> Item {
    let arguments = call.arguments.to_string();
    let item = |status: &str, arguments: &str| {
        json!({
            "id": format!("fc_fake{index:03}"),
            "type": "function_call",
            "status": status,
            "call_id": format!("call_fake{index:03}"),
            "name": call.name,
            "arguments": arguments,
        })
    };
    let mut events: Vec<Value> = halves(&arguments)
        .iter()
        .map(|part| json!({"type": "response.function_call_arguments.delta", "delta": part}))
        .collect();
    events.push(
        json!({"type": "response.function_call_arguments.done", "arguments": arguments, "name": call.name}),
    );
    Item { start: item("in_progress", ""), events, whole: item("completed", &arguments) }
}

/// A tool that takes text takes this.
const CUSTOM_INPUT: &str = "*** Begin Patch\n*** End Patch\n";

fn custom_call(index: usize, name: &str) -> Item {
    let item = |status: &str, input: &str| {
        json!({
            "id": format!("ctc_fake{index:03}"),
            "type": "custom_tool_call",
            "status": status,
            "call_id": format!("call_fake{index:03}"),
            "name": name,
            "input": input,
        })
    };
    let events = vec![
        json!({"type": "response.custom_tool_call_input.delta", "delta": CUSTOM_INPUT}),
        json!({"type": "response.custom_tool_call_input.done", "input": CUSTOM_INPUT}),
    ];
    Item { start: item("in_progress", ""), events, whole: item("completed", CUSTOM_INPUT) }
}

fn response(request: &Value, status: &str, output: Value, usage: Value) -> Value {
    json!({
        "id": ID,
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": request["instructions"],
        "max_output_tokens": request["max_output_tokens"],
        "model": request["model"],
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null},
        "service_tier": "default",
        "store": true,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": request["tools"].as_array().cloned().unwrap_or_default(),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": null,
        "metadata": {},
    })
}

/// Cached tokens are among the input's.
fn usage(usage: Usage) -> Value {
    let input = usage.input + usage.cache_read + usage.cache_write;
    json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": input + usage.output,
    })
}
