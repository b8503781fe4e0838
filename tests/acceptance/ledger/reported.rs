//! What a provider says itself that a request costs is what it costs.

use postern_testkit::{Charge, Dialect, Reply, Usage};
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

fn reply(charge: Charge) -> Reply {
    Reply::default()
        .usage(Usage { input: 1000, cache_read: 0, cache_write: 0, output: 100, reasoning: 0 })
        .charged(charge)
}

fn members(usage: Value) -> Charge {
    let Value::Object(members) = usage else { panic!("{usage} has no members") };
    Charge::Members(members)
}

/// Kinds and nano-dollars of the lines that have some.
fn lines(row: &Value) -> Vec<(String, i64)> {
    let all = row["cost_lines"].as_array().unwrap().iter();
    all.filter_map(|line| Some((line["kind"].as_str()?.to_owned(), line["cost_nanos"].as_i64()?))).collect()
}

fn named(lines: &[(&str, i64)]) -> Vec<(String, i64)> {
    lines.iter().map(|(kind, nanos)| ((*kind).to_owned(), *nanos)).collect()
}

async fn world() -> World {
    let world = World::start().await;
    for preset in ["openrouter", "xai", "perplexity"] {
        world.add_provider(preset, preset, &world.openai.url()).await;
    }
    world.add_provider("openrouter", "messages", &world.anthropic.url()).await;
    world
}

async fn ask(world: &World, model: &str, stream: bool) -> Value {
    let answer = world.ask(Caller::Chat, model, stream).await.expect(200);
    world.row(answer.request_id()).await
}

const MINI: &str = "openrouter/openai/gpt-4o-mini";

#[tokio::test]
async fn a_cost_that_the_provider_reports_is_what_a_request_costs() {
    let world = world().await;
    let openrouter = Charge::OpenRouter { cost: 0.012_345_678, behind: None };
    let with_own_key = Charge::OpenRouter { cost: 0.000_5, behind: Some(0.01) };
    let xai = Charge::Xai { ticks: 37_756_000 };
    let perplexity = Charge::Perplexity { input: 0.001, output: 0.000_1, request: 0.005 };
    let whole = |nanos| named(&[("reported", nanos)]);
    for (model, charge, expected) in [
        (MINI, &openrouter, whole(12_345_678)),
        // No list has it, and there it is priced.
        ("openrouter/nobody/knows-it", &openrouter, whole(12_345_678)),
        (MINI, &with_own_key, named(&[("reported", 500_000), ("reported_upstream", 10_000_000)])),
        ("xai/grok-3", &xai, whole(3_775_600)),
        (
            "perplexity/sonar",
            &perplexity,
            named(&[
                ("reported_input", 1_000_000),
                ("reported_output", 100_000),
                ("reported_request", 5_000_000),
            ]),
        ),
    ] {
        world.openai.always(reply(charge.clone()));
        for stream in [false, true] {
            let responses = json!({"model": model, "input": "Hi", "stream": stream});
            for (path, body) in [
                (Caller::Chat.path(), Caller::Chat.body(model, stream)),
                (Caller::Messages.path(), Caller::Messages.body(model, stream)),
                ("/v1/responses", responses),
            ] {
                let answer = receive(world.gateway.post(path, &world.key, &body)).await.expect(200);
                let row = world.row(answer.request_id()).await;
                let sum: i64 = expected.iter().map(|(_, nanos)| nanos).sum();
                assert_eq!(row["cost_nanos"], sum, "{model} {stream} {path}: {row}");
                assert_eq!((&row["price_source"], &row["price_version"]), (&json!("provider"), &Value::Null));
                assert_eq!(lines(&row), expected, "{row}");
                assert_eq!((&row["input_tokens"], &row["usage_source"]), (&json!(1000), &json!("reported")));
                if !stream {
                    let header: f64 = answer.header("x-litellm-response-cost").parse().unwrap();
                    assert!((header - sum as f64 / 1e9).abs() < 1e-12, "{header}");
                }
            }
        }
    }
    // In Anthropic's format the last report of a stream has it.
    world.anthropic.always(reply(openrouter));
    for stream in [false, true] {
        let answer =
            world.ask(Caller::Messages, "messages/anthropic/claude-sonnet-4.5", stream).await.expect(200);
        let row = world.row(answer.request_id()).await;
        assert_eq!(
            (&row["cost_nanos"], &row["format_out"]),
            (&json!(12_345_678), &json!("anthropic_messages")),
            "{row}"
        );
    }
    world.assert_well().await;
}

#[tokio::test]
async fn what_cannot_be_a_cost_and_what_others_say_is_not_believed() {
    let world = world().await;
    let listed = 1000 * 150 + 100 * 600;
    for nonsense in [
        json!({"cost": -0.1}),
        json!({"cost": 1e12}),
        json!({"cost": "0.1"}),
        json!({"cost": null}),
        json!({"cost": {"total_cost": 0.1}}),
        json!({"cost": 0.0, "is_byok": true}),
        json!({"cost_in_usd_ticks": 10_000_000}),
    ] {
        world.openai.always(reply(members(nonsense.clone())));
        let row = ask(&world, MINI, false).await;
        assert_eq!(row["cost_nanos"], listed, "{nonsense}: {row}");
        assert_ne!(row["price_source"], "provider");
    }
    // Nobody knows in what unit another provider would say it.
    world.openai.always(reply(members(json!({"cost": 0.5}))));
    let row = ask(&world, &World::model(Dialect::OpenAi, "gpt-4o-mini"), false).await;
    assert_eq!(row["cost_nanos"], listed, "{row}");
    // What the user has set is what the user wants.
    let price = json!({"input": 1_000_000, "output": 10_000_000});
    world.admin(Method::PUT, "/console/prices/openrouter/openai/gpt-4o-mini", price).await.expect(200);
    let row = ask(&world, MINI, true).await;
    assert_eq!((&row["cost_nanos"], &row["price_source"]), (&json!(2_000_000), &json!("override")), "{row}");
}

#[tokio::test]
async fn mark_ups_and_budgets_hold_at_what_is_reported_and_discounts_do_not() {
    let world = world().await;
    world.openai.always(reply(Charge::OpenRouter { cost: 0.01, behind: None }));
    let all = world.get("/console/providers").await["providers"].clone();
    let found = all.as_array().unwrap().iter().find(|known| known["name"] == "openrouter").unwrap();
    let id = format!("/console/providers/{}", found["id"].as_str().unwrap());
    for (percent, expected) in [
        (-20, named(&[("reported", 10_000_000)])),
        (20, named(&[("reported", 10_000_000), ("mark_up", 2_000_000)])),
    ] {
        world.admin(Method::PATCH, &id, json!({"price_adjustment_percent": percent})).await.expect(200);
        let row = ask(&world, MINI, false).await;
        assert_eq!(lines(&row), expected, "{row}");
        assert_eq!(row["cost_nanos"], expected.iter().map(|(_, nanos)| nanos).sum::<i64>());
    }
    let key = world.gateway.new_key(json!({"max_budget": 0.02})).await;
    let mut body = Caller::Chat.body(MINI, true);
    body["max_tokens"] = json!(10);
    for status in [200, 200, 402] {
        receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(status);
    }
    let spent = world.get(&format!("/key/info?key={key}")).await["info"]["spend"].clone();
    assert_eq!(spent, 0.024);
    // What a flat rate covers would have cost that.
    world.admin(Method::PATCH, &id, json!({"billing": "subscription"})).await.expect(200);
    let row = ask(&world, MINI, false).await;
    assert_eq!((&row["cost_nanos"], &row["covered_nanos"]), (&json!(0), &json!(12_000_000)), "{row}");
}

#[tokio::test]
async fn rating_anew_leaves_what_was_reported_alone_unless_asked() {
    let world = world().await;
    world.openai.always(reply(Charge::OpenRouter { cost: 0.01, behind: None }));
    let id = ask(&world, MINI, false).await["id"].as_str().unwrap().to_owned();
    let price = json!({"input": 1_000_000, "output": 10_000_000});
    world.admin(Method::PUT, "/console/prices/openrouter/openai/gpt-4o-mini", price).await.expect(200);
    let rerate = async |more: Value| {
        let mut asked = json!({"provider": "openrouter", "model": "openai/gpt-4o-mini"});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.admin(Method::POST, "/console/prices/rerate", asked).await.expect(200).json()
    };
    assert_eq!(rerate(json!({})).await["rows"], 0);
    assert_eq!(world.row(&id).await["cost_nanos"], 10_000_000);
    let told = rerate(json!({"reported": true})).await;
    assert_eq!((&told["changed"], &told["cost_nanos_after"]), (&json!(1), &json!(2_000_000)), "{told}");
    let row = world.row(&id).await;
    assert_eq!((&row["cost_nanos"], &row["price_source"]), (&json!(2_000_000), &json!("override")), "{row}");
    let lines = row["cost_lines"].as_array().unwrap();
    assert!(lines.iter().all(|line| !line["kind"].as_str().unwrap().starts_with("reported")), "{row}");
}
