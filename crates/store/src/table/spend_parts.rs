//! `spend_parts`: sums by the hour and by one thing at a time: all, a model group, a provider, a key, a client, a user, a team, an
//! organization, a project. What `spend_hourly` knows by all of them together is of many more rows: a year of it cannot be added up while
//! somebody waits, and a year of these can.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{Connection, Result, Row, Rows, params_from_iter};
use uuid::Uuid;

use super::owners::Owner;
use super::requests::{Billing, RequestRow};
use super::spend_days;
use super::spend_hourly::{COLUMNS, SUMS, Totals, WIDTH, adding, hour_of};
use super::spend_labels::{self, Label};

pub(super) const CREATE: &str = "
CREATE TABLE spend_parts (
  label              INTEGER NOT NULL,   -- a number of `labels`
  hour               INTEGER NOT NULL,   -- hours since 1970, UTC
  requests           INTEGER NOT NULL,
  errors             INTEGER NOT NULL,
  cancelled          INTEGER NOT NULL,
  unpriced           INTEGER NOT NULL,
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens   INTEGER NOT NULL,
  cost_nanos         INTEGER NOT NULL,
  latency_us         INTEGER NOT NULL,
  covered_nanos      INTEGER NOT NULL,
  covered_requests   INTEGER NOT NULL,   -- within a flat rate
  local_requests     INTEGER NOT NULL,
  PRIMARY KEY (label, hour)
) STRICT, WITHOUT ROWID;";

/// Fills it from the roll-ups that there were before.
pub(super) fn fill() -> String {
    let of = |part: &Part| {
        let (kind, name) = (part.label().number(), part.column());
        format!(
            "INSERT INTO labels (kind, name) SELECT DISTINCT {kind}, {name}
               FROM series LEFT JOIN owners ON owners.id = series.owner WHERE {name} IS NOT NULL;
             INSERT INTO spend_parts SELECT labels.id, hour, {SUMS},
               SUM(CASE WHEN billing = 1 THEN requests ELSE 0 END), SUM(CASE WHEN billing = 2 THEN requests ELSE 0 END)
               FROM spend_hourly JOIN series ON series.id = spend_hourly.series LEFT JOIN owners ON owners.id = series.owner
               JOIN labels ON labels.kind = {kind} AND labels.name = {name} GROUP BY 1, 2;"
        )
    };
    Part::OF_EACH.iter().map(of).collect()
}

/// Fills in projects, which are sums of their own besides.
pub(super) const WITH_PROJECTS: &str = "
INSERT INTO spend_parts SELECT label, hour, SUM(requests), SUM(errors), SUM(cancelled), SUM(unpriced), SUM(input_tokens),
    SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(cost_nanos), SUM(latency_us),
    SUM(covered_nanos), SUM(CASE WHEN billing = 1 THEN requests ELSE 0 END), SUM(CASE WHEN billing = 2 THEN requests ELSE 0 END)
  FROM spend_labels JOIN series ON series.id = series
  WHERE label IN (SELECT id FROM labels WHERE kind = 2) GROUP BY label, hour;";

/// By what sums are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    All,
    /// The model group.
    Model,
    Provider,
    /// The id of the key as 32 digits.
    Key,
    /// The first word of the User-Agent.
    Client,
    /// Empty: nobody's, as the two below.
    User,
    Team,
    Organization,
    /// What clients worked on; of requests that name one.
    Project,
}

impl Part {
    /// Those of which every request is counted, under some name or none.
    pub const OF_EACH: [Self; 8] = [
        Self::All,
        Self::Model,
        Self::Provider,
        Self::Key,
        Self::Client,
        Self::User,
        Self::Team,
        Self::Organization,
    ];

    pub(super) fn label(self) -> Label {
        match self {
            Self::All => Label::All,
            Self::Model => Label::Model,
            Self::Provider => Label::Provider,
            Self::Key => Label::Key,
            Self::Client => Label::Client,
            Self::User => Label::User,
            Self::Team => Label::Team,
            Self::Organization => Label::Organization,
            Self::Project => Label::Project,
        }
    }

    /// SQL over `series` with `owners`.
    fn column(self) -> &'static str {
        match self {
            Self::All => "''",
            Self::Model => "model_group",
            Self::Provider => "provider",
            Self::Key => "LOWER(HEX(key_id))",
            Self::Client => "client_name",
            Self::User => "COALESCE(user_id, '')",
            Self::Team => "COALESCE(team_id, '')",
            Self::Organization => "COALESCE(organization_id, '')",
            // Series do not tell it.
            Self::Project => "NULL",
        }
    }

    /// What a row is counted for.
    fn name_of(self, row: &RequestRow) -> String {
        let or_empty = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
        let Owner { user_id, team_id, organization_id } = &row.owner;
        match self {
            Self::All => String::new(),
            Self::Model => row.model_group.clone(),
            Self::Provider => row.provider.clone().unwrap_or_default(),
            Self::Key => key_name(row.key_id),
            Self::Client => row.client_name.clone(),
            Self::User => or_empty(user_id),
            Self::Team => or_empty(team_id),
            Self::Organization => or_empty(organization_id),
            Self::Project => row.project.clone().unwrap_or_default(),
        }
    }
}

/// A key as the names of [`Part::Key`] are.
pub fn key_name(id: Uuid) -> String {
    id.simple().to_string()
}

/// Sums, with how many requests were paid for otherwise than by use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PartTotals {
    pub totals: Totals,
    /// Within a flat rate.
    pub covered_requests: i64,
    pub local_requests: i64,
}

/// Its columns, in the order in which [`PartTotals::from_row`] reads them.
pub(super) static PART_COLUMNS: LazyLock<String> =
    LazyLock::new(|| format!("{COLUMNS}, covered_requests, local_requests"));
pub(super) const PART_WIDTH: usize = WIDTH + 2;

static ADD: LazyLock<String> = LazyLock::new(|| adding("spend_parts", &["label", "hour"], &PART_COLUMNS));

impl PartTotals {
    pub(super) fn from_row(row: &Row<'_>, first: usize) -> Result<Self> {
        Ok(Self {
            totals: Totals::from_row(row, first)?,
            covered_requests: row.get(first + WIDTH)?,
            local_requests: row.get(first + WIDTH + 1)?,
        })
    }

    pub(super) fn values(&self) -> impl Iterator<Item = i64> + use<> {
        self.totals.values().into_iter().chain([self.covered_requests, self.local_requests])
    }

    pub fn of(billing: Billing, totals: &Totals) -> Self {
        let counted = |wanted: Billing| if billing == wanted { totals.requests } else { 0 };
        Self {
            totals: *totals,
            covered_requests: counted(Billing::Subscription),
            local_requests: counted(Billing::Local),
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.totals.add(&other.totals);
        self.covered_requests += other.covered_requests;
        self.local_requests += other.local_requests;
    }

    pub fn subtract(&mut self, other: &Self) {
        self.totals = self.totals.since(&other.totals);
        self.covered_requests -= other.covered_requests;
        self.local_requests -= other.local_requests;
    }
}

/// The numbers of the labels of a series, which are those of each of its rows.
pub(crate) type Labels = [i64; Part::OF_EACH.len()];

/// The sums of one transaction's rows by label and hour.
#[derive(Default)]
pub(crate) struct Sums(HashMap<(i64, i64), PartTotals>);

/// The labels of each series that the writer knows.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<i64, Labels>);

/// So many are kept in memory at most.
const MOST_KNOWN: usize = 20_000;

impl Numbers {
    fn of(
        &mut self,
        connection: &Connection,
        labels: &mut spend_labels::Numbers,
        row: &RequestRow,
        series: i64,
    ) -> Result<Labels> {
        if let Some(known) = self.0.get(&series) {
            return Ok(*known);
        }
        let mut numbers = Labels::default();
        for (part, number) in Part::OF_EACH.into_iter().zip(&mut numbers) {
            *number = labels.of(connection, part.label(), &part.name_of(row))?;
        }
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        self.0.insert(series, numbers);
        Ok(numbers)
    }

    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

impl Sums {
    pub fn add(
        &mut self,
        connection: &Connection,
        (numbers, labels): (&mut Numbers, &mut spend_labels::Numbers),
        row: &RequestRow,
        series: i64,
        totals: &Totals,
    ) -> Result<()> {
        let totals = PartTotals::of(row.billing, totals);
        let project = row.project.as_ref();
        let project = project.map(|name| labels.of(connection, Label::Project, name)).transpose()?;
        for label in numbers.of(connection, labels, row, series)?.into_iter().chain(project) {
            self.0.entry((label, hour_of(row.started_at))).or_default().add(&totals);
        }
        Ok(())
    }

    pub fn write(self, connection: &Connection) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        if let Some(first) = self.0.keys().map(|(_, hour)| *hour).min() {
            spend_days::changed(connection, first)?;
        }
        let mut statement = connection.prepare_cached(&ADD)?;
        for ((label, hour), sum) in self.0 {
            statement.execute(params_from_iter([label, hour].into_iter().chain(sum.values())))?;
        }
        Ok(())
    }
}

/// What one came to in a part of one span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSlot {
    /// A number, the same for all of one name.
    pub label: i64,
    /// The place of the span.
    pub slot: usize,
    pub totals: PartTotals,
}

/// What each came to in some hours (`from <= hour < to`), by name.
pub fn sums(connection: &Connection, part: Part, from: i64, to: i64) -> Result<Vec<(String, PartTotals)>> {
    connection
        .prepare_cached(&format!(
            "SELECT name, {SUMS}, SUM(covered_requests), SUM(local_requests)
             FROM labels JOIN spend_parts ON spend_parts.label = labels.id
             WHERE kind = ?1 AND hour >= ?2 AND hour < ?3 GROUP BY labels.id"
        ))?
        .query_map([part.label().number(), from, to], |row| Ok((row.get(0)?, PartTotals::from_row(row, 1)?)))?
        .collect()
}

/// The names of a kind by their number.
pub fn names(connection: &Connection, part: Part) -> Result<HashMap<i64, String>> {
    spend_labels::names_of(connection, part.label())
}

/// What each came to in spans of hours that follow each other: the first hour of each, and the end of the last. In no order.
pub fn between(connection: &Connection, part: Part, starts: &[i64]) -> Result<Vec<PartSlot>> {
    let of = ("label IN (SELECT id FROM labels WHERE kind = ?1)", part.label().number());
    added_up(connection, of, starts)
}

/// The same of one label.
pub(super) fn of_label(connection: &Connection, label: i64, starts: &[i64]) -> Result<Vec<PartSlot>> {
    added_up(connection, ("label = ?1", label), starts)
}

fn added_up(connection: &Connection, of: (&str, i64), starts: &[i64]) -> Result<Vec<PartSlot>> {
    let [from, .., to] = starts else { return Ok(Vec::new()) };
    let (condition, number) = of;
    let sql = format!(
        "SELECT label, hour, {} FROM spend_parts WHERE {condition} AND hour >= ?2 AND hour < ?3",
        *PART_COLUMNS
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query([number, *from, *to])?;
    merged(rows, starts, |row| PartTotals::from_row(row, 2))
}

/// Rows that begin with a label and an hour, added up: hours of one label come one after the other, and a year of them becomes days
/// on the way.
pub(super) fn merged(
    mut rows: Rows<'_>,
    starts: &[i64],
    totals_of: impl Fn(&Row<'_>) -> Result<PartTotals>,
) -> Result<Vec<PartSlot>> {
    let mut slots: Vec<PartSlot> = Vec::new();
    while let Some(row) = rows.next()? {
        let (label, hour) = (row.get(0)?, row.get(1)?);
        let totals = totals_of(row)?;
        match slots.last_mut() {
            Some(last)
                if last.label == label && (starts[last.slot]..starts[last.slot + 1]).contains(&hour) =>
            {
                last.totals.add(&totals);
            }
            _ => slots.push(PartSlot { label, slot: slot_of(starts, hour), totals }),
        }
    }
    Ok(slots)
}

/// The span that an hour of theirs lies in.
pub fn slot_of(starts: &[i64], hour: i64) -> usize {
    starts.partition_point(|start| *start <= hour).saturating_sub(1).min(starts.len().saturating_sub(2))
}
