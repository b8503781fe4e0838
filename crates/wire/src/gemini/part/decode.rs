//! Parts into the canonical model. A part that is not written as documented is kept whole.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::spelling::{Spelling, flag, note_text};
use super::calls::Calls;
use super::media;
use super::signature::{Received, received};
use crate::canonical::{Content, Extra, Notation, Opaque, Part, PartKind, ToolCall, ToolResult};
use crate::json::{self, Members, array, quote};

pub(in super::super) fn decode(raw: &RawValue, calls: &mut Calls) -> Part {
    known(raw, calls).unwrap_or_else(|| unknown(raw))
}

fn unknown(raw: &RawValue) -> Part {
    let members = json::members(raw).unwrap_or_default();
    // What a part is, is told by the one member that holds data.
    let beside = ["thought", "thoughtSignature", "thought_signature", "videoMetadata", "video_metadata"];
    let kind = members.0.iter().find(|(name, _)| !beside.contains(&name.as_ref()));
    let kind = kind.map_or("part", |(name, _)| name.as_ref()).to_owned();
    Part::new(PartKind::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }))
}

/// The part is a summary of what the model thought.
fn is_thought(part: &Members<'_>) -> bool {
    part.get("thought").is_some_and(|raw| raw.get() == "true")
}

fn known(raw: &RawValue, calls: &mut Calls) -> Option<Part> {
    let mut part = json::members(raw)?;
    let (mut spelling, mut extra) = (Spelling::default(), Extra::default());
    let kind = if is_thought(&part) {
        thought(&mut part, &mut spelling, &mut extra)?
    } else if let Some(text) = part.take_as("text") {
        PartKind::Text { text, citations: None }
    } else if let Some(raw) = spelling.take(&mut part, "inlineData") {
        media::decode_inline(raw, &mut spelling, &mut extra)?
    } else if let Some(raw) = spelling.take(&mut part, "fileData") {
        media::decode_file(raw, &mut spelling, &mut extra)?
    } else if let Some(raw) = spelling.take(&mut part, "functionCall") {
        let signature = spelling.take_as(&mut part, "thoughtSignature");
        call(raw, signature, calls, &mut extra)?
    } else {
        let raw = spelling.take(&mut part, "functionResponse")?;
        result(raw, calls, &mut extra)?
    };
    spelling.note(&mut extra);
    extra.add("", OWNER, part);
    Some(Part { kind, cache: None, extra })
}

/// A thought in words, or the signature of one that is not shown.
fn thought(part: &mut Members<'_>, spelling: &mut Spelling, extra: &mut Extra) -> Option<PartKind> {
    let text: Option<String> = part.take_as("text");
    let signature = spelling.take_as::<String>(part, "thoughtSignature");
    if text.is_none() {
        signature.as_ref()?;
        flag(extra, "textless");
    }
    part.take("thought");
    let text = text.unwrap_or_default();
    Some(match signature.as_deref().map(received) {
        Some(Received::Redacted(data)) if text.is_empty() => PartKind::RedactedThinking(data),
        Some(Received::Redacted(_)) => return None,
        Some(Received::Signature(signature)) => PartKind::Thinking { text, signature: Some(signature) },
        None => PartKind::Thinking { text, signature: None },
    })
}

fn call(raw: &RawValue, signature: Option<String>, calls: &mut Calls, extra: &mut Extra) -> Option<PartKind> {
    let mut call = json::members(raw)?;
    // A call in pieces, which only this format's clients know how to put together.
    if call.get("partialArgs").is_some() || call.get("willContinue").is_some_and(|raw| raw.get() == "true") {
        return None;
    }
    let name: String = call.take_as("name")?;
    let stated: Option<String> = call.take_as("id");
    if stated.is_none() {
        flag(extra, "without id");
    }
    let arguments = call.take("args");
    if arguments.is_none() {
        flag(extra, "without args");
    }
    let id = calls.begin(stated.as_deref(), &name);
    extra.add("functionCall", OWNER, call);
    let arguments = arguments.map_or("{}", RawValue::get).to_owned();
    Some(PartKind::ToolCall(ToolCall { id, name, arguments, signature }))
}

/// Names under which an output stands alone in a response, and the one for errors.
const OUTPUTS: [&str; 3] = ["output", "result", "error"];

fn result(raw: &RawValue, calls: &mut Calls, extra: &mut Extra) -> Option<PartKind> {
    let mut result = json::members(raw)?;
    let name: String = result.take_as("name")?;
    let stated: Option<String> = result.take_as("id");
    note_text(extra, "name", &name);
    if let Some(stated) = &stated {
        note_text(extra, "id", stated);
    }
    let mut parts = Vec::new();
    let mut is_error = None;
    if let Some(raw) = result.take("response") {
        let (text, how) = output(raw);
        is_error = how.contains("\"error\"").then_some(true);
        if let Ok(how) = RawValue::from_string(how) {
            extra.note(OWNER, "response", &how);
        }
        parts.push(Part::text(text));
    }
    let media = result.get("parts").and_then(json::elements).filter(|parts| !parts.is_empty());
    if let Some(media) = media {
        result.take("parts");
        parts.extend(media.into_iter().map(nested));
    }
    extra.add("functionResponse", OWNER, result);
    let content = Content { parts, notation: Notation::Parts };
    Some(PartKind::ToolResult(ToolResult {
        call_id: calls.answer(stated.as_deref(), &name),
        content,
        is_error,
    }))
}

/// A part within a function's response holds media only, so that a body cannot make this go as deep as it likes.
fn nested(raw: &RawValue) -> Part {
    known_media(raw).unwrap_or_else(|| unknown(raw))
}

fn known_media(raw: &RawValue) -> Option<Part> {
    let mut part = json::members(raw)?;
    let (mut spelling, mut extra) = (Spelling::default(), Extra::default());
    let kind = if let Some(raw) = spelling.take(&mut part, "inlineData") {
        media::decode_inline(raw, &mut spelling, &mut extra)?
    } else {
        let raw = spelling.take(&mut part, "fileData")?;
        media::decode_file(raw, &mut spelling, &mut extra)?
    };
    spelling.note(&mut extra);
    extra.add("", OWNER, part);
    Some(Part { kind, cache: None, extra })
}

/// A response as text, and how it was written: the name it stood under, alone; in an array if what stood there was no
/// string; `true` if all of the response is shown.
fn output(raw: &RawValue) -> (String, String) {
    let whole = || (raw.get().to_owned(), "true".to_owned());
    let Some(members) = json::members(raw) else { return whole() };
    let [(name, value)] = members.0.as_slice() else { return whole() };
    if !OUTPUTS.contains(&name.as_ref()) {
        return whole();
    }
    match json::string(value) {
        Some(text) => (text.into_owned(), quote(name)),
        None => (value.get().to_owned(), array([quote(name)])),
    }
}
