//! What a provider itself says that a request costs: the truth about its bill, where it says so.

use serde_json::Value;

use crate::providers::ReportedCost;

/// What a row's `price_source` says of it.
pub const PROVIDER: &str = "provider";

/// Nothing that a request is asked for costs more dollars. What is said to is a mistake, or in another unit.
const MOST_DOLLARS: f64 = 10_000.0;
const NANOS: f64 = 1e9;
const TICKS_PER_NANO: f64 = 10.0;
/// Dollars are told with so few digits that parts may be more than their whole, though hardly by more than this.
const ROUNDING_NANOS: i64 = 2_000_000;

/// Members of a breakdown, by any of their names, and what each is a line for.
const PARTS: [(&str, &str); 10] = [
    ("input_tokens_cost", "reported_input"),
    ("input_cost", "reported_input"),
    ("output_tokens_cost", "reported_output"),
    ("output_cost", "reported_output"),
    ("reasoning_tokens_cost", "reported_reasoning"),
    ("citation_tokens_cost", "reported_citations"),
    ("search_queries_cost", "reported_searches"),
    ("request_cost", "reported_request"),
    ("tool_calls_cost", "reported_tools"),
    ("cache_read_cost", "reported_cache_read"),
];

/// What a provider charges for a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reported {
    pub nanos: i64,
    /// What it consists of, as nano-dollars by the kind of line; they add up to the whole.
    pub parts: Vec<(&'static str, i64)>,
}

/// Reads a provider's own usage object. `None` where it does not say, and where what it says cannot be.
pub fn read(how: ReportedCost, usage: &str) -> Option<Reported> {
    let usage: Value = serde_json::from_str(usage).ok()?;
    let member = if how == ReportedCost::Ticks { "cost_in_usd_ticks" } else { "cost" };
    let cost = usage.get(member).filter(|cost| !cost.is_null())?;
    let found = match how {
        ReportedCost::Credits => credits(cost, &usage),
        ReportedCost::Ticks => amount(cost, 1.0 / TICKS_PER_NANO).map(whole),
        ReportedCost::Breakdown => breakdown(cost),
    };
    if found.is_none() {
        tracing::debug!(%cost, "what a provider reports as the cost cannot be one, and is not used");
    }
    found
}

fn whole(nanos: i64) -> Reported {
    Reported { nanos, parts: vec![("reported", nanos)] }
}

fn credits(cost: &Value, usage: &Value) -> Option<Reported> {
    let charged = dollars(cost)?;
    if usage.get("is_byok") != Some(&Value::Bool(true)) {
        return Some(whole(charged));
    }
    // Without what the provider behind it charges, the fee alone would pass for the bill.
    let behind = dollars(usage.get("cost_details")?.get("upstream_inference_cost")?)?;
    let parts = [("reported", charged), ("reported_upstream", behind)];
    let parts = parts.into_iter().filter(|(_, nanos)| *nanos > 0).collect();
    Some(Reported { nanos: charged + behind, parts })
}

fn breakdown(cost: &Value) -> Option<Reported> {
    if cost.get("currency").is_some_and(|currency| currency != "USD") {
        return None;
    }
    let total = dollars(cost.get("total_cost")?)?;
    let told = PARTS.iter().filter_map(|(member, kind)| {
        let nanos = dollars(cost.get(*member)?).filter(|nanos| *nanos > 0)?;
        Some((*kind, nanos))
    });
    let mut parts: Vec<_> = told.collect();
    let sum: i64 = parts.iter().map(|(_, nanos)| nanos).sum();
    let rest = total - sum;
    if parts.is_empty() || rest < -ROUNDING_NANOS {
        // None, or more than the whole: they say nothing of it.
        return Some(whole(total));
    }
    if rest != 0 {
        parts.push(("reported_rest", rest));
    }
    Some(Reported { nanos: total, parts })
}

fn dollars(value: &Value) -> Option<i64> {
    amount(value, NANOS)
}

/// Nano-dollars, of a number that can be an amount.
fn amount(value: &Value, nanos_each: f64) -> Option<i64> {
    let nanos = value.as_f64()? * nanos_each;
    (0.0..=MOST_DOLLARS * NANOS).contains(&nanos).then(|| nanos.round() as i64)
}

#[cfg(test)]
mod tests;
