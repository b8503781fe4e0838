//! Health, the only routes without a key.

use axum::Json;
use serde::Serialize;

#[derive(Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `healthy` while the gateway answers.
    #[schema(example = "healthy")]
    pub status: &'static str,
    #[schema(example = "postern")]
    pub service: &'static str,
    pub version: &'static str,
}

const HEALTH: Health = Health { status: "healthy", service: "postern", version: env!("CARGO_PKG_VERSION") };

/// Whether the gateway answers
#[utoipa::path(get, path = "/health", tag = "Health", security(()), responses((status = 200, body = Health)))]
pub async fn health() -> Json<Health> {
    Json(HEALTH)
}

/// The same, by the name orchestrators ask for
#[utoipa::path(get, path = "/healthz", tag = "Health", security(()), responses((status = 200, body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(HEALTH)
}

/// The same, by LiteLLM's name
#[utoipa::path(get, path = "/health/liveliness", tag = "Health", security(()), responses((status = 200, content_type = "application/json", body = String)))]
pub async fn liveliness() -> Json<&'static str> {
    Json("I'm alive!")
}
