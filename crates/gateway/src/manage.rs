//! LiteLLM's management API, in its shapes: one resource, one file. Every handler reads its request, calls `registry` or
//! the store, and shows the result; rules live below.

pub mod budgets;
pub mod config;
pub mod errors;
pub mod fallbacks;
pub mod fields;
pub mod guard;
pub mod invitations;
pub mod keys;
pub mod models;
pub mod router_settings;
pub mod spend;
pub mod users;

use crate::routes;
use crate::shapes::routes::Routes;

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(budgets::create))
        .routes(routes!(budgets::update))
        .routes(routes!(budgets::info))
        .routes(routes!(budgets::list))
        .routes(routes!(budgets::remove))
        .routes(routes!(config::reload))
        .routes(routes!(router_settings::read))
        .routes(routes!(fallbacks::set))
        .routes(routes!(fallbacks::get, fallbacks::remove))
        .routes(routes!(invitations::new))
        .routes(routes!(invitations::create))
        .routes(routes!(invitations::info))
        .routes(routes!(invitations::update))
        .routes(routes!(invitations::remove))
        .routes(routes!(invitations::claim::open, invitations::claim::claim))
        .routes(routes!(invitations::onboarding::token))
        .routes(routes!(invitations::onboarding::claim_token))
        .routes(routes!(keys::generate))
        .routes(routes!(keys::info))
        .routes(routes!(keys::list))
        .routes(routes!(keys::delete))
        .routes(routes!(keys::block))
        .routes(routes!(keys::unblock))
        .routes(routes!(models::new))
        .routes(routes!(models::info))
        .routes(routes!(models::delete))
        .routes(routes!(spend::logs))
        .routes(routes!(users::new::create))
        .routes(routes!(users::bulk::create_many))
        .routes(routes!(users::info::info))
        .routes(routes!(users::info::row))
        .routes(routes!(users::list::list))
        .routes(routes!(users::update::update))
        .routes(routes!(users::bulk::update_many))
        .routes(routes!(users::remove::remove))
        .routes(routes!(users::about::available_users))
        .routes(routes!(users::about::available_roles))
}
