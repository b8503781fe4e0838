//! `/user/list`: people in pages.

use axum::Json;
use axum::extract::State;
use postern_store::table::users::{self as table, SeenBy, SortBy, UserFilter, UserRow};
use postern_store::{Connection, SqlError};
use serde::{Deserialize, Serialize};

use super::view::{UserView, spent_of, views};
use crate::auth::permissions::Authority;
use crate::directory::Role;
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};

const MOST_IDS: usize = 500;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ListQuery {
    /// Only users of this role.
    role: Option<String>,
    /// Only these, with commas between.
    user_ids: Option<String>,
    /// Only those whom the single sign-on server knows by these names, with commas between.
    sso_user_ids: Option<String>,
    /// Found somewhere in the e-mail.
    user_email: Option<String>,
    /// Found somewhere in name, e-mail or id.
    search: Option<String>,
    /// Only members of this team.
    team: Option<String>,
    /// Only members of this organization.
    organization_id: Option<String>,
    /// From 1.
    #[param(minimum = 1, maximum = 1_000_000_000, default = 1)]
    page: i64,
    #[param(minimum = 1, maximum = 100, default = 25)]
    page_size: i64,
    /// `user_id`, `user_email`, `user_alias`, `user_role`, `created_at`, `updated_at`, `spend` or `max_budget`.
    #[param(default = "created_at")]
    sort_by: Option<String>,
    /// `asc` or `desc`.
    #[param(default = "asc")]
    sort_order: Option<String>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            role: None,
            user_ids: None,
            sso_user_ids: None,
            user_email: None,
            search: None,
            team: None,
            organization_id: None,
            page: 1,
            page_size: 25,
            sort_by: None,
            sort_order: None,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct UserList {
    pub users: Vec<UserView>,
    pub total: i64,
    pub page: i64,
    pub page_size: i64,
    pub total_pages: i64,
}

/// What to sort by: a column, or the spend, which the ledger knows.
enum Order {
    Column(SortBy),
    Spend,
}

fn order(text: Option<&str>) -> Result<Order, Failure> {
    Ok(Order::Column(match text.unwrap_or("created_at") {
        "created_at" => SortBy::CreatedAt,
        "updated_at" => SortBy::UpdatedAt,
        "user_id" => SortBy::Id,
        "user_email" => SortBy::Email,
        "user_alias" => SortBy::Alias,
        "user_role" => SortBy::Role,
        "max_budget" => SortBy::MaxBudget,
        "spend" => return Ok(Order::Spend),
        _ => {
            let message = "sort_by must be user_id, user_email, user_alias, user_role, created_at, updated_at, spend or max_budget";
            return Err(Failure::invalid("invalid_query", message).with_param("sort_by"));
        }
    }))
}

fn listed(param: &str, text: Option<String>) -> Result<Option<Vec<String>>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let list: Vec<String> =
        text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if list.len() > MOST_IDS {
        let message = format!("{param} may name {MOST_IDS} at most");
        return Err(Failure::invalid("invalid_query", message).with_param(param));
    }
    Ok((!list.is_empty()).then_some(list))
}

fn unprocessable(param: &str, message: &str) -> Failure {
    let mut failure = Failure::invalid("invalid_query", message).with_param(param);
    failure.error.status = 422;
    failure
}

impl ListQuery {
    fn read(self) -> Result<(UserFilter, Order), Failure> {
        // Beyond that, places of rows do not fit into what SQL counts with.
        const LAST_PAGE: i64 = 1_000_000_000;
        if !(1..=LAST_PAGE).contains(&self.page) {
            return Err(unprocessable("page", "page is 1 to 1000000000"));
        }
        if !(1..=100).contains(&self.page_size) {
            return Err(unprocessable("page_size", "page_size must be between 1 and 100"));
        }
        let ascending = match self.sort_order.as_deref().unwrap_or("asc") {
            "asc" => true,
            "desc" => false,
            _ => {
                let message = "sort_order must be asc or desc";
                return Err(Failure::invalid("invalid_query", message).with_param("sort_order"));
            }
        };
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let role = given(self.role);
        if let Some(role) = &role
            && Role::parse(role).is_none()
        {
            let known = Role::ALL.map(Role::as_str).join(", ");
            let message = format!("role must be one of {known}");
            return Err(Failure::invalid("invalid_query", message).with_param("role"));
        }
        let order = order(given(self.sort_by).as_deref())?;
        let filter = UserFilter {
            role,
            user_ids: listed("user_ids", self.user_ids)?,
            sso_user_ids: listed("sso_user_ids", self.sso_user_ids)?,
            email: given(self.user_email),
            search: given(self.search),
            team_id: given(self.team),
            organization_id: given(self.organization_id),
            seen_by: None,
            sort_by: match order {
                Order::Column(by) => by,
                Order::Spend => SortBy::Id,
            },
            ascending,
            limit: self.page_size,
            offset: (self.page - 1) * self.page_size,
        };
        Ok((filter, order))
    }
}

/// A page in the order of what was spent, and the total number: everybody has to be asked for it.
fn by_spend(connection: &Connection, filter: &UserFilter) -> Result<Vec<UserRow>, SqlError> {
    let all = table::page(connection, &UserFilter { limit: i64::MAX, offset: 0, ..filter.clone() })?;
    let spent = spent_of(connection, &all)?;
    let mut pairs: Vec<(i64, UserRow)> = spent.into_iter().zip(all).collect();
    if filter.ascending {
        pairs.sort_by_key(|(spent, _)| *spent);
    } else {
        pairs.sort_by_key(|(spent, _)| std::cmp::Reverse(*spent));
    }
    let (first, count) =
        (usize::try_from(filter.offset).unwrap_or(usize::MAX), usize::try_from(filter.limit).unwrap_or(0));
    Ok(pairs.into_iter().skip(first).take(count).map(|(_, row)| row).collect())
}

/// Users, oldest first unless asked otherwise
#[utoipa::path(
    get, path = "/user/list", tag = "Users", params(ListQuery),
    responses(
        (status = 200, body = UserList),
        (status = 400, description = "A filter makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn list(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<UserList>, Failure> {
    let (page, page_size) = (query.page, query.page_size);
    let (mut filter, order) = query.read()?;
    let sight = authority.sight(&engine.directory.load());
    filter.seen_by = sight.map(|sight| SeenBy { users: sight.users, organizations: sight.organizations });
    let (total, rows) = engine
        .read(move |connection| {
            let rows = match order {
                Order::Column(_) => table::page(connection, &filter)?,
                Order::Spend => by_spend(connection, &filter)?,
            };
            Ok((table::count(connection, &filter)?, rows))
        })
        .await?;
    Ok(Json(UserList {
        users: views(&engine, &authority, rows).await?,
        total,
        page,
        page_size,
        total_pages: total.div_euclid(page_size) + i64::from(total % page_size != 0),
    }))
}
