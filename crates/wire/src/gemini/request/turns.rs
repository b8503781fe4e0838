//! Messages, and the contents this format wants: users and models take turns, results answer the calls right before
//! them, all in one content.

use std::collections::HashMap;

use super::super::OWNER;
use super::super::models::Abilities;
use super::super::part::{self, Surroundings};
use super::super::spelling::is_flagged;
use crate::canonical::{Content, Encoding, Extra, Message, Notation, Part, PartKind, Role};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

/// Google documents this in place of a signature for calls that its models did not make.
const UNSIGNED: &str = "skip_thought_signature_validator";

/// One content each, as they were.
pub(super) fn encode_own(messages: &[Message], to: &mut Encoding) -> Result<Vec<String>, BadRequest> {
    let mut out = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let path = format!("contents[{index}]");
        let Message { role, content, reasoning: _, item: _, extra } = message;
        let mut writer = ObjectWriter::new();
        match role {
            Role::Assistant => {
                writer.string("role", "model");
            }
            _ if is_flagged(extra, "without role") => {}
            _ if is_flagged(extra, "function") => {
                writer.string("role", "function");
            }
            _ => {
                writer.string("role", "user");
            }
        }
        write_own_parts(content, &path, "", extra, &mut writer, to)?;
        extra.write(OWNER, &mut writer, &path, &mut to.loss);
        out.push(writer.finish());
    }
    Ok(out)
}

/// Writes the parts of a content as they were.
pub(super) fn write_own_parts(
    content: &Content,
    path: &str,
    note: &str,
    extra: &Extra,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    if content.notation == Notation::Absent {
        return Ok(());
    }
    let mut parts = Vec::with_capacity(content.parts.len());
    for (index, item) in content.parts.iter().enumerate() {
        part::encode(item, &format!("{path}.parts[{index}]"), &Surroundings::default(), to, &mut parts)?;
    }
    let is_single = is_flagged(extra, &format!("{note}single part"));
    out.raw("parts", &if is_single { parts.concat() } else { array(parts) });
    Ok(())
}

/// Instructions, and the turns that follow.
pub(super) struct Turns {
    /// Parts.
    pub system: Vec<String>,
    pub contents: Vec<String>,
}

struct Turn {
    is_model: bool,
    parts: Vec<String>,
}

/// Messages of another format, regrouped.
pub(super) fn encode_foreign(
    system: Option<&Content>,
    messages: &[Message],
    abilities: &Abilities,
    to: &mut Encoding,
) -> Result<Turns, BadRequest> {
    let mut around = Surroundings { names: HashMap::new(), nested_media: abilities.nested_media };
    let mut instructions = Vec::new();
    for (index, item) in system.iter().flat_map(|content| content.parts.iter()).enumerate() {
        part::encode(item, &format!("system[{index}]"), &around, to, &mut instructions)?;
    }
    let mut turns: Vec<Turn> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let path = message.place(index);
        let Message { role, content, reasoning: _, item: _, extra } = message;
        let mut unused = ObjectWriter::new();
        extra.write(OWNER, &mut unused, &path, &mut to.loss);
        let mut parts = Vec::with_capacity(content.parts.len());
        // Of parallel calls, the first one bears the signature.
        let mut is_first_call = abilities.wants_signatures;
        for (part_index, item) in content.parts.iter().enumerate() {
            let at = format!("{path}.content[{part_index}]");
            if let PartKind::ToolCall(call) = &item.kind {
                around.names.insert(&call.id, &call.name);
                if std::mem::take(&mut is_first_call) && call.signature.is_none() {
                    part::encode(&signed(item), &at, &around, to, &mut parts)?;
                    continue;
                }
            }
            part::encode(item, &at, &around, to, &mut parts)?;
        }
        if parts.is_empty() {
            continue;
        }
        if matches!(role, Role::System | Role::Developer) {
            // Moved to the front it keeps its authority, which it would lose in a user's content.
            to.lose_if(!turns.is_empty(), &path, "role");
            instructions.append(&mut parts);
            continue;
        }
        let is_model = *role == Role::Assistant;
        match turns.last_mut().filter(|turn| turn.is_model == is_model) {
            Some(turn) => turn.parts.append(&mut parts),
            None => turns.push(Turn { is_model, parts }),
        }
    }
    if turns.is_empty() {
        let message = "`messages` must hold at least one message that is not an instruction.";
        return Err(BadRequest::new("invalid_value", "messages", message));
    }
    let contents = turns.into_iter().map(|turn| {
        let mut writer = ObjectWriter::new();
        writer.string("role", if turn.is_model { "model" } else { "user" }).raw("parts", &array(turn.parts));
        writer.finish()
    });
    Ok(Turns { system: instructions, contents: contents.collect() })
}

fn signed(part: &Part) -> Part {
    let mut part = part.clone();
    if let PartKind::ToolCall(call) = &mut part.kind {
        call.signature = Some(UNSIGNED.to_owned());
    }
    part
}
