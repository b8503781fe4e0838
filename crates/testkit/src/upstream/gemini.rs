//! Google's Gemini API, as its API reference documents it.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::events::data;
use super::openai::words;
use crate::{Reply, Usage};

const ID: &str = "fakeResponseId0000";
const SIGNATURE: &str = "RmFrZVRob3VnaHRTaWduYXR1cmU=";

/// Model and wish for a stream, of a path that asks for content.
pub fn called(path: &str) -> Option<(&str, bool)> {
    let of_cloud = || path.split_once("/publishers/google/models/").map(|(_, rest)| rest);
    let rest = path.strip_prefix("/v1beta/models/").or_else(|| path.strip_prefix("/v1/models/"));
    let rest = rest.or_else(of_cloud)?;
    match rest.rsplit_once(':')? {
        (model, "generateContent") => Some((model, false)),
        (model, "streamGenerateContent") => Some((model, true)),
        _ => None,
    }
}

/// What the provider refuses before it thinks.
pub fn check(body: &Value) -> Result<(), Refusal> {
    if body["contents"].as_array().is_none_or(Vec::is_empty) {
        return Err(Refusal::new(400, "* GenerateContentRequest.contents: contents is not specified\n"));
    }
    Ok(())
}

pub fn reply(request: &Value, reply: &Reply) -> Value {
    chunk(request, parts(reply), Some("STOP"), reply.with_charge(usage(reply.usage)))
}

/// Chunks are whole answers in small; there is no end marker.
pub fn stream(request: &Value, reply: &Reply) -> Vec<Bytes> {
    let mut pieces: Vec<Value> = Vec::new();
    for part in parts(reply) {
        match part["text"].as_str() {
            Some(text) => pieces.extend(words(text).map(|word| {
                let mut piece = part.clone();
                piece["text"] = json!(word);
                piece
            })),
            None => pieces.push(part),
        }
    }
    let last = pieces.len().saturating_sub(1);
    let chunks = pieces.into_iter().enumerate().map(|(index, piece)| {
        data(&chunk(
            request,
            vec![piece],
            (index == last).then_some("STOP"),
            reply.with_charge(usage(reply.usage)),
        ))
    });
    chunks.collect()
}

/// The provider's error for a status; an own message replaces the usual one.
pub fn error(refusal: &Refusal, model: &str) -> Value {
    let (status, usual) = match refusal.status {
        400 => ("INVALID_ARGUMENT", "Request contains an invalid argument.".to_owned()),
        401 => ("UNAUTHENTICATED", "API key not valid. Please pass a valid API key.".to_owned()),
        403 => ("PERMISSION_DENIED", "Permission denied on the resource.".to_owned()),
        404 => ("NOT_FOUND", format!("models/{model} is not found for API version v1beta")),
        429 => ("RESOURCE_EXHAUSTED", "You exceeded your current quota.".to_owned()),
        503 => ("UNAVAILABLE", "The model is overloaded. Please try again later.".to_owned()),
        504 => ("DEADLINE_EXCEEDED", "The request timed out.".to_owned()),
        _ => ("INTERNAL", "An internal error has occurred.".to_owned()),
    };
    let message = if refusal.message.is_empty() { usual } else { refusal.message.clone() };
    let retry = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"});
    let details = if refusal.status == 429 { json!([retry]) } else { json!([]) };
    json!({"error": {"code": refusal.status, "message": message, "status": status, "details": details}})
}

pub fn other_route(method: &Method, path: &str) -> Option<Value> {
    let model = |id: &str| {
        json!({
            "name": format!("models/{id}"),
            "displayName": id,
            "inputTokenLimit": 1_048_576,
            "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        })
    };
    let path = path.strip_prefix("/v1beta").or_else(|| path.strip_prefix("/v1"))?;
    if method == Method::POST && path.ends_with(":countTokens") {
        return Some(
            json!({"totalTokens": 42, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 42}]}),
        );
    }
    if method != Method::GET {
        return None;
    }
    match path {
        "/models" => Some(json!({"models": [model("gemini-2.5-pro"), model("fake-gemini")]})),
        // The list of the interface that imitates OpenAI's.
        "/openai/models" => {
            Some(json!({"object": "list", "data": [{"id": "models/gemini-2.5-pro", "object": "model"}]}))
        }
        _ => path.strip_prefix("/models/").map(model),
    }
}

/// The tools' names, the forced one (empty: any), and whether a result is the last thing said.
pub fn tools(body: &Value) -> (Vec<String>, Option<String>, bool) {
    let declared = body["tools"].as_array().into_iter().flatten();
    let declared = declared.flat_map(|tool| tool["functionDeclarations"].as_array().into_iter().flatten());
    let names = declared.filter_map(|function| function["name"].as_str().map(str::to_owned)).collect();
    let config = &body["toolConfig"]["functionCallingConfig"];
    let forced = (config["mode"] == "ANY")
        .then(|| config["allowedFunctionNames"][0].as_str().unwrap_or_default().to_owned());
    let last = body["contents"].as_array().and_then(|all| all.last());
    let mut parts = last.and_then(|last| last["parts"].as_array()).into_iter().flatten();
    let answered = parts.any(|part| part["functionResponse"].is_object());
    (names, forced, answered)
}

fn parts(reply: &Reply) -> Vec<Value> {
    let mut parts = Vec::new();
    if let Some(text) = &reply.reasoning {
        parts.push(json!({"text": text, "thought": true}));
    }
    if reply.tool_calls.is_empty() {
        parts.push(json!({"text": reply.text}));
    }
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let mut part = json!({"functionCall": {"name": call.name, "args": call.arguments}});
        if index == 0 {
            part["thoughtSignature"] = json!(SIGNATURE);
        }
        parts.push(part);
    }
    parts
}

fn chunk(request: &Value, parts: Vec<Value>, finish: Option<&str>, usage: Value) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish);
    }
    json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": request["model"], "responseId": ID})
}

/// Thoughts are counted apart from the candidates, cached tokens among the prompt's.
fn usage(usage: Usage) -> Value {
    let prompt = usage.input + usage.cache_read + usage.cache_write;
    let mut counted = json!({
        "promptTokenCount": prompt,
        "candidatesTokenCount": usage.output - usage.reasoning,
        "totalTokenCount": prompt + usage.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    });
    if usage.cache_read > 0 {
        counted["cachedContentTokenCount"] = json!(usage.cache_read);
    }
    if usage.reasoning > 0 {
        counted["thoughtsTokenCount"] = json!(usage.reasoning);
    }
    counted
}
