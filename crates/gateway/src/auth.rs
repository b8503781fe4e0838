//! Who is calling, and may they? Works on the snapshot, the directory and the headers alone: no database on the way of a request.
//!
//! `permissions` says who may call which route of the management API, `routes` which routes a key is restricted to.

pub mod attempts;
pub mod permissions;
pub mod routes;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use postern_store::table::owners::Owner;
use smallvec::SmallVec;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::directory::{Directory, Limited, Organization, Role, Team, User, VirtualKey};
use crate::error::Failure;
use crate::ids::{self, KeyHash};
use crate::snapshot::{AccessGroups, AllowedModels, Group, Namespace, OfTeam};

/// Who is calling.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Holder of the administrator's key.
    Administrator,
    /// The desktop window or the control socket of the same user: acts as the administrator.
    Internal,
    Key(Arc<Identity>),
}

/// A virtual key, and whose it is.
#[derive(Debug)]
pub struct Identity {
    pub key: Arc<VirtualKey>,
    pub user: Option<Arc<User>>,
    pub team: Option<Arc<Team>>,
    /// The key's own, else the team's.
    pub organization: Option<Arc<Organization>>,
    access: Arc<AccessGroups>,
}

impl Identity {
    /// Whose limits hold here, with LiteLLM's words for them.
    fn limits(&self) -> impl Iterator<Item = (&'static str, &Limited)> {
        let user = self.key.user_id.as_deref();
        let personal = self.user.as_ref().filter(|_| self.key.team_id.is_none());
        let in_team = self.team.as_ref().and_then(|team| team.members.get(user?));
        let in_organization = self.organization.as_ref().and_then(|known| known.members.get(user?));
        let all = [
            Some(("key", &self.key.limited)),
            self.team.as_ref().map(|team| ("team", &team.limited)),
            in_team.map(|member| ("team_member", &member.limited)),
            personal.map(|user| ("user", &user.limited)),
            self.organization.as_ref().map(|known| ("org", &known.limited)),
            in_organization.map(|member| ("org_member", &member.limited)),
        ];
        all.into_iter().flatten()
    }
}

/// The administrator's name, where changes say who made them: LiteLLM's.
pub const ADMINISTRATOR: &str = "default_user_id";

impl Caller {
    /// The nil UUID stands for the administrator.
    pub fn key_id(&self) -> Uuid {
        self.key().map_or(Uuid::nil(), |key| key.id)
    }

    pub fn key(&self) -> Option<&Arc<VirtualKey>> {
        self.identity().map(|identity| &identity.key)
    }

    pub fn identity(&self) -> Option<&Arc<Identity>> {
        match self {
            Self::Key(identity) => Some(identity),
            Self::Administrator | Self::Internal => None,
        }
    }

    pub fn user_id(&self) -> Option<&str> {
        self.identity()?.key.user_id.as_deref()
    }

    /// As changes name who made them: the user, else the key, else the administrator.
    pub fn name(&self) -> String {
        match self.identity() {
            None => ADMINISTRATOR.to_owned(),
            Some(identity) => match &identity.key.user_id {
                Some(user) => user.to_string(),
                None => identity.key.label.to_string(),
            },
        }
    }

    pub fn is_administrator(&self) -> bool {
        let user = |identity: &Arc<Identity>| identity.user.as_ref().map(|user| user.role);
        self.identity().is_none_or(|identity| user(identity) == Some(Role::ProxyAdmin))
    }

    /// Whom a request is counted for besides its key.
    pub fn owner(&self) -> Owner {
        self.identity().map_or_else(Owner::default, |identity| Owner {
            user_id: identity.key.user_id.clone(),
            team_id: identity.key.team_id.clone(),
            organization_id: identity.organization.as_ref().map(|organization| organization.id.clone()),
        })
    }

    /// Under whose names the caller looks for a model.
    pub fn namespace(&self) -> Namespace<'_> {
        let team = self.identity().and_then(|identity| identity.key.team_id.as_deref());
        match team {
            Some(team) => Namespace::Team(team),
            None if self.is_administrator() => Namespace::All,
            None => Namespace::Common,
        }
    }

    /// Whether a model may be used that is known by these names.
    pub fn may_use(&self, names: &[&str]) -> bool {
        self.refuses(names).is_none()
    }

    /// The same of a model group, which may be a team's.
    pub fn may_use_group(&self, group: &Group, names: &[&str]) -> bool {
        match &group.team {
            Some(team) => self.may_use_of_team(team, names),
            None => self.may_use(names),
        }
    }

    /// What a team has for itself, its keys may use whatever else they and the team may, unless the key's own list is shorter.
    fn may_use_of_team(&self, team: &OfTeam, names: &[&str]) -> bool {
        let Some(identity) = self.identity() else { return true };
        if identity.key.team_id.as_deref() != Some(&*team.id) {
            return self.is_administrator();
        }
        let access_groups = team.access_groups.iter().map(String::as_str);
        let names: Vec<&str> = names.iter().copied().chain(access_groups).collect();
        identity.key.models.allow(&names, &AccessGroups::default())
            && identity.limits().all(|(_, limited)| limited.refusing(&names, &identity.access).is_none())
    }

    /// Whose list of models is in the way. A key's other name for a model is known to the key, and a team's to its keys and the
    /// team; whoever did not give the name looks at what it stands for.
    fn refuses(&self, names: &[&str]) -> Option<(&'static str, &AllowedModels)> {
        let identity = self.identity()?;
        let of_key = without(names, identity.key.aliases.as_deref());
        let of_team = without(&of_key, identity.team.as_ref().map(|team| &team.aliases));
        // What a key of no team has a name for, it was given with the name.
        let is_given = identity.team.is_none() && of_key.len() < names.len();
        // What a user may use counts for their own keys, not for those of a team.
        let personal = identity.user.as_ref().filter(|_| identity.key.team_id.is_none());
        let organization = identity.organization.as_ref();
        let lists = [
            Some(("key", &identity.key.models, names)).filter(|_| !is_given),
            identity.team.as_ref().map(|team| ("team", &team.models, &*of_key)),
            personal.map(|user| ("user", &user.models, &*of_team)),
            organization.map(|organization| ("org", &organization.models, &*of_team)),
        ];
        // What is said as a limit holds for what a model is, whoever has another name for it.
        let limits = identity
            .limits()
            .flat_map(|(whose, limited)| limited.allowed.iter().map(move |list| (whose, list)));
        let limits = limits.map(|(whose, list)| (whose, list, &*of_team));
        let mut lists = lists.into_iter().flatten().chain(limits);
        let (whose, models, _) = lists.find(|(_, models, names)| !models.allow(names, &identity.access))?;
        Some((whose, models))
    }

    /// The refusal of a model group that this caller may not use, by any of its names; the first is told.
    pub fn check_group(&self, group: &Group, names: &[&str]) -> Result<(), Failure> {
        match (&group.team, self.identity()) {
            (Some(team), Some(identity)) if !self.may_use_of_team(team, names) => {
                let mut limits = identity.limits();
                let (whose, models) = limits
                    .find_map(|(whose, limited)| Some((whose, limited.refusing(names, &identity.access)?)))
                    .unwrap_or(("key", &identity.key.models));
                Err(refusal(whose, models, names))
            }
            (Some(_), _) => Ok(()),
            (None, _) => self.check_access(names),
        }
    }

    /// The refusal of a model that this caller may not use, by any of its names; the first is told.
    pub fn check_access(&self, names: &[&str]) -> Result<(), Failure> {
        self.refuses(names).map_or(Ok(()), |(whose, models)| Err(refusal(whose, models, names)))
    }

    /// What a model's name stands for here: the team's other names come first, then the key's.
    pub fn renamed<'a>(&'a self, model: &'a str) -> &'a str {
        let Some(identity) = self.identity() else { return model };
        let of_team = identity.team.as_ref().and_then(|team| team.aliases.get(model));
        let model = of_team.map_or(model, |name| &**name);
        let of_key = identity.key.aliases.as_ref().and_then(|aliases| aliases.get(model));
        of_key.map_or(model, |name| &**name)
    }
}

/// Names of a model less those that stand for another of them.
fn without<'n>(names: &[&'n str], aliases: Option<&BTreeMap<Box<str>, Box<str>>>) -> SmallVec<[&'n str; 4]> {
    let is_alias = |name: &str| {
        let target = aliases.and_then(|aliases| aliases.get(name));
        target.is_some_and(|target| **target != *name && names.contains(&&**target))
    };
    names.iter().copied().filter(|name| !is_alias(name)).collect()
}

/// The refusal of a model that somebody's limits leave out, whom the request names: a customer, a tag.
pub fn check_limits(
    whose: &str,
    limited: &Limited,
    names: &[&str],
    access: &AccessGroups,
) -> Result<(), Failure> {
    limited.refusing(names, access).map_or(Ok(()), |list| Err(refusal(whose, list, names)))
}

fn refusal(whose: &str, models: &AllowedModels, names: &[&str]) -> Failure {
    let message = format!(
        "{whose} not allowed to access model. This {whose} can only access models=[{}]. Tried to access {}",
        models.shown(),
        names.first().unwrap_or(&"")
    );
    Failure::forbidden("model_not_allowed", message)
        .with_type(&format!("{whose}_model_access_denied"))
        .with_param("model")
}

/// Marks a request that comes from inside the process or over the control socket. Only code can attach it.
#[derive(Debug, Clone, Copy)]
pub struct InternalOrigin;

/// Headers a key may come in, in the order they are looked at.
const KEY_HEADERS: [&str; 5] =
    ["x-litellm-api-key", "authorization", "api-key", "x-api-key", "x-goog-api-key"];
const ADMIN_HEADER: &str = "x-admin-key";

/// What a caller is found in.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub directory: &'a Directory,
    pub access: &'a Arc<AccessGroups>,
    /// UTC milliseconds.
    pub now: i64,
}

/// Finds the caller of a route.
pub fn authenticate(known: Known<'_>, headers: &HeaderMap, path: &str) -> Result<Caller, Failure> {
    let Known { directory, now, .. } = known;
    if let Some(value) = headers.get(ADMIN_HEADER) {
        let key = value.to_str().unwrap_or_default();
        return if is_admin(directory, &ids::hash_key(key)) {
            Ok(Caller::Administrator)
        } else {
            Err(unknown_key(key))
        };
    }
    let Some(key) = presented_key(headers, directory.rules.key_header.as_deref())? else {
        return Err(Failure::unauthorized(
            "missing_api_key",
            "Authentication Error, No api key passed in. Send one as `Authorization: Bearer sk-...`.",
        )
        .with_type("auth_error"));
    };
    let key = key.as_ref();
    let hash = ids::hash_key(key);
    if let Some(found) = directory.key(&hash) {
        let is_old = found.hash != hash;
        if is_old && found.previous.is_none_or(|previous| previous.until <= now) {
            return Err(unknown_key(key));
        }
        let identity = identify(known, found);
        check(&identity, directory, now)?;
        if let Some(allowed) = &found.allowed_routes {
            routes::check(allowed, path)?;
        }
        return Ok(Caller::Key(Arc::new(identity)));
    }
    if is_admin(directory, &hash) {
        return Ok(Caller::Administrator);
    }
    Err(unknown_key(key))
}

/// Somebody who was found before, as they are now; `None` where their key counts no more.
pub fn still(known: Known<'_>, caller: &Caller) -> Option<Caller> {
    let Some(identity) = caller.identity() else { return Some(caller.clone()) };
    let identity = identify(known, known.directory.key_of(identity.key.id)?);
    check(&identity, known.directory, known.now).ok()?;
    Some(Caller::Key(Arc::new(identity)))
}

fn identify(known: Known<'_>, key: &Arc<VirtualKey>) -> Identity {
    let Known { directory, access, .. } = known;
    let team = key.team_id.as_deref().and_then(|id| directory.team(id)).cloned();
    let of_team = team.as_ref().and_then(|team| team.organization_id.as_ref());
    let organization =
        key.organization_id.as_ref().or(of_team).and_then(|id| directory.organization(id)).cloned();
    Identity {
        key: key.clone(),
        user: key.user_id.as_deref().and_then(|id| directory.user(id)).cloned(),
        team,
        organization,
        access: access.clone(),
    }
}

fn presented_key<'h>(headers: &'h HeaderMap, further: Option<&str>) -> Result<Option<Cow<'h, str>>, Failure> {
    for name in further.into_iter().chain(KEY_HEADERS) {
        let Some(value) = headers.get(name) else { continue };
        let malformed = || {
            Failure::unauthorized(
                "malformed_api_key",
                format!("Authentication Error, Malformed API Key passed in the header `{name}`. Send `Authorization: Bearer sk-...`."),
            )
            .with_type("auth_error")
        };
        let text = value.to_str().map_err(|_| malformed())?.trim();
        if let Some(key) = strip_scheme(text, "basic").and_then(of_basic) {
            return Ok(Some(Cow::Owned(key)));
        }
        let bearer = strip_scheme(text, "bearer").or_else(|| strip_scheme(text, "basic"));
        let key = match (name == header::AUTHORIZATION.as_str(), bearer) {
            (true, None) => return Err(malformed()),
            (_, Some(key)) => key,
            (false, None) => text,
        };
        if !key.is_empty() {
            return Ok(Some(Cow::Borrowed(key)));
        }
    }
    Ok(None)
}

/// The password of a name and password, or the name without one: what clients make of `http://any:sk-...@127.0.0.1:4000`, the
/// one place for a key that every tool has.
fn of_basic(encoded: &str) -> Option<String> {
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, password) = text.split_once(':')?;
    let key = if password.is_empty() { name } else { password };
    (!key.is_empty()).then(|| key.to_owned())
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    word.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn is_admin(directory: &Directory, hash: &KeyHash) -> bool {
    directory.admin.as_ref().is_some_and(|admin| bool::from(admin.ct_eq(hash)))
}

fn check(identity: &Identity, directory: &Directory, now: i64) -> Result<(), Failure> {
    let key = &identity.key;
    if key.blocked {
        return Err(blocked(
            "key_blocked",
            "Key is blocked. Unblock it in the console or with /key/unblock.",
        ));
    }
    if let Some(expires) = key.expires_at.filter(|expires| *expires <= now) {
        let message = format!(
            "Authentication Error - Expired Key. {} expired at {}.",
            key.name,
            crate::clock::text(expires)
        );
        let mut failure =
            Failure::unauthorized("expired_key", message).with_type("expired_key").with_param(&key.name);
        failure.error.status = directory.rules.expired_key_status;
        return Err(failure);
    }
    if let Some(team) = identity.team.as_ref().filter(|team| team.blocked) {
        return Err(blocked(
            "team_blocked",
            &format!("Team={} is blocked. Unblock it with /team/unblock.", team.id),
        ));
    }
    if let Some(user) = identity.user.as_ref().filter(|user| user.blocked) {
        return Err(blocked("user_blocked", &format!("User={} is blocked.", user.id)));
    }
    if let Some(organization) = identity.organization.as_ref().filter(|organization| organization.blocked) {
        return Err(blocked(
            "organization_blocked",
            &format!("Organization={} is blocked.", organization.id),
        ));
    }
    Ok(())
}

fn blocked(code: &str, what: &str) -> Failure {
    Failure::unauthorized(code, format!("Authentication Error, {what}")).with_type("auth_error")
}

/// Shows the end of what was sent, never the whole.
fn unknown_key(key: &str) -> Failure {
    let (code, message) = if key.starts_with("sk-") {
        let shown = ids::key_name(key);
        (
            "invalid_api_key",
            format!(
                "Authentication Error, Invalid proxy server token passed. Received API Key = {shown}: no such key."
            ),
        )
    } else {
        (
            "invalid_api_key",
            "Authentication Error, the key is not one of this gateway's: virtual keys start with 'sk-'."
                .to_owned(),
        )
    };
    Failure::unauthorized(code, message).with_type("token_not_found_in_db").with_param("key")
}

#[cfg(test)]
mod tests;
