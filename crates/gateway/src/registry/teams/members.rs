//! Who is in a team, in which role, and with which limits. A member's budget runs from when they came, and starts anew as its
//! duration says, or the team's for its members.

use jiff::Timestamp;
use postern_store::Connection;
use postern_store::table::members::{self, OrganizationMemberRow, TeamMemberRow};
use postern_store::table::spent::Subject;
use postern_store::table::teams::TeamRow;
use postern_store::table::users::{self, UserRow};
use serde::{Deserialize, Serialize};

use super::bounds::Outside;
use super::fields::MemberDefaults;
use super::{Gone, STALE, find, keys_of};
use crate::directory::Change;
use crate::durations;
use crate::engine::Engine;
use crate::error::Failure;
use crate::registry::audit::{self, Action, Actor};
use crate::registry::limited::{self, LimitFields, Now, Said};
use crate::registry::people::{self, Beginning, Named};

/// What somebody is in a team.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamRole {
    /// Changes the team, its members and their keys.
    Admin,
    #[default]
    User,
}

impl TeamRole {
    pub fn of(row: &TeamMemberRow) -> Self {
        if row.role == Self::Admin.as_str() { Self::Admin } else { Self::User }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
        }
    }
}

/// Somebody who comes into a team.
#[derive(Debug, Clone, Default)]
pub struct NewMember {
    pub named: Named,
    pub role: TeamRole,
    pub limits: LimitFields,
}

impl NewMember {
    pub fn administrator(user_id: &str) -> Self {
        Self { named: Named::by_id(user_id), role: TeamRole::Admin, limits: LimitFields::default() }
    }
}

/// What a member's budget is called in requests.
const BUDGET: &str = "max_budget_in_team";

fn apply(
    said: LimitFields,
    connection: &Connection,
    row: &mut TeamMemberRow,
    subject: Option<&Subject>,
    now: &Now,
) -> Result<(), Failure> {
    said.apply(connection, &mut row.limits, subject, now).map_err(|mut failure| {
        if failure.error.param.as_deref() == Some("max_budget") {
            failure.error.message = failure.error.message.replacen("max_budget", BUDGET, 1);
            failure.error.param = Some(BUDGET.to_owned());
        }
        failure
    })
}

/// What became of somebody who came into a team.
pub struct Joined {
    pub user: UserRow,
    pub member: TeamMemberRow,
    pub changes: Vec<Change>,
}

/// Puts somebody into a team, and makes them where they are not known: in the team's organization, so that its administrators
/// can look after them.
pub fn join(
    connection: &Connection,
    actor: &Actor,
    team: &TeamRow,
    new: NewMember,
    outside: Outside,
    beginning: &Beginning,
) -> Result<Joined, Failure> {
    let named = new.named.checked()?;
    let now = &beginning.now;
    let known = people::find_user(connection, &named)?;
    if let Some(user) = &known {
        if members::find_in_team(connection, &team.team_id, &user.user_id)?.is_some() {
            let message = format!("User={} already in team. Team={}", user.user_id, team.team_id);
            return Err(Failure::invalid("already_in_team", message)
                .with_type("team_member_already_in_team")
                .with_param("member"));
        }
        outside.check(connection, team, &user.user_id)?;
    }
    let mut row = TeamMemberRow {
        team_id: team.team_id.clone(),
        role: new.role.as_str().to_owned(),
        // After those who are in already, so that they stay in the order in which they came.
        created_at: now.ms().max(latest(connection, &team.team_id)?.saturating_add(1)),
        updated_at: now.ms(),
        ..TeamMemberRow::default()
    };
    apply(new.limits, connection, &mut row, None, now)?;
    follow_team(&mut row, &MemberDefaults::of(team), now)?;
    // Nothing is written before everything is looked at: of several who come, some may be refused.
    let user = people::ensure_user(connection, actor, &named, beginning)?;
    row.user_id.clone_from(&user.user_id);
    row.insert(connection)?;
    let object = format!("{}/{}", row.team_id, row.user_id);
    audit::record(connection, actor, Action::Created, ("team_member", &object), None, Some(row.shown()))?;
    let mut changes = vec![Change::User(user.user_id.clone())];
    if let Some(id) = team.organization_id.as_ref().filter(|_| known.is_none()) {
        let of_organization = OrganizationMemberRow {
            organization_id: id.clone(),
            user_id: user.user_id.clone(),
            role: "internal_user".to_owned(),
            limits: postern_store::table::LimitColumns { budget_started_at: now.ms(), ..Default::default() },
            created_at: now.ms(),
            updated_at: now.ms(),
        };
        of_organization.insert(connection)?;
        changes.push(Change::Organization(id.clone()));
    }
    Ok(Joined { user, member: row, changes })
}

/// The period of a member without a duration of their own is the team's for its members.
fn follow_team(row: &mut TeamMemberRow, defaults: &MemberDefaults, now: &Now) -> Result<(), Failure> {
    if row.limits.budget_duration.is_some() || row.limits.budget_id.is_some() {
        return Ok(());
    }
    row.limits.budget_reset_at = match &defaults.budget_duration {
        None => None,
        Some(text) => Some(next_reset(text, now)?),
    };
    Ok(())
}

fn next_reset(text: &str, now: &Now) -> Result<i64, Failure> {
    let at: Timestamp = now.at;
    durations::next_reset(text, at, &now.zone)
        .map_err(limited::invalid_duration("team_member_budget_duration"))
}

/// After a change of what a team says of its members.
pub(super) fn reschedule(connection: &Connection, team: &TeamRow, now: &Now) -> Result<(), Failure> {
    let defaults = MemberDefaults::of(team);
    for mut row in members::of_team(connection, &team.team_id)? {
        let before = row.limits.budget_reset_at;
        follow_team(&mut row, &defaults, now)?;
        if row.limits.budget_reset_at != before {
            row.put(connection)?;
        }
    }
    Ok(())
}

/// One entry for each person; whoever is named as an administrator once is one.
pub(super) fn without_doubles(
    connection: &Connection,
    named: Vec<NewMember>,
) -> Result<Vec<NewMember>, Failure> {
    let mut once: Vec<NewMember> = Vec::new();
    for mut member in named {
        member.named = member.named.checked()?;
        if let Some(user) = people::find_user(connection, &member.named)? {
            member.named = Named { user_id: Some(user.user_id), user_email: user.user_email };
        }
        let email = |named: &Named| named.user_email.as_ref().map(|email| email.to_lowercase());
        let same = |known: &&mut NewMember| {
            let (known, new) = (&known.named, &member.named);
            (known.user_id.is_some() && known.user_id == new.user_id)
                || (known.user_email.is_some() && email(known) == email(new))
        };
        match once.iter_mut().find(same) {
            None => once.push(member),
            Some(known) => {
                if member.role == TeamRole::Admin {
                    known.role = TeamRole::Admin;
                }
            }
        }
    }
    Ok(once)
}

/// Adds people: all of them or, if one cannot be added, none.
pub async fn add(
    engine: &Engine,
    actor: Actor,
    team_id: String,
    new: Vec<NewMember>,
    outside: Outside,
) -> Result<(TeamRow, Vec<(UserRow, TeamMemberRow)>), Failure> {
    let beginning = Beginning::of(engine);
    let (row, joined, changes) = engine
        .transact(move |connection| {
            let team = find(connection, &team_id)?;
            let mut joined = Vec::new();
            let mut changes = vec![Change::Team(team_id)];
            for member in new {
                let one = join(connection, &actor, &team, member, outside, &beginning)?;
                joined.push((one.user, one.member));
                changes.extend(one.changes);
            }
            Ok((team, joined, changes))
        })
        .await?;
    engine.refresh(changes, &STALE).await?;
    Ok((row, joined))
}

/// Whom to add in bulk.
#[derive(Debug)]
pub enum Several {
    These(Vec<NewMember>),
    /// Every user who is not in the team.
    All(Box<LimitFields>),
}

/// Somebody who was to be added, and what became of it.
pub type Attempt = (Named, Result<(UserRow, TeamMemberRow), Failure>);

/// Adds those who can be added.
pub async fn add_each(
    engine: &Engine,
    actor: Actor,
    team_id: String,
    several: Several,
    outside: Outside,
) -> Result<(TeamRow, Vec<Attempt>), Failure> {
    let beginning = Beginning::of(engine);
    let (row, attempts, changes) = engine
        .transact(move |connection| {
            let team = find(connection, &team_id)?;
            let new = match several {
                Several::These(new) => new,
                Several::All(limits) => everybody(connection, &team_id, &limits)?,
            };
            let mut attempts: Vec<Attempt> = Vec::new();
            let mut changes = vec![Change::Team(team_id)];
            for member in new {
                let named = member.named.clone();
                let attempt = match join(connection, &actor, &team, member, outside, &beginning) {
                    Ok(one) => {
                        changes.extend(one.changes);
                        Ok((one.user, one.member))
                    }
                    // What is not the caller's mistake undoes everything.
                    Err(failure) if failure.error.status >= 500 => return Err(failure),
                    Err(failure) => Err(failure),
                };
                attempts.push((named, attempt));
            }
            Ok((team, attempts, changes))
        })
        .await?;
    engine.refresh(changes, &STALE).await?;
    Ok((row, attempts))
}

fn everybody(
    connection: &Connection,
    team_id: &str,
    limits: &LimitFields,
) -> Result<Vec<NewMember>, Failure> {
    let known: Vec<String> =
        members::of_team(connection, team_id)?.into_iter().map(|member| member.user_id).collect();
    let others = users::all(connection)?.into_iter().filter(|user| !known.contains(&user.user_id));
    let new = others.map(|user| NewMember {
        named: Named { user_id: Some(user.user_id), user_email: user.user_email },
        role: TeamRole::User,
        limits: limits.clone(),
    });
    Ok(new.collect())
}

/// The member of that name.
fn member(connection: &Connection, team_id: &str, named: &Named) -> Result<TeamMemberRow, Failure> {
    let user_id = match people::find_user(connection, named)? {
        Some(user) => Some(user.user_id),
        // Whoever is not known any more may still be in the list.
        None => named.user_id.clone(),
    };
    let found = user_id.map(|id| members::find_in_team(connection, team_id, &id)).transpose()?.flatten();
    found.ok_or_else(|| {
        let message = format!("User not found in team. {} is no member of team_id={team_id}", named.shown());
        Failure::invalid("not_in_team", message).with_param("user_id")
    })
}

/// Changes a member's role and limits.
pub async fn update(
    engine: &Engine,
    actor: Actor,
    team_id: String,
    named: Named,
    role: Option<TeamRole>,
    limits: LimitFields,
) -> Result<(UserRow, TeamMemberRow), Failure> {
    let named = named.checked()?;
    let now = engine.now();
    let (user, row) = engine
        .transact(move |connection| {
            let team = find(connection, &team_id)?;
            let mut row = member(connection, &team_id, &named)?;
            let before = row.shown();
            if let Some(role) = role {
                role.as_str().clone_into(&mut row.role);
            }
            let subject = Subject::TeamMember { team_id: row.team_id.clone(), user_id: row.user_id.clone() };
            let changes_period = limits.budget_duration != Said::Nothing;
            apply(limits, connection, &mut row, Some(&subject), &now)?;
            if changes_period {
                follow_team(&mut row, &MemberDefaults::of(&team), &now)?;
            }
            row.updated_at = now.ms();
            row.put(connection)?;
            let object = format!("{}/{}", row.team_id, row.user_id);
            let (object, after) = (("team_member", object.as_str()), row.shown());
            audit::record(connection, &actor, Action::Updated, object, Some(before), Some(after))?;
            let user = users::find(connection, &row.user_id)?.unwrap_or_default();
            Ok((user, row))
        })
        .await?;
    let changes = vec![Change::Team(row.team_id.clone()), Change::User(row.user_id.clone())];
    engine.refresh(changes, &STALE).await?;
    Ok((user, row))
}

/// Takes somebody out of a team, and revokes the keys that they have in it.
pub async fn remove(
    engine: &Engine,
    actor: Actor,
    team_id: String,
    named: Named,
) -> Result<TeamRow, Failure> {
    let named = named.checked()?;
    let now = engine.now().ms();
    let (team, gone) = engine
        .transact(move |connection| {
            let team = find(connection, &team_id)?;
            let row = member(connection, &team_id, &named)?;
            let gone = leave(connection, &actor, &row, now)?;
            Ok((team, gone))
        })
        .await?;
    gone.settle(engine).await?;
    Ok(team)
}

/// Takes a member out with the keys that they have there, inside of a transaction of the caller's.
fn leave(connection: &Connection, actor: &Actor, row: &TeamMemberRow, now: i64) -> Result<Gone, Failure> {
    let mut gone = Gone::default();
    gone.changes.extend([Change::Team(row.team_id.clone()), Change::User(row.user_id.clone())]);
    for key in keys_of(connection, &row.team_id)? {
        if key.user_id.as_ref() == Some(&row.user_id) {
            gone.revoke(connection, actor, key, now)?;
        }
    }
    members::remove_from_team(connection, &row.team_id, &row.user_id)?;
    let object = format!("{}/{}", row.team_id, row.user_id);
    audit::record(connection, actor, Action::Deleted, ("team_member", &object), Some(row.shown()), None)?;
    Ok(gone)
}

/// When the last of a team's members came.
fn latest(connection: &Connection, team_id: &str) -> Result<i64, Failure> {
    let members = members::of_team(connection, team_id)?;
    Ok(members.last().map_or(0, |member| member.created_at))
}
