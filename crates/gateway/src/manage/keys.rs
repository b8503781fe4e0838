//! `/key/*`: virtual keys.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::State;
use postern_secrets::Secret;
use postern_store::table::keys::{self as table, KeyRow};
use postern_store::table::spend_hourly;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::auth::Caller;
use crate::clock;
use crate::config;
use crate::durations;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::{self, NewKey};
use crate::shapes::{Administrator, ErrorBody, JsonBody, QueryOf};

/// What `/key/generate` takes. Money in dollars; absent and null mean no limit.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct GenerateKey {
    /// A key of your own: `sk-` and at least 13 characters. Made up when absent.
    #[serde(default, deserialize_with = "config::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub key: Option<Secret>,
    /// Its name; no two keys share one.
    #[schema(example = "laptop")]
    pub key_alias: Option<String>,
    /// How long it lives: `30s`, `15m`, `12h`, `30d`, `2w`, `1mo`. Absent: for ever.
    #[schema(example = "30d")]
    pub duration: Option<String>,
    /// Models it may use, `prefix/*` included; empty allows all.
    pub models: Option<Vec<String>>,
    pub max_budget: Option<f64>,
    /// After which the budget starts anew, aligned to the calendar.
    #[schema(example = "30d")]
    pub budget_duration: Option<String>,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
    pub blocked: Option<bool>,
    /// LiteLLM's further fields, refused unless empty: none is ignored in silence.
    #[serde(flatten)]
    #[schema(ignore)]
    pub other: BTreeMap<String, Value>,
}

/// A key's row, as LiteLLM shows it. Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyView {
    /// SHA-256 of the key; every key parameter takes it in place of the key.
    pub token: String,
    /// Stays when a key is rotated; requests in the ledger carry it.
    pub key_id: String,
    /// `sk-...` and the last four characters.
    pub key_name: String,
    pub key_alias: Option<String>,
    pub models: Vec<String>,
    /// In the running budget period, or in all where there is none.
    pub spend: f64,
    pub max_budget: Option<f64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    pub expires: Option<String>,
    pub blocked: Option<bool>,
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    pub created_at: String,
    pub updated_at: String,
    pub created_by: String,
    pub last_used_at: Option<String>,
}

/// The answer of `/key/generate`: the row, and the key itself, this once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GeneratedKey {
    /// The key. It is shown now and never again.
    pub key: String,
    pub token_id: String,
    #[serde(flatten)]
    pub view: KeyView,
}

const NANOS: f64 = 1e9;

/// Dollars to nano-dollars, where they make sense as a budget.
fn budget(dollars: f64) -> Result<i64, Failure> {
    if !(0.0..=9_000_000.0).contains(&dollars) {
        return Err(Failure::invalid(
            "invalid_max_budget",
            "max_budget must be between 0 and 9000000 dollars",
        )
        .with_param("max_budget"));
    }
    Ok((dollars * NANOS).round() as i64)
}

fn limit(name: &str, value: Option<i64>) -> Result<Option<i64>, Failure> {
    match value {
        Some(negative) if negative < 0 => {
            Err(Failure::invalid("invalid_limit", format!("{name} must not be negative")).with_param(name))
        }
        other => Ok(other),
    }
}

impl GenerateKey {
    fn into_new_key(self, created_by: &str) -> Result<NewKey, Failure> {
        let meaningless = |value: &Value| match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::String(text) => text.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if let Some((name, _)) = self.other.iter().find(|(_, value)| !meaningless(value)) {
            return Err(Failure::invalid(
                "unsupported_field",
                format!("{name} is not supported, and ignoring it would change what the key may do"),
            )
            .with_param(name));
        }
        let now = clock::now();
        let wrong = |field: &'static str| {
            move |problem: String| Failure::invalid("invalid_duration", problem).with_param(field)
        };
        let expires_at = self
            .duration
            .as_deref()
            .map(|text| durations::after(text, now))
            .transpose()
            .map_err(wrong("duration"))?;
        let budget_reset_at = self
            .budget_duration
            .as_deref()
            .map(|text| durations::next_reset(text, now, &jiff::tz::TimeZone::UTC))
            .transpose()
            .map_err(wrong("budget_duration"))?;
        Ok(NewKey {
            key: self.key,
            alias: self.key_alias,
            models: self.models.unwrap_or_default(),
            expires_at,
            max_budget_nanos: self.max_budget.map(budget).transpose()?,
            budget_duration: self.budget_duration,
            budget_reset_at,
            rpm_limit: limit("rpm_limit", self.rpm_limit)?,
            tpm_limit: limit("tpm_limit", self.tpm_limit)?,
            max_parallel_requests: limit("max_parallel_requests", self.max_parallel_requests)?,
            metadata: self.metadata.unwrap_or_default(),
            blocked: self.blocked.unwrap_or(false),
            created_by: created_by.to_owned(),
        })
    }
}

/// What the ledger adds to a key's row.
#[derive(Clone, Copy, Default)]
struct Use {
    spend_nanos: i64,
    last_used_at: Option<i64>,
}

fn view(row: KeyRow, used: Use) -> KeyView {
    KeyView {
        token: row.token,
        key_id: row.id.to_string(),
        key_name: row.key_name,
        key_alias: row.key_alias,
        models: serde_json::from_str(&row.models).unwrap_or_default(),
        spend: used.spend_nanos as f64 / NANOS,
        max_budget: row.limits.max_budget_nanos.map(|nanos| nanos as f64 / NANOS),
        budget_duration: row.limits.budget_duration,
        budget_reset_at: row.limits.budget_reset_at.map(clock::text),
        rpm_limit: row.limits.rpm_limit,
        tpm_limit: row.limits.tpm_limit,
        max_parallel_requests: row.limits.max_parallel_requests,
        expires: row.expires_at.map(clock::text),
        blocked: Some(row.blocked),
        metadata: serde_json::from_str(&row.metadata).unwrap_or_default(),
        created_at: clock::text(row.created_at),
        updated_at: clock::text(row.updated_at),
        created_by: row.created_by,
        last_used_at: used.last_used_at.map(clock::text),
    }
}

pub(super) async fn views(engine: &Engine, rows: Vec<KeyRow>) -> Result<Vec<KeyView>, Failure> {
    engine
        .read(move |connection| {
            let in_all: HashMap<_, _> = spend_hourly::spend_by_key(connection)?.into_iter().collect();
            rows.into_iter()
                .map(|row| {
                    let spend_nanos = match &row.limits.budget_duration {
                        Some(_) => {
                            spend_hourly::spend_since(connection, row.id, row.limits.budget_started_at)?
                        }
                        // A budget that never resets counts from the start.
                        None => in_all.get(&row.id).copied().unwrap_or(0),
                    };
                    let used = Use {
                        spend_nanos,
                        last_used_at: postern_store::table::requests::last_use(connection, row.id)?,
                    };
                    Ok(view(row, used))
                })
                .collect()
        })
        .await
}

async fn view_one(engine: &Engine, row: KeyRow) -> Result<KeyView, Failure> {
    views(engine, vec![row]).await?.pop().ok_or_else(|| Failure::internal("a key's row was lost"))
}

/// Issue a virtual key
#[utoipa::path(
    post, path = "/key/generate", tag = "Keys", request_body = GenerateKey,
    responses(
        (status = 200, body = GeneratedKey),
        (status = 400, description = "A field makes no sense, or the alias is taken", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn generate(
    State(engine): State<Shared>,
    _: Administrator,
    JsonBody(body): JsonBody<GenerateKey>,
) -> Result<Json<GeneratedKey>, Failure> {
    let (key, row) = keys::generate(&engine, body.into_new_key("default_user_id")?).await?;
    let token_id = row.token.clone();
    Ok(Json(GeneratedKey { key: key.expose().to_owned(), token_id, view: view(row, Use::default()) }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InfoQuery {
    /// The key or its hash; the caller's own when absent.
    key: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyInfo {
    /// As asked for.
    pub key: String,
    pub info: KeyView,
}

/// What is known of a key
#[utoipa::path(
    get, path = "/key/info", tag = "Keys", params(InfoQuery),
    responses(
        (status = 200, body = KeyInfo), (status = 401, body = ErrorBody),
        (status = 403, description = "Another's key", body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    caller: Caller,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<KeyInfo>, Failure> {
    let own = caller.key().map(|key| key.token());
    let asked = query.key.or_else(|| own.clone()).ok_or_else(|| {
        Failure::invalid("missing_key", "the administrator's key has no row: ask with ?key=")
            .with_param("key")
    })?;
    if let Some(own) = own
        && keys::token_of(&asked) != own
    {
        return Err(
            Failure::forbidden("not_your_key", "This key may only ask about itself.").with_param("key")
        );
    }
    let row = keys::find(&engine, &asked).await?.ok_or_else(|| {
        Failure::not_found("key_not_found", "Key not found in database")
            .with_type("not_found_error")
            .with_param("key")
    })?;
    // The key itself is never given back, whatever was asked with.
    let shown = row.token.clone();
    Ok(Json(KeyInfo { key: shown, info: view_one(&engine, row).await? }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ListQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: usize,
    #[param(minimum = 1, maximum = 100, default = 10)]
    size: usize,
    return_full_object: bool,
    /// Only the key of this hash.
    key_hash: Option<String>,
    /// Only keys with this alias.
    key_alias: Option<String>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { page: 1, size: 10, return_full_object: false, key_hash: None, key_alias: None }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Listed {
    Hash(String),
    Full(Box<KeyView>),
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyList {
    /// Hashes, or rows with `return_full_object`.
    pub keys: Vec<Listed>,
    pub total_count: usize,
    pub current_page: usize,
    pub total_pages: usize,
}

/// All keys, newest first
#[utoipa::path(
    get, path = "/key/list", tag = "Keys", params(ListQuery),
    responses((status = 200, body = KeyList), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn list(
    State(engine): State<Shared>,
    _: Administrator,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<KeyList>, Failure> {
    if query.page == 0 || !(1..=100).contains(&query.size) {
        let mut failure = Failure::invalid("invalid_query", "page starts at 1, and size is 1 to 100");
        failure.error.status = 422;
        return Err(failure);
    }
    let mut rows = engine.read(table::all).await?;
    rows.reverse();
    rows.retain(|row| {
        query.key_hash.as_ref().is_none_or(|hash| row.token == *hash)
            && query.key_alias.as_ref().is_none_or(|alias| row.key_alias.as_ref() == Some(alias))
    });
    let total_count = rows.len();
    let page: Vec<KeyRow> =
        rows.into_iter().skip((query.page - 1).saturating_mul(query.size)).take(query.size).collect();
    let keys = if query.return_full_object {
        views(&engine, page).await?.into_iter().map(|view| Listed::Full(Box::new(view))).collect()
    } else {
        page.into_iter().map(|row| Listed::Hash(row.token)).collect()
    };
    Ok(Json(KeyList {
        keys,
        total_count,
        current_page: query.page,
        total_pages: total_count.div_ceil(query.size),
    }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct DeleteKeys {
    /// Keys or their hashes.
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    key_aliases: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DeletedKeys {
    /// Hashes of the keys that were revoked.
    pub deleted_keys: Vec<String>,
}

/// Revoke keys, from the next request on
#[utoipa::path(
    post, path = "/key/delete", tag = "Keys", request_body = DeleteKeys,
    responses(
        (status = 200, body = DeletedKeys), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, description = "None of them exists", body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn delete(
    State(engine): State<Shared>,
    _: Administrator,
    JsonBody(body): JsonBody<DeleteKeys>,
) -> Result<Json<DeletedKeys>, Failure> {
    if body.keys.is_empty() && body.key_aliases.is_empty() {
        let mut failure =
            Failure::invalid("missing_field", "keys or key_aliases is needed").with_param("keys");
        failure.error.status = 422;
        return Err(failure);
    }
    let mut tokens = body.keys;
    if !body.key_aliases.is_empty() {
        let rows = engine.read(table::all).await?;
        tokens.extend(
            rows.into_iter()
                .filter(|row| row.key_alias.as_ref().is_some_and(|alias| body.key_aliases.contains(alias)))
                .map(|row| row.token),
        );
    }
    let revoked = keys::revoke(&engine, &tokens).await?;
    if revoked.is_empty() {
        return Err(unknown());
    }
    Ok(Json(DeletedKeys { deleted_keys: revoked.into_iter().map(|row| row.token).collect() }))
}

fn unknown() -> Failure {
    Failure::not_found("key_not_found", "No keys found").with_type("not_found_error").with_param("key")
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct OneKey {
    /// The key or its hash.
    key: String,
}

/// Block a key, from the next request on
#[utoipa::path(
    post, path = "/key/block", tag = "Keys", request_body = OneKey,
    responses((status = 200, body = KeyView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn block(
    State(engine): State<Shared>,
    _: Administrator,
    JsonBody(body): JsonBody<OneKey>,
) -> Result<Json<KeyView>, Failure> {
    set_blocked(&engine, &body.key, true).await
}

/// Unblock a key
#[utoipa::path(
    post, path = "/key/unblock", tag = "Keys", request_body = OneKey,
    responses((status = 200, body = KeyView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn unblock(
    State(engine): State<Shared>,
    _: Administrator,
    JsonBody(body): JsonBody<OneKey>,
) -> Result<Json<KeyView>, Failure> {
    set_blocked(&engine, &body.key, false).await
}

async fn set_blocked(engine: &Engine, key: &str, blocked: bool) -> Result<Json<KeyView>, Failure> {
    let row = keys::set_blocked(engine, key, blocked).await?.ok_or_else(unknown)?;
    Ok(Json(view_one(engine, row).await?))
}
