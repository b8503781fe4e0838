//! What the console shows and does, one file per resource, and the console itself under `/ui`.

pub mod alerts;
pub mod catalogue;
pub mod client_sessions;
pub mod events;
pub mod forecast;
pub mod limits;
pub mod providers;
pub mod requests;
pub mod session;
pub mod sign_in;
pub mod spend;
pub mod sso;
pub mod status;
pub mod totals;
pub mod ui;
pub mod usage;

use crate::routes;
use crate::shapes::routes::Routes;

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(session::session))
        .routes(routes!(sign_in::ways, sign_in::with_password))
        .routes(routes!(sign_in::redeem))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(sign_in::litellm))
        .routes(routes!(sso::login))
        .routes(routes!(sso::litellm_login))
        .routes(routes!(sso::callback))
        .routes(routes!(status::status))
        .routes(routes!(status::set_listener))
        .routes(routes!(status::guide))
        .routes(routes!(spend::spend))
        .routes(routes!(spend::calendar))
        .routes(routes!(spend::budgets::budgets))
        .routes(routes!(client_sessions::list))
        .routes(routes!(usage::usage))
        .routes(routes!(catalogue::catalogue))
        .routes(routes!(catalogue::unpriced))
        .routes(routes!(catalogue::rerate))
        .routes(routes!(catalogue::set_price, catalogue::remove_price))
        .routes(routes!(providers::presets))
        .routes(routes!(providers::list, providers::add))
        .routes(routes!(providers::change, providers::remove))
        .routes(routes!(providers::test))
        .routes(routes!(providers::test_unsaved))
        .routes(routes!(requests::list))
        .routes(routes!(requests::export::export))
        .routes(routes!(requests::get))
        .routes(routes!(requests::bodies::get))
        .routes(routes!(requests::bodies::remove))
        .routes(routes!(requests::replay::replay))
        .routes(routes!(events::events))
        .routes(routes!(limits::limits))
        .routes(routes!(forecast::forecast))
        .routes(routes!(alerts::list))
}
