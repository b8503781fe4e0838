//! Figures worked out by hand.

use super::super::price::{OffPeak, PriceKey, Tier, Window};
use super::*;

fn table(prices: &[(&str, i64)]) -> PriceTable {
    prices.iter().map(|(name, price)| (PriceKey::from_name(name).unwrap(), *price)).collect()
}

/// Three dollars in, fifteen out per million, with all the trimmings.
fn prices() -> Prices {
    let mut prices = Prices::flat(table(&[
        ("input", 3_000_000),
        ("output", 15_000_000),
        ("cache_read", 300_000),
        ("cache_write", 3_750_000),
        ("cache_write_1h", 6_000_000),
        ("input_batch", 1_500_000),
        ("output_batch", 7_500_000),
        ("input_priority", 6_000_000),
    ]));
    prices.tiers = Box::new([
        Tier {
            above: 200_000,
            prices: table(&[("input", 6_000_000), ("output", 22_500_000), ("cache_read", 600_000)]),
        },
        Tier { above: 500_000, prices: table(&[("input", 9_000_000), ("input_batch", 4_500_000)]) },
    ]);
    prices
}

fn nanos(prices: &Prices, tokens: &BilledTokens) -> Option<i64> {
    prices.cost(tokens).map(|cost| cost.nanos)
}

#[test]
fn plain_tokens() {
    let tokens = BilledTokens { input: 1_000, output: 500, ..BilledTokens::default() };
    // 1,000 x 3 + 500 x 15 micro-dollars = 10,500 micro-dollars
    let cost = prices().cost(&tokens).unwrap();
    assert_eq!(cost.nanos, 10_500_000);
    assert_eq!(
        cost.lines,
        [
            CostLine { kind: "input".into(), tokens: 1_000, price_pico: 3_000_000, cost_pico: 3_000_000_000 },
            CostLine { kind: "output".into(), tokens: 500, price_pico: 15_000_000, cost_pico: 7_500_000_000 },
        ]
    );
    assert_eq!(nanos(&prices(), &BilledTokens::default()), Some(0));
}

#[test]
fn parts_are_taken_out_of_the_whole() {
    let tokens = BilledTokens {
        input: 10_000,
        cache_read: 6_000,
        cache_write_5m: 2_000,
        cache_write_1h: 1_000,
        output: 100,
        reasoning: 40,
        ..BilledTokens::default()
    };
    // 1,000 x 3 + 6,000 x 0.3 + 2,000 x 3.75 + 1,000 x 6 = 18,300; 100 x 15 = 1,500 micro-dollars (reasoning as output)
    let cost = prices().cost(&tokens).unwrap();
    assert_eq!(cost.nanos, 19_800_000);
    let kinds: Vec<_> = cost.lines.iter().map(|line| (&*line.kind, line.tokens)).collect();
    assert_eq!(
        kinds,
        [
            ("input", 1_000),
            ("cache_read", 6_000),
            ("cache_write", 2_000),
            ("cache_write_1h", 1_000),
            ("output", 60),
            ("reasoning", 40)
        ]
    );
}

#[test]
fn what_has_no_price_of_its_own_costs_what_it_is_part_of() {
    let flat = Prices::flat(table(&[("input", 2_000_000), ("output", 8_000_000)]));
    let tokens = BilledTokens {
        input: 1_000,
        cache_read: 200,
        cache_write_5m: 100,
        cache_write_1h: 100,
        audio_input: 100,
        image_input: 100,
        output: 1_000,
        reasoning: 300,
        audio_output: 300,
        ..BilledTokens::default()
    };
    // 1,000 x 2 + 1,000 x 8 micro-dollars
    assert_eq!(nanos(&flat, &tokens), Some(10_000_000));
    let hour = Prices::flat(table(&[("input", 2_000_000), ("cache_write", 2_500_000)]));
    let tokens = BilledTokens { input: 100, cache_write_1h: 100, ..BilledTokens::default() };
    assert_eq!(nanos(&hour, &tokens), Some(250_000));
    let audio = Prices::flat(table(&[
        ("input", 1),
        ("output", 1),
        ("audio_input", 32_000_000),
        ("audio_output", 64_000_000),
    ]));
    let tokens =
        BilledTokens { input: 10, audio_input: 10, output: 10, audio_output: 10, ..BilledTokens::default() };
    assert_eq!(nanos(&audio, &tokens), Some(960_000));
    let reasoning = Prices::flat(table(&[("output", 1_000_000), ("reasoning", 4_000_000)]));
    let tokens = BilledTokens { output: 100, reasoning: 60, ..BilledTokens::default() };
    assert_eq!(nanos(&reasoning, &tokens), Some(280_000));
}

#[test]
fn long_input_prices_the_whole_request() {
    let at = |input, output| nanos(&prices(), &BilledTokens { input, output, ..BilledTokens::default() });
    assert_eq!(at(200_000, 1_000), Some(615_000_000)); // 200,000 x 3 + 1,000 x 15
    assert_eq!(at(200_001, 1_000), Some(1_222_506_000)); // 200,001 x 6 + 1,000 x 22.5
    assert_eq!(at(500_001, 1_000), Some(4_515_009_000)); // 500,001 x 9 + 1,000 x 15: that tier names no output price
    let cached = BilledTokens { input: 300_000, cache_read: 290_000, ..BilledTokens::default() };
    assert_eq!(nanos(&prices(), &cached), Some(234_000_000)); // 10,000 x 6 + 290,000 x 0.6
}

#[test]
fn the_served_tier_picks_its_prices() {
    let at = |tier: &str, input| {
        let service_tier = Some(tier.to_owned());
        nanos(&prices(), &BilledTokens { input, output: 100, service_tier, ..BilledTokens::default() })
    };
    assert_eq!(at("batch", 1_000), Some(2_250_000)); // 1,000 x 1.5 + 100 x 7.5
    assert_eq!(at("priority", 1_000), Some(7_500_000)); // 1,000 x 6 + 100 x 15: no priority output price
    assert_eq!(at("default", 1_000), Some(4_500_000));
    assert_eq!(at("flex", 1_000), Some(4_500_000));
    assert_eq!(at("batch", 600_000), Some(2_700_750_000)); // 600,000 x 4.5 + 100 x 7.5
}

#[test]
fn rounding_happens_once_and_half_goes_up() {
    let odd = |input, output| {
        let prices = Prices::flat(table(&[("input", 499), ("output", 1)]));
        nanos(&prices, &BilledTokens { input, output, ..BilledTokens::default() })
    };
    assert_eq!(odd(1, 0), Some(0)); // 499 pico
    assert_eq!(odd(1, 1), Some(1)); // 500 pico
    assert_eq!(odd(3, 2), Some(1)); // 1,499 pico
    assert_eq!(odd(3, 3), Some(2)); // 1,500 pico; rounded line by line it would be 1
    let huge = Prices::flat(table(&[("input", 10_000_000_000)]));
    let tokens = BilledTokens { input: u64::MAX, ..BilledTokens::default() };
    assert_eq!(nanos(&huge, &tokens), Some(i64::MAX));
}

#[test]
fn used_without_a_price_is_unpriced_not_free() {
    let input_only = Prices::flat(table(&[("input", 1_000_000)]));
    assert_eq!(nanos(&input_only, &BilledTokens { input: 10, ..BilledTokens::default() }), Some(10_000));
    assert_eq!(nanos(&input_only, &BilledTokens { input: 10, output: 1, ..BilledTokens::default() }), None);
    let by_image = Prices::flat(table(&[("per_image", 40_000_000_000)]));
    assert_eq!(nanos(&by_image, &BilledTokens { input: 10, ..BilledTokens::default() }), None);
    assert_eq!(nanos(&Prices::default(), &BilledTokens::default()), Some(0));
}

#[test]
fn parts_larger_than_the_whole_are_billed_as_reported() {
    let tokens = BilledTokens { input: 10, cache_read: 1_000, ..BilledTokens::default() };
    assert_eq!(nanos(&prices(), &tokens), Some(300_000));
}

#[test]
fn off_peak_hours() {
    let mut prices = Prices::flat(table(&[("input", 1_000_000), ("output", 2_000_000)]));
    let night = Window { weekday: 5, from_minute: 60, to_minute: 120 };
    prices.off_peak =
        Some(Box::new(OffPeak { windows: Box::new([night]), prices: table(&[("input", 500_000)]) }));
    let tokens = BilledTokens { input: 1_000, output: 1_000, ..BilledTokens::default() };
    // Friday, 2 January 1970, 01:00 UTC
    let friday = (24 + 1) * 3_600_000;
    let at = |at| prices.cost_at(&tokens, at).map(|cost| cost.nanos);
    assert_eq!(at(None), Some(3_000_000));
    assert_eq!(at(Some(friday)), Some(2_500_000));
    assert_eq!(at(Some(friday - 1)), Some(3_000_000));
    assert_eq!(at(Some(friday + 3_599_999)), Some(2_500_000));
    assert_eq!(at(Some(friday + 3_600_000)), Some(3_000_000));
    assert_eq!(at(Some(friday + 86_400_000)), Some(3_000_000));
    assert_eq!(at(Some(friday - 7 * 86_400_000)), Some(2_500_000));
}

#[test]
fn images_and_searches_have_prices_of_their_own_kinds() {
    let listed = Prices::flat(table(&[
        ("input", 1_000),
        ("output", 2_000),
        ("image_output", 30_000),
        ("per_search_low", 5_000_000),
        ("per_search_medium", 8_000_000),
    ]));
    let used = |search_context| BilledTokens {
        output: 100,
        reasoning: 20,
        image_output: 50,
        web_searches: 2,
        search_context,
        ..BilledTokens::default()
    };
    let tokens = 50 * 2_000 + 50 * 30_000;
    for (context, search) in [
        (SearchContext::Low, 5_000_000),
        (SearchContext::Medium, 8_000_000),
        (SearchContext::High, 8_000_000),
    ] {
        assert_eq!(nanos(&listed, &used(context)), Some((tokens + 2 * search) / 1_000), "{context:?}");
    }
    // Without a price of its own an image costs what text does; a search without one has none.
    let text = Prices::flat(table(&[("output", 2_000)]));
    let drawn = BilledTokens { web_searches: 0, ..used(SearchContext::Low) };
    assert_eq!(nanos(&text, &drawn), Some(200));
    assert_eq!(nanos(&text, &used(SearchContext::Low)), None);
}

#[test]
fn terms_come_one_after_the_other_and_round_once_each() {
    let prices = Prices::flat(table(&[("input", 1_000_000)]));
    let tokens = BilledTokens { input: 1_000, ..BilledTokens::default() };
    let with = |discount, mark_up, fee_nanos| {
        let cost = prices.cost(&tokens).unwrap().adjusted(Terms { discount, mark_up, fee_nanos });
        let told: Vec<_> = cost.adjustments.iter().map(|made| (made.kind, made.count, made.nanos)).collect();
        (cost.nanos, told)
    };
    assert_eq!(with(0, 0, 0), (1_000_000, vec![]));
    assert_eq!(with(1_000, 0, 0), (900_000, vec![("discount", 1_000, -100_000)]));
    let all = vec![("discount", 1_000, -100_000), ("mark_up", 2_000, 180_000), ("fee", 1, 7)];
    assert_eq!(with(1_000, 2_000, 7), (1_080_007, all));
    assert_eq!(with(10_000, 500, 0).0, 0, "nothing is left to put something on");
    assert_eq!(Terms::of_adjustment(-1_500), Terms { discount: 1_500, ..Terms::default() });
    assert_eq!(Terms::of_adjustment(2_500), Terms { mark_up: 2_500, ..Terms::default() });
}
