//! Where sums come from: of everybody they are kept by one thing at a time; of what somebody may see they are added up from the
//! roll-ups that tell whose they are.

use std::collections::HashMap;

use postern_store::table::owners::{self, SeenBy};
use postern_store::table::series::Series;
use postern_store::table::spend_hourly;
use postern_store::table::spend_parts::{self, Part, PartTotals};
use postern_store::{Connection, SqlError};
use uuid::Uuid;

use crate::console::overview::first_hour;

/// What one thing came to in one hour.
pub struct Cell {
    /// Its place among the names.
    pub name: usize,
    /// Hours since 1970, UTC.
    pub hour: i64,
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
    pub fn shown(self, part: Part, keys: &[(Uuid, String, String)]) -> Vec<(String, String)> {
        let labels: HashMap<Uuid, &str> = keys.iter().map(|(id, label, _)| (*id, label.as_str())).collect();
        let shown = self.list.into_iter().map(|name| {
            if part == Part::Key {
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

/// Of `from <= time < to`, UTC milliseconds, by one thing at a time.
pub fn cells(
    connection: &Connection,
    part: Part,
    (from, to): (i64, i64),
    seen_by: Option<&SeenBy>,
    names: &mut Names,
) -> Result<Vec<Cell>, SqlError> {
    let (from, to) = (first_hour(from), first_hour(to));
    if let Some(seen_by) = seen_by {
        return of_some(connection, part, (from, to), seen_by, names);
    }
    let found = spend_parts::between(connection, part, from, to)?;
    let known = spend_parts::names(connection, part)?;
    let mut places: HashMap<i64, usize> = HashMap::new();
    let cells = found.into_iter().map(|row| {
        let place = *places
            .entry(row.label)
            .or_insert_with(|| names.place(known.get(&row.label).map_or("", String::as_str)));
        Cell { name: place, hour: row.hour, totals: row.totals }
    });
    Ok(cells.collect())
}

fn of_some(
    connection: &Connection,
    part: Part,
    (from, to): (i64, i64),
    seen_by: &SeenBy,
    names: &mut Names,
) -> Result<Vec<Cell>, SqlError> {
    let owners = owners::all(connection)?;
    let name = |series: &Series| -> String {
        let owner = owners.get(&series.owner);
        match part {
            Part::All => String::new(),
            Part::Model => series.model_group.clone(),
            Part::Provider => series.provider.clone(),
            Part::Key => spend_parts::key_name(series.key_id),
            Part::Client => series.client_name.clone(),
            Part::User => owner.and_then(|owner| owner.user_id.as_deref()).unwrap_or_default().to_owned(),
            Part::Team => owner.and_then(|owner| owner.team_id.as_deref()).unwrap_or_default().to_owned(),
            Part::Organization => {
                owner.and_then(|owner| owner.organization_id.as_deref()).unwrap_or_default().to_owned()
            }
        }
    };
    let rows = spend_hourly::between(connection, from, to, Some(seen_by))?;
    let cells = rows.into_iter().map(|row| Cell {
        name: names.place(&name(&row.series)),
        hour: row.hour,
        totals: PartTotals::of(row.series.billing, &row.totals),
    });
    Ok(cells.collect())
}
