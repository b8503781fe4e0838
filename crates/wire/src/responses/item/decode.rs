//! An item into a message of its own.

use serde_json::value::RawValue;

use super::super::{OWNER, names};
use super::part;
use super::{REDACTED, SIGNATURE};
use crate::canonical::{
    Content, Extra, Item, ItemKind, Message, Notation, Opaque, Part, PartKind, ReasoningNotation, Role,
    ToolCall, ToolResult,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

/// Items without which a conversation still makes sense to another model: what they led to is told in words.
const FLEETING: &[&str] = &[
    "web_search_call",
    "tool_search_call",
    "tool_search_output",
    TOOLS,
    "mcp_list_tools",
    "image_generation_call",
];

/// An item that is nothing but tools.
const TOOLS: &str = "additional_tools";

/// Whether an item of this type only tells what was on offer, or what a model did on its own.
pub(in super::super) fn is_offered(kind: &str) -> bool {
    FLEETING.contains(&kind)
}

/// Fails on what cannot be an item; whatever else is unusual is kept as it is.
pub(in super::super) fn decode(raw: &RawValue, place: &str) -> Result<Message, BadRequest> {
    let mut members = json::members(raw).ok_or_else(|| BadRequest::wrong_type(place, "an object"))?;
    let kind = members.text("type").map(String::from);
    let message = match kind.as_deref() {
        Some("message") => message(&mut members, place)?,
        None if members.get("role").is_some() => message(&mut members, place)?,
        Some("function_call" | "custom_tool_call") => call(&mut members, place)?,
        Some("function_call_output" | "custom_tool_call_output") => match output(&mut members, place)? {
            Some(message) => message,
            None => return Ok(unknown(raw, kind, place)),
        },
        Some("reasoning") => reasoning(&mut members),
        _ => return Ok(unknown(raw, kind, place)),
    };
    if kind.is_some() {
        members.take("type");
    }
    let mut message = message;
    place.clone_into(&mut message.item.place);
    message.item.kind = kind.map_or(ItemKind::Unnamed, ItemKind::Named);
    for key in ["id", "status", "phase"] {
        keep(&mut members, key, &mut message.item.members);
    }
    message.item.continues = message.role == Role::Assistant;
    message.extra.add("", OWNER, members);
    Ok(message)
}

/// An item of a reply, which is the model's own whatever it is.
pub(in super::super) fn part_of_reply(raw: &RawValue, place: &str) -> Result<Message, BadRequest> {
    let message = decode(raw, place)?;
    if message.role == Role::Assistant {
        return Ok(message);
    }
    let kind = json::members(raw).and_then(|members| members.text("type").map(String::from));
    Ok(unknown(raw, kind, place))
}

fn keep(members: &mut Members<'_>, key: &str, kept: &mut Extra) {
    if let Some(raw) = members.take(key) {
        kept.0.push(opaque(key, raw));
    }
}

fn opaque(kind: &str, raw: &RawValue) -> Opaque {
    Opaque { owner: OWNER, kind: kind.to_owned(), raw: raw.to_owned() }
}

fn new(role: Role, parts: Vec<Part>) -> Message {
    Message {
        role,
        content: Content { parts, notation: Notation::Parts },
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::default(),
    }
}

/// An item that is kept whole: as a part that means something, or beside the content if nobody else needs it.
fn unknown(raw: &RawValue, kind: Option<String>, place: &str) -> Message {
    let kind = kind.unwrap_or_else(|| "item_reference".to_owned());
    let whole = opaque(&kind, raw);
    let mut message = new(Role::Assistant, Vec::new());
    if kind == TOOLS {
        // They are offered to everyone, so that nothing is lost.
        message.item.members.0.push(whole);
    } else if is_offered(&kind) {
        message.extra.0.push(whole);
    } else {
        message.content.parts.push(Part::new(PartKind::Opaque(whole)));
    }
    place.clone_into(&mut message.item.place);
    message.item.kind = ItemKind::Named(kind);
    message.item.continues = true;
    message
}

fn required(members: &mut Members<'_>, key: &str, place: &str) -> Result<String, BadRequest> {
    let path = format!("{place}.{key}");
    match members.get(key) {
        None => Err(BadRequest::new("missing_field", &path, format!("`{path}` is required."))),
        Some(_) => members.take_as(key).ok_or_else(|| BadRequest::wrong_type(&path, "a string")),
    }
}

fn message(members: &mut Members<'_>, place: &str) -> Result<Message, BadRequest> {
    let name = required(members, "role", place)?;
    let role = match name.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => {
            let path = format!("{place}.role");
            let message = format!("`{path}`: messages of role `{name}` are not supported.");
            return Err(BadRequest::new("unsupported_value", &path, message));
        }
    };
    let content = members.take("content").and_then(|raw| part::content(raw, role));
    let content =
        content.ok_or_else(|| BadRequest::wrong_type(&format!("{place}.content"), "a string or an array"))?;
    let mut message = new(role, Vec::new());
    message.content = content;
    Ok(message)
}

fn call(members: &mut Members<'_>, place: &str) -> Result<Message, BadRequest> {
    let id = required(members, "call_id", place)?;
    let is_custom = members.text("type").as_deref() == Some("custom_tool_call");
    let mut kept = Extra::default();
    let namespace = members.text("namespace").map(String::from);
    if namespace.is_some() {
        keep(members, "namespace", &mut kept);
        // The part has it together with the group's.
        kept.0.extend(members.get("name").map(|raw| opaque("name", raw)));
    }
    let name = names::flat(namespace.as_deref(), &required(members, "name", place)?);
    let arguments = if is_custom {
        kept.0.extend(members.get("input").map(|raw| opaque("input", raw)));
        names::wrap(&required(members, "input", place)?)
    } else {
        required(members, "arguments", place)?
    };
    let part = Part::new(PartKind::ToolCall(ToolCall { id, name, arguments, signature: None }));
    let mut message = new(Role::Assistant, vec![part]);
    message.item.members = kept;
    Ok(message)
}

/// `None` if the output is neither text nor parts.
fn output(members: &mut Members<'_>, place: &str) -> Result<Option<Message>, BadRequest> {
    let call_id = required(members, "call_id", place)?;
    let Some(content) = members.take("output").and_then(|raw| part::content(raw, Role::Tool)) else {
        return Ok(None);
    };
    let result = ToolResult { call_id, content, is_error: None };
    let mut message = new(Role::Tool, vec![Part::new(PartKind::ToolResult(result))]);
    for key in ["name", "namespace"] {
        keep(members, key, &mut message.item.members);
    }
    Ok(Some(message))
}

/// The thought itself if it is told, else the summary of it. What is encrypted means something to its owner only,
/// unless it was put there by a translation from another format.
fn reasoning(members: &mut Members<'_>) -> Message {
    let texts = |members: &Members<'_>, key: &str| -> Vec<String> {
        let parts = members.get(key).and_then(json::elements).unwrap_or_default();
        parts.into_iter().filter_map(|part| json::members(part)?.text("text").map(String::from)).collect()
    };
    let mut thoughts = texts(members, "content");
    if thoughts.is_empty() {
        thoughts = texts(members, "summary");
    }
    let text = thoughts.join("\n\n");
    let sealed = members.text("encrypted_content").unwrap_or_default().into_owned();
    let signature = sealed.strip_prefix(SIGNATURE).map(str::to_owned);
    let redacted = sealed.strip_prefix(REDACTED).map(str::to_owned);
    let mut message = new(Role::Assistant, Vec::new());
    for key in ["summary", "content"] {
        keep(members, key, &mut message.item.members);
    }
    if signature.is_some() || redacted.is_some() {
        keep(members, "encrypted_content", &mut message.item.members);
    }
    if let Some(data) = redacted {
        message.content.parts.push(Part::new(PartKind::RedactedThinking(data)));
    } else if !text.is_empty() || signature.is_some() {
        message.content.parts.push(Part::new(PartKind::Thinking { text, signature }));
    }
    message
}
