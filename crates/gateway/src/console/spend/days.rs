//! Days of a time zone are added up once, after somebody has looked at a long span of them, and then are not many hours but one row.
//! What a day came to is the same either way; this is only about how long a look takes.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use postern_store::table::spend_days::{self, Begun};

use super::{Days, HOUR_MS};
use crate::clock;
use crate::console::totals::first_hour;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;

/// Whoever looks at so many days has those of the zone kept.
pub const WORTH_KEEPING: i32 = 60;
/// So many things at once are written of: everybody else's writes wait as long.
const AT_ONCE: usize = 10;
/// Not while everything starts.
const AFTER_START: Duration = Duration::from_mins(1);
const EACH: Duration = Duration::from_hours(6);

/// Sees to it, without anybody waiting, that a zone's days are there for the next look.
pub fn keep(engine: &Shared, name: String, zone: TimeZone) {
    let keeping = engine.clone();
    engine.tasks.spawn_until_stopped(async move {
        // One at a time; who finds another at it comes again with the next look.
        let Ok(_one) = keeping.adding_days.try_lock() else { return };
        if let Err(failure) = fill(&keeping, name, zone).await {
            tracing::debug!(reason = failure.error.message, "days could not be added up; hours are used");
        }
    });
}

/// The same by itself for the clock of this machine, which is that of most who look: their first look need not wait for hours.
pub async fn keep_this_machines(engine: Arc<Engine>) {
    tokio::time::sleep(AFTER_START).await;
    loop {
        let zone = TimeZone::system();
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        keep(&engine, name, zone);
        tokio::time::sleep(EACH).await;
    }
}

async fn fill(engine: &Shared, name: String, zone: TimeZone) -> Result<(), Failure> {
    let wrong = |error: jiff::Error| Failure::internal(error.to_string());
    // Requests that began yesterday may still be under way.
    let end = clock::now().to_zoned(zone.clone()).date().checked_sub(1.day()).map_err(wrong)?;
    let to = first_hour(Days(end, 0).days(&zone)?[0]);
    let asked = name.clone();
    if !engine.read(move |connection| spend_days::lacks(connection, &asked, to)).await? {
        return Ok(());
    }
    let begun = engine.transact(move |connection| Ok(spend_days::begin(connection, &name, to)?)).await?;
    let Some(Begun { zone: number, from, labels }) = begun else { return Ok(()) };
    let first = Timestamp::from_millisecond(from * HOUR_MS).map_err(wrong)?.to_zoned(zone.clone()).date();
    let starts: Vec<i64> =
        Days(first, (end - first).get_days()).days(&zone)?.into_iter().map(first_hour).collect();
    for some in labels.chunks(AT_ONCE) {
        let (some, starts) = (some.to_vec(), starts.clone());
        engine.transact(move |connection| Ok(spend_days::write(connection, number, &some, &starts)?)).await?;
    }
    engine.transact(move |connection| Ok(spend_days::end(connection, number)?)).await
}

#[cfg(test)]
mod tests;
