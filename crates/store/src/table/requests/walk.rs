//! Pages of what is rare. The roll-ups know in which hours there is something of it, and rows of no other hour are read: a page is
//! put together from hour to hour, the newest first. What the roll-ups cannot tell (a text that is looked for, a status) is read
//! through, and whoever asks may say how far.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Result, params_from_iter};
use uuid::Uuid;

use super::{Billing, Filter, Outcome, RequestRow, from_row};
use crate::table::sessions;
use crate::table::spend_hourly::{ID_MARGIN, MILLISECONDS_PER_HOUR, first_id_at, hour_of};
use crate::table::spend_labels::Label;
use crate::table::spend_parts::key_name;

/// What a look backwards through the ledger has found.
#[derive(Debug, Default)]
pub struct Found {
    /// Newest first.
    pub rows: Vec<RequestRow>,
    /// It ended before the ledger did: nothing else of what is wanted comes from this id on. `None`: the page is full, or there is
    /// nothing older.
    pub looked_to: Option<Uuid>,
}

/// So many rows are read before the roll-ups are asked: of what is common they have a page.
const FIRST: i64 = 10_000;
/// So many rows are read at once.
const ONCE: i64 = 50_000;
/// The hours of so many names are looked up; more than that are likely to be all.
const MOST_NAMES: usize = 50;

/// One page, newest first.
pub fn page(connection: &Connection, filter: &Filter) -> Result<Vec<RequestRow>> {
    Ok(look(connection, filter, i64::MAX)?.rows)
}

/// The same, but about `most` rows are read at most.
pub fn look(connection: &Connection, filter: &Filter, most: i64) -> Result<Found> {
    look_by(connection, filter, most, (FIRST, ONCE))
}

/// The same in steps of so many rows, the first and the others.
pub(in crate::table) fn look_by(
    connection: &Connection,
    filter: &Filter,
    most: i64,
    (first, once): (i64, i64),
) -> Result<Found> {
    if filter.is_direct() {
        let Some((sql, values)) = filter.page_sql(connection, false)? else { return Ok(Found::default()) };
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values), from_row)?.collect::<Result<_>>()?;
        return Ok(Found { rows, looked_to: None });
    }
    let Some((sql, mut values)) = filter.page_sql(connection, true)? else { return Ok(Found::default()) };
    let mut hours = hours(connection, filter)?.into_iter().peekable();
    let mut statement = connection.prepare(&sql)?;
    let (mut rows, mut read, mut before, mut is_narrow) = (Vec::new(), 0, Uuid::max(), false);
    while let Some(stretch) = Stretch::next(&mut hours, if is_narrow { once } else { first }) {
        let (from, to) = (stretch.first_id(), stretch.end_id().min(before));
        values[0] = Value::Blob(from.as_bytes().to_vec());
        values[1] = Value::Blob(to.as_bytes().to_vec());
        values[2] = Value::Integer((filter.limit - rows.len()) as i64);
        for row in statement.query_map(params_from_iter(&values), from_row)? {
            rows.push(row?);
        }
        if rows.len() >= filter.limit {
            return Ok(Found { rows, looked_to: None });
        }
        (before, read) = (from, read + stretch.requests);
        if !is_narrow {
            hours = narrowed(connection, filter, hours.collect())?.into_iter().peekable();
            is_narrow = true;
        }
        if read >= most && hours.peek().is_some() {
            return Ok(Found { rows, looked_to: Some(from) });
        }
    }
    Ok(Found { rows, looked_to: None })
}

impl Filter {
    /// Whether the rows that fit come one after the other, or from an index.
    fn is_direct(&self) -> bool {
        let common = Self {
            before: self.before,
            key_id: self.key_id,
            user_id: self.user_id.clone(),
            team_id: self.team_id.clone(),
            organization_id: self.organization_id.clone(),
            seen_by: self.seen_by.clone(),
            from: self.from,
            to: self.to,
            limit: self.limit,
            ..Self::default()
        };
        self.id.is_some() || self.words.is_some() || self.offset > 0 || *self == common
    }
}

/// An hour in which there may be something.
struct Hour {
    /// Among all hours in which there was anything, from the newest.
    rank: usize,
    /// Since 1970, UTC.
    number: i64,
    /// Of everybody.
    requests: i64,
}

/// Hours that follow each other.
struct Stretch {
    first: i64,
    last: i64,
    requests: i64,
}

impl Stretch {
    /// The newest of the hours, and those before it until they have so many rows.
    fn next(hours: &mut std::iter::Peekable<std::vec::IntoIter<Hour>>, rows: i64) -> Option<Self> {
        let newest = hours.next()?;
        let mut rank = newest.rank;
        let mut stretch = Self { first: newest.number, last: newest.number, requests: newest.requests };
        while stretch.requests < rows
            && let Some(hour) = hours.next_if(|hour| hour.rank == rank + 1)
        {
            rank = hour.rank;
            stretch.first = hour.number;
            stretch.requests += hour.requests;
        }
        Some(stretch)
    }

    fn first_id(&self) -> Uuid {
        first_id_of(self.first)
    }

    fn end_id(&self) -> Uuid {
        first_id_at(((self.last + 1) * MILLISECONDS_PER_HOUR).saturating_add(ID_MARGIN))
    }
}

/// No row of this hour or a later one has a smaller id.
fn first_id_of(hour: i64) -> Uuid {
    first_id_at((hour * MILLISECONDS_PER_HOUR).saturating_sub(ID_MARGIN))
}

/// When an id was made, UTC milliseconds.
pub fn time_of(id: Uuid) -> i64 {
    id.into_bytes()[..6].iter().fold(0, |sum, byte| (sum << 8) | i64::from(*byte))
}

/// The first hour that a row of this id may be of.
fn first_hour_of(id: Uuid) -> i64 {
    hour_of(time_of(id).saturating_sub(ID_MARGIN))
}

/// The hours within the bounds of time, newest first, but for those whose sums say that nothing fits.
fn hours(connection: &Connection, filter: &Filter) -> Result<Vec<Hour>> {
    let oldest: Option<Uuid> =
        connection.prepare_cached("SELECT MIN(id) FROM ledger")?.query_row([], |row| row.get(0))?;
    let Some(oldest) = oldest else { return Ok(Vec::new()) };
    let (mut first, mut last) = (first_hour_of(oldest), i64::MAX);
    let span = match &filter.session {
        None => None,
        Some(session) => sessions::span(connection, session)?,
    };
    for from in [filter.from, span.map(|(from, _)| from)].into_iter().flatten() {
        first = first.max(hour_of(from));
    }
    for to in [filter.to, span.map(|(_, to)| to)].into_iter().flatten() {
        last = last.min(hour_of(to));
    }
    let mut wanted = vec!["1"];
    match filter.outcome {
        Some(Outcome::Ok) => wanted.push("requests > errors + cancelled"),
        Some(Outcome::Error) => wanted.push("errors > 0"),
        Some(Outcome::Cancelled) => wanted.push("cancelled > 0"),
        None => {}
    }
    match filter.failed {
        Some(true) => wanted.push("errors + cancelled > 0"),
        Some(false) => wanted.push("requests > errors + cancelled"),
        None => {}
    }
    match filter.billing {
        Some(Billing::Subscription) => wanted.push("covered_requests > 0"),
        Some(Billing::Local) => wanted.push("local_requests > 0"),
        Some(Billing::Api) | None => {}
    }
    match filter.unpriced {
        Some(true) => wanted.push("unpriced > 0"),
        Some(false) => wanted.push("requests > unpriced"),
        None => {}
    }
    let sql = format!(
        "SELECT hour, requests, {} FROM spend_parts WHERE label = (SELECT id FROM labels WHERE kind = {} AND name = '')
         AND hour BETWEEN ?1 AND ?2 ORDER BY hour DESC",
        wanted.join(" AND "),
        Label::All.number()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query((first, last))?;
    let (mut hours, mut rank) = (Vec::new(), 0);
    while let Some(row) = found.next()? {
        let is_older = |hour| filter.before.is_none_or(|before| first_id_of(hour) < before);
        if row.get(2)? && is_older(row.get(0)?) {
            hours.push(Hour { rank, number: row.get(0)?, requests: row.get(1)? });
        }
        rank += 1;
    }
    Ok(hours)
}

/// Those of these hours in which there is something of everything that is named.
fn narrowed(connection: &Connection, filter: &Filter, mut hours: Vec<Hour>) -> Result<Vec<Hour>> {
    let mut parts = Vec::new();
    for (label, name) in [
        (Label::Provider, filter.provider.clone()),
        (Label::Client, filter.client.clone()),
        (Label::Key, filter.key_id.map(key_name)),
        (Label::User, filter.user_id.clone()),
        (Label::Team, filter.team_id.clone()),
        (Label::Organization, filter.organization_id.clone()),
    ] {
        parts.extend(name.map(|name| (label, vec![name])));
    }
    for (condition, name) in
        [("model_group = ?1 OR model = ?1", &filter.model), ("endpoint = ?1", &filter.endpoint)]
    {
        if let Some(name) = name {
            let groups: Vec<String> = connection
                .prepare_cached(&format!("SELECT DISTINCT model_group FROM series WHERE {condition}"))?
                .query_map([name], |row| row.get(0))?
                .collect::<Result<_>>()?;
            parts.push((Label::Model, groups));
        }
    }
    for (label, names) in parts {
        keep(&mut hours, |bounds| of_part(connection, label, &names, bounds))?;
    }
    for (label, name) in
        [(Label::EndUser, &filter.end_user), (Label::Project, &filter.project), (Label::Tag, &filter.tag)]
    {
        if let Some(name) = name {
            keep(&mut hours, |bounds| of_label(connection, label, name, bounds).map(Some))?;
        }
    }
    Ok(hours)
}

/// Leaves the hours that are among the found ones, of which the first and the last are said; `None`: any may be.
fn keep(hours: &mut Vec<Hour>, find: impl FnOnce((i64, i64)) -> Result<Option<HashSet<i64>>>) -> Result<()> {
    let (Some(newest), Some(oldest)) = (hours.first(), hours.last()) else { return Ok(()) };
    if let Some(found) = find((oldest.number, newest.number))? {
        hours.retain(|hour| found.contains(&hour.number));
    }
    Ok(())
}

fn of_part(
    connection: &Connection,
    label: Label,
    names: &[String],
    (first, last): (i64, i64),
) -> Result<Option<HashSet<i64>>> {
    if names.len() > MOST_NAMES {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(
        "SELECT hour FROM spend_parts WHERE label = (SELECT id FROM labels WHERE kind = ?1 AND name = ?2) AND hour BETWEEN ?3 AND ?4",
    )?;
    let mut found = HashSet::new();
    for name in names {
        for hour in statement.query_map((label.number(), name, first, last), |row| row.get(0))? {
            found.insert(hour?);
        }
    }
    Ok(Some(found))
}

/// One name has many rows an hour: from each hour the next is looked up.
fn of_label(
    connection: &Connection,
    label: Label,
    name: &str,
    (first, last): (i64, i64),
) -> Result<HashSet<i64>> {
    let number: Option<i64> = connection
        .prepare_cached("SELECT id FROM labels WHERE kind = ?1 AND name = ?2")?
        .query_row((label.number(), name), |row| row.get(0))
        .optional()?;
    connection
        .prepare_cached(
            "WITH RECURSIVE hours (hour) AS (
               SELECT MIN(hour) FROM spend_labels WHERE label = ?1 AND hour >= ?2
               UNION ALL
               SELECT (SELECT MIN(hour) FROM spend_labels WHERE label = ?1 AND hour > hours.hour) FROM hours WHERE hour <= ?3
             ) SELECT hour FROM hours WHERE hour <= ?3",
        )?
        .query_map((number, first, last), |row| row.get(0))?
        .collect()
}
