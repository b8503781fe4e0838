//! Virtual keys: issued, changed, rotated, revoked.
//!
//! `fields` is what a request says of a key. Whoever asks is an [`Asking`]; `owners` says whose a key may be, `bounds` what its
//! team and organization permit, `grants` that nobody gives more than they have, `rules` what the configuration file adds.
//! `issue`, `change`, `rotate` and `remove` do it, and `first` makes the key of a new user; `rotation` is what the
//! gateway does by itself.

mod asking;
pub mod bounds;
mod change;
pub mod fields;
mod first;
mod grants;
mod issue;
mod owners;
mod remove;
mod rotate;
pub mod rotation;
mod rules;

pub use asking::{Asking, resolve, thing};
pub use change::{set_blocked, update};
pub use fields::KeyFields;
pub use first::{First, first};
pub use issue::{NewKey, generate};
pub use remove::delete;
pub use rotate::{Regenerated, regenerate};

use postern_store::table::keys::KeyRow;
use serde_json::json;

use crate::error::Failure;
use crate::ids;
use crate::registry::audit::Shown;

/// The SHA-256 in hexadecimal of a key, or what is one already.
pub fn token_of(key_or_hash: &str) -> String {
    if key_or_hash.starts_with("sk-") {
        ids::hex(&ids::hash_key(key_or_hash))
    } else {
        key_or_hash.to_ascii_lowercase()
    }
}

pub fn unknown() -> Failure {
    Failure::not_found("key_not_found", "Key not found in database: there is no such key")
        .with_type("not_found_error")
        .with_param("key")
}

/// That bodies of a key's requests were removed, as the audit log shows it.
pub fn bodies_of(row: &KeyRow, removed: u64) -> Shown {
    let said =
        [("key_alias", json!(row.key_alias)), ("key_name", json!(row.key_name)), ("bodies", json!(removed))];
    said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests;
