//! The OS keychain: Secret Service on Linux and the BSDs, Keychain on macOS, Credential Manager on Windows.
//!
//! One entry per secret, filed under a name of this data directory, so the user finds them in the system's own
//! keychain tool. (Windows takes 2.5 kB per entry; longer secrets are refused there as too large.)
//! The connection is made late and made again: at login the keychain may come up after us, be locked, or restart.
//! Nothing here prompts but [`Vault::unlock`]: a window that pops up by itself every few seconds is not a retry.

#[cfg(any(target_os = "macos", windows))]
#[path = "keychain/native.rs"]
mod link;
#[cfg(all(unix, not(target_os = "macos")))]
#[path = "keychain/secret_service.rs"]
mod link;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use keyring_core::Entry;
use zeroize::Zeroizing;

use self::link::Link;
use crate::marker::{self, Marker};
use crate::{MAX_SECRET_BYTES, Secret, Vault, VaultError, VaultKind, VaultState};

/// Whether a data directory that has no vault yet should use the keychain.
pub(crate) enum Presence {
    Here,
    /// With the reason, as the end of a sentence.
    Missing(&'static str),
}

pub(crate) use self::link::presence;

/// What the keychain knows of a name.
enum Found {
    Here,
    Absent,
    Locked,
}

/// Why a call did not work: the connection is of no use any more, or it is and this is the answer.
enum Fault {
    Lost(String),
    Answer(VaultError),
}

pub struct KeychainVault {
    data_dir: PathBuf,
    service: String,
    /// Held during a call, which may take as long as D-Bus lets it.
    link: Mutex<Option<Link>>,
    /// Apart from the connection, so that looking at the state never waits.
    state: Mutex<VaultState>,
}

impl KeychainVault {
    /// A keychain that cannot be reached is a state, not an error; only a damaged `vault.json` is one.
    pub fn open(data_dir: &Path) -> Result<Self, VaultError> {
        let service = marker::read(data_dir)?
            .and_then(|marker| marker.service)
            .unwrap_or_else(|| marker::service_name(data_dir));
        let vault = Self {
            data_dir: data_dir.to_owned(),
            service,
            link: Mutex::new(None),
            state: Mutex::new(VaultState::Starting("The keychain has not been asked yet.".to_owned())),
        };
        vault.retry();
        Ok(vault)
    }

    /// What the entries are filed under in the keychain.
    pub fn service(&self) -> &str {
        &self.service
    }

    fn link(&self) -> MutexGuard<'_, Option<Link>> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_state(&self, state: VaultState) {
        let mut known = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_str() != state.as_str() {
            tracing::info!(state = state.as_str(), detail = state.detail(), "keychain");
        }
        *known = state;
    }

    /// Runs `work` on a connection that is known to be unlocked, and once more on a new one if it was lost.
    fn with_link<T>(&self, work: impl Fn(&Link) -> Result<T, Fault>) -> Result<T, VaultError> {
        let mut link = self.link();
        let fresh = link.is_none();
        match self.attempt(&mut link, &work) {
            Err(Fault::Lost(_)) if !fresh => self.attempt(&mut link, &work),
            outcome => outcome,
        }
        .map_err(|fault| match fault {
            Fault::Answer(error) => error,
            Fault::Lost(detail) => VaultError::Unavailable(detail),
        })
    }

    fn attempt<T>(
        &self,
        link: &mut Option<Link>,
        work: &impl Fn(&Link) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        match self.look(link) {
            VaultState::Ready => {}
            VaultState::Locked(_) => return Err(Fault::Answer(VaultError::Locked)),
            VaultState::Starting(detail) | VaultState::Unavailable(detail) => {
                return Err(Fault::Lost(detail));
            }
        }
        let Some(open) = link.as_ref() else { return Err(Fault::Lost("The keychain is gone.".to_owned())) };
        let outcome = work(open);
        match &outcome {
            Err(Fault::Lost(detail)) => {
                *link = None;
                self.set_state(VaultState::Unavailable(detail.clone()));
            }
            Err(Fault::Answer(VaultError::Locked)) => {
                self.set_state(VaultState::Locked(VaultError::Locked.to_string()));
            }
            _ => {}
        }
        outcome
    }

    /// Connects if need be and asks whether the keychain is open, without a prompt.
    fn look(&self, link: &mut Option<Link>) -> VaultState {
        let known = link.take().map(|open| (open.state(), open));
        let (state, open) = match known {
            Some((state @ (VaultState::Ready | VaultState::Locked(_)), open)) => (state, Some(open)),
            // A connection that has gone bad says nothing of the keychain: ask a new one.
            _ => match Link::connect() {
                Ok(open) => (open.state(), Some(open)),
                Err(state) => (state, None),
            },
        };
        *link = open;
        self.set_state(state.clone());
        state
    }

    fn entry(&self, link: &Link, name: &str) -> Result<Entry, Fault> {
        link.entry(&self.service, name).map_err(fault)
    }
}

impl Vault for KeychainVault {
    fn kind(&self) -> VaultKind {
        VaultKind::Keychain
    }

    fn get(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        self.with_link(|link| {
            match link.find(&self.service, name)? {
                Found::Here => {}
                Found::Absent => return Ok(None),
                Found::Locked => return Err(Fault::Answer(VaultError::Locked)),
            }
            match self.entry(link, name)?.get_secret() {
                Ok(bytes) => Secret::from_utf8(bytes).map(Some).map_err(|how| {
                    Fault::Answer(VaultError::Corrupt(format!(
                        "The keychain's entry \"{name}\" cannot be used: {how}. Enter the credential again."
                    )))
                }),
                Err(keyring_core::Error::NoEntry) => Ok(None),
                Err(error) => Err(fault(error)),
            }
        })
    }

    fn put(&self, name: &str, secret: &Secret) -> Result<(), VaultError> {
        if secret.expose().len() > MAX_SECRET_BYTES {
            return Err(VaultError::TooLarge);
        }
        // Noted first: a secret in the keychain that nobody knows of would be worse than a note too many.
        let marker = Marker { kind: VaultKind::Keychain, service: Some(self.service.clone()) };
        self.with_link(|link| {
            if matches!(link.find(&self.service, name)?, Found::Locked) {
                return Err(Fault::Answer(VaultError::Locked));
            }
            marker::write(&self.data_dir, &marker).map_err(Fault::Answer)?;
            self.entry(link, name)?.set_secret(secret.expose().as_bytes()).map_err(fault)
        })
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        self.with_link(|link| {
            match link.find(&self.service, name)? {
                Found::Here => {}
                Found::Absent => return Ok(()),
                Found::Locked => return Err(Fault::Answer(VaultError::Locked)),
            }
            match self.entry(link, name)?.delete_credential() {
                Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
                Err(error) => Err(fault(error)),
            }
        })
    }

    fn state(&self) -> VaultState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn retry(&self) -> VaultState {
        self.look(&mut self.link())
    }

    /// The prompt is waited for without holding up others: they see the vault as locked until it is answered.
    fn unlock(&self) -> VaultState {
        if let Err(detail) = link::prompt() {
            tracing::warn!(detail, "the keychain was not unlocked");
        }
        self.retry()
    }
}

fn fault(error: keyring_core::Error) -> Fault {
    use keyring_core::Error;
    match error {
        Error::NoStorageAccess(_) => Fault::Answer(VaultError::Locked),
        Error::TooLong(..) => Fault::Answer(VaultError::TooLarge),
        Error::Ambiguous(entries) => Fault::Answer(VaultError::Corrupt(format!(
            "The keychain holds {} entries of the same name; remove all but one with the system's keychain tool.",
            entries.len()
        ))),
        // These two carry what is stored; it must not reach a message.
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            Fault::Answer(VaultError::Corrupt("The keychain's entry cannot be read.".to_owned()))
        }
        Error::BadStoreFormat(how) => {
            Fault::Answer(VaultError::Corrupt(format!("The keychain is damaged: {how}.")))
        }
        Error::Invalid(what, how) => {
            Fault::Answer(VaultError::Io(format!("The keychain refused {what}: {how}.")))
        }
        other => Fault::Lost(format!("The keychain does not answer: {other}.")),
    }
}
