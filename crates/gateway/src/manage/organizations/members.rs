//! `/organization/member_*`: who belongs to an organization.

use axum::Json;
use axum::extract::State;
use postern_store::table::members::OrganizationMemberRow;
use postern_store::table::users::UserRow;
use serde::{Deserialize, Serialize};

use super::view::{self, MembershipView, PersonView};
use crate::auth::permissions::{Authority, Thing};
use crate::directory::{Directory, Role};
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::fields::{Field, OneOrMany};
use crate::registry::audit::Actor;
use crate::registry::limited::{LimitFields, Said};
use crate::registry::organizations::members::{self, MayBringIn, MemberRole, NewMember};
use crate::registry::people::Named;
use crate::shapes::{ErrorBody, JsonBody};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationRole {
    OrgAdmin,
    InternalUser,
    InternalUserViewer,
}

impl From<OrganizationRole> for MemberRole {
    fn from(role: OrganizationRole) -> Self {
        match role {
            OrganizationRole::OrgAdmin => Self::OrgAdmin,
            OrganizationRole::InternalUser => Self::InternalUser,
            OrganizationRole::InternalUserViewer => Self::InternalUserViewer,
        }
    }
}

/// Somebody, named by id or e-mail.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct OrganizationMember {
    pub role: OrganizationRole,
    #[serde(default)]
    pub user_id: Option<String>,
    #[serde(default)]
    pub user_email: Option<String>,
}

crate::limited! {
    pub struct MemberAdd {
        organization_id: String,
        /// One or a list of them; who does not exist is made.
        member: OneOrMany<OrganizationMember>,
        /// Dollars: how much of the organization's budget each of them may spend.
        #[serde(default)]
        #[schema(value_type = Option<f64>, minimum = 0)]
        max_budget_in_organization: Field<f64>,
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MembersAdded {
    pub organization_id: String,
    pub updated_users: Vec<PersonView>,
    pub updated_organization_memberships: Vec<MembershipView>,
}

/// The limits of members: `max_budget_in_organization` is LiteLLM's name for their budget.
fn share(said: LimitFields, max_budget_in_organization: Field<f64>) -> LimitFields {
    match max_budget_in_organization.into() {
        Said::Nothing => said,
        max_budget => LimitFields { max_budget, ..said },
    }
}

async fn shown(engine: &Shared, row: OrganizationMemberRow) -> Result<MembershipView, Failure> {
    let mut views = engine.read(move |connection| view::memberships(connection, vec![row])).await?;
    views.pop().ok_or_else(|| Failure::internal("a membership is not shown"))
}

/// Whom a caller may bring into their organization: being in it puts a person into the hands of those who administer it, so
/// that whoever is somewhere else, or has a role over the whole gateway, is brought in by a proxy admin alone.
fn may_bring_in(authority: &Authority, directory: &Directory, user: &UserRow) -> bool {
    if authority.is_administrator() {
        return true;
    }
    let Some(known) = directory.user(&user.user_id) else { return false };
    matches!(known.role, Role::InternalUser | Role::InternalUserViewer)
        && known.organizations.iter().all(|id| authority.reaches(directory, Thing::Organization(id)))
        && known.teams.iter().all(|id| authority.reaches(directory, Thing::Team(id)))
}

/// Bring people into an organization
///
/// Who does not exist is made. Who is in other organizations or teams, or has a role over the whole gateway, is brought in by a
/// proxy admin alone.
#[utoipa::path(
    post, path = "/organization/member_add", tag = "Organizations", request_body = MemberAdd,
    responses(
        (status = 200, body = MembersAdded),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "Somebody is in it already", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn add(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<MemberAdd>,
) -> Result<Json<MembersAdded>, Failure> {
    let directory = engine.directory.load_full();
    authority.check(&directory, Thing::Organization(&body.organization_id))?;
    body.check_names(&[])?;
    let limits = share(body.limits(), body.max_budget_in_organization);
    let new = body.member.into_list().into_iter().map(|member| NewMember {
        person: Named { user_id: member.user_id, user_email: member.user_email },
        role: member.role.into(),
    });
    let (new, limits) = (new.collect(), limits);
    let actor = Actor::of(&authority);
    let may_bring_in: MayBringIn = Box::new(move |user| may_bring_in(&authority, &directory, user));
    let id = body.organization_id;
    let (users, rows) = members::add(&engine, actor, id.clone(), new, limits, may_bring_in).await?;
    let memberships = engine.read(move |connection| view::memberships(connection, rows)).await?;
    Ok(Json(MembersAdded {
        organization_id: id,
        updated_users: users.iter().map(PersonView::from).collect(),
        updated_organization_memberships: memberships,
    }))
}

crate::limited! {
    pub struct MemberUpdate {
        organization_id: String,
        #[serde(default)]
        user_id: Option<String>,
        #[serde(default)]
        user_email: Option<String>,
        #[serde(default)]
        role: Option<OrganizationRole>,
        /// Dollars; null: as much as the organization may.
        #[serde(default)]
        #[schema(value_type = Option<f64>, minimum = 0)]
        max_budget_in_organization: Field<f64>,
    }
}

/// Give a member another role or share of the budget
#[utoipa::path(
    patch, path = "/organization/member_update", tag = "Organizations", request_body = MemberUpdate,
    responses(
        (status = 200, body = MembershipView),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, description = "No such organization or member", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<MemberUpdate>,
) -> Result<Json<MembershipView>, Failure> {
    authority.check(&engine.directory.load(), Thing::Organization(&body.organization_id))?;
    body.check_names(&[])?;
    let limits = share(body.limits(), body.max_budget_in_organization);
    let person = Named { user_id: body.user_id, user_email: body.user_email };
    let role = body.role.map(MemberRole::from);
    let actor = Actor::of(&authority);
    let row = members::update(&engine, actor, body.organization_id, person, role, limits).await?;
    Ok(Json(shown(&engine, row).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct MemberDelete {
    organization_id: String,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    user_email: Option<String>,
}

/// Take somebody out of an organization
#[utoipa::path(
    delete, path = "/organization/member_delete", tag = "Organizations", request_body = MemberDelete,
    responses(
        (status = 200, description = "As it was", body = MembershipView),
        (status = 400, description = "Nobody was named", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, description = "No such organization or member", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<MemberDelete>,
) -> Result<Json<MembershipView>, Failure> {
    authority.check(&engine.directory.load(), Thing::Organization(&body.organization_id))?;
    let person = Named { user_id: body.user_id, user_email: body.user_email };
    let row = members::remove(&engine, Actor::of(&authority), body.organization_id, person).await?;
    Ok(Json(shown(&engine, row).await?))
}
