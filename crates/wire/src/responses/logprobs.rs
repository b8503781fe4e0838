//! Log probabilities, which every text of an output has to itself.

use serde_json::value::RawValue;

use super::OWNER;
use crate::canonical::{Logprobs, Message, Part, PartKind, Token};
use crate::openai::logprobs::{tokens, write_tokens};

/// The member of a text.
pub(super) const MEMBER: &str = "logprobs";

/// Those of all texts of a reply, in their order. The texts keep what they wrote.
pub(super) fn take(items: &mut [Message]) -> Option<Logprobs> {
    let parts = items.iter_mut().flat_map(|item| &mut item.content.parts);
    let is_text = |part: &&mut Part| matches!(part.kind, PartKind::Text { .. });
    let mut all = Vec::new();
    for part in parts.filter(is_text) {
        let told = part.extra.0.iter().find(|member| member.kind == MEMBER);
        let told = told.and_then(|member| tokens(&member.raw)).filter(|tokens| !tokens.is_empty());
        if let Some(tokens) = told {
            part.extra.understand(OWNER, MEMBER);
            all.extend(tokens);
        }
    }
    (!all.is_empty()).then(|| Logprobs { raw: RawValue::NULL.to_owned(), tokens: all })
}

/// Gives every text of another format's reply its tokens: as many as make it up, and the last one the rest.
pub(super) fn distribute(tokens: &[Token], parts: &mut [Part]) {
    let texts = parts.iter().filter(|part| matches!(part.kind, PartKind::Text { .. })).count();
    let mut left = tokens;
    let texts_with_number = parts.iter_mut().filter_map(|part| match &part.kind {
        PartKind::Text { text, .. } => Some((text.chars().count(), part)),
        _ => None,
    });
    for (number, (chars, part)) in texts_with_number.enumerate() {
        let mut covered = 0;
        let own = left.iter().take_while(|token| {
            let begins_within = covered < chars;
            covered += token.text.chars().count();
            begins_within
        });
        let count = if number + 1 == texts { left.len() } else { own.count() };
        let (own, rest) = left.split_at(count);
        left = rest;
        if let Ok(raw) = RawValue::from_string(write_tokens(own)) {
            part.extra.note(OWNER, MEMBER, &raw);
        }
    }
}
