//! A message into items.

use super::super::{OWNER, names};
use super::is_offered;
use super::part;
use super::{REDACTED, SIGNATURE};
use crate::canonical::{
    Content, Encoding, Item, ItemKind, Message, Notation, Part, PartKind, Role, ToolCall, ToolResult,
    signature as marks,
};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array, quote};
use crate::translate::ToolAlias;

/// What the items of a reply are called after, and its calls. `None` in a request.
pub(in super::super) struct Names<'a> {
    /// Of the response, without what tells what it is.
    pub id: &'a str,
    pub tools: &'a [ToolAlias],
    /// What a message says of itself.
    pub status: &'a str,
}

/// A message as the one item that it was.
pub(in super::super) fn encode_own(
    message: &Message,
    path: &str,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let Message { role, content, reasoning: _, item, extra } = message;
    let Item { kind, place: _, continues: _, members, rest: _ } = item;
    if let (ItemKind::Named(kind), []) = (kind, content.parts.as_slice())
        && is_offered(kind)
        && let Some(whole) = extra.0.iter().chain(&members.0).find(|member| member.kind == *kind)
    {
        return Ok(whole.raw.get().to_owned());
    }
    let mut out = ObjectWriter::new();
    let kind = match kind {
        ItemKind::Named(kind) => {
            out.string("type", kind);
            kind.as_str()
        }
        ItemKind::Unnamed | ItemKind::Whole => "message",
    };
    match content.parts.as_slice() {
        [Part { kind: PartKind::Opaque(whole), .. }] if whole.kind == kind => {
            return Ok(whole.raw.get().to_owned());
        }
        [Part { kind: PartKind::ToolCall(call), .. }] if kind != "message" => {
            let ToolCall { id, name, arguments, signature: _ } = call;
            out.string("call_id", id);
            // What was told in other words is written among its members.
            let has = |key: &str| members.0.iter().any(|member| member.kind == key);
            if !has("name") {
                out.string("name", name);
            }
            if !has("input") {
                out.string("arguments", arguments);
            }
        }
        [Part { kind: PartKind::ToolResult(result), .. }] if kind != "message" => {
            let ToolResult { call_id, content, is_error: _ } = result;
            out.string("call_id", call_id);
            out.raw("output", &own_content(content, Role::Tool, path, to)?);
        }
        _ if kind == "reasoning" => {}
        _ => {
            out.string("role", role_name(*role));
            out.raw("content", &own_content(content, *role, path, to)?);
        }
    }
    members.write(OWNER, &mut out, path, &mut to.loss);
    extra.write(OWNER, &mut out, path, &mut to.loss);
    Ok(out.finish())
}

fn own_content(content: &Content, role: Role, path: &str, to: &mut Encoding) -> Result<String, BadRequest> {
    if let (Notation::Text, [Part { kind: PartKind::Text { text, .. }, .. }]) =
        (content.notation, content.parts.as_slice())
    {
        return Ok(quote(text));
    }
    let parts: Vec<(String, &Part)> = with_paths(content, path);
    Ok(array(encode_parts(&parts, role, to)?))
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User | Role::Tool => "user",
        Role::Assistant => "assistant",
    }
}

/// Where a part stands.
fn path_of(path: &str, index: usize) -> String {
    format!("{path}.content[{index}]")
}

fn with_paths<'a>(content: &'a Content, path: &str) -> Vec<(String, &'a Part)> {
    content.parts.iter().enumerate().map(|(index, part)| (path_of(path, index), part)).collect()
}

fn encode_parts(items: &[(String, &Part)], role: Role, to: &mut Encoding) -> Result<Vec<String>, BadRequest> {
    let mut parts = Vec::with_capacity(items.len());
    for (at, item) in items {
        parts.extend(part::encode(item, role, at, to)?);
    }
    Ok(parts)
}

/// Another format's message as the items that say the same, in the same order. In a reply they get ids that count on
/// from `first`.
pub(in super::super) fn encode(
    message: &Message,
    path: &str,
    names: Option<&Names<'_>>,
    to: &mut Encoding,
) -> Result<Vec<String>, BadRequest> {
    let Message { role, content, reasoning: _, item: _, extra } = message;
    let mut unused = ObjectWriter::new();
    extra.write(OWNER, &mut unused, path, &mut to.loss);
    let mut items = Vec::new();
    let mut prose: Vec<(String, &Part)> = Vec::new();
    for (at, part) in with_paths(content, path) {
        let is_prose = !matches!(
            part.kind,
            PartKind::Thinking { .. }
                | PartKind::RedactedThinking(_)
                | PartKind::ToolCall(_)
                | PartKind::ToolResult(_)
        );
        if is_prose {
            prose.push((at, part));
            continue;
        }
        push_prose(&mut prose, *role, names, &mut items, to)?;
        let mut writer = ObjectWriter::new();
        let is_written = match &part.kind {
            PartKind::ToolCall(call) => {
                items.extend(signature_item(call, &at, names, items.len(), to));
                write_call(call, names, items.len(), &mut writer);
                true
            }
            PartKind::ToolResult(result) => {
                write_result(result, &at, &mut writer, to)?;
                true
            }
            kind => write_thinking(kind, &at, names, items.len(), &mut writer, to),
        };
        if let Some(cache) = &part.cache {
            to.lose(&at, &cache.member);
        }
        part.extra.write(OWNER, &mut unused, &at, &mut to.loss);
        if is_written {
            items.push(writer.finish());
        }
    }
    push_prose(&mut prose, *role, names, &mut items, to)?;
    Ok(items)
}

fn push_prose(
    prose: &mut Vec<(String, &Part)>,
    role: Role,
    names: Option<&Names<'_>>,
    items: &mut Vec<String>,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let prose = std::mem::take(prose);
    // An empty text beside calls is how some formats say that there is none.
    let says = |part: &Part| !matches!(&part.kind, PartKind::Text { text, .. } if text.is_empty());
    let prose: Vec<(String, &Part)> = prose.into_iter().filter(|(_, part)| says(part)).collect();
    let parts = encode_parts(&prose, role, to)?;
    if parts.is_empty() {
        return Ok(());
    }
    let mut out = ObjectWriter::new();
    out.string("type", "message");
    if let Some(names) = names {
        out.string("id", &format!("msg_{}_{}", names.id, items.len())).string("status", names.status);
    }
    out.string("role", role_name(role)).raw("content", &array(parts));
    items.push(out.finish());
    Ok(())
}

/// The item that carries a call's signature to a client of this format, before the call's own: clients send reasoning
/// back as it is, and calls as they know them. The provider must not see it.
fn signature_item(
    call: &ToolCall,
    path: &str,
    names: Option<&Names<'_>>,
    index: usize,
    to: &mut Encoding,
) -> Option<String> {
    let signature = call.signature.as_deref()?;
    let Some(names) = names else {
        to.lose(path, "thoughtSignature");
        return None;
    };
    let mut out = ObjectWriter::new();
    out.string("type", "reasoning")
        .string("id", &format!("rs_{}_{index}", names.id))
        .raw("summary", "[]")
        .string("encrypted_content", &format!("{SIGNATURE}{}", marks::mark_call(signature)));
    Some(out.finish())
}

fn write_call(call: &ToolCall, names: Option<&Names<'_>>, index: usize, out: &mut ObjectWriter) {
    let ToolCall { id, name, arguments, signature: _ } = call;
    let alias = names.and_then(|names| names::resolve(names.tools, name));
    let is_custom = alias.is_some_and(|alias| alias.is_custom);
    out.string("type", if is_custom { "custom_tool_call" } else { "function_call" });
    if let Some(names) = names {
        let prefix = if is_custom { "ctc" } else { "fc" };
        out.string("id", &format!("{prefix}_{}_{index}", names.id)).string("status", "completed");
    }
    // Some providers of other formats give calls no ids.
    match names.filter(|_| id.is_empty()) {
        Some(names) => out.string("call_id", &format!("call_{}_{index}", names.id)),
        None => out.string("call_id", id),
    };
    out.string("name", alias.map_or(name.as_str(), |alias| &alias.name));
    if let Some(namespace) = alias.and_then(|alias| alias.namespace.as_deref()) {
        out.string("namespace", namespace);
    }
    if is_custom {
        out.string("input", &names::unwrap(arguments));
    } else {
        out.string("arguments", if arguments.trim().is_empty() { "{}" } else { arguments });
    }
}

fn write_result(
    result: &ToolResult,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let ToolResult { call_id, content, is_error } = result;
    to.lose_if(*is_error == Some(true), path, "is_error");
    out.string("type", "function_call_output").string("call_id", call_id);
    let items = with_paths(content, path);
    let plain = |(_, part): &(String, &Part)| match &part.kind {
        PartKind::Text { text, citations: None } if part.cache.is_none() && part.extra.0.is_empty() => {
            Some(text.clone())
        }
        _ => None,
    };
    match items.iter().map(plain).collect::<Option<Vec<String>>>() {
        Some(texts) => out.string("output", &texts.join("\n\n")),
        None => out.raw("output", &array(encode_parts(&items, Role::Tool, to)?)),
    };
    Ok(())
}

/// A request's thinking is dropped: another provider's signature is of no use, and without one nobody takes it.
fn write_thinking(
    kind: &PartKind,
    path: &str,
    names: Option<&Names<'_>>,
    index: usize,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> bool {
    let Some(names) = names else {
        to.loss.add(path);
        return false;
    };
    let (text, sealed) = match kind {
        PartKind::Thinking { text, signature } => {
            let signature = signature.as_deref().filter(|signature| !signature.is_empty());
            (text.as_str(), signature.map(|signature| format!("{SIGNATURE}{signature}")))
        }
        PartKind::RedactedThinking(data) => ("", Some(format!("{REDACTED}{data}"))),
        _ => return false,
    };
    out.string("type", "reasoning").string("id", &format!("rs_{}_{index}", names.id));
    // As a summary, which is what clients show.
    let mut summary = ObjectWriter::new();
    summary.string("type", "summary_text").string("text", text);
    out.raw("summary", &array((!text.is_empty()).then(|| summary.finish())));
    out.maybe_string("encrypted_content", sealed.as_deref());
    true
}
