//! How it is told that a limit is in the way: which, of whom, how much, until when. In LiteLLM's words.

use serde_json::json;

use super::Terms;
use crate::clock;
use crate::counters::{Counts, Level, Scope};
use crate::error::{Failure, Refusal};

fn dollars(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

pub fn over_budget(
    scope: &Scope,
    counts: &Counts,
    budget: i64,
    cost: i64,
    terms: Terms,
    now: i64,
) -> Failure {
    let spent = scope.spent(counts);
    let (current, most) = (dollars(spent), dollars(budget));
    let model = scope.model.as_deref().map(|model| format!(" Model={model}")).unwrap_or_default();
    let id = &scope.id;
    let begin = match scope.level {
        Level::Key => format!("Budget has been exceeded!{model} Current cost: {current}, Max budget: {most}"),
        Level::User => {
            format!("ExceededBudget: User={id} over budget.{model} Spend={current}, Budget={most}")
        }
        Level::Customer => {
            format!("ExceededBudget: End User={id} over budget.{model} Spend={current}, Budget={most}")
        }
        Level::Proxy => {
            format!("Budget has been exceeded! Proxy Current cost: {current}, Max budget: {most}")
        }
        level => {
            let what = match level {
                Level::Team => "Team",
                Level::Organization => "Organization",
                Level::Tag => "Tag",
                Level::Provider => "Provider",
                _ => "User",
            };
            format!(
                "Budget has been exceeded! {what}={id}{model} Current cost: {current}, Max budget: {most}"
            )
        }
    };
    let reset_at = scope.period.reset_at.filter(|reset| *reset > now);
    let resets = reset_at.map(|at| format!(" It resets at {}.", clock::text(at))).unwrap_or_default();
    let message = format!(
        "{begin}. Reserved by requests under way: {}; this request may cost up to {}.{resets}",
        dollars(counts.reserved),
        dollars(cost),
    );
    let mut failure = Failure::over_budget(message).with_details(json!({
        "level": scope.word(),
        "id": &*scope.id,
        "model": scope.model.as_deref(),
        "limit": "max_budget",
        "current_cost": current,
        "max_budget": most,
        "reserved": dollars(counts.reserved),
        "estimate": dollars(cost),
        "resets_at": reset_at.map(clock::text),
    }));
    failure.error.status = terms.over_budget_status;
    failure.error.retry_after = reset_at.map(|at| seconds(at - now));
    failure.refusal = Some(Box::new(Refusal { kind: "budget", level: scope.word(), limit: None, reset_at }));
    failure
}

pub fn rate(scope: &Scope, kind: &'static str, limit: u64, used: u64, wait: i64, now: i64) -> Failure {
    let reset_at = now + wait.max(1);
    let model = scope.model.as_deref().map(|model| format!(":{model}")).unwrap_or_default();
    let message = format!(
        "Rate limit exceeded for {}: {}{model}. Limit type: {kind}. Current limit: {limit}, Remaining: 0. Limit resets at: {}",
        scope.word(),
        scope.id,
        clock::text(reset_at)
    );
    let mut failure =
        Failure::rate_limited("rate_limit_exceeded", message, seconds(wait)).with_details(json!({
            "level": scope.word(),
            "id": &*scope.id,
            "model": scope.model.as_deref(),
            "limit": kind,
            "max": limit,
            "current": used,
            "resets_at": clock::text(reset_at),
        }));
    let reset_at = Some(reset_at);
    failure.refusal = Some(Box::new(Refusal { kind, level: scope.word(), limit: Some(limit), reset_at }));
    failure
}

fn seconds(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or(0).div_ceil(1000).max(1)
}

pub fn unpriced(scope: &Scope) -> Failure {
    let message = format!(
        "A budget is in force ({}: {}), and the model has no price to hold against it. Set a price for the model in the console, use a key without a budget, or let such models through with general_settings.unpriced_models_with_budget: allow.",
        scope.word(),
        scope.id
    );
    Failure::invalid("unpriced_model", message).with_param("model")
}
