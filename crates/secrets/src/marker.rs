//! `vault.json`: which vault this data directory uses. Written with the first secret, and the reason why a keychain
//! that is away for a while is waited for instead of being replaced by a file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{VaultError, VaultKind, disk};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    pub kind: VaultKind,
    /// The name the keychain's entries are filed under. Kept, so that the data directory can be moved.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service: Option<String>,
}

pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("vault.json")
}

pub(crate) fn read(data_dir: &Path) -> Result<Option<Marker>, VaultError> {
    let path = path(data_dir);
    let Some(bytes) = disk::read(&path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        VaultError::Corrupt(format!(
            "{} says which vault holds the credentials, and cannot be understood ({error}). Restore it, or delete it \
             and name the vault with --vault.",
            path.display()
        ))
    })
}

/// Notes the vault in use. Cheap when nothing changes, so that it can be called with every write of a secret.
pub(crate) fn write(data_dir: &Path, marker: &Marker) -> Result<(), VaultError> {
    if read(data_dir)?.as_ref() == Some(marker) {
        return Ok(());
    }
    disk::create_folder(data_dir)?;
    let _guard = disk::lock(&data_dir.join("vault.lock"))?;
    let mut text = serde_json::to_vec(marker).map_err(|error| VaultError::Io(error.to_string()))?;
    text.push(b'\n');
    disk::replace(&path(data_dir), &text)
}

/// The keychain is shared by everything the user runs, so each data directory has a name of its own in it.
pub(crate) fn service_name(data_dir: &Path) -> String {
    let path = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let path = path.canonicalize().unwrap_or(path);
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let [a, b, c, d, ..] = digest.0;
    format!("postern-{:08x}", u32::from_be_bytes([a, b, c, d]))
}
