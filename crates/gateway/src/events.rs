//! What happened, for whoever watches: the console, the tray, notifications. Lossy by design: a slow watcher misses
//! events and reads the state anew; nothing waits for it.

mod alert;

use std::sync::{Arc, Mutex, PoisonError};

pub use alert::{Alert, AlertData, AlertKind, BudgetReached, LimitNear, LimitSource, SpendOf, Spike};
use postern_store::table::requests::RequestRow;
use serde::Serialize;
use tokio::sync::{Notify, broadcast};
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
    /// People are told of something; it is in the database.
    Alert(Arc<Alert>),
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
pub struct Events {
    all: broadcast::Sender<Event>,
    /// The same alerts as in `all`, apart, so that no number of requests makes somebody miss one.
    alerts: broadcast::Sender<Arc<Alert>>,
    /// Hears what is told before anybody could ask for it.
    first: Arc<Mutex<Option<broadcast::Receiver<Arc<Alert>>>>>,
    budget: Arc<Notify>,
}

impl Default for Events {
    fn default() -> Self {
        let (alerts, first) = broadcast::channel(256);
        Self {
            all: broadcast::channel(256).0,
            alerts,
            first: Arc::new(Mutex::new(Some(first))),
            budget: Arc::default(),
        }
    }
}

impl Events {
    pub fn publish(&self, event: Event) {
        match &event {
            Event::Budget(_) => self.budget.notify_one(),
            Event::Alert(alert) => {
                let _ = self.alerts.send(alert.clone());
            }
            _ => {}
        }
        // Nobody watching is not an error.
        let _ = self.all.send(event);
    }

    /// Whether making an event is worth the trouble.
    pub fn watched(&self) -> bool {
        self.all.receiver_count() > 0
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.all.subscribe()
    }

    /// Alerts alone. Who asks first hears of all since the beginning.
    pub fn subscribe_to_alerts(&self) -> broadcast::Receiver<Arc<Alert>> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        first.unwrap_or_else(|| self.alerts.subscribe())
    }

    /// Resolves when a budget has passed a threshold since it was last asked for. For one watcher; it makes nobody a
    /// subscriber, so that requests do no more for it.
    pub async fn budget_passed(&self) {
        self.budget.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use postern_store::table::alerts::Whose;

    use super::*;

    #[test]
    fn who_asks_first_hears_of_what_was_told_before() {
        let near = LimitNear {
            source: LimitSource::Provider,
            provider: "openai".to_owned(),
            model: None,
            deployment_id: None,
            unit: "tokens",
            used: 1,
            limit: 1,
            since: 0,
        };
        let data = AlertData::ProviderLimit(near);
        let alert = Arc::new(Alert { id: Uuid::nil(), at: 0, whose: Whose::default(), data });
        let events = Events::default();
        assert!(!events.watched());
        events.publish(Event::Alert(alert.clone()));
        let (mut first, mut second) = (events.subscribe_to_alerts(), events.subscribe_to_alerts());
        assert_eq!(first.try_recv().unwrap(), alert);
        assert!(second.try_recv().is_err());
        // However much else happens, none is missed, and requests do no more for it.
        for _ in 0..1000 {
            events.publish(Event::Listener);
        }
        events.publish(Event::Alert(alert.clone()));
        assert_eq!((first.try_recv().unwrap(), second.try_recv().unwrap()), (alert.clone(), alert));
        assert!(!events.watched());
    }
}
