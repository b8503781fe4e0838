//! The gateway: everything that happens between a client's request and a provider's answer, and the HTTP surface over it.
//! Knows nothing of Tauri or of the command line. Depends on `postern-wire` (formats), `postern-store` (SQLite) and
//! `postern-secrets` (the vault).
//!
//! Start at [`Gateway::open`]. A request goes `serve` → `http::guard` → `http` → `exchange` → `pipeline` → `reply`, and
//! `meter` writes its ledger row. Modules are in layers; a lower one never imports a higher one (a test sees to it).

// 0 ground
pub mod clock;
pub mod config;
pub mod counters;
pub mod durations;
pub mod error;
pub mod events;
pub mod ids;
pub mod ports;
pub mod tasks;
pub mod window;
// 1 knowledge
pub mod anomaly;
pub mod catalogue;
pub mod condition;
pub mod forecast;
pub mod providers;
pub mod redaction;
// 2 snapshot
pub mod directory;
pub mod snapshot;
// 3 policies
pub mod auth;
pub mod limits;
pub mod routing;
// 4 effects
pub mod upstream;
pub mod webhooks;
// 5 exchange
pub mod admission;
pub mod alerts;
pub mod bodies;
pub mod engine;
pub mod exchange;
pub mod meter;
pub mod pipeline;
pub mod registry;
pub mod reply;
// 6 surface
pub mod admin;
pub mod console;
pub mod http;
pub mod manage;
pub mod shapes;
pub mod surface;
// 7 assembly
pub mod control;
pub mod gateway;
pub mod jobs;
pub mod probes;
pub mod serve;

pub use config::Options;
pub use gateway::{Gateway, ListenError, StartError};
pub use postern_secrets::{Secret, VaultKind};
