//! Who is in a team: adding people, changing what they are and have there, and taking them out.

use axum::Json;
use axum::extract::State;
use postern_store::table::members::TeamMemberRow;
use postern_store::table::users::UserRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::request::MemberWithRole;
use super::view::{AddedUser, Membership, TeamView};
use super::{check, shown, whole};
use crate::auth::permissions::{Authority, Thing};
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::fields::{Field, OneOrMany};
use crate::registry::audit::Actor;
use crate::registry::limited::{self, LimitFields, Said};
use crate::registry::people::Named;
use crate::registry::teams::bounds::{Outside, Standing};
use crate::registry::teams::fields::MemberDefaults;
use crate::registry::teams::members::{self, NewMember, Several, TeamRole};
use crate::registry::teams::read;
use crate::shapes::{ErrorBody, JsonBody};

crate::limited! {
    pub struct AddMembers {
        team_id: String,
        /// One or a list of them; who does not exist is made.
        member: OneOrMany<MemberWithRole>,
        /// Dollars that each of them may spend in the team.
        #[serde(default)]
        #[schema(value_type = Option<f64>, minimum = 0)]
        max_budget_in_team: Field<f64>,
    }
}

/// The limits of members: `max_budget_in_team` is LiteLLM's name for their budget.
fn in_team(said: LimitFields, max_budget_in_team: Field<f64>) -> LimitFields {
    match max_budget_in_team.into() {
        Said::Nothing => said,
        max_budget => LimitFields { max_budget, ..said },
    }
}

/// A team, and who was added to it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamWithAdded {
    #[serde(flatten)]
    pub team: TeamView,
    pub updated_users: Vec<AddedUser>,
    pub updated_team_memberships: Vec<Membership>,
}

async fn memberships(
    engine: &Engine,
    rows: Vec<TeamMemberRow>,
    defaults: &MemberDefaults,
) -> Result<Vec<Membership>, Failure> {
    let asked = rows.clone();
    let spent = engine.read(move |connection| read::spent_by(connection, &asked)).await?;
    Ok(rows.into_iter().zip(spent).map(|(row, spent)| Membership::new(row, spent, defaults)).collect())
}

/// Refuses people whom the caller may not add. Who joins a team that is open brings nothing but themselves.
fn check_new(
    engine: &Engine,
    authority: &Authority,
    team: &str,
    list: &[MemberWithRole],
    limits: &LimitFields,
) -> Result<(), Failure> {
    let directory = engine.directory.load();
    if list.is_empty() || Standing::of(authority, &directory, team).is_some() {
        return authority.check(&directory, Thing::Team(team));
    }
    for member in list {
        let user = member.user_id.as_deref().unwrap_or_default();
        authority.check(&directory, Thing::Membership { team, user })?;
    }
    if list.iter().all(|member| member.role == TeamRole::User) && *limits == LimitFields::default() {
        return Ok(());
    }
    let message =
        "whoever joins a team by themselves comes as `user`, with the limits that it has for its members";
    Err(Failure::forbidden("beyond_own", message).with_type("auth_error").with_param("member"))
}

/// Add people to a team
///
/// People who are not known yet are made, with the role `internal_user`. All of them are added or, if one cannot be, none. People
/// may add themselves to teams that the configuration opens (`/team/available`).
#[utoipa::path(
    post, path = "/team/member_add", tag = "Teams", request_body = AddMembers,
    responses(
        (status = 200, body = TeamWithAdded),
        (status = 400, description = "Somebody is in the team already, or a field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "An e-mail address belongs to somebody of another id", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn add(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<AddMembers>,
) -> Result<Json<TeamWithAdded>, Failure> {
    body.check_names(&[])?;
    let limits = in_team(body.limits(), body.max_budget_in_team);
    let list = body.member.into_list();
    check_new(&engine, &authority, &body.team_id, &list, &limits)?;
    if list.is_empty() {
        return Err(Failure::invalid("missing_field", "member names nobody").with_param("member"));
    }
    let new = list
        .into_iter()
        .map(|member| NewMember { limits: limits.clone(), ..NewMember::from(member) })
        .collect();
    let outside = Outside::of(&authority);
    let (team, added) = members::add(&engine, Actor::of(&authority), body.team_id, new, outside).await?;
    let (users, rows): (Vec<UserRow>, Vec<TeamMemberRow>) = added.into_iter().unzip();
    let updated_team_memberships = memberships(&engine, rows, &MemberDefaults::of(&team)).await?;
    let updated_users = users.into_iter().map(AddedUser::from).collect();
    Ok(Json(TeamWithAdded { team: shown(&engine, team).await?, updated_users, updated_team_memberships }))
}

/// Most people who are added at once.
const MOST_AT_ONCE: usize = 500;

#[derive(Deserialize, utoipa::ToSchema)]
pub struct BulkAddMembers {
    team_id: String,
    /// At most 500.
    #[serde(default)]
    members: Option<Vec<MemberWithRole>>,
    /// Everybody who is not in it, in place of `members`; for a proxy admin.
    #[serde(default)]
    all_users: Option<bool>,
    /// Dollars that each of them may spend in the team.
    #[serde(default)]
    #[schema(value_type = Option<f64>, minimum = 0)]
    max_budget_in_team: Field<f64>,
}

/// What became of one of those who were to be added.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AddResult {
    pub user_id: Option<String>,
    pub user_email: Option<String>,
    pub success: bool,
    /// Why not.
    pub error: Option<String>,
    pub updated_user: Option<AddedUser>,
    pub updated_team_membership: Option<Membership>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct BulkAdded {
    pub team_id: String,
    pub results: Vec<AddResult>,
    pub total_requested: usize,
    pub successful_additions: usize,
    pub failed_additions: usize,
    pub updated_team: TeamView,
}

/// Add many people to a team: those who can be added
#[utoipa::path(
    post, path = "/team/bulk_member_add", tag = "Teams", request_body = BulkAddMembers,
    responses(
        (status = 200, body = BulkAdded),
        (status = 400, description = "Nobody or more than 500 were named", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn bulk_add(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<BulkAddMembers>,
) -> Result<Json<BulkAdded>, Failure> {
    check(&engine, &authority, &body.team_id)?;
    let limits = in_team(LimitFields::default(), body.max_budget_in_team);
    let named = body.members.filter(|members| !members.is_empty());
    let several = match named {
        _ if body.all_users == Some(true) => {
            if !authority.is_administrator() {
                let message = "all_users: only a proxy admin may add everybody";
                return Err(Failure::forbidden("administrator_only", message)
                    .with_type("auth_error")
                    .with_param("all_users"));
            }
            Several::All(Box::new(limits))
        }
        None => {
            let message = "Either members or all_users=true is needed";
            return Err(Failure::invalid("missing_field", message).with_param("members"));
        }
        Some(members) if members.len() > MOST_AT_ONCE => {
            let message = format!("members: at most {MOST_AT_ONCE} at once. Found: {}", members.len());
            return Err(Failure::invalid("too_many", message).with_param("members"));
        }
        Some(members) => Several::These(
            members
                .into_iter()
                .map(|member| NewMember { limits: limits.clone(), ..NewMember::from(member) })
                .collect(),
        ),
    };
    let outside = Outside::of(&authority);
    let (team, attempts) =
        members::add_each(&engine, Actor::of(&authority), body.team_id, several, outside).await?;
    let defaults = MemberDefaults::of(&team);
    let rows = attempts.iter().filter_map(|(_, attempt)| Some(attempt.as_ref().ok()?.1.clone())).collect();
    let mut joined = memberships(&engine, rows, &defaults).await?.into_iter();
    let mut results = Vec::with_capacity(attempts.len());
    for (named, attempt) in attempts {
        results.push(match attempt {
            Ok((user, row)) => AddResult {
                user_id: Some(row.user_id),
                user_email: user.user_email.clone(),
                success: true,
                error: None,
                updated_user: Some(user.into()),
                updated_team_membership: joined.next(),
            },
            Err(failure) => AddResult {
                user_id: named.user_id,
                user_email: named.user_email,
                success: false,
                error: Some(failure.error.message),
                updated_user: None,
                updated_team_membership: None,
            },
        });
    }
    let successful_additions = results.iter().filter(|result| result.success).count();
    Ok(Json(BulkAdded {
        team_id: team.team_id.clone(),
        total_requested: results.len(),
        failed_additions: results.len() - successful_additions,
        successful_additions,
        results,
        updated_team: shown(&engine, team).await?,
    }))
}

crate::limited! {
    pub struct UpdateMember {
        team_id: String,
        user_id: Option<String>,
        user_email: Option<String>,
        role: Option<TeamRole>,
        /// Dollars they may spend in the team; null: what the team says for its members.
        #[serde(default)]
        #[schema(value_type = Option<f64>, minimum = 0)]
        max_budget_in_team: Field<f64>,
    }
}

/// What a member is and has by now.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UpdatedMember {
    pub team_id: String,
    pub user_id: String,
    pub user_email: Option<String>,
    pub role: TeamRole,
    pub max_budget_in_team: Option<f64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    pub tpm_limit: Option<i64>,
    pub rpm_limit: Option<i64>,
    pub soft_budget: Option<f64>,
    pub max_parallel_requests: Option<i64>,
    #[schema(value_type = Object)]
    pub model_max_budget: Map<String, Value>,
    /// Beyond which nothing may be asked for; empty: all.
    pub allowed_models: Vec<String>,
    pub budget_id: Option<String>,
}

/// Change a member's role and limits
#[utoipa::path(
    post, path = "/team/member_update", tag = "Teams", request_body = UpdateMember,
    responses(
        (status = 200, body = UpdatedMember),
        (status = 400, description = "They are not in the team, or a field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<UpdateMember>,
) -> Result<Json<UpdatedMember>, Failure> {
    check(&engine, &authority, &body.team_id)?;
    body.check_names(&[])?;
    let limits = in_team(body.limits(), body.max_budget_in_team);
    let named = Named { user_id: body.user_id, user_email: body.user_email };
    let actor = Actor::of(&authority);
    let (user, row) = members::update(&engine, actor, body.team_id, named, body.role, limits).await?;
    Ok(Json(UpdatedMember {
        role: TeamRole::of(&row),
        user_email: user.user_email,
        max_budget_in_team: row.limits.max_budget_nanos.map(limited::shown),
        budget_duration: row.limits.budget_duration,
        budget_reset_at: row.limits.budget_reset_at.map(crate::clock::text),
        tpm_limit: row.limits.tpm_limit,
        rpm_limit: row.limits.rpm_limit,
        soft_budget: row.limits.soft_budget_nanos.map(limited::shown),
        max_parallel_requests: row.limits.max_parallel_requests,
        model_max_budget: limited::shown_model_budgets(&row.limits.model_limits),
        allowed_models: limited::shown_models(&row.limits.allowed_models),
        budget_id: row.limits.budget_id,
        team_id: row.team_id,
        user_id: row.user_id,
    }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct RemoveMember {
    team_id: String,
    user_id: Option<String>,
    user_email: Option<String>,
}

/// Take somebody out of a team; the keys that they have in it are deleted
#[utoipa::path(
    post, path = "/team/member_delete", tag = "Teams", request_body = RemoveMember,
    responses(
        (status = 200, body = TeamView), (status = 400, description = "They are not in the team", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<RemoveMember>,
) -> Result<Json<TeamView>, Failure> {
    check(&engine, &authority, &body.team_id)?;
    let named = Named { user_id: body.user_id, user_email: body.user_email };
    let row = members::remove(&engine, Actor::of(&authority), body.team_id, named).await?;
    Ok(Json(whole(&engine, row).await?.into()))
}
