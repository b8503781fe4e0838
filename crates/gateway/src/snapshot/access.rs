//! Which models a key may use. A key names models, patterns, or access groups, which are names that model groups have in
//! common; the last are taken apart when a snapshot is built, so that a request compares names alone.

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

    fn granted(&self, list: &[String]) -> Option<Granted> {
        let groups: BTreeSet<String> =
            list.iter().filter_map(|entry| self.members.get(entry)).flatten().cloned().collect();
        (!groups.is_empty()).then(|| Granted {
            groups,
            plain: self.plain.clone(),
            patterns: self.patterns.clone(),
        })
    }
}

/// What access groups let a key use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    groups: BTreeSet<String>,
    plain: Arc<BTreeSet<String>>,
    patterns: Arc<Vec<Pattern>>,
}

impl Granted {
    fn allow(&self, names: &[&str]) -> bool {
        if names.iter().any(|name| self.groups.contains(*name)) {
            return true;
        }
        // A pattern lets in what no model group of a plain name, and no more specific pattern, has for itself.
        let by_pattern = |name: &&str| {
            let found = self.patterns.iter().find(|pattern| pattern.matches(name));
            found.is_some_and(|pattern| self.groups.contains(pattern.as_str()))
        };
        !names.iter().any(|name| self.plain.contains(*name)) && names.iter().any(by_pattern)
    }
}

/// Which models a key may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedModels {
    All,
    Only {
        /// As the key has them: names, patterns (`openai/*`), access groups.
        list: Vec<String>,
        granted: Option<Granted>,
    },
}

impl AllowedModels {
    /// `[]`, `*` and `all-proxy-models` allow everything.
    pub fn from_list(list: Vec<String>, access: &AccessGroups) -> Self {
        if list.is_empty() || list.iter().any(|entry| entry == "*" || entry == "all-proxy-models") {
            Self::All
        } else {
            Self::Only { granted: access.granted(&list), list }
        }
    }

    /// Whether a model may be used that the caller knows by any of these names (as asked, group, `provider/model`).
    pub fn allow(&self, names: &[&str]) -> bool {
        match self {
            Self::All => true,
            Self::Only { list, granted } => {
                list.iter().any(|entry| names.iter().any(|name| fits(entry, name)))
                    || granted.as_ref().is_some_and(|granted| granted.allow(names))
            }
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
