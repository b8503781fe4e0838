//! Every request is one ledger row, priced and summed up, whatever became of it.

mod crash;
mod extras;
mod reported;
mod terms;

use std::collections::HashSet;

use postern_testkit::{Fault, Reply, TestGateway, Usage};
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

/// Where the catalogue has a price from; a deployment's and the user's own say so instead.
fn is_catalogues(source: &Value) -> bool {
    source.as_str().is_some_and(|source| !source.is_empty() && source != "deployment" && source != "override")
}

#[tokio::test]
async fn catalogue_prices_bill_to_the_nano_dollar() {
    let world = World::start().await;
    let catalogue = world.get("/console/catalogue").await;
    let usage = Usage { input: 1000, cache_read: 500, cache_write: 0, output: 200, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
    for stream in [false, true] {
        let answer = world.ask(Caller::Chat, "oa/gpt-4o-mini", stream).await.expect(200);
        let row = world.row(answer.request_id()).await;
        assert!(is_catalogues(&row["price_source"]), "{row}");
        assert!(row["price_version"].as_str().is_some_and(|version| !version.is_empty()), "{row}");
        // The model's public list price: $0.15 and $0.60 per million tokens, $0.075 for cached ones.
        let expected: i32 = 1000 * 150 + 500 * 75 + 200 * 600;
        assert_eq!(row["cost_nanos"], expected, "{row}");
        let lines = row["cost_lines"].as_array().unwrap();
        assert_eq!(
            lines.iter().map(|line| line["cost_nanos"].as_i64().unwrap()).sum::<i64>(),
            i64::from(expected),
            "{row}"
        );
        if !stream {
            let header: f64 = answer.header("x-litellm-response-cost").parse().unwrap();
            assert!((header - f64::from(expected) / 1e9).abs() < 1e-12, "{header}");
        }
    }
    assert!(catalogue["models"].as_array().is_some_and(|models| models.len() >= 2500));
}

#[tokio::test]
async fn a_deployments_own_price_wins_and_the_users_wins_over_the_catalogue() {
    let world = World::start().await;
    let parameters = json!({
        "model": "openai/gpt-4o-mini", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.000_001, "output_cost_per_token": 0.000_01,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    world.openai.always(Reply::default().usage(Usage {
        input: 10,
        cache_read: 0,
        cache_write: 0,
        output: 5,
        reasoning: 0,
    }));
    let answer = world.ask(Caller::Chat, "dear", false).await.expect(200);
    let row = world.row(answer.request_id()).await;
    assert_eq!(
        (&row["cost_nanos"], &row["price_source"]),
        (&json!(10 * 1000 + 5 * 10_000), &json!("deployment")),
        "{row}"
    );

    let price = json!({"input": 2_000_000, "output": 3_000_000});
    world.admin(Method::PUT, "/console/prices/openai/gpt-4o-mini", price).await.expect(200);
    let answer = world.ask(Caller::Chat, "oa/gpt-4o-mini", false).await.expect(200);
    let row = world.row(answer.request_id()).await;
    assert_eq!(
        (&row["cost_nanos"], &row["price_source"]),
        (&json!(10 * 2000 + 5 * 3000), &json!("override")),
        "{row}"
    );
    world.admin(Method::DELETE, "/console/prices/openai/gpt-4o-mini", Value::Null).await.expect(204);
    let answer = world.ask(Caller::Chat, "oa/gpt-4o-mini", false).await.expect(200);
    assert!(is_catalogues(&world.row(answer.request_id()).await["price_source"]));
}

#[tokio::test]
async fn a_model_without_a_price_is_unpriced_and_not_free() {
    let world = World::start().await;
    for stream in [false, true] {
        let answer = world.ask(Caller::Chat, "oa/nobody-knows-it", stream).await.expect(200);
        let row = world.row(answer.request_id()).await;
        assert_eq!((&row["cost_nanos"], &row["output_tokens"]), (&Value::Null, &json!(21)), "{row}");
        assert_eq!(answer.header("x-litellm-response-cost"), "", "a price that nobody knows");
    }
    let spend = world.get("/console/spend?range=today").await;
    assert_eq!(spend["totals"]["unpriced_requests"], 2, "{spend}");
    assert!(world.gateway.spend_logs().await.iter().all(|log| log["metadata"]["unpriced"] == true));
}

#[tokio::test]
async fn a_retry_is_one_row_with_its_attempts() {
    let world = World::with("litellm_settings: {num_retries: 2}", |builder| builder).await;
    for stream in [false, true] {
        world.openai.next(Fault::status(500)).next(Fault::CloseBeforeHeaders);
        let answer = world.ask(Caller::Chat, "oa/x", stream).await.expect(200);
        let row = world.row(answer.request_id()).await;
        assert_eq!((&row["attempts"], &row["outcome"]), (&json!(3), &json!("ok")), "{row}");
        let statuses: Vec<_> =
            row["attempt_log"].as_array().unwrap().iter().map(|try_| try_["status"].clone()).collect();
        assert_eq!(statuses, [json!(500), json!(502), json!(200)], "{row}");
    }
    // An error event instead of a stream is retried too: nothing was shown yet.
    world.openai.next(Fault::ErrorFirstEvent);
    let answer = world.ask(Caller::Chat, "oa/x", true).await.expect(200);
    assert_eq!(world.row(answer.request_id()).await["attempts"], 2);
    // What is the caller's fault is not.
    let calls = world.openai.calls();
    world.ask(Caller::Chat, "oa/fake-400", false).await.expect(400);
    assert_eq!(world.openai.calls(), calls + 1);
    // And what goes on failing says so with every attempt.
    let answer = world.ask(Caller::Messages, "oa/fake-503", false).await.expect(503);
    let row = world.row(answer.request_id()).await;
    assert_eq!((&row["attempts"], &row["attempt_log"].as_array().unwrap().len()), (&json!(3), &3), "{row}");
    assert_eq!(world.rows().await.len(), 5);
}

#[tokio::test]
async fn a_failover_is_billed_at_the_deployment_that_answered() {
    let world = World::with("litellm_settings: {num_retries: 2}", |builder| builder).await;
    let deployment = |model: &str, base: String, order: u32, cost: f64| {
        json!({"model_name": "group", "litellm_params": {
            "model": model, "api_base": base, "api_key": "sk-upstream", "order": order,
            "input_cost_per_token": cost, "output_cost_per_token": cost,
        }})
    };
    world.gateway.new_model(deployment("openai/first", world.openai.url(), 1, 0.000_001)).await;
    world.gateway.new_model(deployment("anthropic/second", world.anthropic.url(), 2, 0.000_002)).await;
    let usage = Usage { input: 10, cache_read: 0, cache_write: 0, output: 5, reasoning: 0 };
    world.openai.always(Fault::status(503));
    world.anthropic.always(Reply::default().usage(usage));
    for caller in Caller::BOTH {
        for stream in [false, true] {
            let answer = world.ask(caller, "group", stream).await.expect(200);
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["outcome"], &row["upstream_model"]), (&json!("ok"), &json!("second")), "{row}");
            assert_eq!(row["cost_nanos"], 15 * 2000, "{row}");
            assert_eq!(row["format_out"], "anthropic_messages");
        }
    }
    assert_eq!(world.openai.calls(), 3, "a deployment that failed three times in a row cools down");
    let first = world.rows().await.pop().unwrap();
    assert_eq!(first["attempts"], 2, "{first}");
}

#[tokio::test]
async fn rollups_are_the_sum_of_the_rows() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        for model in [
            "oa/gpt-4o-mini",
            "an/claude-sonnet-4-5",
            "oa/unpriced",
            "demo",
            "oa/fake-500",
            "an/fake-cut",
            "nothing",
        ] {
            for stream in [false, true] {
                world.ask(caller, model, stream).await;
            }
        }
    }
    let admin = receive(
        world
            .gateway
            .admin(Method::POST, "/v1/chat/completions")
            .json(&Caller::Chat.body("oa/gpt-4o-mini", false)),
    )
    .await;
    admin.expect(200);
    let rows = world.rows().await;
    assert_eq!(rows.len(), 29);
    assert_eq!(rows.iter().map(|row| row["id"].as_str().unwrap()).collect::<HashSet<_>>().len(), 29);
    let spend = world.get("/console/spend?range=7d").await;
    let sum = |column: &str| rows.iter().filter_map(|row| row[column].as_i64()).sum::<i64>();
    let count = |test: &dyn Fn(&Value) -> bool| rows.iter().filter(|row| test(row)).count();
    let totals = &spend["totals"];
    assert_eq!(totals["requests"], 29);
    assert_eq!(totals["errors"], count(&|row| row["outcome"] == "error"));
    assert_eq!(totals["cancelled"], 0);
    assert_eq!(totals["local_requests"], count(&|row| row["billing"] == "local"));
    for (total, column) in [
        ("cost_nanos", "cost_nanos"),
        ("input_tokens", "input_tokens"),
        ("output_tokens", "output_tokens"),
        ("cache_read_tokens", "cache_read_tokens"),
        ("reasoning_tokens", "reasoning_tokens"),
    ] {
        assert_eq!(totals[total], sum(column), "{total}");
    }
    assert!(sum("cost_nanos") > 0);
    for (part, count) in [("model", None), ("key", Some(2)), ("tool", None)] {
        let spend = world.get(&format!("/console/spend?range=7d&by={part}")).await;
        let parts = spend["groups"].as_array().unwrap();
        assert!(count.is_none_or(|count| parts.len() == count), "{part}: {spend}");
        for total in ["requests", "cost_nanos", "output_tokens", "errors"] {
            let of_parts: i64 = parts.iter().map(|part| part["totals"][total].as_i64().unwrap()).sum();
            assert_eq!(totals[total], of_parts, "{total} over {part}");
        }
        let slots = spend["slots"].as_array().unwrap().iter();
        let cells = slots.flat_map(|slot| slot["groups"].as_array().unwrap());
        assert_eq!(cells.map(|cell| cell["requests"].as_i64().unwrap()).sum::<i64>(), 29, "{part}");
    }
}

#[tokio::test]
async fn who_asked_is_on_the_row() {
    let world = World::start().await;
    let mut body = Caller::Chat.body("oa/x", false);
    body["user"] = json!("end-user-7");
    let request = world.request(Caller::Chat, &body).header("user-agent", "claude-cli/2.1.0 (external, cli)");
    let answer = receive(request).await.expect(200);
    let row = world.row(answer.request_id()).await;
    assert_eq!(
        (&row["client"], &row["end_user"]),
        (&json!("claude-cli/2.1.0 (external, cli)"), &json!("end-user-7"))
    );
    assert_eq!((&row["streamed"], &row["key_name"]), (&json!(false), &json!("world")));
    assert!(
        row["latency_us"].as_i64() >= row["first_byte_us"].as_i64()
            && row["first_byte_us"].as_i64() > Some(0),
        "{row}"
    );
    assert_eq!(world.openai.last_request().header("user-agent"), "claude-cli/2.1.0 (external, cli)");
}

#[tokio::test]
async fn the_ledger_outlives_the_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let start = || TestGateway::builder().data_dir(directory.path()).start();
    let gateway = start().await;
    let key = gateway.new_key(json!({"key_alias": "kept"})).await;
    let answer = receive(gateway.post("/v1/chat/completions", &key, &Caller::Chat.body("demo", true)))
        .await
        .expect(200);
    let id = answer.request_id().to_owned();
    assert_eq!(gateway.stop().await.code(), Some(0));
    let gateway = start().await;
    let row =
        receive(gateway.admin(Method::GET, &format!("/console/requests/{id}"))).await.expect(200).json();
    assert_eq!((&row["key_name"], &row["outcome"]), (&json!("kept"), &json!("ok")));
    // So does the key.
    receive(gateway.post("/v1/chat/completions", &key, &Caller::Chat.body("demo", false))).await.expect(200);
}

#[tokio::test]
async fn a_buffered_ledger_loses_nothing_when_the_gateway_is_asked_to_stop() {
    let data = tempfile::tempdir().unwrap();
    let buffered = TestGateway::builder()
        .data_dir(data.path())
        .environment("POSTERN_DURABILITY", "buffered")
        .start()
        .await;
    let body = Caller::Chat.body("demo", false);
    let asked = (0..50).map(|_| receive(buffered.post("/v1/chat/completions", buffered.admin_key(), &body)));
    for answer in futures_util::future::join_all(asked).await {
        answer.expect(200);
    }
    assert_eq!(buffered.stop().await.code(), Some(0));
    let again = TestGateway::builder().data_dir(data.path()).start().await;
    assert_eq!(postern_tests::all_rows(&again).await.len(), 50);
}

#[tokio::test]
async fn a_deployments_own_prices_have_a_version_that_changes_with_them() {
    let world = World::start().await;
    let mut versions = Vec::new();
    for (name, price) in [("one", 0.001), ("same", 0.001), ("dearer", 0.002)] {
        let parameters = json!({
            "model": "openai/gpt-4o-mini", "api_base": world.openai.url(), "api_key": "sk-upstream",
            "input_cost_per_token": 0.0, "output_cost_per_token": price,
        });
        world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
        let row = world.row(world.ask(Caller::Chat, name, false).await.expect(200).request_id()).await;
        assert_eq!(row["price_source"], "deployment");
        versions.push(row["price_version"].as_str().expect("a version").to_owned());
    }
    assert!(versions[0] == versions[1] && versions[1] != versions[2], "{versions:?}");
}
