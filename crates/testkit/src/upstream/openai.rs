//! OpenAI's chat completions, as its API reference documents them.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::events::data;
use crate::{Charge, Reply, Usage};

/// The moment every fake answer was made.
const CREATED: u64 = 1_700_000_000;
const ID: &str = "chatcmpl-fake000000000000000000";

/// What the provider refuses before it thinks.
pub fn check(body: &Value) -> Result<(), Refusal> {
    if !body["model"].is_string() {
        return Err(Refusal::about("model", "you must provide a model parameter"));
    }
    if !body["messages"].is_array() {
        return Err(Refusal::about("messages", "Missing required parameter: 'messages'."));
    }
    Ok(())
}

pub fn reply(request: &Value, reply: &Reply) -> Value {
    let content = if reply.tool_calls.is_empty() { json!(reply.text) } else { Value::Null };
    let mut message = json!({"role": "assistant", "content": content, "refusal": null, "annotations": []});
    if !reply.tool_calls.is_empty() {
        message["tool_calls"] = (0..reply.tool_calls.len()).map(|index| tool_call(reply, index)).collect();
    }
    json!({
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": request["model"],
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": finish_reason(reply),
        }],
        "usage": reply.with_charge(usage(reply.usage)),
        "service_tier": "default",
        "system_fingerprint": "fp_fake",
    })
}

/// Usage comes in a last chunk of its own, and only if the caller asked for it.
pub fn stream(request: &Value, reply: &Reply) -> Vec<Bytes> {
    let unasked = matches!(reply.charge, Some(Charge::Perplexity { .. }));
    let with_usage = unasked || request["stream_options"]["include_usage"] == true;
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": ID,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": request["model"],
            "service_tier": "default",
            "system_fingerprint": "fp_fake",
            "choices": choices,
        });
        if with_usage {
            chunk["usage"] = usage;
        }
        data(&chunk)
    };
    let delta = |delta: Value, finish: Value| {
        chunk(json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]), Value::Null)
    };
    let first_content = if reply.tool_calls.is_empty() { json!("") } else { Value::Null };
    let mut events =
        vec![delta(json!({"role": "assistant", "content": first_content, "refusal": null}), Value::Null)];
    if reply.tool_calls.is_empty() {
        events.extend(words(&reply.text).map(|word| delta(json!({"content": word}), Value::Null)));
    }
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let mut opening = tool_call(reply, index);
        opening["index"] = json!(index);
        opening["function"]["arguments"] = json!("");
        events.push(delta(json!({"tool_calls": [opening]}), Value::Null));
        for part in halves(&call.arguments.to_string()) {
            let part = json!({"index": index, "function": {"arguments": part}});
            events.push(delta(json!({"tool_calls": [part]}), Value::Null));
        }
    }
    let told = reply.with_charge(usage(reply.usage));
    if unasked {
        // With the end, not after it.
        let last =
            json!([{"index": 0, "delta": {}, "logprobs": null, "finish_reason": finish_reason(reply)}]);
        events.push(chunk(last, told));
    } else {
        events.push(delta(json!({}), json!(finish_reason(reply))));
        if with_usage {
            events.push(chunk(json!([]), told));
        }
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

/// The provider's error for a status; an own message replaces the usual one.
pub fn error(refusal: &Refusal, model: &str) -> Value {
    let (kind, code, usual) = match refusal.status {
        401 => (
            "invalid_request_error",
            Some("invalid_api_key"),
            "Incorrect API key provided: sk-fake.".to_owned(),
        ),
        403 => (
            "invalid_request_error",
            Some("unsupported_country_region_territory"),
            "Country, region, or territory not supported".to_owned(),
        ),
        404 if refusal.message.is_empty() => (
            "invalid_request_error",
            Some("model_not_found"),
            format!("The model `{model}` does not exist or you do not have access to it."),
        ),
        429 => (
            "requests",
            Some("rate_limit_exceeded"),
            format!(
                "Rate limit reached for {model} on requests per min (RPM): Limit 3, Used 3, Requested 1."
            ),
        ),
        500..=599 => {
            ("server_error", None, "The server had an error while processing your request.".to_owned())
        }
        _ => ("invalid_request_error", None, "The request is not valid.".to_owned()),
    };
    let message = if refusal.message.is_empty() { usual } else { refusal.message.clone() };
    json!({"error": {"message": message, "type": kind, "param": refusal.param, "code": code}})
}

/// Azure serves the same under other paths; the deployment in one of them is the model.
pub fn azure_path(path: &str) -> &str {
    match path {
        "/openai/v1/chat/completions" => "/v1/chat/completions",
        "/openai/v1/responses" | "/openai/responses" => "/v1/responses",
        path if path.starts_with("/openai/deployments/") && path.ends_with("/chat/completions") => {
            "/v1/chat/completions"
        }
        path => path,
    }
}

/// What the provider keeps: any response one asks for.
fn kept(method: &Method, path: &str) -> Option<Value> {
    let rest = path.strip_prefix("/v1/responses/")?;
    let response =
        |id: &str, status: &str| json!({"id": id, "object": "response", "status": status, "output": []});
    match (method, rest.split_once('/')) {
        (&Method::POST, None) if rest == "compact" => Some(json!({
            "id": "resp_compacted",
            "object": "response.compaction",
            "created_at": CREATED,
            "output": [{"type": "compaction", "id": "cmp_1", "encrypted_content": "c2VhbGVk"}],
            "usage": {"input_tokens": 20, "output_tokens": 21, "total_tokens": 41},
        })),
        (&Method::GET, None) => Some(response(rest, "completed")),
        (&Method::DELETE, None) => Some(json!({"id": rest, "object": "response", "deleted": true})),
        (&Method::POST, Some((id, "cancel"))) => Some(response(id, "cancelled")),
        (&Method::GET, Some((_, "input_items"))) => {
            Some(json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false}))
        }
        _ => None,
    }
}

pub fn other_route(method: &Method, path: &str) -> Option<Value> {
    // IBM's exchange of a key for a token, which ends in 2100.
    if (method, path) == (&Method::POST, "/identity/token") {
        return Some(
            json!({"access_token": "ibm-token", "token_type": "Bearer", "expiration": 4_102_444_800_u64}),
        );
    }
    if let Some(found) = kept(method, path) {
        return Some(found);
    }
    let path = if path == "/openai/v1/models" { "/v1/models" } else { path };
    let model = |id: &str| json!({"id": id, "object": "model", "created": CREATED, "owned_by": "fake"});
    if (method, path) == (&Method::POST, "/v1/embeddings") {
        return Some(json!({
            "object": "list",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5]}],
            "model": "fake-embedding",
            "usage": {"prompt_tokens": 8, "total_tokens": 8},
        }));
    }
    if method != Method::GET {
        return None;
    }
    if path == "/v1/models" {
        return Some(json!({"object": "list", "data": [model("fake-model"), model("gpt-4o-mini")]}));
    }
    path.strip_prefix("/v1/models/").map(model)
}

/// The tools' names, the forced one (empty: any), and whether a result is the last thing said.
pub fn tools(body: &Value) -> (Vec<String>, Option<String>, bool) {
    let names = body["tools"].as_array().into_iter().flatten();
    let names = names.filter_map(|tool| tool["function"]["name"].as_str().map(str::to_owned)).collect();
    let forced = match &body["tool_choice"] {
        // "any" is what providers that imitate OpenAI's API have called it.
        Value::String(choice) if choice == "required" || choice == "any" => Some(String::new()),
        choice => choice["function"]["name"].as_str().map(str::to_owned),
    };
    let answered =
        body["messages"].as_array().and_then(|all| all.last()).is_some_and(|last| last["role"] == "tool");
    (names, forced, answered)
}

/// Text in the pieces a provider would send: a word with the space before it.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    // A long text as few large pieces: it is long to test size, not the number of events.
    let size = (text.len() / 256).max(1);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let from = rest.ceil_char_boundary(size);
        let end = rest[from..].find(' ').map_or(rest.len(), |space| from + space);
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// JSON arguments in two fragments, neither of them JSON.
pub fn halves(arguments: &str) -> [&str; 2] {
    let middle = arguments.floor_char_boundary(arguments.len() / 2);
    let (first, second) = arguments.split_at(middle);
    [first, second]
}

fn tool_call(reply: &Reply, index: usize) -> Value {
    let call = &reply.tool_calls[index];
    json!({
        "id": format!("call_fake{index:03}"),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments.to_string()},
    })
}

fn finish_reason(reply: &Reply) -> &'static str {
    if reply.tool_calls.is_empty() { "stop" } else { "tool_calls" }
}

/// OpenAI counts cached tokens among the prompt's.
pub fn usage(usage: Usage) -> Value {
    let prompt = usage.input + usage.cache_read + usage.cache_write;
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": usage.output,
        "total_tokens": prompt + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
