//! The canonical model into content blocks.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::OWNER;
use crate::canonical::{
    CacheHint, Content, Encoding, File, Image, Notation, Part, PartKind, Source, ToolCall, ToolResult,
    signature as marks,
};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array, quote};

/// The block that carries a call's signature to a client of this format, before the call's own: clients keep thinking
/// blocks as they are, and other blocks as they know them. The provider must not see it.
pub(in super::super) fn encode_signature(part: &Part, path: &str, to: &mut Encoding) -> Option<String> {
    let PartKind::ToolCall(ToolCall { signature: Some(signature), .. }) = &part.kind else { return None };
    if to.from != OWNER && !to.is_reply {
        to.lose(path, "thoughtSignature");
        return None;
    }
    let mut out = ObjectWriter::new();
    out.string("type", "thinking").string("thinking", "").string("signature", &marks::mark_call(signature));
    Some(out.finish())
}

/// A block as JSON. `None` if there is nothing to send, or if it was dropped.
pub(in super::super) fn encode(
    part: &Part,
    path: &str,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let is_own = to.from == OWNER;
    let mut out = ObjectWriter::new();
    match &part.kind {
        // Empty blocks of text are refused by the provider, and say nothing.
        PartKind::Text { text, .. } | PartKind::Refusal(text) if text.is_empty() && !is_own => {
            return Ok(None);
        }
        PartKind::Text { text, citations } => {
            out.string("type", "text").string("text", text);
            if let Some(citations) = citations {
                let (own, other): (Vec<_>, Vec<_>) =
                    citations.iter().partition(|citation| citation.owner == OWNER);
                if other.is_empty() && (is_own || !own.is_empty()) {
                    out.raw("citations", &array(own.iter().map(|citation| citation.raw.get())));
                }
                for citation in other {
                    citation.report(path, &mut to.loss);
                }
            }
        }
        PartKind::Refusal(text) => {
            out.string("type", "text").string("text", text);
        }
        PartKind::Image(Image { source, detail }) => {
            let Some(source) = encode_source(source, "an image", path, to)? else { return Ok(None) };
            to.lose_if(detail.as_deref().is_some_and(|detail| detail != "auto"), path, "image_url.detail");
            out.string("type", "image").raw("source", &source);
        }
        PartKind::File(File { source, name }) => {
            if let Source::Base64 { media_type, .. } = source
                && media_type != "application/pdf"
                && !is_own
            {
                to.refuse(path, &format!("a file of type `{media_type}`"))?;
                return Ok(None);
            }
            let Some(source) = encode_source(source, "a document", path, to)? else { return Ok(None) };
            out.string("type", "document").raw("source", &source).maybe_string("title", name.as_deref());
        }
        PartKind::Audio { .. } => {
            to.refuse(path, "audio input")?;
            return Ok(None);
        }
        PartKind::Thinking { text, signature } => {
            let signature = signature.as_deref();
            if !is_own
                && !to.is_reply
                && signature.is_none_or(|text| text.is_empty() || marks::is_marked(text))
            {
                // Nobody takes thinking back that nobody signed, or somebody else.
                to.loss.add(path);
                return Ok(None);
            }
            let signature = if is_own { signature } else { Some(signature.unwrap_or("")) };
            out.string("type", "thinking").string("thinking", text).maybe_string("signature", signature);
        }
        PartKind::RedactedThinking(data) => {
            out.string("type", "redacted_thinking").string("data", data);
        }
        PartKind::ToolCall(ToolCall { id, name, arguments, signature: _ }) => {
            let input = input(arguments, path, to);
            let id = if is_own { Cow::Borrowed(id.as_str()) } else { tool_id(id) };
            out.string("type", "tool_use").string("id", &id).string("name", name).raw("input", &input);
        }
        PartKind::ToolResult(result) => encode_result(result, path, &mut out, to)?,
        PartKind::Opaque(opaque) if opaque.owner == OWNER => return Ok(Some(opaque.raw.get().to_owned())),
        PartKind::Opaque(opaque) => {
            to.refuse(path, &format!("content of type `{}`", opaque.kind))?;
            return Ok(None);
        }
    }
    write_cache(part.cache.as_ref(), &mut out);
    part.extra.write(OWNER, &mut out, path, &mut to.loss);
    Ok(Some(out.finish()))
}

fn encode_result(
    result: &ToolResult,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let ToolResult { call_id, content: Content { parts, notation }, is_error } = result;
    let is_own = to.from == OWNER;
    let call_id = if is_own { Cow::Borrowed(call_id.as_str()) } else { tool_id(call_id) };
    out.string("type", "tool_result").string("tool_use_id", &call_id);
    match (notation, parts.as_slice()) {
        (Notation::Absent | Notation::Null, _) => {}
        (Notation::Text, [Part { kind: PartKind::Text { text, .. }, .. }]) => {
            out.string("content", text);
        }
        (_, parts) => {
            let mut blocks = Vec::with_capacity(parts.len());
            for (index, part) in parts.iter().enumerate() {
                blocks.extend(encode(part, &format!("{path}.content[{index}]"), to)?);
            }
            out.raw("content", &array(blocks));
        }
    }
    if let Some(is_error) = is_error {
        out.put("is_error", *is_error);
    }
    Ok(())
}

fn encode_source(
    source: &Source,
    what: &str,
    path: &str,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let mut out = ObjectWriter::new();
    match source {
        Source::Base64 { media_type, data } => {
            out.string("type", "base64").string("media_type", media_type).string("data", data);
        }
        Source::Url(url) if to.from != OWNER && url.starts_with("data:") => {
            to.refuse(path, &format!("{what} as a data URL that is not base64"))?;
            return Ok(None);
        }
        Source::Url(url) => {
            out.string("type", "url").string("url", url);
        }
        // An id means something to the provider that gave it only.
        Source::FileId(id) if to.from == OWNER => {
            out.string("type", "file").string("file_id", id);
        }
        Source::FileId(_) => {
            to.refuse(path, &format!("{what} by its file id"))?;
            return Ok(None);
        }
        Source::Text { media_type, text } => {
            out.string("type", "text").string("media_type", media_type).string("data", text);
        }
    }
    Ok(Some(out.finish()))
}

/// Arguments as an object. What a model wrote that is none is kept as text in one, so that the call stays readable.
fn input(arguments: &str, path: &str, to: &mut Encoding) -> String {
    if arguments.trim().is_empty() {
        return "{}".to_owned();
    }
    let is_object = |raw: &&RawValue| to.from == OWNER || json::members(raw).is_some();
    if let Some(raw) = serde_json::from_str::<&RawValue>(arguments).ok().filter(is_object) {
        return raw.get().to_owned();
    }
    to.lose(path, "arguments");
    format!("{{\"raw_arguments\":{}}}", quote(arguments))
}

/// This format takes letters, digits, `_` and `-` in ids. The same id always becomes the same, so that calls and
/// results still meet.
pub(in super::super) fn tool_id(id: &str) -> Cow<'_, str> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !id.is_empty() && id.chars().all(is_fine) {
        return Cow::Borrowed(id);
    }
    let replaced: String = id.chars().map(|c| if is_fine(c) { c } else { '_' }).collect();
    Cow::Owned(if replaced.is_empty() { "call".to_owned() } else { replaced })
}

/// A mark of another format becomes this one's; the longer lifetimes of others come nearest to an hour.
pub(in super::super) fn write_cache(cache: Option<&CacheHint>, out: &mut ObjectWriter) {
    let Some(cache) = cache else { return };
    if cache.owner == OWNER || cache.member == "cache_control" {
        out.raw("cache_control", cache.raw.get());
        return;
    }
    let mut mark = ObjectWriter::new();
    mark.string("type", "ephemeral");
    if let Some(ttl) = &cache.ttl {
        mark.string("ttl", if ttl == "5m" { "5m" } else { "1h" });
    }
    out.raw("cache_control", &mark.finish());
}
