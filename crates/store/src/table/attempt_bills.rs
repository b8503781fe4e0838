//! `attempt_bills`: what a request cost besides the call that answered it, one row per call that cost something. Written with
//! the request's own row, whose cost is the sum.

use rusqlite::{Connection, Result};
use uuid::Uuid;

use super::requests::UsageSource;

pub(super) const CREATE: &str = "
CREATE TABLE attempt_bills (
  request_id     BLOB NOT NULL,
  number         INTEGER NOT NULL,
  deployment_id  TEXT NOT NULL,
  provider       TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  input_tokens   INTEGER NOT NULL,
  output_tokens  INTEGER NOT NULL,
  usage_source   INTEGER NOT NULL,         -- as in `requests`
  cost_nanos     INTEGER,                  -- nano-dollars; NULL: unpriced
  PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;";

/// One call's bill. Cost in nano-dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BillRow {
    pub deployment_id: String,
    pub provider: String,
    pub upstream_model: String,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub usage_source: UsageSource,
    pub cost_nanos: Option<i64>,
}

pub(crate) fn insert(connection: &Connection, request_id: Uuid, bills: &[BillRow]) -> Result<()> {
    for (number, bill) in bills.iter().enumerate() {
        connection
            .prepare_cached(
                "INSERT INTO attempt_bills (request_id, number, deployment_id, provider, upstream_model, input_tokens,
                   output_tokens, usage_source, cost_nanos)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                request_id,
                number as i64,
                &bill.deployment_id,
                &bill.provider,
                &bill.upstream_model,
                bill.input_tokens,
                bill.output_tokens,
                bill.usage_source.number(),
                bill.cost_nanos,
            ))?;
    }
    Ok(())
}

/// The bills of one request, in order.
pub fn of_request(connection: &Connection, request_id: Uuid) -> Result<Vec<BillRow>> {
    connection
        .prepare_cached(
            "SELECT deployment_id, provider, upstream_model, input_tokens, output_tokens, usage_source, cost_nanos
             FROM attempt_bills WHERE request_id = ?1 ORDER BY number",
        )?
        .query_map([request_id], |row| {
            Ok(BillRow {
                deployment_id: row.get(0)?,
                provider: row.get(1)?,
                upstream_model: row.get(2)?,
                input_tokens: row.get(3)?,
                output_tokens: row.get(4)?,
                usage_source: UsageSource::from_number(row.get(5)?),
                cost_nanos: row.get(6)?,
            })
        })?
        .collect()
}
