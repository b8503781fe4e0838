//! `audit_log`: who changed what and when, with the row before and after, without secrets. Written in the transaction of the
//! change itself.

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};
use uuid::Uuid;

use super::columns::table_row;
use super::spend_hourly::{ID_MARGIN, first_id_at};

pub(super) const CREATE: &str = "
CREATE TABLE audit_log (
  id                 BLOB PRIMARY KEY,      -- UUIDv7
  at                 INTEGER NOT NULL,      -- UTC milliseconds
  changed_by         TEXT NOT NULL,         -- the user, or default_user_id for the administrator
  changed_by_api_key TEXT NOT NULL,         -- hash of the key that asked; empty for the administrator
  action             TEXT NOT NULL,         -- created, updated, deleted, blocked, unblocked, rotated
  object_type        TEXT NOT NULL,         -- key, user, team, organization, budget, customer, tag, model, ...
  object_id          TEXT NOT NULL,
  before             TEXT,                  -- JSON object
  after              TEXT                   -- JSON object
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_log_by_object ON audit_log (object_type, object_id, id);";

table_row! {
    /// One change. Before and after are JSON objects.
    AuditRow of "audit_log" by ["id"] {
        id: Uuid,
        at: i64,
        changed_by: String,
        changed_by_api_key: String,
        action: String,
        object_type: String,
        object_id: String,
        before: Option<String>,
        after: Option<String>,
    }
}

/// What changes are sorted by. Those that are equal in it are in the order of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    Time,
    Action,
    ObjectType,
    ObjectId,
    ChangedBy,
}

/// What the log is filtered by.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub changed_by: Option<String>,
    pub changed_by_api_key: Option<String>,
    pub action: Option<String>,
    pub object_type: Option<String>,
    pub object_id: Option<String>,
    /// `from <= at < to`, UTC milliseconds.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub sort_by: SortBy,
    /// The least first, of time the oldest.
    pub ascending: bool,
    pub limit: i64,
    pub offset: i64,
}

impl AuditFilter {
    fn condition(&self) -> (String, Vec<Value>) {
        let texts = [
            ("changed_by = ?", &self.changed_by),
            ("changed_by_api_key = ?", &self.changed_by_api_key),
            ("action = ?", &self.action),
            ("object_type = ?", &self.object_type),
            ("object_id = ?", &self.object_id),
        ];
        let mut parts: Vec<(&str, Value)> =
            texts.into_iter().filter_map(|(sql, text)| Some((sql, Value::Text(text.clone()?)))).collect();
        // The bound on the id spares reading all that is older or newer.
        let id_at = |time: i64| Value::Blob(first_id_at(time).as_bytes().to_vec());
        if let Some(from) = self.from {
            parts.push(("id >= ?", id_at(from.saturating_sub(ID_MARGIN))));
            parts.push(("at >= ?", Value::Integer(from)));
        }
        if let Some(to) = self.to {
            parts.push(("id < ?", id_at(to.saturating_add(ID_MARGIN))));
            parts.push(("at < ?", Value::Integer(to)));
        }
        let (conditions, values): (Vec<&str>, Vec<Value>) = parts.into_iter().unzip();
        let sql =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        (sql, values)
    }
}

pub fn find(connection: &Connection, id: Uuid) -> Result<Option<AuditRow>> {
    Ok(AuditRow::query(connection, "WHERE id = ?1", [id])?.pop())
}

/// One page, newest first unless it is asked for otherwise.
pub fn page(connection: &Connection, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
    let (condition, mut values) = filter.condition();
    let direction = if filter.ascending { "ASC" } else { "DESC" };
    let first = match filter.sort_by {
        SortBy::Time => String::new(),
        SortBy::Action => format!("action {direction}, "),
        SortBy::ObjectType => format!("object_type {direction}, "),
        SortBy::ObjectId => format!("object_id {direction}, "),
        SortBy::ChangedBy => format!("changed_by {direction}, "),
    };
    values.extend([Value::Integer(filter.limit), Value::Integer(filter.offset)]);
    AuditRow::query(
        connection,
        &format!("{condition} ORDER BY {first}id {direction} LIMIT ? OFFSET ?"),
        params_from_iter(values),
    )
}

/// How many changes fit, whatever the page.
pub fn count(connection: &Connection, filter: &AuditFilter) -> Result<i64> {
    let (condition, values) = filter.condition();
    let sql = format!("SELECT COUNT(*) FROM audit_log {condition}");
    connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))
}
