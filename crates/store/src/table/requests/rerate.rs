//! Rating rows anew: the one way in which a row that was written changes, and every sum that it is in with it.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};
use uuid::Uuid;

use super::{COLUMNS, Numbers, RequestRow, from_row};
use crate::table::packed::Kept;
use crate::table::spend_hourly::{ID_MARGIN, Totals, first_id_at};
use crate::table::sums::Sums;

/// The next rows of a model at any of these providers, oldest first, that began at `from` or later (UTC milliseconds).
pub fn of_model(
    connection: &Connection,
    providers: &[String],
    model: &str,
    from: i64,
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<RequestRow>> {
    let first = first_id_at(from.saturating_sub(ID_MARGIN));
    let mut values = vec![
        Value::Blob(after.map_or(first, |after| after.max(first)).as_bytes().to_vec()),
        Value::Integer(from),
        Value::Text(model.to_owned()),
        Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)),
    ];
    let places: Vec<String> = providers
        .iter()
        .map(|provider| {
            values.push(Value::Text(provider.clone()));
            format!("?{}", values.len())
        })
        .collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM requests WHERE id > ?1 AND started_at >= ?2
           AND series IN (SELECT id FROM series WHERE model = ?3 AND provider IN ({})) ORDER BY id LIMIT ?4",
        places.join(", ")
    );
    connection.prepare_cached(&sql)?.query_map(params_from_iter(values), from_row)?.collect()
}

/// What calls besides the one that answered a request came to, nano-dollars; part of its cost.
pub fn billed_beside(connection: &Connection, id: Uuid) -> Result<i64> {
    connection
        .prepare_cached("SELECT COALESCE(SUM(cost_nanos), 0) FROM attempt_bills WHERE request_id = ?1")?
        .query_row([id], |row| row.get(0))
}

/// Writes what rows cost now: pairs of before and after that differ in cost, what is covered, lines, source and version alone.
pub fn rerate(connection: &Connection, rows: &[(RequestRow, RequestRow)]) -> Result<()> {
    let mut numbers = Numbers::default();
    let mut sums = Sums::default();
    for (before, after) in rows {
        let owner = numbers.owners.of(connection, &after.owner)?;
        let series = numbers.series.of(connection, after, owner)?;
        let variant = numbers.variants.of(connection, after)?;
        let lines = numbers.templates.pack(connection, after.cost_lines.as_deref(), Kept::Third)?;
        connection
            .prepare_cached(
                "UPDATE ledger SET variant = ?2, cost_nanos = ?3, covered_nanos = ?4, cost_template = ?5, cost_values = ?6
                 WHERE id = ?1",
            )?
            .execute((
                after.id,
                variant,
                after.cost_nanos,
                after.covered_nanos,
                lines.template,
                lines.values,
            ))?;
        let change = Totals::of(after).since(&Totals::of(before));
        sums.change(connection, &mut numbers, after, series, &change)?;
    }
    sums.write(connection)
}
