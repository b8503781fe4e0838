//! Requests that count as they were reserved within a budget, because nobody knows what they cost: read from the ledger, where
//! `price_source` says so.

use rusqlite::{Connection, Result};

use super::spend_hourly::{ID_MARGIN, first_id_at};

/// What a row of the ledger says of where its price is from, whose cost is the budget's estimate.
pub const RESERVATION: &str = "reservation";

/// Requests of one model that count so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedModel {
    pub provider: String,
    /// As the provider calls it.
    pub model: String,
    pub requests: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// UTC milliseconds.
    pub last_at: i64,
}

/// Models of which some requests used tokens and count so, since a moment (UTC milliseconds), by provider and model. Those that do
/// not even say what they used are not a matter of prices.
pub fn by_model(connection: &Connection, since: i64) -> Result<Vec<ReservedModel>> {
    // Most gateways have none, and need not read their ledger for it.
    let is_any = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM variants WHERE price_source = ?1)")?
        .query_row([RESERVATION], |row| row.get::<_, bool>(0))?;
    if !is_any {
        return Ok(Vec::new());
    }
    connection
        .prepare_cached(
            "SELECT provider, model, COUNT(*), SUM(input_tokens), SUM(output_tokens), MAX(started_at)
             FROM ledger JOIN series ON series.id = ledger.series
             WHERE ledger.id >= ?1 AND variant IN (SELECT id FROM variants WHERE price_source = ?2)
               AND started_at >= ?3 AND input_tokens + output_tokens > 0 AND provider <> ''
             GROUP BY provider, model ORDER BY provider, model",
        )?
        .query_map((first_id_at(since - ID_MARGIN).as_bytes().to_vec(), RESERVATION, since), |row| {
            Ok(ReservedModel {
                provider: row.get(0)?,
                model: row.get(1)?,
                requests: row.get(2)?,
                input_tokens: row.get(3)?,
                output_tokens: row.get(4)?,
                last_at: row.get(5)?,
            })
        })?
        .collect()
}
