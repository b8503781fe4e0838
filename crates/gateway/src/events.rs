//! What happened, for whoever watches: the console, the tray, notifications. Lossy by design: a slow watcher misses
//! events and reads the state anew; nothing waits for it.

use std::sync::Arc;

use postern_store::table::requests::RequestRow;
use serde::Serialize;
use tokio::sync::broadcast;

/// What a watcher's picture is stale of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Keys,
    Models,
    Providers,
    Overview,
    Requests,
    Status,
    Catalogue,
}

#[derive(Debug, Clone)]
pub enum Event {
    /// A request ended and its row is committed.
    Request(Arc<RequestRow>),
    /// These topics changed.
    Stale(Vec<Topic>),
    /// The listener started, stopped or failed.
    Listener,
    /// A provider refused its credential (401), once until it works again.
    CredentialRefused { provider_id: String, provider_name: String, message: String },
}

/// The channel of one gateway. Cheap to clone.
#[derive(Clone)]
pub struct Events(broadcast::Sender<Event>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::channel(256).0)
    }
}

impl Events {
    pub fn publish(&self, event: Event) {
        // Nobody watching is not an error.
        let _ = self.0.send(event);
    }

    /// Whether making an event is worth the trouble.
    pub fn watched(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}
