//! `/…/daily/activity/aggregated`: the same without pages. Days are few; what is told of them is the same.

use axum::Json;
use axum::extract::State;

use super::{Activity, ActivityQuery, OfCustomers, OfOrganizations, OfTags, OfTeams, OfUser};
use crate::auth::permissions::Authority;
use crate::error::Failure;
use crate::http::Shared;
use crate::routes;
use crate::shapes::routes::Routes;
use crate::shapes::{ErrorBody, QueryOf};

pub(super) fn routes() -> Routes {
    Routes::default()
        .routes(routes!(of_users))
        .routes(routes!(of_teams))
        .routes(routes!(of_organizations))
        .routes(routes!(of_customers))
        .routes(routes!(of_tags))
}

fn whole(query: ActivityQuery) -> QueryOf<ActivityQuery> {
    QueryOf(ActivityQuery { is_whole: true, ..query })
}

/// What was used on each day, all days at once
///
/// Of what the caller may see: their own, and what is counted for organizations that they administer.
#[utoipa::path(
    get, path = "/user/daily/activity/aggregated", tag = "Users", params(ActivityQuery, OfUser),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Another's key or user", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
async fn of_users(
    state: State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ActivityQuery>,
    of: QueryOf<OfUser>,
) -> Result<Json<Activity>, Failure> {
    super::of_users(state, authority, whole(query), of).await
}

/// What teams used on each day, all days at once
///
/// Of what the caller may see: all of teams that they administer, their own of those that they are in.
#[utoipa::path(
    get, path = "/team/daily/activity/aggregated", tag = "Teams", params(ActivityQuery, OfTeams),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Another's key or team", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
async fn of_teams(
    state: State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ActivityQuery>,
    of: QueryOf<OfTeams>,
) -> Result<Json<Activity>, Failure> {
    super::of_teams(state, authority, whole(query), of).await
}

/// What organizations used on each day, all days at once
#[utoipa::path(
    get, path = "/organization/daily/activity/aggregated", tag = "Organizations", params(ActivityQuery, OfOrganizations),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Another's key or organization", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
async fn of_organizations(
    state: State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ActivityQuery>,
    of: QueryOf<OfOrganizations>,
) -> Result<Json<Activity>, Failure> {
    super::of_organizations(state, authority, whole(query), of).await
}

/// What end users used on each day, all days at once
#[utoipa::path(
    get, path = "/customer/daily/activity/aggregated", tag = "Customers", params(ActivityQuery, OfCustomers),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
async fn of_customers(
    state: State<Shared>,
    QueryOf(query): QueryOf<ActivityQuery>,
    of: QueryOf<OfCustomers>,
) -> Result<Json<Activity>, Failure> {
    super::of_customers(state, whole(query), of).await
}

/// What requests with tags used on each day, all days at once
///
/// A request counts for each of its tags, as in the pages.
#[utoipa::path(
    get, path = "/tag/daily/activity/aggregated", tag = "Tags", params(ActivityQuery, OfTags),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
async fn of_tags(
    state: State<Shared>,
    QueryOf(query): QueryOf<ActivityQuery>,
    of: QueryOf<OfTags>,
) -> Result<Json<Activity>, Failure> {
    super::of_tags(state, whole(query), of).await
}
