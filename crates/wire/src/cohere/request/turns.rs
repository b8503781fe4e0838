//! Messages, and the turns this format wants them in: instructions stand before everything else.

use super::super::{OWNER, message};
use crate::canonical::{Content, Encoding, Extra, Item, Message, ReasoningNotation, Role};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

/// Messages of another format, with one message of instructions before them.
pub(super) fn encode_foreign(
    system: Option<Content>,
    messages: &[Message],
    thinks: bool,
    to: &mut Encoding,
) -> Result<Vec<String>, BadRequest> {
    let mut instructions = Vec::new();
    if let Some(content) = system {
        let first = Message {
            role: Role::System,
            content,
            reasoning: ReasoningNotation::default(),
            item: Item::default(),
            extra: Extra::default(),
        };
        instructions.push(("system".to_owned(), first));
    }
    let mut turns: Vec<String> = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let path = message.place(index);
        if matches!(message.role, Role::System | Role::Developer) {
            // Moved to the front it keeps its authority, which it would lose in a user's message.
            to.lose_if(!turns.is_empty(), &path, "role");
            instructions.push((path, message.clone()));
            continue;
        }
        turns.extend(message::encode(message, &path, thinks, to)?);
    }
    if turns.is_empty() {
        let message = "`messages` must hold at least one message that is not an instruction.";
        return Err(BadRequest::new("invalid_value", "messages", message));
    }
    let mut out = match instructions.as_slice() {
        [] => Vec::new(),
        [(path, only)] => message::encode(only, path, thinks, to)?,
        several => vec![joined(several, to)?],
    };
    out.retain(|message| !message.is_empty());
    out.append(&mut turns);
    Ok(out)
}

/// Several messages of instructions as one, part by part.
fn joined(several: &[(String, Message)], to: &mut Encoding) -> Result<String, BadRequest> {
    let mut parts = Vec::new();
    let mut unused = ObjectWriter::new();
    for (path, message) in several {
        message.extra.write(OWNER, &mut unused, path, &mut to.loss);
        for (index, part) in message.content.parts.iter().enumerate() {
            parts.extend(message::encode_part(part, &format!("{path}.content[{index}]"), to)?);
        }
    }
    if parts.is_empty() {
        return Ok(String::new());
    }
    let mut out = ObjectWriter::new();
    out.string("role", "system").raw("content", &array(parts));
    Ok(out.finish())
}
