use serde_json::json;

use super::{Reported, read};
use crate::providers::ReportedCost::{Breakdown, Credits, Ticks};

#[test]
fn each_providers_own_words_are_nano_dollars() {
    let of = |how, usage: serde_json::Value| read(how, &usage.to_string());
    let whole = |nanos| Some(Reported { nanos, parts: vec![("reported", nanos)] });
    let own = json!({"cost": 0.000_110_18, "is_byok": false, "cost_details": {"upstream_inference_cost": 0.000_110_18}});
    assert_eq!(of(Credits, own), whole(110_180), "what is behind is no second bill");
    assert_eq!(
        of(Credits, json!({"cost": 0.95, "cost_details": {"upstream_inference_cost": 19}})),
        whole(950_000_000)
    );
    assert_eq!(of(Credits, json!({"cost": 0})), whole(0), "a model that is free");
    assert_eq!(of(Ticks, json!({"cost_in_usd_ticks": 37_756_000})), whole(3_775_600));
    assert_eq!(of(Ticks, json!({"cost_in_usd_ticks": 4})), whole(0));
    assert_eq!(of(Ticks, json!({"cost_in_usd_ticks": 5})), whole(1));
    let byok = json!({"cost": 0.05, "is_byok": true, "cost_details": {"upstream_inference_cost": 1}});
    let expected = Reported {
        nanos: 1_050_000_000,
        parts: vec![("reported", 50_000_000), ("reported_upstream", 1_000_000_000)],
    };
    assert_eq!(of(Credits, byok), Some(expected));
}

#[test]
fn parts_add_up_to_the_whole_or_are_none() {
    let of = |cost: serde_json::Value| read(Breakdown, &json!({"cost": cost}).to_string());
    let parts = |cost| of(cost).unwrap().parts;
    let told = json!({"input_tokens_cost": 0.00006, "output_tokens_cost": 0.02467, "request_cost": 0.006, "total_cost": 0.03073, "search_queries_cost": null});
    let expected =
        [("reported_input", 60_000), ("reported_output", 24_670_000), ("reported_request", 6_000_000)];
    assert_eq!(parts(told), expected);
    // Rounded to so few digits that something is left, or too much is there.
    let told = json!({"input_cost": 0.001, "output_cost": 0.002, "tool_calls_cost": 0.005, "total_cost": 0.0085, "currency": "USD"});
    let expected = [
        ("reported_input", 1_000_000),
        ("reported_output", 2_000_000),
        ("reported_tools", 5_000_000),
        ("reported_rest", 500_000),
    ];
    assert_eq!(parts(told), expected);
    let told = json!({"input_tokens_cost": 0.001, "total_cost": 0.0008});
    assert_eq!(parts(told), [("reported_input", 1_000_000), ("reported_rest", -200_000)]);
    for nonsense in [json!({"total_cost": 0.5}), json!({"total_cost": 0.5, "input_tokens_cost": 0.6})] {
        assert_eq!(parts(nonsense), [("reported", 500_000_000)]);
    }
    assert_eq!(of(json!({"total_cost": 1, "currency": "EUR"})), None);
    assert_eq!(of(json!({"input_tokens_cost": 1})), None);
}

#[test]
fn what_cannot_be_a_cost_is_none() {
    assert_eq!(read(Ticks, r#"{"cost_in_usd_ticks": 100010000000000}"#), None);
    assert_eq!(read(Credits, r#"{"cost": 10001}"#), None);
    for wrong in ["-0.1", "1e300", "\"0.1\"", "true", "null", "{}", "[]"] {
        assert_eq!(read(Credits, &format!("{{\"cost\": {wrong}}}")), None, "{wrong}");
        assert_eq!(read(Ticks, &format!("{{\"cost_in_usd_ticks\": {wrong}}}")), None, "{wrong}");
        assert_eq!(read(Breakdown, &format!("{{\"cost\": {{\"total_cost\": {wrong}}}}}")), None, "{wrong}");
    }
    for nothing in ["{}", "[]", "3", "", "{\"cost\": NaN}", "{\"cost_in_usd_ticks\": 0.1}"] {
        assert_eq!(read(Credits, nothing), None, "{nothing}");
    }
    let without_what_is_behind =
        r#"{"cost": 0.05, "is_byok": true, "cost_details": {"upstream_inference_cost": null}}"#;
    assert_eq!(read(Credits, without_what_is_behind), None);
}
