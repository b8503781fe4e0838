//! Whose a key may be: a person's, a team's, in an organization.

use postern_store::Connection;
use postern_store::table::keys::KeyRow;
use postern_store::table::organizations::{self, OrganizationRow};
use postern_store::table::teams::{self, TeamRow};
use postern_store::table::{members, users};
use uuid::Uuid;

use super::Asking;
use crate::auth::permissions::Thing;
use crate::directory::{Change, Role};
use crate::error::Failure;
use crate::registry::people::{self, Named};

/// The team and the organization that a key is in.
#[derive(Debug, Default)]
pub(super) struct Home {
    pub team: Option<TeamRow>,
    /// The key's own, else the team's.
    pub organization: Option<OrganizationRow>,
}

/// Finds them, and refuses a key that is or becomes somebody's whose it may not be. A person who is not known is made, where
/// the administrator names them; that is put in force with the change that is given back.
pub(super) fn settle(
    connection: &Connection,
    asking: &Asking,
    before: Option<&KeyRow>,
    row: &KeyRow,
) -> Result<(Home, Option<Change>), Failure> {
    let owners = |row: &KeyRow| (row.user_id.clone(), row.team_id.clone(), row.organization_id.clone());
    let changed = before.is_none_or(|before| owners(before) != owners(row));
    if changed && !asking.is_administrator() {
        check_reach(connection, asking, row)?;
    }
    let home = home(connection, row)?;
    let mut made = None;
    if changed {
        check_existence(row, &home)?;
        if let Some(user) = &row.user_id
            && users::find(connection, user)?.is_none()
        {
            // Who is not the administrator did not get this far with somebody who is not known.
            people::ensure_user(connection, &asking.actor, &Named::by_id(user), &asking.beginning)?;
            made = Some(Change::User(user.clone()));
        }
    }
    Ok((home, made))
}

fn home(connection: &Connection, row: &KeyRow) -> Result<Home, Failure> {
    let team = row.team_id.as_deref().map(|id| teams::find(connection, id)).transpose()?.flatten();
    let of_team = team.as_ref().and_then(|team| team.organization_id.as_deref());
    let organization = row.organization_id.as_deref().or(of_team);
    let organization = organization.map(|id| organizations::find(connection, id)).transpose()?.flatten();
    Ok(Home { team, organization })
}

fn check_existence(row: &KeyRow, home: &Home) -> Result<(), Failure> {
    if let (Some(id), None) = (&row.team_id, &home.team) {
        let message = format!("Team doesn't exist in db. Team={id}. Make it with /team/new.");
        return Err(Failure::invalid("unknown_team", message).with_param("team_id"));
    }
    let Some(id) = &row.organization_id else { return Ok(()) };
    if home.organization.is_none() {
        let message =
            format!("Organization doesn't exist in db. Organization={id}. Make it with /organization/new.");
        return Err(Failure::invalid("unknown_organization", message).with_param("organization_id"));
    }
    let of_team = home.team.as_ref().and_then(|team| team.organization_id.as_ref());
    if let Some(of_team) = of_team.filter(|of_team| *of_team != id) {
        let message = format!("the key's team is in the organization {of_team}, not in {id}");
        return Err(Failure::invalid("organization_of_another", message).with_param("organization_id"));
    }
    Ok(())
}

/// Each of its owners must be within reach by itself: a team of one's own gives nothing in a foreign organization.
fn check_reach(connection: &Connection, asking: &Asking, row: &KeyRow) -> Result<(), Failure> {
    let (user, team) = (row.user_id.as_deref(), row.team_id.as_deref());
    let organization = row.organization_id.as_deref();
    if let Some(team) = team {
        asking.check(Thing::Key { id: Uuid::nil(), user: None, team: Some(team), organization: None })?;
    }
    if let Some(organization) = organization {
        let of_team = team.and_then(|team| asking.directory.organization_of(team));
        if of_team.is_none_or(|of_team| **of_team != *organization) {
            asking.check(Thing::Organization(organization))?;
        }
    }
    if team.is_none() {
        asking.check(Thing::Key { id: Uuid::nil(), user, team, organization })?;
    }
    let Some(user) = user else { return Ok(()) };
    if let Some(team) = team {
        if members::find_in_team(connection, team, user)?.is_none() {
            let message = format!("User={user} not assigned to team={team}");
            return Err(Failure::invalid("not_in_team", message).with_param("user_id"));
        }
    } else if asking.me() != Some(user) {
        asking.check(Thing::User(user))?;
    }
    if asking.me() == Some(user) {
        return Ok(());
    }
    let role = users::find(connection, user)?.and_then(|user| Role::parse(&user.user_role));
    if matches!(role, Some(Role::InternalUser | Role::InternalUserViewer)) {
        return Ok(());
    }
    let message = "Authentication Error, only a proxy admin may make a key for a proxy admin";
    Err(Failure::forbidden("beyond_own", message).with_type("auth_error").with_param("user_id"))
}
