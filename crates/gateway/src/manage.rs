//! LiteLLM's management API, in its shapes: one resource, one file. Every handler reads its request, calls `registry` or
//! the store, and shows the result; rules live below.

pub mod access_groups;
pub mod activity;
pub mod audit;
pub mod budgets;
pub mod config;
pub mod customers;
pub mod errors;
pub mod fallbacks;
pub mod fields;
pub mod global;
pub mod guard;
pub mod invitations;
pub mod keys;
pub mod models;
pub mod organizations;
pub mod provider_budgets;
pub mod router_settings;
pub mod spend;
pub mod tags;
pub mod teams;
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
        .routes(routes!(budgets::settings::settings))
        .routes(routes!(provider_budgets::list))
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
        .routes(routes!(models::update))
        .routes(routes!(models::patch))
        .routes(routes!(models::delete))
        .routes(routes!(organizations::create))
        .routes(routes!(organizations::update))
        .routes(routes!(organizations::info, organizations::info_of_some))
        .routes(routes!(organizations::list))
        .routes(routes!(organizations::remove))
        .routes(routes!(organizations::members::add))
        .routes(routes!(organizations::members::update))
        .routes(routes!(organizations::members::remove))
        .routes(routes!(models::info::info))
        .routes(routes!(models::info::info_v1))
        .routes(routes!(models::info::page))
        .routes(routes!(models::groups::info))
        .routes(routes!(models::groups::make_public))
        .routes(routes!(models::groups::hub))
        .routes(routes!(audit::list))
        .routes(routes!(audit::get))
        .routes(routes!(access_groups::create))
        .routes(routes!(access_groups::list))
        .routes(routes!(access_groups::info))
        .routes(routes!(access_groups::update))
        .routes(routes!(access_groups::remove))
        .merge(invitations::routes())
        .merge(teams::routes())
        .merge(users::routes())
        .merge(customers::routes())
        .merge(tags::routes())
        .merge(activity::routes())
        .merge(global::routes())
        .merge(spend::routes())
}
