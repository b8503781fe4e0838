//! What happened, for whoever watches: the console, the tray, notifications. Lossy by design: a slow watcher misses
//! events and reads the state anew; nothing waits for it.

use std::sync::Arc;

use postern_store::table::requests::RequestRow;
use serde::Serialize;
use tokio::sync::broadcast;
use uuid::Uuid;

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
    Users,
    Teams,
    Organizations,
    Budgets,
    Customers,
    Tags,
}

/// What a budget's spend has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    Percent(u8),
    Soft,
}

/// A budget's spend has passed a threshold, for the first time in its period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetNotice {
    /// `api_key`, `team`, `model_per_key`, ...
    pub level: &'static str,
    pub id: String,
    /// Where the budget is for one model.
    pub model: Option<String>,
    pub threshold: Threshold,
    pub spent_nanos: i64,
    pub budget_nanos: Option<i64>,
    /// UTC milliseconds.
    pub reset_at: Option<i64>,
}

#[derive(Debug, Clone)]
pub enum Event {
    /// A request ended and its row is committed.
    Request(Arc<RequestRow>),
    /// These topics changed.
    Stale(Vec<Topic>),
    /// The listener started, stopped or failed.
    Listener,
    Budget(Arc<BudgetNotice>),
    /// A key was rotated by itself; its new secret waits to be fetched.
    KeyRotated {
        key_id: Uuid,
        /// The alias, else the name.
        label: String,
        /// The old one is taken until then, UTC milliseconds.
        previous_until: i64,
    },
    /// A provider refused its credential (401), once until it works again.
    CredentialRefused {
        provider_id: String,
        provider_name: String,
        message: String,
    },
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
