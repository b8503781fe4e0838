//! Work that comes round: a late vault is asked again, budgets begin anew, keys are rotated, a changed configuration file is
//! read, alerts are looked for.

mod alerts;
mod config_file;

use std::sync::Arc;
use std::time::Duration;

use postern_store::Connection;
use postern_store::table::{circuit_events, requests, responses};

use crate::bodies;
use crate::clock;
use crate::console::spend::days;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::{Event, Topic};
use crate::probes;
use crate::registry::keys::rotation;
use crate::registry::{conditions, resets, sessions};

const VAULT_RETRY: Duration = Duration::from_secs(3);
/// Kept responses are forgotten after this long, as OpenAI does.
const RESPONSES_KEPT: Duration = Duration::from_hours(30 * 24);
const RESPONSES_CHECK: Duration = Duration::from_hours(1);
/// What happened to circuits is forgotten after this long.
const CIRCUITS_KEPT: Duration = Duration::from_hours(30 * 24);
const CIRCUITS_CHECK: Duration = Duration::from_hours(1);
/// What has expired is shown to nobody; this is when it is removed.
const BODIES_CHECK: Duration = Duration::from_mins(1);
/// How often rows of the ledger are looked for that are older than they are kept; so many are removed at once, and then others may
/// write.
const REQUESTS_CHECK: Duration = Duration::from_mins(10);
const REQUESTS_AT_ONCE: usize = 1000;
const REQUESTS_PAUSE: Duration = Duration::from_millis(50);
const BUDGET_CHECK: Duration = Duration::from_secs(5);
/// Rotation and the end of sessions.
const KEY_CHECK: Duration = Duration::from_secs(15);

pub fn start(engine: &Arc<Engine>) {
    if !engine.vault.vault.state().is_ready() {
        engine.tasks.spawn_until_stopped(wait_for_vault(engine.clone()));
    }
    engine.tasks.spawn_until_stopped(reset_budgets(engine.clone()));
    engine.tasks.spawn_until_stopped(tend_keys(engine.clone()));
    engine.tasks.spawn_until_stopped(probes::revive(engine.clone()));
    engine.tasks.spawn_until_stopped(probes::check(engine.clone()));
    engine.tasks.spawn_until_stopped(forget_responses(engine.clone()));
    engine.tasks.spawn_until_stopped(forget_bodies(engine.clone()));
    engine.tasks.spawn_until_stopped(forget_requests(engine.clone()));
    engine.tasks.spawn_until_stopped(config_file::watch(engine.clone()));
    engine.tasks.spawn_until_stopped(record_circuits(engine.clone()));
    engine.tasks.spawn_until_stopped(forget_circuits(engine.clone()));
    engine.tasks.spawn_until_stopped(alerts::watch(engine.clone()));
    engine.tasks.spawn_until_stopped(days::keep_this_machines(engine.clone()));
    engine.tasks.spawn_until_stopped(alerts::forget(engine.clone()));
}

async fn record_circuits(engine: Arc<Engine>) {
    loop {
        let transitions = engine.conditions.transitions().await;
        if let Err(failure) = conditions::record(&engine, transitions).await {
            tracing::error!(
                reason = failure.error.message,
                "what happened to circuits is not in the database"
            );
        }
    }
}

async fn forget_circuits(engine: Arc<Engine>) {
    loop {
        let before = clock::now_ms() - CIRCUITS_KEPT.as_millis() as i64;
        if let Err(error) =
            engine.store.write(move |connection| circuit_events::prune(connection, before)).await
        {
            tracing::error!(%error, "old circuit events stay in the database");
        }
        tokio::time::sleep(CIRCUITS_CHECK).await;
    }
}

async fn forget_responses(engine: Arc<Engine>) {
    loop {
        let before = clock::now_ms() - RESPONSES_KEPT.as_millis() as i64;
        if let Err(error) = engine.store.write(move |connection| responses::prune(connection, before)).await {
            tracing::error!(%error, "old responses stay in the database");
        }
        tokio::time::sleep(RESPONSES_CHECK).await;
    }
}

/// A few rows at a time, with pauses between: requests are written meanwhile.
async fn forget_requests(engine: Arc<Engine>) {
    loop {
        let kept = engine.directory.load().rules.requests_kept;
        let removed = match kept {
            None => 0,
            Some(kept) => {
                let before = clock::now_ms() - i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
                let write =
                    move |connection: &Connection| requests::prune(connection, before, REQUESTS_AT_ONCE);
                engine.store.write(write).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "old requests stay in the database");
                    0
                })
            }
        };
        if removed == 0 {
            tokio::time::sleep(REQUESTS_CHECK).await;
            continue;
        }
        tokio::time::sleep(REQUESTS_PAUSE).await;
    }
}

async fn forget_bodies(engine: Arc<Engine>) {
    loop {
        if let Err(error) = bodies::forget_expired(&engine).await {
            tracing::error!(%error, "expired bodies stay in the database");
        }
        tokio::time::sleep(BODIES_CHECK).await;
    }
}

/// Asks a late or locked vault again until it opens, then reads what could not be read at start.
async fn wait_for_vault(engine: Arc<Engine>) {
    let mut shown = engine.vault.vault.state();
    loop {
        tokio::time::sleep(VAULT_RETRY).await;
        let vault = engine.vault.vault.clone();
        let Some(state) = engine.tasks.blocking(move || vault.retry()).await else { return };
        if state != shown {
            engine.events.publish(Event::Stale(vec![Topic::Status, Topic::Providers]));
            shown = state;
        }
        if !shown.is_ready() {
            continue;
        }
        match engine.settle_admin_key().await {
            Ok(Some(_)) => tracing::warn!(
                "an administrator's key was made and is in the vault; `postern keys create` issues keys"
            ),
            Ok(None) => {}
            Err(failure) => {
                tracing::warn!(reason = failure.error.message, "the administrator's key cannot be kept yet");
            }
        }
        match engine.load_credentials().await {
            Ok(()) => return,
            Err(failure) => tracing::warn!(reason = failure.error.message, "credentials cannot be read yet"),
        }
    }
}

async fn reset_budgets(engine: Arc<Engine>) {
    loop {
        if let Err(failure) = reset_due(&engine).await {
            tracing::warn!(reason = failure.error.message, "budgets could not be reset");
        }
        tokio::time::sleep(until_next_reset(&engine)).await;
    }
}

async fn tend_keys(engine: Arc<Engine>) {
    loop {
        rotation::run(&engine).await;
        if let Err(failure) = sessions::prune(&engine).await {
            tracing::warn!(reason = failure.error.message, "sessions that are over could not be ended");
        }
        tokio::time::sleep(KEY_CHECK).await;
    }
}

/// Until the next budget begins anew, within bounds: what comes into force meanwhile is seen in time, too.
fn until_next_reset(engine: &Engine) -> Duration {
    const SHORTEST: Duration = Duration::from_secs(1);
    let next = engine.directory.load().scopes().filter_map(|scope| scope.period.reset_at).min();
    let left = next.map(|at| u64::try_from(at - clock::now_ms()).unwrap_or(0));
    left.map_or(BUDGET_CHECK, |left| Duration::from_millis(left).clamp(SHORTEST, BUDGET_CHECK))
}

async fn reset_due(engine: &Arc<Engine>) -> Result<(), Failure> {
    engine.adopt_strangers().await?;
    resets::run(engine).await?;
    engine.reconcile().await
}
