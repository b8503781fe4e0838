//! `/global/*`: what was used in a span of days, as far as the caller may see it. Answered from the roll-ups.

pub mod report;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::Date;
use postern_store::table::spend_hourly::{self, DayRow, Days, Totals};
use serde::{Deserialize, Serialize};

use super::activity;
use super::spend::dollars;
use crate::auth::permissions::Authority;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::routes;
use crate::shapes::routes::Routes;
use crate::shapes::{ErrorBody, QueryOf};

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(activity_of_all))
        .routes(routes!(activity_by_model))
        .routes(routes!(spend_by_provider))
        .routes(routes!(report::report))
}

/// The first and the last day, UTC.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Span {
    /// `2026-11-20`.
    #[param(required, format = Date)]
    start_date: Option<String>,
    /// The last day: `2026-11-26`.
    #[param(required, format = Date)]
    end_date: Option<String>,
}

impl Span {
    pub(super) fn days(&self) -> Result<Days, Failure> {
        activity::days(self.start_date.as_ref(), self.end_date.as_ref())
    }

    /// Its days, or all that there were where neither end is said.
    pub(super) fn days_or_all(&self) -> Result<Days, Failure> {
        let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if said(&self.start_date) || said(&self.end_date) { self.days() } else { Ok(activity::EVERY_DAY) }
    }
}

/// A day since 1970 as a date.
pub(super) fn date_of(day: i64) -> Date {
    Date::constant(1970, 1, 1).checked_add(day.days()).unwrap_or(Date::MAX)
}

/// The rows of some days that the caller may see.
async fn rows(engine: &Engine, authority: &Authority, days: Days) -> Result<Vec<DayRow>, Failure> {
    let seen_by = authority.seen_by(&engine.directory.load());
    engine.read(move |connection| spend_hourly::by_day(connection, &days, seen_by.as_ref())).await
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsedOnDay {
    /// `Nov 20`.
    pub date: String,
    /// `2026-11-20`.
    pub iso_date: String,
    pub api_requests: i64,
    pub total_tokens: i64,
}

/// Oldest day first; days on which nothing was used are left out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GlobalActivity {
    pub daily_data: Vec<UsedOnDay>,
    pub sum_api_requests: i64,
    pub sum_total_tokens: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ModelActivity {
    /// The model group.
    pub model: String,
    #[serde(flatten)]
    pub activity: GlobalActivity,
}

fn used<'r>(rows: impl Iterator<Item = &'r DayRow>) -> GlobalActivity {
    let mut by_day: BTreeMap<i64, Totals> = BTreeMap::new();
    for row in rows {
        by_day.entry(row.day).or_default().add(&row.totals);
    }
    let tokens = |totals: &Totals| totals.input_tokens + totals.output_tokens;
    let shown = by_day.iter().map(|(day, totals)| {
        let date = date_of(*day);
        UsedOnDay {
            date: date.strftime("%b %d").to_string(),
            iso_date: date.to_string(),
            api_requests: totals.requests,
            total_tokens: tokens(totals),
        }
    });
    GlobalActivity {
        daily_data: shown.collect(),
        sum_api_requests: by_day.values().map(|totals| totals.requests).sum(),
        sum_total_tokens: by_day.values().map(tokens).sum(),
    }
}

/// Requests and tokens on each day
#[utoipa::path(
    get, path = "/global/activity", tag = "Spend", params(Span),
    responses(
        (status = 200, body = GlobalActivity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn activity_of_all(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(span): QueryOf<Span>,
) -> Result<Json<GlobalActivity>, Failure> {
    let rows = rows(&engine, &authority, span.days()?).await?;
    Ok(Json(used(rows.iter())))
}

/// Requests and tokens on each day, by model group; those with the most requests first
#[utoipa::path(
    get, path = "/global/activity/model", tag = "Spend", params(Span),
    responses(
        (status = 200, body = Vec<ModelActivity>),
        (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn activity_by_model(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(span): QueryOf<Span>,
) -> Result<Json<Vec<ModelActivity>>, Failure> {
    let rows = rows(&engine, &authority, span.days()?).await?;
    let mut by_model: BTreeMap<&str, Vec<&DayRow>> = BTreeMap::new();
    for row in &rows {
        by_model.entry(&row.series.model_group).or_default().push(row);
    }
    let shown = by_model
        .into_iter()
        .map(|(model, rows)| ModelActivity { model: model.to_owned(), activity: used(rows.into_iter()) });
    let mut shown: Vec<ModelActivity> = shown.collect();
    shown.sort_by_key(|model| std::cmp::Reverse(model.activity.sum_api_requests));
    Ok(Json(shown))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProviderSpend {
    pub provider: String,
    /// Dollars.
    pub spend: f64,
}

/// What was spent at each provider, also at those that are not configured any more; the most first
#[utoipa::path(
    get, path = "/global/spend/provider", tag = "Spend", params(Span),
    responses(
        (status = 200, body = Vec<ProviderSpend>),
        (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn spend_by_provider(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(span): QueryOf<Span>,
) -> Result<Json<Vec<ProviderSpend>>, Failure> {
    let rows = rows(&engine, &authority, span.days_or_all()?).await?;
    let mut by_provider: BTreeMap<&str, i64> = BTreeMap::new();
    // What reached no provider cost nothing anywhere.
    for row in rows.iter().filter(|row| !row.series.provider.is_empty()) {
        *by_provider.entry(&row.series.provider).or_default() += row.totals.cost_nanos;
    }
    let mut sums: Vec<(&str, i64)> = by_provider.into_iter().collect();
    sums.sort_by_key(|(_, nanos)| std::cmp::Reverse(*nanos));
    let shown = sums
        .into_iter()
        .map(|(provider, nanos)| ProviderSpend { provider: provider.to_owned(), spend: dollars(nanos) });
    Ok(Json(shown.collect()))
}
