//! A user's row, as LiteLLM shows it. Never the password's hash.

use std::collections::HashMap;

use postern_store::table::members;
use postern_store::table::spent::{self, Question, Subject};
use postern_store::table::users::{UserRow, key_counts};
use postern_store::{Connection, SqlError};
use serde::Serialize;
use serde_json::{Map, Value};

use super::KEPT;
use crate::auth::permissions::{Authority, Thing};
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::registry::limited;

/// A user. Money in dollars, times RFC 3339.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct UserView {
    pub user_id: String,
    pub user_alias: Option<String>,
    pub user_email: Option<String>,
    pub user_role: String,
    /// The name that the single sign-on server has for them.
    pub sso_user_id: Option<String>,
    /// Teams that they are in.
    pub teams: Vec<String>,
    /// Organizations that they are in.
    pub organizations: Vec<String>,
    /// The first of them.
    pub organization_id: Option<String>,
    /// What their own keys may use; empty: everything.
    pub models: Vec<String>,
    /// In the running budget period, or in all where there is none.
    pub spend: f64,
    pub max_budget: Option<f64>,
    pub soft_budget: Option<f64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    /// Where limits come from that are not said here.
    pub budget_id: Option<String>,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    /// Beyond which nothing may be asked for, whatever other lists say; empty: all.
    pub allowed_models: Vec<String>,
    #[schema(value_type = Object)]
    pub model_max_budget: Map<String, Value>,
    #[schema(value_type = Object)]
    pub model_rpm_limit: Map<String, Value>,
    #[schema(value_type = Object)]
    pub model_tpm_limit: Map<String, Value>,
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    pub blocked: bool,
    /// Whether they have a password to sign in to the console with.
    pub has_password: bool,
    /// Keys of theirs, sign-ins to the console not counted.
    pub key_count: i64,
    pub created_at: String,
    pub created_by: String,
    pub updated_at: String,
    pub updated_by: String,
    /// LiteLLM's further members, as they were sent.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Map<String, Value>,
}

/// What stands in other tables.
#[derive(Debug, Clone, Default)]
struct Beside {
    teams: Vec<String>,
    organizations: Vec<String>,
    spent_nanos: i64,
    key_count: i64,
}

/// Users whose keys are counted in one question.
const AT_ONCE: usize = 500;

fn read(connection: &Connection, rows: &[UserRow]) -> Result<Vec<Beside>, SqlError> {
    let ids: Vec<String> = rows.iter().map(|row| row.user_id.clone()).collect();
    let mut spent = spent_of(connection, rows)?.into_iter();
    let mut counts: HashMap<String, i64> = HashMap::new();
    for some in ids.chunks(AT_ONCE) {
        counts.extend(key_counts(connection, some)?);
    }
    rows.iter()
        .map(|row| {
            let teams = members::teams_of(connection, &row.user_id)?;
            let organizations = members::organizations_of(connection, &row.user_id)?;
            Ok(Beside {
                teams: teams.into_iter().map(|row| row.team_id).collect(),
                organizations: organizations.into_iter().map(|row| row.organization_id).collect(),
                spent_nanos: spent.next().unwrap_or_default(),
                key_count: counts.get(&row.user_id).copied().unwrap_or_default(),
            })
        })
        .collect()
}

/// What each has spent in the running period, nano-dollars.
pub(in crate::manage) fn spent_of(connection: &Connection, rows: &[UserRow]) -> Result<Vec<i64>, SqlError> {
    let questions: Vec<Question> = rows
        .iter()
        .map(|row| Question {
            subject: Subject::User(row.user_id.clone()),
            model_group: None,
            since: row.limits.budget_started_at,
        })
        .collect();
    let sums = spent::sums(connection, &questions)?;
    Ok(sums.iter().zip(rows).map(|(sum, row)| sum.saturating_add(row.limits.spend_offset_nanos)).collect())
}

fn view(row: UserRow, beside: Beside) -> UserView {
    let object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (requests, tokens) = limited::shown_model_rates(&row.limits.model_limits);
    let mut extra = object(&row.extra);
    extra.retain(|name, _| KEPT.contains(&name.as_str()));
    UserView {
        user_alias: row.user_alias,
        user_email: row.user_email,
        user_role: row.user_role,
        sso_user_id: row.sso_user_id,
        organization_id: beside.organizations.first().cloned(),
        teams: beside.teams,
        organizations: beside.organizations,
        models: serde_json::from_str(&row.models).unwrap_or_default(),
        spend: limited::shown(beside.spent_nanos),
        max_budget: row.limits.max_budget_nanos.map(limited::shown),
        soft_budget: row.limits.soft_budget_nanos.map(limited::shown),
        budget_duration: row.limits.budget_duration,
        budget_reset_at: row.limits.budget_reset_at.map(clock::text),
        budget_id: row.limits.budget_id,
        rpm_limit: row.limits.rpm_limit,
        tpm_limit: row.limits.tpm_limit,
        max_parallel_requests: row.limits.max_parallel_requests,
        allowed_models: limited::shown_models(&row.limits.allowed_models),
        model_max_budget: limited::shown_model_budgets(&row.limits.model_limits),
        model_rpm_limit: requests,
        model_tpm_limit: tokens,
        metadata: object(&row.metadata),
        blocked: row.blocked,
        has_password: row.password_hash.is_some(),
        key_count: beside.key_count,
        created_at: clock::text(row.created_at),
        created_by: row.created_by,
        updated_at: clock::text(row.updated_at),
        updated_by: row.updated_by,
        user_id: row.user_id,
        extra,
    }
}

/// These rows, as a caller may see them: teams and organizations that are not theirs are left out of what others are in.
pub(super) async fn views(
    engine: &Engine,
    authority: &Authority,
    rows: Vec<UserRow>,
) -> Result<Vec<UserView>, Failure> {
    let (rows, beside) = engine
        .read(move |connection| {
            let beside = read(connection, &rows)?;
            Ok((rows, beside))
        })
        .await?;
    let directory = engine.directory.load();
    let me = authority.caller.user_id();
    let shown = rows.into_iter().zip(beside).map(|(row, mut beside)| {
        if me != Some(row.user_id.as_str()) {
            beside.teams.retain(|id| authority.reaches(&directory, Thing::Team(id)));
            beside.organizations.retain(|id| authority.reaches(&directory, Thing::Organization(id)));
        }
        view(row, beside)
    });
    Ok(shown.collect())
}

/// One row, as its user sees it.
pub(in crate::manage) async fn view_one(engine: &Engine, row: UserRow) -> Result<UserView, Failure> {
    engine
        .read(move |connection| {
            let beside = read(connection, std::slice::from_ref(&row))?.pop().unwrap_or_default();
            Ok(view(row, beside))
        })
        .await
}
