//! Organizations as LiteLLM shows them, with their teams and members.

use std::collections::BTreeMap;

use postern_store::table::budgets::{self, BudgetRow};
use postern_store::table::members::{self, OrganizationMemberRow};
use postern_store::table::organizations::OrganizationRow;
use postern_store::table::spent::{self, Question, Subject};
use postern_store::table::teams::{self, TeamRow};
use postern_store::table::users::{self, UserRow};
use postern_store::table::{LimitColumns, members as member_table};
use postern_store::{Connection, SqlError};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock;
use crate::manage::budgets::BudgetTable;
use crate::registry::limited;

/// An organization. Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OrganizationView {
    pub organization_id: String,
    pub organization_alias: String,
    pub budget_id: Option<String>,
    /// Of the running period of its budget.
    pub spend: f64,
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// Empty: all.
    pub models: Vec<String>,
    pub blocked: bool,
    pub max_budget: Option<f64>,
    pub soft_budget: Option<f64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    pub tpm_limit: Option<i64>,
    pub rpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    /// Beyond which nothing may be asked for, whatever other lists say; empty: all.
    pub allowed_models: Vec<String>,
    #[schema(value_type = Object)]
    pub model_rpm_limit: Map<String, Value>,
    #[schema(value_type = Object)]
    pub model_tpm_limit: Map<String, Value>,
    pub created_by: String,
    pub created_at: String,
    pub updated_by: String,
    pub updated_at: String,
    pub litellm_budget_table: Option<BudgetTable>,
    /// Always null: who belongs to it is in `members`.
    #[schema(value_type = Option<Vec<Object>>)]
    pub users: (),
    pub members: Vec<MembershipView>,
    pub teams: Vec<OrganizationTeam>,
}

/// Somebody in an organization.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MembershipView {
    pub user_id: String,
    pub organization_id: String,
    /// `org_admin`, `internal_user` or `internal_user_viewer`.
    pub user_role: String,
    /// In this organization, in the running period of their budget in it.
    pub spend: f64,
    pub budget_id: Option<String>,
    pub max_budget_in_organization: Option<f64>,
    pub created_at: String,
    pub updated_at: String,
    pub user_email: Option<String>,
    pub user: Option<PersonView>,
    pub litellm_budget_table: Option<BudgetTable>,
}

/// A person, as organizations show them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PersonView {
    pub user_id: String,
    pub user_email: Option<String>,
    pub user_alias: Option<String>,
    pub user_role: String,
    pub created_at: String,
    pub updated_at: String,
}

impl From<&UserRow> for PersonView {
    fn from(row: &UserRow) -> Self {
        Self {
            user_id: row.user_id.clone(),
            user_email: row.user_email.clone(),
            user_alias: row.user_alias.clone(),
            user_role: row.user_role.clone(),
            created_at: clock::text(row.created_at),
            updated_at: clock::text(row.updated_at),
        }
    }
}

/// A team of an organization.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OrganizationTeam {
    pub team_id: String,
    pub team_alias: Option<String>,
    pub organization_id: Option<String>,
    pub models: Vec<String>,
    #[schema(value_type = Object)]
    pub metadata: Value,
    pub blocked: bool,
    pub spend: f64,
    pub max_budget: Option<f64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    pub tpm_limit: Option<i64>,
    pub rpm_limit: Option<i64>,
    pub members_with_roles: Vec<TeamPerson>,
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamPerson {
    pub user_id: String,
    /// `admin` or `user`.
    pub role: String,
}

/// How much of an organization somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    Everything,
    /// What everybody in it knows, and themselves.
    AsMember(String),
}

/// What is known of budgets, people and spend while several organizations are shown.
struct Reading<'a> {
    connection: &'a Connection,
    budgets: BTreeMap<String, Option<BudgetRow>>,
    people: BTreeMap<String, Option<UserRow>>,
}

impl Reading<'_> {
    fn budget(&mut self, columns: &LimitColumns) -> Result<Option<BudgetRow>, SqlError> {
        let Some(id) = &columns.budget_id else { return Ok(None) };
        if let Some(known) = self.budgets.get(id) {
            return Ok(known.clone());
        }
        let found = budgets::find(self.connection, id)?;
        self.budgets.insert(id.clone(), found.clone());
        Ok(found)
    }

    fn person(&mut self, id: &str) -> Result<Option<UserRow>, SqlError> {
        if let Some(known) = self.people.get(id) {
            return Ok(known.clone());
        }
        let found = users::find(self.connection, id)?;
        self.people.insert(id.to_owned(), found.clone());
        Ok(found)
    }

    fn spent(&self, asked: Vec<(Subject, &LimitColumns)>) -> Result<Vec<f64>, SqlError> {
        let offsets: Vec<i64> = asked.iter().map(|(_, columns)| columns.spend_offset_nanos).collect();
        let question = |(subject, columns): (Subject, &LimitColumns)| Question {
            subject,
            model_group: None,
            since: columns.budget_started_at,
        };
        let sums = spent::sums(self.connection, &asked.into_iter().map(question).collect::<Vec<_>>())?;
        Ok(sums.iter().zip(offsets).map(|(sum, offset)| limited::shown(sum.saturating_add(offset))).collect())
    }

    fn membership(&mut self, row: OrganizationMemberRow, spend: f64) -> Result<MembershipView, SqlError> {
        let budget = self.budget(&row.limits)?;
        let user = self.person(&row.user_id)?;
        let table = BudgetTable::of(&row.limits, budget.as_ref());
        Ok(MembershipView {
            spend,
            budget_id: row.limits.budget_id.clone(),
            max_budget_in_organization: table.as_ref().and_then(|table| table.max_budget),
            created_at: clock::text(row.created_at),
            updated_at: clock::text(row.updated_at),
            user_email: user.as_ref().and_then(|user| user.user_email.clone()),
            user: user.as_ref().map(PersonView::from),
            litellm_budget_table: table,
            user_id: row.user_id,
            organization_id: row.organization_id,
            user_role: row.role,
        })
    }

    fn team(&self, row: TeamRow, spend: f64) -> Result<OrganizationTeam, SqlError> {
        let people = member_table::of_team(self.connection, &row.team_id)?;
        let people =
            people.into_iter().map(|member| TeamPerson { user_id: member.user_id, role: member.role });
        Ok(OrganizationTeam {
            models: serde_json::from_str(&row.models).unwrap_or_default(),
            metadata: serde_json::from_str(&row.metadata).unwrap_or_default(),
            blocked: row.blocked,
            spend,
            max_budget: row.limits.max_budget_nanos.map(limited::shown),
            budget_duration: row.limits.budget_duration,
            budget_reset_at: row.limits.budget_reset_at.map(clock::text),
            tpm_limit: row.limits.tpm_limit,
            rpm_limit: row.limits.rpm_limit,
            members_with_roles: people.collect(),
            created_at: clock::text(row.created_at),
            updated_at: clock::text(row.updated_at),
            team_id: row.team_id,
            team_alias: row.team_alias,
            organization_id: row.organization_id,
        })
    }

    fn organization(&mut self, row: OrganizationRow, extent: &Extent) -> Result<OrganizationView, SqlError> {
        let id = row.organization_id.as_str();
        let mut people = members::of_organization(self.connection, id)?;
        let mut groups = teams::of_organization(self.connection, id)?;
        if let Extent::AsMember(user) = extent {
            people.retain(|member| member.user_id == *user);
            let theirs = members::teams_of(self.connection, user)?;
            groups.retain(|team| theirs.iter().any(|member| member.team_id == team.team_id));
        }
        let mut asked = vec![(Subject::Organization(id.to_owned()), &row.limits)];
        asked.extend(people.iter().map(|member| {
            let (organization_id, user_id) = (id.to_owned(), member.user_id.clone());
            (Subject::OrganizationMember { organization_id, user_id }, &member.limits)
        }));
        asked.extend(groups.iter().map(|team| (Subject::Team(team.team_id.clone()), &team.limits)));
        let mut sums = self.spent(asked)?.into_iter();
        let mut next = || sums.next().unwrap_or_default();
        let spend = next();
        let memberships: Vec<(OrganizationMemberRow, f64)> =
            people.into_iter().map(|member| (member, next())).collect();
        let groups: Vec<(TeamRow, f64)> = groups.into_iter().map(|team| (team, next())).collect();
        let members = memberships.into_iter().map(|(member, spend)| self.membership(member, spend));
        let members = members.collect::<Result<_, _>>()?;
        let teams =
            groups.into_iter().map(|(team, spend)| self.team(team, spend)).collect::<Result<_, _>>()?;
        let budget = self.budget(&row.limits)?;
        let known = limited::in_force(&row.limits, budget.as_ref());
        let (requests, tokens) = limited::shown_model_rates(&known.model_limits);
        Ok(OrganizationView {
            budget_id: row.limits.budget_id.clone(),
            spend,
            metadata: serde_json::from_str(&row.metadata).unwrap_or_default(),
            models: serde_json::from_str(&row.models).unwrap_or_default(),
            blocked: row.blocked,
            max_budget: known.max_budget_nanos.map(limited::shown),
            soft_budget: known.soft_budget_nanos.map(limited::shown),
            budget_duration: known.budget_duration,
            budget_reset_at: known.budget_reset_at.map(clock::text),
            tpm_limit: known.tpm_limit,
            rpm_limit: known.rpm_limit,
            max_parallel_requests: known.max_parallel_requests,
            allowed_models: limited::shown_models(&known.allowed_models),
            model_rpm_limit: requests,
            model_tpm_limit: tokens,
            created_by: row.created_by,
            created_at: clock::text(row.created_at),
            updated_by: row.updated_by,
            updated_at: clock::text(row.updated_at),
            litellm_budget_table: BudgetTable::of(&row.limits, budget.as_ref()),
            users: (),
            members,
            teams,
            organization_id: row.organization_id,
            organization_alias: row.organization_alias,
        })
    }
}

fn reading(connection: &Connection) -> Reading<'_> {
    Reading { connection, budgets: BTreeMap::new(), people: BTreeMap::new() }
}

/// Organizations, each as far as it may be seen.
pub fn organizations(
    connection: &Connection,
    rows: Vec<(OrganizationRow, Extent)>,
) -> Result<Vec<OrganizationView>, SqlError> {
    let mut reading = reading(connection);
    rows.into_iter().map(|(row, extent)| reading.organization(row, &extent)).collect()
}

pub fn memberships(
    connection: &Connection,
    rows: Vec<OrganizationMemberRow>,
) -> Result<Vec<MembershipView>, SqlError> {
    let mut reading = reading(connection);
    let asked = rows.iter().map(|row| {
        let (organization_id, user_id) = (row.organization_id.clone(), row.user_id.clone());
        (Subject::OrganizationMember { organization_id, user_id }, &row.limits)
    });
    let spent = reading.spent(asked.collect())?;
    rows.into_iter().zip(spent).map(|(row, spend)| reading.membership(row, spend)).collect()
}
