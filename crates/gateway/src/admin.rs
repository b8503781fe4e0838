//! `/admin/*`: the administration API of LLM Orchestrator. Providers, health, statistics and request logs, for the
//! administrator alone. Providers have small numbers here; everything else is what `registry`, `condition` and the ledger
//! know. Errors have a shape of their own, see `errors`.

pub mod errors;
mod health;
mod history;
mod logs;
mod providers;
mod query;
mod stats;

use crate::routes;
use crate::shapes::routes::Routes;

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(providers::list, providers::create))
        .routes(routes!(providers::get, providers::change, providers::remove))
        .routes(routes!(health::health))
        .routes(routes!(history::history))
        .routes(routes!(stats::stats))
        .routes(routes!(logs::logs))
}
