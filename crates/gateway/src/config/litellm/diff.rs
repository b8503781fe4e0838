//! What is different between two readings of the file, by name. Digests are compared, so nothing that is secret is kept or
//! shown for it.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::ConfigFile;

#[derive(Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ConfigDifference)]
pub struct Difference {
    /// Settings (`router_settings.num_retries`) and deployments (`model_list: smart (its id)`) that are new.
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
}

impl Difference {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl ConfigFile {
    /// Notes a part of the file.
    pub(super) fn note_part(&mut self, name: String, value: &Value) {
        self.parts.insert(name, Sha256::digest(value.to_string()).into());
    }

    /// Whether nothing at all is in it, not even an empty list.
    pub fn says_nothing(&self) -> bool {
        self.empty
    }

    /// From this reading to a later one.
    pub fn difference(&self, later: &Self) -> Difference {
        let mut difference = Difference::default();
        for (name, digest) in &later.parts {
            match self.parts.get(name) {
                None => difference.added.push(name.clone()),
                Some(known) if known != digest => difference.changed.push(name.clone()),
                Some(_) => {}
            }
        }
        let is_gone = |name: &&String| !later.parts.contains_key(*name);
        difference.removed = self.parts.keys().filter(is_gone).cloned().collect();
        difference
    }
}
