//! Messages, and the turns this format wants them in.
//!
//! Other formats give every tool result a message of its own; here the results of one turn's calls must stand
//! together in the next user message, before anything else the user says.

use std::collections::HashSet;

use super::super::{OWNER, content};
use crate::canonical::{Content, Encoding, Message, Notation, Part, PartKind, Role};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

/// One message each, as they were.
pub(super) fn encode_own(messages: &[Message], to: &mut Encoding) -> Result<String, BadRequest> {
    let mut out = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let path = format!("messages[{index}]");
        let Message { role, content, reasoning: _, item: _, extra } = message;
        let mut writer = ObjectWriter::new();
        writer.string("role", role_name(*role)).raw("content", &encode_content(content, &path, to)?);
        extra.write(OWNER, &mut writer, &path, &mut to.loss);
        out.push(writer.finish());
    }
    Ok(array(out))
}

/// A content in its own notation.
pub(super) fn encode_content(content: &Content, path: &str, to: &mut Encoding) -> Result<String, BadRequest> {
    if let (Notation::Text, [Part { kind: PartKind::Text { text, .. }, .. }]) =
        (content.notation, content.parts.as_slice())
    {
        return Ok(crate::json::quote(text));
    }
    let mut blocks = Vec::with_capacity(content.parts.len());
    for (index, part) in content.parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        blocks.extend(content::encode_signature(part, &at, to));
        blocks.extend(content::encode(part, &at, to)?);
    }
    Ok(array(blocks))
}

/// Instructions at the beginning, and the turns that follow.
pub(super) struct Turns {
    pub system: Option<String>,
    pub messages: String,
}

struct Turn {
    role: Role,
    blocks: Vec<String>,
    /// The one text, if the content is nothing else.
    text: Option<String>,
    /// Tool results came last: a user's words may join them.
    is_open: bool,
}

/// Messages of another format, regrouped.
pub(super) fn encode_foreign(
    instructions: Option<&Content>,
    messages: &[Message],
    inner_system: bool,
    to: &mut Encoding,
) -> Result<Turns, BadRequest> {
    let mut system = Turn { role: Role::System, blocks: Vec::new(), text: None, is_open: false };
    if let Some(content) = instructions {
        for (index, part) in content.parts.iter().enumerate() {
            system.blocks.extend(content::encode(part, &format!("system[{index}]"), to)?);
        }
        system.text = plain_text(&content.parts);
    }
    let mut turns: Vec<Turn> = Vec::new();
    let mut calls: HashSet<&str> = HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        let path = message.place(index);
        let Message { role, content, reasoning: _, item: _, extra } = message;
        let mut unused = ObjectWriter::new();
        extra.write(OWNER, &mut unused, &path, &mut to.loss);
        let mut blocks = Vec::with_capacity(content.parts.len());
        for (part_index, part) in content.parts.iter().enumerate() {
            let at = format!("{path}.content[{part_index}]");
            match &part.kind {
                PartKind::ToolCall(call) => {
                    calls.insert(&call.id);
                }
                // The result of a call that was dropped would be refused.
                PartKind::ToolResult(result) if to.lenient && !calls.contains(result.call_id.as_str()) => {
                    to.loss.add(at);
                    continue;
                }
                _ => {}
            }
            blocks.extend(content::encode_signature(part, &at, to));
            blocks.extend(content::encode(part, &at, to)?);
        }
        if blocks.is_empty() {
            continue;
        }
        let text = plain_text(&content.parts);
        let is_instruction = matches!(role, Role::System | Role::Developer);
        let stays = inner_system
            && turns.last().is_some_and(|turn| matches!(turn.role, Role::User | Role::Tool))
            && messages.get(index + 1).is_none_or(|next| next.role == Role::Assistant);
        if is_instruction && !stays {
            // Moved to the front it keeps its authority, which it would lose in a user's message.
            to.lose_if(!turns.is_empty(), &path, "role");
            system.text = if system.blocks.is_empty() { text } else { None };
            system.blocks.append(&mut blocks);
            continue;
        }
        let joins = |turn: &Turn| turn.is_open && matches!(role, Role::Tool | Role::User);
        if let Some(turn) = turns.last_mut().filter(|turn| joins(turn)) {
            turn.blocks.append(&mut blocks);
            turn.is_open = *role == Role::Tool;
        } else {
            let is_open = *role == Role::Tool;
            let role = if is_instruction { Role::System } else { *role };
            turns.push(Turn { role, blocks, text, is_open });
        }
    }
    if turns.is_empty() {
        let message = "`messages` must hold at least one message that is not an instruction.";
        return Err(BadRequest::new("invalid_value", "messages", message));
    }
    let encoded = turns.into_iter().map(|turn| {
        let mut writer = ObjectWriter::new();
        writer.string("role", role_name(turn.role)).raw("content", &turn.content());
        writer.finish()
    });
    let messages = array(encoded);
    Ok(Turns { system: (!system.blocks.is_empty()).then(|| system.content()), messages })
}

impl Turn {
    fn content(&self) -> String {
        match &self.text {
            Some(text) if self.blocks.len() == 1 => crate::json::quote(text),
            _ => array(&self.blocks),
        }
    }
}

/// The text of a content that is one plain text.
fn plain_text(parts: &[Part]) -> Option<String> {
    let [Part { kind: PartKind::Text { text, citations: None }, cache: None, .. }] = parts else {
        return None;
    };
    Some(text.clone())
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "system",
        Role::User | Role::Tool => "user",
        Role::Assistant => "assistant",
    }
}
