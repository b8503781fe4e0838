//! `/audit`: who changed what and when, as LiteLLM shows it.

use axum::Json;
use axum::extract::{Path, State};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use postern_store::table::audit_log::{self, AuditFilter, AuditRow, SortBy};
use postern_store::table::keys;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::token_of;
use crate::shapes::{ErrorBody, QueryOf};

const MOST_ROWS: i64 = 100;
const USUAL_ROWS: i64 = 10;

/// LiteLLM's names of tables, and the words for what is in them.
const TABLES: [(&str, &str); 9] = [
    ("LiteLLM_VerificationToken", "key"),
    ("LiteLLM_TeamTable", "team"),
    ("LiteLLM_UserTable", "user"),
    ("LiteLLM_OrganizationTable", "organization"),
    ("LiteLLM_ProxyModelTable", "model"),
    ("LiteLLM_BudgetTable", "budget"),
    ("LiteLLM_EndUserTable", "customer"),
    ("LiteLLM_TagTable", "tag"),
    ("LiteLLM_InvitationLink", "invitation"),
];

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// 1 when absent.
    #[param(minimum = 1)]
    page: Option<i64>,
    /// 1 to 100; 10 when absent.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<i64>,
    /// The user, the key's alias, or `default_user_id` for the administrator.
    changed_by: Option<String>,
    /// The key that asked, or its hash.
    changed_by_api_key: Option<String>,
    /// `created`, `updated`, `deleted`, `blocked`, `unblocked` or `rotated`.
    action: Option<String>,
    /// `key`, `team`, `user`, `organization`, `model`, `provider`, ..., or LiteLLM's name of the table.
    table_name: Option<String>,
    /// Of a key also its hash.
    object_id: Option<String>,
    /// From this day or moment on: `2026-11-20`, or RFC 3339.
    start_date: Option<String>,
    /// Up to the end of this day, or to this moment.
    end_date: Option<String>,
    /// `updated_at`, `action`, `table_name`, `object_id` or `changed_by`; `updated_at` when absent.
    sort_by: Option<String>,
    /// `asc` or `desc`; `desc` when absent.
    sort_order: Option<String>,
}

/// One change.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    pub id: String,
    /// When, RFC 3339.
    pub updated_at: String,
    pub changed_by: String,
    /// Hash of the key that asked; empty for the administrator.
    pub changed_by_api_key: String,
    pub action: String,
    /// LiteLLM's name of the table, or the word for what has none there.
    pub table_name: String,
    /// `key`, `team`, `user`, ...
    pub object_type: String,
    pub object_id: String,
    /// Null where there was nothing.
    #[schema(value_type = Option<Object>)]
    pub before_value: Option<Value>,
    /// Null where there is nothing any more.
    #[schema(value_type = Option<Object>)]
    pub updated_values: Option<Value>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AuditPage {
    pub audit_logs: Vec<AuditEntry>,
    /// Changes that fit, on all pages.
    pub total: i64,
    pub page: i64,
    pub page_size: i64,
    pub total_pages: i64,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let object = |text: Option<String>| {
            let read = |text: String| serde_json::from_str::<Map<String, Value>>(&text).ok();
            text.and_then(read).map(Value::Object)
        };
        let table = TABLES.iter().find(|(_, word)| *word == row.object_type);
        Self {
            id: row.id.to_string(),
            updated_at: clock::text(row.at),
            changed_by: row.changed_by,
            changed_by_api_key: row.changed_by_api_key,
            action: row.action,
            table_name: table.map_or_else(|| row.object_type.clone(), |(table, _)| (*table).to_owned()),
            object_type: row.object_type,
            object_id: row.object_id,
            before_value: object(row.before),
            updated_values: object(row.after),
        }
    }
}

impl AuditQuery {
    /// What is asked for, on which page.
    fn read(self) -> Result<(AuditFilter, i64), Failure> {
        let out_of_range = |name: &str, what: &str| {
            let mut failure =
                Failure::invalid("invalid_value", format!("{name} must be {what}")).with_param(name);
            failure.error.status = 422;
            failure
        };
        let (page, page_size) = (self.page.unwrap_or(1), self.page_size.unwrap_or(USUAL_ROWS));
        // A page beyond what can be counted is as empty as one that is merely far.
        if page < 1 {
            return Err(out_of_range("page", "at least 1"));
        }
        if !(1..=MOST_ROWS).contains(&page_size) {
            return Err(out_of_range("page_size", "1 to 100"));
        }
        let sort_by = match self.sort_by.as_deref().filter(|text| !text.is_empty()) {
            None | Some("updated_at") => SortBy::Time,
            Some("action") => SortBy::Action,
            Some("table_name") => SortBy::ObjectType,
            Some("object_id") => SortBy::ObjectId,
            Some("changed_by") => SortBy::ChangedBy,
            Some(_) => {
                let message = "sort_by must be updated_at, action, table_name, object_id or changed_by";
                return Err(Failure::invalid("invalid_value", message).with_param("sort_by"));
            }
        };
        let ascending = match self.sort_order.as_deref().filter(|text| !text.is_empty()) {
            None | Some("desc") => false,
            Some("asc") => true,
            Some(_) => {
                let message = "sort_order must be asc or desc";
                return Err(Failure::invalid("invalid_value", message).with_param("sort_order"));
            }
        };
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        let word = |table: String| {
            let known = TABLES.iter().find(|(name, _)| *name == table);
            known.map_or(table, |(_, word)| (*word).to_owned())
        };
        let filter = AuditFilter {
            changed_by: text(self.changed_by),
            changed_by_api_key: text(self.changed_by_api_key).map(|key| token_of(&key)),
            action: text(self.action).map(|action| past(&action)),
            object_type: text(self.table_name).map(word),
            object_id: text(self.object_id),
            from: text(self.start_date).map(|text| moment("start_date", &text, false)).transpose()?,
            to: text(self.end_date).map(|text| moment("end_date", &text, true)).transpose()?,
            sort_by,
            ascending,
            limit: page_size,
            offset: (page - 1).saturating_mul(page_size),
        };
        Ok((filter, page))
    }
}

/// LiteLLM's documents say `create`, its log `created`.
fn past(action: &str) -> String {
    match action {
        "create" => "created",
        "update" => "updated",
        "delete" => "deleted",
        other => other,
    }
    .to_owned()
}

/// A day or a moment as UTC milliseconds: where it begins, or where it is over.
fn moment(name: &str, text: &str, is_end: bool) -> Result<i64, Failure> {
    let wrong = || {
        let message =
            format!("{name} must be a date such as 2026-11-20, or a moment such as 2026-11-20T10:00:00Z");
        Failure::invalid("invalid_date", message).with_param(name)
    };
    let at = |moment: Timestamp| moment.as_millisecond() + i64::from(is_end);
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(at(moment));
    }
    let in_utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    if let Ok(date) = text.parse::<Date>() {
        let day = if is_end { date.checked_add(1.day()).map_err(|_| wrong())? } else { date };
        return Ok(in_utc(day.to_datetime(jiff::civil::Time::midnight()))
            .map_err(|_| wrong())?
            .as_millisecond());
    }
    let local = text.parse::<DateTime>().map_err(|_| wrong())?;
    Ok(at(in_utc(local).map_err(|_| wrong())?))
}

/// Who changed what, newest first unless it is asked for otherwise
///
/// Before and after are as the database has them, without secrets.
#[utoipa::path(
    get, path = "/audit", tag = "Audit", params(AuditQuery),
    responses(
        (status = 200, body = AuditPage), (status = 400, description = "A filter makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn list(
    State(engine): State<Shared>,
    QueryOf(query): QueryOf<AuditQuery>,
) -> Result<Json<AuditPage>, Failure> {
    let (mut filter, page) = query.read()?;
    let page_size = filter.limit;
    let (total, rows) = engine
        .read(move |connection| {
            // Keys are known by their hashes, and noted by what stays when they are rotated.
            let hash = filter.object_id.as_deref().filter(|id| id.starts_with("sk-") || id.len() == 64);
            if let Some(hash) = hash.map(token_of) {
                let labels = keys::labels(connection)?;
                if let Some((id, ..)) = labels.into_iter().find(|(.., token)| *token == hash) {
                    filter.object_id = Some(id.to_string());
                }
            }
            Ok((audit_log::count(connection, &filter)?, audit_log::page(connection, &filter)?))
        })
        .await?;
    Ok(Json(AuditPage {
        audit_logs: rows.into_iter().map(AuditEntry::from).collect(),
        total,
        page,
        page_size,
        total_pages: total.unsigned_abs().div_ceil(page_size.unsigned_abs()).try_into().unwrap_or(i64::MAX),
    }))
}

/// One change
#[utoipa::path(
    get, path = "/audit/{id}", tag = "Audit", params(("id" = String, Path)),
    responses(
        (status = 200, body = AuditEntry), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, description = "No change of that id", body = ErrorBody),
    )
)]
pub async fn get(State(engine): State<Shared>, Path(id): Path<String>) -> Result<Json<AuditEntry>, Failure> {
    let shown: String = id.chars().filter(|character| !character.is_control()).take(100).collect();
    let unknown = || {
        Failure::not_found("audit_log_not_found", format!("Audit log with ID {shown} not found"))
            .with_param("id")
    };
    let uuid = Uuid::parse_str(&id).map_err(|_| unknown())?;
    let found = engine.read(move |connection| audit_log::find(connection, uuid)).await?;
    found.map(|row| Json(row.into())).ok_or_else(unknown)
}
