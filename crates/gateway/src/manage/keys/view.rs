//! A key, as LiteLLM shows it.

use std::collections::HashMap;

use postern_store::table::budgets::{self, BudgetRow};
use postern_store::table::keys::KeyRow;
use postern_store::table::spent::{self, Question, Subject};
use postern_store::table::users::{self, UserRow};
use postern_store::table::{LimitColumns, requests};
use postern_store::{Connection, SqlError};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::manage::budgets::BudgetView;
use crate::registry::limited::{shown, shown_model_budgets, shown_model_rates, shown_models};

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
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    pub organization_id: Option<String>,
    pub models: Vec<String>,
    /// Other names of models.
    #[schema(value_type = Object)]
    pub aliases: Map<String, Value>,
    pub allowed_routes: Vec<String>,
    /// In the running budget period, or in all where there is none.
    pub spend: f64,
    pub max_budget: Option<f64>,
    pub soft_budget: Option<f64>,
    pub soft_budget_cooldown: bool,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    /// Dollars more of a budget until `temp_budget_expiry`.
    pub temp_budget_increase: Option<f64>,
    pub temp_budget_expiry: Option<String>,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    /// Beyond which nothing may be asked for, whatever other lists say; empty: all.
    pub allowed_models: Vec<String>,
    #[schema(value_type = Object)]
    pub model_max_budget: Map<String, Value>,
    /// In the running periods of the budgets by model.
    #[schema(value_type = Object)]
    pub model_spend: Map<String, Value>,
    #[schema(value_type = Object)]
    pub model_rpm_limit: Map<String, Value>,
    #[schema(value_type = Object)]
    pub model_tpm_limit: Map<String, Value>,
    pub budget_id: Option<String>,
    /// The budget that it refers to.
    pub litellm_budget_table: Option<BudgetView>,
    pub expires: Option<String>,
    pub blocked: Option<bool>,
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    pub tags: Vec<String>,
    pub enforced_params: Vec<Value>,
    #[schema(value_type = Object)]
    pub config: Value,
    #[schema(value_type = Object)]
    pub permissions: Value,
    #[schema(value_type = Option<Object>)]
    pub router_settings: Option<Value>,
    #[schema(value_type = Vec<String>)]
    pub allowed_cache_controls: Value,
    #[schema(value_type = Option<String>)]
    pub rpm_limit_type: Option<Value>,
    #[schema(value_type = Option<String>)]
    pub tpm_limit_type: Option<Value>,
    /// Always null.
    pub object_permission_id: Option<String>,
    /// Always null.
    #[schema(value_type = Option<Object>)]
    pub object_permission: Option<Value>,
    pub auto_rotate: bool,
    pub rotation_interval: Option<String>,
    pub rotation_count: i64,
    pub last_rotation_at: Option<String>,
    /// When it is rotated by itself.
    pub key_rotation_at: Option<String>,
    /// Until when what it was before its rotation is taken.
    pub previous_key_until: Option<String>,
    /// For how many days bodies of its requests are kept; null: not at all.
    pub keep_bodies_days: Option<i64>,
    /// What is taken out of them first.
    pub redact: Vec<String>,
    pub redact_patterns: Vec<String>,
    pub created_at: String,
    pub created_by: String,
    pub updated_at: String,
    pub updated_by: String,
    pub last_used_at: Option<String>,
    /// When it was revoked, and by whom.
    pub deleted_at: Option<String>,
    pub deleted_by: Option<String>,
    /// Whose it is, with `expand=user`; else null.
    pub user: Option<UserBrief>,
}

/// A person beside their key.
#[derive(Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "named as LiteLLM does")]
pub struct UserBrief {
    pub user_id: String,
    pub user_alias: Option<String>,
    pub user_email: Option<String>,
    pub user_role: String,
}

/// What other tables say of a key.
struct Beside {
    spent: i64,
    by_model: Map<String, Value>,
    last_used_at: Option<i64>,
    budget: Option<BudgetRow>,
    user: Option<UserRow>,
}

fn list(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

fn view(row: KeyRow, beside: Beside) -> KeyView {
    let (rpm, tpm) = shown_model_rates(&row.limits.model_limits);
    let mut metadata = object(&row.metadata);
    let enforced = metadata.get("enforced_params").and_then(Value::as_array).cloned();
    for (name, rates) in [("model_rpm_limit", &rpm), ("model_tpm_limit", &tpm)] {
        if !rates.is_empty() {
            metadata.insert(name.to_owned(), Value::Object(rates.clone()));
        }
    }
    let mut extra = object(&row.extra);
    let previous = row.previous_until.filter(|_| row.previous_token.is_some());
    let previous = previous.filter(|until| *until > clock::now_ms());
    KeyView {
        key_id: row.id.to_string(),
        models: list(&row.models),
        aliases: object(&row.aliases),
        allowed_routes: list(&row.allowed_routes),
        spend: shown(beside.spent),
        max_budget: row.limits.max_budget_nanos.map(shown),
        soft_budget: row.limits.soft_budget_nanos.map(shown),
        soft_budget_cooldown: false,
        budget_duration: row.limits.budget_duration,
        budget_reset_at: row.limits.budget_reset_at.map(clock::text),
        temp_budget_increase: row.temp_budget_nanos.map(shown),
        temp_budget_expiry: row.temp_budget_until.map(clock::text),
        rpm_limit: row.limits.rpm_limit,
        tpm_limit: row.limits.tpm_limit,
        max_parallel_requests: row.limits.max_parallel_requests,
        allowed_models: shown_models(&row.limits.allowed_models),
        model_max_budget: shown_model_budgets(&row.limits.model_limits),
        model_spend: beside.by_model,
        model_rpm_limit: rpm,
        model_tpm_limit: tpm,
        budget_id: row.limits.budget_id,
        litellm_budget_table: beside.budget.map(Into::into),
        expires: row.expires_at.map(clock::text),
        blocked: Some(row.blocked),
        metadata,
        tags: list(&row.tags),
        enforced_params: enforced.unwrap_or_default(),
        config: extra.remove("config").unwrap_or_else(|| Map::new().into()),
        permissions: extra.remove("permissions").unwrap_or_else(|| Map::new().into()),
        router_settings: extra.remove("router_settings"),
        allowed_cache_controls: extra
            .remove("allowed_cache_controls")
            .unwrap_or_else(|| Vec::<Value>::new().into()),
        rpm_limit_type: extra.remove("rpm_limit_type"),
        tpm_limit_type: extra.remove("tpm_limit_type"),
        object_permission_id: None,
        object_permission: None,
        auto_rotate: row.auto_rotate,
        rotation_interval: row.rotation_interval,
        rotation_count: row.rotation_count,
        last_rotation_at: row.last_rotation_at.map(clock::text),
        key_rotation_at: row.rotate_at.map(clock::text),
        previous_key_until: previous.map(clock::text),
        keep_bodies_days: row.keep_bodies_days,
        redact: list(&row.redact),
        redact_patterns: list(&row.redact_patterns),
        created_at: clock::text(row.created_at),
        created_by: row.created_by,
        updated_at: clock::text(row.updated_at),
        updated_by: row.updated_by,
        last_used_at: beside.last_used_at.map(clock::text),
        deleted_at: row.deleted_at.map(clock::text),
        deleted_by: row.deleted_by,
        user: beside.user.map(|user| UserBrief {
            user_id: user.user_id,
            user_alias: user.user_alias,
            user_email: user.user_email,
            user_role: user.user_role,
        }),
        token: row.token,
        key_name: row.key_name,
        key_alias: row.key_alias,
        user_id: row.user_id,
        team_id: row.team_id,
        organization_id: row.organization_id,
    }
}

/// The models with budgets, with when their periods began.
fn model_periods(limits: &LimitColumns) -> Vec<(String, i64)> {
    let known: std::collections::BTreeMap<String, crate::directory::ModelLimit> =
        serde_json::from_str(&limits.model_limits).unwrap_or_default();
    let with_budget = known.into_iter().filter(|(_, limit)| limit.max_budget_nanos.is_some());
    with_budget.map(|(model, limit)| (model, limit.started_at)).collect()
}

/// Keys with what other tables say of them; with their people where that is asked for.
pub async fn views(engine: &Engine, rows: Vec<KeyRow>, with_users: bool) -> Result<Vec<KeyView>, Failure> {
    engine.read(move |connection| read(connection, rows, with_users)).await
}

fn read(connection: &Connection, rows: Vec<KeyRow>, with_users: bool) -> Result<Vec<KeyView>, SqlError> {
    let mut questions = Vec::new();
    for row in &rows {
        let mut ask = |model_group: Option<String>, since| {
            questions.push(Question { subject: Subject::Key(row.id), model_group, since });
        };
        ask(None, row.limits.budget_started_at);
        for (model, since) in model_periods(&row.limits) {
            ask(Some(model), since);
        }
    }
    let mut spent = spent::sums(connection, &questions)?.into_iter();
    let mut budgets_known: HashMap<String, Option<BudgetRow>> = HashMap::new();
    let mut users_known: HashMap<String, Option<UserRow>> = HashMap::new();
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let in_all = spent.next().unwrap_or(0).saturating_add(row.limits.spend_offset_nanos);
        let by_model = model_periods(&row.limits);
        let by_model =
            by_model.into_iter().map(|(model, _)| (model, shown(spent.next().unwrap_or(0)).into()));
        let by_model = by_model.collect();
        let budget =
            known(&mut budgets_known, row.limits.budget_id.as_deref(), |id| budgets::find(connection, id))?;
        let user = row.user_id.as_deref().filter(|_| with_users);
        let user = known(&mut users_known, user, |id| users::find(connection, id))?;
        let last_used_at = requests::last_use(connection, row.id)?;
        views.push(view(row, Beside { spent: in_all, by_model, last_used_at, budget, user }));
    }
    Ok(views)
}

/// Reads each thing once.
fn known<T: Clone>(
    known: &mut HashMap<String, Option<T>>,
    id: Option<&str>,
    read: impl FnOnce(&str) -> Result<Option<T>, SqlError>,
) -> Result<Option<T>, SqlError> {
    let Some(id) = id else { return Ok(None) };
    if let Some(found) = known.get(id) {
        return Ok(found.clone());
    }
    let found = read(id)?;
    known.insert(id.to_owned(), found.clone());
    Ok(found)
}

pub async fn view_of(engine: &Engine, row: KeyRow) -> Result<KeyView, Failure> {
    let views = views(engine, vec![row], false).await?;
    views.into_iter().next().ok_or_else(|| Failure::internal("a key's row was lost"))
}

/// What each has spent in the running period, nano-dollars.
pub(in crate::manage) fn spent_of(connection: &Connection, rows: &[KeyRow]) -> Result<Vec<i64>, SqlError> {
    let questions: Vec<Question> = rows
        .iter()
        .map(|row| Question {
            subject: Subject::Key(row.id),
            model_group: None,
            since: row.limits.budget_started_at,
        })
        .collect();
    let sums = spent::sums(connection, &questions)?;
    Ok(rows.iter().zip(sums).map(|(row, sum)| sum.saturating_add(row.limits.spend_offset_nanos)).collect())
}
