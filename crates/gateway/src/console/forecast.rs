//! `/console/forecast`: what will have been spent at the end of the month, and when budgets are used up. From the roll-ups alone, day
//! by day of the configured time zone: each day is asked for by the hours that it has.

mod days;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use postern_store::table::keys;
use postern_store::table::spend_hourly::Split;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::permissions::Authority;
use crate::clock;
use crate::counters::Scope;
use crate::directory::Directory;
use crate::error::Failure;
use crate::forecast::{self, COVERAGE, Past};
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};
use days::{Calendar, Series};

/// Futures that the band of the total is made from, and that of each row.
const DRAWS: usize = 400;
const DRAWS_OF_ROWS: usize = 100;
/// Rows beyond this are put together.
const MOST_ROWS: usize = 200;
/// Budgets that are told of at most: those that are used up first.
const MOST_BUDGETS: usize = 200;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForecastBy {
    #[default]
    Total,
    Key,
    /// The model group.
    Model,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ForecastQuery {
    /// What has a row of its own; absent: nothing but the total.
    #[param(inline)]
    by: Option<ForecastBy>,
}

/// The end of the month. Money in nano-dollars, of what providers bill by use.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ForecastRow {
    /// A key's hash, or a model group; empty for the total and for the rows that are put together.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// In this month so far.
    pub spent_nanos: i64,
    pub expected_nanos: i64,
    /// Null where there are fewer than three days to go by.
    pub low_nanos: Option<i64>,
    pub high_nanos: Option<i64>,
    /// Whole days that this is made from, at most 56.
    pub basis_days: usize,
}

/// What is spent until the end of a day. Low and high are null where there are fewer than three days to go by.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ForecastPoint {
    /// `2026-11-20`.
    pub date: String,
    pub low_nanos: Option<i64>,
    pub expected_nanos: i64,
    pub high_nanos: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BudgetOf {
    Key,
    Team,
}

/// A budget, and when it is expected to be used up. Money in nano-dollars, of what budgets count: flat rates, too.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BudgetForecast {
    pub of: BudgetOf,
    /// A key's hash, or a team's id.
    pub id: String,
    pub name: String,
    pub budget_nanos: i64,
    /// In the running period.
    pub spent_nanos: i64,
    /// When it starts anew, RFC 3339; null: never.
    pub reset_at: Option<String>,
    /// `2026-11-27`; null where it is not expected to be used up before it starts anew, or within a year, or where there are fewer
    /// than three days to go by.
    pub used_up_on: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MonthForecast {
    /// `2026-11`.
    pub month: String,
    /// Where its days begin.
    pub timezone: String,
    pub by: ForecastBy,
    /// Of a hundred months so many are meant to end between low and high.
    pub coverage_percent: u8,
    pub total: ForecastRow,
    /// Of the total: what was spent until yesterday, and what is expected from today on. Every day of the month.
    pub points: Vec<ForecastPoint>,
    /// What is expected to cost the most first; empty where nothing but the total is asked for.
    pub rows: Vec<ForecastRow>,
    /// Of keys and teams; what is used up first comes first.
    pub budgets: Vec<BudgetForecast>,
}

/// What will have been spent at the end of the month, and when budgets are used up
///
/// Of what the caller may see.
#[utoipa::path(
    get, path = "/console/forecast", tag = "Console", params(ForecastQuery),
    responses(
        (status = 200, body = MonthForecast), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn forecast(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ForecastQuery>,
) -> Result<Json<MonthForecast>, Failure> {
    let (directory, now, by) = (engine.directory.load_full(), clock::now(), query.by.unwrap_or_default());
    let seen_by = authority.seen_by(&directory);
    let calendar = Calendar::new(now, &directory.rules.zone)?;
    let budgets = budgets(&directory, &authority, now.as_millisecond());
    let has = |of: BudgetOf| budgets.iter().any(|budget| budget.of == of);
    let (of_keys, of_teams) = (has(BudgetOf::Key), has(BudgetOf::Team));
    let answer = engine
        .read(move |connection| {
            let read = |split| days::read(connection, &calendar, split, seen_by.as_ref());
            let keys = if of_keys || by == ForecastBy::Key { read(Split::Key)? } else { HashMap::new() };
            let teams = if of_teams { read(Split::Team)? } else { HashMap::new() };
            let models = if by == ForecastBy::Model { read(Split::ModelGroup)? } else { HashMap::new() };
            let total = read(Split::Whole)?.remove("").unwrap_or_else(|| calendar.nothing());
            let labels = if by == ForecastBy::Key { keys::labels(connection)? } else { Vec::new() };
            let names: HashMap<String, (String, String)> = labels
                .into_iter()
                .map(|(id, name, token)| (id.simple().to_string(), (token, name)))
                .collect();
            let rows = match by {
                ForecastBy::Total => Vec::new(),
                ForecastBy::Key => rows(&calendar, &keys, |id| key_name(id, &names)),
                ForecastBy::Model => rows(&calendar, &models, |id| (id.to_owned(), id.to_owned())),
            };
            let budgets = told(&calendar, budgets, &keys, &teams);
            Ok(whole(&calendar, by, &total, rows, budgets))
        })
        .await?;
    Ok(Json(answer))
}

fn whole(
    calendar: &Calendar,
    by: ForecastBy,
    total: &Series,
    rows: Vec<ForecastRow>,
    budgets: Vec<BudgetForecast>,
) -> MonthForecast {
    let forecast = forecast::month(calendar.past(&total.billed), DRAWS);
    let is_known = forecast.bounds.is_some();
    let point = |point: &forecast::Point| ForecastPoint {
        date: point.date.to_string(),
        low_nanos: is_known.then_some(point.low),
        expected_nanos: point.expected,
        high_nanos: is_known.then_some(point.high),
    };
    MonthForecast {
        month: calendar.today.strftime("%Y-%m").to_string(),
        timezone: calendar.zone_name(),
        by,
        coverage_percent: COVERAGE,
        points: forecast.points.iter().map(point).collect(),
        total: row((String::new(), "total".to_owned()), &forecast),
        rows,
        budgets,
    }
}

fn row((id, name): (String, String), forecast: &forecast::Forecast) -> ForecastRow {
    ForecastRow {
        id,
        name,
        spent_nanos: forecast.spent,
        expected_nanos: forecast.expected,
        low_nanos: forecast.bounds.map(|(low, _)| low),
        high_nanos: forecast.bounds.map(|(_, high)| high),
        basis_days: forecast.basis_days,
    }
}

/// A row for each that costs the most, and one for all others together.
fn rows(
    calendar: &Calendar,
    series: &HashMap<String, Series>,
    named: impl Fn(&str) -> (String, String),
) -> Vec<ForecastRow> {
    let mut dearest: Vec<(&String, &Series)> = series.iter().filter(|(_, series)| series.costs()).collect();
    dearest.sort_by_key(|(id, series)| (std::cmp::Reverse(series.sum()), *id));
    let others = dearest.split_off(MOST_ROWS.min(dearest.len()));
    let of = |name, billed: &[i64]| row(name, &forecast::month(calendar.past(billed), DRAWS_OF_ROWS));
    let mut rows: Vec<ForecastRow> =
        dearest.into_iter().map(|(id, series)| of(named(id), &series.billed)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.expected_nanos));
    if !others.is_empty() {
        let mut together = calendar.nothing();
        for (_, series) in &others {
            together.add(series);
        }
        rows.push(of((String::new(), format!("{} others", others.len())), &together.billed));
    }
    rows
}

fn key_name(id: &str, names: &HashMap<String, (String, String)>) -> (String, String) {
    let administrator = || ("administrator".to_owned(), "administrator".to_owned());
    if Uuid::parse_str(id).is_ok_and(|id| id.is_nil()) {
        return administrator();
    }
    names.get(id).cloned().unwrap_or_else(|| (id.to_owned(), "a key that is gone".to_owned()))
}

/// A budget that the caller may see.
struct Budget {
    of: BudgetOf,
    /// As the roll-ups call whoever has it.
    series: String,
    id: String,
    name: String,
    most: i64,
    spent: i64,
    reset_at: Option<i64>,
}

fn budgets(directory: &Directory, authority: &Authority, now: i64) -> Vec<Budget> {
    let sight = authority.sight(directory);
    let sees = |list: fn(&crate::auth::permissions::Sight) -> &Vec<String>, id: Option<&str>| {
        id.is_some_and(|id| sight.as_ref().is_some_and(|sight| list(sight).iter().any(|known| known == id)))
    };
    let budget = |of, series: String, id: String, name: String, scope: &Scope| {
        let most = scope.budget(now)?;
        let reset_at = scope.period.reset_at.filter(|at| *at > now);
        Some(Budget { of, series, id, name, most, spent: scope.spend(now), reset_at })
    };
    let keys = directory.keys().filter(|key| !key.is_session && key.limited.scope.is_some()).filter(|key| {
        sight.as_ref().is_none_or(|sight| sight.key == Some(key.id))
            || sees(|sight| &sight.users, key.user_id.as_deref())
            || sees(|sight| &sight.teams, key.team_id.as_deref())
            || sees(|sight| &sight.organizations, key.organization_id.as_deref())
    });
    let keys = keys.filter_map(|key| {
        let scope = key.limited.scope.as_deref()?;
        budget(BudgetOf::Key, key.id.simple().to_string(), key.token(), key.label.to_string(), scope)
    });
    let teams = directory.teams().filter(|team| {
        sight.is_none()
            || sees(|sight| &sight.teams, Some(&team.id))
            || sees(|sight| &sight.organizations, team.organization_id.as_deref())
    });
    let teams = teams.filter_map(|team| {
        let name = team.alias.as_deref().unwrap_or(&team.id).to_owned();
        let (id, scope) = (team.id.to_string(), team.limited.scope.as_deref()?);
        budget(BudgetOf::Team, id.clone(), id, name, scope)
    });
    keys.chain(teams).collect()
}

fn told(
    calendar: &Calendar,
    budgets: Vec<Budget>,
    keys: &HashMap<String, Series>,
    teams: &HashMap<String, Series>,
) -> Vec<BudgetForecast> {
    let nothing = calendar.nothing();
    let mut told: Vec<(Option<Date>, BudgetForecast)> = budgets
        .into_iter()
        .map(|budget| {
            let series = match budget.of {
                BudgetOf::Key => keys.get(&budget.series),
                BudgetOf::Team => teams.get(&budget.series),
            };
            let past: Past<'_> = calendar.past(&series.unwrap_or(&nothing).counted);
            let until = budget
                .reset_at
                .and_then(|at| Timestamp::from_millisecond(at).ok())
                .map(|at| calendar.day_of(at));
            let used_up = forecast::used_up(past, budget.most.saturating_sub(budget.spent), until);
            let told = BudgetForecast {
                of: budget.of,
                id: budget.id,
                name: budget.name,
                budget_nanos: budget.most,
                spent_nanos: budget.spent,
                reset_at: budget.reset_at.map(clock::text),
                used_up_on: used_up.map(|day| day.to_string()),
            };
            (used_up, told)
        })
        .collect();
    told.sort_by(|(one, first), (other, second)| {
        let never = Date::MAX;
        (one.unwrap_or(never), &first.name, &first.id).cmp(&(
            other.unwrap_or(never),
            &second.name,
            &second.id,
        ))
    });
    told.truncate(MOST_BUDGETS);
    told.into_iter().map(|(_, budget)| budget).collect()
}
