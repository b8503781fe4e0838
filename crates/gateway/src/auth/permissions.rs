//! Who may call which route of the management API, and how far that reaches. `data/permissions.tsv` is the table: one line per
//! route, one column per capacity in which somebody may call. A caller may have several (a user who administers a team), and
//! what one of them allows is allowed. What is not in the table is refused to everybody but the administrator.
//!
//! The table says how far; [`Authority::check`] says whether one thing is within that.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use postern_store::table::owners::SeenBy;
use uuid::Uuid;

use super::{Caller, Identity, Known, routes};
use crate::directory::{Directory, Role, User};
use crate::error::Failure;
use crate::snapshot::AccessGroups;

/// How far a capacity reaches on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    No,
    /// What is theirs, as [`Thing`] tells.
    Own,
    All,
}

/// In which capacity somebody calls. The proxy's administrator may do everything and has no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    AdminViewer,
    /// Of organizations: what is in them is theirs.
    OrganizationAdmin,
    /// Of teams: what is in them is theirs.
    TeamAdmin,
    /// In teams: keys of teams that let members call the route are theirs.
    TeamMember,
    InternalUser,
    InternalUserViewer,
    /// A key that belongs to nobody: it is its own.
    Key,
}

/// The columns of the table.
pub const CAPACITIES: [Capacity; 7] = [
    Capacity::AdminViewer,
    Capacity::OrganizationAdmin,
    Capacity::TeamAdmin,
    Capacity::TeamMember,
    Capacity::InternalUser,
    Capacity::InternalUserViewer,
    Capacity::Key,
];

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub method: &'static str,
    pub path: &'static str,
    /// Nobody has to be known to call it.
    pub public: bool,
    reach: [Reach; CAPACITIES.len()],
}

impl Rule {
    pub fn reach(&self, capacity: Capacity) -> Reach {
        self.reach[capacity as usize]
    }

    /// Whether it gives every capacity everything.
    fn is_for_everybody(&self) -> bool {
        self.reach.iter().all(|reach| *reach == Reach::All)
    }
}

const TABLE: &str = include_str!("../../data/permissions.tsv");

fn parse(line: &'static str) -> Option<Rule> {
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let words: Vec<&str> = words.collect();
    let reach = |word: &&str| match *word {
        "-" => Some(Reach::No),
        "own" => Some(Reach::Own),
        "all" => Some(Reach::All),
        _ => None,
    };
    if words == ["public"] {
        return Some(Rule { method, path, public: true, reach: [Reach::All; CAPACITIES.len()] });
    }
    let reach: Vec<Reach> = words.iter().map(reach).collect::<Option<_>>()?;
    Some(Rule { method, path, public: false, reach: reach.try_into().ok()? })
}

static RULES: LazyLock<HashMap<(&'static str, &'static str), Rule>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.filter_map(parse).map(|rule| ((rule.method, rule.path), rule)).collect()
});

/// Every line of the table.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.values()
}

/// The line of a route; `path` is as the route was declared, with its parameters' names.
pub fn rule(method: &str, path: &str) -> Option<&'static Rule> {
    let usual =
        OTHER_NAMES.iter().find_map(|(other, name)| Some(format!("{name}{}", path.strip_prefix(other)?)));
    let path = usual.as_deref().unwrap_or(path);
    // A map of static texts is asked with shorter-lived ones.
    RULES.iter().find_map(|((known_method, known_path), rule)| {
        (*known_method == method && *known_path == path).then_some(rule)
    })
}

/// LiteLLM's other name for the routes of customers.
const OTHER_NAMES: [(&str, &str); 1] = [("/end_user/", "/customer/")];

/// Every path of the table, and of other names for it.
fn paths() -> impl Iterator<Item = (Cow<'static, str>, &'static Rule)> {
    RULES.values().flat_map(|rule| {
        let others = OTHER_NAMES.into_iter().filter_map(move |(other, name)| {
            rule.path.strip_prefix(name).map(|rest| (Cow::Owned(format!("{other}{rest}")), rule))
        });
        others.chain([(Cow::Borrowed(rule.path), rule)])
    })
}

/// The paths of the table by their first word: no request looks through all of them.
static BY_ROOT: LazyLock<HashMap<String, Vec<Cow<'static, str>>>> = LazyLock::new(|| {
    let mut by_root: HashMap<String, Vec<_>> = HashMap::new();
    for (path, _) in paths() {
        by_root.entry(root(&path).to_owned()).or_default().push(path);
    }
    by_root
});

fn root(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

/// Whether a path is a route of the table, whose last parameter may hold slashes. All others are for models: that no route of
/// the management API is missing, a test of the router proves.
pub fn covers(path: &str) -> bool {
    BY_ROOT.get(root(path)).is_some_and(|paths| paths.iter().any(|known| routes::fits_rest(known, path)))
}

/// Whether a pattern of paths reaches into the table, beyond what whoever has a key may look at.
pub fn is_reached_by(pattern: &str) -> bool {
    paths().any(|(path, rule)| !rule.is_for_everybody() && routes::meets(pattern, &path))
}

/// What a route is about, where it is about one thing.
#[derive(Debug, Clone, Copy)]
pub enum Thing<'a> {
    Key {
        id: Uuid,
        user: Option<&'a str>,
        team: Option<&'a str>,
        organization: Option<&'a str>,
    },
    User(&'a str),
    Team(&'a str),
    /// That somebody comes into a team.
    Membership {
        team: &'a str,
        user: &'a str,
    },
    Organization(&'a str),
    /// What belongs to the gateway as a whole.
    Gateway,
}

/// What a caller may do on the route that they call.
#[derive(Debug, Clone)]
pub struct Authority {
    pub caller: Caller,
    /// `None` where the table has no line: the administrator alone.
    pub rule: Option<&'static Rule>,
    /// Whom the caller names as the one who makes a change.
    pub changed_by: Option<String>,
}

/// Whose things somebody may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    pub users: Vec<String>,
    pub teams: Vec<String>,
    pub organizations: Vec<String>,
    pub key: Option<Uuid>,
}

impl Authority {
    /// Refuses a caller whom the table gives nothing on this route.
    pub fn of(caller: Caller, directory: &Directory, method: &str, path: &str) -> Result<Self, Failure> {
        let authority = Self { caller, rule: rule(method, path), changed_by: None };
        if authority.may_call(directory) {
            return Ok(authority);
        }
        Err(authority.refusal(path))
    }

    fn refusal(&self, path: &str) -> Failure {
        let identity = self.caller.identity();
        let user = identity.and_then(|identity| identity.user.as_ref());
        let role = user.map_or("a key that belongs to nobody", |user| user.role.as_str());
        if user.is_some_and(|user| user.role == Role::ProxyAdminViewer) {
            let message = format!("user not allowed to access this route, role= {role}. Route={path}");
            return Failure::forbidden("route_not_allowed", message).with_type("auth_error");
        }
        let message = format!(
            "Authentication Error, Only proxy admin can be used to generate, delete, update info for new keys/users/teams. Route={path}. Your role={role}"
        );
        Failure::forbidden("administrator_only", message).with_type("auth_error")
    }

    pub fn is_administrator(&self) -> bool {
        self.caller.is_administrator()
    }

    /// Whether the caller may look at the gateway as a whole: where it keeps what, and what is wrong with it.
    pub fn sees_gateway(&self) -> bool {
        let user = self.caller.identity().and_then(|identity| identity.user.as_ref());
        self.is_administrator() || user.is_some_and(|user| user.role == Role::ProxyAdminViewer)
    }

    /// What the same caller may do on another route.
    #[must_use]
    pub fn on(&self, method: &str, path: &str) -> Self {
        Self { rule: rule(method, path), ..self.clone() }
    }

    /// The same caller as they are now; `None` where they may not call the route any more.
    pub fn still(&self, directory: &Directory, access: &Arc<AccessGroups>, now: i64) -> Option<Self> {
        let caller = super::still(Known { directory, access, now }, &self.caller)?;
        Some(Self { caller, ..self.clone() }).filter(|authority| authority.may_call(directory))
    }

    /// Whether the table gives the caller anything on this route.
    pub fn may_call(&self, directory: &Directory) -> bool {
        self.is_administrator() || self.capacities(directory).next().is_some()
    }

    /// Whose requests the caller may see; `None`: everybody's.
    pub fn seen_by(&self, directory: &Directory) -> Option<SeenBy> {
        let Sight { users, teams, organizations, key } = self.sight(directory)?;
        Some(SeenBy { key, users, teams, organizations })
    }

    /// As changes name who made them.
    pub fn name(&self) -> String {
        self.caller.name()
    }

    /// The capacities in which the caller may call this route, with how far each reaches.
    fn capacities<'a>(&'a self, directory: &'a Directory) -> impl Iterator<Item = (Capacity, Reach)> + 'a {
        let identity = self.caller.identity();
        let held = identity.into_iter().flat_map(move |identity| {
            CAPACITIES.into_iter().filter(move |capacity| holds(identity, directory, *capacity))
        });
        held.filter_map(|capacity| {
            let reach = self.rule.map_or(Reach::No, |rule| rule.reach(capacity));
            (reach > Reach::No).then_some((capacity, reach))
        })
    }

    /// Whether everything is within reach.
    pub fn reaches_all(&self, directory: &Directory) -> bool {
        self.is_administrator() || self.capacities(directory).any(|(_, reach)| reach == Reach::All)
    }

    /// Whether one thing is.
    pub fn reaches(&self, directory: &Directory, thing: Thing<'_>) -> bool {
        if self.reaches_all(directory) {
            return true;
        }
        let Some(identity) = self.caller.identity() else { return true };
        let route = self.rule.map_or("", |rule| rule.path);
        self.capacities(directory).any(|(capacity, _)| is_theirs(identity, directory, capacity, thing, route))
    }

    /// The refusal of what is somebody else's.
    pub fn check(&self, directory: &Directory, thing: Thing<'_>) -> Result<(), Failure> {
        if self.reaches(directory, thing) {
            return Ok(());
        }
        let what = match thing {
            Thing::Key { .. } => "key",
            Thing::User(_) => "user",
            Thing::Team(_) | Thing::Membership { .. } => "team",
            Thing::Organization(_) => "organization",
            Thing::Gateway => "setting",
        };
        let message =
            format!("Authentication Error, this {what} is not yours: your key may not do this with it");
        Err(Failure::forbidden("not_yours", message).with_type("auth_error").with_param(what))
    }

    /// Whose things a list may show; `None`: everybody's.
    pub fn sight(&self, directory: &Directory) -> Option<Sight> {
        if self.reaches_all(directory) {
            return None;
        }
        let identity = self.caller.identity()?;
        let mut sight = Sight { key: Some(identity.key.id), ..Sight::default() };
        let user = identity.user.as_ref();
        let route = self.rule.map_or("", |rule| rule.path);
        for (capacity, _) in self.capacities(directory) {
            match capacity {
                Capacity::InternalUser | Capacity::InternalUserViewer => {
                    sight.users.extend(identity.key.user_id.as_deref().map(str::to_owned));
                }
                Capacity::TeamAdmin => sight.teams.extend(administered_teams(identity, directory)),
                Capacity::TeamMember => {
                    let teams = user.iter().flat_map(|user| user.teams.iter()).chain(&identity.key.team_id);
                    let open = teams.filter(|team| permits(directory, team, route));
                    sight.teams.extend(open.map(ToString::to_string));
                }
                Capacity::OrganizationAdmin => {
                    sight.organizations.extend(administered_organizations(identity, directory));
                }
                Capacity::AdminViewer | Capacity::Key => {}
            }
        }
        for list in [&mut sight.users, &mut sight.teams, &mut sight.organizations] {
            list.sort();
            list.dedup();
        }
        Some(sight)
    }
}

/// Whether somebody may see a team: one that they are in, or that they administer, and every team with a look at everything.
pub fn sees_team(caller: &Caller, directory: &Directory, team: &str) -> bool {
    let is_of_key = caller.identity().is_some_and(|identity| identity.key.team_id.as_deref() == Some(team));
    let rule = rule("GET", "/team/info");
    let authority = Authority { caller: caller.clone(), rule, changed_by: None };
    is_of_key || authority.reaches(directory, Thing::Team(team))
}

fn holds(identity: &Identity, directory: &Directory, capacity: Capacity) -> bool {
    let role = identity.user.as_ref().map(|user| user.role);
    match capacity {
        Capacity::AdminViewer => role == Some(Role::ProxyAdminViewer),
        Capacity::OrganizationAdmin => administered_organizations(identity, directory).next().is_some(),
        Capacity::TeamAdmin => administered_teams(identity, directory).next().is_some(),
        Capacity::TeamMember => {
            identity.key.team_id.is_some()
                || identity.user.as_ref().is_some_and(|user| !user.teams.is_empty())
        }
        Capacity::InternalUser => role == Some(Role::InternalUser),
        Capacity::InternalUserViewer => {
            matches!(role, Some(Role::InternalUserViewer | Role::ProxyAdminViewer))
        }
        Capacity::Key => true,
    }
}

fn administered_teams<'a>(
    identity: &'a Identity,
    directory: &'a Directory,
) -> impl Iterator<Item = String> + 'a {
    let user = identity.user.as_ref();
    user.into_iter().flat_map(move |user| {
        user.teams.iter().filter_map(move |team| {
            let member = directory.team(team)?.members.get(&user.id)?;
            member.is_admin.then(|| team.to_string())
        })
    })
}

fn administered_organizations<'a>(
    identity: &'a Identity,
    directory: &'a Directory,
) -> impl Iterator<Item = String> + 'a {
    let user = identity.user.as_ref();
    user.into_iter().flat_map(move |user| {
        user.organizations.iter().filter_map(move |organization| {
            let member = directory.organization(organization)?.members.get(&user.id)?;
            member.is_admin.then(|| organization.to_string())
        })
    })
}

/// Whether a team lets its members call a route with its keys. Routes that do the same have one name there.
fn permits(directory: &Directory, team: &str, route: &str) -> bool {
    let same = match route {
        "/v2/key/info" => "/key/info",
        "/key/bulk_update" => "/key/update",
        "/key/{key}/regenerate" | "/key/rotated" => "/key/regenerate",
        "/key/unblock" => "/key/block",
        route => route,
    };
    // LiteLLM has another name for the parameter of one of them.
    let spelled = if same == "/key/regenerate" { "/key/{key_id}/regenerate" } else { same };
    directory
        .team(team)
        .is_some_and(|team| [route, same, spelled].iter().any(|name| team.member_permissions.contains(*name)))
}

/// Whether somebody may come into a team by themselves: it is among those that the configuration opens, and in no
/// organization but their own.
pub fn is_open(directory: &Directory, team: &str, user: &User) -> bool {
    directory.rules.open_teams().any(|open| open == team)
        && directory.team(team).is_some_and(|team| {
            team.organization_id.as_ref().is_none_or(|theirs| user.organizations.contains(theirs))
        })
}

fn is_theirs(
    identity: &Identity,
    directory: &Directory,
    capacity: Capacity,
    thing: Thing<'_>,
    route: &str,
) -> bool {
    let me = identity.key.user_id.as_deref();
    let user = identity.user.as_ref();
    let is_own_key = |id: Uuid| id == identity.key.id;
    match (capacity, thing) {
        (_, Thing::Gateway) => false,
        (Capacity::Key, Thing::Key { id, .. }) => is_own_key(id),
        (Capacity::InternalUser | Capacity::InternalUserViewer, thing) => match thing {
            Thing::Key { id, user, team, .. } => {
                is_own_key(id) || (team.is_none() && me.is_some() && user == me)
            }
            Thing::User(id) => me == Some(id),
            Thing::Team(id) => user.is_some_and(|user| user.teams.contains(id)),
            Thing::Membership { team, user: who } => {
                me == Some(who) && user.is_some_and(|user| is_open(directory, team, user))
            }
            Thing::Organization(id) => user.is_some_and(|user| user.organizations.contains(id)),
            Thing::Gateway => false,
        },
        (Capacity::TeamMember, Thing::Key { team: Some(team), .. }) => {
            let is_in = identity.key.team_id.as_deref() == Some(team)
                || user.is_some_and(|user| user.teams.contains(team));
            is_in && permits(directory, team, route)
        }
        (
            Capacity::TeamAdmin,
            Thing::Key { team: Some(team), .. } | Thing::Team(team) | Thing::Membership { team, .. },
        ) => administered_teams(identity, directory).any(|mine| mine == team),
        (Capacity::AdminViewer | Capacity::Key | Capacity::TeamMember | Capacity::TeamAdmin, _) => false,
        (Capacity::OrganizationAdmin, thing) => {
            let of_team = |team: &str| directory.organization_of(team).map(ToString::to_string);
            let mine = |organization: &str| {
                administered_organizations(identity, directory).any(|mine| mine == organization)
            };
            match thing {
                Thing::Key { team, organization, .. } => {
                    organization.is_some_and(mine)
                        || team.and_then(of_team).is_some_and(|of_team| mine(&of_team))
                }
                Thing::User(id) => directory
                    .user(id)
                    .is_some_and(|user| user.organizations.iter().any(|theirs| mine(theirs))),
                Thing::Team(id) | Thing::Membership { team: id, .. } => {
                    of_team(id).is_some_and(|of_team| mine(&of_team))
                }
                Thing::Organization(id) => mine(id),
                Thing::Gateway => false,
            }
        }
    }
}

#[cfg(test)]
mod tests;
