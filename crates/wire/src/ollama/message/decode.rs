//! A message into the canonical model.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::calls::Calls;
use super::super::content::{drop_silence, take_images, take_text, take_turn};
use super::super::notes::note_text;
use crate::canonical::{
    Content, Extra, Item, Message, Notation, Part, PartKind, ReasoningNotation, Role, ToolResult,
};
use crate::envelope::BadRequest;
use crate::json;

/// Fails on what cannot be a message; whatever else is unusual is kept as it is.
pub(in super::super) fn decode(raw: &RawValue, path: &str, calls: &mut Calls) -> Result<Message, BadRequest> {
    let mut members = json::members(raw).ok_or_else(|| BadRequest::wrong_type(path, "an object"))?;
    let mut extra = Extra::default();
    let role_path = format!("{path}.role");
    let name: String =
        members.take_as("role").ok_or_else(|| BadRequest::wrong_type(&role_path, "a string"))?;
    // Ollama reads it in any case.
    let role = match name.to_ascii_lowercase().as_str() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => {
            let message = format!("`{role_path}`: messages of role `{name}` are not supported.");
            return Err(BadRequest::new("unsupported_value", &role_path, message));
        }
    };
    note_text(&mut extra, "role", &name);
    let mut content = take_text(&mut members, "content", &format!("{path}."))?;
    take_images(&mut members, &mut content);
    if role == Role::Assistant {
        take_turn(&mut members, &mut content, calls);
    }
    drop_silence(&mut content);
    if role == Role::Tool {
        // Older clients say nothing about which call it answers.
        let mut stated = |member: &str| {
            let text: Option<String> = members.take_as(member);
            if let Some(text) = &text {
                note_text(&mut extra, member, text);
            }
            text.filter(|text| !text.is_empty())
        };
        let (id, name) = (stated("tool_call_id"), stated("tool_name"));
        let call_id = calls.answer(id.as_deref(), name.as_deref());
        let result = ToolResult { call_id, content, is_error: None };
        content = Content { parts: vec![Part::new(PartKind::ToolResult(result))], notation: Notation::Parts };
    }
    extra.add("", OWNER, members);
    Ok(Message { role, content, reasoning: ReasoningNotation::default(), item: Item::default(), extra })
}
