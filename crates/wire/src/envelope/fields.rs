//! Reading single members of a body's top level, refusing duplicates and wrong types.

use std::ops::Range;

use serde_json::value::RawValue;

use super::BadRequest;
use crate::json::{self, Members};

/// An object's members together with the text they were cut from, so that positions can be told.
pub(crate) struct Fields<'a> {
    text: &'a str,
    members: &'a Members<'a>,
    prefix: &'static str,
}

impl<'a> Fields<'a> {
    pub fn new(text: &'a str, members: &'a Members<'a>) -> Self {
        Self { text, members, prefix: "" }
    }

    /// The members of a nested object, whose problems are reported under `prefix`.
    pub fn nested(&self, prefix: &'static str, members: &'a Members<'a>) -> Self {
        Self { text: self.text, members, prefix }
    }

    pub fn is_empty(&self) -> bool {
        self.members.0.is_empty()
    }

    /// Whether a member has one of these names.
    pub fn has_any(&self, keys: &[&str]) -> bool {
        self.members.0.iter().any(|(name, _)| keys.contains(&name.as_ref()))
    }

    /// The one member of that name, `null` included.
    pub fn get(&self, key: &str) -> Result<Option<&'a RawValue>, BadRequest> {
        let mut found = self.members.0.iter().filter(|(name, _)| name == key).map(|(_, value)| *value);
        let first = found.next();
        if found.next().is_some() {
            let path = self.path(key);
            let message = format!("`{path}` appears more than once.");
            return Err(BadRequest::new("duplicate_field", &path, message));
        }
        Ok(first)
    }

    /// The one member of that name; `null` counts as absent.
    pub fn present(&self, key: &str) -> Result<Option<&'a RawValue>, BadRequest> {
        Ok(self.get(key)?.filter(|value| !json::is_null(value)))
    }

    pub fn required(&self, key: &str) -> Result<&'a RawValue, BadRequest> {
        self.get(key)?.ok_or_else(|| {
            let path = self.path(key);
            BadRequest::new("missing_field", &path, format!("`{path}` is required."))
        })
    }

    /// Refuses a body whose turns, the member of that name, are missing or no array.
    pub fn require_array(&self, key: &str) -> Result<(), BadRequest> {
        if self.required(key)?.get().starts_with('[') {
            return Ok(());
        }
        Err(BadRequest::wrong_type(&self.path(key), "an array"))
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>, BadRequest> {
        match self.present(key)?.map(RawValue::get) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(BadRequest::wrong_type(&self.path(key), "a boolean")),
        }
    }

    pub fn string(&self, key: &str) -> Result<Option<String>, BadRequest> {
        let Some(value) = self.present(key)? else { return Ok(None) };
        match json::string(value) {
            Some(text) => Ok(Some(text.into_owned())),
            None => Err(BadRequest::wrong_type(&self.path(key), "a string")),
        }
    }

    /// A whole number that is not negative; `1e3` and `1000.0` are spellings of one.
    pub fn count(&self, key: &str) -> Result<Option<u64>, BadRequest> {
        let Some(value) = self.present(key)? else { return Ok(None) };
        match whole(value.get()) {
            Some(count) => Ok(Some(count)),
            None => Err(BadRequest::wrong_type(&self.path(key), "a whole number that is not negative")),
        }
    }

    /// The bytes of the body that a value takes up.
    pub fn span(&self, value: &RawValue) -> Range<usize> {
        let start = value.get().as_ptr() as usize - self.text.as_ptr() as usize;
        start..start + value.get().len()
    }

    fn path(&self, key: &str) -> String {
        if self.prefix.is_empty() { key.to_owned() } else { format!("{}.{key}", self.prefix) }
    }
}

fn whole(number: &str) -> Option<u64> {
    let number: serde_json::Number = serde_json::from_str(number).ok()?;
    number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        (float >= 0.0 && float.fract() == 0.0 && float < 9.0e15).then_some(float as u64)
    })
}
