//! Adding, changing and removing what is configured: keys, providers, deployments. Every management surface goes through
//! here, so that each rule is written once: check, vault, database, snapshot, event.

pub mod audit;
pub mod budgets;
pub mod conditions;
pub mod config;
pub mod credentials;
pub mod fallbacks;
pub mod invitations;
pub mod keys;
pub mod limited;
pub mod models;
pub mod passwords;
pub mod providers;
pub mod resets;
pub mod users;
