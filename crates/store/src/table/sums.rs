//! All roll-ups together: what a row adds to each of them, written with it.

use rusqlite::{Connection, Result};

use super::requests::{Numbers, RequestRow};
use super::spend_hourly::{self, Totals};
use super::{spend_labels, spend_parts};

/// The sums of one transaction's rows: each place of a roll-up is written once per transaction, however many rows it counts.
#[derive(Default)]
pub(crate) struct Sums {
    hours: spend_hourly::Sums,
    labels: spend_labels::Sums,
    parts: spend_parts::Sums,
}

impl Sums {
    /// A row that is new.
    pub fn add(
        &mut self,
        connection: &Connection,
        numbers: &mut Numbers,
        row: &RequestRow,
        series: i64,
    ) -> Result<()> {
        self.change(connection, numbers, row, series, &Totals::of(row))
    }

    /// A row whose totals become so much more.
    pub fn change(
        &mut self,
        connection: &Connection,
        numbers: &mut Numbers,
        row: &RequestRow,
        series: i64,
        totals: &Totals,
    ) -> Result<()> {
        self.hours.add(row, series, totals);
        let key = numbers.keys.of(connection, row.key_id)?;
        self.labels.add(connection, &mut numbers.labels, row, (key, series), totals)?;
        let known = (&mut numbers.parts, &mut numbers.labels);
        self.parts.add(connection, known, row, series, totals)
    }

    pub fn write(self, connection: &Connection) -> Result<()> {
        self.hours.write(connection)?;
        self.labels.write(connection)?;
        self.parts.write(connection)
    }
}
