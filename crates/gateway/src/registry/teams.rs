//! Teams: keys and people that share limits, in an organization or in none.
//!
//! `fields` is what a request says of a team, `bounds` how far that may go, `members` who is in it, `permissions` what members
//! may do with its keys, `callbacks` where its requests are to be told, `read` what is shown of it.

pub mod bounds;
pub mod callbacks;
pub mod fields;
pub mod members;
pub mod permissions;
pub mod read;

use std::collections::BTreeSet;
use std::sync::Arc;

use bounds::{Outside, Standing};
use fields::TeamFields;
use members::NewMember;
use postern_store::table::keys::{self, KeyRow};
use postern_store::table::members as member_table;
use postern_store::table::spent::Subject;
use postern_store::table::teams::{self, TeamRow};
use postern_store::{Connection, SqlError};

use super::audit::{self, Action, Actor};
use super::budgets::{check_id, own};
use super::keys::rotation;
use super::limited::Said;
use super::models;
use super::people::Beginning;
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;
use crate::snapshot::AccessGroups;

const STALE: [Topic; 3] = [Topic::Teams, Topic::Users, Topic::Keys];

pub fn unknown(id: &str) -> Failure {
    Failure::not_found("team_not_found", format!("Team not found, passed team id: {id}"))
        .with_param("team_id")
}

/// The team of that id, or why there is none.
pub fn find(connection: &Connection, id: &str) -> Result<TeamRow, Failure> {
    teams::find(connection, id)?.ok_or_else(|| unknown(id))
}

/// A team to be made.
#[derive(Debug)]
pub struct NewTeam {
    /// Made up when absent.
    pub id: Option<String>,
    pub fields: TeamFields,
    pub members: Vec<NewMember>,
    /// The user who makes it: becomes its administrator, unless they are among the members already.
    pub creator: Option<String>,
    pub outside: Outside,
}

/// Who may be in a list of models, as models are grouped now.
pub(super) fn access_groups(engine: &Engine) -> Arc<AccessGroups> {
    engine.snapshot.load().access.clone()
}

pub async fn create(engine: &Engine, actor: Actor, new: NewTeam) -> Result<TeamRow, Failure> {
    let id = new.id.unwrap_or_else(|| ids::new_id().to_string());
    check_id("team_id", &id)?;
    let (beginning, access) = (Beginning::of(engine), access_groups(engine));
    let mut members = new.members;
    if let Some(creator) = new.creator
        && !members.iter().any(|member| member.named.user_id.as_ref() == Some(&creator))
    {
        members.push(NewMember::administrator(&creator));
    }
    let (row, changes) = engine
        .transact(move |connection| {
            if teams::find(connection, &id)?.is_some() {
                let message = format!("Team id = {id} already exists. Please use a different team id.");
                return Err(Failure::invalid("team_exists", message).with_param("team_id"));
            }
            let now = &beginning.now;
            let mut row = TeamRow {
                team_id: id,
                member_permissions: permissions::default_list(),
                created_by: actor.name.clone(),
                created_at: now.ms(),
                updated_by: actor.name.clone(),
                updated_at: now.ms(),
                ..TeamRow::default()
            };
            new.fields.apply(connection, &mut row, None, now)?;
            bounds::check_organization(connection, None, &row, &access)?;
            row.insert(connection)?;
            audit::record(
                connection,
                &actor,
                Action::Created,
                ("team", &row.team_id),
                None,
                Some(row.shown()),
            )?;
            let mut changes = vec![Change::Team(row.team_id.clone())];
            for member in members::without_doubles(connection, members)? {
                let joined = members::join(connection, &actor, &row, member, new.outside, &beginning)?;
                changes.extend(joined.changes);
            }
            Ok((row, changes))
        })
        .await?;
    engine.refresh(changes, &STALE).await?;
    Ok(row)
}

/// Changes a team; `standing` is in which capacity.
pub async fn update(
    engine: &Engine,
    actor: Actor,
    id: String,
    said: TeamFields,
    standing: Standing,
) -> Result<TeamRow, Failure> {
    update_as(engine, actor, id, standing, |_| Ok(said)).await
}

/// Adds models to what a team may use, or takes them away.
pub async fn change_models(
    engine: &Engine,
    actor: Actor,
    id: String,
    models: Vec<String>,
    adds: bool,
    standing: Standing,
) -> Result<TeamRow, Failure> {
    update_as(engine, actor, id, standing, move |row| {
        let list = fields::changed_models(&row.models, models, adds)?;
        Ok(TeamFields { models: Said::Set(list), ..TeamFields::default() })
    })
    .await
}

/// `say` is told what is there and says what shall be.
async fn update_as(
    engine: &Engine,
    actor: Actor,
    id: String,
    standing: Standing,
    say: impl FnOnce(&TeamRow) -> Result<TeamFields, Failure> + Send + 'static,
) -> Result<TeamRow, Failure> {
    let (now, access) = (engine.now(), access_groups(engine));
    let (row, changes) = engine
        .transact(move |connection| {
            let before = find(connection, &id)?;
            let mut row = before.clone();
            let said = say(&before)?;
            standing.check_terms(&said)?;
            said.apply(connection, &mut row, Some(&Subject::Team(id)), &now)?;
            standing.check(connection, &before, &row, &access)?;
            bounds::check_organization(connection, Some(&before), &row, &access)?;
            let mut changes = vec![Change::Team(row.team_id.clone())];
            if row.member_defaults != before.member_defaults {
                members::reschedule(connection, &row, &now)?;
            }
            if row.organization_id != before.organization_id {
                changes.extend(take_keys_along(connection, &row, now.ms())?);
            }
            row.updated_by.clone_from(&actor.name);
            row.updated_at = now.ms();
            row.put(connection)?;
            let object = ("team", row.team_id.as_str());
            let shown = Some(before.shown());
            audit::record(connection, &actor, Action::Updated, object, shown, Some(row.shown()))?;
            Ok((row, changes))
        })
        .await?;
    engine.refresh(changes, &STALE).await?;
    Ok(row)
}

/// A team's keys are in its organization, also those that say so themselves.
fn take_keys_along(connection: &Connection, team: &TeamRow, now: i64) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for mut key in keys_of(connection, &team.team_id)? {
        if key.organization_id.is_some() {
            key.organization_id.clone_from(&team.organization_id);
            key.updated_at = now;
            key.put(connection)?;
        }
        changes.push(Change::Key(key.id));
    }
    Ok(changes)
}

/// A team's keys that are not revoked, those of its members' sessions included.
pub fn keys_of(connection: &Connection, team_id: &str) -> Result<Vec<KeyRow>, SqlError> {
    let filter = keys::KeyFilter {
        team_id: Some(team_id.to_owned()),
        sessions: true,
        ascending: true,
        limit: i64::MAX,
        ..keys::KeyFilter::default()
    };
    keys::page(connection, &filter)
}

/// Blocks or unblocks.
pub async fn set_blocked(
    engine: &Engine,
    actor: Actor,
    id: String,
    blocked: bool,
) -> Result<TeamRow, Failure> {
    let action = if blocked { Action::Blocked } else { Action::Unblocked };
    change(engine, actor, id, action, move |row| {
        row.blocked = blocked;
        Ok(())
    })
    .await
}

/// Changes one thing about a team, whatever it is, that needs no further check.
pub(super) async fn change(
    engine: &Engine,
    actor: Actor,
    id: String,
    action: Action,
    work: impl FnOnce(&mut TeamRow) -> Result<(), Failure> + Send + 'static,
) -> Result<TeamRow, Failure> {
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            let mut row = find(connection, &id)?;
            let before = row.shown();
            work(&mut row)?;
            row.updated_by.clone_from(&actor.name);
            row.updated_at = now.ms();
            row.put(connection)?;
            audit::record(connection, &actor, action, ("team", &id), Some(before), Some(row.shown()))?;
            Ok(row)
        })
        .await?;
    engine.refresh(vec![Change::Team(row.team_id.clone())], &[Topic::Teams]).await?;
    Ok(row)
}

/// Sets which routes members may call with the team's keys.
pub async fn set_permissions(
    engine: &Engine,
    actor: Actor,
    id: String,
    routes: Vec<String>,
) -> Result<TeamRow, Failure> {
    let list = permissions::list(&routes)?;
    change(engine, actor, id, Action::Updated, move |row| {
        row.member_permissions = list;
        Ok(())
    })
    .await
}

/// What goes with a team or with a member of one: what is to be read again, and the keys that are revoked.
#[derive(Debug, Default)]
pub struct Gone {
    pub changes: Vec<Change>,
    pub keys: Vec<KeyRow>,
}

impl Gone {
    fn revoke(
        &mut self,
        connection: &Connection,
        actor: &Actor,
        key: KeyRow,
        now: i64,
    ) -> Result<(), Failure> {
        keys::revoke(connection, &key.token, &actor.name, now)?;
        let id = key.id.to_string();
        audit::record(connection, actor, Action::Deleted, ("key", &id), Some(key.shown()), None)?;
        own::release(connection, actor, key.limits.budget_id.as_deref(), None)?;
        self.changes.push(Change::Key(key.id));
        self.keys.push(key);
        Ok(())
    }

    fn add(&mut self, other: Self) {
        self.changes.extend(other.changes);
        self.keys.extend(other.keys);
    }

    /// Puts it in force, and forgets what the vault has of the keys.
    async fn settle(self, engine: &Engine) -> Result<(), Failure> {
        engine.refresh(self.changes, &STALE).await?;
        for key in &self.keys {
            rotation::forget(engine, key).await;
        }
        Ok(())
    }
}

/// Removes teams with their keys and memberships: all of them or, if one does not exist, none. `keeps_keys` refuses where a key
/// would be lost. Gives back how many keys were.
pub async fn remove(
    engine: &Engine,
    actor: Actor,
    wanted: BTreeSet<String>,
    keeps_keys: bool,
) -> Result<usize, Failure> {
    let now = engine.now().ms();
    let (rows, gone) = engine
        .transact(move |connection| {
            let mut rows = Vec::new();
            for id in &wanted {
                rows.push(find(connection, id)?);
            }
            if keeps_keys {
                refuse_keys(connection, &rows)?;
            }
            let mut gone = Gone::default();
            for row in &rows {
                gone.add(take_down(connection, &actor, row, now)?);
            }
            Ok((rows, gone))
        })
        .await?;
    let lost = gone.keys.len();
    gone.settle(engine).await?;
    for row in &rows {
        callbacks::forget_secrets(engine, row).await;
    }
    models::settle(engine).await?;
    Ok(lost)
}

/// Removes one team, inside of a transaction of the caller's.
pub fn take_down(connection: &Connection, actor: &Actor, row: &TeamRow, now: i64) -> Result<Gone, Failure> {
    let id = row.team_id.as_str();
    let mut gone = Gone::default();
    gone.changes.push(Change::Team(id.to_owned()));
    for key in keys_of(connection, id)? {
        gone.revoke(connection, actor, key, now)?;
    }
    for member in member_table::of_team(connection, id)? {
        gone.changes.push(Change::User(member.user_id));
    }
    models::discard_of_team(connection, actor, id)?;
    member_table::empty_team(connection, id)?;
    teams::remove(connection, id)?;
    own::release(connection, actor, row.limits.budget_id.as_deref(), None)?;
    audit::record(connection, actor, Action::Deleted, ("team", id), Some(row.shown()), None)?;
    Ok(gone)
}

fn refuse_keys(connection: &Connection, rows: &[TeamRow]) -> Result<(), Failure> {
    const NAMED: usize = 10;
    let mut lost: Vec<String> = Vec::new();
    for row in rows {
        let keys = keys_of(connection, &row.team_id)?;
        lost.extend(
            keys.into_iter().filter(|key| !key.is_session).map(|key| key.key_alias.unwrap_or(key.key_name)),
        );
    }
    if lost.is_empty() {
        return Ok(());
    }
    let more = lost.len().saturating_sub(NAMED);
    let named = lost.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("{} keys would be deleted with it: {named}{rest}", lost.len());
    Err(Failure::conflict("team_has_keys", message)
        .with_param("team_ids")
        .with_details(serde_json::json!({"keys": lost.len()})))
}

#[cfg(test)]
mod tests;
