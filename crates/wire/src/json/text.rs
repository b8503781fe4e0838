//! Looking for a key in JSON text without parsing it.
//!
//! A quoted key can only be found where a real token stands: inside a string literal its quotes would be escaped.
//! So `find_key` has no false positives from text a model wrote, only from keys at another depth, and callers
//! parse what they found before they believe it.

use memchr::{memchr2, memmem};

/// The position just after `"key"`, a colon and any white space, at or after `from`.
pub(crate) fn find_key(json: &[u8], quoted_key: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = memmem::find(json.get(at..)?, quoted_key) {
        at += found + quoted_key.len();
        let colon = skip_space(json, at);
        if json.get(colon) == Some(&b':') {
            return Some(skip_space(json, colon + 1));
        }
    }
    None
}

fn skip_space(json: &[u8], mut at: usize) -> usize {
    while matches!(json.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Calls `on_string` with the contents (still escaped) of every string value of that key.
pub(crate) fn string_values(json: &[u8], quoted_key: &[u8], mut on_string: impl FnMut(&[u8])) {
    let mut at = 0;
    while let Some(value) = find_key(json, quoted_key, at) {
        at = value;
        if json.get(value) == Some(&b'"') {
            let end = string_end(json, value + 1);
            on_string(&json[value + 1..end]);
            at = end;
        }
    }
}

/// Where the string literal ends whose contents start at `from` (the position of its closing quote).
fn string_end(json: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(found) = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if json[at] == b'"' {
            return at;
        }
        at = (at + 2).min(json.len());
    }
    json.len()
}

/// Characters in an escaped string literal's contents; an escape counts as one.
pub(crate) fn count_string(contents: &[u8]) -> u64 {
    let mut count = 0;
    let mut at = 0;
    while let Some(byte) = contents.get(at) {
        at += match byte {
            b'\\' if contents.get(at + 1) == Some(&b'u') => 6,
            b'\\' => 2,
            _ => 1,
        };
        // Continuation bytes belong to the character that their first byte counted.
        count += u64::from(byte & 0xC0 != 0x80);
    }
    count
}
