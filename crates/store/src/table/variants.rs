//! `variants`: what rows of the ledger have in common besides what the roll-ups tell apart. A row names the number, so that it is
//! small however long the names are.

use std::collections::HashMap;

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

type Parts = [String; 7];

fn parts(row: &RequestRow) -> Parts {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        row.model_requested.clone(),
        or_empty(&row.deployment_id),
        row.format_in.clone(),
        or_empty(&row.format_out),
        row.client.clone(),
        or_empty(&row.price_source),
        or_empty(&row.price_version),
    ]
}

/// The numbers that are known to the writer.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<Parts, i64>);

impl Numbers {
    pub fn of(&mut self, connection: &Connection, row: &RequestRow) -> Result<i64> {
        let parts = parts(row);
        if let Some(number) = self.0.get(&parts) {
            return Ok(*number);
        }
        let number = connection
            .prepare_cached(
                "INSERT INTO variants (model_requested, deployment_id, format_in, format_out, client, price_source, price_version)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (model_requested, deployment_id, format_in, format_out, client, price_source, price_version)
                 DO UPDATE SET client = excluded.client RETURNING id",
            )?
            .query_row(rusqlite::params_from_iter(&parts), |row| row.get(0))?;
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        self.0.insert(parts, number);
        Ok(number)
    }

    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}
