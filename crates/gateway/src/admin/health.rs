//! `/admin/health`: what is known of the gateway and of each provider, from the outcomes of requests. Asks no provider.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use postern_store::table::settings;
use serde::Serialize;

use super::errors::AdminErrorBody;
use crate::clock::{self, Moment};
use crate::condition::View;
use crate::engine::Engine;
use crate::http::Shared;
use crate::registry::conditions::{self, Known, Summary};
use crate::registry::providers::ProviderTest;
use crate::snapshot::{Credential, DEMO, Provider, Snapshot};

/// A database that takes longer than this for one row is not well.
const DATABASE_PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize, utoipa::ToSchema)]
pub struct SystemHealth {
    /// `healthy`; `degraded` where some of the providers that are switched on are not; `unhealthy` where none of them is,
    /// or the database cannot be used.
    #[schema(example = "healthy")]
    pub status: &'static str,
    /// RFC 3339, UTC.
    pub timestamp: String,
    pub providers: Vec<ProviderHealth>,
    /// Of model groups, with an address or a credential of their own: they belong to no configured provider.
    pub other_deployments: Vec<DeploymentHealth>,
    /// `healthy` or `unhealthy`.
    #[schema(example = "healthy")]
    pub database_status: &'static str,
    /// `disabled`: this gateway keeps no answers to give again.
    #[schema(example = "disabled")]
    pub cache_status: &'static str,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderHealth {
    pub provider_id: i64,
    pub provider_name: String,
    /// Its credential can be used, and no circuit of its deployments is open. Before the first request: whether its last
    /// test went well, if there was one.
    pub is_healthy: bool,
    /// The mean time to the first token; before the first request that of its last test, null without one.
    pub response_time_ms: Option<f64>,
    pub consecutive_failures: u32,
    /// Percent of the attempts since the gateway started; null before the first.
    pub success_rate: Option<f64>,
    pub enabled: bool,
    /// `closed`, `half_open` or `open`: of its deployments the worst.
    pub state: &'static str,
    /// Why it is not healthy.
    pub detail: Option<String>,
    /// Those that were asked, and those of model groups.
    pub deployments: Vec<DeploymentHealth>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DeploymentHealth {
    pub id: String,
    /// Its name at the provider.
    pub model: String,
    /// Null for one that is asked as `provider/model`.
    pub model_group: Option<String>,
    /// `closed`: it is asked. `open`: it cools down. `half_open`: one request finds out.
    pub state: &'static str,
    pub retry_in_seconds: Option<f64>,
    pub in_flight: u32,
    pub first_token_ms: Option<f64>,
    pub consecutive_failures: u32,
    pub last_failure: Option<FailureView>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct FailureView {
    /// RFC 3339, UTC.
    pub at: String,
    pub status: u16,
    pub reason: String,
}

/// The health of the gateway and its providers
///
/// The answer has status 200 whatever it says.
#[utoipa::path(
    get, path = "/admin/health", tag = "Orchestrator",
    responses((status = 200, body = SystemHealth), (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody))
)]
pub async fn health(State(engine): State<Shared>) -> Json<SystemHealth> {
    let database = is_database_well(&engine).await;
    let snapshot = engine.snapshot.load_full();
    let mut providers: Vec<ProviderHealth> = snapshot
        .providers
        .iter()
        .filter(|provider| !provider.built_in)
        .map(|provider| of(&engine, &snapshot, provider))
        .collect();
    providers.sort_by_key(|provider| provider.provider_id);
    let others = others(&snapshot);
    let asked = || providers.iter().filter(|provider| provider.enabled);
    let well = asked().filter(|provider| provider.is_healthy).count();
    let status = match (database, asked().count()) {
        (false, _) => "unhealthy",
        (true, all) if well == all && others.iter().any(|other| other.state == "open") => "degraded",
        (true, all) if well == all => "healthy",
        (true, _) if well == 0 => "unhealthy",
        _ => "degraded",
    };
    Json(SystemHealth {
        status,
        timestamp: clock::text(clock::now_ms()),
        providers,
        other_deployments: others,
        database_status: if database { "healthy" } else { "unhealthy" },
        cache_status: "disabled",
    })
}

async fn is_database_well(engine: &Engine) -> bool {
    let used = async {
        let read = engine.read(|connection| settings::get(connection, "")).await;
        // An empty transaction takes the way of every row.
        let written = engine.store.write(|_| Ok(())).await;
        read.is_ok() && written.is_ok()
    };
    tokio::time::timeout(DATABASE_PATIENCE, used).await.unwrap_or(false)
}

fn of(engine: &Engine, snapshot: &Snapshot, provider: &Provider) -> ProviderHealth {
    let now = Moment::now();
    let known = conditions::of_provider(engine, snapshot, &provider.row);
    let views: Vec<(String, Known, View)> = known
        .into_iter()
        .map(|(id, known)| {
            let view = known.condition.view(now);
            (id, known, view)
        })
        // A name that somebody only looked up is no deployment yet.
        .filter(|(_, known, view)| {
            known.model_group.is_some() || view.successes + view.failures > 0 || view.in_flight > 0
        })
        .collect();
    let summary = Summary::of(views.iter().map(|(_, _, view)| view));
    let tested: Option<ProviderTest> =
        provider.row.last_test.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let outcomes = summary.successes + summary.failures;
    let problem = problem(engine, provider, &summary, tested.as_ref().filter(|_| outcomes == 0));
    let test_took = || tested.as_ref().filter(|test| test.asked).map(|test| test.latency_ms as f64);
    ProviderHealth {
        provider_id: provider.row.number,
        provider_name: provider.row.name.clone(),
        is_healthy: problem.is_none(),
        response_time_ms: summary.first_token.map(milliseconds).or_else(test_took),
        consecutive_failures: summary.consecutive_failures,
        success_rate: (outcomes > 0).then(|| 100.0 * summary.successes as f64 / outcomes as f64),
        enabled: provider.row.enabled,
        state: summary.state,
        detail: problem,
        deployments: views.into_iter().map(|(id, known, view)| deployment(id, known, view)).collect(),
    }
}

fn others(snapshot: &Snapshot) -> Vec<DeploymentHealth> {
    let now = Moment::now();
    let known = snapshot.every_group().flat_map(|group| &group.deployments);
    let own = known.filter(|known| known.provider_id.is_none() && known.id != DEMO);
    own.map(|known| {
        let said = Known {
            model: known.upstream_model.clone(),
            model_group: Some(known.group.clone()),
            condition: known.condition.clone(),
        };
        let view = known.condition.view(now);
        deployment(known.id.clone(), said, view)
    })
    .collect()
}

/// Why a provider is not healthy, if it is not. `tested` counts while there was no request.
fn problem(
    engine: &Engine,
    provider: &Provider,
    summary: &Summary,
    tested: Option<&ProviderTest>,
) -> Option<String> {
    match provider.credential() {
        Credential::Missing => return Some("No credential is stored yet.".into()),
        Credential::Unavailable(reason) => {
            return Some(format!("The credential cannot be read now: {reason}"));
        }
        Credential::Loaded | Credential::NotNeeded => {}
    }
    if let Some(refusal) = engine.refusal_of(&provider.row.id.to_string()) {
        return Some(refusal);
    }
    if summary.state == "open" {
        return Some(summary.reason.clone().unwrap_or_else(|| "It cools down.".into()));
    }
    tested.filter(|test| !test.ok).map(|test| test.message.clone())
}

fn deployment(id: String, known: Known, view: View) -> DeploymentHealth {
    DeploymentHealth {
        id,
        model: known.model,
        model_group: known.model_group,
        state: view.availability.as_str(),
        retry_in_seconds: view.cooling_for.map(|left| left.as_secs_f64()),
        in_flight: view.in_flight,
        first_token_ms: view.first_token.map(milliseconds),
        consecutive_failures: view.consecutive_failures,
        last_failure: view.last_failure.map(|last| FailureView {
            at: clock::text(last.at),
            status: last.status,
            reason: last.reason,
        }),
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
