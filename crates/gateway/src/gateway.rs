//! A gateway from start to end: open the data directory, the vault and the database; listen; drain; close.

mod greeting;
mod lock;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
pub use lock::{LOCK_FILE, owner};
use postern_secrets::{Secret, VaultError};
use postern_store::table::spend_hourly::Totals;
use postern_store::{Store, StoreError};
use tokio::sync::broadcast;

use crate::auth::InternalOrigin;
use crate::clock;
use crate::config::{self, ConfigFile, Options};
use crate::console::status;
use crate::directory::Change;
use crate::engine::{Engine, ListenerState, base_url};
use crate::error::Failure;
use crate::events::{Event, Topic};
use crate::http::guard;
use crate::jobs;
use crate::registry::audit::Actor;
use crate::serve::{self, Listening};
use crate::surface;

/// Why a gateway does not start. Every sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "the data directory {0} is in use by another Postern (process {1}). Stop that one, or choose another with --data-dir"
    )]
    InUse(PathBuf, String),
    #[error("the data directory {0} cannot be used: {1}")]
    DataDir(PathBuf, std::io::Error),
    #[error("{0}")]
    Config(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the credential vault cannot be opened: {0}")]
    Vault(#[from] VaultError),
    #[error("the gateway cannot start: {0}")]
    Other(String),
}

/// Why a gateway does not listen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ListenError {
    #[error("port {} is in use by another program. Stop that one, or choose another port with --listen {}:{}", .0.port(), .0.ip(), .0.port().saturating_add(10))]
    PortInUse(SocketAddr),
    #[error("the gateway cannot listen on {0}: {1}")]
    Other(SocketAddr, String),
}

/// An open gateway. Dropping it without [`Gateway::shutdown`] loses nothing that was acknowledged.
pub struct Gateway {
    engine: Arc<Engine>,
    router: Router,
    listening: Arc<Mutex<Option<Listening>>>,
    control: Mutex<Option<Listening>>,
    /// Made at this start and shown once.
    new_admin_key: Option<Secret>,
    _lock: lock::DirectoryLock,
}

impl Gateway {
    /// Opens the engine without listening. Blocking work runs on blocking threads; needs a tokio runtime.
    pub async fn open(options: Options) -> Result<Self, StartError> {
        let config = match &options.config {
            Some(path) => config::read_config_file(path).map_err(|problem| {
                StartError::Config(format!(
                    "the configuration file {} is not valid: {problem}",
                    path.display()
                ))
            })?,
            None => ConfigFile::absent(),
        };
        let opening = options.clone();
        let (lock, store, vault) = tokio::task::spawn_blocking(move || open_parts(&opening))
            .await
            .map_err(|error| StartError::Other(error.to_string()))??;
        let engine = Arc::new(Engine::new(options, config, store, vault, clock::now_ms()));
        let other = |failure: Failure| StartError::Other(failure.error.message);
        let new_admin_key = engine.settle_admin_key().await.map_err(other)?;
        engine.load_credentials().await.map_err(other)?;
        for warning in engine.config_warnings() {
            tracing::warn!("configuration: {warning}");
        }
        engine.refresh(vec![Change::Everything], &[]).await.map_err(other)?;
        let router = surface::router(engine.clone());
        let listening: Arc<Mutex<Option<Listening>>> = Arc::default();
        let gateway =
            Self { engine, router, listening, control: Mutex::default(), new_admin_key, _lock: lock };
        gateway.install_switch();
        gateway.open_control();
        jobs::start(&gateway.engine);
        Ok(gateway)
    }

    /// Lets the console start and stop the listener.
    fn install_switch(&self) {
        let (router, listening) = (self.router.clone(), self.listening.clone());
        self.engine.install_switch(Box::new(move |engine, running| {
            let (router, listening) = (router.clone(), listening.clone());
            Box::pin(async move {
                if running {
                    let _ = listen(&engine, &router, &listening, engine.address()).await;
                } else {
                    stop(&engine, &listening, Duration::from_secs(5)).await;
                }
            })
        }));
    }

    /// The socket through which the window and the `postern` command of the same user talk to this gateway.
    fn open_control(&self) {
        match serve::control(&self.engine, self.router.clone()) {
            Ok(control) => {
                *self.control.lock().unwrap_or_else(PoisonError::into_inner) = control;
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket cannot be opened: neither the window nor `postern keys` will reach this gateway");
            }
        }
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The administrator's key, if it was made at this start.
    pub fn new_admin_key(&self) -> Option<&Secret> {
        self.new_admin_key.as_ref()
    }

    /// Starts listening where the options say.
    pub async fn listen(&self) -> Result<SocketAddr, ListenError> {
        self.listen_on(self.engine.options.listen).await
    }

    /// Starts listening elsewhere, for instance because the port is taken.
    pub async fn listen_on(&self, address: SocketAddr) -> Result<SocketAddr, ListenError> {
        listen(&self.engine, &self.router, &self.listening, address).await
    }

    /// Stops accepting and lets requests under way end, at most `grace`.
    pub async fn stop_listening(&self, grace: Duration) {
        stop(&self.engine, &self.listening, grace).await;
    }

    /// Answers one request in process, as the administrator.
    pub async fn handle(&self, mut request: Request<Body>) -> Response<Body> {
        request.extensions_mut().insert(InternalOrigin);
        guard::handle(&self.engine.options, self.router.clone(), request).await
    }

    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.engine.events.subscribe()
    }

    /// Reads the configuration file again and puts it in force, or keeps the one in force and logs why.
    pub async fn reload(&self) {
        let _ = self.engine.reload_config(&Actor::gateway()).await;
    }

    /// What the tray shows of today.
    pub async fn today(&self, tz: Option<&str>) -> Result<Totals, Failure> {
        status::today(&self.engine, tz).await
    }

    /// Stops accepting, lets streams end within `grace`, commits the ledger, closes the database.
    pub async fn shutdown(self, grace: Duration) {
        // Streams of events never end by themselves, and would take all of the grace.
        self.engine.tasks.begin_stop();
        stop(&self.engine, &self.listening, grace).await;
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(control) = control {
            control.stop(Duration::from_secs(1)).await;
        }
        if !self.engine.tasks.stop(Duration::from_secs(5)).await {
            tracing::warn!("some background work did not end in time");
        }
        let store = self.engine.store.clone();
        // Everything recorded before this is committed by it.
        if let Err(error) = tokio::task::spawn_blocking(move || store.close()).await {
            tracing::error!(%error, "the database was not closed cleanly");
        }
    }
}

type Parts = (lock::DirectoryLock, Store, postern_secrets::Choice);

fn open_parts(options: &Options) -> Result<Parts, StartError> {
    let directory = &options.data_dir;
    lock::private_directory(directory).map_err(|error| StartError::DataDir(directory.clone(), error))?;
    let lock = lock::DirectoryLock::take(directory).map_err(|error| match error {
        lock::LockError::Held(owner) => StartError::InUse(directory.clone(), owner),
        lock::LockError::Io(error) => StartError::DataDir(directory.clone(), error),
    })?;
    let store = Store::open(&directory.join("postern.db"))?;
    let vault = postern_secrets::open(options.vault, directory, options.vault_passphrase.clone())?;
    Ok((lock, store, vault))
}

async fn listen(
    engine: &Arc<Engine>,
    router: &Router,
    listening: &Mutex<Option<Listening>>,
    address: SocketAddr,
) -> Result<SocketAddr, ListenError> {
    if let Some(running) = listening.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        return Ok(running.address);
    }
    let result = serve::listen(engine, router.clone(), address).await;
    let state = match &result {
        Ok(started) => ListenerState::Running(started.address),
        Err(error) => ListenerState::Failed { address, message: error.to_string() },
    };
    *engine.listener.lock().unwrap_or_else(PoisonError::into_inner) = state;
    announce(engine);
    let started = result?;
    let bound = started.address;
    // Switched off and on again, it is found where it was.
    *engine.address.lock().unwrap_or_else(PoisonError::into_inner) = bound;
    tracing::info!(url = base_url(bound), "listening");
    *listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
    Ok(bound)
}

async fn stop(engine: &Arc<Engine>, listening: &Mutex<Option<Listening>>, grace: Duration) {
    let running = listening.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(running) = running else { return };
    *engine.listener.lock().unwrap_or_else(PoisonError::into_inner) = ListenerState::Stopped;
    announce(engine);
    running.stop(grace).await;
}

fn announce(engine: &Engine) {
    engine.events.publish(Event::Listener);
    engine.events.publish(Event::Stale(vec![Topic::Status]));
}
