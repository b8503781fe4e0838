//! A message of this format back into what it was.

use super::super::OWNER;
use super::decode::{FOREIGN_CALL, PLAN};
use super::encode::{role_name, write_call};
use super::part;
use crate::canonical::{Content, Encoding, Message, Notation, Part, PartKind, Role};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

pub(in super::super) fn encode(
    message: &Message,
    path: &str,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let Message { role, content, reasoning: _, item: _, extra } = message;
    let mut out = ObjectWriter::new();
    out.string("role", role_name(*role));
    let (mut said, mut calls) = (Vec::new(), Vec::new());
    for (index, part) in content.parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        match &part.kind {
            PartKind::ToolResult(result) => {
                out.string("tool_call_id", &result.call_id);
                write_own_content(&result.content, result.content.parts.iter(), &at, &mut out, to)?;
            }
            PartKind::ToolCall(call) => calls.push(write_call(call, part, &at, to)),
            PartKind::Opaque(opaque) if opaque.kind == FOREIGN_CALL => {
                calls.push(opaque.raw.get().to_owned());
            }
            PartKind::Text { text, .. } if part.extra.noted(OWNER, PLAN).is_some() => {
                out.string(PLAN, text);
            }
            _ => said.push(part),
        }
    }
    if *role != Role::Tool {
        write_own_content(content, said.into_iter(), path, &mut out, to)?;
    }
    if !calls.is_empty() {
        out.raw("tool_calls", &array(calls));
    }
    out.maybe_raw("citations", extra.noted(OWNER, "citations"));
    extra.write(OWNER, &mut out, path, &mut to.loss);
    Ok(out.finish())
}

fn write_own_content<'a>(
    content: &Content,
    parts: impl Iterator<Item = &'a Part>,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    match content.notation {
        Notation::Absent => {}
        Notation::Null => {
            out.raw("content", "null");
        }
        Notation::Text => {
            let texts = parts.filter_map(|part| match &part.kind {
                PartKind::Text { text, .. } => Some(text.as_str()),
                _ => None,
            });
            out.string("content", &texts.collect::<String>());
        }
        Notation::Parts => {
            let mut encoded = Vec::with_capacity(content.parts.len());
            for part in parts {
                encoded.extend(part::encode(part, path, to)?);
            }
            out.raw("content", &array(encoded));
        }
    }
    Ok(())
}
