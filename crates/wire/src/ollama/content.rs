//! The members that hold a message's content: text, images, thinking and tool calls, each in its own. Chat has them in
//! a `message`, generate beside the rest of the response.

use serde_json::value::RawValue;

use super::OWNER;
use super::calls::{self, Calls, UNKNOWN_CALL};
use super::images::{self, UNKNOWN_IMAGE};
use crate::canonical::{Content, Image, Notation, Part, PartKind, Source};
use crate::envelope::BadRequest;
use crate::json::{self, Members, ObjectWriter, array, quote};

/// Takes the text, which is a string if it is there.
pub(super) fn take_text(members: &mut Members<'_>, name: &str, path: &str) -> Result<Content, BadRequest> {
    let at = members.0.iter().rposition(|(key, _)| key == name);
    let Some(at) = at else { return Ok(Content { parts: Vec::new(), notation: Notation::Absent }) };
    let (_, raw) = members.0.remove(at);
    if json::is_null(raw) {
        return Ok(Content { parts: Vec::new(), notation: Notation::Null });
    }
    let text =
        json::string(raw).ok_or_else(|| BadRequest::wrong_type(&format!("{path}{name}"), "a string"))?;
    Ok(Content { parts: vec![Part::text(text)], notation: Notation::Text })
}

/// Beside anything else, an empty text is how this format says none.
pub(super) fn drop_silence(content: &mut Content) {
    let is_silence = |part: &Part| matches!(&part.kind, PartKind::Text { text, .. } if text.is_empty());
    if content.parts.len() > 1 {
        content.parts.retain(|part| !is_silence(part));
    }
}

/// Takes the images, which the model sees before the text.
pub(super) fn take_images(members: &mut Members<'_>, content: &mut Content) {
    let images = take_list(members, "images");
    content.parts.splice(0..0, images.into_iter().map(images::decode));
}

/// Takes what an assistant's message has beside them: thinking comes first, calls last.
pub(super) fn take_turn(members: &mut Members<'_>, content: &mut Content, calls: &mut Calls) {
    if let Some(text) = members.text("thinking").filter(|text| !text.is_empty()).map(String::from) {
        members.take("thinking");
        content.parts.insert(0, Part::new(PartKind::Thinking { text, signature: None }));
    }
    let raw = take_list(members, "tool_calls");
    content.parts.extend(raw.into_iter().map(|raw| calls.decode(raw)));
}

/// A list that says something. Any other value stays where it is.
fn take_list<'a>(members: &mut Members<'a>, name: &str) -> Vec<&'a RawValue> {
    let list = members.get(name).and_then(json::elements).unwrap_or_default();
    if !list.is_empty() {
        members.take(name);
    }
    list
}

/// Writes the members as they were.
pub(super) fn write_own(content: &Content, name: &str, out: &mut ObjectWriter) {
    let Content { parts, notation } = content;
    let (mut said, mut images, mut calls) = ("", Vec::new(), Vec::new());
    let mut thinking = None;
    for Part { kind, cache: _, extra } in parts {
        match kind {
            PartKind::Text { text, citations: _ } => said = text,
            PartKind::Thinking { text, signature: _ } => thinking = Some(text.as_str()),
            PartKind::Image(image) => images.extend(own_image(image)),
            PartKind::ToolCall(call) => calls.push(calls::encode_own(call, extra)),
            PartKind::Opaque(opaque) if opaque.owner == OWNER && opaque.kind == UNKNOWN_IMAGE => {
                images.push(opaque.raw.get().to_owned());
            }
            PartKind::Opaque(opaque) if opaque.owner == OWNER && opaque.kind == UNKNOWN_CALL => {
                calls.push(opaque.raw.get().to_owned());
            }
            _ => {}
        }
    }
    match notation {
        Notation::Absent => {}
        Notation::Null => {
            out.raw(name, "null");
        }
        Notation::Text | Notation::Parts => {
            out.string(name, said);
        }
    }
    out.maybe_string("thinking", thinking);
    for (member, list) in [("images", images), ("tool_calls", calls)] {
        if !list.is_empty() {
            out.raw(member, &array(list));
        }
    }
}

fn own_image(image: &Image) -> Option<String> {
    match &image.source {
        Source::Base64 { data, .. } => Some(quote(data)),
        Source::Url(_) | Source::FileId(_) | Source::Text { .. } => None,
    }
}
