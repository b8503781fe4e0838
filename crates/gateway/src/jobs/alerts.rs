//! Looks for what is to be told: at budgets as soon as one has passed a threshold and now and then besides, at the limits of
//! providers every few seconds, at what the hour costs twice a minute.

use std::sync::Arc;
use std::time::Duration;

use postern_store::table::alerts as table;
use tokio::time::{Instant, sleep, timeout};

use crate::alerts::provider_limits::Watch;
use crate::alerts::{budgets, give_up_waiting, spikes};
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;

const LIMITS_CHECK: Duration = Duration::from_secs(5);
const BUDGETS_CHECK: Duration = Duration::from_secs(15);
const SPEND_CHECK: Duration = Duration::from_secs(30);
/// Budgets that pass a threshold together are one look.
const TOGETHER: Duration = Duration::from_millis(200);
/// At the start: what happened before the gateway ended may not have been looked at.
const HOURS_AT_START: i64 = 24;
/// The hour before may still get what began in it.
const HOURS_BEFORE: i64 = 1;

const KEPT: Duration = Duration::from_hours(90 * 24);
const KEPT_CHECK: Duration = Duration::from_hours(1);
const CLOCK_IS_RIGHT: Duration = Duration::from_mins(5);

pub async fn watch(engine: Arc<Engine>) {
    warn("what was left waiting is not marked", give_up_waiting(&engine).await);
    let mut limits = Watch::default();
    warn("unusual spend was not looked for", spikes::look(&engine, HOURS_AT_START).await);
    warn("budgets were not looked at", budgets::look(&engine).await);
    let (mut budgets_at, mut spend_at) = (Instant::now(), Instant::now());
    loop {
        let passed = timeout(LIMITS_CHECK, engine.events.budget_passed()).await.is_ok();
        if passed {
            sleep(TOGETHER).await;
        }
        if passed || budgets_at.elapsed() >= BUDGETS_CHECK {
            warn("budgets were not looked at", budgets::look(&engine).await);
            budgets_at = Instant::now();
        }
        warn("limits of providers were not looked at", limits.look(&engine).await);
        if spend_at.elapsed() >= SPEND_CHECK {
            warn("unusual spend was not looked for", spikes::look(&engine, HOURS_BEFORE).await);
            spend_at = Instant::now();
        }
    }
}

/// Forgets old alerts. A clock that was put forward while this runs makes nothing old: what was told would be told again when it
/// is put back. One that is wrong at the start has a while to be put right.
pub async fn forget(engine: Arc<Engine>) {
    let (started, began) = (clock::now_ms(), Instant::now());
    sleep(CLOCK_IS_RIGHT).await;
    loop {
        let passed = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = clock::now_ms().min(started.saturating_add(passed));
        let before = now - KEPT.as_millis() as i64;
        let written = engine.store.write(move |connection| table::prune(connection, before, now)).await;
        if let Err(error) = written {
            tracing::error!(%error, "old alerts stay in the database");
        }
        sleep(KEPT_CHECK).await;
    }
}

fn warn(what: &str, outcome: Result<(), Failure>) {
    if let Err(failure) = outcome {
        tracing::warn!(reason = failure.error.message, "{what}");
    }
}
