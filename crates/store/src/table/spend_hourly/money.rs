//! What was spent, and nothing else: sums of money by hour and by day, for forecasts and for what is usual.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};
use uuid::Uuid;

use crate::table::owners::SeenBy;
use crate::table::spend_parts::{Part, key_name};

/// What tells sums apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    Whole,
    /// The id of the key in hexadecimal.
    Key,
    ModelGroup,
    /// Empty where requests reached none.
    Provider,
    /// Empty where requests are of no team.
    Team,
}

impl Split {
    fn part(self) -> Part {
        match self {
            Self::Whole => Part::All,
            Self::Key => Part::Key,
            Self::ModelGroup => Part::Model,
            Self::Provider => Part::Provider,
            Self::Team => Part::Team,
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::Whole => "''",
            Self::Key => "lower(hex(series.key_id))",
            Self::ModelGroup => "series.model_group",
            Self::Provider => "series.provider",
            Self::Team => "owners.team_id",
        }
    }
}

/// Nano-dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Money {
    /// What providers bill by use.
    pub billed: i64,
    /// The same and what a flat rate covers: what budgets count.
    pub counted: i64,
}

/// What was spent in some hours (`from <= hour < to`, since 1970, UTC), of what these may see (`None`: all).
pub fn money(
    connection: &Connection,
    split: Split,
    from: i64,
    to: i64,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<(String, Money)>> {
    let mut values = vec![Value::Integer(from), Value::Integer(to)];
    let Some(seen_by) = seen_by else {
        return of_parts(connection, split.part(), from, to);
    };
    let seen = seen_by.condition(&mut values);
    let (column, owners) =
        (split.column(), if split == Split::Team { "JOIN owners ON owners.id = series.owner" } else { "" });
    connection
        .prepare_cached(&format!(
            "SELECT {column}, COALESCE(SUM(CASE WHEN billing = 0 THEN cost_nanos ELSE 0 END), 0), COALESCE(SUM(cost_nanos), 0)
             FROM spend_hourly JOIN series ON series.id = spend_hourly.series {owners}
             WHERE hour >= ?1 AND hour < ?2 AND {seen} GROUP BY 1"
        ))?
        .query_map(params_from_iter(values), |row| {
            Ok((row.get(0)?, Money { billed: row.get(1)?, counted: row.get(2)? }))
        })?
        .collect()
}

/// Of everybody it is kept by one thing at a time. Only what providers bill by use costs something there.
fn of_parts(connection: &Connection, part: Part, from: i64, to: i64) -> Result<Vec<(String, Money)>> {
    connection
        .prepare_cached(
            "SELECT name, SUM(cost_nanos) FROM labels JOIN spend_parts ON spend_parts.label = labels.id
             WHERE kind = ?1 AND hour >= ?2 AND hour < ?3 GROUP BY labels.id",
        )?
        .query_map([part.label().number(), from, to], |row| {
            let billed = row.get(1)?;
            Ok((row.get(0)?, Money { billed, counted: billed }))
        })?
        .collect()
}

/// Whose hours are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoursOf {
    Everything,
    Key(Uuid),
    Provider(String),
}

/// What providers billed by use in each hour in which anything was used (`from <= hour < to`), oldest first.
pub fn billed_by_hour(connection: &Connection, of: &HoursOf, from: i64, to: i64) -> Result<Vec<(i64, i64)>> {
    let (part, name) = match of {
        HoursOf::Everything => (Part::All, String::new()),
        HoursOf::Key(id) => (Part::Key, key_name(*id)),
        HoursOf::Provider(name) => (Part::Provider, name.clone()),
    };
    connection
        .prepare_cached(
            "SELECT hour, cost_nanos FROM spend_parts
             WHERE label = (SELECT id FROM labels WHERE kind = ?1 AND name = ?2) AND hour >= ?3 AND hour < ?4 ORDER BY hour",
        )?
        .query_map((part.label().number(), name, from, to), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
