//! What answers of the console have in common: sums, the days of a time zone, names of keys.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_store::Connection;
use postern_store::table::owners::SeenBy;
use postern_store::table::spend_hourly::{self, HourRow};
use postern_store::table::spend_parts::PartTotals;
use serde::Serialize;
use uuid::Uuid;

use crate::error::Failure;

/// Sums. Costs in nano-dollars; requests of models without a price count in `unpriced_requests` and cost nothing here.
#[derive(Clone, Copy, Default, Serialize, utoipa::ToSchema)]
pub struct Totals {
    pub requests: i64,
    pub errors: i64,
    pub cancelled: i64,
    /// All prompt tokens, the cache's included.
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost_nanos: i64,
    pub unpriced_requests: i64,
    pub local_requests: i64,
    /// What requests within a flat rate would have cost: nobody pays it.
    pub covered_nanos: i64,
    pub covered_requests: i64,
}

impl From<&PartTotals> for Totals {
    fn from(sum: &PartTotals) -> Self {
        let totals = &sum.totals;
        Self {
            requests: totals.requests,
            errors: totals.errors,
            cancelled: totals.cancelled,
            input_tokens: totals.input_tokens,
            output_tokens: totals.output_tokens,
            cache_read_tokens: totals.cache_read_tokens,
            cache_write_tokens: totals.cache_write_tokens,
            reasoning_tokens: totals.reasoning_tokens,
            cost_nanos: totals.cost_nanos,
            unpriced_requests: totals.unpriced,
            local_requests: sum.local_requests,
            covered_nanos: totals.covered_nanos,
            covered_requests: sum.covered_requests,
        }
    }
}

const HOUR_MS: i64 = 3_600_000;

/// The zone of that name.
pub fn zone(name: Option<&str>) -> Result<TimeZone, Failure> {
    match name {
        None | Some("" | "UTC") => Ok(TimeZone::UTC),
        Some(name) => TimeZone::get(name).map_err(|_| {
            Failure::invalid(
                "unknown_time_zone",
                format!("tz `{}` is not an IANA time zone", name.chars().take(60).collect::<String>()),
            )
            .with_param("tz")
        }),
    }
}

/// The last midnight, UTC milliseconds.
pub fn midnight(zone: &TimeZone, now: Timestamp) -> Result<i64, Failure> {
    let midnight =
        now.to_zoned(zone.clone()).start_of_day().map_err(|error| Failure::internal(error.to_string()))?;
    Ok(midnight.timestamp().as_millisecond())
}

/// Roll-ups of `from <= time < to`, milliseconds, that somebody may see. An hour that a day begins in, where zones differ by less than hours,
/// belongs to the day that it begins in itself.
pub fn hours(
    connection: &Connection,
    from: i64,
    to: i64,
    seen_by: Option<&SeenBy>,
) -> Result<Vec<HourRow>, postern_store::SqlError> {
    spend_hourly::between(connection, first_hour(from), first_hour(to), seen_by)
}

/// The first whole hour that begins then or later.
pub fn first_hour(at: i64) -> i64 {
    at.div_euclid(HOUR_MS) + i64::from(at.rem_euclid(HOUR_MS) != 0)
}

/// Names of keys by id.
pub type Labels = HashMap<Uuid, String>;

/// How the console calls the holder of a key.
pub fn key_name(id: Uuid, labels: &Labels) -> String {
    if id.is_nil() {
        return "administrator".into();
    }
    labels.get(&id).cloned().unwrap_or_else(|| "unknown key".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_a_day_ends_in_is_part_of_it() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a timestamp");
        let kathmandu = zone(Some("Asia/Kathmandu")).expect("known");
        // Six minutes to midnight there: the hour began on the same day, and goes on into the next.
        let now = at("2026-11-26T18:09:00Z");
        let hour = now.as_millisecond() / HOUR_MS;
        let (from, to) = (midnight(&kathmandu, now).unwrap(), at("2026-11-26T18:15:00Z").as_millisecond());
        assert_eq!(to - from, 24 * HOUR_MS);
        let (from, to) = (first_hour(from), first_hour(to));
        assert!((from..to).contains(&hour) && !(from..to).contains(&(hour + 1)));
        // Without an end there is no overflow.
        assert!(first_hour(i64::MAX) > first_hour(0));
        assert!(zone(Some("Mars/Olympus")).is_err());
    }
}
