use postern_store::table::requests::{Billing, RequestRow, Tokens};

use super::{Line, billed_of, rate, read_lines};
use crate::catalogue::{BilledTokens, PriceOverride, Prices, SearchContext, Terms};
use crate::snapshot::PricePlan;

fn prices(text: &str) -> Prices {
    serde_json::from_str::<PriceOverride>(text).unwrap().over(None)
}

fn plan(text: &str, adjustment: i64) -> PricePlan {
    PricePlan {
        prices: prices(text),
        source: "override".into(),
        version: "now".into(),
        terms: Terms::of_adjustment(adjustment),
    }
}

fn used() -> BilledTokens {
    BilledTokens {
        input: 1000,
        output: 500,
        cache_read: 200,
        cache_write_1h: 100,
        reasoning: 50,
        web_searches: 3,
        service_tier: Some("flex".into()),
        ..BilledTokens::default()
    }
}

fn row(billing: Billing) -> RequestRow {
    let tokens = Tokens {
        input: 1000,
        output: 500,
        cache_read: 200,
        cache_write: 100,
        cache_write_1h: 100,
        reasoning: 50,
        audio: 0,
    };
    RequestRow { billing, tokens, ..RequestRow::default() }
}

const PRICES: &str = r#"{"input": 1000000, "output": 2000000, "cache_read": 100000, "per_search_medium": 10000000000, "per_request": 5000000000}"#;

#[test]
fn what_a_row_used_is_read_from_its_lines_again() {
    for plan in [None, Some(plan(PRICES, 0)), Some(plan(PRICES, -1500))] {
        let mut row = row(Billing::Api);
        rate(&mut row, &used(), plan.as_ref());
        assert_eq!(billed_of(&row), used(), "{plan:?}: {:?}", row.cost_lines);
    }
    let drawn = BilledTokens { image_output: 120, search_context: SearchContext::Low, ..used() };
    let mut row_of_it = row(Billing::Api);
    rate(&mut row_of_it, &drawn, Some(&plan(PRICES, 0)));
    assert_eq!(billed_of(&row_of_it), drawn, "{:?}", row_of_it.cost_lines);
    // Of rows that were written without lines, their columns tell it.
    let bare = BilledTokens { web_searches: 0, service_tier: None, ..used() };
    assert_eq!(billed_of(&row(Billing::Api)), bare);
}

#[test]
fn searches_requests_discounts_and_mark_ups_are_lines_of_their_own() {
    let mut row = row(Billing::Api);
    rate(&mut row, &used(), Some(&plan(PRICES, 0)));
    // 700 in, 200 cached, 100 written at the price of input, 450 out, 50 of reasoning; three searches, one request.
    let list = 700 * 1000 + 200 * 100 + 100 * 1000 + 500 * 2000 + 3 * 10_000_000 + 5_000_000;
    assert_eq!((row.cost_nanos, row.covered_nanos), (Some(list), None));
    let lines = read_lines(row.cost_lines.as_deref());
    assert_eq!(lines.iter().filter_map(|line| line.nanos).sum::<i64>(), list);
    let names: Vec<&str> = lines.iter().map(|line| line.kind.as_str()).collect();
    assert!(names.contains(&"input_flex") && names.contains(&"per_search_medium_flex"), "{names:?}");
    for (adjustment, kind, share) in [(-1500, "discount", 85), (2500, "mark_up", 125)] {
        rate(&mut row, &used(), Some(&plan(PRICES, adjustment)));
        assert_eq!(row.cost_nanos, Some(list * share / 100));
        let adjusted = read_lines(row.cost_lines.as_deref()).pop().unwrap();
        let expected = Line {
            kind: kind.into(),
            count: adjustment.abs(),
            price_pico: None,
            nanos: Some(list * share / 100 - list),
        };
        assert_eq!(adjusted, expected);
    }
}

#[test]
fn what_a_flat_rate_covers_is_not_owed() {
    let mut row = row(Billing::Subscription);
    rate(&mut row, &used(), Some(&plan(PRICES, 0)));
    assert_eq!(row.cost_nanos, Some(0));
    assert!(row.covered_nanos.unwrap() > 0);
    rate(&mut row, &used(), None);
    assert_eq!(
        (row.cost_nanos, row.covered_nanos),
        (Some(0), None),
        "owed is nothing, what it is worth is not known"
    );
}

#[test]
fn without_the_price_of_something_that_was_used_a_row_is_unpriced() {
    let mut row = row(Billing::Api);
    for plan in [None, Some(plan(r#"{"input": 1, "output": 1}"#, 0))] {
        rate(&mut row, &used(), plan.as_ref());
        assert_eq!(row.cost_nanos, None, "searches have no price");
        assert!(read_lines(row.cost_lines.as_deref()).iter().all(|line| line.price_pico.is_none()));
    }
    assert_eq!(read_lines(Some("nonsense")), []);
    assert_eq!(read_lines(None), []);
}
