//! The gateway as the shell sees it: opened, switched, asked, ended.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postern_gateway::config::DEFAULT_GRACE;
use postern_gateway::engine::{Engine as Core, ListenerState};
use postern_gateway::events::{Alert, Event};
use postern_gateway::ports::{free_port_instead_of, is_taken};
use postern_gateway::{Gateway, Options};
use postern_secrets::{Vault, VaultState};
use tokio::sync::{RwLock, broadcast};

use crate::menu::{self, Glance, VaultTrouble};

/// How long switching the gateway off waits for requests under way; the user stands there and watches.
const SWITCH_GRACE: Duration = Duration::from_secs(5);

/// The gateway of this process. Cheap to clone; after [`Engine::shut_down`] it only says that it is ending.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    /// Taken out at the end: whoever still holds an `Engine` then finds nothing.
    gateway: RwLock<Option<Gateway>>,
    core: Arc<Core>,
    /// Where it is to listen: as told at start, or as chosen since.
    wanted: Mutex<SocketAddr>,
    /// One switch at a time: a port is free again only when stopping is through.
    switching: tokio::sync::Mutex<()>,
}

impl Engine {
    /// The error is a sentence for the user.
    pub async fn open(options: Options) -> Result<Self, String> {
        let wanted = options.listen;
        let gateway = Gateway::open(options).await.map_err(|error| sentence(&error.to_string()))?;
        let core = gateway.engine().clone();
        Ok(Self(Arc::new(Inner {
            gateway: RwLock::new(Some(gateway)),
            core,
            wanted: Mutex::new(wanted),
            switching: tokio::sync::Mutex::default(),
        })))
    }

    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.core.events.subscribe()
    }

    pub fn alerts(&self) -> broadcast::Receiver<Arc<Alert>> {
        self.0.core.events.subscribe_to_alerts()
    }

    pub fn wanted_address(&self) -> SocketAddr {
        *self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub async fn listen(&self) -> Result<SocketAddr, String> {
        let _one_at_a_time = self.0.switching.lock().await;
        self.start().await
    }

    /// For whoever started Postern in a terminal: what to do next. `None` while it does not listen.
    pub async fn greeting(&self, program: &Path) -> Option<String> {
        let ListenerState::Running(address) = self.0.core.listener_state() else { return None };
        let gateway = self.0.gateway.read().await;
        gateway.as_ref().map(|gateway| gateway.greeting(address, program))
    }

    /// Off if it listens, on if it does not: as it is now, and not as it was last shown.
    pub async fn toggle(&self) -> Result<(), String> {
        let _one_at_a_time = self.0.switching.lock().await;
        if self.is_on() {
            self.stop().await;
            return Ok(());
        }
        self.start().await.map(drop)
    }

    /// Moves to another address, and stays with the old one if that cannot be had.
    pub async fn listen_at(&self, address: SocketAddr) -> Result<SocketAddr, String> {
        let _one_at_a_time = self.0.switching.lock().await;
        let (before, was_on) = (self.wanted_address(), self.is_on());
        self.stop().await;
        self.want(address);
        let outcome = self.start().await;
        if let Ok(bound) = outcome {
            self.want(bound);
        } else {
            self.want(before);
            if was_on && let Err(error) = self.start().await {
                tracing::warn!(error, "the old address could not be taken again");
            }
        }
        outcome
    }

    fn is_on(&self) -> bool {
        matches!(self.0.core.listener_state(), ListenerState::Running(_))
    }

    async fn start(&self) -> Result<SocketAddr, String> {
        match self.0.gateway.read().await.as_ref() {
            Some(gateway) => {
                let listening = gateway.listen_on(self.wanted_address()).await;
                listening.map_err(|error| sentence(&error.to_string()))
            }
            None => Err("Postern is ending.".to_owned()),
        }
    }

    async fn stop(&self) {
        if let Some(gateway) = self.0.gateway.read().await.as_ref() {
            gateway.stop_listening(SWITCH_GRACE).await;
        }
    }

    fn want(&self, address: SocketAddr) {
        *self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Lets what is under way end, commits the ledger and closes the database.
    pub async fn shut_down(&self) {
        // Switching it off may be under way, and waits for streams itself.
        let taken = tokio::time::timeout(SWITCH_GRACE, self.0.gateway.write()).await;
        let Ok(Some(gateway)) = taken.map(|mut slot| slot.take()) else { return };
        gateway.shutdown(DEFAULT_GRACE).await;
    }

    /// What the tray shows. What cannot be read now stays as it was.
    pub async fn glance(&self, before: Glance) -> Glance {
        let mut glance = Glance { gateway: self.gateway(), vault: self.vault_trouble(), ..before };
        let zone = jiff::tz::TimeZone::system();
        if let Some(gateway) = self.0.gateway.read().await.as_ref() {
            match gateway.today(zone.iana_name()).await {
                Ok(today) => {
                    glance.spend_today = today.cost_nanos;
                    glance.requests_today = today.requests.unsigned_abs();
                    glance.unpriced_today = today.unpriced.unsigned_abs();
                }
                Err(failure) => {
                    tracing::warn!(reason = failure.error.message, "today's spend cannot be read");
                }
            }
        }
        glance
    }

    fn gateway(&self) -> menu::Gateway {
        match self.0.core.listener_state() {
            ListenerState::Stopped => menu::Gateway::Off,
            ListenerState::Running(address) => menu::Gateway::On(address),
            ListenerState::Failed { address, .. } => {
                let (taken, instead) = (is_taken(address), free_port_instead_of(address));
                menu::Gateway::Refused { address, taken, instead }
            }
        }
    }

    fn vault_trouble(&self) -> Option<VaultTrouble> {
        match self.0.core.vault.vault.state() {
            VaultState::Ready => None,
            VaultState::Locked(_) => Some(VaultTrouble::Locked),
            VaultState::Starting(_) | VaultState::Unavailable(_) => Some(VaultTrouble::Missing),
        }
    }

    /// Lets the system ask for the vault's password; waits for the answer.
    pub async fn unlock_vault(&self) {
        let vault: Arc<dyn Vault> = self.0.core.vault.vault.clone();
        let asked = tauri::async_runtime::spawn_blocking(move || vault.unlock()).await;
        if let Ok(state) = asked {
            tracing::info!(state = state.as_str(), "the keychain was asked for");
        }
    }
}

/// The gateway's messages are made to stand behind a program's name; here they stand alone.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_sentences() {
        assert_eq!(sentence("port 4000 is in use"), "Port 4000 is in use.");
        assert_eq!(sentence("It is."), "It is.");
        assert_eq!(sentence(""), "");
    }
}
