//! `/admin/logs`: numbered pages of the ledger, and their filters.

use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use super::refused;

async fn world() -> World {
    let world = World::start().await;
    for number in 0..12 {
        let model = ["oa/gpt-4o-mini", "an/x", "oa/fake-500"][number % 3];
        world.ask(Caller::BOTH[number % 2], model, number % 4 == 0).await;
    }
    world.gateway.wait_for_spend_logs(12).await;
    world
}

#[tokio::test]
async fn pages_hold_every_row_once() {
    let world = world().await;
    let mut seen: Vec<String> = Vec::new();
    for page in 1..=4 {
        let logs = world.get(&format!("/admin/logs?page={page}&page_size=5")).await;
        assert_eq!((&logs["total"], &logs["total_pages"]), (&json!(12), &json!(3)), "{page}");
        assert_eq!((&logs["page"], &logs["page_size"]), (&json!(page), &json!(5)));
        seen.extend(
            logs["logs"].as_array().unwrap().iter().map(|log| log["id"].as_str().unwrap().to_owned()),
        );
    }
    let expected: Vec<_> =
        world.rows().await.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(seen, expected, "newest first, none lost or doubled");
    let usual = world.get("/admin/logs").await;
    assert_eq!(
        (&usual["page"], &usual["page_size"], &usual["total_pages"]),
        (&json!(1), &json!(50), &json!(1))
    );
    assert_eq!(world.get("/admin/logs?page=1000000000&page_size=500").await["logs"], json!([]));
}

#[tokio::test]
async fn a_row_tells_what_happened() {
    let world = world().await;
    let documented = world.get("/admin/logs?page=1&page_size=50&status_code=200").await;
    assert_eq!(documented["total"], 8, "{documented}");
    let logs = documented["logs"].as_array().unwrap();
    let log = logs.iter().find(|log| log["model"] == "oa/gpt-4o-mini").unwrap();
    for (member, expected) in [
        ("method", json!("POST")),
        ("provider", json!("oa")),
        ("provider_id", json!(1)),
        ("upstream_model", json!("gpt-4o-mini")),
        ("status_code", json!(200)),
        ("success", json!(true)),
        ("error", Value::Null),
        ("key", json!("world")),
        ("attempts", json!(1)),
        ("attempt_log", json!([])),
    ] {
        assert_eq!(log[member], expected, "{member} of {log}");
    }
    assert!(["/v1/chat/completions", "/v1/messages"].contains(&log["endpoint"].as_str().unwrap()), "{log}");
    let row = world.row(log["id"].as_str().unwrap()).await;
    let tokens = |name: &str| row[name].as_i64().unwrap();
    assert_eq!(log["prompt_tokens"], tokens("input_tokens"));
    assert_eq!(log["completion_tokens"], tokens("output_tokens"));
    assert_eq!(log["total_tokens"], tokens("input_tokens") + tokens("output_tokens"));
    assert!((log["cost"].as_f64().unwrap() - tokens("cost_nanos") as f64 / 1e9).abs() < 1e-15, "{log}");
    assert!((log["response_time_ms"].as_f64().unwrap() - tokens("latency_us") as f64 / 1e3).abs() < 1e-9);
    assert_eq!(log["streamed"], row["streamed"]);
    let unpriced = logs.iter().find(|log| log["model"] == "an/x").unwrap();
    assert_eq!(unpriced["cost"], Value::Null, "no price is not nothing: {unpriced}");
    let failed = &world.get("/admin/logs?status_code=500").await["logs"][0];
    assert_eq!((&failed["success"], &failed["status_code"]), (&json!(false), &json!(500)), "{failed}");
    assert!(failed["error"].is_string() && failed["error_kind"].is_string(), "{failed}");
    assert_eq!(failed["attempt_log"].as_array().unwrap().len(), 1, "{failed}");
}

#[tokio::test]
async fn filters_find_what_they_name() {
    let world = world().await;
    let other = world.gateway.new_key(json!({"key_alias": "other"})).await;
    receive(world.gateway.post("/v1/chat/completions", &other, &Caller::Chat.body("demo", false)))
        .await
        .expect(200);
    world.gateway.wait_for_spend_logs(13).await;
    let ids = world.get("/admin/logs").await;
    let moment = |index: usize| ids["logs"][index]["timestamp"].as_str().unwrap().to_owned();
    let newest = world.row(ids["logs"][0]["id"].as_str().unwrap()).await["started_at"].as_i64().unwrap();
    let key_id =
        world.row(ids["logs"][0]["id"].as_str().unwrap()).await["key_id"].as_str().unwrap().to_owned();
    let filters = [
        ("status_code=200".to_owned(), 9),
        ("status_code=404".into(), 0),
        ("provider=oa".into(), 8),
        ("provider=1".into(), 8),
        ("provider=demo".into(), 1),
        ("provider=nobody".into(), 0),
        ("model=oa/fake-500".into(), 4),
        ("model=fake-500".into(), 4),
        ("key=world".into(), 12),
        ("key=other".into(), 1),
        (format!("key={key_id}"), 1),
        ("key=administrator".into(), 0),
        ("text=fake-500".into(), 4),
        (format!("text={}", ids["logs"][3]["id"].as_str().unwrap()), 1),
        (format!("from={}", moment(0)), 1),
        (format!("from={newest}"), 1),
        (format!("to={}", moment(0)), 12),
        (format!("to={newest}"), 12),
        ("from=1795608000&to=1795608001".into(), 0),
        ("provider=oa&status_code=500&key=world".into(), 4),
        ("status_code=&provider=".into(), 13),
    ];
    for (filter, count) in filters {
        let logs = world.get(&format!("/admin/logs?{filter}")).await;
        assert_eq!(
            (&logs["total"], logs["logs"].as_array().unwrap().len()),
            (&json!(count), count),
            "{filter}"
        );
    }
    let by_hash = world.get("/spend/logs").await[0]["api_key"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("/admin/logs?key={by_hash}")).await["total"], 1);
    let all = world.get("/admin/logs").await.to_string();
    assert!(!all.contains(postern_tests::PROVIDER_KEY) && !all.contains(&other), "a secret is shown");
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_refused_by_name() {
    let world = World::start().await;
    for (query, param) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=first", "page"),
        ("page=1000000001", "page"),
        ("page_size=0", "page_size"),
        ("page_size=501", "page_size"),
        ("status_code=99", "status_code"),
        ("status_code=600", "status_code"),
        ("status_code=ok", "status_code"),
        ("key=sk-not-a-key-of-this-gateway", "key"),
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", "to"),
    ] {
        let answer = world.admin(Method::GET, &format!("/admin/logs?{query}"), Value::Null).await;
        let message = refused(&answer, 400, Some(param));
        assert!(message.contains(param) && !message.contains("sk-not-a-key"), "{query}: {message}");
    }
    let unknown = world.admin(Method::GET, "/admin/logs?status=200", Value::Null).await;
    assert!(refused(&unknown, 400, None).contains("status_code"), "what there is helps");
}
