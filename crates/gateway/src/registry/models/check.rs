//! What a deployment may say, and what of it is a team's administrator's to say.

use postern_store::Connection;
use postern_store::table::teams;
use serde_json::{Map, Value};

use super::super::budgets::check_id;
use super::team_of;
use crate::auth::permissions::{Authority, Thing};
use crate::config::{DeploymentBilling, LitellmParams};
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;
use crate::providers::auth::Scheme;
use crate::providers::{self, Settings};
use crate::snapshot::{self, AllowedModels, DEMO, Origin};

const LONGEST_NAME: usize = 256;
const MOST_ACCESS_GROUPS: usize = 200;

/// Members of `model_info` that the gateway writes itself: what is sent of them is of an earlier answer.
const OWN: [&str; 9] = [
    "id",
    "db_model",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "team_public_model_name",
    "litellm_provider",
    "key",
];

/// Settings by which a provider is asked as who this machine is.
const OF_THIS_MACHINE: [&str; 2] = ["aws_profile_name", "azure_identity"];

/// Refuses whoever may not change the models of this team, or everybody's.
pub(super) fn reach(
    engine: &Engine,
    authority: &Authority,
    info: &Map<String, Value>,
) -> Result<(), Failure> {
    let directory = engine.directory.load();
    if authority.reaches_all(&directory) {
        return Ok(());
    }
    if let Some(team) = team_of(info) {
        return authority.check(&directory, Thing::Team(team));
    }
    let message = "Authentication Error, only the proxy's administrator may change what is everybody's; name a team that you administer in model_info.team_id";
    Err(Failure::forbidden("administrator_only", message)
        .with_type("auth_error")
        .with_param("model_info.team_id"))
}

/// The id that is asked for, else a new one.
pub(super) fn given_id(info: &mut Map<String, Value>) -> Result<String, Failure> {
    match info.remove("id") {
        None | Some(Value::Null) => Ok(ids::new_id().to_string()),
        Some(Value::String(id)) if is_name(&id) => Ok(id),
        Some(_) => {
            let message = "model_info.id must be a text of 1 to 256 characters without control characters";
            Err(Failure::invalid("invalid_id", message).with_param("model_info.id"))
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

pub(super) fn name(model_name: &str) -> Result<(), Failure> {
    if !is_name(model_name) {
        let message = "model_name must be a text of 1 to 256 characters without control characters";
        return Err(Failure::invalid("invalid_model_name", message).with_param("model_name"));
    }
    if model_name == DEMO {
        let message = "`demo` is the built-in model; choose another model_name";
        return Err(Failure::conflict("reserved_model_name", message).with_param("model_name"));
    }
    Ok(())
}

/// Looks at what of `model_info` changes what the deployment is, and takes out what is the gateway's own to say.
pub(super) fn info(info: &mut Map<String, Value>) -> Result<(), Failure> {
    info.retain(|name, value| !value.is_null() && !OWN.contains(&name.as_str()));
    let wrong = |code: &str, name: &str, what: &str| {
        let param = format!("model_info.{name}");
        Err(Failure::invalid(code, format!("{param} must be {what}")).with_param(&param))
    };
    for (name, value) in info.iter() {
        match name.as_str() {
            "access_groups" => {
                let is_group = |name: &Value| name.as_str().is_some_and(is_name);
                let fits = value
                    .as_array()
                    .is_some_and(|list| list.len() <= MOST_ACCESS_GROUPS && list.iter().all(is_group));
                if !fits {
                    return wrong("invalid_access_groups", name, "a list of names");
                }
            }
            "base_model" | "mode" if !value.as_str().is_some_and(is_name) => {
                return wrong("invalid_model_info", name, "a text of 1 to 256 characters");
            }
            "team_id" => match value.as_str() {
                Some(team) => check_id("model_info.team_id", team)?,
                None => return wrong("invalid_model_info", name, "the id of a team"),
            },
            "max_input_tokens" | "max_output_tokens" | "max_tokens"
                if value.as_u64().is_none_or(|tokens| tokens == 0) =>
            {
                return wrong("invalid_model_info", name, "a whole number above 0");
            }
            "input_cost_per_token"
            | "output_cost_per_token"
            | "cache_read_input_token_cost"
            | "cache_creation_input_token_cost"
                if !value.as_f64().is_some_and(|cost| (0.0..=1.0).contains(&cost)) =>
            {
                return wrong("invalid_model_info", name, "between 0 and 1 dollar per token");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the team that it names is there.
pub(super) fn team(connection: &Connection, info: &Map<String, Value>) -> Result<(), Failure> {
    match team_of(info) {
        Some(team) if teams::find(connection, team)?.is_none() => {
            let message = format!("Team id={team} does not exist in db");
            Err(Failure::invalid("team_not_found", message).with_param("model_info.team_id"))
        }
        _ => Ok(()),
    }
}

pub(super) fn params(engine: &Engine, model_name: &str, params: &mut LitellmParams) -> Result<(), Failure> {
    let is_secret = |name: &&String| {
        let name = name.to_ascii_lowercase();
        ["authorization", "cookie", "key", "token", "secret"].iter().any(|word| name.contains(word))
    };
    if let Some(name) = params.extra_headers.keys().find(is_secret) {
        // It would be stored with the model, and not in the vault.
        let message =
            format!("litellm_params.extra_headers: `{name}` looks like a credential; give it as api_key");
        return Err(
            Failure::invalid("invalid_litellm_params", message).with_param("litellm_params.extra_headers")
        );
    }
    if let Some(problem) = params.problem() {
        return Err(Failure::invalid("invalid_litellm_params", problem).with_param("litellm_params"));
    }
    params.other.remove("has_credential");
    params.other.retain(|_, value| !value.is_null());
    params.absorb_credential(false).map_err(|problem| {
        Failure::invalid("invalid_litellm_params", problem).with_param("litellm_params")
    })?;
    if let Some(name) = params.unknown().next() {
        return Err(Failure::invalid("unsupported_field", format!("litellm_params.{name} is not supported here, and ignoring it would change what the deployment does")).with_param(&format!("litellm_params.{name}")));
    }
    if let Some(base) = &params.api_base {
        let checked = providers::check_base_url(base).map_err(|problem| {
            Failure::invalid("invalid_base_url", problem).with_param("litellm_params.api_base")
        })?;
        params.api_base = Some(checked);
    }
    if model_name.contains('*') && params.model == "*" && params.other.is_empty() {
        // Whose model it is, each name says itself.
        return Ok(());
    }
    let snapshot = engine.snapshot.load();
    let Some(origin) = snapshot::origin(params, &snapshot.providers) else {
        return Err(Failure::invalid(
            "unknown_provider",
            format!(
                "litellm_params.model `{}` names no provider that is known: write it as provider/model",
                params.model
            ),
        )
        .with_param("litellm_params.model"));
    };
    settings(params, &origin)
}

/// What the provider is told besides a key must be something that it takes.
fn settings(params: &LitellmParams, origin: &Origin<'_>) -> Result<(), Failure> {
    let spec = origin.spec;
    let refuse = |name: &str, problem: String| {
        let param = format!("litellm_params.{name}");
        Err(Failure::invalid("invalid_litellm_params", format!("{param}: {problem}")).with_param(&param))
    };
    let takes = |name: &String| spec.settings.iter().any(|setting| setting.param.as_ref() == Some(name));
    if let Some((name, value)) = params.other.iter().find(|(name, value)| !takes(name) || !value.is_string())
    {
        return refuse(name, format!("{} takes no such text, and {value} would be ignored", spec.label));
    }
    let given = snapshot::given_settings(spec, params);
    let mut known = origin.provider.map(|provider| provider.settings.clone()).unwrap_or_default();
    known.extend(given);
    if let Some((setting, problem)) = providers::settings::check(&spec.settings, &known) {
        let named = spec.settings.iter().find(|spec| spec.name == setting);
        let name = named.and_then(|spec| spec.param.clone()).unwrap_or(setting);
        return refuse(&name, problem);
    }
    if let Some(problem) = params.api_key.as_ref().and_then(|key| spec.auth.problem(key, &known)) {
        return refuse("api_key", problem);
    }
    Ok(())
}

/// What a deployment is asked for, and where.
#[derive(PartialEq)]
pub(super) struct Place {
    provider: Option<String>,
    model: String,
    api_base: Option<String>,
    settings: Settings,
}

pub(super) fn place(engine: &Engine, params: &LitellmParams) -> Place {
    let snapshot = engine.snapshot.load();
    let origin = snapshot::origin(params, &snapshot.providers);
    let settings = origin.as_ref().map(|origin| snapshot::given_settings(origin.spec, params));
    let provider = origin.map(|origin| match origin.provider {
        Some(provider) => format!("{}/{}", origin.spec.id, provider.row.id),
        None => origin.spec.id.clone(),
    });
    let (model, api_base) = (params.model.clone(), params.api_base.clone());
    Place { provider, model, api_base, settings: settings.unwrap_or_default() }
}

/// What a deployment costs by its own words: prices, whose, and how they are paid.
pub(super) fn prices(
    params: &LitellmParams,
    info: &Map<String, Value>,
) -> (Vec<Option<f64>>, Option<String>, Option<DeploymentBilling>) {
    let said = |name: &str, value: Option<f64>| value.or_else(|| info.get(name)?.as_f64());
    let costs = vec![
        said("input_cost_per_token", params.input_cost_per_token),
        said("output_cost_per_token", params.output_cost_per_token),
        said("cache_read_input_token_cost", params.cache_read_input_token_cost),
        said("cache_creation_input_token_cost", params.cache_creation_input_token_cost),
    ];
    (costs, info.get("base_model").and_then(Value::as_str).map(str::to_owned), params.billing)
}

/// A team's administrator must not learn a credential by having it sent elsewhere, nor have it asked for more.
pub(super) fn credential_elsewhere() -> Failure {
    let message =
        "the stored credential was given for another model or address: give litellm_params.api_key again";
    Failure::invalid("credential_elsewhere", message).with_param("litellm_params.api_key")
}

/// Nor make cheap what others pay for.
pub(super) fn prices_of_others() -> Failure {
    let message = "what a model costs is the administrator's to say, unless it is asked with a credential that you give with the price";
    Failure::invalid("price_not_yours", message).with_param("litellm_params")
}

/// What a team's administrator adds is asked with a credential of its own, or is what the team may ask for anyway: the
/// gateway's own credentials are not theirs to give.
pub(super) fn may_ask(
    engine: &Engine,
    info: &Map<String, Value>,
    params: &LitellmParams,
    has_own: bool,
) -> Result<(), Failure> {
    let refuse = |name: &str, message: String| {
        let param = format!("litellm_params.{name}");
        Err(Failure::forbidden("credential_needed", message).with_type("auth_error").with_param(&param))
    };
    if let Some(name) = OF_THIS_MACHINE.into_iter().find(|name| params.provider_param(name).is_some()) {
        let message = format!("litellm_params.{name} is the administrator's to set");
        return refuse(name, message);
    }
    if has_own {
        return Ok(());
    }
    let snapshot = engine.snapshot.load();
    let origin = snapshot::origin(params, &snapshot.providers);
    let is_allowed = match &origin {
        None => false,
        Some(Origin { provider: Some(provider), model, .. }) => {
            let full = format!("{}/{model}", provider.row.name);
            let lists = lists_of(engine, info);
            let allow = |models: &AllowedModels| models.allow(&[&full, model], &snapshot.access);
            lists.is_some_and(|lists| lists.iter().all(allow))
        }
        // An address of its own is sent no credential.
        Some(Origin { spec, .. }) => params.api_base.is_some() && spec.auth.scheme == Scheme::Key,
    };
    if is_allowed {
        return Ok(());
    }
    let message =
        "a model that the team may not use anyway needs a credential of its own: give litellm_params.api_key";
    refuse("api_key", message.to_owned())
}

/// What the team of a model may use, and its organization.
fn lists_of(engine: &Engine, info: &Map<String, Value>) -> Option<Vec<AllowedModels>> {
    let directory = engine.directory.load();
    let team = team_of(info).and_then(|id| directory.team(id))?;
    let organization = team.organization_id.as_ref().and_then(|id| directory.organization(id));
    Some(std::iter::once(&team.models).chain(organization.map(|known| &known.models)).cloned().collect())
}
