//! The 32 bytes that seal the vault: from the key file, or from a passphrase.

use std::fs;
use std::io;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::sealed::{Derivation, Head};
use crate::{Secret, VaultError, disk};

pub(super) type Key = Zeroizing<[u8; 32]>;

/// The key in the file, or `None` without a file. A key that others can read is refused: it may already be known.
pub(super) fn read(path: &Path) -> Result<Option<Key>, VaultError> {
    let Some(text) = disk::read(path)?.map(Zeroizing::new) else { return Ok(None) };
    if disk::is_open_to_others(path)? {
        return Err(VaultError::Refused(format!(
            "{0} can be read by other users of this machine, so Postern does not use it. Run: chmod 600 {0} (and \
             replace the credentials if someone may have read it).",
            path.display()
        )));
    }
    let mut key = Key::default();
    match STANDARD.decode_slice(text.trim_ascii(), key.as_mut_slice()) {
        Ok(32) => Ok(Some(key)),
        _ => Err(VaultError::Corrupt(format!(
            "{} does not hold a key any more. Restore it from a backup.",
            path.display()
        ))),
    }
}

/// Makes a key unless there is one. It is on the disk before anything is sealed with it.
pub(super) fn create(path: &Path) -> Result<(), VaultError> {
    if read(path)?.is_some() {
        return Ok(());
    }
    let mut key = Key::default();
    random(key.as_mut_slice())?;
    let mut text = Zeroizing::new(STANDARD.encode(key.as_slice()));
    text.push('\n');
    disk::replace(path, text.as_bytes())
}

pub(super) fn remove(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk::io_error("remove", path, &error)),
        _ => Ok(()),
    }
}

/// Argon2id with the cost written in the head, so that it can be raised without breaking older vaults.
pub(super) fn derive(passphrase: &Secret, head: &Head) -> Result<Key, VaultError> {
    let Derivation::Passphrase { memory_kib, passes, lanes } = head.derivation else {
        return Err(VaultError::Refused("The vault is not sealed with a passphrase.".to_owned()));
    };
    let failed =
        |error: argon2::Error| VaultError::Corrupt(format!("The vault's key cannot be derived: {error}."));
    let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(failed)?;
    let mut key = Key::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose().as_bytes(), &head.salt, key.as_mut_slice())
        .map_err(failed)?;
    Ok(key)
}

pub(super) fn random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|error| VaultError::Io(format!("The system gave no randomness: {error}.")))
}
