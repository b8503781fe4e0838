//! Content blocks into the canonical model. A block that is not written as documented is kept whole.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::{citations, media};
use crate::canonical::{
    CacheHint, Content, Extra, Notation, Opaque, Part, PartKind, ToolCall, ToolResult, signature,
};
use crate::json::{self, Members};

/// An array of blocks; `None` if it is none. A cache point is a block of its own here, and elsewhere a mark on the part
/// before it.
pub(in super::super) fn content(raw: &RawValue) -> Option<Content> {
    let mut parts: Vec<Part> = Vec::new();
    for raw in json::elements(raw)? {
        let Some(mark) = cache_point(raw) else {
            push(&mut parts, decode(raw, true));
            continue;
        };
        match parts.last_mut().filter(|part| part.cache.is_none()) {
            Some(part) => part.cache = Some(mark),
            None => parts.push(bare(mark)),
        }
    }
    Some(Content { parts, notation: Notation::Parts })
}

/// Adds a part. A call's signature came in a thought of its own; see [`super::encode_signature`].
fn push(parts: &mut Vec<Part>, mut part: Part) {
    if let (PartKind::ToolCall(call), Some(PartKind::Thinking { signature: Some(marked), text })) =
        (&mut part.kind, parts.last().map(|part| &part.kind))
        && let (Some(signature), true) = (signature::of_call(marked), text.is_empty())
    {
        call.signature = Some(signature.to_owned());
        parts.pop();
    }
    parts.push(part);
}

pub(in super::super) fn cache_point(raw: &RawValue) -> Option<CacheHint> {
    let block = json::members(raw)?;
    let raw = block.get("cachePoint").filter(|_| block.0.len() == 1)?;
    let ttl = json::members(raw)?.text("ttl").map(String::from);
    Some(CacheHint { owner: OWNER, member: "cachePoint".to_owned(), raw: raw.to_owned(), ttl })
}

/// A mark with nothing before it.
fn bare(mark: CacheHint) -> Part {
    let mut part = Part::text("");
    part.extra.note(OWNER, "bare mark", RawValue::TRUE);
    part.cache = Some(mark);
    part
}

/// A result cannot hold another one, and a body cannot make this go as deep as it likes.
fn decode(raw: &RawValue, may_hold_result: bool) -> Part {
    known(raw, may_hold_result).unwrap_or_else(|| {
        let first = json::members(raw).and_then(|block| Some(block.0.first()?.0.clone().into_owned()));
        let kind = first.unwrap_or_else(|| "block".to_owned());
        Part::new(PartKind::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }))
    })
}

fn known(raw: &RawValue, may_hold_result: bool) -> Option<Part> {
    let mut block = json::members(raw)?;
    let mut extra = Extra::default();
    let kind = match block.0.first()?.0.clone().as_ref() {
        "text" => PartKind::Text { text: block.take_as("text")?, citations: None },
        "json" if !may_hold_result => {
            let value = block.take("json")?;
            extra.note(OWNER, "json", value);
            PartKind::Text { text: value.get().to_owned(), citations: None }
        }
        "guardContent" => guarded(block.take("guardContent")?, &mut extra)?,
        "citationsContent" => cited(block.take("citationsContent")?, &mut extra)?,
        "image" => media::image(block.take("image")?, &mut extra)?,
        "document" => media::document(block.take("document")?, &mut extra)?,
        "audio" => media::audio(block.take("audio")?)?,
        "reasoningContent" => reasoning(block.take("reasoningContent")?)?,
        "toolUse" => call(block.take("toolUse")?)?,
        "toolResult" if may_hold_result => result(block.take("toolResult")?, &mut extra)?,
        _ => return None,
    };
    extra.add("", OWNER, block);
    Some(Part { kind, cache: None, extra })
}

/// Text that a guardrail is to look at; to others it is text.
fn guarded(raw: &RawValue, extra: &mut Extra) -> Option<PartKind> {
    let text = json::members(raw)?.get("text").and_then(json::members)?;
    let text = text.text("text")?.into_owned();
    extra.note(OWNER, "guardContent", raw);
    Some(PartKind::Text { text, citations: None })
}

/// Text with its sources.
fn cited(raw: &RawValue, extra: &mut Extra) -> Option<PartKind> {
    let members = json::members(raw)?;
    let pieces = members.get("content").and_then(json::elements).unwrap_or_default();
    let mut text = String::new();
    for piece in pieces {
        text.push_str(json::members(piece)?.text("text")?.as_ref());
    }
    let sources = members.get("citations").and_then(json::elements).unwrap_or_default();
    let citation = |raw: &RawValue| citations::decode(raw, "citations".to_owned());
    extra.note(OWNER, "citationsContent", raw);
    Some(PartKind::Text { text, citations: Some(sources.into_iter().map(citation).collect()) })
}

fn reasoning(raw: &RawValue) -> Option<PartKind> {
    let mut reasoning = json::members(raw)?;
    if let Some(data) = reasoning.take_as("redactedContent") {
        return nothing_left(&reasoning).map(|()| PartKind::RedactedThinking(data));
    }
    let mut thought = json::members(reasoning.take("reasoningText")?)?;
    let (text, signature) = (thought.take_as("text")?, thought.take_as("signature"));
    nothing_left(&reasoning).and(nothing_left(&thought))?;
    Some(PartKind::Thinking { text, signature })
}

/// A call that the provider does not answer itself.
fn call(raw: &RawValue) -> Option<PartKind> {
    let mut call = json::members(raw)?;
    let kind = PartKind::ToolCall(ToolCall {
        id: call.take_as("toolUseId")?,
        name: call.take_as("name")?,
        arguments: call.take("input")?.get().to_owned(),
        signature: None,
    });
    nothing_left(&call).map(|()| kind)
}

fn result(raw: &RawValue, extra: &mut Extra) -> Option<PartKind> {
    let mut result = json::members(raw)?;
    if result.get("type").is_some() {
        return None;
    }
    let content = json::elements(result.take("content")?)?;
    let parts = content.into_iter().map(|raw| decode(raw, false)).collect();
    let call_id = result.take_as("toolUseId")?;
    let is_error = match result.text("status").as_deref() {
        Some("error") => Some(true),
        Some("success") => Some(false),
        _ => None,
    };
    if is_error.is_some() {
        result.take("status");
    }
    extra.add("toolResult", OWNER, result);
    Some(PartKind::ToolResult(ToolResult {
        call_id,
        content: Content { parts, notation: Notation::Parts },
        is_error,
    }))
}

pub(super) fn nothing_left(members: &Members<'_>) -> Option<()> {
    members.0.is_empty().then_some(())
}
