//! Which models somebody may use. A key (or a team, a user, an organization) names models, patterns, or access groups, which
//! are names that model groups have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::pattern::Pattern;

/// The model groups of each access group.
#[derive(Debug, Default)]
pub struct AccessGroups {
    members: BTreeMap<String, BTreeSet<String>>,
    /// Model groups of plain names.
    plain: Arc<BTreeSet<String>>,
    /// The others, the most specific first.
    patterns: Arc<Vec<Pattern>>,
}

impl AccessGroups {
    pub fn new(members: BTreeMap<String, BTreeSet<String>>, names: BTreeSet<String>) -> Self {
        let mut patterns: Vec<Pattern> = names.iter().filter_map(|name| Pattern::parse(name)).collect();
        patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.specificity()));
        Self { members, plain: Arc::new(names), patterns: Arc::new(patterns) }
    }

    /// Whether access groups of this list let in a model that the caller knows by any of these names.
    fn grants(&self, list: &[Box<str>], names: &[&str]) -> bool {
        if self.members.is_empty() {
            return false;
        }
        let groups = || list.iter().filter_map(|entry| self.members.get(&**entry));
        let has = |name: &str| groups().any(|members| members.contains(name));
        if names.iter().any(|name| has(name)) {
            return true;
        }
        // A pattern lets in what no model group of a plain name, and no more specific pattern, has for itself.
        let by_pattern = |name: &&str| {
            let found = self.patterns.iter().find(|pattern| pattern.matches(name));
            found.is_some_and(|pattern| has(pattern.as_str()))
        };
        groups().next().is_some()
            && !names.iter().any(|name| self.plain.contains(*name))
            && names.iter().any(by_pattern)
    }

    /// The model groups of an access group.
    pub fn members(&self, access_group: &str) -> Option<&BTreeSet<String>> {
        self.members.get(access_group)
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.members.keys()
    }
}

/// Which models somebody may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AllowedModels {
    #[default]
    All,
    /// Names, patterns (`openai/*`), access groups.
    Only(Arc<[Box<str>]>),
}

/// Entries of a list that stand for everything, at its level.
const EVERYTHING: [&str; 3] = ["*", "all-proxy-models", "all-team-models"];

impl AllowedModels {
    /// An empty list, `*`, `all-proxy-models` and `all-team-models` (what the team may use is asked of the team) allow
    /// everything.
    pub fn from_list<T: Into<Box<str>>>(list: Vec<T>) -> Self {
        let list: Arc<[Box<str>]> = list.into_iter().map(Into::into).collect();
        if list.is_empty() || list.iter().any(|entry| EVERYTHING.contains(&&**entry)) {
            Self::All
        } else {
            Self::Only(list)
        }
    }

    /// Whether a model may be used that the caller knows by any of these names (as asked, group, `provider/model`).
    pub fn allow(&self, names: &[&str], access: &AccessGroups) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => {
                list.iter().any(|entry| names.iter().any(|name| fits(entry, name)))
                    || access.grants(list, names)
            }
        }
    }

    /// The entries, as errors name them.
    pub fn shown(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Only(list) => list.join(", "),
        }
    }
}

/// Whether a name is an entry of a key's list. Most entries are plain or end in their only star.
fn fits(entry: &str, name: &str) -> bool {
    match entry.split_once('*') {
        None => entry == name,
        Some((prefix, "")) => name.starts_with(prefix),
        Some(_) => Pattern::parse(entry).is_some_and(|pattern| pattern.matches(name)),
    }
}
