//! A message into the canonical model.
//!
//! The plan before calls of tools is a text that this format keeps beside the content; to others it is what the
//! assistant said before it called them.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::citations;
use super::part;
use crate::canonical::{
    Content, Extra, Item, Message, Notation, Opaque, Part, PartKind, ReasoningNotation, Role, ToolCall,
    ToolResult,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

/// Notes that a text is the plan.
pub(super) const PLAN: &str = "tool_plan";
/// The kind under which calls are kept that are not calls of a function.
pub(super) const FOREIGN_CALL: &str = "tool_calls";

/// Fails on what cannot be a message; whatever else is unusual is kept as it is.
pub(in super::super) fn decode(raw: &RawValue, path: &str) -> Result<Message, BadRequest> {
    let mut members = json::members(raw).ok_or_else(|| BadRequest::wrong_type(path, "an object"))?;
    let role_path = format!("{path}.role");
    let name: String =
        members.take_as("role").ok_or_else(|| BadRequest::wrong_type(&role_path, "a string"))?;
    let role = match name.as_str() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => {
            let message = format!("`{role_path}`: messages of role `{name}` are not supported.");
            return Err(BadRequest::new("unsupported_value", &role_path, message));
        }
    };
    let mut content = take_content(&mut members, path)?;
    let mut extra = Extra::default();
    if role == Role::Tool {
        let call_id = members.take_as("tool_call_id").ok_or_else(|| {
            let path = format!("{path}.tool_call_id");
            BadRequest::new("missing_field", &path, format!("`{path}` is required."))
        })?;
        let result = ToolResult { call_id, content, is_error: None };
        content = Content { parts: vec![Part::new(PartKind::ToolResult(result))], notation: Notation::Parts };
    } else if role == Role::Assistant {
        // An empty one stays where it is.
        let plan = members.text(PLAN).filter(|plan| !plan.is_empty()).map(String::from);
        if let Some(plan) = plan {
            let mut part = Part::text(plan);
            part.extra.note(OWNER, PLAN, RawValue::TRUE);
            content.parts.push(part);
            members.take(PLAN);
        }
        if let Some(raw) = members.get("citations")
            && let Some(list) = json::elements(raw).filter(|list| !list.is_empty())
        {
            citations::attach(&list, &mut content.parts);
            extra.note(OWNER, "citations", raw);
            members.take("citations");
        }
        let calls = members.get("tool_calls").and_then(json::elements).filter(|calls| !calls.is_empty());
        if let Some(calls) = calls {
            members.take("tool_calls");
            content.parts.extend(calls.into_iter().map(call_part));
        }
    }
    extra.add("", OWNER, members);
    Ok(Message { role, content, reasoning: ReasoningNotation::default(), item: Item::default(), extra })
}

fn take_content(members: &mut Members<'_>, path: &str) -> Result<Content, BadRequest> {
    let at = members.0.iter().position(|(key, _)| key == "content");
    let Some(at) = at else { return Ok(Content { parts: Vec::new(), notation: Notation::Absent }) };
    let (_, raw) = members.0.remove(at);
    if json::is_null(raw) {
        return Ok(Content { parts: Vec::new(), notation: Notation::Null });
    }
    if let Some(text) = json::string(raw) {
        return Ok(Content { parts: vec![Part::text(text)], notation: Notation::Text });
    }
    let parts = json::elements(raw)
        .ok_or_else(|| BadRequest::wrong_type(&format!("{path}.content"), "a string or an array"))?;
    Ok(Content { parts: parts.into_iter().map(part::decode).collect(), notation: Notation::Parts })
}

/// What a document says: a text, or an object with members of any names.
pub(in super::super) fn shown(data: &RawValue) -> String {
    json::string(data).map_or_else(|| data.get().to_owned(), String::from)
}

fn call_part(raw: &RawValue) -> Part {
    tool_call(raw).unwrap_or_else(|| {
        let opaque = Opaque { owner: OWNER, kind: FOREIGN_CALL.to_owned(), raw: raw.to_owned() };
        Part::new(PartKind::Opaque(opaque))
    })
}

fn tool_call(raw: &RawValue) -> Option<Part> {
    let mut call = json::members(raw)?;
    if call.take_as::<String>("type").is_some_and(|kind| kind != "function") {
        return None;
    }
    let mut function = json::members(call.take("function")?)?;
    let name = function.take_as("name")?;
    let arguments = function.take_as("arguments")?;
    if !function.0.is_empty() {
        return None;
    }
    let kind = PartKind::ToolCall(ToolCall { id: call.take_as("id")?, name, arguments, signature: None });
    Some(Part { kind, cache: None, extra: Extra::rest(OWNER, call) })
}
