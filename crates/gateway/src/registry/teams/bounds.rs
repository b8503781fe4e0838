//! How far a team may go: not beyond its organization, and, where its own administrators change it, not beyond what they have.

use std::collections::BTreeMap;
use std::sync::Arc;

use postern_store::Connection;
use postern_store::table::organizations::{self, OrganizationRow};
use postern_store::table::teams::TeamRow;
use postern_store::table::{LimitColumns, members};

use super::fields::{NO_MODELS, TeamFields};
use crate::auth::permissions::Authority;
use crate::directory::{Directory, Member};
use crate::error::Failure;
use crate::registry::limited::{Said, effective, shown};
use crate::snapshot::{AccessGroups, AllowedModels};

/// In which capacity somebody changes a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Of the proxy: everything.
    Administrator,
    /// Administers the team's organization: everything that stays in it.
    OrganizationAdmin,
    /// Administers the team.
    TeamAdmin,
}

impl Standing {
    /// `None`: neither, whatever they may see of it.
    pub fn of(authority: &Authority, directory: &Directory, team_id: &str) -> Option<Self> {
        if authority.is_administrator() {
            return Some(Self::Administrator);
        }
        let user = authority.caller.identity()?.user.as_ref()?;
        let team = directory.team(team_id)?;
        let organization = team.organization_id.as_ref().and_then(|id| directory.organization(id));
        let administers = |members: &BTreeMap<Arc<str>, Member>| {
            members.get(&user.id).is_some_and(|member| member.is_admin)
        };
        if organization.is_some_and(|organization| administers(&organization.members)) {
            return Some(Self::OrganizationAdmin);
        }
        administers(&team.members).then_some(Self::TeamAdmin)
    }

    /// Refuses what is somebody else's to say, whatever is said of it.
    pub fn check_terms(self, said: &TeamFields) -> Result<(), Failure> {
        if self == Self::TeamAdmin && said.limits.spend != Said::Nothing {
            return Err(beyond("spend"));
        }
        Ok(())
    }

    /// Refuses a change that gives more than whoever makes it may give.
    pub fn check(
        self,
        connection: &Connection,
        before: &TeamRow,
        after: &TeamRow,
        access: &AccessGroups,
    ) -> Result<(), Failure> {
        if self == Self::Administrator {
            return Ok(());
        }
        if before.organization_id != after.organization_id {
            let message = "only a proxy admin may move a team to another organization";
            return Err(Failure::forbidden("moves_team", message)
                .with_type("auth_error")
                .with_param("organization_id"));
        }
        if self == Self::OrganizationAdmin {
            return Ok(());
        }
        let terms = [
            ("blocked", before.blocked != after.blocked),
            ("budget_id", before.limits.budget_id != after.limits.budget_id),
            ("budget_duration", before.limits.budget_duration != after.limits.budget_duration),
            ("allowed_models", before.limits.allowed_models != after.limits.allowed_models),
            (
                "model_max_budget",
                before.limits.model_limits != "{}" && before.limits.model_limits != after.limits.model_limits,
            ),
        ];
        if let Some((name, _)) = terms.iter().find(|(_, changed)| *changed) {
            return Err(beyond(name));
        }
        let organization = organization_of(connection, after)?;
        let above = organization.as_ref().map(|row| effective(connection, &row.limits)).transpose()?;
        let above = above.map_or([None; 4], |limits| figures(&limits).map(|(_, most)| most));
        let (had, has) = (effective(connection, &before.limits)?, effective(connection, &after.limits)?);
        for (((name, had), (_, has)), above) in figures(&had).into_iter().zip(figures(&has)).zip(above) {
            // What the organization limits is compared with that.
            if above.is_none() && had.is_some_and(|had| has.is_none_or(|has| has > had)) {
                return Err(beyond(name));
            }
        }
        if organization.is_some_and(|row| allowed(&row.models) != AllowedModels::All) {
            return Ok(());
        }
        match stranger(&before.models, &after.models, access) {
            None => Ok(()),
            Some(_) => Err(beyond("models")),
        }
    }
}

fn beyond(name: &str) -> Failure {
    let message = format!("{name}: a team's own administrators may not give it more than it has");
    Failure::forbidden("beyond_own", message).with_type("auth_error").with_param(name)
}

fn figures(limits: &LimitColumns) -> [(&'static str, Option<i64>); 4] {
    [
        ("max_budget", limits.max_budget_nanos),
        ("rpm_limit", limits.rpm_limit),
        ("tpm_limit", limits.tpm_limit),
        ("max_parallel_requests", limits.max_parallel_requests),
    ]
}

fn allowed(models: &str) -> AllowedModels {
    AllowedModels::from_list(serde_json::from_str::<Vec<String>>(models).unwrap_or_default())
}

/// An entry of `models` that `among` does not have; a list that allows everything where `among` does not is one.
fn stranger(among: &str, models: &str, access: &AccessGroups) -> Option<String> {
    let among = allowed(among);
    if among == AllowedModels::All {
        return None;
    }
    let list: Vec<String> = serde_json::from_str(models).unwrap_or_default();
    if list.is_empty() {
        return Some("*".to_owned());
    }
    list.into_iter().find(|model| model != NO_MODELS && !among.allow(&[model], access))
}

fn organization_of(connection: &Connection, row: &TeamRow) -> Result<Option<OrganizationRow>, Failure> {
    let Some(id) = &row.organization_id else { return Ok(None) };
    let found = organizations::find(connection, id)?;
    found.map(Some).ok_or_else(|| {
        let message =
            format!("Organization not found for organization_id={id}. Make it with /organization/new.");
        Failure::invalid("unknown_organization", message).with_param("organization_id")
    })
}

/// Refuses models and limits that its organization does not have. What is as it was is not looked at again.
pub fn check_organization(
    connection: &Connection,
    before: Option<&TeamRow>,
    row: &TeamRow,
    access: &AccessGroups,
) -> Result<(), Failure> {
    let before = before.filter(|before| before.organization_id == row.organization_id);
    if before.is_some_and(|before| before.models == row.models && before.limits == row.limits) {
        return Ok(());
    }
    let Some(organization) = organization_of(connection, row)? else { return Ok(()) };
    let id = &organization.organization_id;
    // No list of its own: the organization's is in force.
    if before.is_none_or(|before| before.models != row.models)
        && row.models != "[]"
        && let Some(model) = stranger(&organization.models, &row.models, access)
    {
        let message = format!(
            "Organization {id} may not use the model {model}: it is limited to [{}]",
            allowed(&organization.models).shown()
        );
        return Err(Failure::invalid("model_beyond_organization", message).with_param("models"));
    }
    let had = before.map(|before| effective(connection, &before.limits)).transpose()?;
    let had = had.map_or([None; 4], |limits| figures(&limits).map(|(_, most)| most));
    let (above, own) = (effective(connection, &organization.limits)?, effective(connection, &row.limits)?);
    for (((name, most), (_, own)), had) in figures(&above).into_iter().zip(figures(&own)).zip(had) {
        if let (Some(most), Some(own)) = (most, own)
            && own > most
            && had != Some(own)
        {
            let (own, most) = if name == "max_budget" {
                (shown(own).to_string(), shown(most).to_string())
            } else {
                (own.to_string(), most.to_string())
            };
            let message = format!("{name}={own} of the team is more than its organization {id} has: {most}");
            return Err(Failure::invalid("beyond_organization", message).with_param(name));
        }
    }
    Ok(())
}

/// Whether people of other organizations may come into a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    Allowed,
    /// Whoever belongs to organizations, but not to the team's, is not theirs to add.
    Refused,
}

impl Outside {
    pub fn of(authority: &Authority) -> Self {
        if authority.is_administrator() { Self::Allowed } else { Self::Refused }
    }

    pub fn check(self, connection: &Connection, team: &TeamRow, user_id: &str) -> Result<(), Failure> {
        if self == Self::Allowed {
            return Ok(());
        }
        let theirs = members::organizations_of(connection, user_id)?;
        let is_in = |id: &String| theirs.iter().any(|row| row.organization_id == *id);
        if theirs.is_empty() || team.organization_id.as_ref().is_some_and(is_in) {
            return Ok(());
        }
        let message =
            format!("user {user_id} belongs to another organization: only a proxy admin may add them");
        Err(Failure::forbidden("of_another_organization", message)
            .with_type("auth_error")
            .with_param("member"))
    }
}
