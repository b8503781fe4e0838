//! Signatures at the border. Google's leave it with a mark; others' come in wrapped as what Google's are, base64, for
//! clients of this format read them as bytes and may write the bytes in another alphabet.

use crate::base64;
use crate::canonical::signature;

const OTHERS: &[u8] = b"postern:thought:";
const REDACTED: &[u8] = b"postern:redacted:";

/// What a `thoughtSignature` on a thought says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    Signature(String),
    /// Another provider's thinking that only it can read.
    Redacted(String),
}

pub(super) fn received(text: &str) -> Received {
    let bytes = base64::decode(text).unwrap_or_default();
    let after = |mark: &[u8]| String::from_utf8(bytes.strip_prefix(mark)?.to_vec()).ok();
    if let Some(data) = after(REDACTED) {
        return Received::Redacted(data);
    }
    Received::Signature(after(OTHERS).unwrap_or_else(|| signature::mark_thought(text)))
}

/// A signature for a client of this format.
pub(super) fn sent(text: &str) -> String {
    match signature::of_thought(text) {
        Some(own) => own.to_owned(),
        None => base64::encode(&[OTHERS, text.as_bytes()].concat()),
    }
}

pub(super) fn redacted(data: &str) -> String {
    base64::encode(&[REDACTED, data.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_comes_home() {
        for text in ["gemini:CpQBVKhc", "EqQBCkYIBRgC/+=="] {
            assert_eq!(received(&sent(text)), Received::Signature(text.to_owned()));
            let other_alphabet = sent(text).replace('+', "-").replace('/', "_");
            if !text.starts_with("gemini:") {
                assert_eq!(received(&other_alphabet), Received::Signature(text.to_owned()));
            }
        }
        assert_eq!(received(&redacted("EmwKAhgB")), Received::Redacted("EmwKAhgB".to_owned()));
        assert_eq!(received("not base64!"), Received::Signature("gemini:not base64!".to_owned()));
    }
}
