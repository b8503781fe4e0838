//! Base64 in its two alphabets. Google reads both, and its Python client writes the one for addresses; everyone else
//! wants the other.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for letter in 0..4 {
            let index = (group >> (18 - 6 * letter) & 63) as usize;
            out.push(if letter > chunk.len() { '=' } else { char::from(STANDARD[index]) });
        }
    }
    out
}

/// Either alphabet, with or without filling; `None` if it is no base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut group, mut bits) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        group = group << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((group >> bits & 0xFF) as u8);
        }
    }
    Some(out)
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
