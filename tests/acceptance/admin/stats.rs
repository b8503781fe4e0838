//! `/admin/stats`: the sums of the rows.

use postern_tests::{Caller, World};
use reqwest::Method;
use serde_json::{Value, json};

use super::refused;

#[tokio::test]
async fn statistics_are_the_sums_of_the_rows() {
    let world = World::start().await;
    let empty = world.get("/admin/stats").await;
    assert_eq!((&empty["total_requests"], &empty["success_rate"]), (&json!(0), &Value::Null));
    assert_eq!(empty["providers"].as_array().unwrap().len(), 6, "configured ones are there without requests");
    for number in 0..9 {
        let model = ["oa/gpt-4o-mini", "an/claude-3-5-haiku-latest", "oa/fake-500"][number % 3];
        world.ask(Caller::BOTH[number % 2], model, number % 4 == 0).await;
    }
    world.ask(Caller::Chat, "nobody/knows", false).await.expect(404);
    world.gateway.wait_for_spend_logs(10).await;
    let rows = world.rows().await;
    let stats = world.get("/admin/stats?hours=24").await;
    let count = |rows: &[&Value]| rows.len() as i64;
    let sum = |rows: &[&Value], member: &str| rows.iter().filter_map(|row| row[member].as_i64()).sum::<i64>();
    let check = |stats: &Value, rows: &[&Value]| {
        let failed = rows.iter().filter(|row| row["outcome"] == "error").count() as i64;
        assert_eq!(stats["total_requests"], count(rows), "{stats}");
        assert_eq!(stats["failed_requests"], failed, "{stats}");
        assert_eq!(stats["successful_requests"], count(rows) - failed, "{stats}");
        let rate = 100.0 * (count(rows) - failed) as f64 / count(rows) as f64;
        assert!((stats["success_rate"].as_f64().unwrap() - rate).abs() < 1e-9, "{stats}");
        let mean = sum(rows, "latency_us") as f64 / 1000.0 / count(rows) as f64;
        assert!((stats["avg_response_time_ms"].as_f64().unwrap() - mean).abs() < 1e-6, "{stats} {mean}");
        assert_eq!(stats["total_tokens"], sum(rows, "input_tokens") + sum(rows, "output_tokens"), "{stats}");
        let cost = sum(rows, "cost_nanos") as f64 / 1e9;
        assert!((stats["total_cost"].as_f64().unwrap() - cost).abs() < 1e-12, "{stats} {cost}");
    };
    check(&stats, &rows.iter().collect::<Vec<_>>());
    assert!(stats["total_cost"].as_f64().unwrap() > 0.0, "{stats}");
    for (id, name) in [(1, "oa"), (2, "an")] {
        let provider =
            stats["providers"].as_array().unwrap().iter().find(|one| one["provider_name"] == name).unwrap();
        assert_eq!(provider["provider_id"], id);
        check(provider, &rows.iter().filter(|row| row["provider"] == name).collect::<Vec<_>>());
    }
    let model = |name: &str| {
        stats["models"].as_array().unwrap().iter().find(|one| one["model"] == name).cloned().unwrap()
    };
    for name in ["oa/gpt-4o-mini", "oa/fake-500"] {
        check(&model(name), &rows.iter().filter(|row| row["model_group"] == name).collect::<Vec<_>>());
    }
    assert!(stats["timestamp"].as_str().unwrap().ends_with('Z'), "{stats}");
    // What a provider did stays when it is gone.
    world.admin(Method::DELETE, "/admin/providers/an", Value::Null).await.expect(200);
    let later = world.get("/admin/stats?hours=8784").await;
    let gone =
        later["providers"].as_array().unwrap().iter().find(|one| one["provider_name"] == "an").unwrap();
    assert_eq!((&gone["provider_id"], &gone["total_requests"]), (&Value::Null, &json!(3)), "{gone}");
    assert_eq!(later["total_requests"], 10);
}

#[tokio::test]
async fn hours_have_a_range() {
    let world = World::start().await;
    for hours in ["1", "24", "8784"] {
        assert_eq!(world.get(&format!("/admin/stats?hours={hours}")).await["hours"].to_string(), hours);
    }
    for wrong in ["0", "-1", "8785", "1.5", "day", "99999999999999999999"] {
        let answer = world.admin(Method::GET, &format!("/admin/stats?hours={wrong}"), Value::Null).await;
        refused(&answer, 400, Some("hours"));
    }
    refused(&world.admin(Method::GET, "/admin/stats?days=1", Value::Null).await, 400, None);
}
