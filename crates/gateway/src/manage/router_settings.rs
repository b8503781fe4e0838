//! `/router/settings`: how requests find a deployment now, in LiteLLM's words.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::config::{RoutingSettings, Strategy, described};
use crate::http::Shared;
use crate::shapes::ErrorBody;

#[derive(Serialize, utoipa::ToSchema)]
pub struct RouterSettings {
    pub fields: Vec<Field>,
    /// By name; null where one is off.
    #[schema(value_type = Object)]
    pub current_values: Map<String, Value>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RouterSettingsField)]
pub struct Field {
    pub field_name: &'static str,
    #[schema(example = "Integer")]
    pub field_type: &'static str,
    /// Null where it is off.
    pub field_value: Value,
    pub field_description: &'static str,
    pub field_default: Value,
    /// What it may be, where that is a choice.
    pub options: Option<Vec<&'static str>>,
    pub ui_field_name: &'static str,
}

/// Routing as it is in force
///
/// The configuration file, the fallbacks that were set here, and the defaults. Change the file to change it.
#[utoipa::path(
    get, path = "/router/settings", tag = "Settings",
    responses((status = 200, body = RouterSettings), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn read(State(engine): State<Shared>) -> Json<RouterSettings> {
    let snapshot = engine.snapshot.load();
    let current_values = described::values(&snapshot.routing, &snapshot.aliases, &snapshot.default_params);
    let mut defaults =
        described::values(&RoutingSettings::default(), &std::collections::BTreeMap::new(), &Map::new());
    let fields = described::SETTINGS.iter().map(|setting| Field {
        field_name: setting.name,
        field_type: setting.kind,
        field_value: current_values.get(setting.name).cloned().unwrap_or_default(),
        field_description: setting.about,
        field_default: defaults.remove(setting.name).unwrap_or_default(),
        options: (setting.name == "routing_strategy").then(|| Strategy::names().collect()),
        ui_field_name: setting.title,
    });
    Json(RouterSettings { fields: fields.collect(), current_values })
}
