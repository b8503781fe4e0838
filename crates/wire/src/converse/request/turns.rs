//! Messages, and the turns this format wants: users and assistants take turns, none of them says nothing, and the results
//! of one turn's calls stand together in the user's turn after it.

use std::collections::HashSet;

use super::super::families::Abilities;
use super::super::{OWNER, block};
use crate::canonical::{Content, Encoding, Message, PartKind, Role};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

/// One message each, as they were.
pub(super) fn encode_own(messages: &[Message], to: &mut Encoding) -> Result<String, BadRequest> {
    let mut out = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let path = format!("messages[{index}]");
        let Message { role, content, reasoning: _, item: _, extra } = message;
        let role = match role {
            Role::System | Role::Developer => "system",
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        let mut writer = ObjectWriter::new();
        writer.string("role", role).raw("content", &encode_content(content, &path, to)?);
        extra.write(OWNER, &mut writer, &path, &mut to.loss);
        out.push(writer.finish());
    }
    Ok(array(out))
}

/// A content as it was.
pub(super) fn encode_content(content: &Content, path: &str, to: &mut Encoding) -> Result<String, BadRequest> {
    let mut around = block::Surroundings::default();
    let mut blocks = Vec::with_capacity(content.parts.len());
    for (index, part) in content.parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        blocks.extend(block::encode_signature(part, &at, to));
        block::encode(part, &at, &mut around, to, &mut blocks)?;
    }
    Ok(array(blocks))
}

/// Instructions, and the turns that follow.
pub(super) struct Turns {
    /// Blocks.
    pub system: Vec<String>,
    pub messages: String,
}

struct Turn {
    is_assistant: bool,
    /// Results of calls, which stand first wherever a user's words came between.
    results: Vec<String>,
    blocks: Vec<String>,
}

/// Messages of another format, regrouped.
pub(super) fn encode_foreign(
    instructions: Option<&Content>,
    messages: &[Message],
    abilities: Abilities,
    to: &mut Encoding,
) -> Result<Turns, BadRequest> {
    let mut around = block::Surroundings { abilities, ..block::Surroundings::default() };
    let mut system = Vec::new();
    for (index, part) in instructions.iter().flat_map(|content| content.parts.iter()).enumerate() {
        let path = format!("system[{index}]");
        if is_instruction(&part.kind, &path, to)? {
            block::encode(part, &path, &mut around, to, &mut system)?;
        }
    }
    let mut turns: Vec<Turn> = Vec::new();
    let mut calls: HashSet<&str> = HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        let path = message.place(index);
        let Message { role, content, reasoning: _, item: _, extra } = message;
        let mut unused = ObjectWriter::new();
        extra.write(OWNER, &mut unused, &path, &mut to.loss);
        let is_system = matches!(role, Role::System | Role::Developer);
        let (mut results, mut blocks) = (Vec::new(), Vec::with_capacity(content.parts.len()));
        for (part_index, part) in content.parts.iter().enumerate() {
            let at = format!("{path}.content[{part_index}]");
            match &part.kind {
                kind if is_system && !is_instruction(kind, &at, to)? => continue,
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
            let is_result = matches!(part.kind, PartKind::ToolResult(_));
            let place = if is_result { &mut results } else { &mut blocks };
            place.extend(block::encode_signature(part, &at, to));
            block::encode(part, &at, &mut around, to, place)?;
        }
        if blocks.is_empty() && results.is_empty() {
            continue;
        }
        if is_system {
            // Moved to the front it keeps its authority, which it would lose in a user's turn.
            to.lose_if(!turns.is_empty(), &path, "role");
            system.append(&mut blocks);
            continue;
        }
        let is_assistant = *role == Role::Assistant;
        match turns.last_mut().filter(|turn| turn.is_assistant == is_assistant) {
            Some(turn) => {
                turn.results.append(&mut results);
                turn.blocks.append(&mut blocks);
            }
            None => turns.push(Turn { is_assistant, results, blocks }),
        }
    }
    if turns.is_empty() {
        let message = "`messages` must hold at least one message that is not an instruction.";
        return Err(BadRequest::new("invalid_value", "messages", message));
    }
    let encoded = turns.into_iter().map(|turn| {
        let mut writer = ObjectWriter::new();
        writer.string("role", if turn.is_assistant { "assistant" } else { "user" });
        writer.raw("content", &array(turn.results.iter().chain(&turn.blocks)));
        writer.finish()
    });
    Ok(Turns { system, messages: array(encoded) })
}

/// Instructions are text. False for what was dropped.
fn is_instruction(kind: &PartKind, path: &str, to: &mut Encoding) -> Result<bool, BadRequest> {
    let is_text = matches!(kind, PartKind::Text { .. } | PartKind::Refusal(_));
    if !is_text {
        to.refuse(path, "an instruction other than text")?;
    }
    Ok(is_text)
}
