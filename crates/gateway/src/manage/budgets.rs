//! `/budget/*`: limits with a name.

pub mod settings;
mod uses;
mod view;

use axum::Json;
use axum::extract::State;
use postern_store::SqlError;
use postern_store::table::budgets::{self as table, BudgetRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::auth::permissions::Authority;
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::budgets;
use crate::registry::limited::{self, LimitFields};
use crate::shapes::{ErrorBody, JsonBody};

use uses::BudgetUse;
pub use view::BudgetTable;

crate::limited! {
    /// What `/budget/new` and `/budget/update` take. Money in dollars.
    pub struct BudgetRequest {
    }
}

/// A budget, as LiteLLM shows it. Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BudgetView {
    pub budget_id: String,
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
    pub created_at: String,
    pub created_by: String,
    pub updated_at: String,
    pub updated_by: String,
}

impl From<BudgetRow> for BudgetView {
    fn from(row: BudgetRow) -> Self {
        let (requests, tokens) = limited::shown_model_rates(&row.model_limits);
        Self {
            max_budget: row.max_budget_nanos.map(limited::shown),
            soft_budget: row.soft_budget_nanos.map(limited::shown),
            max_parallel_requests: row.max_parallel_requests,
            tpm_limit: row.tpm_limit,
            rpm_limit: row.rpm_limit,
            model_max_budget: limited::shown_model_budgets(&row.model_limits),
            model_rpm_limit: requests,
            model_tpm_limit: tokens,
            allowed_models: limited::shown_models(&row.allowed_models),
            budget_duration: row.budget_duration,
            budget_reset_at: row.budget_reset_at.map(clock::text),
            created_at: clock::text(row.created_at),
            created_by: row.created_by,
            updated_at: clock::text(row.updated_at),
            updated_by: row.updated_by,
            budget_id: row.budget_id,
        }
    }
}

/// A budget, and what refers to it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BudgetInfo {
    #[serde(flatten)]
    budget: BudgetView,
    /// By kind, without those that are none.
    used_by: Vec<BudgetUse>,
}

/// What a request says, and of which budget: here `budget_id` is the budget's own.
fn read(mut body: BudgetRequest) -> Result<(Option<String>, LimitFields), Failure> {
    body.check_names(&["budget_reset_at"])?;
    let id = std::mem::take(&mut body.budget_id).given();
    Ok((id, body.limits()))
}

/// Make a budget
#[utoipa::path(
    post, path = "/budget/new", tag = "Budgets", request_body = BudgetRequest,
    responses(
        (status = 200, body = BudgetView),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, description = "There is one of that id", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<BudgetRequest>,
) -> Result<Json<BudgetView>, Failure> {
    let (id, said) = read(body)?;
    Ok(Json(budgets::create(&engine, Actor::of(&authority), id, said).await?.into()))
}

/// Change a budget, and with it whatever refers to it
#[utoipa::path(
    post, path = "/budget/update", tag = "Budgets", request_body = BudgetRequest,
    responses(
        (status = 200, body = BudgetView),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<BudgetRequest>,
) -> Result<Json<BudgetView>, Failure> {
    let (id, said) = read(body)?;
    let id =
        id.ok_or_else(|| Failure::invalid("missing_field", "budget_id is required").with_param("budget_id"))?;
    Ok(Json(budgets::update(&engine, Actor::of(&authority), id, said).await?.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct BudgetIds {
    budgets: Vec<String>,
}

/// Some budgets; those that do not exist are left out
#[utoipa::path(
    post, path = "/budget/info", tag = "Budgets", request_body = BudgetIds,
    responses(
        (status = 200, body = Vec<BudgetInfo>),
        (status = 400, description = "No id was sent", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    JsonBody(body): JsonBody<BudgetIds>,
) -> Result<Json<Vec<BudgetInfo>>, Failure> {
    if body.budgets.is_empty() {
        let message = "Specify list of budget id's to query. Passed in=[]";
        return Err(Failure::invalid("missing_field", message).with_param("budgets"));
    }
    let shown = engine
        .read(move |connection| {
            let found = body.budgets.iter().map(|id| table::find(connection, id));
            found
                .filter_map(Result::transpose)
                .map(|row| {
                    let row = row?;
                    let used_by = uses::of(connection, &row.budget_id)?;
                    Ok(BudgetInfo { budget: row.into(), used_by })
                })
                .collect::<Result<Vec<_>, SqlError>>()
        })
        .await?;
    Ok(Json(shown))
}

/// All budgets, oldest first
#[utoipa::path(
    get, path = "/budget/list", tag = "Budgets",
    responses((status = 200, body = Vec<BudgetView>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn list(State(engine): State<Shared>) -> Result<Json<Vec<BudgetView>>, Failure> {
    let rows = engine.read(table::all).await?;
    Ok(Json(rows.into_iter().filter(|row| !row.is_own).map(BudgetView::from).collect()))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct OneBudget {
    /// The budget's id.
    #[serde(alias = "budget_id")]
    id: String,
}

/// Remove a budget that nothing refers to
#[utoipa::path(
    post, path = "/budget/delete", tag = "Budgets", request_body = OneBudget,
    responses(
        (status = 200, body = BudgetView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, description = "Something refers to it", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OneBudget>,
) -> Result<Json<BudgetView>, Failure> {
    Ok(Json(budgets::remove(&engine, Actor::of(&authority), body.id).await?.into()))
}
