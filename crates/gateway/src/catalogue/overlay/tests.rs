use serde_json::json;

use super::super::{BilledTokens, Catalogue};
use super::*;

fn listed() -> Prices {
    let table = |prices: &[(&str, i64)]| -> PriceTable {
        prices.iter().map(|(name, price)| (PriceKey::from_name(name).unwrap(), *price)).collect()
    };
    let mut prices = Prices::flat(table(&[
        ("input", 3_000_000),
        ("output", 15_000_000),
        ("cache_read", 300_000),
        ("input_batch", 1_500_000),
        ("reasoning", 20_000_000),
    ]));
    prices.tiers =
        Box::new([Tier { above: 1_000, prices: table(&[("input", 6_000_000), ("output", 30_000_000)]) }]);
    prices
}

#[test]
fn the_users_price_wins_at_every_tier_and_the_rest_stays() {
    let own = PriceOverride { input: Some(1_000_000), ..PriceOverride::default() };
    let prices = own.over(Some(&listed()));
    let nanos = |tokens| prices.cost(&tokens).unwrap().nanos;
    let tokens = BilledTokens { input: 2_000, output: 10, ..BilledTokens::default() };
    assert_eq!(nanos(tokens.clone()), 2_000_000 + 300_000);
    let batch = BilledTokens { input: 100, service_tier: Some("batch".into()), ..BilledTokens::default() };
    assert_eq!(nanos(batch), 100_000);
    assert_eq!(nanos(BilledTokens { input: 100, cache_read: 100, ..BilledTokens::default() }), 30_000);
    assert_eq!(own.over(Some(&own.over(Some(&listed())))), prices);
}

#[test]
fn an_output_price_takes_reasoning_with_it() {
    let own = PriceOverride { output: Some(1_000_000), ..PriceOverride::default() };
    let tokens = BilledTokens { output: 100, reasoning: 100, ..BilledTokens::default() };
    assert_eq!(own.over(Some(&listed())).cost(&tokens).unwrap().nanos, 100_000);
    let own = PriceOverride { reasoning: Some(7_000_000), ..own };
    assert_eq!(own.over(Some(&listed())).cost(&tokens).unwrap().nanos, 700_000);
}

#[test]
fn zero_and_zero_is_free() {
    let own = PriceOverride { input: Some(0), output: Some(0), ..PriceOverride::default() };
    let tokens =
        BilledTokens { input: 5_000, cache_read: 100, output: 100, reasoning: 5, ..BilledTokens::default() };
    assert_eq!(own.over(Some(&listed())).cost(&tokens).unwrap().nanos, 0);
    assert_eq!(own.over(None).cost(&tokens).unwrap().nanos, 0);
}

#[test]
fn a_price_for_one_service_tier_touches_nothing_else() {
    let own: PriceOverride = serde_json::from_value(json!({"input_batch": 1})).unwrap();
    let prices = own.over(Some(&listed()));
    assert_eq!(prices.base().get(Unit::Input, Service::Batch), Some(1));
    assert_eq!(prices.tiers(), listed().tiers());
    assert_eq!(prices.get(Unit::Input), Some(3_000_000));
}

#[test]
fn json_is_flat_and_says_only_what_is_set() {
    let own: PriceOverride =
        serde_json::from_value(json!({"input": 5, "cache_write_1h": 7, "per_image": 9})).unwrap();
    assert_eq!((own.input, own.cache_write_1h, own.other["per_image"]), (Some(5), Some(7), 9));
    assert_eq!(serde_json::to_value(&own).unwrap(), json!({"input": 5, "cache_write_1h": 7, "per_image": 9}));
    assert!(own.check().is_ok() && !own.is_empty() && PriceOverride::default().is_empty());
    for wrong in [json!({"input": -1}), json!({"output": 99_999_999_999_i64}), json!({"colour": 1})] {
        let own: PriceOverride = serde_json::from_value(wrong.clone()).unwrap();
        assert!(own.check().is_err(), "{wrong}");
    }
}

#[test]
fn litellm_names_and_dollars() {
    let params = json!({
        "model": "openai/gpt-4o",
        "input_cost_per_token": 2.5e-6,
        "output_cost_per_token": "0.00001",
        "cache_read_input_token_cost": 1.25e-6,
        "output_cost_per_token_batches": 5e-6,
        "output_cost_per_image": 0.04,
        "cache_creation_input_token_cost": null,
        "input_cost_per_token_above_128k_tokens": 5e-6,
        "input_cost_per_audio_token": "much"
    });
    let (own, mut ignored) = PriceOverride::from_litellm_map(params.as_object().unwrap());
    ignored.sort();
    assert_eq!(ignored, ["input_cost_per_audio_token", "input_cost_per_token_above_128k_tokens"]);
    assert_eq!((own.input, own.output, own.cache_read), (Some(2_500_000), Some(10_000_000), Some(1_250_000)));
    assert_eq!(own.cache_write, None);
    assert_eq!((own.other["output_batch"], own.other["per_image"]), (5_000_000, 40_000_000_000));
    let (none, ignored) =
        PriceOverride::from_litellm_map(json!({"model": "x", "rpm": 5}).as_object().unwrap());
    assert!(none.is_empty() && ignored.is_empty());
    let own = PriceOverride::from_litellm(Some(2.5e-6), None, None, Some(3.75e-6)).unwrap();
    assert_eq!((own.input, own.output, own.cache_write), (Some(2_500_000), None, Some(3_750_000)));
    assert_eq!(PriceOverride::from_litellm(None, Some(f64::NAN), Some(-1.0), None), None);
}

#[test]
fn over_a_listed_model() {
    let model = Catalogue::embedded().find("openai", "gpt-4o").unwrap();
    let prices = PriceOverride { input: Some(1), ..PriceOverride::default() }.over(Some(&model.prices));
    assert_eq!(prices.get(Unit::Input), Some(1));
    assert_eq!(prices.get(Unit::Output), model.prices.get(Unit::Output));
}
