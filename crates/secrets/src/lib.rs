//! Where Postern keeps secrets: provider credentials and the administrator's key.
//!
//! Three vaults behind one trait: the OS keychain, an encrypted file for machines without one, and memory for tests.
//! [`open`] chooses, and says in one sentence for the user what it chose and why. The rules it keeps:
//!
//! - a secret is never written in plaintext, and never moves from the keychain to a file by itself;
//! - a keychain that is late or locked (both usual at login) is a [`VaultState`], retried by the caller, not an error
//!   at start;
//! - a damaged vault file is reported and left alone.
//!
//! Everything here blocks (D-Bus, disk, key derivation): call it from a blocking thread. The crate reads no
//! environment and knows nothing of HTTP or of what the secrets are for. Start with `choose.rs`.

mod choose;
mod disk;
mod file;
mod keychain;
mod marker;
mod memory;
mod secret;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

pub use choose::open;
pub use file::FileVault;
pub use keychain::KeychainVault;
pub use memory::MemoryVault;
pub use secret::Secret;

/// Longest secret a vault takes, in bytes. The longest real ones are cloud service accounts of about 3 kB.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;

/// A place for secrets. Names are chosen by the caller and are not secret.
pub trait Vault: Send + Sync {
    fn kind(&self) -> VaultKind;

    /// The secret of that name, or `None` if the vault is open and has none.
    fn get(&self, name: &str) -> Result<Option<Secret>, VaultError>;

    /// Stores or replaces; on `Ok` the secret is durable (but for memory).
    fn put(&self, name: &str, secret: &Secret) -> Result<(), VaultError>;

    /// Removes; a name that is not there is no error.
    fn remove(&self, name: &str) -> Result<(), VaultError>;

    /// What was last seen, without asking anybody.
    fn state(&self) -> VaultState;

    /// Looks again, connecting if need be. Never shows a prompt, so it can be called every few seconds.
    fn retry(&self) -> VaultState;

    /// Asks the user to unlock the vault, if the system has a way to ask, and waits for the answer (two minutes at
    /// most). Only for a user's own action, or once at start.
    fn unlock(&self) -> VaultState {
        self.retry()
    }
}

/// Which vault is in use, and why: `why` is written for the user.
pub struct Choice {
    pub vault: Arc<dyn Vault>,
    pub why: String,
}

impl fmt::Debug for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Choice").field("kind", &self.vault.kind()).field("why", &self.why).finish()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VaultKind {
    Keychain,
    File,
    Memory,
}

impl VaultKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::File => "file",
            Self::Memory => "memory",
        }
    }
}

impl fmt::Display for VaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for VaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "keychain" => Ok(Self::Keychain),
            "file" => Ok(Self::File),
            "memory" => Ok(Self::Memory),
            other => Err(format!("unknown vault \"{other}\": choose keychain, file or memory")),
        }
    }
}

/// How a vault is doing; every sentence is written for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultState {
    Ready,
    /// Not there yet, as at login; it is worth looking again by itself.
    Starting(String),
    /// There, but the user has to unlock it.
    Locked(String),
    /// Not reachable; something has to change first.
    Unavailable(String),
}

impl VaultState {
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready)
    }

    /// `ready`, `starting`, `locked` or `unavailable`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Starting(_) => "starting",
            Self::Locked(_) => "locked",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// What is the matter and what helps; empty when ready.
    pub fn detail(&self) -> &str {
        match self {
            Self::Ready => "",
            Self::Starting(detail) | Self::Locked(detail) | Self::Unavailable(detail) => detail,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    #[error("The keychain is locked. Unlock it and try again.")]
    Locked,
    /// Not reachable now; also while it is starting.
    #[error("{0}")]
    Unavailable(String),
    /// The user's set-up is in the way: wrong passphrase, a key file that others can read.
    #[error("{0}")]
    Refused(String),
    /// What is stored cannot be understood; it is left as it is.
    #[error("{0}")]
    Corrupt(String),
    #[error("The secret is too large for this vault.")]
    TooLarge,
    #[error("{0}")]
    Io(String),
}
