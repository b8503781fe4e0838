//! AWS Bedrock's runtime, as its API reference documents it: Converse, and Claude through InvokeModel. Streams are binary
//! messages; `signature` checks how requests are signed.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::base64;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::events::Odd;
use super::openai::{halves, words};
use super::{Dialect, Recorded, anthropic};
use crate::{Reply, Usage};

mod signature;

pub const STREAM_TYPE: &str = "application/vnd.amazon.eventstream";

const SIGNATURE: &str = "RmFrZVNpZ25hdHVyZQ==";
/// Every message is filled up by some letters, so that its length tells nothing.
const PADDING: &str = "abcdefghijklmnop";

/// The dialect, the model and the wish for a stream, of a path that calls a model.
pub fn called(path: &str) -> Option<(Dialect, String, bool)> {
    let (model, operation) = path.strip_prefix("/model/")?.split_once('/')?;
    let (dialect, stream) = match operation {
        "converse" => (Dialect::Bedrock, false),
        "converse-stream" => (Dialect::Bedrock, true),
        "invoke" => (Dialect::BedrockClaude, false),
        "invoke-with-response-stream" => (Dialect::BedrockClaude, true),
        _ => return None,
    };
    Some((dialect, percent_decode_str(model).decode_utf8().ok()?.into_owned(), stream))
}

/// A bearer token, or a signature made with the key as the secret.
pub fn check_key(request: &Recorded, key: &str) -> Result<(), Refusal> {
    match request.header("authorization").strip_prefix("Bearer ") {
        Some(token) if token == key => Ok(()),
        Some(_) => Err(Refusal::new(403, "Authentication failed: Please make sure your API Key is valid.")),
        None => signature::check(request, key).map_err(|problem| Refusal::new(403, problem)),
    }
}

/// What the provider refuses before it thinks.
pub fn check(body: &Value) -> Result<(), Refusal> {
    let Some(turns) = body["messages"].as_array().filter(|turns| !turns.is_empty()) else {
        return Err(Refusal::new(400, "A conversation must start with a user message."));
    };
    let mut before = &Value::Null;
    for (at, turn) in turns.iter().enumerate() {
        let (role, content) = (&turn["role"], turn["content"].as_array());
        if at == 0 && role != "user" {
            return Err(Refusal::new(400, "A conversation must start with a user message."));
        }
        if role == before {
            let message = "A conversation must alternate between user and assistant roles.";
            return Err(Refusal::new(400, message));
        }
        if content.is_none_or(Vec::is_empty) {
            return Err(Refusal::new(
                400,
                format!("The content field in the Message object at messages.{at} is empty."),
            ));
        }
        for (block, content) in content.into_iter().flatten().enumerate() {
            if content["text"].as_str().is_some_and(|text| text.trim().is_empty()) {
                let place = format!("messages.{at}.content.{block}");
                let message = format!("The text field in the ContentBlock object at {place} is blank.");
                return Err(Refusal::new(400, message));
            }
            let is_tool = content["toolUse"].is_object() || content["toolResult"].is_object();
            if is_tool && !body["toolConfig"].is_object() {
                let message =
                    "The toolConfig field must be defined when using toolUse and toolResult content blocks.";
                return Err(Refusal::new(400, message));
            }
        }
        before = role;
    }
    Ok(())
}

/// The same for Claude's own format, of which model and stream flag are no part here.
pub fn check_claude(body: &Value) -> Result<(), Refusal> {
    for extraneous in ["model", "stream"] {
        if body.get(extraneous).is_some() {
            let message =
                format!("Malformed input request: #: extraneous key [{extraneous}] is not permitted");
            return Err(Refusal::new(400, message));
        }
    }
    for (field, right) in [
        ("anthropic_version", body["anthropic_version"] == "bedrock-2023-05-31"),
        ("messages", body["messages"].is_array()),
        ("max_tokens", body["max_tokens"].is_u64()),
    ] {
        if !right {
            return Err(Refusal::new(400, format!("{field}: Field required")));
        }
    }
    Ok(())
}

pub fn reply(reply: &Reply) -> Value {
    let content: Vec<Value> = blocks(reply).into_iter().map(|block| block.whole).collect();
    json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop_reason(reply),
        "usage": usage(reply.usage),
        "metrics": {"latencyMs": 123},
    })
}

/// What was used comes after the reason for the end.
pub fn stream(reply: &Reply) -> Vec<Bytes> {
    let mut events = vec![event("messageStart", json!({"role": "assistant"}))];
    for (index, block) in blocks(reply).into_iter().enumerate() {
        let of_block = |member: &str, value: Value| json!({member: value, "contentBlockIndex": index});
        // Only calls announce themselves.
        events.extend(block.start.map(|start| event("contentBlockStart", of_block("start", start))));
        for delta in block.deltas {
            events.push(event("contentBlockDelta", of_block("delta", delta)));
        }
        events.push(event("contentBlockStop", json!({"contentBlockIndex": index})));
    }
    events.push(event("messageStop", json!({"stopReason": stop_reason(reply)})));
    events.push(event("metadata", json!({"usage": usage(reply.usage), "metrics": {"latencyMs": 123}})));
    events
}

/// Claude's own events, each in base64 in a message.
pub fn claude_stream(request: &Value, reply: &Reply) -> Vec<Bytes> {
    let events = anthropic::stream(request, reply);
    let text = events.iter().filter_map(|event| std::str::from_utf8(event).ok());
    let data = text.filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
    let parsed = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let chunks = parsed.filter(|event| event["type"] != "ping").map(|mut event| {
        if event["type"] == "message_stop" {
            event["amazon-bedrock-invocationMetrics"] = json!({
                "inputTokenCount": reply.usage.input,
                "outputTokenCount": reply.usage.output,
                "invocationLatency": 123,
                "firstByteLatency": 45,
            });
        }
        chunk(event.to_string().as_bytes())
    });
    chunks.collect()
}

pub fn odd(dialect: Dialect) -> Odd {
    let message = json!({"message": "The system encountered an unexpected error during processing."});
    let error = message_of("exception", "internalServerException", message.to_string().into_bytes());
    if dialect == Dialect::BedrockClaude {
        return Odd {
            error,
            broken: chunk(b"{\"this is\": not json"),
            invalid: chunk(b"{\"broken\":\"\xff\xfe\"}"),
        };
    }
    Odd {
        error,
        broken: message_of("event", "contentBlockDelta", b"{\"this is\": not json".to_vec()),
        invalid: message_of("event", "contentBlockDelta", b"{\"broken\":\"\xff\xfe\"}".to_vec()),
    }
}

/// The provider's error for a status; an own message replaces the usual one.
pub fn error(refusal: &Refusal) -> Value {
    let usual = match refusal.status {
        400 => "The request is not valid.",
        401 | 403 => {
            "User: arn:aws:iam::123456789012:user/fake is not authorized to perform: bedrock:InvokeModel"
        }
        404 => "Could not resolve the foundation model from the provided model identifier.",
        408 => "Model has timed out in processing the request. Try your request again.",
        424 => "The model has returned an error.",
        429 => "Too many requests, please wait before trying again.",
        503 => "Bedrock is unable to process your request.",
        _ => "The system encountered an unexpected error during processing. Try your request again.",
    };
    json!({"message": if refusal.message.is_empty() { usual } else { &refusal.message }})
}

/// The kind of an error, which is told in a header only.
pub fn error_type(status: u16) -> &'static str {
    match status {
        400 => "ValidationException",
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        _ => "InternalServerException",
    }
}

/// The tools' names, the forced one (empty: any), and whether a result is the last thing said.
pub fn tools(body: &Value) -> (Vec<String>, Option<String>, bool) {
    let config = &body["toolConfig"];
    let names = config["tools"].as_array().into_iter().flatten();
    let names = names.filter_map(|tool| tool["toolSpec"]["name"].as_str().map(str::to_owned)).collect();
    let forced = match &config["toolChoice"] {
        choice if choice["any"].is_object() => Some(String::new()),
        choice => choice["tool"]["name"].as_str().map(str::to_owned),
    };
    let last = body["messages"].as_array().and_then(|all| all.last());
    let mut blocks = last.and_then(|last| last["content"].as_array()).into_iter().flatten();
    let answered = blocks.any(|block| block["toolResult"].is_object());
    (names, forced, answered)
}

/// A content block, whole and in the pieces of a stream.
struct Block {
    whole: Value,
    start: Option<Value>,
    deltas: Vec<Value>,
}

fn blocks(reply: &Reply) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(reasoning) = &reply.reasoning {
        let thinking = words(reasoning).map(|word| json!({"reasoningContent": {"text": word}}));
        let signed = std::iter::once(json!({"reasoningContent": {"signature": SIGNATURE}}));
        let thought = json!({"text": reasoning, "signature": SIGNATURE});
        blocks.push(Block {
            whole: json!({"reasoningContent": {"reasoningText": thought}}),
            start: None,
            deltas: thinking.chain(signed).collect(),
        });
    }
    if !reply.text.is_empty() {
        blocks.push(Block {
            whole: json!({"text": reply.text}),
            start: None,
            deltas: words(&reply.text).map(|word| json!({"text": word})).collect(),
        });
    }
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let id = format!("tooluse_fake{index:03}");
        let fragments = halves(&call.arguments.to_string()).map(|part| json!({"toolUse": {"input": part}}));
        blocks.push(Block {
            whole: json!({"toolUse": {"toolUseId": id, "name": call.name, "input": call.arguments}}),
            start: Some(json!({"toolUse": {"toolUseId": id, "name": call.name}})),
            deltas: fragments.to_vec(),
        });
    }
    blocks
}

fn stop_reason(reply: &Reply) -> &'static str {
    if reply.tool_calls.is_empty() { "end_turn" } else { "tool_use" }
}

/// Cached tokens are counted apart from `inputTokens`, reasoning among the output's.
fn usage(usage: Usage) -> Value {
    json!({
        "inputTokens": usage.input,
        "outputTokens": usage.output,
        "totalTokens": usage.input + usage.cache_read + usage.cache_write + usage.output,
        "cacheReadInputTokens": usage.cache_read,
        "cacheWriteInputTokens": usage.cache_write,
    })
}

fn event(name: &str, mut data: Value) -> Bytes {
    data["p"] = json!(PADDING[..name.len() % PADDING.len()]);
    message_of("event", name, data.to_string().into_bytes())
}

fn chunk(event: &[u8]) -> Bytes {
    let data = json!({"bytes": base64::encode(event), "p": PADDING[..event.len() % PADDING.len()]});
    message_of("event", "chunk", data.to_string().into_bytes())
}

fn message_of(kind: &str, name: &str, payload: Vec<u8>) -> Bytes {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Message::new(payload)
        .add_header(Header::new(format!(":{kind}-type"), text(name)))
        .add_header(Header::new(":content-type", text("application/json")))
        .add_header(Header::new(":message-type", text(kind)));
    let mut out = Vec::new();
    write_message_to(&message, &mut out).expect("a small message");
    Bytes::from(out)
}
