//! The tables, and the order in which they came to be. Migrations only go forward; a newer database is refused.

pub mod alerts;
pub mod attempt_bills;
pub mod audit_log;
pub mod bodies;
pub mod budgets;
pub mod circuit_events;
mod columns;
pub mod customers;
pub mod invitations;
mod key_numbers;
pub mod keys;
pub mod members;
pub mod models;
pub mod organizations;
pub mod owners;
mod packed;
pub mod prices;
pub mod providers;
pub mod requests;
pub mod reservations;
pub mod responses;
pub mod series;
pub mod sessions;
pub mod settings;
pub mod spend_days;
pub mod spend_hourly;
pub mod spend_labels;
pub mod spend_parts;
pub mod spent;
pub(crate) mod sums;
pub mod tags;
pub mod teams;
pub mod users;
mod variants;

use std::path::Path;

pub use columns::LimitColumns;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::StoreError;

/// Append only: the position in this list is the schema's version.
fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(keys::CREATE),
        M::up(providers::CREATE),
        M::up(models::CREATE),
        M::up(requests::CREATE),
        M::up(spend_hourly::CREATE),
        M::up(settings::CREATE),
        M::up(prices::CREATE),
        M::up(requests::WITHOUT_RESPONSE_INDEX),
        M::up(providers::WITH_SETTINGS),
        M::up(responses::CREATE),
        M::up(attempt_bills::CREATE),
        M::up(providers::WITH_ROUTING),
        M::up(spend_hourly::WITH_LATENCY),
        M::up(circuit_events::CREATE),
        M::up(owners::CREATE),
        M::up(keys::WITH_OWNERS),
        M::up(requests::WITH_OWNERS),
        M::up(spend_hourly::WITH_OWNERS),
        M::up(spend_labels::CREATE),
        M::up(budgets::CREATE),
        M::up(users::CREATE),
        M::up(organizations::CREATE),
        M::up(teams::CREATE),
        M::up(members::CREATE),
        M::up(customers::CREATE),
        M::up(tags::CREATE),
        M::up(invitations::CREATE),
        M::up(audit_log::CREATE),
        M::up(series::CREATE),
        M::up(spend_hourly::WITH_SERIES),
        M::up(spend_labels::WITH_SERIES),
        M::up(requests::BY_OWNER),
        M::up(columns::WITH_ALLOWED_MODELS),
        M::up(packed::CREATE),
        M::up(variants::CREATE),
        M::up(key_numbers::CREATE),
        M::up(sessions::CREATE),
        M::up_with_hook(requests::COMPACT, requests::compact),
        M::up(spend_parts::CREATE),
        M::up_with_hook("", |transaction| Ok(transaction.execute_batch(&spend_parts::fill())?)),
        M::up(bodies::CREATE),
        M::up(alerts::CREATE),
        M::up(providers::WITH_BILLING),
        M::up(sessions::BY_KEY),
        M::up(spend_parts::WITH_PROJECTS),
        M::up(spend_days::CREATE),
    ])
}

/// The schema's version that this build writes.
pub const SCHEMA_VERSION: i64 = 46;

pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: path.display().to_string(), found, known: SCHEMA_VERSION });
    }
    migrations().to_latest(connection).map_err(|error| StoreError::Migration(error.to_string()))
}

#[cfg(test)]
mod tests;

/// A UUID kept as text.
fn uuid_text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<uuid::Uuid> {
    let text: String = row.get(column)?;
    uuid::Uuid::parse_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
