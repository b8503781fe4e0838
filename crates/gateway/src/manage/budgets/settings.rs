//! `/budget/settings`: a budget member by member, as forms want it.

use axum::Json;
use axum::extract::State;
use postern_store::table::budgets as table;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::BudgetView;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::budgets;
use crate::shapes::{ErrorBody, QueryOf};

/// Name, type and meaning of what a budget may say.
const SETTINGS: [(&str, &str, &str); 7] = [
    ("max_parallel_requests", "Integer", "Requests that may be under way at once."),
    ("tpm_limit", "Integer", "Tokens per minute."),
    ("rpm_limit", "Integer", "Requests per minute."),
    ("budget_duration", "String", "After which the budget starts anew: 30s, 1h, 1d, 7d, 30d, 1mo."),
    ("max_budget", "Float", "Dollars; what would cost more is refused."),
    ("allowed_models", "List", "Models beyond which nothing may be asked for; none: all."),
    ("soft_budget", "Float", "Dollars that are told when they are spent, and refuse nothing."),
];

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SettingsQuery {
    budget_id: String,
}

/// A member of a budget.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BudgetSetting {
    pub field_name: &'static str,
    /// `Integer`, `Float`, `String` or `List`.
    pub field_type: &'static str,
    pub field_description: &'static str,
    pub field_value: Value,
    /// Whether the budget says it.
    pub stored_in_db: bool,
    pub field_default_value: Value,
    pub premium_field: bool,
}

/// What a budget says, member by member
#[utoipa::path(
    get, path = "/budget/settings", tag = "Budgets", params(SettingsQuery),
    responses(
        (status = 200, body = Vec<BudgetSetting>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn settings(
    State(engine): State<Shared>,
    QueryOf(query): QueryOf<SettingsQuery>,
) -> Result<Json<Vec<BudgetSetting>>, Failure> {
    let id = query.budget_id.clone();
    let row = engine.read(move |connection| table::find(connection, &query.budget_id)).await?;
    let view = BudgetView::from(row.ok_or_else(|| budgets::unknown(&id))?);
    let value = |name: &str| match name {
        "max_parallel_requests" => json!(view.max_parallel_requests),
        "tpm_limit" => json!(view.tpm_limit),
        "rpm_limit" => json!(view.rpm_limit),
        "budget_duration" => json!(view.budget_duration),
        "allowed_models" if view.allowed_models.is_empty() => Value::Null,
        "allowed_models" => json!(view.allowed_models),
        "max_budget" => json!(view.max_budget),
        _ => json!(view.soft_budget),
    };
    let settings = SETTINGS.into_iter().map(|(field_name, field_type, field_description)| {
        let field_value = value(field_name);
        BudgetSetting {
            field_name,
            field_type,
            field_description,
            stored_in_db: !field_value.is_null(),
            field_value,
            field_default_value: Value::Null,
            premium_field: false,
        }
    });
    Ok(Json(settings.collect()))
}
