//! The encrypted file: `vault.bin` in the data directory, for machines without a keychain.
//!
//! The whole vault is one sealed blob (see [`sealed`]), read and replaced whole: there are a few dozen secrets at
//! most. Its key comes from a passphrase, or lies beside it in `vault.key`. The latter protects copies of the database
//! and accidental disclosure, not a machine that somebody else can read, and `choose.rs` tells the user so.
//! Writers of all processes take turns through `vault.lock`; readers need no lock, because the file changes in one step.

mod key;
mod sealed;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use self::key::Key;
use self::sealed::{Derivation, Head};
use crate::marker::{self, Marker};
use crate::{MAX_SECRET_BYTES, Secret, Vault, VaultError, VaultKind, VaultState, disk};

type Entries = BTreeMap<String, Secret>;

pub struct FileVault {
    data_dir: PathBuf,
    passphrase: Option<Secret>,
    /// A passphrase takes a tenth of a second to turn into a key, so that is done once per salt.
    derived: Mutex<Option<(Head, Key)>>,
}

impl FileVault {
    /// Opens the vault and proves that it can be read. Creates nothing: the first [`Vault::put`] does.
    /// With a passphrase, a vault that was sealed with a key file is sealed again with the passphrase, and the key
    /// file is deleted.
    pub fn open(data_dir: &Path, passphrase: Option<Secret>) -> Result<Self, VaultError> {
        if passphrase.as_ref().is_some_and(|passphrase| passphrase.expose().is_empty()) {
            return Err(VaultError::Refused(
                "The vault's passphrase is empty. Set one, or leave it out altogether.".to_owned(),
            ));
        }
        let vault = Self { data_dir: data_dir.to_owned(), passphrase, derived: Mutex::new(None) };
        let Some(bytes) = disk::read(&vault.path())? else { return Ok(vault) };
        let (head, _) = vault.unseal(&bytes)?;
        if vault.passphrase.is_some() && head.derivation == Derivation::KeyFile {
            vault.move_to_passphrase()?;
        }
        Ok(vault)
    }

    /// Whether the key lies beside the vault, for the sentence shown to the user.
    pub(crate) fn key_is_beside(&self) -> bool {
        self.passphrase.is_none()
    }

    fn path(&self) -> PathBuf {
        self.data_dir.join("vault.bin")
    }

    fn key_path(&self) -> PathBuf {
        self.data_dir.join("vault.key")
    }

    fn unseal(&self, bytes: &[u8]) -> Result<(Head, Entries), VaultError> {
        let path = self.path();
        let head = sealed::read_head(bytes, &path)?;
        let key = self.key_for(&head)?;
        let wrong_key = match head.derivation {
            Derivation::KeyFile => "vault.key does not belong to it",
            Derivation::Passphrase { .. } => "the passphrase is wrong",
        };
        let entries = sealed::open(&key, bytes, &path, wrong_key)?;
        Ok((head, entries))
    }

    fn key_for(&self, head: &Head) -> Result<Key, VaultError> {
        match (&head.derivation, &self.passphrase) {
            (Derivation::KeyFile, _) => key::read(&self.key_path())?.ok_or_else(|| {
                VaultError::Refused(format!(
                    "{} is there but its key {} is missing. Restore the key from a backup, or delete both and enter \
                     the credentials again.",
                    self.path().display(),
                    self.key_path().display()
                ))
            }),
            (Derivation::Passphrase { .. }, None) => Err(VaultError::Refused(format!(
                "{} is sealed with a passphrase. Set POSTERN_VAULT_PASSPHRASE and start again.",
                self.path().display()
            ))),
            (Derivation::Passphrase { .. }, Some(passphrase)) => {
                let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((known, key)) = derived.as_ref()
                    && known == head
                {
                    return Ok(key.clone());
                }
                let key = key::derive(passphrase, head)?;
                *derived = Some((head.clone(), key.clone()));
                Ok(key)
            }
        }
    }

    fn fresh_head(&self) -> Result<Head, VaultError> {
        if self.passphrase.is_some() { Head::with_passphrase() } else { Ok(Head::with_key_file()) }
    }

    fn write(&self, head: &Head, entries: &Entries) -> Result<(), VaultError> {
        let key = self.key_for(head)?;
        disk::replace(&self.path(), &sealed::seal(head, &key, entries)?)
    }

    fn move_to_passphrase(&self) -> Result<(), VaultError> {
        let _guard = disk::lock(&self.data_dir.join("vault.lock"))?;
        let Some(bytes) = disk::read(&self.path())? else { return Ok(()) };
        let (_, entries) = self.unseal(&bytes)?;
        self.write(&self.fresh_head()?, &entries)?;
        key::remove(&self.key_path())
    }

    /// Reads, changes and writes the vault while nobody else can.
    fn change(&self, change: impl FnOnce(&mut Entries) -> bool) -> Result<(), VaultError> {
        disk::create_folder(&self.data_dir)?;
        let _guard = disk::lock(&self.data_dir.join("vault.lock"))?;
        let (head, mut entries) = if let Some(bytes) = disk::read(&self.path())? {
            self.unseal(&bytes)?
        } else {
            if self.passphrase.is_none() {
                key::create(&self.key_path())?;
            }
            (self.fresh_head()?, Entries::new())
        };
        if change(&mut entries) { self.write(&head, &entries) } else { Ok(()) }
    }
}

impl Vault for FileVault {
    fn kind(&self) -> VaultKind {
        VaultKind::File
    }

    fn get(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        let Some(bytes) = disk::read(&self.path())? else { return Ok(None) };
        let (_, mut entries) = self.unseal(&bytes)?;
        Ok(entries.remove(name))
    }

    fn put(&self, name: &str, secret: &Secret) -> Result<(), VaultError> {
        if secret.expose().len() > MAX_SECRET_BYTES || name.len() > MAX_SECRET_BYTES {
            return Err(VaultError::TooLarge);
        }
        // Noted first: a secret in a file that the next start does not look into would be lost to the user.
        marker::write(&self.data_dir, &Marker { kind: VaultKind::File, service: None })?;
        self.change(|entries| {
            entries.insert(name.to_owned(), secret.clone());
            true
        })
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        if disk::read(&self.path())?.is_none() {
            return Ok(());
        }
        self.change(|entries| entries.remove(name).is_some())
    }

    fn state(&self) -> VaultState {
        VaultState::Ready
    }

    /// Reads the file anew: somebody may have mended its permissions or restored its key.
    fn retry(&self) -> VaultState {
        match disk::read(&self.path()).and_then(|bytes| bytes.map(|bytes| self.unseal(&bytes)).transpose()) {
            Ok(_) => VaultState::Ready,
            Err(error) => VaultState::Unavailable(error.to_string()),
        }
    }
}
