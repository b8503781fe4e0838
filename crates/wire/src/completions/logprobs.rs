//! Log probabilities in this format: four lists beside each other, and the likeliest tokens as an object.

use serde_json::value::RawValue;

use crate::canonical::{Logprobs, Token};
use crate::json::{self, Members, ObjectWriter, array, quote};
use crate::openai;

/// `None` if it is no object. llama.cpp tells them as chat does.
pub(super) fn read(raw: &RawValue) -> Option<Logprobs> {
    let members = json::members(raw)?;
    if members.get("content").is_some() {
        return openai::logprobs::read(raw);
    }
    Some(Logprobs { raw: raw.to_owned(), tokens: tokens(&members).unwrap_or_default() })
}

fn tokens(members: &Members<'_>) -> Option<Vec<Token>> {
    let list = |name: &str| members.get(name).and_then(json::elements).unwrap_or_default();
    let (logprobs, tops) = (list("token_logprobs"), list("top_logprobs"));
    let number = |raw: &RawValue| (!json::is_null(raw)).then(|| raw.to_owned());
    let token = |text: String, logprob: Option<&RawValue>| Token {
        text,
        logprob: logprob.and_then(number),
        bytes: None,
        top: Vec::new(),
    };
    let texts = list("tokens").into_iter().map(|raw| json::string(raw).map(String::from));
    texts
        .enumerate()
        .map(|(index, text)| {
            let mut token_here = token(text?, logprobs.get(index).copied());
            let top = tops.get(index).and_then(|raw| json::members(raw)).unwrap_or_default();
            token_here.top =
                top.0.into_iter().map(|(text, raw)| token(text.into_owned(), Some(raw))).collect();
            Some(token_here)
        })
        .collect()
}

/// `from`: the characters of text before the first token. The prompt's, from which the provider counts, are not known
/// here.
pub(super) fn write(tokens: &[Token], from: u64) -> String {
    let number = |token: &Token| token.logprob.as_ref().map_or("null", |raw| raw.get()).to_owned();
    let mut at = from;
    let offsets = tokens.iter().map(|token| {
        let here = at;
        at += token.text.chars().count() as u64;
        here.to_string()
    });
    let offsets: Vec<String> = offsets.collect();
    let top = |token: &Token| {
        let mut out = ObjectWriter::new();
        for other in &token.top {
            out.raw(&other.text, &number(other));
        }
        out.finish()
    };
    let mut out = ObjectWriter::new();
    out.raw("tokens", &array(tokens.iter().map(|token| quote(&token.text))))
        .raw("token_logprobs", &array(tokens.iter().map(number)));
    if tokens.iter().all(|token| token.top.is_empty()) {
        out.raw("top_logprobs", "null");
    } else {
        out.raw("top_logprobs", &array(tokens.iter().map(top)));
    }
    out.raw("text_offset", &array(offsets));
    out.finish()
}
