//! What is owed and what is not: discounts and mark-ups, flat rates, searches; models without a price, and rating history anew.

use std::time::Duration;

use postern_testkit::{Charge, GatewayBuilder, Reply, TestGateway, Usage};
use postern_tests::{World, receive};
use reqwest::Method;
use serde_json::{Value, json};

fn ten() -> Reply {
    Reply::default().usage(Usage { input: 1000, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 })
}

async fn ask(world: &World, key: &str, model: &str) -> String {
    let body = json!({
        "model": model, "max_tokens": 10, "metadata": {"tags": ["one"]}, "user": "somebody",
        "messages": [{"role": "user", "content": "Hi"}],
    });
    let request = world.gateway.post("/v1/chat/completions", key, &body);
    let answer =
        receive(request.header("x-postern-project", "atlas").header("x-session-id", "s1")).await.expect(200);
    answer.request_id().to_owned()
}

async fn provider_id(world: &World) -> String {
    let all = world.get("/console/providers").await["providers"].clone();
    let found = all.as_array().unwrap().iter().find(|known| known["name"] == "oa").unwrap().clone();
    found["id"].as_str().unwrap().to_owned()
}

async fn detail(world: &World, id: &str) -> Value {
    world.get(&format!("/console/requests/{id}")).await
}

const PRICE: &str = "/console/prices/openai/gpt-4o-mini";

/// A dollar for a million tokens of input, ten for one of output: a request of these comes to 1.1 thousandths.
async fn world() -> World {
    let world = World::start().await;
    world.openai.always(ten());
    let price = json!({"input": 1_000_000, "output": 10_000_000});
    world.admin(Method::PUT, PRICE, price).await.expect(200);
    world
}

#[tokio::test]
async fn discounts_and_mark_ups_are_part_of_the_bill() {
    let world = world().await;
    let id = format!("/console/providers/{}", provider_id(&world).await);
    for (percent, nanos, kind) in [(-15.0, 935_000, "discount"), (12.5, 1_237_500, "mark_up")] {
        let changed = json!({"price_adjustment_percent": percent});
        let shown = world.admin(Method::PATCH, &id, changed).await.expect(200).json();
        assert_eq!((&shown["price_adjustment_percent"], &shown["billing"]), (&json!(percent), &json!("api")));
        let row = detail(&world, &ask(&world, &world.key, "oa/gpt-4o-mini").await).await;
        assert_eq!(row["cost_nanos"], nanos, "{row}");
        let last = row["cost_lines"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["kind"], &last["price_pico"]), (&json!(kind), &Value::Null));
        assert_eq!(last["cost_nanos"], nanos - 1_100_000);
    }
    for wrong in [json!(-101), json!(1001), json!("ten")] {
        let refused = world.admin(Method::PATCH, &id, json!({"price_adjustment_percent": wrong})).await;
        assert!([400, 422].contains(&refused.status), "{wrong}: {}", refused.text());
    }
    // A budget holds at what is billed.
    let key = world.gateway.new_key(json!({"max_budget": 0.0015})).await;
    ask(&world, &key, "oa/gpt-4o-mini").await;
    let spent = world.get(&format!("/key/info?key={key}")).await["info"]["spend"].as_f64().unwrap();
    assert!((spent - 0.001_237_5).abs() < 1e-12, "{spent}");
}

#[tokio::test]
async fn what_a_flat_rate_covers_is_told_and_not_owed() {
    let world = world().await;
    let id = format!("/console/providers/{}", provider_id(&world).await);
    world.admin(Method::PATCH, &id, json!({"billing": "subscription"})).await.expect(200);
    // No budget is in the way of what costs nothing.
    let key = world.gateway.new_key(json!({"max_budget": 0.000_001})).await;
    let row = detail(&world, &ask(&world, &key, "oa/gpt-4o-mini").await).await;
    assert_eq!((&row["cost_nanos"], &row["covered_nanos"]), (&json!(0), &json!(1_100_000)), "{row}");
    assert_eq!(row["billing"], "subscription");
    let spend = world.get("/console/spend").await["totals"].clone();
    assert_eq!((&spend["cost_nanos"], &spend["covered_nanos"]), (&json!(0), &json!(1_100_000)));
    assert_eq!(spend["covered_requests"], 1);
    let usage = world.get("/console/usage").await["rows"][0].clone();
    assert_eq!((&usage["cost_nanos"], &usage["subscription_nanos"]), (&json!(0), &json!(1_100_000)));
    // Nor is it in sums that have one column for money.
    let today = &super::alerts::now().to_string()[..10];
    let span = format!("start_date={today}&end_date={today}");
    assert_eq!(world.get(&format!("/global/spend/provider?{span}")).await[0]["spend"], 0.0);
    let activity = world.get(&format!("/user/daily/activity?{span}")).await;
    assert_eq!(activity["metadata"]["total_spend"], 0.0);
    world.admin(Method::PATCH, &id, json!({"billing": "barter"})).await.expect(422);
}

#[tokio::test]
async fn a_model_without_a_price_gets_one_and_its_history_is_rated_when_asked() {
    let world = world().await;
    let key = world.gateway.new_key(json!({})).await;
    let first = ask(&world, &key, "oa/home-made").await;
    ask(&world, &key, "oa/home-made").await;
    assert_eq!(detail(&world, &first).await["cost_nanos"], Value::Null);
    let unpriced = world.get("/console/prices/unpriced").await["models"].clone();
    assert_eq!(
        (&unpriced[0]["provider"], &unpriced[0]["model"]),
        (&json!("oa"), &json!("home-made")),
        "{unpriced}"
    );
    assert_eq!((&unpriced[0]["requests"], &unpriced[0]["input_tokens"]), (&json!(2), &json!(2000)));
    // By the provider's name, of a model that no list has.
    let price = json!({"input": 2_000_000, "output": 10_000_000});
    let set = world.admin(Method::PUT, "/console/prices/oa/home-made", price).await.expect(200).json();
    assert_eq!((&set["overridden"], &set["prices"]["input"]), (&json!(true), &json!(2_000_000)));
    assert_eq!(detail(&world, &first).await["cost_nanos"], Value::Null, "nothing is rated anew unasked");
    let asked = |dry_run: bool| json!({"provider": "oa", "model": "home-made", "dry_run": dry_run});
    let rerate = async |dry_run| {
        world.admin(Method::POST, "/console/prices/rerate", asked(dry_run)).await.expect(200).json()
    };
    let told = json!({
        "rows": 2, "changed": 2, "unpriced_before": 2, "unpriced_after": 0, "cost_nanos_before": 0, "cost_nanos_after": 4_200_000,
    });
    assert_eq!(rerate(true).await, told);
    assert_eq!(
        detail(&world, &first).await["cost_nanos"],
        Value::Null,
        "it was only asked what it would come to"
    );
    assert_eq!(rerate(false).await, told);
    let row = detail(&world, &first).await;
    assert_eq!((&row["cost_nanos"], &row["price_source"]), (&json!(2_100_000), &json!("override")), "{row}");
    assert!(row["price_version"].as_str().is_some_and(|version| !version.is_empty()));
    let again = rerate(false).await;
    assert_eq!((&again["changed"], &again["cost_nanos_before"]), (&json!(0), &json!(4_200_000)));
    // Every sum has it, and none has it twice.
    for by in ["model", "key", "tool", "provider", "user", "tag", "end_user"] {
        let rows = world.get(&format!("/console/usage?by={by}")).await["rows"].clone();
        let sums: i64 = rows.as_array().unwrap().iter().map(|row| row["cost_nanos"].as_i64().unwrap()).sum();
        let unpriced: i64 =
            rows.as_array().unwrap().iter().map(|row| row["unpriced"].as_i64().unwrap()).sum();
        assert_eq!((sums, unpriced), (4_200_000, 0), "{by}: {rows}");
    }
    let spend = world.get("/console/spend?by=key").await["totals"].clone();
    assert_eq!((&spend["cost_nanos"], &spend["unpriced_requests"]), (&json!(4_200_000), &json!(0)));
    let of_key = world.get(&format!("/key/info?key={key}")).await["info"]["spend"].clone();
    assert_eq!(of_key, 0.0042);
    assert_eq!(world.get("/console/prices/unpriced").await["models"], json!([]));
    let audit = world.get("/audit?page_size=5").await;
    assert!(audit.to_string().contains("oa/home-made"), "{audit}");
    world.assert_well().await;
}

#[tokio::test]
async fn what_counts_as_it_was_reserved_is_listed_and_rated_once_there_is_a_price() {
    let world = world().await;
    let tokens = json!({"input": 1_000_000, "output": 10_000_000});
    world.admin(Method::PUT, "/console/prices/oa/home-made", tokens).await.expect(200);
    let key = world.gateway.new_key(json!({"max_budget": 1})).await;
    // Within the budget it counts as estimated, for nobody knows what a search costs.
    let members = json!({"num_search_queries": 3});
    world.openai.always(ten().charged(Charge::Members(members.as_object().unwrap().clone())));
    let id = ask(&world, &key, "oa/home-made").await;
    let row = detail(&world, &id).await;
    assert_eq!(row["price_source"], "reservation", "{row}");
    let reserved = row["cost_nanos"].as_i64().unwrap();
    assert!(reserved > 0, "{row}");
    let listed = async || world.get("/console/prices/unpriced").await["models"].clone();
    let told = listed().await;
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    assert_eq!((&told[0]["provider"], &told[0]["model"]), (&json!("oa"), &json!("home-made")));
    assert_eq!((&told[0]["requests"], &told[0]["reserved_requests"]), (&json!(0), &json!(1)));
    assert_eq!((&told[0]["input_tokens"], &told[0]["output_tokens"]), (&json!(1000), &json!(10)));
    // Without a budget the same has no cost.
    ask(&world, &world.key, "oa/home-made").await;
    let told = listed().await;
    assert_eq!((&told[0]["requests"], &told[0]["reserved_requests"]), (&json!(1), &json!(1)), "{told}");
    let rerate = async || {
        let asked = json!({"provider": "oa", "model": "home-made"});
        world.admin(Method::POST, "/console/prices/rerate", asked).await.expect(200).json()
    };
    // While there is still no price, what budgets hold by stays.
    let told = rerate().await;
    assert_eq!(
        (&told["changed"], &told["unpriced_before"], &told["unpriced_after"]),
        (&json!(0), &json!(2), &json!(2))
    );
    assert_eq!(detail(&world, &id).await["cost_nanos"], reserved);
    let price = json!({"input": 1_000_000, "output": 10_000_000, "per_search_medium": 5_000_000_000_i64});
    world.admin(Method::PUT, "/console/prices/oa/home-made", price).await.expect(200);
    let told = rerate().await;
    assert_eq!(
        (&told["changed"], &told["unpriced_before"], &told["unpriced_after"]),
        (&json!(2), &json!(2), &json!(0))
    );
    assert_eq!(
        (&told["cost_nanos_before"], &told["cost_nanos_after"]),
        (&json!(reserved), &json!(32_200_000))
    );
    let row = detail(&world, &id).await;
    assert_eq!((&row["cost_nanos"], &row["price_source"]), (&json!(16_100_000), &json!("override")), "{row}");
    assert_eq!(world.get(&format!("/key/info?key={key}")).await["info"]["spend"], 0.0161);
    assert_eq!(listed().await, json!([]));
}

#[tokio::test]
async fn rating_anew_changes_what_budgets_have_spent() {
    let world = world().await;
    let key = world.gateway.new_key(json!({"max_budget": 0.01})).await;
    for _ in 0..3 {
        ask(&world, &key, "oa/gpt-4o-mini").await;
    }
    // Ten times as dear: more than the budget.
    let price = json!({"input": 10_000_000, "output": 100_000_000});
    world.admin(Method::PUT, PRICE, price).await.expect(200);
    let told = world
        .admin(Method::POST, "/console/prices/rerate", json!({"provider": "openai", "model": "gpt-4o-mini"}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&told["cost_nanos_before"], &told["cost_nanos_after"]),
        (&json!(3_300_000), &json!(33_000_000))
    );
    let body =
        json!({"model": "oa/gpt-4o-mini", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]});
    receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(402);
    for (wrong, status) in [
        (json!({"provider": "", "model": "x"}), 400),
        (json!({"model": "x"}), 422),
        (json!({"provider": "oa", "model": "x", "all": true}), 422),
    ] {
        world.admin(Method::POST, "/console/prices/rerate", wrong).await.expect(status);
    }
    let url = format!("{}/console/prices/rerate", world.gateway.url());
    let body = json!({"provider": "oa", "model": "x"});
    receive(world.gateway.client().post(url).bearer_auth(&key).json(&body)).await.expect(403);
}

#[tokio::test]
async fn the_log_is_filtered_by_what_requests_are_part_of() {
    let world = world().await;
    let key = world.gateway.new_key(json!({})).await;
    let id = ask(&world, &key, "oa/gpt-4o-mini").await;
    let body = json!({"model": "oa/home-made", "messages": [{"role": "user", "content": "Hi"}]});
    receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(200);
    let row = detail(&world, &id).await;
    assert_eq!((&row["project"], &row["session"]), (&json!("atlas"), &json!("s1")));
    assert_eq!((&row["tags"], &row["end_user"]), (&json!(["one"]), &json!("somebody")));
    let at = row["started_at"].as_i64().unwrap();
    for (query, count) in [
        ("project=atlas", 1),
        ("session=s1", 1),
        ("tag=one", 1),
        ("end_user=somebody", 1),
        ("unpriced=true", 1),
        ("unpriced=false", 1),
        ("endpoint=/v1/chat/completions", 2),
        ("billing=api", 2),
        ("billing=local", 0),
        ("http_status=200", 2),
        ("http_status=500", 0),
        ("project=other", 0),
        ("session=other", 0),
        (&format!("from={at}&to={}", at + 1), 1),
        (&format!("to={at}"), 0),
        ("project=atlas&tag=one&session=s1&end_user=somebody&q=", 1),
    ] {
        let found = world.get(&format!("/console/requests?{query}")).await["requests"].clone();
        // Two may have begun within the same millisecond.
        let found = found.as_array().unwrap().len();
        assert!(found == count || (query.starts_with("from") && found <= 2), "{query}: {found}");
        let export = receive(
            world.gateway.admin(Method::GET, &format!("/console/requests/export?format=jsonl&{query}")),
        )
        .await;
        assert_eq!(export.expect(200).text().lines().count(), found, "{query}");
    }
    for wrong in ["billing=barter", "http_status=9", "from=yesterday", "unpriced=perhaps"] {
        let refused = receive(world.gateway.admin(Method::GET, &format!("/console/requests?{wrong}"))).await;
        assert!([400, 422].contains(&refused.status), "{wrong}: {}", refused.status);
    }
}

#[tokio::test]
async fn old_requests_go_and_their_sums_stay() {
    let directory = tempfile::tempdir().unwrap();
    let (file, data) = (directory.path().join("config.yaml"), directory.path().join("data"));
    std::fs::write(&file, "general_settings: {maximum_spend_logs_retention_period: 1h}").unwrap();
    let how = |builder: GatewayBuilder| builder.vault("file").data_dir(&data);
    let world = World::with("{}", how).await;
    world.openai.always(ten());
    let price = json!({"input": 1_000_000, "output": 10_000_000});
    world.admin(Method::PUT, PRICE, price).await.expect(200);
    for _ in 0..3 {
        ask(&world, &world.key, "oa/gpt-4o-mini").await;
    }
    let key = world.key.clone();
    assert_eq!(world.gateway.stop().await.code(), Some(0));
    // As if it had been three hours ago.
    let database = rusqlite::Connection::open(data.join("postern.db")).unwrap();
    database
        .execute_batch(
            "UPDATE ledger SET id = CAST(unhex(printf('%012x', started_at - 10800000)) || substr(id, 7) AS BLOB), started_at = started_at - 10800000;
             UPDATE keys SET budget_started_at = budget_started_at - 10800000;
             UPDATE spend_hourly SET hour = hour - 3; UPDATE spend_parts SET hour = hour - 3;",
        )
        .unwrap();
    drop(database);
    let gateway = how(TestGateway::builder()).config(&file).start().await;
    let get = async |path: &str| receive(gateway.admin(Method::GET, path)).await.expect(200).json();
    let gone = async {
        while get("/console/requests").await["requests"] != json!([]) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("rows that are kept no longer to go");
    let spend = get("/console/spend?range=7d").await["totals"].clone();
    assert_eq!((&spend["requests"], &spend["cost_nanos"]), (&json!(3), &json!(3_300_000)));
    assert_eq!(get(&format!("/key/info?key={key}")).await["info"]["spend"], 0.0033);
}
