//! `/spend/calculate`: what a request would cost, or an answer did, without asking anybody.

use axum::Json;
use axum::extract::State;
use postern_wire::Format;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::dollars;
use crate::auth::permissions::Authority;
use crate::catalogue::{BilledTokens, Catalogue, Prices};
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::{ErrorBody, JsonBody};
use crate::snapshot::Snapshot;

/// A model with a prompt, or an answer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct CalculateRequest {
    /// A model that is served, or one that the catalogue knows (`gpt-4o`, `anthropic/claude-haiku-4-5`). With an answer: in place
    /// of the one that it names.
    pub model: Option<String>,
    /// The prompt, as chat completions have it. Nothing is counted for what would be answered.
    #[schema(value_type = Option<Vec<Object>>)]
    pub messages: Option<Vec<Value>>,
    /// A whole answer of chat completions, with its `usage`.
    #[schema(value_type = Option<Object>)]
    pub completion_response: Option<Map<String, Value>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Calculated {
    /// Dollars.
    pub cost: f64,
}

/// The price in force of a model: that of the first deployment that serves it, else the catalogue's.
fn price(snapshot: &Snapshot, authority: &Authority, model: &str) -> Option<Prices> {
    let served = snapshot.resolve_for(authority.caller.namespace(), model).ok();
    let deployed =
        served.and_then(|found| found.group.deployments.iter().find_map(|known| known.prices.clone()));
    if let Some(plan) = deployed {
        return Some(plan.prices.clone());
    }
    let catalogue = Catalogue::embedded();
    let named = model.split_once('/').and_then(|(provider, model)| catalogue.find(provider, model));
    let listed = || catalogue.providers_of(model).find_map(|provider| catalogue.find(provider, model));
    Some(named.or_else(listed)?.prices)
}

/// What a prompt would cost, or an answer did
#[utoipa::path(
    post, path = "/spend/calculate", tag = "Spend", request_body = CalculateRequest,
    responses(
        (status = 200, body = Calculated),
        (status = 400, description = "Neither a prompt nor an answer, or a model without a price", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn calculate(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<CalculateRequest>,
) -> Result<Json<Calculated>, Failure> {
    let missing =
        |what: &str, param: &str| Failure::invalid("missing_field", what.to_owned()).with_param(param);
    let answered = body.completion_response;
    let of_answer = answered.as_ref().and_then(|answer| answer.get("model")).and_then(Value::as_str);
    let Some(model) = body.model.as_deref().or(of_answer).filter(|model| !model.is_empty()) else {
        return Err(missing("Either 'model' and 'messages' or 'completion_response' must be given", "model"));
    };
    let tokens = match (answered.as_ref(), body.messages) {
        (Some(answer), _) => {
            let text = Value::Object(answer.clone()).to_string();
            let (usage, _) = postern_wire::read_usage(Format::OpenAiChat, text.as_bytes());
            let usage =
                usage.ok_or_else(|| missing("completion_response has no usage", "completion_response"))?;
            BilledTokens::from(&usage)
        }
        (None, Some(messages)) => {
            let prompt = json!({"model": model, "messages": messages}).to_string();
            BilledTokens {
                input: postern_wire::estimate_tokens(prompt.as_bytes()),
                ..BilledTokens::default()
            }
        }
        (None, None) => {
            let what = "Either 'model' and 'messages' or 'completion_response' must be given";
            return Err(missing(what, "messages"));
        }
    };
    let prices = price(&engine.snapshot.load(), &authority, model);
    let cost = prices.and_then(|prices| prices.cost_at(&tokens, Some(clock::now_ms())));
    let unpriced = || {
        let message = format!("there is no price of the model `{model}`");
        Failure::invalid("unpriced_model", message).with_param("model")
    };
    Ok(Json(Calculated { cost: dollars(cost.ok_or_else(unpriced)?.nanos) }))
}
