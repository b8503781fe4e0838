//! Secrets that end with the process: for tests and for trying Postern out.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::{MAX_SECRET_BYTES, Secret, Vault, VaultError, VaultKind, VaultState};

#[derive(Default)]
pub struct MemoryVault(Mutex<BTreeMap<String, Secret>>);

impl MemoryVault {
    pub fn new() -> Self {
        Self::default()
    }
}

impl Vault for MemoryVault {
    fn kind(&self) -> VaultKind {
        VaultKind::Memory
    }

    fn get(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    fn put(&self, name: &str, secret: &Secret) -> Result<(), VaultError> {
        if secret.expose().len() > MAX_SECRET_BYTES {
            return Err(VaultError::TooLarge);
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), secret.clone());
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    fn state(&self) -> VaultState {
        VaultState::Ready
    }

    fn retry(&self) -> VaultState {
        VaultState::Ready
    }
}
