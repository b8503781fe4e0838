//! How members may be written: `inlineData` or `inline_data`, and one value in place of a list of one.
//!
//! Which way it was is noted in the holder's [`Extra`], so that its own format gets the same JSON again.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::OWNER;
use crate::canonical::{Extra, RawText};
use crate::json::{self, Members};

/// The members of one holder that were found under their other spelling.
#[derive(Debug, Default)]
pub(super) struct Spelling(Vec<&'static str>);

impl Spelling {
    /// As [`Members::take`], under either spelling.
    pub fn take<'a>(&mut self, members: &mut Members<'a>, name: &'static str) -> Option<&'a RawValue> {
        if let Some(raw) = members.take(name) {
            return Some(raw);
        }
        let raw = members.take(&snake_case(name)?)?;
        self.0.push(name);
        Some(raw)
    }

    /// As [`Members::take_as`], under either spelling.
    pub fn take_as<'a, T: Deserialize<'a>>(
        &mut self,
        members: &mut Members<'a>,
        name: &'static str,
    ) -> Option<T> {
        if let Some(value) = members.take_as(name) {
            return Some(value);
        }
        let value = members.take_as(&snake_case(name)?)?;
        self.0.push(name);
        Some(value)
    }

    /// Notes what was found.
    pub fn note(self, extra: &mut Extra) {
        for name in self.0 {
            if extra.noted(OWNER, &note_of(name)).is_none() {
                flag(extra, &note_of(name));
            }
        }
    }
}

/// The member under either spelling.
pub(super) fn find<'a>(members: &Members<'a>, name: &str) -> Option<&'a RawValue> {
    members.get(name).or_else(|| {
        let mut named =
            members.0.iter().rev().filter(|(other, raw)| is_snake_case(other, name) && !json::is_null(raw));
        named.next().map(|(_, raw)| *raw)
    })
}

/// The name a member goes by for whoever wrote the holder.
pub(super) fn name<'n>(name: &'n str, extra: &Extra) -> Cow<'n, str> {
    match snake_case(name) {
        Some(snake) if extra.noted(OWNER, &note_of(name)).is_some() => Cow::Owned(snake),
        _ => Cow::Borrowed(name),
    }
}

fn note_of(name: &str) -> String {
    format!("snake_case/{name}")
}

/// Notes that something is so.
pub(super) fn flag(extra: &mut Extra, name: &str) {
    extra.note(OWNER, name, RawValue::TRUE);
}

pub(super) fn is_flagged(extra: &Extra, name: &str) -> bool {
    extra.noted(OWNER, name).is_some()
}

/// Notes a text.
pub(super) fn note_text(extra: &mut Extra, name: &str, text: &str) {
    if let Some(raw) = raw_text(text) {
        extra.note(OWNER, name, &raw);
    }
}

pub(super) fn noted_text<'e>(extra: &'e Extra, name: &str) -> Option<Cow<'e, str>> {
    json::string(extra.noted(OWNER, name)?)
}

/// A text as a JSON value.
pub(super) fn raw_text(text: &str) -> Option<RawText> {
    serde_json::value::to_raw_value(text).ok()
}

/// A list, or the one value that stands for it. Tells which.
pub(super) fn list(raw: &RawValue) -> Option<(Vec<&RawValue>, bool)> {
    match raw.get().as_bytes().first() {
        Some(b'[') => Some((json::elements(raw)?, false)),
        Some(b'{') => Some((vec![raw], true)),
        _ => None,
    }
}

/// `None` for names of one word, which have one spelling.
fn snake_case(name: &str) -> Option<String> {
    if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    Some(out)
}

/// Whether this is the other spelling, without writing it: most chunks of a stream lack most of what is looked for.
fn is_snake_case(other: &str, name: &str) -> bool {
    let mut letters = other.bytes();
    other.len() > name.len()
        && name.bytes().all(|byte| {
            (!byte.is_ascii_uppercase() || letters.next() == Some(b'_'))
                && letters.next() == Some(byte.to_ascii_lowercase())
        })
        && letters.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_found_and_the_one_used_is_remembered() {
        let mut members = Members::parse(r#"{"top_p":1,"topK":2,"seed":3}"#).unwrap();
        let (mut spelling, mut extra) = (Spelling::default(), Extra::default());
        assert_eq!(spelling.take_as::<u64>(&mut members, "topP"), Some(1));
        assert_eq!(spelling.take_as::<u64>(&mut members, "topK"), Some(2));
        assert_eq!(spelling.take_as::<u64>(&mut members, "seed"), Some(3));
        spelling.note(&mut extra);
        assert_eq!((name("topP", &extra), name("topK", &extra)), ("top_p".into(), "topK".into()));
        for name in ["parametersJsonSchema", "topK", "seed", "URL"] {
            let other = snake_case(name).unwrap_or_else(|| name.to_owned());
            assert_eq!(is_snake_case(&other, name), other != name);
            assert!(!is_snake_case(name, name) && !is_snake_case(&format!("{other}s"), name));
        }
        assert_eq!(snake_case("parametersJsonSchema").as_deref(), Some("parameters_json_schema"));
    }
}
