//! `series`: what the requests of a row of the roll-ups have in common. A roll-up names the number, so that its rows are a few
//! integers however long the names are.

use std::collections::HashMap;
use std::sync::Arc;

use hashbrown::Equivalent;
use rusqlite::{Connection, Result, Row};
use uuid::Uuid;

use super::requests::{Billing, RequestRow};

pub(super) const CREATE: &str = "
CREATE TABLE series (
  id          INTEGER PRIMARY KEY,
  key_id      BLOB NOT NULL,
  owner       INTEGER NOT NULL,          -- a number of `owners`
  endpoint    TEXT NOT NULL,
  model_group TEXT NOT NULL,
  provider    TEXT NOT NULL,             -- '' where the request reached none, as below
  model       TEXT NOT NULL,             -- as the provider calls it
  client_name TEXT NOT NULL,
  billing     INTEGER NOT NULL,
  UNIQUE (key_id, owner, endpoint, model_group, provider, model, client_name, billing)
) STRICT;
CREATE INDEX series_by_owner ON series (owner) WHERE owner <> 0;
INSERT INTO series (key_id, owner, endpoint, model_group, provider, model, client_name, billing)
  SELECT DISTINCT key_id, owner, endpoint, model_group, COALESCE(provider, ''), COALESCE(upstream_model, ''), client_name, billing
  FROM requests;";

/// What some requests have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Series {
    pub key_id: Uuid,
    /// A number of `owners`.
    pub owner: i64,
    pub endpoint: String,
    pub model_group: String,
    /// Empty where the requests reached none.
    pub provider: String,
    /// As the provider calls it; empty where the requests reached none.
    pub model: String,
    pub client_name: String,
    pub billing: Billing,
}

/// How many columns [`COLUMNS`] are.
pub(super) const WIDTH: usize = 8;
/// The columns that [`Series::from_row`] reads, in a query over `series`.
pub(super) const COLUMNS: &str = "series.key_id, series.owner, series.endpoint, series.model_group, series.provider, series.model, series.client_name, series.billing";

/// A series as a row tells it, to look up its number without a copy of all names: the same members in the same order, so that it
/// has the same hash.
#[derive(Clone, Copy, Hash)]
struct Told<'a> {
    key_id: Uuid,
    owner: i64,
    endpoint: &'a str,
    model_group: &'a str,
    provider: &'a str,
    model: &'a str,
    client_name: &'a str,
    billing: Billing,
}

impl<'a> Told<'a> {
    fn of(row: &'a RequestRow, owner: i64) -> Self {
        Self {
            key_id: row.key_id,
            owner,
            endpoint: &row.endpoint,
            model_group: &row.model_group,
            provider: row.provider.as_deref().unwrap_or_default(),
            model: row.upstream_model.as_deref().unwrap_or_default(),
            client_name: &row.client_name,
            billing: row.billing,
        }
    }
}

impl Equivalent<Series> for Told<'_> {
    fn equivalent(&self, series: &Series) -> bool {
        let Self { key_id, owner, endpoint, model_group, provider, model, client_name, billing } = *self;
        key_id == series.key_id
            && owner == series.owner
            && endpoint == series.endpoint
            && model_group == series.model_group
            && provider == series.provider
            && model == series.model
            && client_name == series.client_name
            && billing == series.billing
    }
}

impl From<Told<'_>> for Series {
    fn from(told: Told<'_>) -> Self {
        Self {
            key_id: told.key_id,
            owner: told.owner,
            endpoint: told.endpoint.to_owned(),
            model_group: told.model_group.to_owned(),
            provider: told.provider.to_owned(),
            model: told.model.to_owned(),
            client_name: told.client_name.to_owned(),
            billing: told.billing,
        }
    }
}

impl Series {
    pub(super) fn from_row(row: &Row<'_>, first: usize) -> Result<Self> {
        Ok(Self {
            key_id: row.get(first)?,
            owner: row.get(first + 1)?,
            endpoint: row.get(first + 2)?,
            model_group: row.get(first + 3)?,
            provider: row.get(first + 4)?,
            model: row.get(first + 5)?,
            client_name: row.get(first + 6)?,
            billing: Billing::from_number(row.get(first + 7)?),
        })
    }

    fn put(&self, connection: &Connection) -> Result<i64> {
        connection
            .prepare_cached(
                "INSERT INTO series (key_id, owner, endpoint, model_group, provider, model, client_name, billing)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (key_id, owner, endpoint, model_group, provider, model, client_name, billing)
                 DO UPDATE SET key_id = excluded.key_id RETURNING id",
            )?
            .query_row(
                rusqlite::params![
                    self.key_id,
                    self.owner,
                    self.endpoint,
                    self.model_group,
                    self.provider,
                    self.model,
                    self.client_name,
                    self.billing.number(),
                ],
                |row| row.get(0),
            )
    }
}

/// So many numbers are kept in memory at most.
const MOST_KNOWN: usize = 20_000;

/// The numbers that are known to the writer.
#[derive(Default)]
pub(crate) struct Numbers(hashbrown::HashMap<Series, i64>);

impl Numbers {
    pub fn of(&mut self, connection: &Connection, row: &RequestRow, owner: i64) -> Result<i64> {
        let told = Told::of(row, owner);
        if let Some(number) = self.0.get(&told) {
            return Ok(*number);
        }
        let series = Series::from(told);
        let number = series.put(connection)?;
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        self.0.insert(series, number);
        Ok(number)
    }

    /// What a transaction that failed had learned is not true.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

/// Series by their number, each read once.
#[derive(Default)]
pub(super) struct Seen(HashMap<i64, Arc<Series>>);

impl Seen {
    /// The series of this number, for a row whose columns from `first` on are [`COLUMNS`].
    pub fn numbered(&mut self, number: i64, row: &Row<'_>, first: usize) -> Result<Arc<Series>> {
        if let Some(known) = self.0.get(&number) {
            return Ok(known.clone());
        }
        let series = Arc::new(Series::from_row(row, first)?);
        self.0.insert(number, series.clone());
        Ok(series)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn what_is_told_is_found_under_what_is_known() {
        let told = Told {
            key_id: Uuid::from_u128(7),
            owner: 3,
            endpoint: "/v1/messages",
            model_group: "group",
            provider: "provider",
            model: "",
            client_name: "curl",
            billing: Billing::Local,
        };
        let (series, hasher) = (Series::from(told), hashbrown::DefaultHashBuilder::default());
        assert!(told.equivalent(&series));
        assert_eq!(hasher.hash_one(told), hasher.hash_one(&series));
        for other in
            [Told { owner: 4, ..told }, Told { model: "x", ..told }, Told { billing: Billing::Api, ..told }]
        {
            assert!(!other.equivalent(&series));
        }
    }
}
