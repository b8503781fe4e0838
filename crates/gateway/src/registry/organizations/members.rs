//! Who belongs to an organization, in which role, with which share of its budget.

use postern_store::Connection;
use postern_store::table::members::{self, OrganizationMemberRow};
use postern_store::table::organizations;
use postern_store::table::spent::Subject;
use postern_store::table::users::UserRow;

use super::super::audit::{self, Action, Actor};
use super::super::limited::{LimitFields, Now, Said};
use super::super::people::{self, Beginning, Named};
use super::unknown;
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;

/// What somebody is in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRole {
    OrgAdmin,
    InternalUser,
    InternalUserViewer,
}

impl MemberRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrgAdmin => "org_admin",
            Self::InternalUser => "internal_user",
            Self::InternalUserViewer => "internal_user_viewer",
        }
    }
}

/// Somebody to be added.
#[derive(Debug, Clone)]
pub struct NewMember {
    pub person: Named,
    pub role: MemberRole,
}

/// Most people in one request.
const MOST_AT_ONCE: usize = 500;

fn object(row: &OrganizationMemberRow) -> String {
    format!("{}/{}", row.organization_id, row.user_id)
}

/// Whom an administrator of the organization alone may bring in, of those who exist: being in an organization puts a person
/// into the hands of its administrators.
pub type MayBringIn = Box<dyn Fn(&UserRow) -> bool + Send>;

/// Adds people, makes those who do not exist. All of them or none.
pub async fn add(
    engine: &Engine,
    actor: Actor,
    organization_id: String,
    new: Vec<NewMember>,
    limits: LimitFields,
    may_bring_in: MayBringIn,
) -> Result<(Vec<UserRow>, Vec<OrganizationMemberRow>), Failure> {
    if new.is_empty() || new.len() > MOST_AT_ONCE {
        let message = format!("member: 1 to {MOST_AT_ONCE} people at once");
        return Err(Failure::invalid("invalid_members", message).with_param("member"));
    }
    let beginning = Beginning::of(engine);
    let added = engine
        .transact(move |connection| {
            organizations::find(connection, &organization_id)?.ok_or_else(|| unknown(&organization_id))?;
            let mut added = (Vec::new(), Vec::new());
            for member in new {
                let known = people::find_user(connection, &member.person.clone().checked()?)?;
                if let Some(known) = known.filter(|known| !may_bring_in(known)) {
                    let id = known.user_id;
                    let message = format!("user_id={id} belongs elsewhere: a proxy admin may bring them in");
                    return Err(Failure::forbidden("not_yours", message).with_type("auth_error"));
                }
                let user = people::ensure_user(connection, &actor, &member.person, &beginning)?;
                let whom = (organization_id.as_str(), &user);
                let row = join(connection, &actor, whom, member.role, &limits, &beginning.now)?;
                added.0.push(user);
                added.1.push(row);
            }
            Ok(added)
        })
        .await?;
    refresh(engine, &added.1).await?;
    Ok(added)
}

/// Puts somebody in who exists, inside of a transaction of the caller's.
pub fn join(
    connection: &Connection,
    actor: &Actor,
    (organization_id, user): (&str, &UserRow),
    role: MemberRole,
    limits: &LimitFields,
    now: &Now,
) -> Result<OrganizationMemberRow, Failure> {
    let user_id = user.user_id.as_str();
    if members::find_in_organization(connection, organization_id, user_id)?.is_some() {
        let message = format!("user_id={user_id} is already in organization_id={organization_id}");
        return Err(Failure::conflict("member_exists", message).with_param("member"));
    }
    let mut row = OrganizationMemberRow {
        organization_id: organization_id.to_owned(),
        user_id: user_id.to_owned(),
        role: role.as_str().to_owned(),
        created_at: now.ms(),
        updated_at: now.ms(),
        ..OrganizationMemberRow::default()
    };
    limits.clone().apply(connection, &mut row.limits, None, now)?;
    row.insert(connection)?;
    let shown = Some(row.shown());
    audit::record(connection, actor, Action::Created, ("organization_member", &object(&row)), None, shown)?;
    Ok(row)
}

async fn refresh(engine: &Engine, rows: &[OrganizationMemberRow]) -> Result<(), Failure> {
    let mut changes: Vec<Change> = rows.iter().map(|row| Change::User(row.user_id.clone())).collect();
    changes.extend(rows.first().map(|row| Change::Organization(row.organization_id.clone())));
    engine.refresh(changes, &[Topic::Organizations, Topic::Users]).await
}

/// The membership of a person, named by id or e-mail.
fn find(
    connection: &Connection,
    organization_id: &str,
    person: &Named,
) -> Result<OrganizationMemberRow, Failure> {
    organizations::find(connection, organization_id)?.ok_or_else(|| unknown(organization_id))?;
    let named = person.clone().checked()?;
    let user_id = match named.user_id.clone() {
        Some(id) => Some(id),
        None => people::find_user(connection, &named)?.map(|user| user.user_id),
    };
    let found = user_id.map(|id| members::find_in_organization(connection, organization_id, &id));
    found.transpose()?.flatten().ok_or_else(|| {
        let message = format!("{} is not a member of organization_id={organization_id}", named.shown());
        Failure::not_found("member_not_found", message).with_param("user_id")
    })
}

/// Another role, another share of the budget.
pub async fn update(
    engine: &Engine,
    actor: Actor,
    organization_id: String,
    person: Named,
    role: Option<MemberRole>,
    limits: LimitFields,
) -> Result<OrganizationMemberRow, Failure> {
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            let mut row = find(connection, &organization_id, &person)?;
            let before = row.shown();
            if let Some(role) = role {
                role.as_str().clone_into(&mut row.role);
            }
            let user_id = row.user_id.clone();
            let subject = Subject::OrganizationMember { organization_id, user_id };
            if limits.max_budget == Said::Clear {
                row.limits.budget_id = None;
            }
            limits.apply(connection, &mut row.limits, Some(&subject), &now)?;
            row.updated_at = now.ms();
            row.put(connection)?;
            let (object, shown) = (object(&row), Some(row.shown()));
            let object = ("organization_member", object.as_str());
            audit::record(connection, &actor, Action::Updated, object, Some(before), shown)?;
            Ok(row)
        })
        .await?;
    refresh(engine, std::slice::from_ref(&row)).await?;
    Ok(row)
}

/// Takes somebody out; they and their keys stay.
pub async fn remove(
    engine: &Engine,
    actor: Actor,
    organization_id: String,
    person: Named,
) -> Result<OrganizationMemberRow, Failure> {
    let row = engine
        .transact(move |connection| {
            let row = find(connection, &organization_id, &person)?;
            members::remove_from_organization(connection, &organization_id, &row.user_id)?;
            let (object, shown) = (object(&row), Some(row.shown()));
            let object = ("organization_member", object.as_str());
            audit::record(connection, &actor, Action::Deleted, object, shown, None)?;
            Ok(row)
        })
        .await?;
    refresh(engine, std::slice::from_ref(&row)).await?;
    Ok(row)
}
