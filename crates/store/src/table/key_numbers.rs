//! `key_numbers`: rows of the ledger, and the index by which those of a key are found, name keys by a number of one or two bytes in
//! place of sixteen.

use std::collections::HashMap;

use rusqlite::{Connection, Result};
use uuid::Uuid;

pub(super) const CREATE: &str = "
CREATE TABLE key_numbers (
  id     INTEGER PRIMARY KEY,
  key_id BLOB NOT NULL UNIQUE            -- the nil UUID for the administrator's key
) STRICT;";

/// SQL for the number of the key whose id is the parameter in this place.
pub(super) fn number_of(place: &str) -> String {
    format!("(SELECT id FROM key_numbers WHERE key_id = {place})")
}

/// So many numbers are kept in memory at most.
const MOST_KNOWN: usize = 100_000;

/// The numbers that are known to the writer.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<Uuid, i64>);

impl Numbers {
    pub fn of(&mut self, connection: &Connection, key_id: Uuid) -> Result<i64> {
        if let Some(number) = self.0.get(&key_id) {
            return Ok(*number);
        }
        let number = connection
            .prepare_cached(
                "INSERT INTO key_numbers (key_id) VALUES (?1)
                 ON CONFLICT (key_id) DO UPDATE SET key_id = excluded.key_id RETURNING id",
            )?
            .query_row([key_id], |row| row.get(0))?;
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        self.0.insert(key_id, number);
        Ok(number)
    }

    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}
