//! Adding, changing and removing what is configured: keys, providers, deployments. Every management surface goes through
//! here, so that each rule is written once: check, vault, database, snapshot, event.

pub mod audit;
pub mod budgets;
pub mod conditions;
pub mod config;
pub mod credentials;
pub mod customers;
pub mod fallbacks;
pub mod invitations;
pub mod keys;
pub mod limited;
pub mod listener;
pub mod models;
pub mod organizations;
pub mod passwords;
pub mod people;
pub mod prices;
pub mod providers;
pub mod resets;
pub mod sessions;
pub mod sign_in;
pub mod sso;
pub mod tags;
pub mod teams;
pub mod users;
