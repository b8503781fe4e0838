//! Content blocks into the canonical model. A block that is not written as documented is kept whole.

use serde_json::value::RawValue;

use super::super::OWNER;
use crate::canonical::{
    CacheHint, Content, Extra, File, Image, Notation, Opaque, Part, PartKind, Source, ToolCall, ToolResult,
    signature,
};
use crate::json::{self, Members};

/// A string, or an array of blocks; `None` if it is neither.
pub(in super::super) fn content(raw: &RawValue) -> Option<Content> {
    let mut content = content_of(raw, decode)?;
    // A call's came in a block of its own; see [`super::encode_signature`].
    content.parts = signature::give_to_calls(content.parts);
    Some(content)
}

fn content_of(raw: &RawValue, decode: impl Fn(&RawValue) -> Part) -> Option<Content> {
    if let Some(text) = json::string(raw) {
        return Some(Content { parts: vec![Part::text(text)], notation: Notation::Text });
    }
    let parts = json::elements(raw)?.into_iter().map(decode).collect();
    Some(Content { parts, notation: Notation::Parts })
}

pub(in super::super) fn decode(raw: &RawValue) -> Part {
    decode_at(raw, true)
}

/// A result cannot hold another one, and a body cannot make this go as deep as it likes.
fn decode_at(raw: &RawValue, may_hold_result: bool) -> Part {
    known(raw, may_hold_result).unwrap_or_else(|| {
        let kind = json::members(raw).and_then(|members| members.text("type").map(String::from));
        let kind = kind.unwrap_or_else(|| "block".to_owned());
        Part::new(PartKind::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }))
    })
}

fn known(raw: &RawValue, may_hold_result: bool) -> Option<Part> {
    let mut block = json::members(raw)?;
    let kind = match block.take_as::<String>("type")?.as_str() {
        "text" => PartKind::Text { text: block.take_as("text")?, citations: citations(&mut block) },
        "image" => PartKind::Image(Image { source: source(block.take("source")?)?, detail: None }),
        "document" => {
            PartKind::File(File { source: source(block.take("source")?)?, name: block.take_as("title") })
        }
        "thinking" => {
            PartKind::Thinking { text: block.take_as("thinking")?, signature: block.take_as("signature") }
        }
        "redacted_thinking" => PartKind::RedactedThinking(block.take_as("data")?),
        "tool_use" => PartKind::ToolCall(ToolCall {
            id: block.take_as("id")?,
            name: block.take_as("name")?,
            arguments: block.take("input")?.get().to_owned(),
            signature: None,
        }),
        "tool_result" if may_hold_result => {
            let content = match block.take("content") {
                Some(raw) => content_of(raw, |raw| decode_at(raw, false))?,
                None => Content { parts: Vec::new(), notation: Notation::Absent },
            };
            let call_id = block.take_as("tool_use_id")?;
            PartKind::ToolResult(ToolResult { call_id, content, is_error: block.take_as("is_error") })
        }
        _ => return None,
    };
    let cache = cache_hint(&mut block);
    Some(Part { kind, cache, extra: Extra::rest(OWNER, block) })
}

/// An array of citations. The setting of the same name on documents is an object and stays where it is.
fn citations(block: &mut Members<'_>) -> Option<Vec<Opaque>> {
    let raw = json::elements(block.get("citations")?)?;
    block.take("citations");
    let citation =
        |raw: &RawValue| Opaque { owner: OWNER, kind: "citations".to_owned(), raw: raw.to_owned() };
    Some(raw.into_iter().map(citation).collect())
}

fn source(raw: &RawValue) -> Option<Source> {
    let mut source = json::members(raw)?;
    let known = match source.take_as::<String>("type")?.as_str() {
        "base64" => {
            Source::Base64 { media_type: source.take_as("media_type")?, data: source.take_as("data")? }
        }
        "url" => Source::Url(source.take_as("url")?),
        "file" => Source::FileId(source.take_as("file_id")?),
        "text" => Source::Text { media_type: source.take_as("media_type")?, text: source.take_as("data")? },
        _ => return None,
    };
    source.0.is_empty().then_some(known)
}

pub(in super::super) fn cache_hint(members: &mut Members<'_>) -> Option<CacheHint> {
    let raw = members.take("cache_control")?;
    let ttl = json::members(raw).and_then(|mark| mark.text("ttl").map(String::from));
    Some(CacheHint { owner: OWNER, member: "cache_control".to_owned(), raw: raw.to_owned(), ttl })
}
