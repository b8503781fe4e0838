//! The LLM endpoints, one file per resource, and what stands before every route: the check of `Host` and `Origin`, the
//! request id on every answer.

pub mod chat;
pub mod cohere;
pub mod completions;
pub mod count_tokens;
pub mod deployments;
pub mod embeddings;
pub mod gemini;
pub mod guard;
pub mod health;
pub mod messages;
pub mod models;
pub mod ollama;
pub mod pass_through;
pub mod responses;

use std::sync::Arc;

use axum::Router;

use crate::engine::Engine;
use crate::routes;
use crate::shapes::routes::Routes;

/// What handlers are given.
pub type Shared = Arc<Engine>;

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(chat::create))
        .routes(routes!(completions::create))
        .routes(routes!(embeddings::create))
        .routes(routes!(messages::create))
        .routes(routes!(count_tokens::count))
        .routes(routes!(responses::create))
        .routes(routes!(responses::compact::compact))
        .routes(routes!(responses::kept::get, responses::kept::delete))
        .routes(routes!(responses::kept::cancel))
        .routes(routes!(responses::kept::input_items))
        .routes(routes!(cohere::chat))
        .routes(routes!(ollama::chat))
        .routes(routes!(ollama::generate))
        .routes(routes!(ollama::embed))
        .routes(routes!(ollama::about::tags))
        .routes(routes!(ollama::about::show))
        .routes(routes!(ollama::about::version))
        .routes(routes!(models::list))
        .routes(routes!(models::get))
        .routes(routes!(health::health))
        .routes(routes!(health::healthz))
        .routes(routes!(health::liveliness))
        .merge(unprefixed())
        .merge(passed_through())
}

fn passed_through() -> Routes {
    let mut router =
        Router::new().route("/providers/{name}/{*path}", axum::routing::any(pass_through::of_provider));
    for name in pass_through::NAMES.into_iter().chain(pass_through::OTHER_NAMES) {
        router = router.route(&format!("/{name}/{{*path}}"), axum::routing::any(pass_through::of_preset));
    }
    router.into()
}

/// The same without `/v1`, as several clients send it.
fn unprefixed() -> Routes {
    Router::new()
        .route("/chat/completions", axum::routing::post(chat::create))
        .route("/completions", axum::routing::post(completions::create))
        .route("/embeddings", axum::routing::post(embeddings::create))
        .route("/engines/{*path}", axum::routing::post(deployments::call))
        .route("/v1/engines/{*path}", axum::routing::post(deployments::call))
        .route("/openai/deployments/{*path}", axum::routing::post(deployments::call))
        .route("/api/embeddings", axum::routing::post(ollama::embeddings))
        .route("/api/ps", axum::routing::get(ollama::about::running))
        .route("/v1beta/models", axum::routing::get(gemini::list))
        .route("/v1beta/models/{*model_id}", axum::routing::get(gemini::get).post(gemini::call))
        .route("/v1/models/{*model_id}", axum::routing::post(gemini::call))
        .route("/v1/responses", axum::routing::get(responses::socket))
        .route("/responses/compact", axum::routing::post(responses::compact::compact))
        .route(
            "/responses/{response_id}",
            axum::routing::get(responses::kept::get).delete(responses::kept::delete),
        )
        .route("/responses/{response_id}/cancel", axum::routing::post(responses::kept::cancel))
        .route("/responses/{response_id}/input_items", axum::routing::get(responses::kept::input_items))
        .route("/responses", axum::routing::post(responses::create).get(responses::socket))
        .route("/messages", axum::routing::post(messages::create))
        .route("/messages/count_tokens", axum::routing::post(count_tokens::count))
        .route("/models", axum::routing::get(models::list))
        .route("/models/{*model_id}", axum::routing::get(models::get).post(gemini::call))
        .into()
}
