//! The limits of something as LiteLLM shows them: a budget inside of what refers to it.

use postern_store::table::LimitColumns;
use postern_store::table::budgets::BudgetRow;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock;
use crate::registry::limited;

/// Limits in force: the thing's own, else those of the budget that it refers to. Money in dollars, times RFC 3339.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BudgetTable {
    /// Absent where the limits are the thing's own.
    pub budget_id: Option<String>,
    /// No named budget has a part in them: they are of this one thing alone, whatever budget they are kept in.
    pub is_own: bool,
    pub max_budget: Option<f64>,
    pub soft_budget: Option<f64>,
    pub max_parallel_requests: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub rpm_limit: Option<i64>,
    #[schema(value_type = Object)]
    pub model_max_budget: Map<String, Value>,
    /// Requests per minute by model.
    #[schema(value_type = Object)]
    pub model_rpm_limit: Map<String, Value>,
    /// Tokens per minute by model.
    #[schema(value_type = Object)]
    pub model_tpm_limit: Map<String, Value>,
    /// Beyond which nothing may be asked for; empty: all.
    pub allowed_models: Vec<String>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
}

impl BudgetTable {
    /// `None` where there is neither a budget nor a limit.
    pub fn of(columns: &LimitColumns, budget: Option<&BudgetRow>) -> Option<Self> {
        let known = limited::in_force(columns, budget);
        let says = [
            known.max_budget_nanos.is_some(),
            known.soft_budget_nanos.is_some(),
            known.max_parallel_requests.is_some(),
            known.tpm_limit.is_some(),
            known.rpm_limit.is_some(),
            known.budget_duration.is_some(),
            known.model_limits != "{}",
            known.allowed_models != "[]",
            budget.is_some(),
        ];
        let (requests, tokens) = limited::shown_model_rates(&known.model_limits);
        says.contains(&true).then(|| Self {
            budget_id: columns.budget_id.clone(),
            is_own: budget.is_none_or(|budget| budget.is_own),
            max_budget: known.max_budget_nanos.map(limited::shown),
            soft_budget: known.soft_budget_nanos.map(limited::shown),
            max_parallel_requests: known.max_parallel_requests,
            tpm_limit: known.tpm_limit,
            rpm_limit: known.rpm_limit,
            model_max_budget: limited::shown_model_budgets(&known.model_limits),
            model_rpm_limit: requests,
            model_tpm_limit: tokens,
            allowed_models: limited::shown_models(&known.allowed_models),
            budget_duration: known.budget_duration,
            budget_reset_at: known.budget_reset_at.map(clock::text),
        })
    }
}
