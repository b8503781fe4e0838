//! `/customer/*`, which is also `/end_user/*`: whom requests name as the ones they are made for.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use postern_store::table::budgets::{self, BudgetRow};
use postern_store::table::customers::{self as table, CustomerRow};
use postern_store::table::spent::{self, Question, Subject};
use postern_store::{Connection, SqlError};
use serde::{Deserialize, Serialize};

use crate::auth::permissions::Authority;
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::budgets::BudgetTable;
use crate::manage::fields::{self, Field};
use crate::registry::audit::Actor;
use crate::registry::customers::{self, CustomerFields};
use crate::registry::limited;
use crate::routes;
use crate::shapes::routes::Routes;
use crate::shapes::{ErrorBody, JsonBody, QueryOf};

pub fn routes() -> Routes {
    let aliases: Router<Shared> = Router::new()
        .route("/end_user/new", post(create))
        .route("/end_user/update", post(update))
        .route("/end_user/info", get(info))
        .route("/end_user/list", get(list))
        .route("/end_user/delete", post(remove))
        .route("/end_user/block", post(block))
        .route("/end_user/unblock", post(unblock));
    Routes::from(aliases)
        .routes(routes!(create))
        .routes(routes!(update))
        .routes(routes!(info))
        .routes(routes!(list))
        .routes(routes!(remove))
        .routes(routes!(block))
        .routes(routes!(unblock))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelRegion {
    Eu,
    Us,
}

/// Members that would restrict something and are not acted on.
const NOT_ACTED_ON: [&str; 1] = ["object_permission"];

crate::limited! {
    /// What `/customer/new` and `/customer/update` take: absent leaves what is there, null clears it. Money in dollars.
    pub struct CustomerRequest {
        /// As requests name them: `user`, `metadata.user_id`, or the header `x-litellm-customer-id`.
        pub user_id: String,
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        pub alias: Field<String>,
        #[serde(default)]
        pub blocked: Option<bool>,
        /// Only deployments there serve them.
        #[serde(default)]
        #[schema(value_type = Option<ModelRegion>)]
        pub allowed_model_region: Field<ModelRegion>,
        /// Serves them where the model that they ask for is not in their region.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        pub default_model: Field<String>,
    }
}

/// A customer. Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CustomerView {
    pub user_id: String,
    pub alias: Option<String>,
    pub blocked: bool,
    /// Of the running period of their budget.
    pub spend: f64,
    pub allowed_model_region: Option<String>,
    pub default_model: Option<String>,
    pub budget_id: Option<String>,
    /// Absent where they have no limits of their own.
    pub litellm_budget_table: Option<BudgetTable>,
    pub created_at: String,
    pub updated_at: String,
}

fn read(mut body: CustomerRequest) -> Result<(String, CustomerFields), Failure> {
    body.check_names(&NOT_ACTED_ON)?;
    fields::refuse(&body.other, &NOT_ACTED_ON)?;
    if body.budget_id.as_given().is_some() && body.max_budget.as_given().is_some() {
        let message = "Set either 'max_budget' or 'budget_id', not both.";
        let mut failure = Failure::invalid("conflicting_fields", message).with_param("budget_id");
        failure.error.status = 422;
        return Err(failure);
    }
    let limits = body.limits();
    let region = body.allowed_model_region.try_map(|region| {
        Ok(match region {
            ModelRegion::Eu => "eu".to_owned(),
            ModelRegion::Us => "us".to_owned(),
        })
    })?;
    let said = CustomerFields {
        alias: body.alias.into(),
        blocked: body.blocked,
        region: region.into(),
        default_model: body.default_model.into(),
        limits,
    };
    Ok((body.user_id, said))
}

fn views(connection: &Connection, rows: Vec<CustomerRow>) -> Result<Vec<CustomerView>, SqlError> {
    let questions: Vec<Question> = rows
        .iter()
        .map(|row| Question {
            subject: Subject::EndUser(row.user_id.clone()),
            model_group: None,
            since: row.limits.budget_started_at,
        })
        .collect();
    let spent = spent::sums(connection, &questions)?;
    let mut known: BTreeMap<String, Option<BudgetRow>> = BTreeMap::new();
    for id in rows.iter().filter_map(|row| row.limits.budget_id.as_ref()) {
        if !known.contains_key(id) {
            known.insert(id.clone(), budgets::find(connection, id)?);
        }
    }
    let shown = rows.into_iter().zip(spent).map(|(row, spent)| {
        let budget = row.limits.budget_id.as_ref().and_then(|id| known.get(id)?.as_ref());
        CustomerView {
            litellm_budget_table: BudgetTable::of(&row.limits, budget),
            spend: limited::shown(spent.saturating_add(row.limits.spend_offset_nanos)),
            alias: row.alias,
            blocked: row.blocked,
            allowed_model_region: row.allowed_model_region,
            default_model: row.default_model,
            budget_id: row.limits.budget_id,
            created_at: clock::text(row.created_at),
            updated_at: clock::text(row.updated_at),
            user_id: row.user_id,
        }
    });
    Ok(shown.collect())
}

async fn shown_all(engine: &Shared, rows: Vec<CustomerRow>) -> Result<Vec<CustomerView>, Failure> {
    engine.read(move |connection| views(connection, rows)).await
}

async fn shown(engine: &Shared, row: CustomerRow) -> Result<Json<CustomerView>, Failure> {
    let view = shown_all(engine, vec![row]).await?.pop();
    view.map(Json).ok_or_else(|| Failure::internal("a customer is not shown"))
}

/// Make a customer
#[utoipa::path(
    post, path = "/customer/new", tag = "Customers", request_body = CustomerRequest,
    responses(
        (status = 200, body = CustomerView),
        (status = 400, description = "A field makes no sense, or there is one of that id", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<CustomerRequest>,
) -> Result<Json<CustomerView>, Failure> {
    let (id, said) = read(body)?;
    let row = customers::create(&engine, Actor::of(&authority), id, said).await?;
    shown(&engine, row).await
}

/// Change a customer
#[utoipa::path(
    post, path = "/customer/update", tag = "Customers", request_body = CustomerRequest,
    responses(
        (status = 200, body = CustomerView),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<CustomerRequest>,
) -> Result<Json<CustomerView>, Failure> {
    let (id, said) = read(body)?;
    let row = customers::update(&engine, Actor::of(&authority), id, said).await?;
    shown(&engine, row).await
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OneCustomer {
    end_user_id: String,
}

/// A customer
#[utoipa::path(
    get, path = "/customer/info", tag = "Customers", params(OneCustomer),
    responses(
        (status = 200, body = CustomerView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    QueryOf(query): QueryOf<OneCustomer>,
) -> Result<Json<CustomerView>, Failure> {
    let id = query.end_user_id.clone();
    let row = engine.read(move |connection| table::find(connection, &query.end_user_id)).await?;
    shown(&engine, row.ok_or_else(|| customers::unknown(&[id]))?).await
}

/// All customers, oldest first; requests that name one who is not known make them
#[utoipa::path(
    get, path = "/customer/list", tag = "Customers",
    responses((status = 200, body = Vec<CustomerView>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn list(State(engine): State<Shared>) -> Result<Json<Vec<CustomerView>>, Failure> {
    let shown = engine.read(|connection| views(connection, table::all(connection)?)).await?;
    Ok(Json(shown))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct CustomerIds {
    user_ids: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DeletedCustomers {
    pub deleted_customers: usize,
    pub message: String,
}

/// Remove customers; what they spent stays in the ledger
#[utoipa::path(
    post, path = "/customer/delete", tag = "Customers", request_body = CustomerIds,
    responses(
        (status = 200, body = DeletedCustomers),
        (status = 400, description = "No id was sent", body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<CustomerIds>,
) -> Result<Json<DeletedCustomers>, Failure> {
    let rows = customers::remove(&engine, Actor::of(&authority), body.user_ids).await?;
    let ids: Vec<String> = rows.into_iter().map(|row| row.user_id).collect();
    let message = format!("Successfully deleted customers with ids: {}", ids.join(", "));
    Ok(Json(DeletedCustomers { deleted_customers: ids.len(), message }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct BlockedCustomers {
    pub blocked_users: Vec<CustomerView>,
}

/// Refuse all requests for some customers, also for those who were never named
#[utoipa::path(
    post, path = "/customer/block", tag = "Customers", request_body = CustomerIds,
    responses(
        (status = 200, body = BlockedCustomers),
        (status = 400, description = "No id was sent, or one that makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn block(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<CustomerIds>,
) -> Result<Json<BlockedCustomers>, Failure> {
    let rows = customers::set_blocked(&engine, Actor::of(&authority), body.user_ids, true).await?;
    Ok(Json(BlockedCustomers { blocked_users: shown_all(&engine, rows).await? }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct UnblockedCustomers {
    pub unblocked_users: Vec<CustomerView>,
    /// Those of them who are still blocked: none.
    pub blocked_users: Vec<CustomerView>,
}

/// Let requests for some customers through again
#[utoipa::path(
    post, path = "/customer/unblock", tag = "Customers", request_body = CustomerIds,
    responses(
        (status = 200, body = UnblockedCustomers),
        (status = 400, description = "No id was sent, or one that makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn unblock(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<CustomerIds>,
) -> Result<Json<UnblockedCustomers>, Failure> {
    let rows = customers::set_blocked(&engine, Actor::of(&authority), body.user_ids, false).await?;
    Ok(Json(UnblockedCustomers {
        unblocked_users: shown_all(&engine, rows).await?,
        blocked_users: Vec::new(),
    }))
}
