//! Model groups that a configuration file names and that are not there.

use super::{Snapshot, Unresolved};
use crate::config::{ConfigFile, Problem};

impl Snapshot {
    /// A sentence for each name that leads nowhere, at its place in the file. A provider that is switched off is there.
    pub fn unknown_names(&self, config: &ConfigFile) -> Vec<Problem> {
        let unknown = config.named.iter().filter_map(|named| {
            // A fallback of a group of many models is named as the group is.
            if self.wildcard_groups().any(|group| group.name == named.group) {
                return None;
            }
            let why = match self.resolve(&named.group) {
                Ok(_) | Err(Unresolved::Disabled(_)) => return None,
                Err(Unresolved::Unknown | Unresolved::OfATeam) => "there is no such model group".to_owned(),
                Err(Unresolved::NotConfigured(provider)) => format!("{provider} is not configured"),
            };
            let message = format!("{}: `{}`: {why}", named.at.message, named.group);
            Some(Problem { message, ..named.at.clone() })
        });
        unknown.collect()
    }
}
