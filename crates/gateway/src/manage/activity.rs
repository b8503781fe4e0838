//! `/…/daily/activity`: what users, teams, organizations, customers and tags used on each day, by model, provider, endpoint
//! and key. Answered from the roll-ups.

mod aggregated;
mod answer;

use answer::Entity;
pub(super) use answer::Names;
pub use answer::{ActivityDay, ActivityTotals};
use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use postern_store::table::keys as key_table;
use postern_store::table::owners::{self, Owner, SeenBy};
use postern_store::table::series::Series;
use postern_store::table::spend_hourly::{self, DayRow, Days};
use postern_store::table::spend_labels::{self, Label};
use postern_store::{Connection, SqlError};
use serde::{Deserialize, Serialize};

use super::spend::check_key;
use crate::auth::ADMINISTRATOR;
use crate::auth::permissions::{Authority, Thing};
use crate::directory::Directory;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys;
use crate::routes;
use crate::shapes::routes::Routes;
use crate::shapes::{ErrorBody, QueryOf};

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(of_users))
        .routes(routes!(of_teams))
        .routes(routes!(of_organizations))
        .routes(routes!(of_customers))
        .routes(routes!(of_tags))
        .merge(aggregated::routes())
}

/// The time that is asked for, and what of it.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActivityQuery {
    /// `2026-11-20`.
    #[param(required, format = Date)]
    start_date: Option<String>,
    /// The last day: `2026-11-26`.
    #[param(required, format = Date)]
    end_date: Option<String>,
    /// A model as the provider calls it, or a model group.
    model: Option<String>,
    /// A key or its hash.
    api_key: Option<String>,
    /// By how many minutes the days' clock is behind UTC: 480 in California in winter, -540 in Japan. Absent: UTC.
    #[param(minimum = -1080, maximum = 1080)]
    timezone: Option<i64>,
    /// 1 is the first page: that of the newest days.
    #[param(minimum = 1)]
    page: Option<usize>,
    /// Days on a page.
    #[param(minimum = 1, maximum = 1000)]
    page_size: Option<usize>,
    /// All days at once, however many they are.
    #[serde(skip)]
    #[param(ignore)]
    is_whole: bool,
}

/// What was used, newest day first.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Activity {
    pub results: Vec<ActivityDay>,
    /// Of the days on this page.
    pub metadata: ActivityTotals,
}

const LONGEST_PAGE: usize = 1000;
/// Days on a page unless the request says so.
const OF_USERS: usize = 50;
const OF_OTHERS: usize = 10;
/// What the tag of a request's client begins with.
pub(super) const CLIENT: &str = "User-Agent: ";
/// No clock is further behind or ahead.
const MOST_MINUTES: i64 = 18 * 60;

fn wrong(param: &'static str, message: impl Into<String>) -> Failure {
    Failure::invalid("invalid_query", message).with_param(param)
}

fn date(text: Option<&String>, param: &'static str) -> Result<i64, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Err(wrong(param, "Please provide start_date and end_date, such as 2026-11-20"));
    };
    let date: Date =
        text.parse().map_err(|_| wrong(param, format!("{param} must be a date such as 2026-11-20")))?;
    Ok((date - Date::constant(1970, 1, 1)).get_days().into())
}

/// All that there may be rows of.
pub(super) const EVERY_DAY: Days = Days { first: 0, last: 1_000_000, behind: 0 };

/// Days between two dates, UTC.
pub(super) fn days(first: Option<&String>, last: Option<&String>) -> Result<Days, Failure> {
    let (first, last) = (date(first, "start_date")?, date(last, "end_date")?);
    if first > last {
        return Err(wrong("end_date", "end_date lies before start_date"));
    }
    Ok(Days { first, last, behind: 0 })
}

/// A query that was understood.
struct Wanted {
    days: Days,
    model: Option<String>,
    /// The hash of a key.
    token: Option<String>,
    page: usize,
    page_size: usize,
}

impl ActivityQuery {
    fn read(self, page_size: usize) -> Result<Wanted, Failure> {
        let days = days(self.start_date.as_ref(), self.end_date.as_ref())?;
        let behind = self.timezone.unwrap_or(0);
        if !(-MOST_MINUTES..=MOST_MINUTES).contains(&behind) {
            let message = format!("timezone is minutes behind UTC: from -{MOST_MINUTES} to {MOST_MINUTES}");
            return Err(wrong("timezone", message));
        }
        let (page, page_size) = (self.page.unwrap_or(1), self.page_size.unwrap_or(page_size));
        if page == 0 {
            return Err(wrong("page", "page must be at least 1"));
        }
        if !(1..=LONGEST_PAGE).contains(&page_size) {
            return Err(wrong("page_size", format!("page_size must be from 1 to {LONGEST_PAGE}")));
        }
        let (page, page_size) = if self.is_whole { (1, usize::MAX) } else { (page, page_size) };
        let named = |text: Option<String>| text.filter(|text| !text.is_empty());
        let token = named(self.api_key).map(|key| keys::token_of(&key));
        Ok(Wanted { days: Days { behind, ..days }, model: named(self.model), token, page, page_size })
    }
}

/// Names in a text, between commas. An empty text names nothing.
pub(super) fn listed(text: Option<&String>) -> Option<Vec<String>> {
    let names = text?.split(',').map(str::trim).filter(|name| !name.is_empty());
    Some(names.map(str::to_owned).collect::<Vec<_>>()).filter(|names| !names.is_empty())
}

/// Which of the entities that there are a request is about.
#[derive(Default)]
struct Chosen {
    only: Option<Vec<String>>,
    without: Vec<String>,
}

impl Chosen {
    fn new(only: Option<&String>, without: Option<&String>) -> Self {
        Self { only: listed(only), without: listed(without).unwrap_or_default() }
    }

    /// One of them, if it is named. A name may hold a comma.
    fn one(name: Option<String>) -> Self {
        let only = name.filter(|name| !name.is_empty()).map(|name| vec![name]);
        Self { only, without: Vec::new() }
    }

    fn has(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|wanted| wanted == name))
            && !self.without.iter().any(|other| other == name)
    }

    fn is_all(&self) -> bool {
        self.only.is_none() && self.without.is_empty()
    }
}

/// Whose requests these are; the administrator's key is that of a user, too.
fn user_of<'a>(series: &Series, owner: Option<&'a Owner>) -> Option<&'a str> {
    let user = owner.and_then(|owner| owner.user_id.as_deref());
    user.or(series.key_id.is_nil().then_some(ADMINISTRATOR))
}

/// Whom of a series' owners an answer is about.
#[derive(Clone, Copy)]
enum Kind {
    User,
    Team,
    Organization,
}

impl Kind {
    fn of<'a>(self, series: &Series, owner: Option<&'a Owner>) -> Option<&'a str> {
        match self {
            Self::User => user_of(series, owner),
            Self::Team => owner?.team_id.as_deref(),
            Self::Organization => owner?.organization_id.as_deref(),
        }
    }

    fn thing(self, name: &str) -> Thing<'_> {
        match self {
            Self::User => Thing::User(name),
            Self::Team => Thing::Team(name),
            Self::Organization => Thing::Organization(name),
        }
    }

    fn entity(self, directory: &Directory, name: &str) -> Entity {
        match self {
            Self::User => Entity::default(),
            Self::Team => Entity {
                team_alias: directory.team(name).and_then(|team| team.alias.as_deref()).map(str::to_owned),
                ..Entity::default()
            },
            Self::Organization => Entity {
                organization_alias: directory.organization(name).map(|known| known.alias.as_ref().to_owned()),
                ..Entity::default()
            },
        }
    }
}

/// Rows of some days by the tags that they are counted for: those that requests had, and that of their client.
pub(super) fn tagged(
    connection: &Connection,
    days: &Days,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<(String, DayRow)>, SqlError> {
    let labels = spend_labels::by_day(connection, Label::Tag, None, days, seen_by)?;
    let clients = spend_hourly::by_day(connection, days, seen_by)?;
    let labels = labels.into_iter().map(|label| (label.name.to_string(), label.row));
    let clients = clients.into_iter().map(|row| (format!("{CLIENT}{}", row.series.client_name), row));
    Ok(labels.chain(clients).collect())
}

/// Where a page begins and how long it is: `page` from 1, `page_size` up to 1000 and 50 unless it is said.
pub(super) fn paging(page: Option<usize>, page_size: Option<usize>) -> Result<(usize, usize), Failure> {
    let (page, page_size) = (page.unwrap_or(1), page_size.unwrap_or(50));
    let param = match (page, page_size) {
        (1..=1_000_000, 1..=LONGEST_PAGE) => return Ok((page, page_size)),
        (1..=1_000_000, _) => "page_size",
        _ => "page",
    };
    let mut failure = wrong(param, "page is 1 to 1000000, and page_size 1 to 1000");
    failure.error.status = 422;
    Err(failure)
}

/// What the ledger needs to name keys and owners.
pub(super) async fn names(engine: &Engine) -> Result<Names, Failure> {
    let (labels, owners) =
        engine.read(|connection| Ok((key_table::labels(connection)?, owners::all(connection)?))).await?;
    Ok(Names::new(labels, owners))
}

async fn of_owners(
    engine: &Engine,
    authority: &Authority,
    kind: Kind,
    chosen: Chosen,
    wanted: Wanted,
) -> Result<Json<Activity>, Failure> {
    let directory = engine.directory.load_full();
    let seen_by = authority.seen_by(&directory);
    for name in chosen.only.iter().flatten().filter(|_| seen_by.is_some()) {
        authority.check(&directory, kind.thing(name))?;
    }
    if let Some(token) = &wanted.token {
        check_key(authority, &directory, token)?;
    }
    let names = names(engine).await?;
    let days = wanted.days;
    let rows =
        engine.read(move |connection| spend_hourly::by_day(connection, &days, seen_by.as_ref())).await?;
    let mut gathered = answer::Gathered::new(&names);
    for row in rows.iter().filter(|row| wanted.has(&names, &row.series)) {
        let name = kind.of(&row.series, names.owner(row.series.owner));
        match name.filter(|name| chosen.has(name)) {
            Some(name) => gathered.add(row, Some((name, &|name| kind.entity(&directory, name)))),
            None if chosen.is_all() && matches!(kind, Kind::User) => gathered.add(row, None),
            None => {}
        }
    }
    Ok(Json(gathered.page(wanted.page, wanted.page_size)))
}

impl Wanted {
    fn has(&self, names: &Names, series: &Series) -> bool {
        self.model.as_ref().is_none_or(|model| series.model == *model || series.model_group == *model)
            && self.token.as_ref().is_none_or(|token| names.token(series.key_id) == token)
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfUser {
    /// Only this user's.
    user_id: Option<String>,
}

/// What was used on each day
///
/// Of what the caller may see: their own, and what is counted for organizations that they administer. `entities` are users.
#[utoipa::path(
    get, path = "/user/daily/activity", tag = "Users", params(ActivityQuery, OfUser),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Another's key or user", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn of_users(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ActivityQuery>,
    QueryOf(of): QueryOf<OfUser>,
) -> Result<Json<Activity>, Failure> {
    of_owners(&engine, &authority, Kind::User, Chosen::one(of.user_id), query.read(OF_USERS)?).await
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfTeams {
    /// Ids between commas; absent: all.
    team_ids: Option<String>,
    exclude_team_ids: Option<String>,
}

/// What teams used on each day
///
/// Of what the caller may see: all of teams that they administer, their own of those that they are in.
#[utoipa::path(
    get, path = "/team/daily/activity", tag = "Teams", params(ActivityQuery, OfTeams),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Another's key or team", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn of_teams(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ActivityQuery>,
    QueryOf(of): QueryOf<OfTeams>,
) -> Result<Json<Activity>, Failure> {
    let chosen = Chosen::new(of.team_ids.as_ref(), of.exclude_team_ids.as_ref());
    of_owners(&engine, &authority, Kind::Team, chosen, query.read(OF_OTHERS)?).await
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfOrganizations {
    /// Ids between commas; absent: all.
    organization_ids: Option<String>,
    exclude_organization_ids: Option<String>,
}

/// What organizations used on each day
#[utoipa::path(
    get, path = "/organization/daily/activity", tag = "Organizations", params(ActivityQuery, OfOrganizations),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Another's key or organization", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn of_organizations(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ActivityQuery>,
    QueryOf(of): QueryOf<OfOrganizations>,
) -> Result<Json<Activity>, Failure> {
    let chosen = Chosen::new(of.organization_ids.as_ref(), of.exclude_organization_ids.as_ref());
    of_owners(&engine, &authority, Kind::Organization, chosen, query.read(OF_OTHERS)?).await
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfCustomers {
    /// Ids between commas; absent: all.
    end_user_ids: Option<String>,
    exclude_end_user_ids: Option<String>,
}

/// What end users used on each day
#[utoipa::path(
    get, path = "/customer/daily/activity", tag = "Customers", params(ActivityQuery, OfCustomers),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn of_customers(
    State(engine): State<Shared>,
    QueryOf(query): QueryOf<ActivityQuery>,
    QueryOf(of): QueryOf<OfCustomers>,
) -> Result<Json<Activity>, Failure> {
    let wanted = query.read(OF_OTHERS)?;
    let chosen = Chosen::new(of.end_user_ids.as_ref(), of.exclude_end_user_ids.as_ref());
    let names = names(&engine).await?;
    let (days, only) = (wanted.days, chosen.only.clone());
    let rows = engine
        .read(move |connection| {
            spend_labels::by_day(connection, Label::EndUser, only.as_deref(), &days, None)
        })
        .await?;
    let mut gathered = answer::Gathered::new(&names);
    for label in rows.iter().filter(|label| wanted.has(&names, &label.row.series) && chosen.has(&label.name))
    {
        gathered.add(&label.row, Some((&label.name, &|_| Entity::default())));
    }
    Ok(Json(gathered.page(wanted.page, wanted.page_size)))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfTags {
    /// Names between commas; absent: all. Every request has the tag `User-Agent: ` and the name of its client.
    tags: Option<String>,
}

/// What requests with tags used on each day
///
/// A request counts for each of its tags. The sums of a day count each request once, unless `tags` names some: then once for
/// each of these that it has.
#[utoipa::path(
    get, path = "/tag/daily/activity", tag = "Tags", params(ActivityQuery, OfTags),
    responses(
        (status = 200, body = Activity), (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn of_tags(
    State(engine): State<Shared>,
    QueryOf(query): QueryOf<ActivityQuery>,
    QueryOf(of): QueryOf<OfTags>,
) -> Result<Json<Activity>, Failure> {
    let wanted = query.read(OF_OTHERS)?;
    let chosen = Chosen::new(of.tags.as_ref(), None);
    let names = names(&engine).await?;
    let (days, only) = (wanted.days, chosen.only.clone());
    let (labels, all) = engine
        .read(move |connection| {
            let labels = spend_labels::by_day(connection, Label::Tag, only.as_deref(), &days, None)?;
            // Clients are not written down as tags: all rows are read where one of them is asked for.
            let wants_clients = only.is_none_or(|only| only.iter().any(|name| name.starts_with(CLIENT)));
            let all = if wants_clients { spend_hourly::by_day(connection, &days, None)? } else { Vec::new() };
            Ok((labels, all))
        })
        .await?;
    let no_more = |_: &str| Entity::default();
    let mut gathered = answer::Gathered::new(&names);
    for row in all.iter().filter(|row| wanted.has(&names, &row.series)) {
        let name = format!("{CLIENT}{}", row.series.client_name);
        if chosen.has(&name) {
            gathered.add(row, Some((&name, &no_more)));
        }
    }
    for label in labels.iter().filter(|label| wanted.has(&names, &label.row.series)) {
        let entity: answer::Named<'_> = (&label.name, &no_more);
        if chosen.is_all() {
            gathered.add_entity(&label.row, entity);
        } else {
            gathered.add(&label.row, Some(entity));
        }
    }
    Ok(Json(gathered.page(wanted.page, wanted.page_size)))
}
