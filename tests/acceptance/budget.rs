//! `/budget/*`: limits with a name; `/provider/budgets`: what providers may cost.

mod providers;

use postern_tests::{Answer, World};
use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{ask_dear, dear_model};

async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.admin(Method::POST, path, body).await
}

#[tokio::test]
async fn a_budget_is_made_shown_changed_and_removed() {
    let world = World::start().await;
    let body = json!({
        "budget_id": "gold", "max_budget": 10.5, "soft_budget": 8, "tpm_limit": 100, "rpm_limit": 10,
        "max_parallel_requests": 2, "budget_duration": "1d", "model_max_budget": {"gpt-4o": {"max_budget": 1, "budget_duration": "1h"}},
        "model_rpm_limit": {"gpt-4o": 5, "demo": 3}, "model_tpm_limit": {"demo": 300},
    });
    let made = post(&world, "/budget/new", body.clone()).await.expect(200).json();
    let found =
        post(&world, "/budget/info", json!({"budgets": ["gold", "nothing"]})).await.expect(200).json();
    for shown in [&made, &found[0], &world.get("/budget/list").await[0]] {
        for (name, value) in body.as_object().unwrap().iter().filter(|(name, _)| *name != "model_max_budget")
        {
            let same = shown[name] == *value || shown[name].as_f64() == value.as_f64();
            assert!(same, "{name}: {}", shown[name]);
        }
        assert_eq!(shown["model_max_budget"]["gpt-4o"]["max_budget"], 1.0);
        assert_eq!(shown["created_by"], "default_user_id");
    }
    post(&world, "/budget/new", body.clone()).await.expect(409);
    let changed =
        post(&world, "/budget/update", json!({"budget_id": "gold", "max_budget": 3, "rpm_limit": null}))
            .await;
    let changed = changed.expect(200).json();
    assert_eq!((&changed["max_budget"], &changed["rpm_limit"]), (&json!(3.0), &Value::Null));
    // What was not said stays, and of limits by model each kind for itself.
    let rates = (&changed["model_rpm_limit"], &changed["model_tpm_limit"]);
    assert_eq!(rates, (&body["model_rpm_limit"], &body["model_tpm_limit"]));
    let change = json!({"budget_id": "gold", "model_rpm_limit": {"demo": 9}, "model_tpm_limit": null});
    let after = post(&world, "/budget/update", change).await.expect(200).json();
    let rates = (&after["model_rpm_limit"], &after["model_tpm_limit"]);
    assert_eq!(rates, (&json!({"demo": 9}), &json!({})));
    assert_eq!(after["model_max_budget"]["gpt-4o"]["max_budget"], 1.0);
    let tag = json!({"name": "blue", "budget_id": "gold"});
    let tag = post(&world, "/tag/new", tag).await.expect(200).json()["tag"].clone();
    assert_eq!(tag["litellm_budget_table"]["model_rpm_limit"], json!({"demo": 9}));
    post(&world, "/tag/delete", json!({"name": "blue"})).await.expect(200);
    post(&world, "/budget/update", json!({"max_budget": 3})).await.expect(400);
    post(&world, "/budget/update", json!({"budget_id": "nothing"})).await.expect(404);
    post(&world, "/budget/info", json!({"budgets": []})).await.expect(400);
    post(&world, "/budget/delete", json!({"id": "gold"})).await.expect(200);
    post(&world, "/budget/delete", json!({"id": "gold"})).await.expect(404);
    let unnamed = post(&world, "/budget/new", json!({})).await.expect(200).json();
    assert!(unnamed["budget_id"].as_str().is_some_and(|id| !id.is_empty()));
}

#[tokio::test]
async fn settings_tell_a_budget_member_by_member() {
    let world = World::start().await;
    post(&world, "/budget/new", json!({"budget_id": "gold", "max_budget": 10.5, "budget_duration": "1d"}))
        .await
        .expect(200);
    let settings = world.get("/budget/settings?budget_id=gold").await;
    let told: Vec<(&str, &Value, &Value)> = settings
        .as_array()
        .unwrap()
        .iter()
        .map(|setting| {
            (setting["field_name"].as_str().unwrap(), &setting["field_value"], &setting["stored_in_db"])
        })
        .collect();
    let expected = [
        ("max_parallel_requests", &Value::Null, &json!(false)),
        ("tpm_limit", &Value::Null, &json!(false)),
        ("rpm_limit", &Value::Null, &json!(false)),
        ("budget_duration", &json!("1d"), &json!(true)),
        ("max_budget", &json!(10.5), &json!(true)),
        ("allowed_models", &Value::Null, &json!(false)),
        ("soft_budget", &Value::Null, &json!(false)),
    ];
    assert_eq!(told, expected);
    assert!(settings.as_array().unwrap().iter().all(|setting| setting["field_description"].is_string()));
    world.admin(Method::GET, "/budget/settings?budget_id=nothing", Value::Null).await.expect(404);
    world.admin(Method::GET, "/budget/settings", Value::Null).await.expect(422);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_name() {
    let world = World::start().await;
    post(&world, "/budget/new", json!({"budget_id": "gold", "max_budget": 1})).await.expect(200);
    let before = world.get("/budget/list").await;
    for (field, value) in [
        ("max_budget", json!(-1)),
        ("max_budget", json!(1e300)),
        ("soft_budget", json!(-1)),
        ("rpm_limit", json!(-1)),
        ("tpm_limit", json!(-1)),
        ("max_parallel_requests", json!(-1)),
        ("budget_duration", json!("soon")),
        ("model_max_budget", json!({"x": "much"})),
        ("model_max_budget", json!({"x": {"max_budget": 1, "budget_duration": "never"}})),
        ("max_bugdet", json!(1)),
    ] {
        for (path, id) in [("/budget/new", "other"), ("/budget/update", "gold")] {
            let mut body = json!({"budget_id": id});
            body[field] = value.clone();
            let answer = post(&world, path, body).await.expect(400);
            assert!(answer.text().contains(field), "{path} {field}: {}", answer.text());
        }
    }
    for odd in ["", " ", "a\u{7}b", &"x".repeat(201)] {
        post(&world, "/budget/new", json!({"budget_id": odd})).await.expect(400);
    }
    for odd in ["../../etc/passwd", "'; DROP TABLE budgets; --"] {
        post(&world, "/budget/new", json!({"budget_id": odd})).await.expect(200);
        post(&world, "/budget/delete", json!({"id": odd})).await.expect(200);
    }
    for body in [json!([]), json!({"max_budget": "much"}), json!({"rpm_limit": 1.5})] {
        post(&world, "/budget/new", body).await.expect(422);
    }
    assert_eq!(world.get("/budget/list").await, before);
}

#[tokio::test]
async fn whoever_refers_to_a_budget_counts_for_itself_and_follows_its_changes() {
    let world = World::start().await;
    dear_model(&world).await;
    post(&world, "/budget/new", json!({"budget_id": "gold", "max_budget": 0.15})).await.expect(200);
    let (a, b) = (
        world.gateway.new_key(json!({"budget_id": "gold"})).await,
        world.gateway.new_key(json!({"budget_id": "gold"})).await,
    );
    for key in [&a, &b] {
        ask_dear(&world, key, Value::Null).await.expect(200);
        ask_dear(&world, key, Value::Null).await.expect(402);
    }
    post(&world, "/budget/update", json!({"budget_id": "gold", "max_budget": 0.25})).await.expect(200);
    for key in [&a, &b] {
        ask_dear(&world, key, Value::Null).await.expect(200);
        ask_dear(&world, key, Value::Null).await.expect(402);
    }
    let refused = post(&world, "/budget/delete", json!({"id": "gold"})).await.expect(409);
    assert!(refused.text().contains("2 keys"), "{}", refused.text());
}
