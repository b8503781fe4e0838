//! The canonical model into chat messages: one into several, where tool results and prose were together.

use super::super::OWNER;
use super::citations::annotation;
use super::decode::FOREIGN_CALL;
use super::part;
use crate::canonical::{Content, Encoding, Message, Notation, Part, PartKind, Role, ToolCall, ToolResult};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

/// Between pieces of text that were separate blocks and become one string.
const BLOCK_BREAK: &str = "\n\n";

/// The messages that say the same.
pub(in super::super) fn encode(
    message: &Message,
    path: &str,
    to: &mut Encoding,
) -> Result<Vec<String>, BadRequest> {
    let Message { role, content, reasoning, item: _, extra } = message;
    let mut split = Split::default();
    for (index, item) in content.parts.iter().enumerate() {
        split.add((format!("{path}.content[{index}]"), item));
    }
    let mut out = Vec::new();
    let mut attached: Vec<(String, &Part)> = Vec::new();
    for (at, item, result) in &split.results {
        let mut writer = ObjectWriter::new();
        writer.string("role", "tool").string("tool_call_id", &result.call_id);
        attached.extend(write_result(result, at, &mut writer, to));
        part::write_cache(item.cache.as_ref(), &mut writer, at, to);
        item.extra.write(OWNER, &mut writer, at, &mut to.loss);
        to.lose_if(result.is_error == Some(true), at, "is_error");
        if *role == Role::Tool {
            extra.write(OWNER, &mut writer, path, &mut to.loss);
        }
        out.push(writer.finish());
    }
    if !attached.is_empty() {
        out.push(attachment(&attached, to)?);
    }
    if *role == Role::Tool || (!split.results.is_empty() && split.rest.is_empty()) {
        return Ok(out);
    }
    let mut writer = ObjectWriter::new();
    writer.string("role", role_name(*role, to.from == OWNER));
    write_content(*role, content.notation, &split, path, &mut writer, to)?;
    if *role == Role::Assistant {
        write_reasoning(&split, reasoning.text_member.as_deref(), reasoning.blocks, &mut writer, to);
        write_calls(&split, &mut writer, to)?;
        if to.is_reply && to.from != OWNER {
            if !split.rest.iter().any(|(_, part)| matches!(part.kind, PartKind::Refusal(_))) {
                writer.raw("refusal", "null");
            }
            write_annotations(&split, &mut writer, to);
        }
    }
    extra.write(OWNER, &mut writer, path, &mut to.loss);
    out.push(writer.finish());
    Ok(out)
}

fn role_name(role: Role, is_own: bool) -> &'static str {
    match role {
        Role::Developer if is_own => "developer",
        // The older name is taken everywhere, the newer one by its inventor only.
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

/// A message's parts by where chat puts them.
#[derive(Default)]
struct Split<'a> {
    results: Vec<(String, &'a Part, &'a ToolResult)>,
    thinking: Vec<(String, &'a Part)>,
    calls: Vec<(String, &'a Part)>,
    rest: Vec<(String, &'a Part)>,
}

impl<'a> Split<'a> {
    fn add(&mut self, (at, part): (String, &'a Part)) {
        match &part.kind {
            PartKind::ToolResult(result) => self.results.push((at, part, result)),
            PartKind::Thinking { .. } | PartKind::RedactedThinking(_) => self.thinking.push((at, part)),
            PartKind::ToolCall(_) => self.calls.push((at, part)),
            PartKind::Opaque(opaque) if opaque.owner == OWNER && opaque.kind == FOREIGN_CALL => {
                self.calls.push((at, part));
            }
            _ => self.rest.push((at, part)),
        }
    }
}

fn write_content(
    role: Role,
    notation: Notation,
    split: &Split<'_>,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let is_own = to.from == OWNER;
    let text_only = split.rest.iter().all(|(_, part)| matches!(part.kind, PartKind::Text { .. }));
    if is_own && notation != Notation::Parts {
        for (_, part) in &split.rest {
            if let PartKind::Refusal(text) = &part.kind {
                out.string("refusal", text);
            }
        }
    }
    match notation {
        Notation::Absent if is_own => {}
        Notation::Null if is_own => {
            out.raw("content", "null");
        }
        Notation::Text if is_own => {
            let is_text = |item: &&(String, &Part)| matches!(item.1.kind, PartKind::Text { .. });
            let texts: Vec<(String, &Part)> = split.rest.iter().filter(is_text).cloned().collect();
            out.string("content", &flat(&texts, "", to));
        }
        _ if is_own => {
            out.raw("content", &array(encode_parts(&split.rest, to)?));
        }
        _ if role == Role::Assistant => {
            // One output in several blocks is still one output. Parts other than text have no place here.
            for (at, part) in &split.rest {
                match &part.kind {
                    PartKind::Text { .. } | PartKind::Refusal(_) => {}
                    PartKind::Opaque(opaque) => {
                        to.refuse(at, &format!("an assistant's content of type `{}`", opaque.kind))?;
                    }
                    _ => to.refuse(at, "an assistant's content other than text")?,
                }
            }
            // A request may have to go to a provider that has no member for refusals.
            let is_refusal = |part: &Part| to.is_reply && matches!(part.kind, PartKind::Refusal(_));
            let (refused, said): (Vec<_>, Vec<_>) =
                split.rest.iter().cloned().partition(|(_, part)| is_refusal(part));
            if said.is_empty() && !(split.calls.is_empty() && refused.is_empty()) {
                out.raw("content", "null");
            } else {
                out.string("content", &flat(&said, "", to));
            }
            if !refused.is_empty() {
                out.string("refusal", &flat(&refused, "", to));
            }
        }
        // Instructions as a string are what every provider takes.
        _ if text_only && (split.rest.len() == 1 || role != Role::User) => {
            out.string("content", &flat(&split.rest, BLOCK_BREAK, to));
        }
        _ => {
            let parts = encode_parts(&split.rest, to)?;
            to.lose_if(parts.is_empty(), path, "content");
            out.raw("content", &array(parts));
        }
    }
    Ok(())
}

/// Text as one string. What stood beside the text is reported.
fn flat(items: &[(String, &Part)], separator: &str, to: &mut Encoding) -> String {
    let mut unused = ObjectWriter::new();
    let mut texts = Vec::with_capacity(items.len());
    for (at, item) in items {
        match &item.kind {
            PartKind::Text { text, citations } => {
                // A reply's become annotations, as far as they can.
                for citation in citations.iter().flatten().filter(|_| !to.is_reply) {
                    citation.report(at, &mut to.loss);
                }
                texts.push(text.as_str());
            }
            PartKind::Refusal(text) => texts.push(text.as_str()),
            _ => continue,
        }
        part::write_cache(item.cache.as_ref(), &mut unused, at, to);
        item.extra.write(OWNER, &mut unused, at, &mut to.loss);
    }
    texts.join(separator)
}

/// Pages that pieces of the text were taken from.
fn write_annotations(split: &Split<'_>, out: &mut ObjectWriter, to: &mut Encoding) {
    let mut annotations = Vec::new();
    let mut start = 0;
    for (at, item) in &split.rest {
        let PartKind::Text { text, citations } = &item.kind else { continue };
        let end = start + text.chars().count() as u64;
        for citation in citations.iter().flatten() {
            match annotation(citation, start, end, None) {
                Some(annotation) => annotations.push(annotation),
                None => citation.report(at, &mut to.loss),
            }
        }
        start = end;
    }
    if !annotations.is_empty() {
        out.raw("annotations", &array(annotations));
    }
}

fn encode_parts(items: &[(String, &Part)], to: &mut Encoding) -> Result<Vec<String>, BadRequest> {
    let mut parts = Vec::with_capacity(items.len());
    for (at, item) in items {
        parts.extend(part::encode(item, at, to)?);
    }
    Ok(parts)
}

/// Writes a tool result's content. Chat takes text only there; the rest is given back, to be attached.
fn write_result<'a>(
    result: &'a ToolResult,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Vec<(String, &'a Part)> {
    let Content { parts, notation } = &result.content;
    let items: Vec<(String, &Part)> =
        parts.iter().enumerate().map(|(index, part)| (format!("{path}.content[{index}]"), part)).collect();
    if to.from == OWNER {
        match notation {
            Notation::Absent => {}
            Notation::Null => {
                out.raw("content", "null");
            }
            Notation::Text => {
                out.string("content", &flat(&items, "", to));
            }
            Notation::Parts => {
                // Own parts are never refused.
                out.raw("content", &array(encode_parts(&items, to).unwrap_or_default()));
            }
        }
        return Vec::new();
    }
    let (text, other): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|(_, part)| matches!(part.kind, PartKind::Text { .. }));
    out.string("content", &flat(&text, BLOCK_BREAK, to));
    other
}

/// A user's message with what tools returned beside text.
fn attachment(items: &[(String, &Part)], to: &mut Encoding) -> Result<String, BadRequest> {
    let note = Part::text("Returned by the tools above:");
    let mut parts: Vec<String> = part::encode(&note, "", to)?.into_iter().collect();
    parts.extend(encode_parts(items, to)?);
    let mut out = ObjectWriter::new();
    out.string("role", "user").raw("content", &array(parts));
    Ok(out.finish())
}

/// Reasoning beside the content. In a request it is only worth sending to whom it came from: text without a
/// signature came from a provider of this format, text with one from another.
fn write_reasoning(
    split: &Split<'_>,
    text_member: Option<&str>,
    blocks: bool,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    if split.thinking.is_empty() {
        return;
    }
    if to.from == OWNER || to.is_reply {
        let reasoning = notations_of(split.thinking.iter().map(|(_, part)| *part));
        let is_own = to.from == OWNER;
        if let Some(member) = text_member.or((!is_own).then_some("reasoning_content")) {
            out.string(member, &reasoning.text);
        }
        if blocks || (!is_own && reasoning.is_signed) {
            out.raw("thinking_blocks", &reasoning.blocks);
        }
        return;
    }
    let mut text = String::new();
    for (at, part) in &split.thinking {
        match &part.kind {
            PartKind::Thinking { text: thought, signature }
                if signature.as_deref().unwrap_or("").is_empty() =>
            {
                text.push_str(thought);
            }
            _ => to.loss.add(at.as_str()),
        }
    }
    if !text.is_empty() {
        out.string("reasoning_content", &text);
    }
}

/// Reasoning in chat's two notations.
struct Encoded {
    text: String,
    /// `thinking_blocks`.
    blocks: String,
    /// A provider will want the blocks back.
    is_signed: bool,
}

fn notations_of<'a>(parts: impl Iterator<Item = &'a Part>) -> Encoded {
    let mut encoded = Encoded { text: String::new(), blocks: String::new(), is_signed: false };
    let mut blocks = Vec::new();
    for part in parts {
        let mut block = ObjectWriter::new();
        match &part.kind {
            PartKind::Thinking { text, signature } => {
                encoded.text.push_str(text);
                encoded.is_signed |= signature.as_ref().is_some_and(|signature| !signature.is_empty());
                block.string("type", "thinking").string("thinking", text);
                block.maybe_string("signature", signature.as_deref());
            }
            PartKind::RedactedThinking(data) => {
                encoded.is_signed = true;
                block.string("type", "redacted_thinking").string("data", data);
            }
            _ => continue,
        }
        blocks.push(block.finish());
    }
    encoded.blocks = array(blocks);
    encoded
}

fn write_calls(split: &Split<'_>, out: &mut ObjectWriter, to: &mut Encoding) -> Result<(), BadRequest> {
    let mut calls = Vec::with_capacity(split.calls.len());
    for (at, item) in &split.calls {
        match &item.kind {
            PartKind::ToolCall(call) => {
                let mut writer = call_object(call);
                match call.signature.as_deref() {
                    // Only Google wants it, and who knows whether it is the one that is asked.
                    Some(_) if to.from != OWNER && !to.is_reply => to.lose(at, "thoughtSignature"),
                    signature => write_signature(signature, &mut writer),
                }
                part::write_cache(item.cache.as_ref(), &mut writer, at, to);
                item.extra.write(OWNER, &mut writer, at, &mut to.loss);
                calls.push(writer.finish());
            }
            PartKind::Opaque(opaque) => calls.push(opaque.raw.get().to_owned()),
            _ => to.refuse(at, "this kind of content as a tool call")?,
        }
    }
    if !calls.is_empty() {
        out.raw("tool_calls", &array(calls));
    }
    Ok(())
}

pub(in super::super) fn write_signature(signature: Option<&str>, call: &mut ObjectWriter) {
    let Some(signature) = signature else { return };
    let mut google = ObjectWriter::new();
    google.string("thought_signature", signature);
    let mut content = ObjectWriter::new();
    content.raw("google", &google.finish());
    call.raw("extra_content", &content.finish());
}

fn call_object(call: &ToolCall) -> ObjectWriter {
    let mut function = ObjectWriter::new();
    function.string("name", &call.name).string("arguments", &call.arguments);
    let mut writer = ObjectWriter::new();
    writer.string("id", &call.id).string("type", "function").raw("function", &function.finish());
    writer
}
