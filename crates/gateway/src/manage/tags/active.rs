//! How many people use a tag, and how much: by day, week and month, in sums, and one by one. Each request has the tag `User-Agent: `
//! and the name of its client; a person is a user, or a key that is nobody's.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::Json;
use axum::extract::State;
use postern_store::table::spend_hourly::{self, DayRow, Days, Totals};
use postern_store::table::spend_labels::{self, Label};
use postern_store::table::users;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::activity::{self, CLIENT, Names, listed, paging};
use crate::manage::global::{Span, date_of};
use crate::manage::spend::dollars;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TagFilters {
    /// Only tags in which this is found.
    tag_filter: Option<String>,
    /// Only these tags, between commas; comes before `tag_filter`.
    tag_filters: Option<String>,
}

impl TagFilters {
    fn has(&self, tag: &str) -> bool {
        if let Some(wanted) = listed(self.tag_filters.as_ref()) {
            return wanted.iter().any(|wanted| wanted == tag);
        }
        self.tag_filter.as_deref().is_none_or(|part| tag.contains(part))
    }
}

/// Rows of some days with the tags that they are counted for.
async fn tagged(engine: &Engine, days: Days, filters: &TagFilters) -> Result<Vec<(String, DayRow)>, Failure> {
    let rows = engine.read(move |connection| activity::tagged(connection, &days, None)).await?;
    Ok(rows.into_iter().filter(|(tag, _)| filters.has(tag)).collect())
}

/// Who made the requests of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Person {
    User(String),
    Key(Uuid),
}

impl Person {
    fn of(names: &Names, row: &DayRow) -> Self {
        match names.user(&row.series) {
            Some(user) => Self::User(user.to_owned()),
            None => Self::Key(row.series.key_id),
        }
    }
}

fn today() -> i64 {
    clock::now_ms().div_euclid(86_400_000)
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagUse {
    pub tag: String,
    /// Users, and keys that are nobody's.
    pub active_users: usize,
    /// `2026-11-20`, `Week 7 (Nov 26)`, `Month 7 (Oct)`: the last is the one that runs today.
    pub date: String,
    /// The first day; null of single days.
    pub period_start: Option<String>,
    /// The last day; null of single days.
    pub period_end: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActivePeople {
    /// The newest first, and of those of one time the most used.
    pub results: Vec<TagUse>,
}

/// So many periods are told.
const PERIODS: i64 = 7;

/// The periods of so many days up to today, as `name` calls them by number, first and last day.
async fn active(
    engine: &Engine,
    filters: &TagFilters,
    length: i64,
    name: impl Fn(i64, i64, i64) -> String,
) -> Result<Json<ActivePeople>, Failure> {
    let last = today();
    let first = last - PERIODS * length + 1;
    let names = activity::names(engine).await?;
    let rows = tagged(engine, Days { first, last, behind: 0 }, filters).await?;
    let mut people: BTreeMap<(i64, String), BTreeSet<Person>> = BTreeMap::new();
    for (tag, row) in rows {
        let period = (row.day - first).div_euclid(length);
        people.entry((period, tag)).or_default().insert(Person::of(&names, &row));
    }
    let mut counts: Vec<(i64, String, usize)> =
        people.into_iter().map(|((period, tag), people)| (period, tag, people.len())).collect();
    counts.sort_by(|one, other| (other.0, other.2).cmp(&(one.0, one.2)).then_with(|| one.1.cmp(&other.1)));
    let results = counts.into_iter().map(|(period, tag, active_users)| {
        let begins = first + period * length;
        let ends = begins + length - 1;
        let is_span = length > 1;
        TagUse {
            tag,
            active_users,
            date: name(period + 1, begins, ends),
            period_start: is_span.then(|| date_of(begins).to_string()),
            period_end: is_span.then(|| date_of(ends).to_string()),
        }
    });
    Ok(Json(ActivePeople { results: results.collect() }))
}

/// How many used each tag on each of the last seven days, UTC
#[utoipa::path(
    get, path = "/tag/dau", tag = "Tags", params(TagFilters),
    responses((status = 200, body = ActivePeople), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn daily(
    State(engine): State<Shared>,
    QueryOf(filters): QueryOf<TagFilters>,
) -> Result<Json<ActivePeople>, Failure> {
    active(&engine, &filters, 1, |_, day, _| date_of(day).to_string()).await
}

/// How many used each tag in each of the last seven weeks, up to today
#[utoipa::path(
    get, path = "/tag/wau", tag = "Tags", params(TagFilters),
    responses((status = 200, body = ActivePeople), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn weekly(
    State(engine): State<Shared>,
    QueryOf(filters): QueryOf<TagFilters>,
) -> Result<Json<ActivePeople>, Failure> {
    let name = |number, _, last| format!("Week {number} ({})", date_of(last).strftime("%b %d"));
    active(&engine, &filters, 7, name).await
}

/// How many used each tag in each of the last seven spans of thirty days, up to today
#[utoipa::path(
    get, path = "/tag/mau", tag = "Tags", params(TagFilters),
    responses((status = 200, body = ActivePeople), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn monthly(
    State(engine): State<Shared>,
    QueryOf(filters): QueryOf<TagFilters>,
) -> Result<Json<ActivePeople>, Failure> {
    let name = |number, first, _| format!("Month {number} ({})", date_of(first).strftime("%b"));
    active(&engine, &filters, 30, name).await
}

/// What requests with a tag came to. Money in dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagSummary {
    pub tag: String,
    /// Users, and keys that are nobody's.
    pub unique_users: usize,
    pub total_requests: i64,
    pub successful_requests: i64,
    pub failed_requests: i64,
    pub total_tokens: i64,
    pub total_spend: f64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagSummaries {
    /// The most used first.
    pub results: Vec<TagSummary>,
}

/// Each tag in sums over some days
#[utoipa::path(
    get, path = "/tag/summary", tag = "Tags", params(Span, TagFilters),
    responses(
        (status = 200, body = TagSummaries),
        (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn summary(
    State(engine): State<Shared>,
    QueryOf(span): QueryOf<Span>,
    QueryOf(filters): QueryOf<TagFilters>,
) -> Result<Json<TagSummaries>, Failure> {
    let days = span.days()?;
    let names = activity::names(&engine).await?;
    let mut tags: BTreeMap<String, (Totals, BTreeSet<Person>)> = BTreeMap::new();
    for (tag, row) in tagged(&engine, days, &filters).await? {
        let (totals, people) = tags.entry(tag).or_default();
        totals.add(&row.totals);
        people.insert(Person::of(&names, &row));
    }
    let mut results: Vec<TagSummary> = tags
        .into_iter()
        .map(|(tag, (totals, people))| TagSummary {
            tag,
            unique_users: people.len(),
            total_requests: totals.requests,
            successful_requests: totals.requests - totals.errors,
            failed_requests: totals.errors,
            total_tokens: totals.input_tokens + totals.output_tokens,
            total_spend: dollars(totals.cost_nanos),
        })
        .collect();
    results.sort_by_key(|tag| std::cmp::Reverse(tag.total_requests));
    Ok(Json(TagSummaries { results }))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagName {
    pub tag: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagNamesSeen {
    pub results: Vec<TagName>,
}

/// Every tag that a request ever had, in order
#[utoipa::path(
    get, path = "/tag/distinct", tag = "Tags", params(TagFilters),
    responses((status = 200, body = TagNamesSeen), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn distinct(
    State(engine): State<Shared>,
    QueryOf(filters): QueryOf<TagFilters>,
) -> Result<Json<TagNamesSeen>, Failure> {
    let (labels, clients) = engine
        .read(|connection| {
            Ok((spend_labels::names(connection, Label::Tag)?, spend_hourly::clients(connection)?))
        })
        .await?;
    let labels = labels.into_iter().map(|(name, ..)| name);
    let clients = clients.into_iter().map(|name| format!("{CLIENT}{name}"));
    let all: BTreeSet<String> = labels.chain(clients).filter(|tag| filters.has(tag)).collect();
    Ok(Json(TagNamesSeen { results: all.into_iter().map(|tag| TagName { tag }).collect() }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paged {
    /// From 1.
    #[param(minimum = 1, maximum = 1_000_000, default = 1)]
    page: Option<usize>,
    #[param(minimum = 1, maximum = 1000, default = 50)]
    page_size: Option<usize>,
}

/// What one person did with one client. Money in dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonAnalytics {
    /// Null of a key that is nobody's.
    pub user_id: Option<String>,
    pub user_email: Option<String>,
    /// SHA-256 of the key where it is nobody's.
    pub api_key: Option<String>,
    /// The tag: `User-Agent: ` and the client's name.
    pub user_agent: String,
    pub successful_requests: i64,
    pub failed_requests: i64,
    pub total_requests: i64,
    pub total_tokens: i64,
    pub spend: f64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PeopleAnalytics {
    /// Those of the most requests first.
    pub results: Vec<PersonAnalytics>,
    pub total_count: usize,
    pub page: usize,
    pub page_size: usize,
    pub total_pages: usize,
}

/// Who used which client in the last thirty days
#[utoipa::path(
    get, path = "/tag/user-agent/per-user-analytics", tag = "Tags", params(Paged, TagFilters),
    responses((status = 200, body = PeopleAnalytics), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn per_user(
    State(engine): State<Shared>,
    QueryOf(paged): QueryOf<Paged>,
    QueryOf(filters): QueryOf<TagFilters>,
) -> Result<Json<PeopleAnalytics>, Failure> {
    let (page, page_size) = paging(paged.page, paged.page_size)?;
    let last = today();
    let days = Days { first: last - 29, last, behind: 0 };
    let names = activity::names(&engine).await?;
    let (rows, emails) = engine
        .read(move |connection| Ok((spend_hourly::by_day(connection, &days, None)?, users::all(connection)?)))
        .await?;
    let emails: HashMap<String, Option<String>> =
        emails.into_iter().map(|user| (user.user_id, user.user_email)).collect();
    let mut all: BTreeMap<(Person, String), Totals> = BTreeMap::new();
    for row in &rows {
        let tag = format!("{CLIENT}{}", row.series.client_name);
        if filters.has(&tag) {
            all.entry((Person::of(&names, row), tag)).or_default().add(&row.totals);
        }
    }
    let mut all: Vec<((Person, String), Totals)> = all.into_iter().collect();
    all.sort_by_key(|(_, totals)| std::cmp::Reverse(totals.requests));
    let total_count = all.len();
    let results = all.into_iter().skip((page - 1).saturating_mul(page_size)).take(page_size).map(
        |((person, user_agent), totals)| {
            let (user_id, api_key) = match person {
                Person::User(user) => (Some(user), None),
                Person::Key(key) => (None, Some(names.token(key).to_owned())),
            };
            PersonAnalytics {
                user_email: user_id.as_ref().and_then(|user| emails.get(user)?.clone()),
                user_id,
                api_key,
                user_agent,
                successful_requests: totals.requests - totals.errors,
                failed_requests: totals.errors,
                total_requests: totals.requests,
                total_tokens: totals.input_tokens + totals.output_tokens,
                spend: dollars(totals.cost_nanos),
            }
        },
    );
    Ok(Json(PeopleAnalytics {
        results: results.collect(),
        total_count,
        page,
        page_size,
        total_pages: total_count.div_ceil(page_size),
    }))
}
