//! The canonical model into content blocks.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::families::{Abilities, Cache, Family};
use super::{citations as sources, media};
use crate::canonical::{
    CacheHint, Content, Encoding, Extra, Opaque, Part, PartKind, ToolCall, ToolResult, signature as marks,
};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array, quote};

/// The longest id of a call.
const MAX_ID_CHARS: usize = 64;

/// What a block needs to know of the model and the blocks before it.
#[derive(Debug, Default)]
pub(in super::super) struct Surroundings {
    pub abilities: Abilities,
    /// The names of the documents so far.
    pub names: HashSet<String>,
}

/// The block that carries a call's signature to a client of this format, before the call's own: clients keep reasoning
/// as it is, and other blocks as they know them. The provider must not see it.
pub(in super::super) fn encode_signature(part: &Part, path: &str, to: &mut Encoding) -> Option<String> {
    let PartKind::ToolCall(ToolCall { signature: Some(signature), .. }) = &part.kind else { return None };
    if to.from != OWNER && !to.is_reply {
        to.lose(path, "thoughtSignature");
        return None;
    }
    Some(encode_thought("", Some(&marks::mark_call(signature))))
}

/// Adds a block as JSON and what belongs behind it, or nothing if there is nothing to send or it was dropped.
pub(in super::super) fn encode(
    part: &Part,
    path: &str,
    around: &mut Surroundings,
    to: &mut Encoding,
    out: &mut Vec<String>,
) -> Result<(), BadRequest> {
    let is_bare = part.extra.noted(OWNER, "bare mark").is_some() && to.from == OWNER;
    let before = out.len();
    if !is_bare {
        out.extend(encode_block(part, path, around, to)?);
    }
    if let Some(cache) = &part.cache {
        // Nothing can be marked but what was sent.
        if is_bare || out.len() > before {
            out.extend(encode_mark(cache, Cache::Content, around.abilities, path, to));
        } else {
            to.lose(path, &cache.member);
        }
    }
    Ok(())
}

fn encode_block(
    part: &Part,
    path: &str,
    around: &mut Surroundings,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let is_own = to.from == OWNER;
    let extra = &part.extra;
    let mut out = ObjectWriter::new();
    match &part.kind {
        // Blank text is refused by the provider, and says nothing.
        PartKind::Text { text, .. } | PartKind::Refusal(text) if !is_own && is_nothing(text, to) => {
            return Ok(None);
        }
        PartKind::Text { text, citations } => {
            let as_it_was = ["json", "guardContent", "citationsContent"]
                .into_iter()
                .find_map(|name| Some((name, extra.noted(OWNER, name)?)));
            let cited = if is_own { None } else { cited(text, citations.iter().flatten(), path, to) };
            match (as_it_was.filter(|_| is_own), cited) {
                (Some((name, raw)), _) => out.raw(name, raw.get()),
                (None, Some(cited)) => out.raw("citationsContent", &cited),
                (None, None) => out.string("text", text),
            };
        }
        PartKind::Refusal(text) => {
            out.string("text", text);
        }
        PartKind::Image(image) => {
            if !media::encode_image(image, extra, path, &mut out, to)? {
                return Ok(None);
            }
        }
        PartKind::File(file) => {
            if !media::encode_document(file, extra, &mut around.names, path, &mut out, to)? {
                return Ok(None);
            }
            if !is_own {
                let rest = extra.0.iter().filter(|member| !media::is_shared(member));
                Extra(rest.cloned().collect()).write(OWNER, &mut out, path, &mut to.loss);
                return Ok(Some(out.finish()));
            }
        }
        PartKind::Audio { data, format } => {
            if !is_own && !to.is_reply && matches!(around.abilities.family, Family::Claude(_)) {
                to.refuse(path, "audio input")?;
                return Ok(None);
            }
            if !media::encode_audio(data, format, path, &mut out, to)? {
                return Ok(None);
            }
        }
        PartKind::Thinking { text, signature } => {
            let is_signed =
                signature.as_deref().is_some_and(|text| !text.is_empty() && !marks::is_marked(text));
            if !(is_own || to.is_reply || is_signed && around.abilities.keeps_thoughts()) {
                // Nobody takes thinking back that nobody signed, or somebody else.
                to.loss.add(path);
                return Ok(None);
            }
            return Ok(Some(encode_thought(text, signature.as_deref())));
        }
        PartKind::RedactedThinking(data) => {
            if !is_own && !to.is_reply && !around.abilities.keeps_thoughts() {
                to.loss.add(path);
                return Ok(None);
            }
            let mut inner = ObjectWriter::new();
            inner.string("redactedContent", data);
            out.raw("reasoningContent", &inner.finish());
        }
        PartKind::ToolCall(ToolCall { id, name, arguments, signature: _ }) => {
            let id = if is_own { Cow::Borrowed(id.as_str()) } else { tool_id(id) };
            let mut inner = ObjectWriter::new();
            inner.string("toolUseId", &id).string("name", name).raw("input", &input(arguments, path, to));
            out.raw("toolUse", &inner.finish());
        }
        PartKind::ToolResult(result) => {
            let inner = encode_result(part, result, path, around, to)?;
            out.raw("toolResult", &inner);
        }
        PartKind::Opaque(opaque) if opaque.owner == OWNER => return Ok(Some(opaque.raw.get().to_owned())),
        PartKind::Opaque(opaque) => {
            to.refuse(path, &format!("content of type `{}`", opaque.kind))?;
            return Ok(None);
        }
    }
    extra.write(OWNER, &mut out, path, &mut to.loss);
    Ok(Some(out.finish()))
}

/// A model may well begin with a line break; a client may not.
fn is_nothing(text: &str, to: &Encoding) -> bool {
    if to.is_reply { text.is_empty() } else { text.trim().is_empty() }
}

/// Text with the pages it was taken from, if it is a reply's; whatever else is cited is lost.
fn cited<'a>(
    text: &str,
    citations: impl Iterator<Item = &'a Opaque>,
    path: &str,
    to: &mut Encoding,
) -> Option<String> {
    let mut pages = Vec::new();
    for citation in citations {
        match sources::encode(citation).filter(|_| to.is_reply) {
            Some(page) => pages.push(page),
            None => citation.report(path, &mut to.loss),
        }
    }
    if pages.is_empty() {
        return None;
    }
    let mut content = ObjectWriter::new();
    content.string("text", text);
    let mut out = ObjectWriter::new();
    out.raw("content", &array([content.finish()])).raw("citations", &array(pages));
    Some(out.finish())
}

fn encode_thought(text: &str, signature: Option<&str>) -> String {
    let mut thought = ObjectWriter::new();
    thought.string("text", text).maybe_string("signature", signature);
    let mut reasoning = ObjectWriter::new();
    reasoning.raw("reasoningText", &thought.finish());
    let mut out = ObjectWriter::new();
    out.raw("reasoningContent", &reasoning.finish());
    out.finish()
}

fn encode_result(
    part: &Part,
    result: &ToolResult,
    path: &str,
    around: &mut Surroundings,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let ToolResult { call_id, content: Content { parts, notation: _ }, is_error } = result;
    let is_own = to.from == OWNER;
    let call_id = if is_own { Cow::Borrowed(call_id.as_str()) } else { tool_id(call_id) };
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        if let Some(cache) = part.cache.as_ref().filter(|_| !is_own) {
            to.lose(&at, &cache.member);
        }
        blocks.extend(encode_block(part, &at, around, to)?);
    }
    let mut out = ObjectWriter::new();
    out.string("toolUseId", &call_id).raw("content", &array(blocks));
    match is_error {
        Some(true) => out.string("status", "error"),
        Some(false) if is_own => out.string("status", "success"),
        _ => &mut out,
    };
    part.extra.write_nested(OWNER, "toolResult", &mut out);
    Ok(out.finish())
}

/// A mark of another format becomes this one's, where the model takes one.
pub(in super::super) fn encode_mark(
    cache: &CacheHint,
    place: Cache,
    abilities: Abilities,
    path: &str,
    to: &mut Encoding,
) -> Option<String> {
    let mut out = ObjectWriter::new();
    if cache.owner == OWNER {
        out.raw("cachePoint", cache.raw.get());
        return Some(out.finish());
    }
    if to.is_reply || abilities.cache < place {
        to.lose(path, &cache.member);
        return None;
    }
    let mut mark = ObjectWriter::new();
    mark.string("type", "default");
    if let Some(ttl) = cache.ttl.as_deref().filter(|ttl| *ttl != "5m") {
        // The longer lifetimes of others come nearest to an hour.
        if abilities.cache >= Cache::Hour {
            mark.string("ttl", "1h");
        }
        to.lose_if(ttl != "1h" || abilities.cache < Cache::Hour, path, &format!("{}.ttl", cache.member));
    }
    out.raw("cachePoint", &mark.finish());
    Some(out.finish())
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

/// This format takes letters, digits and a few signs in ids, and not many of them. The same id always becomes the same,
/// so that calls and results still meet.
pub(in super::super) fn tool_id(id: &str) -> Cow<'_, str> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    if !id.is_empty() && id.len() <= MAX_ID_CHARS && id.chars().all(is_fine) {
        return Cow::Borrowed(id);
    }
    let mut fine: String = id.chars().map(|c| if is_fine(c) { c } else { '_' }).collect();
    if fine.is_empty() {
        fine.push_str("call");
    }
    if fine.len() > MAX_ID_CHARS {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        fine.truncate(MAX_ID_CHARS - 17);
        fine = format!("{fine}_{:016x}", hasher.finish());
    }
    Cow::Owned(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_stay_apart() {
        assert_eq!(tool_id("toolu_01A.b:c-d"), "toolu_01A.b:c-d");
        assert_eq!(tool_id("a b/é"), "a_b__");
        assert_eq!(tool_id(""), "call");
        let (one, other) = (format!("{}1", "x".repeat(99)), format!("{}2", "x".repeat(99)));
        assert_eq!(tool_id(&one).len(), MAX_ID_CHARS);
        assert_ne!(tool_id(&one), tool_id(&other));
        assert_eq!(tool_id(&one), tool_id(&one));
    }
}
