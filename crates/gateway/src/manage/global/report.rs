//! `/global/spend/report`: what was spent, day by day and by team, customer, user, model or tag, or in all by key.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use postern_store::table::spend_hourly::{self, DayRow, Totals};
use postern_store::table::spend_labels::{self, Label};
use serde::{Deserialize, Serialize};

use super::{Span, date_of};
use crate::auth::permissions::{Authority, Thing};
use crate::directory::Directory;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::activity::{self, Names};
use crate::manage::spend::{check_key, dollars};
use crate::registry::keys::token_of;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    #[default]
    Team,
    Customer,
    User,
    Model,
    Tag,
    /// Sums of all days.
    ApiKey,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// By what sums are told apart; absent: by team.
    #[param(inline)]
    group_by: Option<GroupBy>,
    /// Only of this key, or the key of this hash.
    api_key: Option<String>,
    /// Only of this user.
    internal_user_id: Option<String>,
    /// Only of this team.
    team_id: Option<String>,
    /// Only of this end user.
    customer_id: Option<String>,
}

/// What one key used of one model. Money in dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportUsage {
    pub cost: f64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub requests: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportKey {
    /// Its SHA-256.
    pub key: String,
    /// By model group.
    pub usage: BTreeMap<String, ReportUsage>,
}

/// The same in one line.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportLine {
    /// The model group.
    pub model: String,
    /// SHA-256 of the key.
    pub api_key: String,
    pub spend: f64,
    pub total_tokens: i64,
}

/// What was spent on one day by one of what the report is by. Money in dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportSums {
    pub spend: f64,
    /// The same as `spend`.
    pub total_spend: f64,
    pub keys: Vec<ReportKey>,
    /// Line by line what `keys` tells.
    pub metadata: Vec<ReportLine>,
}

/// Declares the days of a report by something: what they are called, and what each part is named with.
macro_rules! days {
    ($($day:ident $list:ident of $part:ident $name:ident;)+) => {$(
        #[derive(Debug, Serialize, utoipa::ToSchema)]
        pub struct $part {
            pub $name: String,
            #[serde(flatten)]
            pub sums: ReportSums,
        }

        #[derive(Debug, Serialize, utoipa::ToSchema)]
        pub struct $day {
            /// `2026-11-20`, UTC.
            pub group_by_day: String,
            /// The same.
            #[serde(rename = "group-by-day")]
            pub day: String,
            /// Those who spent the most first.
            pub $list: Vec<$part>,
        }

        impl $day {
            fn new(day: i64, parts: Vec<(String, ReportSums)>) -> Self {
                let text = date_of(day).to_string();
                let $list = parts.into_iter().map(|($name, sums)| $part { $name, sums }).collect();
                Self { day: text.clone(), group_by_day: text, $list }
            }
        }
    )+};
}

days! {
    TeamsOnDay teams of TeamOnDay team_name;
    CustomersOnDay customers of CustomerOnDay customer;
    UsersOnDay users of UserOnDay user;
    ModelsOnDay models of ModelOnDay model;
    TagsOnDay tags of TagOnDay tag;
}

/// What a key used of a model on all days. Money in dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeyModel {
    pub model: String,
    pub total_cost: f64,
    pub total_input_tokens: i64,
    pub total_output_tokens: i64,
}

/// What a key used on all days. Money in dollars.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct KeyTotal {
    /// Its SHA-256.
    pub api_key: String,
    pub total_cost: f64,
    pub total_input_tokens: i64,
    pub total_output_tokens: i64,
    pub model_details: Vec<KeyModel>,
}

/// All entries of an answer are of the same kind: that of `group_by`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum ReportEntry {
    Team(TeamsOnDay),
    Customer(CustomersOnDay),
    User(UsersOnDay),
    Model(ModelsOnDay),
    Tag(TagsOnDay),
    Key(KeyTotal),
}

/// What is spent by nobody that has a name.
const NO_TEAM: &str = "Unassigned Team";
const NO_USER: &str = "Unassigned User";

/// By key and model.
type Cells<'r> = BTreeMap<(&'r str, &'r str), Totals>;

fn sums(cells: &Cells<'_>) -> (i64, ReportSums) {
    let mut keys: BTreeMap<&str, ReportKey> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut spent = 0_i64;
    for ((key, model), totals) in cells {
        spent += totals.cost_nanos;
        let cost = dollars(totals.cost_nanos);
        let (input_tokens, output_tokens) = (totals.input_tokens, totals.output_tokens);
        let usage = ReportUsage { cost, input_tokens, output_tokens, requests: totals.requests };
        let of_key =
            keys.entry(key).or_insert_with(|| ReportKey { key: (*key).to_owned(), usage: BTreeMap::new() });
        of_key.usage.insert((*model).to_owned(), usage);
        let (model, api_key) = ((*model).to_owned(), (*key).to_owned());
        lines.push(ReportLine { model, api_key, spend: cost, total_tokens: input_tokens + output_tokens });
    }
    let total = dollars(spent);
    let keys = keys.into_values().collect();
    (spent, ReportSums { spend: total, total_spend: total, keys, metadata: lines })
}

/// Rows by day and by what they are named with.
fn by_day<'r>(
    rows: impl Iterator<Item = (String, &'r DayRow)>,
    names: &'r Names,
) -> Vec<(i64, Vec<(String, ReportSums)>)> {
    let mut days: BTreeMap<i64, BTreeMap<String, Cells<'r>>> = BTreeMap::new();
    for (name, row) in rows {
        let cell = (names.token(row.series.key_id), row.series.model_group.as_str());
        let cells = days.entry(row.day).or_default().entry(name).or_default();
        cells.entry(cell).or_default().add(&row.totals);
    }
    let shown = days.into_iter().map(|(day, parts)| {
        let mut parts: Vec<(String, (i64, ReportSums))> =
            parts.into_iter().map(|(name, cells)| (name, sums(&cells))).collect();
        parts.sort_by_key(|(_, (spent, _))| std::cmp::Reverse(*spent));
        (day, parts.into_iter().map(|(name, (_, sums))| (name, sums)).collect())
    });
    shown.collect()
}

fn by_key(rows: &[&DayRow], names: &Names) -> Vec<ReportEntry> {
    let mut keys: BTreeMap<&str, BTreeMap<&str, Totals>> = BTreeMap::new();
    for row in rows {
        let models = keys.entry(names.token(row.series.key_id)).or_default();
        models.entry(&row.series.model_group).or_default().add(&row.totals);
    }
    let mut totals: Vec<(i64, KeyTotal)> = keys
        .into_iter()
        .map(|(key, models)| {
            let mut all = Totals::default();
            for totals in models.values() {
                all.add(totals);
            }
            let model_details = models
                .into_iter()
                .map(|(model, totals)| KeyModel {
                    model: model.to_owned(),
                    total_cost: dollars(totals.cost_nanos),
                    total_input_tokens: totals.input_tokens,
                    total_output_tokens: totals.output_tokens,
                })
                .collect();
            let total = KeyTotal {
                api_key: key.to_owned(),
                total_cost: dollars(all.cost_nanos),
                total_input_tokens: all.input_tokens,
                total_output_tokens: all.output_tokens,
                model_details,
            };
            (all.cost_nanos, total)
        })
        .collect();
    totals.sort_by_key(|(spent, _)| std::cmp::Reverse(*spent));
    totals.into_iter().map(|(_, total)| ReportEntry::Key(total)).collect()
}

/// Filters that were understood.
struct Only {
    token: Option<String>,
    user: Option<String>,
    team: Option<String>,
    customer: Option<String>,
}

impl ReportQuery {
    fn only(self, authority: &Authority, directory: &Directory) -> Result<Only, Failure> {
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let only = Only {
            token: said(self.api_key).map(|key| token_of(&key)),
            user: said(self.internal_user_id),
            team: said(self.team_id),
            customer: said(self.customer_id),
        };
        if authority.seen_by(directory).is_none() {
            return Ok(only);
        }
        // What is asked for by name and is foreign is refused, not left out.
        if let Some(token) = &only.token {
            check_key(authority, directory, token)?;
        }
        if let Some(user) = &only.user {
            authority.check(directory, Thing::User(user))?;
        }
        if let Some(team) = &only.team {
            authority.check(directory, Thing::Team(team))?;
        }
        Ok(only)
    }
}

impl Only {
    fn has(&self, names: &Names, row: &DayRow) -> bool {
        let owner = names.owner(row.series.owner);
        let is = |wanted: &Option<String>, part: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| part == Some(wanted))
        };
        is(&self.token, Some(names.token(row.series.key_id)))
            && is(&self.user, owner.and_then(|owner| owner.user_id.as_deref()))
            && is(&self.team, owner.and_then(|owner| owner.team_id.as_deref()))
    }
}

/// Of two teams of one name each is told.
fn team_name(directory: &Directory, id: &str) -> String {
    if id.is_empty() {
        return NO_TEAM.to_owned();
    }
    let alias = directory.team(id).and_then(|team| team.alias.as_deref());
    alias.unwrap_or(id).to_owned()
}

/// What was spent, by day and team, customer, user, model or tag, or by key
///
/// Of what the caller may see. Requests that name no customer or tag are in no report by these. A request with several tags
/// counts for each of them.
#[utoipa::path(
    get, path = "/global/spend/report", tag = "Spend", params(Span, ReportQuery),
    responses(
        (status = 200, body = Vec<ReportEntry>),
        (status = 400, description = "A date is missing or makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Another's key, user or team", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn report(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(span): QueryOf<Span>,
    QueryOf(query): QueryOf<ReportQuery>,
) -> Result<Json<Vec<ReportEntry>>, Failure> {
    let (days, group_by) = (span.days()?, query.group_by.unwrap_or_default());
    let directory = engine.directory.load_full();
    let seen_by = authority.seen_by(&directory);
    let only = query.only(&authority, &directory)?;
    let names = activity::names(&engine).await?;
    let customer = only.customer.clone();
    // By customer or of one: what names them. Of one customer by tag there are no sums that tell both.
    let label = match group_by {
        GroupBy::Tag => Some((Label::Tag, None)),
        GroupBy::Customer => Some((Label::EndUser, customer.map(|one| vec![one]))),
        _ => customer.map(|one| (Label::EndUser, Some(vec![one]))),
    };
    if group_by == GroupBy::Tag && only.customer.is_some() {
        let message = "customer_id and group_by=tag cannot be combined: sums are kept of either";
        return Err(Failure::invalid("conflicting_fields", message).with_param("customer_id"));
    }
    let rows: Vec<(String, DayRow)> = engine
        .read(move |connection| {
            if let Some((label, wanted)) = label {
                let found =
                    spend_labels::by_day(connection, label, wanted.as_deref(), &days, seen_by.as_ref())?;
                return Ok(found.into_iter().map(|found| (found.name.to_string(), found.row)).collect());
            }
            let found = spend_hourly::by_day(connection, &days, seen_by.as_ref())?;
            Ok(found.into_iter().map(|row| (String::new(), row)).collect())
        })
        .await?;
    let rows = rows.iter().filter(|(_, row)| only.has(&names, row));
    let user_of = |row: &DayRow| names.user(&row.series).unwrap_or(NO_USER).to_owned();
    let team_of = |row: &DayRow| {
        let team = names.owner(row.series.owner).and_then(|owner| owner.team_id.as_deref());
        team.unwrap_or_default().to_owned()
    };
    macro_rules! days {
        ($kind:ident $day:ident, $name:expr) => {{
            let days = by_day(rows.map(|(label, row)| ($name(label, row), row)), &names);
            days.into_iter().map(|(day, parts)| ReportEntry::$kind($day::new(day, parts))).collect()
        }};
    }
    let by_label = |label: &String, _: &DayRow| label.clone();
    Ok(Json(match group_by {
        GroupBy::Team => {
            let days = by_day(rows.map(|(_, row)| (team_of(row), row)), &names);
            let shown = |(id, sums): (String, ReportSums)| (team_name(&directory, &id), sums);
            let days = days
                .into_iter()
                .map(|(day, parts)| TeamsOnDay::new(day, parts.into_iter().map(shown).collect()));
            days.map(ReportEntry::Team).collect()
        }
        GroupBy::Customer => days!(Customer CustomersOnDay, by_label),
        GroupBy::User => days!(User UsersOnDay, |_: &String, row: &DayRow| user_of(row)),
        GroupBy::Model => days!(Model ModelsOnDay, |_: &String, row: &DayRow| row.series.model_group.clone()),
        GroupBy::Tag => days!(Tag TagsOnDay, by_label),
        GroupBy::ApiKey => by_key(&rows.map(|(_, row)| row).collect::<Vec<_>>(), &names),
    }))
}
