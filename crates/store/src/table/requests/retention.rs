//! Rows that are older than they are kept. Every sum that they are in stays.

use rusqlite::{Connection, Result};

use crate::table::settings;
use crate::table::spend_hourly::{ID_MARGIN, MILLISECONDS_PER_HOUR, first_id_at, hour_of};

/// Under this name `settings` keeps the hour (since 1970, UTC) from which on rows are there, or may be.
const KEPT_FROM: &str = "requests_kept_from_hour";

/// The first hour whose rows are all there. Earlier ones are known by their sums alone.
pub(in crate::table) fn kept_from(connection: &Connection) -> Result<i64> {
    let known = settings::get(connection, KEPT_FROM)?;
    Ok(known.and_then(|text| text.parse().ok()).unwrap_or(i64::MIN))
}

/// Removes at most so many rows of whole hours before a moment (UTC milliseconds), the oldest first, with what is kept of their
/// attempts; how many there were. The file becomes smaller by as much.
pub fn prune(connection: &Connection, before: i64, limit: usize) -> Result<usize> {
    let hour = hour_of(before);
    // An id is made a moment before or after the time that its row names.
    let end = first_id_at((hour * MILLISECONDS_PER_HOUR).saturating_sub(ID_MARGIN));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let last: Option<uuid::Uuid> = connection
        .prepare_cached("SELECT MAX(id) FROM (SELECT id FROM ledger WHERE id < ?1 ORDER BY id LIMIT ?2)")?
        .query_row((end, limit), |row| row.get(0))?;
    let Some(last) = last else { return Ok(0) };
    // Said before the first row of it goes: a sum must not miss what is gone.
    if kept_from(connection)? < hour {
        settings::set(connection, KEPT_FROM, &hour.to_string())?;
    }
    connection.prepare_cached("DELETE FROM attempt_bills WHERE request_id <= ?1")?.execute([last])?;
    let removed = connection.prepare_cached("DELETE FROM ledger WHERE id <= ?1")?.execute([last])?;
    crate::connection::give_back(connection)?;
    Ok(removed)
}
