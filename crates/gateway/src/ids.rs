//! Identifiers and keys.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern_secrets::Secret;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock;

/// SHA-256 of a key: what is stored of a virtual key and what it is found by.
pub type KeyHash = [u8; 32];

/// A new identifier that sorts by time, and in one millisecond by the order in which they are made. Its time is the clock's, also
/// after that was set back: rows are looked for by both.
pub fn new_id() -> Uuid {
    id_at(clock::now_ms())
}

/// How many bits of an id tell those of one millisecond apart by their order; the others are random.
const ORDER_BITS: u32 = 42;

fn id_at(milliseconds: i64) -> Uuid {
    // It begins somewhere, so that two gateways hardly ever have the same.
    static ORDER: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(Uuid::new_v4().as_u64_pair().1));
    let order = ORDER.fetch_add(1, Ordering::Relaxed) & ((1 << ORDER_BITS) - 1);
    let random = Uuid::new_v4().into_bytes();
    let mut rest = [0; 10];
    // Four bits of the first byte and two of the third are the version's and the variant's.
    rest[0] = (order >> 38) as u8;
    rest[1] = (order >> 30) as u8;
    rest[2] = (order >> 24) as u8 & 0x3f;
    rest[3..6].copy_from_slice(&(order as u32).to_be_bytes()[1..]);
    rest[6..].copy_from_slice(&random[12..]);
    let milliseconds = u64::try_from(milliseconds).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &rest).into_uuid()
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use postern_store::table::requests::time_of;

    use super::*;

    #[test]
    fn an_id_has_the_time_of_the_clock_wherever_that_jumps() {
        const NOON: i64 = 1_790_000_000_000;
        let ids: Vec<Uuid> = [0, 0, 5, 5, -3_600_000, -3_600_000, 90_000_000, 1]
            .into_iter()
            .map(|jump| {
                let id = id_at(NOON + jump);
                assert_eq!(time_of(id), NOON + jump);
                assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
                id
            })
            .collect();
        assert!(ids[0] < ids[1] && ids[1] < ids[2] && ids[2] < ids[3] && ids[4] < ids[5] && ids[5] < ids[0]);
    }

    #[test]
    fn those_of_one_moment_are_in_order_and_all_different() {
        let ids: Vec<Uuid> = (0..20_000).map(|_| id_at(1_790_000_000_000)).collect();
        // The count may begin anew within them, once.
        assert!(ids.windows(2).filter(|two| two[0] >= two[1]).count() <= 1);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert!((time_of(new_id()) - clock::now_ms()).abs() < 60_000);
    }
}
