//! Where sums come from: of everybody they are kept by one thing at a time; of what somebody may see they are added up from the
//! roll-ups that tell whose they are.

use std::collections::HashMap;

use postern_store::table::owners::{self, Owner, SeenBy};
use postern_store::table::series::Series;
use postern_store::table::spend_labels::{self, Label};
use postern_store::table::spend_parts::{self, Part, PartSlot, PartTotals, slot_of};
use postern_store::table::{spend_days, spend_hourly};
use postern_store::{Connection, SqlError};
use uuid::Uuid;

use super::SpendBy;
use crate::console::totals::first_hour;

/// What one thing came to in a part of one slot.
pub struct Cell {
    /// Its place among the names.
    pub name: usize,
    pub slot: usize,
    pub totals: PartTotals,
}

/// The names that there are, in the order in which they were met.
#[derive(Default)]
pub struct Names {
    places: HashMap<String, usize>,
    list: Vec<String>,
}

impl Names {
    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.list.push(name.to_owned());
        self.places.insert(name.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }

    /// Ids with what people call them. `keys`: id, label and hash of each.
    pub fn shown(self, by: SpendBy, keys: &[(Uuid, String, String)]) -> Vec<(String, String)> {
        let labels: HashMap<Uuid, &str> = keys.iter().map(|(id, label, _)| (*id, label.as_str())).collect();
        let shown = self.list.into_iter().map(|name| {
            if by == SpendBy::Key {
                let id = Uuid::parse_str(&name).unwrap_or_default();
                if id.is_nil() {
                    return ("administrator".to_owned(), "administrator".to_owned());
                }
                let label = labels.get(&id).map_or("unknown key", |label| label);
                return (id.to_string(), label.to_owned());
            }
            let shown = if name.is_empty() { "none".to_owned() } else { name.clone() };
            (name, shown)
        });
        shown.collect()
    }
}

/// Slots that follow each other.
pub struct Span {
    /// The first hours of all slots and the end of the last.
    pub hours: Vec<i64>,
    /// Where they are days: of the clock of this time zone.
    pub days_of: Option<String>,
}

impl Span {
    /// Their starts are UTC milliseconds.
    pub fn new(starts: &[i64], days_of: Option<String>) -> Self {
        Self { hours: starts.iter().copied().map(first_hour).collect(), days_of }
    }

    fn ends(&self) -> (i64, i64) {
        (self.hours[0], self.hours[self.hours.len() - 1])
    }
}

/// What all came to in each slot.
pub fn in_all(connection: &Connection, span: &Span, seen_by: Option<&SeenBy>) -> Result<Vec<Cell>, SqlError> {
    let names = &mut Names::default();
    match seen_by {
        None => of_all(connection, Part::All, span, names),
        Some(seen_by) => of_some(connection, name_by(Part::All), span, seen_by, names),
    }
}

/// The same, told apart.
pub fn cells(
    connection: &Connection,
    by: SpendBy,
    span: &Span,
    seen_by: Option<&SeenBy>,
    names: &mut Names,
) -> Result<Vec<Cell>, SqlError> {
    let part = match by {
        SpendBy::Model => Part::Model,
        SpendBy::Provider => Part::Provider,
        SpendBy::Key => Part::Key,
        SpendBy::Tool => Part::Client,
        SpendBy::User => Part::User,
        SpendBy::Team => Part::Team,
        SpendBy::Organization => Part::Organization,
        SpendBy::Project | SpendBy::EndUser => {
            let mut cells = match (by, seen_by) {
                (SpendBy::Project, None) => of_all(connection, Part::Project, span, names)?,
                (SpendBy::Project, Some(seen_by)) => {
                    of_label(connection, Label::Project, span, seen_by, names)?
                }
                (_, None) => of_all_end_users(connection, span, names)?,
                (_, Some(seen_by)) => of_label(connection, Label::EndUser, span, seen_by, names)?,
            };
            add_rest(&mut cells, in_all(connection, span, seen_by)?, names);
            return Ok(cells);
        }
    };
    match seen_by {
        None => of_all(connection, part, span, names),
        Some(seen_by) => of_some(connection, name_by(part), span, seen_by, names),
    }
}

/// Adds what has no name: what is left of all.
fn add_rest(cells: &mut Vec<Cell>, all: Vec<Cell>, names: &mut Names) {
    let mut by_slot: HashMap<usize, PartTotals> = HashMap::new();
    for cell in all {
        by_slot.entry(cell.slot).or_default().add(&cell.totals);
    }
    for cell in &*cells {
        by_slot.entry(cell.slot).or_default().subtract(&cell.totals);
    }
    let left = by_slot.into_iter().filter(|(_, totals)| totals.totals.requests > 0);
    cells.extend(left.map(|(slot, totals)| Cell { name: names.place(""), slot, totals }));
}

fn of_label(
    connection: &Connection,
    label: Label,
    span: &Span,
    seen_by: &SeenBy,
    names: &mut Names,
) -> Result<Vec<Cell>, SqlError> {
    let (from, to) = span.ends();
    let found = spend_labels::by_hour(connection, label, from, to, seen_by)?;
    let cells = found.into_iter().map(|(name, hour, totals)| Cell {
        name: names.place(&name),
        slot: slot_of(&span.hours, hour),
        totals,
    });
    Ok(cells.collect())
}

fn of_all(
    connection: &Connection,
    part: Part,
    span: &Span,
    names: &mut Names,
) -> Result<Vec<Cell>, SqlError> {
    let found = match &span.days_of {
        Some(zone) => spend_days::between(connection, zone, part, &span.hours)?,
        None => spend_parts::between(connection, part, &span.hours)?,
    };
    Ok(named(found, &spend_parts::names(connection, part)?, names))
}

fn of_all_end_users(connection: &Connection, span: &Span, names: &mut Names) -> Result<Vec<Cell>, SqlError> {
    let found = match &span.days_of {
        Some(zone) => spend_days::of_end_users(connection, zone, &span.hours)?,
        None => spend_labels::between(connection, Label::EndUser, &span.hours)?,
    };
    Ok(named(found, &spend_labels::names_of(connection, Label::EndUser)?, names))
}

/// `known` are names by the number of their label.
fn named(found: Vec<PartSlot>, known: &HashMap<i64, String>, names: &mut Names) -> Vec<Cell> {
    let mut places: HashMap<i64, usize> = HashMap::new();
    let cells = found.into_iter().map(|row| {
        let place = *places
            .entry(row.label)
            .or_insert_with(|| names.place(known.get(&row.label).map_or("", String::as_str)));
        Cell { name: place, slot: row.slot, totals: row.totals }
    });
    cells.collect()
}

/// What a series is told apart by.
fn name_by(part: Part) -> impl Fn(&Series, Option<&Owner>) -> String {
    move |series, owner| {
        let owned = |part: fn(&Owner) -> Option<&str>| owner.and_then(part).unwrap_or_default().to_owned();
        match part {
            Part::Model => series.model_group.clone(),
            Part::Provider => series.provider.clone(),
            Part::Key => spend_parts::key_name(series.key_id),
            Part::Client => series.client_name.clone(),
            Part::User => owned(|owner| owner.user_id.as_deref()),
            Part::Team => owned(|owner| owner.team_id.as_deref()),
            Part::Organization => owned(|owner| owner.organization_id.as_deref()),
            // A series tells no project.
            Part::All | Part::Project => String::new(),
        }
    }
}

fn of_some(
    connection: &Connection,
    name: impl Fn(&Series, Option<&Owner>) -> String,
    span: &Span,
    seen_by: &SeenBy,
    names: &mut Names,
) -> Result<Vec<Cell>, SqlError> {
    let owners = owners::all(connection)?;
    let (from, to) = span.ends();
    let rows = spend_hourly::between(connection, from, to, Some(seen_by))?;
    let cells = rows.into_iter().map(|row| Cell {
        name: names.place(&name(&row.series, owners.get(&row.series.owner))),
        slot: slot_of(&span.hours, row.hour),
        totals: PartTotals::of(row.series.billing, &row.totals),
    });
    Ok(cells.collect())
}
