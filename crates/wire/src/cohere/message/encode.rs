//! The canonical model into messages: one into several, where tool results and prose were together.

use super::super::OWNER;
use super::citations::from_other;
use super::decode::PLAN;
use super::part;
use crate::canonical::{Encoding, Message, Part, PartKind, Role, ToolCall, ToolResult};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

/// Between pieces of text that were separate blocks and become one string.
const BLOCK_BREAK: &str = "\n\n";

pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

/// A message's parts by where this format puts them.
#[derive(Default)]
struct Split<'a> {
    results: Vec<(String, &'a Part, &'a ToolResult)>,
    calls: Vec<(String, &'a Part, &'a ToolCall)>,
    rest: Vec<(String, &'a Part)>,
}

impl<'a> Split<'a> {
    fn of(message: &'a Message, path: &str) -> Self {
        let mut split = Self::default();
        for (index, part) in message.content.parts.iter().enumerate() {
            let at = format!("{path}.content[{index}]");
            match &part.kind {
                PartKind::ToolResult(result) => split.results.push((at, part, result)),
                PartKind::ToolCall(call) => split.calls.push((at, part, call)),
                _ => split.rest.push((at, part)),
            }
        }
        split
    }
}

/// The messages that say the same as one of another format. `thinks`: the model takes thoughts back.
pub(in super::super) fn encode(
    message: &Message,
    path: &str,
    thinks: bool,
    to: &mut Encoding,
) -> Result<Vec<String>, BadRequest> {
    let split = Split::of(message, path);
    let mut out = Vec::new();
    let mut attached: Vec<(String, &Part)> = Vec::new();
    for (at, part, result) in &split.results {
        out.push(write_result(result, part, at, &mut attached, to));
    }
    if !attached.is_empty() {
        out.push(attachment(&attached, to)?);
    }
    let mut writer = ObjectWriter::new();
    writer.string("role", role_name(message.role));
    let says_something = match message.role {
        Role::Assistant => write_said(&split, thinks, &mut writer, to)?,
        Role::Tool => false,
        Role::System | Role::Developer | Role::User => write_content(&split.rest, &mut writer, to)?,
    };
    message.extra.write(OWNER, &mut writer, path, &mut to.loss);
    if says_something {
        out.push(writer.finish());
    }
    Ok(out)
}

/// Writes what a user or the instructions say; `false` if that is nothing, which is refused here.
fn write_content(
    parts: &[(String, &Part)],
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<bool, BadRequest> {
    let is_empty = |part: &Part| matches!(&part.kind, PartKind::Text { text, .. } if text.is_empty());
    let parts: Vec<_> = parts.iter().filter(|(_, part)| !is_empty(part)).collect();
    if let [(at, part)] = parts.as_slice()
        && let PartKind::Text { text, .. } = &part.kind
    {
        // Reports what stood beside the text.
        part::encode(part, at, to)?;
        out.string("content", text);
        return Ok(true);
    }
    let mut encoded = Vec::with_capacity(parts.len());
    for (at, part) in parts {
        encoded.extend(part::encode(part, at, to)?);
    }
    out.raw("content", &array(&encoded));
    Ok(!encoded.is_empty())
}

/// Writes what an assistant said; `false` if that is nothing. Text beside calls is the plan for them, for this format
/// has no content there but thoughts.
fn write_said(
    split: &Split<'_>,
    thinks: bool,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<bool, BadRequest> {
    let mut content = Vec::new();
    let mut texts = Vec::new();
    for (at, part) in &split.rest {
        match &part.kind {
            PartKind::Text { text, .. } | PartKind::Refusal(text) => {
                if let (Some(part), false) = (part::encode(part, at, to)?, text.is_empty()) {
                    texts.push(text.as_str());
                    if split.calls.is_empty() {
                        content.push(part);
                    }
                }
            }
            // In a request they are only worth sending to whom they came from; others sign theirs.
            PartKind::Thinking { text, signature } => {
                let is_signed = signature.as_ref().is_some_and(|text| !text.is_empty());
                if text.is_empty() || (!to.is_reply && (is_signed || !thinks)) {
                    to.loss.add(at.as_str());
                } else {
                    content.extend(part::encode(part, at, to)?);
                }
            }
            PartKind::RedactedThinking(_) => to.loss.add(at.as_str()),
            PartKind::Opaque(opaque) => {
                to.refuse(at, &format!("an assistant's content of type `{}`", opaque.kind))?;
            }
            _ => to.refuse(at, "an assistant's content other than text")?,
        }
    }
    match (texts.as_slice(), content.as_slice()) {
        (_, []) => {}
        ([text], [_]) if split.calls.is_empty() && !to.is_reply => {
            out.string("content", text);
        }
        (_, content) => {
            out.raw("content", &array(content));
        }
    }
    if !split.calls.is_empty() {
        if !texts.is_empty() {
            out.string(PLAN, &texts.join(BLOCK_BREAK));
        }
        let calls = split.calls.iter().map(|(at, part, call)| write_call(call, part, at, to));
        out.raw("tool_calls", &array(calls.collect::<Vec<_>>()));
    }
    Ok(!content.is_empty() || !split.calls.is_empty())
}

/// A call as JSON.
pub(super) fn write_call(call: &ToolCall, part: &Part, path: &str, to: &mut Encoding) -> String {
    let ToolCall { id, name, arguments, signature } = call;
    // Only Google wants it.
    to.lose_if(signature.is_some(), path, "thoughtSignature");
    let is_own = to.from == OWNER;
    let arguments = if arguments.trim().is_empty() && !is_own { "{}" } else { arguments };
    let mut function = ObjectWriter::new();
    function.string("name", name).string("arguments", arguments);
    let mut out = ObjectWriter::new();
    out.string("id", id).string("type", "function").raw("function", &function.finish());
    if let Some(cache) = &part.cache {
        to.lose(path, &cache.member);
    }
    part.extra.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}

/// A tool's message, which takes text only; the rest of what it returned is given to `attached`.
fn write_result<'a>(
    result: &'a ToolResult,
    part: &Part,
    path: &str,
    attached: &mut Vec<(String, &'a Part)>,
    to: &mut Encoding,
) -> String {
    let ToolResult { call_id, content, is_error } = result;
    let mut unused = ObjectWriter::new();
    let mut texts = Vec::new();
    for (index, part) in content.parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        match &part.kind {
            PartKind::Text { text, .. } => {
                if let Some(cache) = &part.cache {
                    to.lose(&at, &cache.member);
                }
                part.extra.write(OWNER, &mut unused, &at, &mut to.loss);
                texts.push(text.as_str());
            }
            _ => attached.push((at, part)),
        }
    }
    let mut out = ObjectWriter::new();
    out.string("role", "tool").string("tool_call_id", call_id).string("content", &texts.join(BLOCK_BREAK));
    to.lose_if(*is_error == Some(true), path, "is_error");
    if let Some(cache) = &part.cache {
        to.lose(path, &cache.member);
    }
    part.extra.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}

/// A user's message with what tools returned beside text.
fn attachment(items: &[(String, &Part)], to: &mut Encoding) -> Result<String, BadRequest> {
    let note = Part::text("Returned by the tools above:");
    let mut parts: Vec<String> = part::encode(&note, "", to)?.into_iter().collect();
    for (at, part) in items {
        parts.extend(part::encode(part, at, to)?);
    }
    let mut out = ObjectWriter::new();
    out.string("role", "user").raw("content", &array(parts));
    Ok(out.finish())
}

/// The message of another format's reply, of which nothing is refused.
pub(in super::super) fn encode_reply(message: &Message, path: &str, to: &mut Encoding) -> String {
    let split = Split::of(message, path);
    let mut out = ObjectWriter::new();
    out.string("role", "assistant");
    let says_something = write_said(&split, true, &mut out, to).unwrap_or_default();
    if !says_something {
        // Clients look into it without asking.
        out.raw("content", "[]");
    }
    let mut citations = Vec::new();
    let mut content_index = 0;
    for (at, part) in &split.rest {
        let PartKind::Text { text, citations: own } = &part.kind else {
            content_index +=
                u64::from(matches!(&part.kind, PartKind::Thinking { text, .. } if !text.is_empty()));
            continue;
        };
        for citation in own.iter().flatten() {
            match from_other(citation, text, 0, content_index).filter(|_| split.calls.is_empty()) {
                Some(citation) => citations.push(citation),
                None => citation.report(at, &mut to.loss),
            }
        }
        content_index += u64::from(!text.is_empty());
    }
    if !citations.is_empty() {
        out.raw("citations", &array(citations));
    }
    message.extra.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}
