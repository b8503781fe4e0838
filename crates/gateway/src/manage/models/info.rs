//! `/model/info`: the deployments that somebody may use, and those of the teams that they may see.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use postern_store::table::models::{self as table, ModelRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::shown_info;
use crate::auth::permissions::{self, Authority, Thing};
use crate::catalogue::Unit;
use crate::config::{self, ConfigModel, DeploymentBilling};
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::models;
use crate::shapes::{ErrorBody, QueryOf};
use crate::snapshot::{Deployment, Group};

/// LiteLLM's names of capabilities, and the catalogue's.
pub(super) const SUPPORTS: [(&str, &str); 15] = [
    ("supports_function_calling", "tools"),
    ("supports_parallel_function_calling", "parallel_tools"),
    ("supports_tool_choice", "tool_choice"),
    ("supports_vision", "vision"),
    ("supports_audio_input", "audio_in"),
    ("supports_audio_output", "audio_out"),
    ("supports_pdf_input", "pdf"),
    ("supports_prompt_caching", "caching"),
    ("supports_response_schema", "json_schema"),
    ("supports_system_messages", "system"),
    ("supports_assistant_prefill", "prefill"),
    ("supports_reasoning", "reasoning"),
    ("supports_web_search", "web_search"),
    ("supports_url_context", "url_context"),
    ("supports_computer_use", "computer_use"),
];

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InfoQuery {
    /// Only the deployment of this id.
    litellm_model_id: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelInfoList {
    pub data: Vec<ModelInfo>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelInfo {
    pub model_name: String,
    #[schema(value_type = Object)]
    pub litellm_params: Value,
    /// `id`, `db_model`, `team_id`, `billing` in force, prices in dollars per token, token limits, mode, `supports_*`.
    #[schema(value_type = Object)]
    pub model_info: Value,
}

/// One deployment that somebody may see.
struct Seen {
    group: Arc<Group>,
    deployment: Arc<Deployment>,
    row: Option<ModelRow>,
    /// What the configuration file says of it: `model_info`, and how it is paid.
    of_file: Option<(Map<String, Value>, Option<DeploymentBilling>)>,
}

/// What the caller may use, and what is of teams that the caller may see, in order of name.
async fn seen(engine: &Engine, authority: &Authority) -> Result<Vec<Seen>, Failure> {
    let rows = engine.read(table::all).await?;
    let mut rows: HashMap<String, ModelRow> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let (snapshot, directory, file) =
        (engine.snapshot.load_full(), engine.directory.load_full(), engine.config.load_full());
    let mut of_file: HashMap<String, &ConfigModel> =
        config::config_ids(&file.models).into_iter().zip(&file.models).collect();
    let caller = &authority.caller;
    let common = snapshot.groups.values().chain(snapshot.wildcard_groups());
    let common = common.filter(|group| caller.may_use_group(group, &[&group.name]));
    let mut of_teams: Vec<_> = snapshot
        .groups_of_teams()
        .filter(|(team, _)| permissions::sees_team(caller, &directory, team))
        .collect();
    of_teams.sort_by_key(|(team, group)| ((*team).clone(), group.name.clone()));
    let groups = common.chain(of_teams.into_iter().map(|(_, group)| group));
    let seen = groups.flat_map(|group| {
        // One that stands in with another credential is the same to whoever looks.
        let own = group.deployments.iter().filter(|known| known.stands_in_for.is_none());
        own.map(|deployment| Seen {
            group: group.clone(),
            row: rows.remove(&deployment.id),
            of_file: of_file
                .remove(&deployment.id)
                .map(|model| (model.model_info.clone(), model.litellm_params.billing)),
            deployment: deployment.clone(),
        })
        .collect::<Vec<_>>()
    });
    Ok(seen.collect())
}

impl Seen {
    fn team(&self) -> Option<&str> {
        self.group.team.as_ref().map(|team| &*team.id)
    }

    fn is(&self, id: &str) -> bool {
        self.deployment.id == id
    }

    /// `whole`: with what is sent with every request.
    fn describe(&self, whole: bool) -> ModelInfo {
        let deployment = &self.deployment;
        let litellm_params = self.row.as_ref().map_or_else(
            || {
                let model = format!("{}/{}", deployment.provider, deployment.upstream_model);
                let mut params = json!({"model": model, "api_base": deployment.api_base});
                if let Some(billing) = self.of_file.as_ref().and_then(|(_, billing)| *billing) {
                    params["billing"] = json!(billing);
                }
                params
            },
            |row| models::shown_params(&row.params, whole),
        );
        let of_file = || self.of_file.clone().unwrap_or_default().0;
        let mut info = self.row.as_ref().map_or_else(of_file, shown_info);
        info.insert("id".into(), json!(deployment.id));
        info.insert("db_model".into(), json!(self.row.is_some()));
        info.insert("team_id".into(), json!(self.team()));
        info.insert("billing".into(), json!(deployment.billing.as_str()));
        info.insert("litellm_provider".into(), json!(deployment.spec.id));
        info.insert("max_input_tokens".into(), json!(deployment.context));
        info.insert("max_output_tokens".into(), json!(deployment.max_output));
        let known = deployment.known();
        if let Some(known) = &known {
            info.entry("mode").or_insert_with(|| json!(known.mode));
            for capability in known.capabilities.iter() {
                info.entry(format!("supports_{capability}")).or_insert(json!(true));
            }
            for (name, capability) in SUPPORTS {
                info.entry(name).or_insert_with(|| json!(known.capabilities.has(capability)));
            }
        }
        if let Some(plan) = &deployment.prices {
            let named = [
                ("input_cost_per_token", Unit::Input),
                ("output_cost_per_token", Unit::Output),
                ("cache_read_input_token_cost", Unit::CacheRead),
                ("cache_creation_input_token_cost", Unit::CacheWrite),
            ];
            for (name, unit) in named {
                info.insert(name.into(), json!(plan.prices.get(unit).map(dollars)));
            }
        }
        ModelInfo { model_name: deployment.group.clone(), litellm_params, model_info: Value::Object(info) }
    }

    /// What a token of input and one of output cost together.
    fn cost(&self) -> Option<i64> {
        self.deployment.price_rank
    }
}

/// Pico-dollars per token as dollars.
pub(super) fn dollars(pico: i64) -> f64 {
    pico as f64 / 1e12
}

/// Whether the caller may change it, and so may see all of it.
fn sees_whole(engine: &Engine, authority: &Authority, seen: &Seen) -> bool {
    let changing = Authority { rule: permissions::rule("POST", "/model/update"), ..authority.clone() };
    let thing = seen.team().map_or(Thing::Gateway, Thing::Team);
    changing.reaches(&engine.directory.load(), thing)
}

async fn listed(
    engine: &Engine,
    authority: &Authority,
    query: InfoQuery,
) -> Result<Json<ModelInfoList>, Failure> {
    let mut found = seen(engine, authority).await?;
    if let Some(id) = &query.litellm_model_id {
        found.retain(|seen| seen.is(id));
        if found.is_empty() {
            let message = format!("Model id = {id} not found on this gateway");
            return Err(Failure::invalid("model_not_found", message).with_param("litellm_model_id"));
        }
    }
    let data = found.iter().map(|seen| seen.describe(sees_whole(engine, authority, seen))).collect();
    Ok(Json(ModelInfoList { data }))
}

/// The deployments that the key may use
///
/// Those of the configuration file have `model_info.db_model` false and are changed there.
#[utoipa::path(
    get, path = "/model/info", tag = "Models", params(InfoQuery),
    responses(
        (status = 200, body = ModelInfoList), (status = 400, description = "No deployment of that id", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<ModelInfoList>, Failure> {
    listed(&engine, &authority, query).await
}

/// The deployments that the key may use, as under `/model/info`
#[utoipa::path(
    get, path = "/v1/model/info", tag = "Models", params(InfoQuery),
    responses(
        (status = 200, body = ModelInfoList), (status = 400, description = "No deployment of that id", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info_v1(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<ModelInfoList>, Failure> {
    listed(&engine, &authority, query).await
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct PageQuery {
    /// Only deployments of this model group.
    model: Option<String>,
    /// Only the deployment of this id.
    model_id: Option<String>,
    /// Only a team's own.
    team_id: Option<String>,
    /// Found in the model group's name or the model's.
    search: Option<String>,
    /// Only those that the caller has added.
    #[serde(rename = "user_models_only", default)]
    user_models_only: bool,
    /// 1 when absent.
    #[param(minimum = 1)]
    page: Option<u64>,
    /// 1 to 1000; 50 when absent.
    #[param(minimum = 1, maximum = 1000)]
    size: Option<u64>,
    /// `model_name`, `created_at`, `updated_at` or `costs`; the order of names when absent.
    sort_by: Option<String>,
    /// `asc` or `desc`.
    sort_order: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelInfoPage {
    pub data: Vec<ModelInfo>,
    pub total_count: usize,
    pub current_page: u64,
    pub total_pages: u64,
    pub size: u64,
}

const MOST_ROWS: u64 = 1000;
const USUAL_ROWS: u64 = 50;

/// The deployments that the key may use, in pages
#[utoipa::path(
    get, path = "/v2/model/info", tag = "Models", params(PageQuery),
    responses(
        (status = 200, body = ModelInfoPage), (status = 400, description = "A parameter makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn page(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<ModelInfoPage>, Failure> {
    let wrong = |name: &str, what: &str| {
        let mut failure =
            Failure::invalid("invalid_value", format!("{name} must be {what}")).with_param(name);
        failure.error.status = 422;
        failure
    };
    let (page, size) = (query.page.unwrap_or(1), query.size.unwrap_or(USUAL_ROWS));
    if page == 0 {
        return Err(wrong("page", "at least 1"));
    }
    if !(1..=MOST_ROWS).contains(&size) {
        return Err(wrong("size", "1 to 1000"));
    }
    let is_descending = match query.sort_order.as_deref() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(wrong("sortOrder", "asc or desc")),
    };
    let mut found = seen(&engine, &authority).await?;
    let name = authority.name();
    let search = query.search.map(|text| text.to_lowercase());
    found.retain(|seen| {
        let has = |text: &String| {
            seen.group.name.to_lowercase().contains(text)
                || seen.deployment.upstream_model.to_lowercase().contains(text)
        };
        query.model.as_ref().is_none_or(|model| seen.group.name == *model)
            && query.model_id.as_ref().is_none_or(|id| seen.is(id))
            && query.team_id.as_ref().is_none_or(|team| seen.team() == Some(team))
            && search.as_ref().is_none_or(has)
            && (!query.user_models_only || seen.row.as_ref().is_some_and(|row| row.created_by == name))
    });
    let time = |of: fn(&ModelRow) -> i64| move |seen: &Seen| seen.row.as_ref().map_or(0, of);
    match query.sort_by.as_deref() {
        None => {}
        Some("model_name") => found.sort_by_key(|seen| seen.group.name.clone()),
        Some("created_at") => found.sort_by_key(time(|row| row.created_at)),
        Some("updated_at") => found.sort_by_key(time(|row| row.updated_at)),
        Some("costs") => found.sort_by_key(Seen::cost),
        Some(_) => {
            let message = "sortBy must be model_name, created_at, updated_at or costs";
            return Err(Failure::invalid("invalid_value", message).with_param("sortBy"));
        }
    }
    if is_descending {
        found.reverse();
    }
    let total = found.len();
    let skipped = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let rows = found.iter().skip(skipped).take(usize::try_from(size).unwrap_or(usize::MAX));
    let data = rows.map(|seen| seen.describe(sees_whole(&engine, &authority, seen))).collect();
    Ok(Json(ModelInfoPage {
        data,
        total_count: total,
        current_page: page,
        total_pages: (total as u64).div_ceil(size),
        size,
    }))
}
