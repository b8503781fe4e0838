//! Spend by day of a time zone, out of roll-ups by hour of UTC. Where a day begins within an hour, that hour is of the day before.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use postern_store::table::owners::SeenBy;
use postern_store::table::spend_hourly::{self, MILLISECONDS_PER_HOUR, Split};
use postern_store::{Connection, SqlError};

use crate::error::Failure;
use crate::forecast::{MOST_DAYS, Past};

/// The days that a forecast looks at: this month's, and as many before today as tell something.
pub struct Calendar {
    pub today: Date,
    elapsed: f64,
    zone: TimeZone,
    /// The first hour of each day, today's last, and the one after today.
    begins: Vec<i64>,
}

/// What was spent day by day, nano-dollars.
pub struct Series {
    /// What providers bill by use.
    pub billed: Vec<i64>,
    /// What budgets count.
    pub counted: Vec<i64>,
}

impl Series {
    pub fn sum(&self) -> i64 {
        self.billed.iter().fold(0, |sum, cost| sum.saturating_add(*cost))
    }

    pub fn costs(&self) -> bool {
        self.billed.iter().any(|cost| *cost > 0)
    }

    pub fn add(&mut self, other: &Self) {
        let add = |to: &mut Vec<i64>, from: &[i64]| {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = to.saturating_add(*from));
        };
        add(&mut self.billed, &other.billed);
        add(&mut self.counted, &other.counted);
    }
}

impl Calendar {
    pub fn new(now: Timestamp, zone: &TimeZone) -> Result<Self, Failure> {
        let today = now.to_zoned(zone.clone()).date();
        let of_month = usize::from(today.day().unsigned_abs()) - 1;
        let before = i64::try_from(of_month.max(MOST_DAYS)).unwrap_or(0);
        let begin = |day: Date| {
            let start = day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
            Some((
                start,
                start.div_euclid(MILLISECONDS_PER_HOUR)
                    + i64::from(start.rem_euclid(MILLISECONDS_PER_HOUR) != 0),
            ))
        };
        let days: Option<Vec<(i64, i64)>> =
            (-1..=before).rev().map(|days| begin(today.checked_sub(days.days()).ok()?)).collect();
        let days = days
            .filter(|days| days.len() > 1)
            .ok_or_else(|| Failure::internal("the clock shows a day that has no month around it"))?;
        let [.., (start, _), (end, _)] = days[..] else {
            return Err(Failure::internal("a forecast without a day"));
        };
        let elapsed = (now.as_millisecond() - start) as f64 / (end - start).max(1) as f64;
        let begins = days.into_iter().map(|(_, hour)| hour).collect();
        Ok(Self { today, elapsed, zone: zone.clone(), begins })
    }

    pub fn past<'a>(&self, days: &'a [i64]) -> Past<'a> {
        Past { today: self.today, elapsed: self.elapsed, days }
    }

    pub fn nothing(&self) -> Series {
        let days = self.begins.len() - 1;
        Series { billed: vec![0; days], counted: vec![0; days] }
    }

    pub fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    pub fn zone_name(&self) -> String {
        self.zone.iana_name().unwrap_or("UTC").to_owned()
    }
}

/// What was spent on each day, of what these may see (`None`: all).
pub fn read(
    connection: &Connection,
    calendar: &Calendar,
    split: Split,
    seen_by: Option<&SeenBy>,
) -> Result<HashMap<String, Series>, SqlError> {
    let mut series: HashMap<String, Series> = HashMap::new();
    for (place, day) in calendar.begins.windows(2).enumerate() {
        for (id, money) in spend_hourly::money(connection, split, day[0], day[1], seen_by)? {
            let series = series.entry(id).or_insert_with(|| calendar.nothing());
            series.billed[place] = money.billed;
            series.counted[place] = money.counted;
        }
    }
    Ok(series)
}

#[cfg(test)]
mod tests;
