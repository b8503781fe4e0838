//! `/provider/budgets`: what the configuration file lets providers cost (`router_settings.provider_budget_config`).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::clock;
use crate::http::Shared;
use crate::registry::limited;
use crate::shapes::ErrorBody;

/// Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderBudget {
    pub budget_limit: f64,
    /// After which it starts anew.
    pub time_period: String,
    /// In the running period.
    pub spend: f64,
    pub budget_reset_at: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderBudgets {
    /// By a provider's name or kind.
    pub providers: BTreeMap<String, ProviderBudget>,
}

/// The budgets of providers, and what is spent of them
#[utoipa::path(
    get, path = "/provider/budgets", tag = "Budgets",
    responses((status = 200, body = ProviderBudgets), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn list(State(engine): State<Shared>) -> Json<ProviderBudgets> {
    let directory = engine.directory.load();
    let now = clock::now_ms();
    let shown = directory.rules.provider_budgets.iter().map(|(name, (most, duration))| {
        let scope = directory.providers.get(name);
        let budget = ProviderBudget {
            budget_limit: limited::shown(*most),
            time_period: duration.clone(),
            spend: limited::shown(scope.map_or(0, |scope| scope.spend(now))),
            budget_reset_at: scope.and_then(|scope| scope.period.reset_at).map(clock::text),
        };
        (name.clone(), budget)
    });
    Json(ProviderBudgets { providers: shown.collect() })
}
