//! Which rows of the ledger are asked for, in pages or as a number.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};
use uuid::Uuid;

use super::{Outcome, RequestRow, from_row, read_columns};
use crate::table::owners::SeenBy;
use crate::table::spend_hourly::{ID_MARGIN, first_id_at};

/// What the ledger is filtered by. Newest first; `before` is the id of the last row already seen.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub before: Option<Uuid>,
    pub key_id: Option<Uuid>,
    pub outcome: Option<Outcome>,
    /// The HTTP status.
    pub status: Option<u16>,
    pub model: Option<String>,
    pub provider: Option<String>,
    pub client: Option<String>,
    pub end_user: Option<String>,
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    pub organization_id: Option<String>,
    /// Only what these may see; `None`: all.
    pub seen_by: Option<SeenBy>,
    /// Found in model, provider, client, error message or id.
    pub search: Option<String>,
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub limit: usize,
    /// How many of the rows that fit come before the first of this page.
    pub offset: usize,
}

impl Filter {
    /// As SQL after `FROM requests`, with the values of its parameters.
    fn condition(&self) -> (String, Vec<Value>) {
        let mut conditions: Vec<String> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        let mut condition = |sql: &str, value: Value| {
            values.push(value);
            conditions.push(sql.replace('?', &format!("?{}", values.len())));
        };
        let id = |id: Uuid| Value::Blob(id.as_bytes().to_vec());
        if let Some(before) = self.before {
            condition("id < ?", id(before));
        }
        if let Some(key_id) = self.key_id {
            condition("key_id = ?", id(key_id));
        }
        if let Some(outcome) = self.outcome {
            condition("outcome = ?", Value::Integer(outcome.number()));
        }
        if let Some(status) = self.status {
            condition("status = ?", Value::Integer(status.into()));
        }
        if let Some(model) = &self.model {
            condition("(model_group = ? OR upstream_model = ?)", Value::Text(model.clone()));
        }
        if let Some(provider) = &self.provider {
            condition("provider = ?", Value::Text(provider.clone()));
        }
        if let Some(client) = &self.client {
            condition("client_name = ?", Value::Text(client.clone()));
        }
        if let Some(end_user) = &self.end_user {
            condition("end_user = ?", Value::Text(end_user.clone()));
        }
        let owners = [
            ("user_id", &self.user_id),
            ("team_id", &self.team_id),
            ("organization_id", &self.organization_id),
        ];
        for (column, wanted) in owners {
            if let Some(wanted) = wanted {
                let sql = format!("owner IN (SELECT id FROM owners WHERE {column} = ?)");
                condition(&sql, Value::Text(wanted.clone()));
            }
        }
        // The bound on the id spares reading all that is older or newer.
        if let Some(from) = self.from {
            condition("id >= ?", id(first_id_at(from.saturating_sub(ID_MARGIN))));
            condition("started_at >= ?", Value::Integer(from));
        }
        if let Some(to) = self.to {
            condition("id < ?", id(first_id_at(to.saturating_add(ID_MARGIN))));
            condition("started_at < ?", Value::Integer(to));
        }
        if let Some(search) = &self.search {
            let pattern = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            condition(
                "(model_requested LIKE ? ESCAPE '\\' OR upstream_model LIKE ? ESCAPE '\\' OR provider LIKE ? ESCAPE '\\' \
                 OR client LIKE ? ESCAPE '\\' OR error_message LIKE ? ESCAPE '\\' OR response_id LIKE ? ESCAPE '\\' \
                 OR LOWER(HEX(id)) LIKE REPLACE(?, '-', '') ESCAPE '\\')",
                Value::Text(format!("%{pattern}%")),
            );
        }
        if let Some(seen_by) = &self.seen_by {
            let sql = seen_by.condition(&mut values);
            conditions.push(sql);
        }
        let sql =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        (sql, values)
    }
}

/// One page, newest first.
pub fn page(connection: &Connection, filter: &Filter) -> Result<Vec<RequestRow>> {
    let (condition, mut values) = filter.condition();
    values.extend([filter.limit, filter.offset].map(|number| Value::Integer(number as i64)));
    // Skipped rows are walked over in the order of the primary key: 400,000 of them take less than a tenth of a second.
    let sql = format!(
        "SELECT {} FROM requests {condition} ORDER BY id DESC LIMIT ?{} OFFSET ?{}",
        read_columns(),
        values.len() - 1,
        values.len()
    );
    connection.prepare_cached(&sql)?.query_map(params_from_iter(values), from_row)?.collect()
}

/// How many rows fit, whatever the page.
pub fn count(connection: &Connection, filter: &Filter) -> Result<u64> {
    let (condition, values) = filter.condition();
    connection
        .prepare_cached(&format!("SELECT COUNT(*) FROM requests {condition}"))?
        .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))
        .map(|count| u64::try_from(count).unwrap_or(0))
}
