//! `/provider/budgets`: what the configuration file lets providers be asked for and cost (`router_settings.provider_budget_config`).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::clock;
use crate::counters::Scope;
use crate::http::Shared;
use crate::registry::limited;
use crate::shapes::ErrorBody;

/// Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderBudget {
    /// Absent where only rates are limited.
    pub budget_limit: Option<f64>,
    pub soft_budget: Option<f64>,
    /// Requests per minute.
    pub rpm_limit: Option<u64>,
    /// Tokens per minute.
    pub tpm_limit: Option<u64>,
    pub max_parallel_requests: Option<u64>,
    /// Beyond which it is asked for nothing; empty: all.
    pub allowed_models: Vec<String>,
    /// After which it starts anew.
    pub time_period: String,
    /// In the running period.
    pub spend: f64,
    pub budget_reset_at: Option<String>,
    /// By the provider's name for a model.
    pub models: BTreeMap<String, ProviderModelBudget>,
}

/// Of one model of a provider.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderModelBudget {
    pub budget_limit: Option<f64>,
    /// After which it starts anew; absent where only rates are limited.
    pub time_period: Option<String>,
    /// Requests per minute.
    pub rpm_limit: Option<u64>,
    /// Tokens per minute.
    pub tpm_limit: Option<u64>,
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
    let shown = directory.rules.provider_limits.iter().map(|(name, limits)| {
        let known = directory.providers.get(name);
        let scope = known.and_then(|known| known.scope.as_ref());
        let spend = |scope: Option<&Arc<Scope>>| limited::shown(scope.map_or(0, |scope| scope.spend(now)));
        let reset =
            |scope: Option<&Arc<Scope>>| scope.and_then(|scope| scope.period.reset_at).map(clock::text);
        let models = limits.models.iter().map(|(model, limits)| {
            let scope = known.and_then(|known| known.of_model(&[model]));
            let budget = ProviderModelBudget {
                budget_limit: limits.max_budget_nanos.map(limited::shown),
                time_period: limits.budget_duration.clone(),
                rpm_limit: limits.rpm_limit,
                tpm_limit: limits.tpm_limit,
                spend: spend(scope),
                budget_reset_at: reset(scope),
            };
            (model.clone(), budget)
        });
        let budget = ProviderBudget {
            budget_limit: limits.max_budget_nanos.map(limited::shown),
            soft_budget: limits.soft_budget_nanos.map(limited::shown),
            rpm_limit: limits.rpm_limit,
            tpm_limit: limits.tpm_limit,
            max_parallel_requests: limits.max_parallel_requests,
            allowed_models: limits.allowed_models.clone(),
            time_period: limits.budget_duration.clone(),
            spend: spend(scope),
            budget_reset_at: reset(scope),
            models: models.collect(),
        };
        (name.clone(), budget)
    });
    Json(ProviderBudgets { providers: shown.collect() })
}
