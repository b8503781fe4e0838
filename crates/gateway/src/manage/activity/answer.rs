//! What an answer about activity looks like, and how rows of the roll-ups become one.

use std::collections::{BTreeMap, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;
use postern_store::table::owners::Owner;
use postern_store::table::series::Series;
use postern_store::table::spend_hourly::{DayRow, Totals};
use serde::Serialize;
use uuid::Uuid;

use super::Activity;

/// Sums of requests. Money in dollars.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct ActivityMetrics {
    pub spend: f64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    pub cache_read_input_tokens: i64,
    pub cache_creation_input_tokens: i64,
    pub total_tokens: i64,
    pub successful_requests: i64,
    pub failed_requests: i64,
    pub api_requests: i64,
    /// Requests that used tokens of models without a price: they are not part of `spend`.
    pub unpriced_requests: i64,
}

/// The same of all days of an answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActivityTotals {
    pub total_spend: f64,
    pub total_prompt_tokens: i64,
    pub total_completion_tokens: i64,
    pub total_tokens: i64,
    pub total_api_requests: i64,
    pub total_successful_requests: i64,
    pub total_failed_requests: i64,
    pub total_cache_read_input_tokens: i64,
    pub total_cache_creation_input_tokens: i64,
    pub total_unpriced_requests: i64,
    pub page: usize,
    pub total_pages: usize,
    pub has_more: bool,
}

/// What else is known of a key.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ActivityKey {
    /// The alias, else the name.
    pub key_alias: Option<String>,
    pub team_id: Option<String>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct KeyActivity {
    pub metrics: ActivityMetrics,
    pub metadata: ActivityKey,
}

/// What else is known of a team or an organization; null of everything else.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
#[schema(as = ActivityEntity)]
pub struct Entity {
    pub team_alias: Option<String>,
    pub organization_alias: Option<String>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ActivityPart {
    pub metrics: ActivityMetrics,
    pub metadata: Entity,
    /// By the SHA-256 of the key.
    pub api_key_breakdown: BTreeMap<String, KeyActivity>,
}

/// Each part of a day is found in all of these.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActivityBreakdown {
    /// Always empty: no tools are called on behalf of anybody.
    pub mcp_servers: BTreeMap<String, ActivityPart>,
    /// As the providers call them; empty for requests that reached none.
    pub models: BTreeMap<String, ActivityPart>,
    pub model_groups: BTreeMap<String, ActivityPart>,
    pub providers: BTreeMap<String, ActivityPart>,
    pub endpoints: BTreeMap<String, ActivityPart>,
    /// By the SHA-256 of the key.
    pub api_keys: BTreeMap<String, KeyActivity>,
    /// Whom the route is about: users, teams, organizations, end users or tags.
    pub entities: BTreeMap<String, ActivityPart>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActivityDay {
    /// `2026-11-20`.
    pub date: String,
    pub metrics: ActivityMetrics,
    pub breakdown: ActivityBreakdown,
}

impl From<&Totals> for ActivityMetrics {
    fn from(totals: &Totals) -> Self {
        Self {
            spend: totals.cost_nanos as f64 / 1e9,
            prompt_tokens: totals.input_tokens,
            completion_tokens: totals.output_tokens,
            cache_read_input_tokens: totals.cache_read_tokens,
            cache_creation_input_tokens: totals.cache_write_tokens,
            total_tokens: totals.input_tokens + totals.output_tokens,
            successful_requests: totals.requests - totals.errors,
            failed_requests: totals.errors,
            api_requests: totals.requests,
            unpriced_requests: totals.unpriced,
        }
    }
}

/// How keys and owners are called.
pub struct Names {
    /// By id: the alias or name, and the hash.
    keys: HashMap<Uuid, (String, String)>,
    owners: HashMap<i64, Owner>,
}

impl Names {
    pub fn new(labels: Vec<(Uuid, String, String)>, owners: HashMap<i64, Owner>) -> Self {
        let keys = labels.into_iter().map(|(id, name, token)| (id, (name, token))).collect();
        Self { keys, owners }
    }

    pub fn owner(&self, number: i64) -> Option<&Owner> {
        self.owners.get(&number)
    }

    /// Whose requests these are.
    pub fn user(&self, series: &Series) -> Option<&str> {
        super::user_of(series, self.owner(series.owner))
    }

    /// As the spend routes name a key: by its hash. The administrator's key has none.
    pub fn token(&self, key_id: Uuid) -> &str {
        self.keys.get(&key_id).map_or("administrator", |(_, token)| token)
    }
}

/// An entity's name, and how to look up what else is known of it.
pub type Named<'a> = (&'a str, &'a dyn Fn(&str) -> Entity);

/// Sums, in all and by the id of the key with the number of its owner.
#[derive(Default)]
struct Part {
    totals: Totals,
    keys: BTreeMap<Uuid, (Totals, i64)>,
}

impl Part {
    fn add(&mut self, row: &DayRow) {
        self.totals.add(&row.totals);
        let (totals, _) = self.keys.entry(row.series.key_id).or_insert((Totals::default(), row.series.owner));
        totals.add(&row.totals);
    }
}

type Parts = HashMap<String, Part>;

fn of<'a>(parts: &'a mut Parts, name: &str) -> &'a mut Part {
    parts.entry(name.to_owned()).or_default()
}

#[derive(Default)]
struct Day {
    all: Part,
    models: Parts,
    model_groups: Parts,
    providers: Parts,
    endpoints: Parts,
    entities: HashMap<String, (Part, Entity)>,
}

/// Days that are being summed up.
pub struct Gathered<'a> {
    names: &'a Names,
    days: BTreeMap<i64, Day>,
}

impl<'a> Gathered<'a> {
    pub fn new(names: &'a Names) -> Self {
        Self { names, days: BTreeMap::new() }
    }

    /// Adds a row to all that it belongs to.
    pub fn add(&mut self, row: &DayRow, entity: Option<Named<'_>>) {
        let day = self.days.entry(row.day).or_default();
        day.all.add(row);
        let series = &row.series;
        of(&mut day.models, &series.model).add(row);
        of(&mut day.model_groups, &series.model_group).add(row);
        of(&mut day.providers, &series.provider).add(row);
        of(&mut day.endpoints, &series.endpoint).add(row);
        if let Some(entity) = entity {
            self.add_entity(row, entity);
        }
    }

    /// Adds a row to an entity, and not to the day.
    pub fn add_entity(&mut self, row: &DayRow, (name, look_up): Named<'_>) {
        let entities = &mut self.days.entry(row.day).or_default().entities;
        if !entities.contains_key(name) {
            entities.insert(name.to_owned(), (Part::default(), look_up(name)));
        }
        if let Some((part, _)) = entities.get_mut(name) {
            part.add(row);
        }
    }

    /// Newest day first.
    pub fn page(self, page: usize, page_size: usize) -> Activity {
        let total_pages = self.days.len().div_ceil(page_size);
        let skipped = (page - 1).saturating_mul(page_size);
        let names = self.names;
        let mut sum = Totals::default();
        let results = self
            .days
            .into_iter()
            .rev()
            .skip(skipped)
            .take(page_size)
            .map(|(day, of_day)| {
                sum.add(&of_day.all.totals);
                shown_day(names, day, of_day)
            })
            .collect();
        let metrics = ActivityMetrics::from(&sum);
        let metadata = ActivityTotals {
            total_spend: metrics.spend,
            total_prompt_tokens: metrics.prompt_tokens,
            total_completion_tokens: metrics.completion_tokens,
            total_tokens: metrics.total_tokens,
            total_api_requests: metrics.api_requests,
            total_successful_requests: metrics.successful_requests,
            total_failed_requests: metrics.failed_requests,
            total_cache_read_input_tokens: metrics.cache_read_input_tokens,
            total_cache_creation_input_tokens: metrics.cache_creation_input_tokens,
            total_unpriced_requests: metrics.unpriced_requests,
            page,
            total_pages,
            has_more: page < total_pages,
        };
        Activity { results, metadata }
    }
}

fn shown_keys(names: &Names, keys: BTreeMap<Uuid, (Totals, i64)>) -> BTreeMap<String, KeyActivity> {
    let shown = |(id, (totals, owner)): (Uuid, (Totals, i64))| {
        let team_id = names.owner(owner).and_then(|owner| owner.team_id.as_deref()).map(str::to_owned);
        let metadata = ActivityKey { key_alias: names.keys.get(&id).map(|(name, _)| name.clone()), team_id };
        (names.token(id).to_owned(), KeyActivity { metrics: ActivityMetrics::from(&totals), metadata })
    };
    keys.into_iter().map(shown).collect()
}

fn shown_part(names: &Names, part: Part, metadata: Entity) -> ActivityPart {
    ActivityPart {
        metrics: ActivityMetrics::from(&part.totals),
        metadata,
        api_key_breakdown: shown_keys(names, part.keys),
    }
}

fn shown_day(names: &Names, day: i64, of_day: Day) -> ActivityDay {
    let shown = |parts: Parts| -> BTreeMap<String, ActivityPart> {
        let part = |(name, part)| (name, shown_part(names, part, Entity::default()));
        parts.into_iter().map(part).collect()
    };
    let entity = |(name, (part, entity))| (name, shown_part(names, part, entity));
    let date = Date::constant(1970, 1, 1).saturating_add(day.days());
    ActivityDay {
        date: date.to_string(),
        metrics: ActivityMetrics::from(&of_day.all.totals),
        breakdown: ActivityBreakdown {
            mcp_servers: BTreeMap::new(),
            models: shown(of_day.models),
            model_groups: shown(of_day.model_groups),
            providers: shown(of_day.providers),
            endpoints: shown(of_day.endpoints),
            api_keys: shown_keys(names, of_day.all.keys),
            entities: of_day.entities.into_iter().map(entity).collect(),
        },
    }
}
