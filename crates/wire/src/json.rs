//! Reading and writing JSON objects one level at a time, without a tree.
//!
//! [`Members`] splits an object into borrowed `(key, raw value)` pairs, so that a decoder takes what it knows and
//! passes the rest on as it was written. [`ObjectWriter`] is the way back. Both keep raw values byte for byte,
//! which is why tool schemas, arguments and odd number spellings survive.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

mod strict;
mod text;
mod writer;

pub(crate) use strict::is_strict;
pub(crate) use text::{Value, count_string, for_each_key};
pub(crate) use writer::{ObjectWriter, array, push_line, quote};

/// One object's members in the order they were written; keys are unescaped, values are not looked into.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Fails unless `text` is exactly one JSON object.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Removes and returns a member. A `null` stays, as if it were an unknown member: it means the same as its
    /// absence, but who wrote it gets it back. Of duplicates the last one counts, as in every JSON reader here.
    pub fn take(&mut self, key: &str) -> Option<&'a RawValue> {
        let mut found = None;
        self.0.retain(|(name, value)| {
            let taken = name == key && !is_null(value);
            if taken {
                found = Some(*value);
            }
            !taken
        });
        found
    }

    /// [`Members::take`], if the value has the type wanted; otherwise the member stays where it is.
    pub fn take_as<T: Deserialize<'a>>(&mut self, key: &str) -> Option<T> {
        let value = serde_json::from_str(self.get(key)?.get()).ok()?;
        self.take(key);
        Some(value)
    }

    /// [`Members::take`], if `read` makes something of it; otherwise the member stays where it is.
    pub fn take_read<T>(&mut self, key: &str, read: impl FnOnce(&'a RawValue) -> Option<T>) -> Option<T> {
        let value = read(self.get(key)?)?;
        self.take(key);
        Some(value)
    }

    /// The last member of that name which is not `null`.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(name, value)| name == key && !is_null(value)).map(|(_, value)| *value)
    }

    /// A string member's value, without removing it.
    pub fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        string(self.get(key)?)
    }
}

/// Whether the value is the literal `null`.
pub(crate) fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// The value of a JSON string, borrowed if it has no escapes; `None` for any other type.
pub(crate) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(raw.get()).ok().map(|text| text.0)
}

/// The elements of a JSON array; `None` for any other type.
pub(crate) fn elements(raw: &RawValue) -> Option<Vec<&RawValue>> {
    if raw.get().starts_with('[') { serde_json::from_str(raw.get()).ok() } else { None }
}

/// The members of a JSON object; `None` for any other type.
pub(crate) fn members(raw: &RawValue) -> Option<Members<'_>> {
    if raw.get().starts_with('{') { Members::parse(raw.get()).ok() } else { None }
}

/// A string that borrows when it can (`Cow` itself always deserializes into an owned one).
pub(crate) struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(value.to_owned()))
            }
        }
        deserializer.deserialize_str(TextVisitor).map(Text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    members.push((key.0, map.next_value::<&'de RawValue>()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}
