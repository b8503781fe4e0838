//! Secret Service over D-Bus (GNOME Keyring, KWallet, KeePassXC).
//!
//! Two connections: the store's, which does the work but shows a prompt whenever something is locked, and our own,
//! which looks first, so that nothing is locked by the time the store is asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dbus::blocking::Connection;
use dbus_secret_service::{EncryptionType, Error, SecretService};
use dbus_secret_service_keyring_store::Store;
use keyring_core::Entry;
use keyring_core::api::CredentialStoreApi;

use super::{Fault, Found, Presence};
use crate::{VaultError, VaultState};

const NAME: &str = "org.freedesktop.secrets";
const PROMPT_SECONDS: u64 = 120;

const LOCKED: &str = "The keychain is locked. Unlock it and Postern goes on by itself.";
const NOT_SET_UP: &str = "The keychain has no default keyring yet. Make one (in Passwords and Keys, or by unlocking) and Postern goes on.";

pub(super) struct Link {
    store: Arc<Store>,
    watch: SecretService,
}

/// What the session bus says, before anything is started on it.
enum Reach {
    /// No session bus: a server, a container, a bare SSH login.
    NoBus,
    /// A bus, but no keychain on it and none that it could start.
    NoKeychain,
    Keychain,
}

fn reach() -> Reach {
    let Ok(connection) = Connection::new_session() else { return Reach::NoBus };
    let bus = connection.with_proxy("org.freedesktop.DBus", "/org/freedesktop/DBus", Duration::from_secs(5));
    let owned: Result<(bool,), _> = bus.method_call("org.freedesktop.DBus", "NameHasOwner", (NAME,));
    let startable: Result<(Vec<String>,), _> =
        bus.method_call("org.freedesktop.DBus", "ListActivatableNames", ());
    match (owned, startable) {
        (Ok((true,)), _) => Reach::Keychain,
        (_, Ok((names,))) if names.iter().any(|name| name == NAME) => Reach::Keychain,
        _ => Reach::NoKeychain,
    }
}

pub(crate) fn presence() -> Presence {
    match reach() {
        Reach::Keychain => Presence::Here,
        Reach::NoKeychain => Presence::Missing("no keychain (Secret Service) runs in this session"),
        Reach::NoBus => Presence::Missing("there is no desktop session here, and so no keychain"),
    }
}

impl Link {
    pub fn connect() -> Result<Self, VaultState> {
        match reach() {
            Reach::Keychain => {}
            Reach::NoKeychain => {
                return Err(VaultState::Starting(
                    "No keychain (Secret Service) is running in this session yet; Postern keeps looking."
                        .to_owned(),
                ));
            }
            Reach::NoBus => {
                return Err(VaultState::Unavailable(
                    "There is no session bus, so the keychain cannot be reached. Start Postern from the desktop \
                     session, or choose another vault with --vault."
                        .to_owned(),
                ));
            }
        }
        // Both talk over the user's own bus; what the store moves is encrypted on it, what we look at is no secret.
        let store = Store::new().map_err(|error| starting(&error.to_string()))?;
        let watch =
            SecretService::connect(EncryptionType::Plain).map_err(|error| starting(&error.to_string()))?;
        Ok(Self { store, watch })
    }

    /// Labelled for people: this is what the keychain's own tool shows.
    pub fn entry(&self, service: &str, name: &str) -> keyring_core::Result<Entry> {
        let label = format!("Postern: {name}");
        self.store.build(service, name, Some(&HashMap::from([("label", label.as_str())])))
    }

    pub fn state(&self) -> VaultState {
        match self.watch.get_default_collection().and_then(|collection| collection.is_locked()) {
            Ok(false) => VaultState::Ready,
            Ok(true) | Err(Error::Locked) => VaultState::Locked(LOCKED.to_owned()),
            Err(Error::NoResult) => VaultState::Locked(NOT_SET_UP.to_owned()),
            Err(error) => starting(&error.to_string()),
        }
    }

    pub fn find(&self, service: &str, name: &str) -> Result<Found, Fault> {
        let attributes = HashMap::from([("service", service), ("username", name)]);
        match self.watch.search_items(attributes) {
            Ok(found) if !found.locked.is_empty() => Ok(Found::Locked),
            Ok(found) if !found.unlocked.is_empty() => Ok(Found::Here),
            Ok(_) => Ok(Found::Absent),
            Err(Error::Locked) => Err(Fault::Answer(VaultError::Locked)),
            Err(error) => Err(Fault::Lost(format!("The keychain does not answer: {error}."))),
        }
    }
}

/// Lets the keychain ask for its password, or for a first one if it has no keyring yet.
pub(super) fn prompt() -> Result<(), String> {
    let asking = || {
        let service = SecretService::connect_with_max_prompt_timeout(EncryptionType::Plain, PROMPT_SECONDS)?;
        match service.get_default_collection() {
            Ok(collection) => collection.ensure_unlocked(),
            Err(Error::NoResult) => service.create_collection("Login", "default").map(drop),
            Err(error) => Err(error),
        }
    };
    asking().map_err(|error| error.to_string())
}

fn starting(how: &str) -> VaultState {
    VaultState::Starting(format!("The keychain does not answer yet ({how}); Postern keeps looking."))
}
