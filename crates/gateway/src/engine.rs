//! What every request and every page needs of one running gateway: the snapshot, the store, the vault, the counters, the
//! way out. Made by `gateway`, shared by all.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use postern_secrets::{Choice, Secret, VaultError};
use postern_store::Store;

use crate::condition::Conditions;
use crate::config::{ConfigFile, Options};
use crate::error::Failure;
use crate::events::{Event, Events, Topic};
use crate::limits::Limits;
use crate::snapshot::{self, Snapshot, Sources};
use crate::tasks::Tasks;
use crate::upstream::Clients;

pub struct Engine {
    pub options: Options,
    pub config: ConfigFile,
    pub snapshot: ArcSwap<Snapshot>,
    pub store: Store,
    pub vault: Choice,
    pub clients: Clients,
    pub limits: Limits,
    pub conditions: Arc<Conditions>,
    pub events: Events,
    pub tasks: Tasks,
    /// UTC milliseconds.
    pub started_at: i64,
    pub listener: Mutex<ListenerState>,
    /// Where it listens when it is switched on: as the options say, until another address was taken.
    pub(crate) address: Mutex<SocketAddr>,
    /// What the vault gave, by name; `Err` where it could not be read, with the reason.
    pub(crate) credentials: Mutex<HashMap<String, Result<Secret, VaultError>>>,
    pub(crate) admin: Mutex<Option<crate::ids::KeyHash>>,
    /// Providers whose credential was refused, by deployment id: told once until it works again.
    pub(crate) refused: Mutex<HashMap<String, String>>,
    /// One change of a configured provider at a time: each begins with what the one before left.
    pub(crate) editing: tokio::sync::Mutex<()>,
    switch: std::sync::OnceLock<Switch>,
    /// One rebuild of the snapshot at a time, so that the last one built is the newest.
    rebuilding: tokio::sync::Mutex<()>,
}

/// Starts (true) or stops the listener; given by the assembly, which owns it.
pub type Switch = Box<dyn Fn(Arc<Engine>, bool) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What the listener is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerState {
    Stopped,
    Running(SocketAddr),
    Failed { address: SocketAddr, message: String },
}

impl Engine {
    pub(crate) fn new(
        options: Options,
        config: ConfigFile,
        store: Store,
        vault: Choice,
        started_at: i64,
    ) -> Self {
        Self {
            address: Mutex::new(options.listen),
            snapshot: ArcSwap::from_pointee(snapshot::build(Sources::empty(&config))),
            options,
            config,
            store,
            vault,
            clients: Clients::default(),
            limits: Limits::default(),
            conditions: Arc::default(),
            events: Events::default(),
            tasks: Tasks::default(),
            started_at,
            listener: Mutex::new(ListenerState::Stopped),
            credentials: Mutex::default(),
            admin: Mutex::default(),
            refused: Mutex::default(),
            editing: tokio::sync::Mutex::new(()),
            switch: std::sync::OnceLock::new(),
            rebuilding: tokio::sync::Mutex::new(()),
        }
    }

    /// Runs a read on a blocking thread.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&postern_store::Connection) -> Result<T, postern_store::SqlError> + Send + 'static,
    ) -> Result<T, Failure> {
        let store = self.store.clone();
        match self.tasks.blocking(move || store.read(query)).await {
            Some(answer) => Ok(answer?),
            None => Err(Failure::internal("a read of the database was interrupted")),
        }
    }

    /// Uses the vault on a blocking thread.
    pub async fn with_vault<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn postern_secrets::Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Failure> {
        let vault = self.vault.vault.clone();
        match self.tasks.blocking(move || work(vault.as_ref())).await {
            Some(answer) => Ok(answer?),
            None => Err(Failure::internal("the vault's answer was interrupted")),
        }
    }

    /// Builds the snapshot anew from the database and what the vault gave, and puts it in force.
    pub async fn rebuild(&self) -> Result<(), Failure> {
        let _one_at_a_time = self.rebuilding.lock().await;
        let (keys, providers, models, prices) = self
            .read(|connection| {
                use postern_store::table;
                Ok((
                    table::keys::all(connection)?,
                    table::providers::all(connection)?,
                    table::models::all(connection)?,
                    table::prices::all(connection)?,
                ))
            })
            .await?;
        let credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sources = Sources {
            admin: *self.admin.lock().unwrap_or_else(PoisonError::into_inner),
            keys,
            providers,
            models,
            prices,
            credentials: &credentials,
            config: &self.config,
            conditions: self.conditions.clone(),
        };
        self.snapshot.store(Arc::new(snapshot::build(sources)));
        Ok(())
    }

    /// Rebuilds and tells watchers what is stale.
    pub async fn changed(&self, topics: &[Topic]) -> Result<(), Failure> {
        self.rebuild().await?;
        self.events.publish(Event::Stale(topics.to_vec()));
        Ok(())
    }

    /// Whether the vault holds this credential in a form that can be used now.
    pub fn remember_credential(&self, name: &str, credential: Option<Result<Secret, VaultError>>) {
        let mut credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        match credential {
            Some(credential) => credentials.insert(name.to_owned(), credential),
            None => credentials.remove(name),
        };
    }

    pub(crate) fn install_switch(&self, switch: Switch) {
        // Installed once, at the assembly.
        let _ = self.switch.set(switch);
    }

    /// Starts or stops the listener, if there is one to switch.
    pub async fn switch_listener(self: &Arc<Self>, running: bool) {
        if let Some(switch) = self.switch.get() {
            switch(self.clone(), running).await;
        }
    }

    pub fn listener_state(&self) -> ListenerState {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `http://127.0.0.1:4000`, while it listens. An unspecified address is shown as loopback.
    pub fn base_url(&self) -> Option<String> {
        match self.listener_state() {
            ListenerState::Running(address) => Some(base_url(address)),
            _ => None,
        }
    }
}

pub fn base_url(address: SocketAddr) -> String {
    let mut shown = address;
    if shown.ip().is_unspecified() {
        shown.set_ip(if shown.is_ipv6() {
            std::net::Ipv6Addr::LOCALHOST.into()
        } else {
            std::net::Ipv4Addr::LOCALHOST.into()
        });
    }
    format!("http://{shown}")
}
