//! Acceptance tests: the `postern` binary between real clients and fake upstreams. Folders and files are named after the
//! routes they call; `ledger`, `cli`, `guard` and `house` hold what belongs to no single route. Start at `v1`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do: by panicking where they are")]

mod access_group;
mod admin;
mod allowed_models;
mod audit;
mod budget;
mod budgets_hold;
mod cli;
mod clouds;
mod config;
mod console;
mod customer;
mod daily_activity;
mod fallback;
mod global;
mod guard;
mod house;
mod invitation;
mod key;
mod ledger;
mod model;
mod odd_requests;
mod openapi;
mod organization;
mod pass_through;
mod permissions;
mod router;
mod routing_settings;
mod spend;
mod tag;
mod team;
mod user;
mod v1;
