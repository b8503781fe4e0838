//! Log probabilities as OpenAI's newer formats tell them: a list of tokens, each with its likeliest alternatives.

use serde_json::value::RawValue;

use crate::canonical::{Logprobs, Token};
use crate::json::{self, ObjectWriter, array};

/// A list of tokens; `None` if it is none.
pub(crate) fn tokens(raw: &RawValue) -> Option<Vec<Token>> {
    let list = json::elements(raw)?;
    list.into_iter()
        .map(|raw| {
            let (mut token, members) = token(raw)?;
            let top = members.get("top_logprobs").and_then(json::elements).unwrap_or_default();
            token.top = top.into_iter().filter_map(|raw| Some(self::token(raw)?.0)).collect();
            Some(token)
        })
        .collect()
}

fn token(raw: &RawValue) -> Option<(Token, json::Members<'_>)> {
    let members = json::members(raw)?;
    let token = Token {
        text: members.text("token")?.into_owned(),
        logprob: members.get("logprob").map(RawValue::to_owned),
        bytes: members.get("bytes").map(RawValue::to_owned),
        top: Vec::new(),
    };
    Some((token, members))
}

/// Chat's object: what was said, and what was said in declining.
pub(crate) fn read(raw: &RawValue) -> Option<Logprobs> {
    let members = json::members(raw)?;
    let lists = ["content", "refusal"].into_iter().filter_map(|name| tokens(members.get(name)?));
    Some(Logprobs { raw: raw.to_owned(), tokens: lists.flatten().collect() })
}

pub(crate) fn write(tokens: &[Token]) -> String {
    let mut out = ObjectWriter::new();
    out.raw("content", &write_tokens(tokens)).raw("refusal", "null");
    out.finish()
}

pub(crate) fn write_tokens(tokens: &[Token]) -> String {
    array(tokens.iter().map(|token| {
        let mut out = write_token(token);
        out.raw("top_logprobs", &array(token.top.iter().map(|other| write_token(other).finish())));
        out.finish()
    }))
}

fn write_token(token: &Token) -> ObjectWriter {
    let Token { text, logprob, bytes, top: _ } = token;
    let mut out = ObjectWriter::new();
    out.string("token", text)
        // A number is expected; this one is what OpenAI writes for "hardly".
        .raw("logprob", logprob.as_ref().map_or("-9999.0", |raw| raw.get()))
        .raw("bytes", &bytes.as_ref().map_or_else(|| bytes_of(text), |raw| raw.get().to_owned()));
    out
}

/// Completions spell a token that is no text by itself in this way, others replace what is missing.
fn bytes_of(text: &str) -> String {
    if text.starts_with("bytes:") || text.contains(char::REPLACEMENT_CHARACTER) {
        return "null".to_owned();
    }
    array(text.bytes().map(|byte| byte.to_string()))
}

/// Keeps the tokens of a stream until there is a chunk of their choice to tell them in.
pub(crate) fn hold(choice: u64, logprobs: Logprobs, held: &mut Vec<(u64, Vec<Token>)>) {
    match held.iter_mut().find(|(of, _)| *of == choice) {
        Some((_, tokens)) => tokens.extend(logprobs.tokens),
        None => held.push((choice, logprobs.tokens)),
    }
}

/// Takes what was kept for a choice.
pub(crate) fn release(choice: u64, held: &mut Vec<(u64, Vec<Token>)>) -> Option<Vec<Token>> {
    let at = held.iter().position(|(of, _)| *of == choice)?;
    Some(held.remove(at).1)
}
