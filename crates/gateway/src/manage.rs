//! LiteLLM's management API, in its shapes: one resource, one file. Every handler reads its request, calls `registry` or
//! the store, and shows the result; rules live below.

pub mod budgets;
pub mod config;
pub mod errors;
pub mod fallbacks;
pub mod fields;
pub mod guard;
pub mod keys;
pub mod models;
pub mod router_settings;
pub mod spend;

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
        .routes(routes!(keys::issue::generate))
        .routes(routes!(keys::issue::generate_for_service))
        .routes(routes!(keys::read::info))
        .routes(routes!(keys::read::info_of_several))
        .routes(routes!(keys::read::health))
        .routes(routes!(keys::list::list))
        .routes(routes!(keys::list::aliases))
        .routes(routes!(keys::change::update))
        .routes(routes!(keys::change::bulk_update))
        .routes(routes!(keys::change::block))
        .routes(routes!(keys::change::unblock))
        .routes(routes!(keys::rotate::regenerate))
        .routes(routes!(keys::rotate::regenerate_named))
        .routes(routes!(keys::rotate::rotated))
        .routes(routes!(keys::remove::delete))
        .routes(routes!(models::new))
        .routes(routes!(models::info))
        .routes(routes!(models::delete))
        .routes(routes!(spend::logs))
}
