//! The prompt: a text, several, or the same as token ids.

use serde_json::value::RawValue;

use super::OWNER;
use crate::canonical::{Content, Extra, Item, Message, Notation, Part, PartKind, ReasoningNotation, Role};
use crate::envelope::BadRequest;
use crate::json::{self, Members, array, quote};

pub(super) const EXPECTED: &str = "a string or an array";

/// How many completions a prompt makes; `None` if it is none. Servers have shapes of their own beside OpenAI's.
pub(super) fn count(raw: &RawValue) -> Option<u32> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' | b'{' => Some(1),
        b'[' => {
            // A list of token ids may be very long, and is one prompt.
            let is_of_tokens = text[1..].trim_start().starts_with(|c: char| c.is_ascii_digit());
            if is_of_tokens {
                return Some(1);
            }
            let elements = json::elements(raw)?;
            let is_prompt = |raw: &&RawValue| raw.get().starts_with(['"', '[', '{']);
            // Text and token ids among each other are one prompt, where they are known at all.
            Some(if elements.iter().all(is_prompt) { elements.len().max(1) as u32 } else { 1 })
        }
        _ => None,
    }
}

/// The prompt as what a user says. What is more than one text, or none, is insisted on.
pub(super) fn take(members: &mut Members<'_>, extra: &mut Extra) -> Result<Vec<Message>, BadRequest> {
    let Some(raw) = members.take("prompt") else {
        extra.insist(OWNER, "prompt", "a document that begins with nothing", None);
        return Ok(Vec::new());
    };
    if count(raw).is_none() {
        return Err(BadRequest::wrong_type("prompt", EXPECTED));
    }
    let mut insist = |what: &str| extra.insist(OWNER, "prompt", what, Some(raw));
    if let Some(text) = json::string(raw) {
        if text.is_empty() {
            insist("a document that begins with nothing");
            return Ok(Vec::new());
        }
        return Ok(vec![said(&text, Notation::Text)]);
    }
    let texts: Option<Vec<_>> =
        json::elements(raw).and_then(|texts| texts.into_iter().map(json::string).collect());
    match texts.as_deref() {
        None => {
            insist("a prompt other than text");
            Ok(Vec::new())
        }
        Some([text]) if !text.is_empty() => Ok(vec![said(text, Notation::Parts)]),
        Some([] | [_]) => {
            insist("a document that begins with nothing");
            Ok(Vec::new())
        }
        Some([first, ..]) => {
            insist("more than one prompt");
            Ok((!first.is_empty()).then(|| said(first, Notation::Text)).into_iter().collect())
        }
    }
}

fn said(text: &str, notation: Notation) -> Message {
    Message {
        role: Role::User,
        content: Content { parts: vec![Part::text(text)], notation },
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::default(),
    }
}

/// The prompt of this format's own request, if it is not insisted on.
pub(super) fn own(messages: &[Message]) -> Option<String> {
    let content = &messages.first()?.content;
    let PartKind::Text { text, .. } = &content.parts.first()?.kind else { return None };
    let text = quote(text);
    Some(if content.notation == Notation::Parts { array([text]) } else { text })
}
