//! What is agreed upon besides prices, by the configuration file: discounts, margins, and how a deployment is paid.

use postern_testkit::{Charge, Reply, Usage};
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

const CONFIG: &str = "
litellm_settings:
  num_retries: 0
  cost_discount_config: {openai: 0.1, an: 0.5, nobody: 0.2}
  cost_margin_config:
    global: 0.5
    openai: {percentage: 0.2, fixed_amount: 0.001}
model_list:
  - {model_name: filed, litellm_params: {model: openai/gpt-4o-mini}}
  - {model_name: flat, litellm_params: {model: openai/gpt-4o-mini, billing: subscription}}
  - {model_name: 'many/*', litellm_params: {model: openai/*}}
";

/// A thousand tokens in and ten out come to 1.1 thousandths of a dollar.
async fn world() -> World {
    let world = World::with(CONFIG, |builder| builder).await;
    let usage = Usage { input: 1000, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 };
    for fake in [&world.openai, &world.anthropic] {
        fake.always(Reply::default().usage(usage));
    }
    let price = json!({"input": 1_000_000, "output": 10_000_000});
    for model in ["openai/gpt-4o-mini", "anthropic/home-made"] {
        world.admin(Method::PUT, &format!("/console/prices/{model}"), price.clone()).await.expect(200);
    }
    world
}

async fn ask(world: &World, model: &str) -> Value {
    let answer = world.ask(Caller::Chat, model, false).await.expect(200);
    world.row(answer.request_id()).await
}

/// What was done to the list's prices, and what it came to.
fn terms(row: &Value) -> (Vec<(String, i64)>, i64) {
    let lines = row["cost_lines"].as_array().unwrap().iter();
    let added = lines.filter(|line| line["price_pico"].is_null() && !line["cost_nanos"].is_null());
    let added =
        added.map(|line| (line["kind"].as_str().unwrap().to_owned(), line["cost_nanos"].as_i64().unwrap()));
    (added.collect(), row["cost_nanos"].as_i64().unwrap_or(-1))
}

fn named(lines: &[(&str, i64)], whole: i64) -> (Vec<(String, i64)>, i64) {
    (lines.iter().map(|(kind, nanos)| ((*kind).to_owned(), *nanos)).collect(), whole)
}

async fn provider(world: &World, name: &str) -> String {
    let all = world.get("/console/providers").await["providers"].clone();
    let found = all.as_array().unwrap().iter().find(|known| known["name"] == name).unwrap().clone();
    format!("/console/providers/{}", found["id"].as_str().unwrap())
}

#[tokio::test]
async fn discounts_and_margins_of_the_file_hold_for_every_deployment() {
    let world = world().await;
    world.gateway.deploy("stored", "openai/gpt-4o-mini", &world.openai).await;
    // A tenth off, then a fifth of what is left on, then a thousandth of a dollar.
    let all = named(&[("discount", -110_000), ("mark_up", 198_000), ("fee", 1_000_000)], 2_188_000);
    for model in ["filed", "stored", "oa/gpt-4o-mini", "many/gpt-4o-mini"] {
        assert_eq!(terms(&ask(&world, model).await), all, "{model}");
    }
    // By the provider's name rather than its kind, and the margin that holds for whoever has none.
    assert_eq!(
        terms(&ask(&world, "an/home-made").await),
        named(&[("discount", -550_000), ("mark_up", 275_000)], 825_000)
    );
    // A budget holds at all of it.
    let key = world.gateway.new_key(json!({"max_budget": 1})).await;
    let body = Caller::Chat.body("filed", true);
    receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(200);
    assert_eq!(world.get(&format!("/key/info?key={key}")).await["info"]["spend"], 0.002_188);
    // What is said in the console stands in place of all that the file says of the provider.
    let oa = provider(&world, "oa").await;
    world.admin(Method::PATCH, &oa, json!({"price_adjustment_percent": -15})).await.expect(200);
    assert_eq!(terms(&ask(&world, "filed").await), named(&[("discount", -165_000)], 935_000));
    // With another credential it is another agreement.
    assert_eq!(terms(&ask(&world, "stored").await), all);
    world.admin(Method::PATCH, &oa, json!({"price_adjustment_percent": 0})).await.expect(200);
    assert_eq!(terms(&ask(&world, "filed").await), all);
    let warnings = world.get("/console/status").await["config"]["warnings"].to_string();
    assert!(warnings.contains("cost_discount_config.nobody: there is no such provider"), "{warnings}");
}

#[tokio::test]
async fn what_a_provider_reports_has_its_discount_and_gets_the_margin() {
    let config = "
litellm_settings:
  cost_discount_config: {openrouter: 0.5}
  cost_margin_config: {openrouter: {percentage: 0.1, fixed_amount: 0.002}}
";
    let world = World::with(config, |builder| builder).await;
    world.add_provider("openrouter", "or", &world.openai.url()).await;
    world.openai.always(Reply::default().charged(Charge::OpenRouter { cost: 0.01, behind: None }));
    let expected = named(&[("reported", 10_000_000), ("mark_up", 1_000_000), ("fee", 2_000_000)], 13_000_000);
    for model in ["or/openai/gpt-4o-mini", "or/nobody/knows-it"] {
        assert_eq!(terms(&ask(&world, model).await), expected, "{model}");
    }
}

#[tokio::test]
async fn a_deployment_says_how_it_is_paid_over_its_provider() {
    let world = world().await;
    let deploy = async |name: &str, billing: &str| {
        let params = json!({"model": "openai/gpt-4o-mini", "billing": billing});
        world.gateway.new_model(json!({"model_name": name, "litellm_params": params})).await
    };
    deploy("here", "local").await;
    deploy("by-use", "pay_as_you_go").await;
    world
        .admin(Method::PATCH, &provider(&world, "oa").await, json!({"billing": "subscription"}))
        .await
        .expect(200);
    // What is paid by use alone counts for a budget.
    let key = world.gateway.new_key(json!({"max_budget": 0.000_001})).await;
    for (model, billing, cost, covered, status) in [
        ("flat", "subscription", json!(0), json!(2_188_000), 200),
        ("here", "local", json!(0), Value::Null, 200),
        ("by-use", "api", json!(2_188_000), Value::Null, 402),
        ("filed", "subscription", json!(0), json!(2_188_000), 200),
    ] {
        let row = ask(&world, model).await;
        assert_eq!(
            (&row["billing"], &row["cost_nanos"], &row["covered_nanos"]),
            (&json!(billing), &cost, &covered),
            "{model}: {row}"
        );
        let body = Caller::Chat.body(model, false);
        receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(status);
    }
    let shown = world.get("/model/info").await["data"].clone();
    let billing = |name: &str| {
        let mut all = shown.as_array().unwrap().iter();
        all.find(|model| model["model_name"] == name).unwrap()["litellm_params"]["billing"].clone()
    };
    assert_eq!(
        [billing("flat"), billing("here"), billing("by-use"), billing("filed")],
        [json!("subscription"), json!("local"), json!("api"), Value::Null]
    );
    let mut all = shown.as_array().unwrap().iter();
    let filed = all.find(|model| model["model_name"] == "filed").unwrap();
    assert_eq!(filed["model_info"]["billing"], "subscription", "as its provider");
    let params = json!({"model": "openai/gpt-4o-mini", "billing": "barter"});
    let wrong = json!({"model_name": "wrong", "litellm_params": params});
    let answer = world.admin(Method::POST, "/model/new", wrong).await;
    assert!([400, 422].contains(&answer.status) && answer.text().contains("billing"), "{}", answer.text());
    assert!(answer.text().contains("subscription"), "{}", answer.text());
}
