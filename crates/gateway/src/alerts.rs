//! Alerts: what people are told of though they did not ask. Each of `budgets`, `spikes` and `provider_limits` looks at how things
//! are and finds what there is to tell; here it becomes an alert, unless its episode was told before. The database is what
//! remembers that, so that neither a restart, nor a clock that is set back, nor two looks at the same thing tell it twice, and
//! so that a look is all it takes for nothing to be lost.
//!
//! An alert that is written is told to whoever watches (`events`) and handed to `delivery`, which tells other programs.

pub mod budgets;
mod delivery;
pub mod provider_limits;
pub mod spikes;

use std::sync::Arc;

use jiff::tz::TimeZone;
use postern_store::table::alerts::{self as table, AlertRow, DeliveryRow, Episode, Whose};

pub use delivery::{Outbox, body, give_up_waiting};

use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::{Alert, AlertData, Event};
use crate::ids;

/// What is to be told, if it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub episode: Episode,
    pub whose: Whose,
    pub data: AlertData,
}

/// An alert as the database has it, in words for people of this time zone.
pub fn row(alert: &Alert, zone: &TimeZone) -> AlertRow {
    let (title, text) = alert.words(zone);
    AlertRow {
        id: alert.id,
        at: alert.at,
        kind: alert.kind().as_str().to_owned(),
        whose: alert.whose.clone(),
        title,
        text,
        data: serde_json::to_string(&alert.data).unwrap_or_default(),
    }
}

/// Writes down what is new of this, and tells it.
pub async fn tell(engine: &Arc<Engine>, news: Vec<News>) -> Result<(), Failure> {
    if news.is_empty() {
        return Ok(());
    }
    let (now, zone) = (clock::now_ms(), engine.directory.load().rules.zone.clone());
    let webhooks = engine.config.load().alert_webhooks.clone();
    let prepared: Vec<_> = news
        .into_iter()
        .map(|news| {
            let alert = Alert { id: ids::new_id(), at: now, whose: news.whose, data: news.data };
            let row = row(&alert, &zone);
            let wanting = webhooks.iter().filter(|webhook| webhook.wants(alert.kind()));
            let receivers: Vec<_> = wanting
                .zip(0..)
                .map(|(webhook, number)| {
                    (webhook.clone(), delivery::waiting(alert.id, number, &webhook.shown, now))
                })
                .collect();
            (news.episode, alert, row, receivers)
        })
        .collect();
    let told = engine
        .store
        .write(move |connection| {
            let mut told = Vec::new();
            for (episode, alert, row, receivers) in prepared {
                let deliveries: Vec<DeliveryRow> =
                    receivers.iter().map(|(_, delivery)| delivery.clone()).collect();
                if table::tell(connection, &episode, &row, &deliveries)? {
                    told.push((alert, row, receivers));
                }
            }
            Ok(told)
        })
        .await?;
    for (alert, row, receivers) in told {
        tracing::info!(kind = row.kind, title = row.title, "alert");
        engine.events.publish(Event::Alert(Arc::new(alert)));
        for (webhook, delivery) in receivers {
            delivery::start(engine, webhook, delivery, &row);
        }
    }
    Ok(())
}
