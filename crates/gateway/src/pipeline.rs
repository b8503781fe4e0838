//! The phases of a request, one line each: route, access, admission, attempts.
//!
//! `route` finds out where it may go, `attempts` takes it there (`routing::Course` decides, attempt by attempt), `ask` is one
//! call of one deployment, `prepare` what is sent.

mod ask;
mod attempts;
mod outcome;
mod prepare;
mod route;

use std::sync::Mutex;

pub use ask::{retry_after, usable};
pub use attempts::{Asks, Notes, Patience, Way, Won, travel, trouble};
use axum::http::HeaderMap;
pub use prepare::shaped;
pub use route::{Question, Route, SESSIONS, Stays, find, header, not_there, tags};

use crate::admission::{self, Admission, Asked};
use crate::error::Failure;
use crate::exchange::{Exchange, mirror};
use crate::limits::Estimate;
use crate::meter::Meter;
use crate::reply::Answer;
use crate::snapshot::{Deployment, Group, Place};

/// What a reply is assumed to come to where neither the caller nor the catalogue sets a maximum.
pub const DEFAULT_MAX_TOKENS: u64 = 4096;

pub async fn run(exchange: &Exchange, meter: &mut Meter) -> Result<Answer, Failure> {
    let mut route = route::find(&Question::of(exchange), meter)?;
    if let Some(customer) = admission::customer(&exchange.engine, &exchange.headers, meter) {
        route.confine(&exchange.snapshot, &exchange.caller, &customer, meter)?;
    }
    let asked = Asked {
        headers: &exchange.headers,
        body: &exchange.body,
        models: &[&route.group.name, &exchange.envelope.model],
        others: &route.own_others(),
        tags: &route.tags,
    };
    let admission = Admission::open(&exchange.engine, &exchange.caller, &asked, meter)?;
    let size = Size::of(exchange, &route);
    let estimate = estimate(size, &route, admission.wants_cost());
    meter.hold(admission.admit(estimate)?);
    // Mirrors are configured for everybody's groups.
    if route.group.team.is_none() {
        mirror::reflect(exchange, &route.group.name);
    }
    let stays = Stays::of(exchange, &route);
    let way = Way::new(&exchange.engine, &route, size, stays.as_ref());
    let won = travel(&way, &Mutex::new(meter), &ask::Chat { exchange }).await?;
    if let Some(stays) = &stays {
        stays.keep(&exchange.engine, &won.deployment);
    }
    if won.group.name != route.group.name
        && let Some(row) = meter.row()
    {
        row.model_group.clone_from(&won.group.name);
    }
    meter.won(won.fallbacks);
    let mut answer = won.answer;
    answer.hold(won.flight);
    Ok(answer)
}

/// Never below the real cost but for what a tokenizer makes of unusual text; see the settlement in `meter`.
fn estimate(size: Size, route: &Route, wants_cost: bool) -> Estimate {
    let tokens = size.tokens();
    if !wants_cost {
        return Estimate { cost_nanos: None, tokens };
    }
    let dearest = |group: &Group| {
        group.deployments.iter().try_fold(0_i64, |most, known| Some(most.max(size.highest_cost(known)?)))
    };
    // Where two are asked, the one that loses has been sent the prompt, too.
    let lost = |group: &Group| {
        if group.deployments.len() < 2 || route.settings.hedge_of(&group.name).is_none() {
            return Some(0);
        }
        let mut lost = group.deployments.iter().map(|known| known.highest_cost(size.input, 0));
        lost.try_fold(0_i64, |most, cost| Some(most.max(cost?)))
    };
    let mut groups = std::iter::once(&route.group).chain(route.all_others());
    let cost_nanos =
        groups.try_fold(0_i64, |most, group| Some(most.max(dearest(group)?.saturating_add(lost(group)?))));
    Estimate { cost_nanos, tokens }
}

/// How large a request and its answer may be.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Tokens that are sent, at least.
    pub input: u64,
    /// Tokens of each answer, where the request says so.
    pub max_output: Option<u64>,
    /// How many answers are asked for.
    pub choices: u64,
}

impl Size {
    fn of(exchange: &Exchange, route: &Route) -> Self {
        let envelope = &exchange.envelope;
        let (input, choices) = (route.prompt_tokens, u64::from(envelope.choices.max(1)));
        // A provider's own compaction knows no bound of what it writes.
        let max_output = envelope.max_output_tokens.filter(|_| exchange.path_end.is_empty());
        Self { input, max_output, choices }
    }

    /// Tokens sent, and those of the answer where the request says so.
    pub fn tokens(self) -> u64 {
        self.input.saturating_add(self.max_output.unwrap_or(0))
    }

    /// What it may come to at most at a deployment, nano-dollars; `None` without a price.
    pub fn highest_cost(self, deployment: &Deployment) -> Option<i64> {
        let input = self.input.min(deployment.context.unwrap_or(u64::MAX));
        let output = self.max_output.or(deployment.max_output).unwrap_or(DEFAULT_MAX_TOKENS);
        deployment.highest_cost(input, output.saturating_mul(self.choices))
    }
}

impl Deployment {
    /// What a request of that size may come to at most, nano-dollars; `None` without a price.
    pub fn highest_cost(&self, input: u64, output: u64) -> Option<i64> {
        if matches!(self.endpoints[0].place, Place::Demo)
            || self.billing != postern_store::table::requests::Billing::Api
        {
            return Some(0);
        }
        let tokens = crate::catalogue::BilledTokens { input, output, ..Default::default() };
        self.prices.as_ref()?.cost_at_peak(&tokens).map(|cost| cost.nanos)
    }
}

/// Headers of the upstream that say something to the caller: rate limits, the provider's own request id.
pub fn passed_back(upstream: &HeaderMap, into: &mut HeaderMap) {
    for (name, value) in upstream {
        let text = name.as_str();
        if text.starts_with("x-ratelimit-")
            || text.starts_with("anthropic-")
            || text.starts_with("openai-")
            || text == "retry-after"
        {
            into.insert(name.clone(), value.clone());
        } else if text == "x-request-id" || text == "request-id" {
            into.insert("llm_provider-x-request-id", value.clone());
        }
    }
}
