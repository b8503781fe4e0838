//! Notes about how something was written, for this format's encoder; see [`Extra::note`].

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::OWNER;
use crate::canonical::Extra;
use crate::json;

/// Notes that something is so.
pub(super) fn flag(extra: &mut Extra, name: &str) {
    extra.note(OWNER, name, RawValue::TRUE);
}

pub(super) fn is_flagged(extra: &Extra, name: &str) -> bool {
    extra.noted(OWNER, name).is_some()
}

/// Notes a text.
pub(super) fn note_text(extra: &mut Extra, name: &str, text: &str) {
    if let Ok(raw) = serde_json::value::to_raw_value(text) {
        extra.note(OWNER, name, &raw);
    }
}

pub(super) fn noted_text<'e>(extra: &'e Extra, name: &str) -> Option<Cow<'e, str>> {
    json::string(extra.noted(OWNER, name)?)
}
