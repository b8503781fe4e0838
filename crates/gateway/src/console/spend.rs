//! `/console/spend`: where the money went. Spend, requests and tokens of a span of days, by the hour or by the day, stacked by one
//! thing, beside those of another span; the calendar of a year; the budgets that are nearest to their end.

pub mod budgets;
pub mod days;
mod source;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use postern_store::table::keys;
use postern_store::table::spend_parts::PartTotals;
use serde::{Deserialize, Serialize};

use self::source::{Cell, Names, Span};
use super::totals::{Totals, zone};
use crate::auth::permissions::Authority;
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
pub enum SpendRange {
    #[serde(rename = "today")]
    Today,
    #[serde(rename = "7d")]
    SevenDays,
    #[serde(rename = "30d")]
    ThirtyDays,
    #[serde(rename = "90d")]
    NinetyDays,
    #[serde(rename = "365d")]
    Year,
}

impl SpendRange {
    fn days(self) -> i32 {
        match self {
            Self::Today => 1,
            Self::SevenDays => 7,
            Self::ThirtyDays => 30,
            Self::NinetyDays => 90,
            Self::Year => 365,
        }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpendBy {
    /// The model group.
    #[default]
    Model,
    Provider,
    Key,
    /// The client, by its User-Agent.
    Tool,
    User,
    Team,
    Organization,
    /// What clients worked on.
    Project,
    EndUser,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SpendQuery {
    /// Up to today. Absent, where no days are said: today.
    #[param(inline)]
    range: Option<SpendRange>,
    /// The first day: `2026-11-01`, in place of a range.
    #[param(format = Date)]
    from: Option<String>,
    /// The last day. Absent: today.
    #[param(format = Date)]
    to: Option<String>,
    /// IANA time zone of the days; UTC when absent.
    tz: Option<String>,
    /// What sums are told apart by; absent: the model.
    #[param(inline)]
    by: Option<SpendBy>,
    /// The first day of the span to compare with, which is as long. Absent: that which ends where this one begins.
    #[param(format = Date)]
    compare: Option<String>,
}

#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    Hour,
    Day,
}

/// Sums of one thing; those past the hundred costliest are one.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SpendGroup {
    /// A model, a provider, a key's id (`administrator` for that key), ...; empty for what has none, null for all others.
    pub id: Option<String>,
    pub name: String,
    pub totals: Totals,
}

/// What one thing came to in one slot.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SpendCell {
    /// Its place among the groups, from 0.
    pub group: usize,
    pub cost_nanos: i64,
    pub requests: i64,
    pub tokens: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct SpendSlot {
    /// UTC milliseconds.
    pub start: i64,
    pub totals: Totals,
    pub groups: Vec<SpendCell>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ComparedSlot {
    /// UTC milliseconds.
    pub start: i64,
    pub totals: Totals,
}

/// Another span of as many days.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Compared {
    /// UTC milliseconds.
    pub from: i64,
    pub to: i64,
    pub totals: Totals,
    pub slots: Vec<ComparedSlot>,
}

/// Costs in nano-dollars.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Spend {
    /// Null where days were said.
    pub range: Option<SpendRange>,
    pub tz: String,
    /// UTC milliseconds.
    pub from: i64,
    pub to: i64,
    pub bucket: Bucket,
    pub by: SpendBy,
    pub totals: Totals,
    pub compared: Compared,
    /// By cost, then requests.
    pub groups: Vec<SpendGroup>,
    /// Every bucket, empty ones too.
    pub slots: Vec<SpendSlot>,
}

/// So many groups are told by name.
const MOST_GROUPS: usize = 100;
/// No longer span is told.
const MOST_DAYS: i32 = 800;
/// Up to so many days are told by the hour.
const HOURLY: i32 = 2;
const HOUR_MS: i64 = 3_600_000;

fn date(text: &str, param: &'static str) -> Result<Date, Failure> {
    text.parse().map_err(|_| {
        Failure::invalid("invalid_date", format!("{param} must be a date such as 2026-11-20"))
            .with_param(param)
    })
}

/// Days, the first and how many.
#[derive(Clone, Copy)]
struct Days(Date, i32);

impl Days {
    /// The starts of all buckets and the end of the last, UTC milliseconds.
    fn starts(self, zone: &TimeZone) -> Result<Vec<i64>, Failure> {
        let starts = self.days(zone)?;
        if self.1 > HOURLY {
            return Ok(starts);
        }
        let (first, end) = (starts[0], starts[starts.len() - 1]);
        // A day has 23 to 25 hours, and a few begin within one.
        let hours = (0..).map(|hour| first + hour * HOUR_MS).take_while(|start| *start < end);
        Ok(hours.chain([end]).collect())
    }

    /// The same by the day, however many they are.
    fn days(self, zone: &TimeZone) -> Result<Vec<i64>, Failure> {
        let wrong = |_| {
            Failure::invalid("invalid_date", "there is no such span of days in that time zone")
                .with_param("from")
        };
        let mut starts = Vec::new();
        for number in 0..=self.1 {
            let day = self.0.checked_add(number.days()).map_err(wrong)?;
            starts.push(day.to_zoned(zone.clone()).map_err(wrong)?.timestamp().as_millisecond());
        }
        Ok(starts)
    }
}

fn asked(query: &SpendQuery, zone: &TimeZone, now: Timestamp) -> Result<(Option<SpendRange>, Days), Failure> {
    let today = now.to_zoned(zone.clone()).date();
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let wrong =
        |message: &str, param: &'static str| Failure::invalid("invalid_date", message).with_param(param);
    let Some(from) = said(&query.from) else {
        if said(&query.to).is_some() {
            return Err(wrong("from is missing: the first day", "from"));
        }
        let range = query.range.unwrap_or(SpendRange::Today);
        let first = today
            .checked_sub((range.days() - 1).days())
            .map_err(|_| wrong("there is no such span", "range"))?;
        return Ok((Some(range), Days(first, range.days())));
    };
    if query.range.is_some() {
        return Err(wrong("say either range or from and to", "range"));
    }
    let first = date(&from, "from")?;
    let last = said(&query.to).map_or(Ok(today), |text| date(&text, "to"))?;
    let count = (last - first).get_days() + 1;
    match count {
        ..=0 => Err(wrong("to lies before from", "to")),
        1..=MOST_DAYS => Ok((None, Days(first, count))),
        _ => Err(wrong(&format!("at most {MOST_DAYS} days at once"), "from")),
    }
}

/// Where money went: by the hour up to two days, else by the day
///
/// Of what the caller may see: their own, and that of teams and organizations which they administer.
#[utoipa::path(
    get, path = "/console/spend", tag = "Console", params(SpendQuery),
    responses(
        (status = 200, body = Spend), (status = 400, description = "A day or a time zone makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn spend(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<SpendQuery>,
) -> Result<Json<Spend>, Failure> {
    let zone = zone(query.tz.as_deref())?;
    let (range, days) = asked(&query, &zone, clock::now())?;
    let by = query.by.unwrap_or_default();
    let starts = days.starts(&zone)?;
    let before = match query.compare.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => date(text, "compare")?,
        None => days.0.checked_sub(days.1.days()).map_err(|_| {
            Failure::invalid("invalid_date", "there is no such span before it").with_param("from")
        })?,
    };
    let earlier = Days(before, days.1).starts(&zone)?;
    let directory = engine.directory.load_full();
    let seen_by = authority.seen_by(&directory);
    let tz = query.tz.unwrap_or_else(|| "UTC".to_owned());
    let bucket = if days.1 > HOURLY { Bucket::Day } else { Bucket::Hour };
    let days_of = || matches!(bucket, Bucket::Day).then(|| tz.clone());
    let (span, before) = (Span::new(&starts, days_of()), Span::new(&earlier, days_of()));
    if days.1 >= days::WORTH_KEEPING && seen_by.is_none() {
        days::keep(&engine, tz.clone(), zone.clone());
    }
    let (cells, compared, names) = engine
        .read(move |connection| {
            let seen_by = seen_by.as_ref();
            let mut names = Names::default();
            let cells = source::cells(connection, by, &span, seen_by, &mut names)?;
            let compared = source::in_all(connection, &before, seen_by)?;
            let keys = if by == SpendBy::Key { keys::labels(connection)? } else { Vec::new() };
            Ok((cells, compared, names.shown(by, &keys)))
        })
        .await?;
    let team = |id: &str| directory.team(id).and_then(|team| team.alias.as_deref().map(str::to_owned));
    let organization = |id: &str| directory.organization(id).map(|known| known.alias.to_string());
    let names = names.into_iter().map(|(id, name)| {
        let known = match by {
            SpendBy::Team => team(&id),
            SpendBy::Organization => organization(&id),
            _ => None,
        };
        (id, known.unwrap_or(name))
    });
    let told = Told { range, tz, bucket, by };
    Ok(Json(told.gather(&starts, &cells, names.collect(), compare(&earlier, &compared))))
}

fn ends(starts: &[i64]) -> (i64, i64) {
    (starts[0], starts[starts.len() - 1])
}

fn compare(starts: &[i64], cells: &[Cell]) -> Compared {
    let mut sums = vec![PartTotals::default(); starts.len() - 1];
    let mut all = PartTotals::default();
    for cell in cells {
        all.add(&cell.totals);
        sums[cell.slot].add(&cell.totals);
    }
    let (from, to) = ends(starts);
    let slots =
        starts.iter().zip(&sums).map(|(start, sum)| ComparedSlot { start: *start, totals: sum.into() });
    Compared { from, to, totals: (&all).into(), slots: slots.collect() }
}

struct Told {
    range: Option<SpendRange>,
    tz: String,
    bucket: Bucket,
    by: SpendBy,
}

impl Told {
    /// `names` are those that cells refer to by their place.
    fn gather(
        self,
        starts: &[i64],
        cells: &[Cell],
        names: Vec<(String, String)>,
        compared: Compared,
    ) -> Spend {
        let mut all = PartTotals::default();
        let mut groups = vec![PartTotals::default(); names.len()];
        let mut slots = vec![PartTotals::default(); starts.len() - 1];
        let mut stacks: Vec<HashMap<usize, PartTotals>> = vec![HashMap::new(); starts.len() - 1];
        for cell in cells {
            all.add(&cell.totals);
            groups[cell.name].add(&cell.totals);
            slots[cell.slot].add(&cell.totals);
            stacks[cell.slot].entry(cell.name).or_default().add(&cell.totals);
        }
        let mut ranked: Vec<usize> = (0..names.len()).filter(|at| groups[*at].totals.requests > 0).collect();
        let rank = |sum: &PartTotals| (sum.totals.cost_nanos, sum.covered_requests, sum.totals.requests);
        ranked.sort_by(|one, other| {
            let by_rank = rank(&groups[*other]).cmp(&rank(&groups[*one]));
            by_rank.then_with(|| names[*one].cmp(&names[*other]))
        });
        let mut places = vec![MOST_GROUPS; names.len()];
        for (place, at) in ranked.iter().take(MOST_GROUPS).enumerate() {
            places[*at] = place;
        }
        let mut shown: Vec<SpendGroup> = ranked
            .iter()
            .take(MOST_GROUPS)
            .map(|at| {
                let (id, name) = names[*at].clone();
                SpendGroup { id: Some(id), name, totals: (&groups[*at]).into() }
            })
            .collect();
        if ranked.len() > MOST_GROUPS {
            let mut others = PartTotals::default();
            ranked[MOST_GROUPS..].iter().for_each(|at| others.add(&groups[*at]));
            shown.push(SpendGroup { id: None, name: "others".to_owned(), totals: (&others).into() });
        }
        let slots = starts.iter().zip(slots.iter().zip(stacks)).map(|(start, (sum, stack))| {
            let mut cells: HashMap<usize, PartTotals> = HashMap::new();
            for (name, totals) in stack {
                cells.entry(places[name]).or_default().add(&totals);
            }
            let mut cells: Vec<SpendCell> = cells
                .into_iter()
                .map(|(group, sum)| SpendCell {
                    group,
                    cost_nanos: sum.totals.cost_nanos,
                    requests: sum.totals.requests,
                    tokens: sum.totals.input_tokens + sum.totals.output_tokens,
                })
                .collect();
            cells.sort_by_key(|cell| cell.group);
            SpendSlot { start: *start, totals: sum.into(), groups: cells }
        });
        let (from, to) = ends(starts);
        let slots = slots.collect();
        let Self { range, tz, bucket, by } = self;
        Spend { range, tz, from, to, bucket, by, totals: (&all).into(), compared, groups: shown, slots }
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// IANA time zone of the days; UTC when absent.
    tz: Option<String>,
}

/// Costs in nano-dollars.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CalendarDay {
    #[schema(format = Date)]
    pub date: String,
    pub cost_nanos: i64,
    /// What requests within a flat rate would have cost.
    pub covered_nanos: i64,
    pub requests: i64,
    pub tokens: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Calendar {
    pub tz: String,
    /// Oldest first; days on which nothing was used are left out.
    pub days: Vec<CalendarDay>,
}

/// 53 weeks.
const CALENDAR_DAYS: i32 = 371;

/// The last 53 weeks, day by day
///
/// Of what the caller may see.
#[utoipa::path(
    get, path = "/console/spend/calendar", tag = "Console", params(CalendarQuery),
    responses(
        (status = 200, body = Calendar), (status = 400, description = "Unknown time zone", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn calendar(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<CalendarQuery>,
) -> Result<Json<Calendar>, Failure> {
    let zone = zone(query.tz.as_deref())?;
    let today = clock::now().to_zoned(zone.clone()).date();
    let first = today
        .checked_sub((CALENDAR_DAYS - 1).days())
        .map_err(|error| Failure::internal(error.to_string()))?;
    let starts = Days(first, CALENDAR_DAYS).starts(&zone)?;
    let tz = query.tz.unwrap_or_else(|| "UTC".to_owned());
    let (span, seen_by) = (Span::new(&starts, Some(tz.clone())), authority.seen_by(&engine.directory.load()));
    let cells = engine.read(move |connection| source::in_all(connection, &span, seen_by.as_ref())).await?;
    let mut sums = vec![PartTotals::default(); starts.len() - 1];
    for cell in &cells {
        sums[cell.slot].add(&cell.totals);
    }
    let used = sums.iter().zip(0_i32..).filter(|(sum, _)| sum.totals.requests > 0);
    let days = used.filter_map(|(PartTotals { totals, .. }, number)| {
        Some(CalendarDay {
            date: first.checked_add(number.days()).ok()?.to_string(),
            cost_nanos: totals.cost_nanos,
            covered_nanos: totals.covered_nanos,
            requests: totals.requests,
            tokens: totals.input_tokens + totals.output_tokens,
        })
    });
    Ok(Json(Calendar { days: days.collect(), tz }))
}

#[cfg(test)]
mod tests;
