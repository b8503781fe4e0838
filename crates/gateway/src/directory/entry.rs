//! One key, user, team, organization, customer or tag as requests see it: what it is allowed, and what counts for it. What is
//! only shown stays in the database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::SmallVec;
use uuid::Uuid;

use crate::counters::Scope;
use crate::ids::{self, KeyHash};
use crate::redaction::Redaction;
use crate::snapshot::{AccessGroups, AllowedModels};

/// The limits of a thing: of all that it does, and of single models.
#[derive(Debug, Clone, Default)]
pub struct Limited {
    pub scope: Option<Arc<Scope>>,
    pub models: Option<Box<BTreeMap<Box<str>, Arc<Scope>>>>,
    /// Lists beyond which nothing may be asked for: its own, and that of the budget that it refers to. What its own adds, the
    /// budget's still leaves out.
    pub allowed: SmallVec<[AllowedModels; 1]>,
}

impl Limited {
    pub fn all(&self) -> impl Iterator<Item = &Arc<Scope>> {
        self.scope.iter().chain(self.models.iter().flat_map(|models| models.values()))
    }

    /// What a request for a model of these names is held against.
    pub fn of<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Arc<Scope>> {
        self.scope.iter().chain(self.of_model(names))
    }

    /// The limit of a single model, by the first of its names that has one.
    pub fn of_model(&self, names: &[&str]) -> Option<&Arc<Scope>> {
        let models = self.models.as_deref()?;
        names.iter().find_map(|name| models.get(*name))
    }

    /// The list that is in the way of a model of these names, if one is.
    pub fn refusing(&self, names: &[&str], access: &AccessGroups) -> Option<&AllowedModels> {
        self.allowed.iter().find(|list| !list.allow(names, access))
    }

    pub fn is_none(&self) -> bool {
        self.scope.is_none() && self.models.is_none() && self.allowed.is_empty()
    }
}

/// What somebody is to the gateway as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Role {
    ProxyAdmin,
    ProxyAdminViewer,
    #[default]
    InternalUser,
    InternalUserViewer,
}

impl Role {
    pub const ALL: [Self; 4] =
        [Self::ProxyAdmin, Self::ProxyAdminViewer, Self::InternalUser, Self::InternalUserViewer];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProxyAdmin => "proxy_admin",
            Self::ProxyAdminViewer => "proxy_admin_viewer",
            Self::InternalUser => "internal_user",
            Self::InternalUserViewer => "internal_user_viewer",
        }
    }
}

/// A virtual key as requests see it.
#[derive(Debug)]
pub struct VirtualKey {
    pub id: Uuid,
    pub hash: KeyHash,
    /// `sk-...` and the last four characters.
    pub name: Box<str>,
    /// The alias, else the name.
    pub label: Box<str>,
    pub user_id: Option<Arc<str>>,
    pub team_id: Option<Arc<str>>,
    pub organization_id: Option<Arc<str>>,
    pub blocked: bool,
    /// Made by signing in to the console.
    pub is_session: bool,
    /// UTC milliseconds.
    pub expires_at: Option<i64>,
    pub models: AllowedModels,
    pub limited: Limited,
    /// Name to model.
    pub aliases: Option<Box<BTreeMap<Box<str>, Box<str>>>>,
    /// Routes and groups of routes; none: all.
    pub allowed_routes: Option<Box<[Box<str>]>>,
    pub tags: Option<Box<[Box<str>]>>,
    /// Members that every request must have.
    pub enforced_params: Option<Box<[Box<str>]>>,
    /// What is kept of its requests' bodies; `None`: nothing.
    pub keeping: Option<Arc<Keeping>>,
    pub previous: Option<Previous>,
    /// When it is rotated by itself, UTC milliseconds.
    pub rotate_at: Option<i64>,
}

/// How bodies of a key's requests are kept.
#[derive(Debug)]
pub struct Keeping {
    pub days: u16,
    pub redaction: Redaction,
}

/// The key from before a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Previous {
    pub hash: KeyHash,
    /// Taken until then, UTC milliseconds.
    pub until: i64,
}

impl VirtualKey {
    /// Its hash in hexadecimal, as the API names it.
    pub fn token(&self) -> String {
        ids::hex(&self.hash)
    }
}

#[derive(Debug)]
pub struct User {
    pub id: Arc<str>,
    pub role: Role,
    pub email: Option<Box<str>>,
    pub blocked: bool,
    pub models: AllowedModels,
    pub limited: Limited,
    /// The teams that they are in.
    pub teams: BTreeSet<Arc<str>>,
    /// The organizations that they are in.
    pub organizations: BTreeSet<Arc<str>>,
}

/// Somebody in a team or an organization.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// Administers the team or the organization.
    pub is_admin: bool,
    /// May only look.
    pub views_only: bool,
    pub limited: Limited,
}

#[derive(Debug)]
pub struct Team {
    pub id: Arc<str>,
    pub alias: Option<Box<str>>,
    pub organization_id: Option<Arc<str>>,
    pub blocked: bool,
    pub models: AllowedModels,
    pub limited: Limited,
    pub aliases: BTreeMap<Box<str>, Box<str>>,
    pub tags: Box<[Box<str>]>,
    /// Routes that members may call with the team's keys.
    pub member_permissions: BTreeSet<Box<str>>,
    pub members: BTreeMap<Arc<str>, Member>,
}

#[derive(Debug)]
pub struct Organization {
    pub id: Arc<str>,
    pub alias: Box<str>,
    pub blocked: bool,
    pub models: AllowedModels,
    pub limited: Limited,
    pub members: BTreeMap<Arc<str>, Member>,
}

/// An end user.
#[derive(Debug)]
pub struct Customer {
    pub id: Arc<str>,
    pub blocked: bool,
    pub region: Option<Box<str>>,
    pub default_model: Option<Box<str>>,
    pub limited: Limited,
}

#[derive(Debug)]
pub struct Tag {
    pub name: Arc<str>,
    pub limited: Limited,
}
