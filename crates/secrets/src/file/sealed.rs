//! The format of `vault.bin`.
//!
//! ```text
//! 16  "postern vault 1\n"
//!  1  where the key comes from: 0 key file, 1 passphrase by Argon2id
//! 12  memory in KiB, passes, lanes (u32 little endian; 0 with a key file)
//! 16  salt (0 with a key file)
//! 40  nonce and tag of nothing: tells a wrong key from a damaged body
//! 24  nonce, then the body: count, then name and value, each with its length (u32 little endian), and a tag
//! ```
//!
//! Both parts are sealed with XChaCha20-Poly1305 (its nonces are long enough to be random) and bound to the 45 bytes
//! of the head.

use std::path::Path;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::Entries;
use super::key::{Key, random};
use crate::{Secret, VaultError};

const MAGIC: &[u8; 16] = b"postern vault 1\n";
const HEAD_BYTES: usize = 16 + 1 + 12 + 16;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const BODY_STARTS: usize = HEAD_BYTES + NONCE_BYTES + TAG_BYTES;

/// What a new passphrase costs: about a tenth of a second, once per start.
const MEMORY_KIB: u32 = 32 * 1024;
const PASSES: u32 = 3;
/// What a file may ask for: it must not be able to make us allocate all there is.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Derivation {
    KeyFile,
    Passphrase { memory_kib: u32, passes: u32, lanes: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub derivation: Derivation,
    pub salt: [u8; 16],
}

impl Head {
    pub fn with_key_file() -> Self {
        Self { derivation: Derivation::KeyFile, salt: [0; 16] }
    }

    pub fn with_passphrase() -> Result<Self, VaultError> {
        let mut salt = [0; 16];
        random(&mut salt)?;
        let derivation = Derivation::Passphrase { memory_kib: MEMORY_KIB, passes: PASSES, lanes: 1 };
        Ok(Self { derivation, salt })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let (tag, costs) = match self.derivation {
            Derivation::KeyFile => (0, [0; 3]),
            Derivation::Passphrase { memory_kib, passes, lanes } => (1, [memory_kib, passes, lanes]),
        };
        let mut bytes = MAGIC.to_vec();
        bytes.push(tag);
        bytes.extend(costs.iter().flat_map(|cost| cost.to_le_bytes()));
        bytes.extend(self.salt);
        bytes
    }
}

pub(super) fn read_head(bytes: &[u8], path: &Path) -> Result<Head, VaultError> {
    let (Some(magic), Some(head)) = (bytes.get(..16), bytes.get(16..HEAD_BYTES)) else {
        return Err(damaged(path, "it is too short"));
    };
    if magic != MAGIC {
        return Err(damaged(path, "it does not begin as a vault does, or was written by a newer Postern"));
    }
    let (tag, costs, salt) = (head[0], &head[1..13], &head[13..]);
    let cost = |at: usize| u32::from_le_bytes([costs[at], costs[at + 1], costs[at + 2], costs[at + 3]]);
    let derivation = match tag {
        0 => Derivation::KeyFile,
        1 if cost(0) <= MOST_MEMORY_KIB && cost(4) <= MOST_PASSES => {
            Derivation::Passphrase { memory_kib: cost(0), passes: cost(4), lanes: cost(8) }
        }
        1 => return Err(damaged(path, "its key derivation asks for too much")),
        _ => return Err(damaged(path, "it was sealed in an unknown way")),
    };
    let salt = salt.try_into().map_err(|_| damaged(path, "it is too short"))?;
    Ok(Head { derivation, salt })
}

pub(super) fn seal(head: &Head, key: &Key, entries: &Entries) -> Result<Vec<u8>, VaultError> {
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let mut out = head.to_bytes();
    let bound = out.clone();
    for plain in [Zeroizing::new(Vec::new()), encode(entries)] {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        let mut part = plain;
        cipher
            .encrypt_in_place(&XNonce::from(nonce), &bound, &mut *part)
            .map_err(|_| VaultError::Io("The vault could not be encrypted.".to_owned()))?;
        out.extend(nonce);
        out.extend_from_slice(&part);
    }
    Ok(out)
}

pub(super) fn open(key: &Key, bytes: &[u8], path: &Path, wrong_key: &str) -> Result<Entries, VaultError> {
    let cipher = XChaCha20Poly1305::new((&**key).into());
    // As it is in the file, so that a change is noticed even where the head's meaning does not change.
    let Some(bound) = bytes.get(..HEAD_BYTES) else { return Err(damaged(path, "it is too short")) };
    let unseal = |part: &[u8]| -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = part.split_first_chunk::<NONCE_BYTES>()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        cipher.decrypt_in_place(&XNonce::from(*nonce), bound, &mut *plain).ok()?;
        Some(plain)
    };
    let (Some(check), Some(body)) = (bytes.get(HEAD_BYTES..BODY_STARTS), bytes.get(BODY_STARTS..)) else {
        return Err(damaged(path, "it is too short"));
    };
    if unseal(check).is_none() {
        return Err(VaultError::Refused(format!("{} cannot be opened: {wrong_key}.", path.display())));
    }
    let plain = unseal(body).ok_or_else(|| damaged(path, "its content was changed or cut"))?;
    decode(&plain).ok_or_else(|| damaged(path, "its content makes no sense"))
}

fn damaged(path: &Path, how: &str) -> VaultError {
    VaultError::Corrupt(format!(
        "{} is damaged: {how}. It is left as it is; restore it from a backup, or move it away and enter the \
         credentials again.",
        path.display()
    ))
}

/// Sized beforehand, so that no copy of a secret is left behind by a growing buffer.
fn encode(entries: &Entries) -> Zeroizing<Vec<u8>> {
    let size: usize = entries.iter().map(|(name, secret)| 8 + name.len() + secret.expose().len()).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(4 + size + TAG_BYTES));
    out.extend((entries.len() as u32).to_le_bytes());
    for (name, secret) in entries {
        for text in [name.as_str(), secret.expose()] {
            out.extend((text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

fn decode(mut bytes: &[u8]) -> Option<Entries> {
    let mut entries = Entries::new();
    for _ in 0..take_length(&mut bytes)? {
        let name = take_text(&mut bytes)?;
        let secret = Secret::from(take_text(&mut bytes)?);
        entries.insert(name, secret);
    }
    bytes.is_empty().then_some(entries)
}

fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    usize::try_from(u32::from_le_bytes(*length)).ok()
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let length = take_length(bytes)?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}
