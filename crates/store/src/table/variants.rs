//! `variants`: what rows of the ledger have in common besides what the roll-ups tell apart. A row names the number, so that it is
//! small however long the names are.

use hashbrown::{Equivalent, HashMap};
use rusqlite::{Connection, Result};

use super::requests::RequestRow;

pub(super) const CREATE: &str = "
CREATE TABLE variants (
  id              INTEGER PRIMARY KEY,
  model_requested TEXT NOT NULL,
  deployment_id   TEXT NOT NULL,         -- '' where there is none, here and below
  format_in       TEXT NOT NULL,
  format_out      TEXT NOT NULL,
  client          TEXT NOT NULL,         -- User-Agent
  price_source    TEXT NOT NULL,
  price_version   TEXT NOT NULL,
  UNIQUE (model_requested, deployment_id, format_in, format_out, client, price_source, price_version)
) STRICT;";

/// So many numbers are kept in memory at most.
const MOST_KNOWN: usize = 20_000;

#[derive(PartialEq, Eq, Hash)]
struct Parts([String; 7]);

/// The parts as a row tells them, to look up their number without a copy of each: they have the same hash.
#[derive(Hash)]
struct Told<'a>([&'a str; 7]);

impl Equivalent<Parts> for Told<'_> {
    fn equivalent(&self, parts: &Parts) -> bool {
        self.0 == parts.0
    }
}

impl<'a> Told<'a> {
    fn of(row: &'a RequestRow) -> Self {
        fn or_empty(text: Option<&String>) -> &str {
            text.map_or("", String::as_str)
        }
        Self([
            &row.model_requested,
            or_empty(row.deployment_id.as_ref()),
            &row.format_in,
            or_empty(row.format_out.as_ref()),
            &row.client,
            or_empty(row.price_source.as_ref()),
            or_empty(row.price_version.as_ref()),
        ])
    }
}

/// The numbers that are known to the writer.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<Parts, i64>);

impl Numbers {
    pub fn of(&mut self, connection: &Connection, row: &RequestRow) -> Result<i64> {
        let told = Told::of(row);
        if let Some(number) = self.0.get(&told) {
            return Ok(*number);
        }
        let number = connection
            .prepare_cached(
                "INSERT INTO variants (model_requested, deployment_id, format_in, format_out, client, price_source, price_version)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (model_requested, deployment_id, format_in, format_out, client, price_source, price_version)
                 DO UPDATE SET client = excluded.client RETURNING id",
            )?
            .query_row(rusqlite::params_from_iter(told.0), |row| row.get(0))?;
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        self.0.insert(Parts(told.0.map(str::to_owned)), number);
        Ok(number)
    }

    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn what_is_told_is_found_under_what_is_known() {
        let told = ["gpt-5", "", "openai", "anthropic", "curl/8", "catalogue", "7"];
        let (parts, hasher) = (Parts(told.map(str::to_owned)), hashbrown::DefaultHashBuilder::default());
        assert!(Told(told).equivalent(&parts) && !Told([""; 7]).equivalent(&parts));
        assert_eq!(hasher.hash_one(Told(told)), hasher.hash_one(&parts));
    }
}
