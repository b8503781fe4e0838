//! Reading a body piece by piece: texts, and what is between them. It need not be whole, nor valid: what was cut is read up to
//! where it ends.

use std::borrow::Cow;

use super::{DEEPEST, Pass, rules};

/// A piece of a body.
enum Piece<'a> {
    /// Brackets, commas, numbers, words.
    Between(&'a str),
    Text(Text<'a>),
}

struct Text<'a> {
    /// As it is written, with its quotes; the last one is missing where the body was cut.
    raw: &'a str,
    says: Cow<'a, str>,
    is_whole: bool,
    /// It is the name of a member.
    is_name: bool,
}

struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = self.rest;
        if !rest.starts_with('"') {
            let (between, after) = rest.split_at(rest.find('"').unwrap_or(rest.len()));
            self.rest = after;
            return Some(Piece::Between(between));
        }
        let end = end_of_text(rest);
        let (raw, after) = rest.split_at(end.unwrap_or(rest.len()));
        self.rest = after;
        let is_name = after.trim_start().starts_with(':');
        Some(Piece::Text(Text { raw, says: meaning(raw, end.is_some()), is_whole: end.is_some(), is_name }))
    }
}

/// Where the text ends that begins here, behind its last quote.
fn end_of_text(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while let Some(next) = memchr::memchr2(b'"', b'\\', bytes.get(at..)?) {
        at += next + 1;
        if bytes[at - 1] == b'"' {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// What a text says; where it cannot be read, what is written.
fn meaning(raw: &str, is_whole: bool) -> Cow<'_, str> {
    let inner = if is_whole { &raw[1..raw.len() - 1] } else { &raw[1..] };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    // A cut may leave half of a character's code, which has at most twelve.
    let mut end = inner.len();
    for _ in 0..=12 {
        if let Ok(says) = serde_json::from_str(&format!("\"{}\"", &inner[..end])) {
            return Cow::Owned(says);
        }
        if is_whole {
            break;
        }
        end = inner.floor_char_boundary(end.saturating_sub(1));
    }
    Cow::Borrowed(inner)
}

impl Pass<'_> {
    pub(super) fn json<'t>(&self, body: &'t str, depth: usize) -> Cow<'t, str> {
        let mut out = Out { body, copied: 0, text: None };
        let mut at = 0;
        // A member's name, until its value begins.
        let mut name: Option<Cow<'_, str>> = None;
        for piece in (Pieces { rest: body }) {
            match piece {
                Piece::Between(between) => {
                    if between.contains(|other: char| other != ':' && !other.is_whitespace()) {
                        name = None;
                    }
                    self.between(between, at, &mut out);
                    at += between.len();
                }
                Piece::Text(text) => {
                    let is_secret = name.take().is_some_and(|name| rules::is_secret_member(&name));
                    let after = if is_secret && !text.says.is_empty() {
                        Some(rules::CREDENTIAL.to_owned())
                    } else {
                        self.text(&text.says, depth)
                    };
                    if let Some(after) = after {
                        let written = serde_json::Value::from(after).to_string();
                        let length = if text.is_whole { written.len() } else { written.len() - 1 };
                        out.put(at, text.raw.len(), &written[..length]);
                    }
                    at += text.raw.len();
                    if text.is_name {
                        name = Some(text.says);
                    }
                }
            }
        }
        out.finish()
    }

    /// `None` where it stays.
    fn text(&self, says: &str, depth: usize) -> Option<String> {
        let is_json = depth < DEEPEST
            && says.trim_start().starts_with(['{', '['])
            && serde_json::from_str::<serde::de::IgnoredAny>(says).is_ok();
        let after = if is_json { self.json(says, depth + 1) } else { self.plain(says) };
        match after {
            Cow::Borrowed(_) => None,
            Cow::Owned(after) => Some(after),
        }
    }

    /// Numbers become texts where something is taken out of them.
    fn between(&self, between: &str, start: usize, out: &mut Out<'_>) {
        if !between.bytes().any(|byte| byte.is_ascii_digit()) {
            return;
        }
        let is_mark = |character: char| "{}[],:".contains(character) || character.is_whitespace();
        let mut at = start;
        for word in between.split_inclusive(is_mark) {
            let bare = word.trim_end_matches(is_mark);
            if let Cow::Owned(after) = self.plain(bare) {
                out.put(at, bare.len(), &serde_json::Value::from(after).to_string());
            }
            at += word.len();
        }
    }
}

/// A body of which parts are put otherwise.
struct Out<'a> {
    body: &'a str,
    copied: usize,
    text: Option<String>,
}

impl<'a> Out<'a> {
    fn put(&mut self, at: usize, length: usize, instead: &str) {
        let text = self.text.get_or_insert_with(|| String::with_capacity(self.body.len()));
        text.push_str(&self.body[self.copied..at]);
        text.push_str(instead);
        self.copied = at + length;
    }

    fn finish(self) -> Cow<'a, str> {
        match self.text {
            None => Cow::Borrowed(self.body),
            Some(text) => Cow::Owned(text + &self.body[self.copied..]),
        }
    }
}

/// Members in which formats keep what is said; others name models, roles, tools, files.
const SPOKEN: [&str; 14] = [
    "content",
    "text",
    "input",
    "prompt",
    "suffix",
    "system",
    "instructions",
    "message",
    "output",
    "response",
    "thinking",
    "reasoning_content",
    "refusal",
    "arguments",
];

/// A longer run without a space is no word: an image, a signature.
const LONGEST_WORD: usize = 400;

/// What is said in a body, for whoever looks for words.
pub fn words(body: &str) -> String {
    let mut out = String::new();
    let mut is_spoken = false;
    for piece in (Pieces { rest: body }) {
        let Piece::Text(text) = piece else { continue };
        if text.is_name {
            is_spoken = SPOKEN.contains(&&*text.says);
        } else if is_spoken {
            for word in text.says.split_whitespace().filter(|word| word.len() <= LONGEST_WORD) {
                out.push_str(word);
                out.push(' ');
            }
            out.push('\n');
        }
    }
    out
}
