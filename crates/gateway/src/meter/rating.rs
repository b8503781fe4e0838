//! What a row costs by a plan of prices, line by line; and what it was billed for, read from such lines again, so that it can be
//! rated by another plan.

use postern_store::table::requests::{Billing, RequestRow};
pub use postern_store::table::reservations::RESERVATION;
use serde_json::{Value, json};

use super::reported::{PROVIDER, Reported};
use crate::catalogue::{Adjustment, BilledTokens, Cost, Terms};
use crate::snapshot::PricePlan;

/// Writes what a row costs by a plan: what is owed, or what a flat rate covers. Without a plan, or where the price of something
/// is not known, the row is unpriced and says what it used.
pub fn rate(row: &mut RequestRow, billed: &BilledTokens, plan: Option<&PricePlan>) {
    row.price_source = plan.map(|plan| plan.source.clone());
    row.price_version = plan.map(|plan| plan.version.clone());
    let cost = plan.and_then(|plan| plan.cost(billed, row.started_at));
    let nanos = cost.as_ref().map(|cost| cost.nanos);
    row.cost_lines = Some(cost.as_ref().map_or_else(|| unpriced_lines(billed), lines));
    owe(row, nanos);
}

/// The same by what the provider reports itself. It has its discount already, and what is put on it is put on it here. What was
/// used has no prices of its own, and is kept to be rated another way.
pub fn rate_as_reported(row: &mut RequestRow, billed: &BilledTokens, reported: &Reported, terms: Terms) {
    row.price_source = Some(PROVIDER.to_owned());
    row.price_version = None;
    let (nanos, adjustments) = terms.without_discount().applied(i128::from(reported.nanos) * 1000);
    let mut lines = used(billed);
    lines.extend(reported.parts.iter().map(|(kind, nanos)| json!([kind, 1, null, nanos])));
    lines.extend(adjustments.iter().map(adjustment));
    row.cost_lines = Some(Value::from(lines).to_string());
    owe(row, Some(nanos));
}

fn owe(row: &mut RequestRow, nanos: Option<i64>) {
    (row.cost_nanos, row.covered_nanos) = match row.billing {
        Billing::Subscription => (Some(0), nanos),
        Billing::Api | Billing::Local => (nanos, None),
    };
}

/// `[kind, count, pico-dollars each]`; at the end `["discount" or "mark_up", hundredths of a percent, null, nano-dollars]` and
/// `["fee", 1, null, nano-dollars]` where there are such. Of what the provider reports itself: `["reported..", 1, null,
/// nano-dollars]`.
fn lines(cost: &Cost) -> String {
    let priced = cost.lines.iter().map(|line| json!([line.kind, line.tokens, line.price_pico]));
    let lines: Vec<Value> = priced.chain(cost.adjustments.iter().map(adjustment)).collect();
    Value::from(lines).to_string()
}

fn adjustment(made: &Adjustment) -> Value {
    json!([made.kind, made.count, null, made.nanos])
}

fn unpriced_lines(billed: &BilledTokens) -> String {
    Value::from(used(billed)).to_string()
}

fn used(billed: &BilledTokens) -> Vec<Value> {
    billed.parts().into_iter().map(|(kind, count)| json!([kind, count, null])).collect()
}

/// One line as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: String,
    /// Tokens, searches, hundredths of a percent; 1 of what the provider reports.
    pub count: i64,
    /// Pico-dollars each; `None`: no price of its own.
    pub price_pico: Option<i64>,
    pub nanos: Option<i64>,
}

/// The lines of a row; none where it has none, or where they cannot be read.
pub fn read_lines(text: Option<&str>) -> Vec<Line> {
    let all: Vec<Vec<Value>> = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let line = |parts: &Vec<Value>| {
        let (kind, count) = (parts.first()?.as_str()?.to_owned(), parts.get(1)?.as_i64()?);
        let price_pico = parts.get(2).and_then(Value::as_i64);
        let of_price = || {
            price_pico.map(|price| ((i128::from(count) * i128::from(price) + 500).div_euclid(1000)) as i64)
        };
        let nanos = parts.get(3).and_then(Value::as_i64).or_else(of_price);
        Some(Line { kind, count, price_pico, nanos })
    };
    all.iter().filter_map(line).collect()
}

/// What a row was billed for. Rows without lines say it in their columns, which do not tell audio in from audio out.
pub fn billed_of(row: &RequestRow) -> BilledTokens {
    let whole = |count: i64| u64::try_from(count).unwrap_or(0);
    let (input, output) = (whole(row.tokens.input), whole(row.tokens.output));
    let lines = read_lines(row.cost_lines.as_deref());
    if !lines.is_empty() {
        let parts = lines.iter().map(|line| (line.kind.as_str(), whole(line.count)));
        return BilledTokens::from_parts(input, output, parts);
    }
    BilledTokens {
        input,
        output,
        cache_read: whole(row.tokens.cache_read),
        cache_write_5m: whole(row.tokens.cache_write - row.tokens.cache_write_1h),
        cache_write_1h: whole(row.tokens.cache_write_1h),
        reasoning: whole(row.tokens.reasoning),
        ..BilledTokens::default()
    }
}

#[cfg(test)]
mod tests;
