//! What every request and every page needs of one running gateway: the snapshot, the store, the vault, the counters, the
//! way out. Made by `gateway`, shared by all.

mod governance;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use postern_secrets::{Choice, Secret, VaultError};
use postern_store::Store;
use tokio::sync::Semaphore;

use crate::alerts::Outbox;
use crate::bodies::Bodies;
use crate::condition::Conditions;
use crate::config::{ConfigFile, Options, Problem, StoredFallbacks};
use crate::counters::Scope;
use crate::directory::{Change, Directory};
use crate::error::Failure;
use crate::events::{Event, Events, Topic};
use crate::exchange::mirror::MOST_AT_A_TIME;
use crate::registry::sign_in::SignIn;
use crate::routing::Affinity;
use crate::snapshot::{self, Snapshot, Sources};
use crate::tasks::Tasks;
use crate::upstream::Clients;

pub struct Engine {
    pub options: Options,
    /// The configuration file in force.
    pub config: ArcSwap<ConfigFile>,
    pub(crate) config_state: Mutex<ConfigState>,
    /// One reading of the configuration file at a time, so that the last one read is the newest.
    pub(crate) reloading: tokio::sync::Mutex<()>,
    pub snapshot: ArcSwap<Snapshot>,
    /// Keys, people and budgets in force.
    pub directory: ArcSwap<Directory>,
    /// Budgets that came into force lately, with when.
    seeded_lately: Mutex<Vec<(i64, Arc<Scope>)>>,
    pub store: Store,
    pub vault: Choice,
    pub clients: Clients,
    pub conditions: Arc<Conditions>,
    pub affinity: Affinity,
    /// Places for copies of requests.
    pub mirrors: Arc<Semaphore>,
    /// On their way to where they are kept.
    pub bodies: Bodies,
    pub sign_in: SignIn,
    /// Alerts on their way to other programs.
    pub outbox: Outbox,
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
    /// Held by whoever adds up days of a time zone.
    pub adding_days: tokio::sync::Mutex<()>,
}

/// Starts (true) or stops the listener; given by the assembly, which owns it.
pub type Switch = Box<dyn Fn(Arc<Engine>, bool) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The setting that holds the fallbacks which the management API set.
pub(crate) const FALLBACKS: &str = "fallbacks";

pub(crate) fn stored_fallbacks(text: Option<&str>) -> StoredFallbacks {
    let read = text.map(serde_json::from_str).transpose();
    read.unwrap_or_else(|error| {
        tracing::error!(%error, "the stored fallbacks cannot be read; they are left out");
        None
    })
    .unwrap_or_default()
}

/// What became of the last reading of the configuration file.
#[derive(Debug, Clone)]
pub struct ConfigState {
    /// When the one in force was read, in UTC milliseconds.
    pub loaded_at: i64,
    /// Why a later one was refused.
    pub error: Option<Problem>,
}

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
            directory: ArcSwap::default(),
            seeded_lately: Mutex::default(),
            options,
            config: ArcSwap::from_pointee(config),
            config_state: Mutex::new(ConfigState { loaded_at: started_at, error: None }),
            reloading: tokio::sync::Mutex::new(()),
            store,
            vault,
            clients: Clients::default(),
            conditions: Arc::default(),
            affinity: Affinity::default(),
            mirrors: Arc::new(Semaphore::new(MOST_AT_A_TIME)),
            bodies: Bodies::default(),
            sign_in: SignIn::default(),
            outbox: Outbox::default(),
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
            adding_days: tokio::sync::Mutex::new(()),
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
        self.rebuild_with(None).await
    }

    /// The same, and with it another configuration file; if this fails, neither is in force.
    pub(crate) async fn rebuild_with(&self, file: Option<Arc<ConfigFile>>) -> Result<(), Failure> {
        let one_at_a_time = self.rebuilding.lock().await;
        let (providers, models, prices, tags, fallbacks) = self
            .read(|connection| {
                use postern_store::table;
                Ok((
                    table::providers::all(connection)?,
                    table::models::all(connection)?,
                    table::prices::all(connection)?,
                    table::tags::all(connection)?,
                    table::settings::get(connection, FALLBACKS)?,
                ))
            })
            .await?;
        let config = file.unwrap_or_else(|| self.config.load_full());
        let credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sources = Sources {
            providers,
            models,
            prices,
            tags,
            credentials: &credentials,
            config: &config,
            fallbacks: stored_fallbacks(fallbacks.as_deref()),
            conditions: self.conditions.clone(),
        };
        let built = Arc::new(snapshot::build(sources));
        self.snapshot.store(built);
        let other_rules = self.govern(&config);
        self.config.store(config);
        drop(one_at_a_time);
        if other_rules && let Err(failure) = self.refresh(vec![Change::Everything], &[]).await {
            // The file is in force; its budgets count from now on instead of from what the ledger says.
            tracing::error!(reason = failure.error.message, "budgets of the configuration file begin anew");
        }
        Ok(())
    }

    /// Puts the administrator's key and the rules of a configuration file in force; whether those are others.
    fn govern(&self, config: &ConfigFile) -> bool {
        let admin = *self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.directory.load();
        let other_rules = *before.rules != config.governance;
        let mut after = if other_rules {
            before.ruled(Arc::new(config.governance.clone()))
        } else {
            Directory::clone(&before)
        };
        after.admin = admin;
        self.directory.store(Arc::new(after));
        other_rules
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

    pub fn config_state(&self) -> ConfigState {
        self.config_state.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
