//! Base64 in its two alphabets. Google reads both, and its Python client writes the one for addresses; everyone else
//! wants the other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What was changed to make base64 standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// The letters were those for addresses.
    pub alphabet: bool,
    /// The filling at the end was missing.
    pub filling: bool,
}

/// Base64 as everyone reads it. Free where it already is.
pub(crate) fn standard(mut data: String) -> (String, Changed) {
    let is_url = data.bytes().any(|byte| matches!(byte, b'-' | b'_'))
        && !data.bytes().any(|byte| matches!(byte, b'+' | b'/'));
    if is_url {
        data = data.replace('-', "+").replace('_', "/");
    }
    let missing = (4 - data.len() % 4) % 4;
    let filling = matches!(missing, 1 | 2) && !data.ends_with('=');
    if filling {
        data.extend(std::iter::repeat_n('=', missing));
    }
    (data, Changed { alphabet: is_url, filling })
}

/// The way back.
pub(crate) fn restored(data: &str, changed: Changed) -> String {
    let mut data = data.to_owned();
    if changed.filling {
        data.truncate(data.trim_end_matches('=').len());
    }
    if changed.alphabet {
        data = data.replace('+', "-").replace('/', "_");
    }
    data
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Either alphabet, with or without filling; `None` if it is no base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let (data, _) = standard(text.trim_end_matches('=').to_owned());
    STANDARD.decode(data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_in_either_alphabet() {
        for bytes in [&b""[..], b"a", b"ab", b"abc", b"\xff\xfe\xfd\xfb\xef", b"postern:x"] {
            let text = encode(bytes);
            assert_eq!(decode(&text).unwrap(), bytes);
            assert_eq!(decode(&text.replace('+', "-").replace('/', "_").replace('=', "")).unwrap(), bytes);
        }
        assert_eq!(encode(b"ab"), "YWI=");
        assert_eq!(decode("a b"), None);
    }

    #[test]
    fn the_alphabet_for_addresses_becomes_the_other_one_and_back() {
        for (given, expected) in
            [("_-8", "/+8="), ("YWI=", "YWI="), ("YWI", "YWI="), ("a/b_", "a/b_"), ("", "")]
        {
            let (data, changed) = standard(given.to_owned());
            assert_eq!(data, expected);
            assert_eq!(restored(&data, changed), given);
        }
    }
}
