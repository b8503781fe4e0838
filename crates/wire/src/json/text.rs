//! Walking over JSON text key by key, at any depth, without parsing it.
//!
//! Only string literals are followed, so that text a model wrote is never taken for a key. Whether the rest is
//! well-formed is not checked: who must believe what was found parses it.

use memchr::{memchr, memchr2};

/// What stands after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A string's contents, still escaped.
    Text(&'a [u8]),
    /// Another value's first byte.
    Other(u8),
}

/// Calls `on_key` with every key, still escaped, in the order of the text.
pub(crate) fn for_each_key<'a>(json: &'a [u8], mut on_key: impl FnMut(&'a [u8], Value<'a>)) {
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| memchr(b'"', rest)) {
        let start = at + found + 1;
        let end = string_end(json, start);
        let colon = skip_space(json, end + 1);
        if json.get(colon) != Some(&b':') {
            at = end + 1;
            continue;
        }
        let key = &json[start..end];
        at = skip_space(json, colon + 1);
        match json.get(at) {
            Some(b'"') => {
                let close = string_end(json, at + 1);
                on_key(key, Value::Text(&json[at + 1..close]));
                at = close + 1;
            }
            Some(byte) => on_key(key, Value::Other(*byte)),
            None => return,
        }
    }
}

fn skip_space(json: &[u8], mut at: usize) -> usize {
    while matches!(json.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
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

/// Characters in a string literal's contents; an escape counts as one.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_at_any_depth_and_never_inside_text() {
        let json = br#"{"a" : "x\"b\":1\\", "c":[{"d":null},"e",{"f" : "\u00e9"}], "g":{ }, "h":-1}"#;
        let mut seen = Vec::new();
        for_each_key(json, |key, value| seen.push((std::str::from_utf8(key).unwrap(), value)));
        let text = |text: &'static str| Value::Text(text.as_bytes());
        assert_eq!(
            seen,
            [
                ("a", text(r#"x\"b\":1\\"#)),
                ("c", Value::Other(b'[')),
                ("d", Value::Other(b'n')),
                ("f", text(r"\u00e9")),
                ("g", Value::Other(b'{')),
                ("h", Value::Other(b'-')),
            ]
        );
    }

    #[test]
    fn text_that_is_cut_off_ends_the_walk() {
        for json in [&br#"{"a"#[..], br#"{"a":"#, br#"{"a":"b\"#, br#"{"a":"b"#, b"\"", b""] {
            for_each_key(json, |key, _| assert_eq!(key, b"a"));
        }
    }

    #[test]
    fn an_escape_is_one_character() {
        assert_eq!(count_string("é😀a".as_bytes()), 3);
        assert_eq!(count_string(br#"\u00e9\n\"\\x"#), 5);
    }
}
