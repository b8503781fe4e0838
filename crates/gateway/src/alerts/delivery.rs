//! Telling other programs of an alert: five tries within about ten minutes. How it goes is noted with the alert. What waits lives
//! as long as the process; so many may wait, and what is beyond that has failed at once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use postern_store::table::alerts::{self as table, AlertRow, DeliveryRow};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::clock;
use crate::config::AlertWebhook;
use crate::engine::Engine;
use crate::error::Failure;
use crate::webhooks;

/// How long after each failed try the next one is made.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(20), Duration::from_mins(2), Duration::from_mins(7)];
const MOST_WAITING: usize = 512;
const MOST_AT_A_TIME: usize = 8;
/// An error is shown, and comes from elsewhere.
const LONGEST_ERROR: usize = 300;

/// Places for deliveries.
pub struct Outbox {
    waiting: Arc<Semaphore>,
    sending: Semaphore,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { waiting: Arc::new(Semaphore::new(MOST_WAITING)), sending: Semaphore::new(MOST_AT_A_TIME) }
    }
}

/// What is told of an alert: `{id, kind, created_at, title, text, data}`.
pub fn body(row: &AlertRow) -> Value {
    let data: Value = serde_json::from_str(&row.data).unwrap_or_default();
    json!({
        "id": row.id, "kind": row.kind, "created_at": clock::text(row.at), "title": row.title, "text": row.text,
        "data": data,
    })
}

/// One that is to be made.
pub(super) fn waiting(alert: Uuid, number: i64, target: &str, now: i64) -> DeliveryRow {
    DeliveryRow {
        alert_id: alert,
        number,
        target: target.to_owned(),
        state: "waiting".to_owned(),
        attempts: 0,
        at: now,
        error: None,
    }
}

/// Begins to tell one receiver.
pub(super) fn start(
    engine: &Arc<Engine>,
    webhook: Arc<AlertWebhook>,
    mut delivery: DeliveryRow,
    row: &AlertRow,
) {
    let body = Bytes::from(body(row).to_string());
    let place = engine.outbox.waiting.clone().try_acquire_owned();
    let engine = engine.clone();
    engine.tasks.clone().spawn_until_stopped(async move {
        let Ok(_place) = place else {
            "failed".clone_into(&mut delivery.state);
            delivery.error = Some(format!("{MOST_WAITING} others were waiting"));
            note(&engine, &mut delivery).await;
            return;
        };
        deliver(&engine, &webhook, &mut delivery, body).await;
    });
}

async fn deliver(engine: &Engine, webhook: &AlertWebhook, delivery: &mut DeliveryRow, body: Bytes) {
    let id = delivery.alert_id.to_string();
    for pause in PAUSES.into_iter().map(Some).chain([None]) {
        let outcome = {
            let Ok(_turn) = engine.outbox.sending.acquire().await else { return };
            let seconds = clock::now_ms().div_euclid(1000);
            webhooks::post(&engine.clients, webhook, &id, seconds, body.clone()).await
        };
        delivery.attempts += 1;
        delivery.error = outcome.err().map(|error| error.chars().take(LONGEST_ERROR).collect());
        let state = match (&delivery.error, pause) {
            (None, _) => "delivered",
            (Some(_), Some(_)) => "waiting",
            (Some(_), None) => "failed",
        };
        state.clone_into(&mut delivery.state);
        note(engine, delivery).await;
        let (Some(error), target) = (&delivery.error, &webhook.shown) else { return };
        tracing::warn!(error, target, attempts = delivery.attempts, "an alert was not delivered");
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
}

async fn note(engine: &Engine, delivery: &mut DeliveryRow) {
    delivery.at = clock::now_ms();
    let row = delivery.clone();
    if let Err(error) = engine.store.write(move |connection| table::note(connection, &row)).await {
        tracing::error!(%error, "how a delivery went is not in the database");
    }
}

/// What another process left waiting is not delivered any more.
pub async fn give_up_waiting(engine: &Engine) -> Result<(), Failure> {
    let now = clock::now_ms();
    let reason = "the gateway ended before it was delivered";
    engine.store.write(move |connection| table::give_up_waiting(connection, reason, now)).await?;
    Ok(())
}
