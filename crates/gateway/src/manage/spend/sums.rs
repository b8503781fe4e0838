//! `/spend/keys`, `/spend/users`, `/spend/tags`: who spent how much.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::State;
use postern_store::table::keys::{self as key_table, KeyFilter, SortBy};
use postern_store::table::users::{self as user_table, UserFilter};
use postern_store::table::{owners, spend_hourly};
use serde::{Deserialize, Serialize};

use super::dollars;
use crate::auth::permissions::{Authority, Thing};
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::activity;
use crate::manage::global::Span;
use crate::manage::{keys, users};
use crate::registry::limited;
use crate::shapes::{ErrorBody, QueryOf};

/// The most entries of one answer.
const MOST: i64 = 10_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Limit {
    /// At most so many.
    #[param(minimum = 1, maximum = 10_000, default = 100)]
    limit: Option<i64>,
}

impl Limit {
    fn read(&self) -> Result<i64, Failure> {
        let limit = self.limit.unwrap_or(100);
        if (1..=MOST).contains(&limit) {
            return Ok(limit);
        }
        let mut failure =
            Failure::invalid("invalid_query", format!("limit is 1 to {MOST}")).with_param("limit");
        failure.error.status = 422;
        Err(failure)
    }
}

/// A key and what it spent. Money in dollars, times RFC 3339.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeySpend {
    /// SHA-256 of the key.
    pub token_id: String,
    /// `sk-...` and the last four characters.
    pub token: String,
    pub key_alias: Option<String>,
    /// In the running period of its budget.
    pub spend: f64,
    pub max_budget: Option<f64>,
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    pub organization_id: Option<String>,
    pub models: Vec<String>,
    pub blocked: bool,
    pub expires: Option<String>,
    pub created_at: String,
}

/// Keys, those that have spent the most first
#[utoipa::path(
    get, path = "/spend/keys", tag = "Spend", params(Limit),
    responses((status = 200, body = Vec<KeySpend>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn of_keys(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(limit): QueryOf<Limit>,
) -> Result<Json<Vec<KeySpend>>, Failure> {
    let limit = limit.read()?;
    let seen_by = keys::list::seen_by(&authority, &engine.directory.load());
    let filter = KeyFilter { seen_by, sort_by: SortBy::Spend, limit, ..KeyFilter::default() };
    let shown = engine
        .read(move |connection| {
            let rows = key_table::page(connection, &filter)?;
            let spent = keys::view::spent_of(connection, &rows)?;
            Ok(rows
                .into_iter()
                .zip(spent)
                .map(|(row, spent)| KeySpend {
                    token_id: row.token,
                    token: row.key_name,
                    key_alias: row.key_alias,
                    spend: dollars(spent),
                    max_budget: row.limits.max_budget_nanos.map(limited::shown),
                    user_id: row.user_id,
                    team_id: row.team_id,
                    organization_id: row.organization_id,
                    models: limited::shown_models(&row.models),
                    blocked: row.blocked,
                    expires: row.expires_at.map(clock::text),
                    created_at: clock::text(row.created_at),
                })
                .collect())
        })
        .await?;
    Ok(Json(shown))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfUser {
    /// Only this one.
    user_id: Option<String>,
}

/// A user and what they spent. Money in dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserSpend {
    pub user_id: String,
    pub user_email: Option<String>,
    pub user_alias: Option<String>,
    pub user_role: String,
    /// In the running period of their budget.
    pub spend: f64,
    pub max_budget: Option<f64>,
    pub models: Vec<String>,
    /// All that their keys ever made.
    pub requests: i64,
}

/// Users, those who have spent the most first
#[utoipa::path(
    get, path = "/spend/users", tag = "Spend", params(OfUser),
    responses((status = 200, body = Vec<UserSpend>), (status = 401, body = ErrorBody), (status = 403, description = "Another user", body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn of_users(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(of): QueryOf<OfUser>,
) -> Result<Json<Vec<UserSpend>>, Failure> {
    let directory = engine.directory.load_full();
    let wanted = of.user_id.filter(|id| !id.is_empty());
    let sight = authority.sight(&directory);
    if let Some(user) = wanted.as_deref().filter(|_| sight.is_some()) {
        authority.check(&directory, Thing::User(user))?;
    }
    let seen_by =
        sight.map(|sight| user_table::SeenBy { users: sight.users, organizations: sight.organizations });
    let user_ids = wanted.map(|id| vec![id]);
    let filter = UserFilter { user_ids, seen_by, limit: MOST, ..UserFilter::default() };
    let shown = engine
        .read(move |connection| {
            let rows = user_table::page(connection, &filter)?;
            let spent = users::view::spent_of(connection, &rows)?;
            let owners = owners::all(connection)?;
            let mut requests: HashMap<&str, i64> = HashMap::new();
            for (owner, count) in spend_hourly::requests_by_owner(connection)? {
                if let Some(user) = owners.get(&owner).and_then(|owner| owner.user_id.as_deref()) {
                    *requests.entry(user).or_default() += count;
                }
            }
            let mut all: Vec<(i64, UserSpend)> = rows
                .into_iter()
                .zip(spent)
                .map(|(row, spent)| {
                    let shown = UserSpend {
                        requests: requests.get(row.user_id.as_str()).copied().unwrap_or(0),
                        user_email: row.user_email,
                        user_alias: row.user_alias,
                        user_role: row.user_role,
                        spend: dollars(spent),
                        max_budget: row.limits.max_budget_nanos.map(limited::shown),
                        models: limited::shown_models(&row.models),
                        user_id: row.user_id,
                    };
                    (spent, shown)
                })
                .collect();
            all.sort_by_key(|(spent, _)| std::cmp::Reverse(*spent));
            Ok(all.into_iter().map(|(_, shown)| shown).collect())
        })
        .await?;
    Ok(Json(shown))
}

/// A tag and what requests with it cost. Money in dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagSpend {
    pub request_tag: String,
    /// The same.
    pub individual_request_tag: String,
    /// Requests.
    pub log_count: i64,
    pub total_spend: f64,
}

/// What requests with each tag cost, the most first; each has the tag `User-Agent: ` and the name of its client, too
///
/// Of all time, unless both dates are said. Of what the caller may see.
#[utoipa::path(
    get, path = "/spend/tags", tag = "Spend", params(Span),
    responses(
        (status = 200, body = Vec<TagSpend>), (status = 400, description = "A date makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn of_tags(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(span): QueryOf<Span>,
) -> Result<Json<Vec<TagSpend>>, Failure> {
    let days = span.days_or_all()?;
    let seen_by = authority.seen_by(&engine.directory.load());
    let rows = engine.read(move |connection| activity::tagged(connection, &days, seen_by.as_ref())).await?;
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (tag, row) in rows {
        let (nanos, count) = sums.entry(tag).or_default();
        *nanos += row.totals.cost_nanos;
        *count += row.totals.requests;
    }
    let mut sums: Vec<(String, (i64, i64))> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let shown = sums.into_iter().map(|(tag, (nanos, log_count))| TagSpend {
        individual_request_tag: tag.clone(),
        request_tag: tag,
        log_count,
        total_spend: dollars(nanos),
    });
    Ok(Json(shown.collect()))
}
