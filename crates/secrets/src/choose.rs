//! Which vault a data directory uses.

use std::path::Path;
use std::sync::Arc;

use crate::keychain::{self, Presence};
use crate::marker;
use crate::{
    Choice, FileVault, KeychainVault, MemoryVault, Secret, Vault, VaultError, VaultKind, VaultState,
};

/// Opens the vault that is `wanted`, or else the one this data directory already uses, or else the keychain where there
/// is one and an encrypted file where there is none. Whoever has secrets in the keychain is never moved to a file
/// without asking: the keychain is waited for ([`Vault::state`], [`Vault::retry`]).
///
/// `passphrase` seals the file; it is not used for the others. Fails if the file is damaged or cannot be opened.
pub fn open(
    wanted: Option<VaultKind>,
    data_dir: &Path,
    passphrase: Option<Secret>,
) -> Result<Choice, VaultError> {
    // Memory is for tests and trials: it must not stumble over what is in the directory.
    let used =
        if wanted == Some(VaultKind::Memory) { None } else { marker::read(data_dir)?.map(|it| it.kind) };
    let (kind, reason) = match (wanted, used) {
        (Some(wanted), Some(used)) if wanted != used => {
            (wanted, format!("it was asked for; what was stored in the {} before stays there", noun(used)))
        }
        (Some(wanted), _) => (wanted, "it was asked for".to_owned()),
        (None, Some(used)) => (used, "they were put there before".to_owned()),
        (None, None) => match keychain::presence() {
            Presence::Here => (VaultKind::Keychain, "this session has one".to_owned()),
            Presence::Missing(why) => (VaultKind::File, why.to_owned()),
        },
    };
    let (vault, place): (Arc<dyn Vault>, String) = match kind {
        VaultKind::Memory => {
            let place = "are kept in memory only and are gone when Postern ends";
            (Arc::new(MemoryVault::new()), place.to_owned())
        }
        VaultKind::Keychain => {
            (Arc::new(KeychainVault::open(data_dir)?), "are kept in the system's keychain".to_owned())
        }
        VaultKind::File => {
            let vault = FileVault::open(data_dir, passphrase)?;
            let place = format!("are kept in an encrypted file ({})", data_dir.join("vault.bin").display());
            let place = if vault.key_is_beside() { format!("{place}, {KEY_BESIDE}") } else { place };
            (Arc::new(vault), place)
        }
    };
    let mut why = format!("Credentials {place}, because {reason}.");
    if let VaultState::Starting(detail) | VaultState::Locked(detail) | VaultState::Unavailable(detail) =
        vault.state()
    {
        why.push(' ');
        why.push_str(&detail);
    }
    Ok(Choice { vault, why })
}

/// Honest: this is no protection from somebody who can read the whole folder.
const KEY_BESIDE: &str = "with its key beside it in vault.key (this guards copies of the database and accidental \
    disclosure, not against someone who can read that folder; POSTERN_VAULT_PASSPHRASE seals it with a passphrase)";

fn noun(kind: VaultKind) -> &'static str {
    match kind {
        VaultKind::Keychain => "keychain",
        VaultKind::File => "encrypted file",
        VaultKind::Memory => "memory",
    }
}
