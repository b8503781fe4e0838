//! A chat message into the canonical model.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::part;
use crate::canonical::{
    Content, Extra, Item, Message, Notation, Opaque, Part, PartKind, ReasoningNotation, Role, ToolCall,
    ToolResult,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

/// Members that hold an assistant's reasoning as plain text, by provider.
const REASONING_MEMBERS: [&str; 2] = ["reasoning_content", "reasoning"];

/// Fails on what cannot be a message; whatever else is unusual is kept as it is.
pub(in super::super) fn decode(raw: &RawValue, path: &str) -> Result<Message, BadRequest> {
    let mut members = json::members(raw).ok_or_else(|| BadRequest::wrong_type(path, "an object"))?;
    let role_path = format!("{path}.role");
    let name: String =
        members.take_as("role").ok_or_else(|| BadRequest::wrong_type(&role_path, "a string"))?;
    let role = match name.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => {
            let message = format!("`{role_path}`: messages of role `{name}` are not supported.");
            return Err(BadRequest::new("unsupported_value", &role_path, message));
        }
    };
    let mut content = take_content(&mut members, path)?;
    let mut reasoning = ReasoningNotation::default();
    if role == Role::Tool {
        let id = members.take_as("tool_call_id").ok_or_else(|| {
            let path = format!("{path}.tool_call_id");
            BadRequest::new("missing_field", &path, format!("`{path}` is required."))
        })?;
        let result = ToolResult { call_id: id, content, is_error: None };
        content = Content { parts: vec![Part::new(PartKind::ToolResult(result))], notation: Notation::Parts };
    } else if role == Role::Assistant {
        let thinking = take_reasoning(&mut members, &mut reasoning);
        content.parts.splice(0..0, thinking);
        // Beside the content, unless that has parts of its own, among which it would look like one.
        if content.notation != Notation::Parts
            && let Some(refusal) = members.take_as("refusal")
        {
            content.parts.push(Part::new(PartKind::Refusal(refusal)));
        }
        if let Some(calls) = members.get("tool_calls").and_then(json::elements)
            && !calls.is_empty()
        {
            members.take("tool_calls");
            content.parts.extend(calls.into_iter().map(tool_call));
        }
    }
    Ok(Message { role, content, reasoning, item: Item::default(), extra: Extra::rest(OWNER, members) })
}

fn take_content(members: &mut Members<'_>, path: &str) -> Result<Content, BadRequest> {
    let at = members.0.iter().position(|(key, _)| key == "content");
    let Some(at) = at else { return Ok(Content { parts: Vec::new(), notation: Notation::Absent }) };
    let (_, raw) = members.0.remove(at);
    if json::is_null(raw) {
        return Ok(Content { parts: Vec::new(), notation: Notation::Null });
    }
    part::content(raw)
        .ok_or_else(|| BadRequest::wrong_type(&format!("{path}.content"), "a string or an array"))
}

/// Signed blocks if there are some, else the plain text. A plain copy of the blocks' text is not kept twice.
fn take_reasoning(members: &mut Members<'_>, notation: &mut ReasoningNotation) -> Vec<Part> {
    let mut parts = take_blocks(members).unwrap_or_default();
    notation.blocks = !parts.is_empty();
    let all: String = parts
        .iter()
        .filter_map(|part| match &part.kind {
            PartKind::Thinking { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    for member in REASONING_MEMBERS {
        let Some(text) = members.text(member) else { continue };
        if notation.blocks && text != all {
            continue;
        }
        if !notation.blocks {
            parts.push(Part::new(PartKind::Thinking { text: text.into_owned(), signature: None }));
        }
        members.take(member);
        notation.text_member = Some(member.to_owned());
        break;
    }
    parts
}

/// `thinking_blocks`: the messages format's blocks, as gateways pass them through chat.
fn take_blocks(members: &mut Members<'_>) -> Option<Vec<Part>> {
    let blocks = json::elements(members.get("thinking_blocks")?)?;
    let parts = blocks
        .into_iter()
        .map(|block| {
            let mut block = json::members(block)?;
            // Left over from the deltas that a client put together.
            block.take_as::<u64>("index");
            let kind = match block.take_as::<String>("type")?.as_str() {
                "thinking" => PartKind::Thinking {
                    text: block.take_as("thinking")?,
                    signature: block.take_as("signature"),
                },
                "redacted_thinking" => PartKind::RedactedThinking(block.take_as("data")?),
                _ => return None,
            };
            block.0.is_empty().then(|| Part::new(kind))
        })
        .collect::<Option<Vec<Part>>>()?;
    members.take("thinking_blocks");
    Some(parts)
}

/// The kind under which calls are kept that are not calls of a function.
pub(super) const FOREIGN_CALL: &str = "tool_calls";

fn tool_call(raw: &RawValue) -> Part {
    known_call(raw).unwrap_or_else(|| {
        let opaque = Opaque { owner: OWNER, kind: FOREIGN_CALL.to_owned(), raw: raw.to_owned() };
        Part::new(PartKind::Opaque(opaque))
    })
}

/// Where Google's own chat endpoint, and clients made for it, keep the signature of a call. Anything else there stays.
pub(in super::super) fn take_signature(call: &mut Members<'_>) -> Option<String> {
    let mut content = json::members(call.get("extra_content")?)?;
    let mut google = json::members(content.take("google")?)?;
    let signature = google.take_as("thought_signature")?;
    if !content.0.is_empty() || !google.0.is_empty() {
        return None;
    }
    call.take("extra_content");
    Some(signature)
}

fn known_call(raw: &RawValue) -> Option<Part> {
    let mut call = json::members(raw)?;
    if call.take_as::<String>("type").is_some_and(|kind| kind != "function") {
        return None;
    }
    let mut function = json::members(call.take("function")?)?;
    let arguments = function.take_as("arguments")?;
    let name = function.take_as("name")?;
    if !function.0.is_empty() {
        return None;
    }
    let signature = take_signature(&mut call);
    let kind = PartKind::ToolCall(ToolCall { id: call.take_as("id")?, name, arguments, signature });
    Some(Part { kind, cache: None, extra: Extra::rest(OWNER, call) })
}
