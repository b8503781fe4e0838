//! Judging JSON from outside.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Whether the bytes are one JSON text, by its grammar alone: numbers may be larger than anything can hold.
pub fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// The text as values, if it is one that every reader takes for the same: no name twice in an object, no number or
/// character that cannot be held, nothing nested too deep.
pub fn plain(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Unique>(bytes).ok()?;
    serde_json::from_slice(bytes).ok()
}

/// What is in the first text and not in the second, if anything is: the order of names counts for nothing, and what can
/// only be one thing may be said again or put right.
pub fn lost(path: &str, before: &Value, after: &Value) -> Option<String> {
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => one.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            // What the gateway itself has sealed may come back in its own spelling.
            if value.as_str().is_some_and(|text| SEALED.iter().any(|mark| text.starts_with(mark))) {
                return None;
            }
            match other.get(name) {
                Some(_) if matches!(name.as_str(), "object" | "role" | "type") => None,
                Some(after) => lost(&path, value, after),
                None if says_nothing(value) => None,
                None => Some(format!("{path} is gone: {value}")),
            }
        }),
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let mut pairs = one.iter().zip(other).enumerate();
            pairs.find_map(|(at, (one, other))| lost(&format!("{path}[{at}]"), one, other))
        }
        _ => (before != after).then(|| format!("{path} was {before}, is {after}")),
    }
}

/// What begins a text that a translation has sealed for another provider.
const SEALED: [&str; 3] = ["gemini", "postern:", "cG9zdGVybjp"];

fn says_nothing(value: &Value) -> bool {
    ["null", "false", "\"\"", "[]", "{}"].contains(&value.to_string().as_str())
}

/// Fails where a name stands twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;

        impl<'de> Visitor<'de> for Look {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unique, A::Error> {
                while list.next_element::<Unique>()?.is_some() {}
                Ok(Unique)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let mut names = HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    if !names.insert(name) {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                    map.next_value::<Unique>()?;
                }
                Ok(Unique)
            }
        }

        deserializer.deserialize_any(Look)
    }
}
