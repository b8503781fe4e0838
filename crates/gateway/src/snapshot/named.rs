//! Model groups and providers that a configuration file names and that are not there.

use super::{Snapshot, Unresolved};
use crate::config::{ConfigFile, Problem};
use crate::providers;

impl Snapshot {
    /// A sentence for each name that leads nowhere, at its place in the file. A provider that is switched off is there.
    pub fn unknown_names(&self, config: &ConfigFile) -> Vec<Problem> {
        let unknown = config.named.iter().filter_map(|named| {
            // A fallback of a group of many models is named as the group is.
            if self.wildcard_groups().any(|group| group.name == named.name) {
                return None;
            }
            let why = match self.resolve(&named.name) {
                Ok(_) | Err(Unresolved::Disabled(_)) => return None,
                Err(Unresolved::Unknown | Unresolved::OfATeam) => "there is no such model group".to_owned(),
                Err(Unresolved::NotConfigured(provider)) => format!("{provider} is not configured"),
            };
            let message = format!("{}: `{}`: {why}", named.at.message, named.name);
            Some(Problem { message, ..named.at.clone() })
        });
        let no_providers = config.named_providers.iter().filter_map(|named| {
            let is_there = providers::find(&named.name).is_some()
                || self.providers.iter().any(|provider| provider.row.name == named.name);
            let message = format!("{}: there is no such provider", named.at.message);
            (!is_there).then(|| Problem { message, ..named.at.clone() })
        });
        unknown.chain(no_providers).collect()
    }
}
