//! Identifiers and keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern_secrets::Secret;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// SHA-256 of a key: what is stored of a virtual key and what it is found by.
pub type KeyHash = [u8; 32];

/// A new identifier that sorts by time.
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// A new virtual key: `sk-` and 32 random bytes, URL-safe.
pub fn new_key() -> Result<Secret, getrandom::Error> {
    Ok(Secret::from(format!("sk-{}", new_random()?.expose())))
}

/// What the link of a new invitation says: `inv-` and 32 random bytes, URL-safe.
pub fn new_invitation() -> Result<Secret, getrandom::Error> {
    Ok(Secret::from(format!("inv-{}", new_random()?.expose())))
}

/// 32 random bytes, URL-safe.
pub fn new_random() -> Result<Secret, getrandom::Error> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)?;
    Ok(Secret::from(URL_SAFE_NO_PAD.encode(random)))
}

pub fn hash_key(key: &str) -> KeyHash {
    hash_bytes(key.as_bytes())
}

pub fn hash_bytes(bytes: &[u8]) -> KeyHash {
    Sha256::digest(bytes).into()
}

pub fn hex(hash: &KeyHash) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads 64 hexadecimal digits.
pub fn parse_hex(text: &str) -> Option<KeyHash> {
    let mut hash = [0_u8; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(hash)
}

/// `sk-...` and the last four characters: enough to recognise a key, not to use it.
pub fn key_name(key: &str) -> String {
    let tail: String = key.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    format!("sk-...{tail}")
}

/// The end of a credential, for a person to recognise it; nothing of short ones.
pub fn credential_hint(credential: &str) -> Option<String> {
    let count = credential.chars().count();
    (count >= 12).then(|| format!("…{}", credential.chars().skip(count - 4).collect::<String>()))
}
