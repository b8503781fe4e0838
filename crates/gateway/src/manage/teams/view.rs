//! Teams and their members as LiteLLM shows them. Money in dollars, times RFC 3339.

use std::collections::BTreeMap;

use postern_store::table::LimitColumns;
use postern_store::table::members::TeamMemberRow;
use postern_store::table::users::UserRow;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock;
use crate::manage::keys::KeyView;
use crate::registry::limited;
use crate::registry::teams::fields::MemberDefaults;
use crate::registry::teams::members::TeamRole;
use crate::registry::teams::read::Whole;

/// A person in a team.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamMemberView {
    pub role: TeamRole,
    pub user_id: String,
    pub user_email: Option<String>,
}

/// The team's other names for models.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelTable {
    #[schema(value_type = Object)]
    pub model_aliases: BTreeMap<String, String>,
}

/// Limits of a member, or of members who have none of their own.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MemberBudget {
    pub budget_id: Option<String>,
    pub max_budget: Option<f64>,
    pub soft_budget: Option<f64>,
    pub max_parallel_requests: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub rpm_limit: Option<i64>,
    #[schema(value_type = Object)]
    pub model_max_budget: Map<String, Value>,
    /// Beyond which nothing may be asked for; empty: all.
    pub allowed_models: Vec<String>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
}

/// A team.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamView {
    pub team_id: String,
    pub team_alias: Option<String>,
    pub organization_id: Option<String>,
    /// Ids of its administrators.
    pub admins: Vec<String>,
    /// Ids of everybody in it.
    pub members: Vec<String>,
    pub members_with_roles: Vec<TeamMemberView>,
    /// Routes that members may call with the team's keys.
    pub team_member_permissions: Vec<String>,
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    pub tpm_limit: Option<i64>,
    pub rpm_limit: Option<i64>,
    pub max_budget: Option<f64>,
    pub soft_budget: Option<f64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    pub budget_id: Option<String>,
    /// Empty allows all.
    pub models: Vec<String>,
    pub blocked: bool,
    #[schema(value_type = Object)]
    pub router_settings: Value,
    /// In the running period of its budget, or in all where there is none.
    pub spend: f64,
    pub max_parallel_requests: Option<i64>,
    /// Beyond which nothing may be asked for, whatever other lists say; empty: all.
    pub allowed_models: Vec<String>,
    #[schema(value_type = Object)]
    pub model_max_budget: Map<String, Value>,
    #[schema(value_type = Object)]
    pub model_rpm_limit: Map<String, Value>,
    #[schema(value_type = Object)]
    pub model_tpm_limit: Map<String, Value>,
    pub model_id: Option<i64>,
    pub litellm_model_table: Option<ModelTable>,
    #[schema(value_type = Option<Object>)]
    pub object_permission: Option<Value>,
    /// Limits of members who have none of their own.
    pub team_member_budget_table: Option<MemberBudget>,
    /// How long keys live that members make for themselves.
    pub team_member_key_duration: Option<String>,
    pub created_at: String,
    pub created_by: String,
    pub updated_at: String,
    pub updated_by: String,
}

fn read<T: serde::de::DeserializeOwned + Default>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_default()
}

impl From<Whole> for TeamView {
    fn from(team: Whole) -> Self {
        let Whole { row, members, spent } = team;
        let ids = |wanted: fn(TeamRole) -> bool| {
            let some = members.iter().filter(|person| wanted(TeamRole::of(&person.row)));
            some.map(|person| person.row.user_id.clone()).collect()
        };
        let aliases: BTreeMap<String, String> = read(&row.model_aliases);
        let extra: Map<String, Value> = read(&row.extra);
        let defaults = MemberDefaults::of(&row);
        let (requests, tokens) = limited::shown_model_rates(&row.limits.model_limits);
        let mut metadata: Map<String, Value> = read(&row.metadata);
        for (name, rates) in [("model_rpm_limit", &requests), ("model_tpm_limit", &tokens)] {
            if !rates.is_empty() {
                metadata.insert(name.to_owned(), Value::Object(rates.clone()));
            }
        }
        Self {
            admins: ids(|role| role == TeamRole::Admin),
            members: ids(|_| true),
            team_member_permissions: read(&row.member_permissions),
            metadata,
            tpm_limit: row.limits.tpm_limit,
            rpm_limit: row.limits.rpm_limit,
            max_budget: row.limits.max_budget_nanos.map(limited::shown),
            soft_budget: row.limits.soft_budget_nanos.map(limited::shown),
            budget_duration: row.limits.budget_duration,
            budget_reset_at: row.limits.budget_reset_at.map(clock::text),
            budget_id: row.limits.budget_id,
            models: read(&row.models),
            blocked: row.blocked,
            router_settings: extra.get("router_settings").cloned().unwrap_or_else(|| Map::new().into()),
            spend: limited::shown(spent),
            max_parallel_requests: row.limits.max_parallel_requests,
            allowed_models: limited::shown_models(&row.limits.allowed_models),
            model_max_budget: limited::shown_model_budgets(&row.limits.model_limits),
            model_rpm_limit: requests,
            model_tpm_limit: tokens,
            model_id: None,
            litellm_model_table: (!aliases.is_empty()).then_some(ModelTable { model_aliases: aliases }),
            object_permission: None,
            team_member_budget_table: MemberBudget::of_team(&defaults),
            team_member_key_duration: defaults.key_duration,
            created_at: clock::text(row.created_at),
            created_by: row.created_by,
            updated_at: clock::text(row.updated_at),
            updated_by: row.updated_by,
            members_with_roles: members
                .into_iter()
                .map(|person| TeamMemberView {
                    role: TeamRole::of(&person.row),
                    user_id: person.row.user_id,
                    user_email: person.email,
                })
                .collect(),
            team_id: row.team_id,
            team_alias: row.team_alias,
            organization_id: row.organization_id,
        }
    }
}

impl MemberBudget {
    fn of(limits: LimitColumns) -> Self {
        Self {
            budget_id: limits.budget_id,
            max_budget: limits.max_budget_nanos.map(limited::shown),
            soft_budget: limits.soft_budget_nanos.map(limited::shown),
            max_parallel_requests: limits.max_parallel_requests,
            tpm_limit: limits.tpm_limit,
            rpm_limit: limits.rpm_limit,
            model_max_budget: limited::shown_model_budgets(&limits.model_limits),
            allowed_models: limited::shown_models(&limits.allowed_models),
            budget_duration: limits.budget_duration,
            budget_reset_at: limits.budget_reset_at.map(clock::text),
        }
    }

    fn of_team(defaults: &MemberDefaults) -> Option<Self> {
        let limits = MemberDefaults { key_duration: None, ..defaults.clone() };
        (limits != MemberDefaults::default()).then(|| {
            Self::of(LimitColumns {
                max_budget_nanos: limits.max_budget_nanos,
                budget_duration: limits.budget_duration,
                rpm_limit: limits.rpm_limit,
                tpm_limit: limits.tpm_limit,
                ..LimitColumns::default()
            })
        })
    }

    /// In force for a member: their own, else the team's for its members.
    fn of_member(row: &TeamMemberRow, defaults: &MemberDefaults) -> Option<Self> {
        let mut limits = row.limits.clone();
        if limits.budget_id.is_none() {
            limits.max_budget_nanos = limits.max_budget_nanos.or(defaults.max_budget_nanos);
            limits.rpm_limit = limits.rpm_limit.or(defaults.rpm_limit);
            limits.tpm_limit = limits.tpm_limit.or(defaults.tpm_limit);
            limits.budget_duration = limits.budget_duration.or_else(|| defaults.budget_duration.clone());
        }
        let figures = [
            limits.max_budget_nanos,
            limits.soft_budget_nanos,
            limits.rpm_limit,
            limits.tpm_limit,
            limits.max_parallel_requests,
        ];
        let says = limits.model_limits != "{}" || limits.allowed_models != "[]" || limits.budget_id.is_some();
        (says || figures.iter().any(Option::is_some)).then(|| Self::of(limits))
    }
}

/// What somebody has in a team.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Membership {
    pub user_id: String,
    pub team_id: String,
    pub role: TeamRole,
    pub budget_id: Option<String>,
    /// In the running period of their budget in the team.
    pub spend: f64,
    /// What is in force: their own limits, else the team's for its members.
    pub litellm_budget_table: Option<MemberBudget>,
}

impl Membership {
    pub fn new(row: TeamMemberRow, spent: i64, defaults: &MemberDefaults) -> Self {
        Self {
            role: TeamRole::of(&row),
            budget_id: row.limits.budget_id.clone(),
            spend: limited::shown(spent),
            litellm_budget_table: MemberBudget::of_member(&row, defaults),
            user_id: row.user_id,
            team_id: row.team_id,
        }
    }
}

/// A person who was added to a team.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AddedUser {
    pub user_id: String,
    pub user_email: Option<String>,
    pub user_alias: Option<String>,
    pub user_role: String,
    pub created_at: String,
    pub updated_at: String,
}

impl From<UserRow> for AddedUser {
    fn from(row: UserRow) -> Self {
        Self {
            user_id: row.user_id,
            user_email: row.user_email,
            user_alias: row.user_alias,
            user_role: row.user_role,
            created_at: clock::text(row.created_at),
            updated_at: clock::text(row.updated_at),
        }
    }
}

/// A team with its keys, as lists have it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ListedTeam {
    #[serde(flatten)]
    pub team: TeamView,
    /// The keys that the caller may see.
    pub keys: Vec<KeyView>,
}
