//! Who may ask, and within which limits: keys, users, teams, organizations, customers and tags as requests need them. Immutable
//! and swapped whole like the snapshot, but apart from it: a change of one key costs no more with 100,000 of them, because the
//! maps share what did not change.
//!
//! `read` reads rows from the database, `build` makes entries of them; `entry` is one of each kind.

mod build;
mod entry;
mod read;
mod strangers;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use build::{ModelLimit, Rows};
pub use entry::{
    Customer, Keeping, Limited, Member, Organization, Previous, Role, Tag, Team, User, VirtualKey,
};
use imbl::HashMap;
pub use read::{Change, read};
use strangers::{Common, Strangers};
use uuid::Uuid;

use crate::config::Governance;
use crate::counters::Scope;
use crate::ids::KeyHash;

type Names<T> = HashMap<Arc<str>, Arc<T>>;

#[derive(Clone, Default)]
pub struct Directory {
    pub admin: Option<KeyHash>,
    /// By hash; also by the hash from before a rotation, while that is taken.
    keys: HashMap<KeyHash, Arc<VirtualKey>>,
    by_id: HashMap<Uuid, KeyHash>,
    users: Names<User>,
    teams: Names<Team>,
    organizations: Names<Organization>,
    /// Those that are blocked or limited.
    customers: Names<Customer>,
    /// What end users have who have no limits of their own, and those who have no entry here.
    end_users: Option<Arc<Common>>,
    strangers: Arc<Strangers>,
    /// Those that are limited.
    tags: Names<Tag>,
    /// All requests together.
    pub proxy: Option<Arc<Scope>>,
    /// By provider preset or name.
    pub providers: BTreeMap<String, Limited>,
    pub rules: Arc<Governance>,
}

impl Directory {
    pub fn key(&self, hash: &KeyHash) -> Option<&Arc<VirtualKey>> {
        self.keys.get(hash)
    }

    pub fn key_of(&self, id: Uuid) -> Option<&Arc<VirtualKey>> {
        self.keys.get(self.by_id.get(&id)?)
    }

    /// Every key once.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<VirtualKey>> {
        self.by_id.values().filter_map(|hash| self.keys.get(hash))
    }

    pub fn key_count(&self) -> usize {
        self.by_id.len()
    }

    pub fn user(&self, id: &str) -> Option<&Arc<User>> {
        self.users.get(id)
    }

    pub fn team(&self, id: &str) -> Option<&Arc<Team>> {
        self.teams.get(id)
    }

    pub fn teams(&self) -> impl Iterator<Item = &Arc<Team>> {
        self.teams.values()
    }

    pub fn organization(&self, id: &str) -> Option<&Arc<Organization>> {
        self.organizations.get(id)
    }

    pub fn customer(&self, id: &str) -> Option<&Arc<Customer>> {
        self.customers.get(id)
    }

    /// An end user whom a request names, be it for the first time: `None` where nothing is in force for them.
    pub fn end_user(&self, id: &str) -> Option<Arc<Customer>> {
        if let Some(known) = self.customers.get(id) {
            return Some(known.clone());
        }
        let common = self.end_users.as_ref()?;
        Some(self.strangers.meet(id, common, &self.rules))
    }

    /// Those who have limits and no entry yet; who has one by now is forgotten as a stranger.
    pub fn strangers(&self) -> Vec<String> {
        self.strangers.sort_out(|id| self.customers.contains_key(id))
    }

    pub fn tag(&self, name: &str) -> Option<&Arc<Tag>> {
        self.tags.get(name)
    }

    /// The organization that a team is in.
    pub fn organization_of(&self, team_id: &str) -> Option<&Arc<str>> {
        self.team(team_id)?.organization_id.as_ref()
    }

    /// Every scope that is in force.
    pub fn scopes(&self) -> impl Iterator<Item = &Arc<Scope>> {
        let keys = self.keys().flat_map(|key| key.limited.all());
        let users = self.users.values().flat_map(|user| user.limited.all());
        let teams = self.teams.values().flat_map(|team| {
            team.limited.all().chain(team.members.values().flat_map(|member| member.limited.all()))
        });
        let organizations = self.organizations.values().flat_map(|organization| {
            organization
                .limited
                .all()
                .chain(organization.members.values().flat_map(|member| member.limited.all()))
        });
        let customers = self.customers.values().flat_map(|customer| customer.limited.all());
        let tags = self.tags.values().flat_map(|tag| tag.limited.all());
        keys.chain(users)
            .chain(teams)
            .chain(organizations)
            .chain(customers)
            .chain(tags)
            .chain(&self.proxy)
            .chain(self.providers.values().flat_map(Limited::all))
    }
}

#[cfg(test)]
mod tests;
