//! `/key/update` and `/key/bulk_update`.

use postern_tests::World;
use serde_json::{Value, json};

use super::{chat, dear, issue, post, row, spend_ten_cents, text};

#[tokio::test]
async fn what_is_said_changes_and_null_clears() {
    let world = World::start().await;
    let made = issue(&world, json!({
        "key_alias": "one", "max_budget": 1, "rpm_limit": 5, "models": ["demo"], "metadata": {"a": 1}, "duration": "30d",
        "allowed_routes": ["llm_api_routes"], "aliases": {"q": "demo"}, "config": {"x": 1}, "budget_duration": "1d",
        "auto_rotate": true, "rotation_interval": "30d",
    }))
    .await;
    let update = async |mut body: Value| {
        body["key"] = made["key"].clone();
        let answer = post(&world, "/key/update", body).await.expect(200);
        assert!(!answer.text().contains(text(&made["key"])), "the key itself is shown: {}", answer.text());
        assert_eq!(answer.json()["key"], made["token"]);
        answer.json()
    };
    let changed = update(json!({"max_budget": 2.5, "key_alias": " two "})).await;
    assert_eq!((&changed["max_budget"], &changed["key_alias"]), (&json!(2.5), &json!("two")));
    for (name, value) in [("rpm_limit", json!(5)), ("models", json!(["demo"])), ("metadata", json!({"a": 1}))]
    {
        assert_eq!(changed[name], value, "{name} was not spoken of");
    }
    let cleared = update(json!({
        "max_budget": null, "rpm_limit": null, "models": null, "metadata": null, "duration": null, "allowed_routes": null,
        "aliases": null, "config": null, "budget_duration": null, "key_alias": null, "auto_rotate": false,
    }))
    .await;
    for (name, value) in [
        ("max_budget", Value::Null),
        ("rpm_limit", Value::Null),
        ("models", json!([])),
        ("metadata", json!({})),
        ("expires", Value::Null),
        ("allowed_routes", json!([])),
        ("aliases", json!({})),
        ("config", json!({})),
        ("budget_duration", Value::Null),
        ("budget_reset_at", Value::Null),
        ("key_alias", Value::Null),
        ("key_rotation_at", Value::Null),
    ] {
        assert_eq!(cleared[name], value, "{name}");
    }
    assert_eq!(row(&world, &made["token"]).await["max_budget"], Value::Null);
    // In force with the next request.
    update(json!({"models": ["oa/x"]})).await;
    assert_eq!(chat(&world, &made["key"], "demo").await, 403);
    update(json!({"models": []})).await;
    assert_eq!(chat(&world, &made["key"], "demo").await, 200);
    update(json!({"blocked": true})).await;
    assert_eq!(chat(&world, &made["key"], "demo").await, 401);
}

#[tokio::test]
async fn a_key_lives_on() {
    let world = World::start().await;
    let made = issue(&world, json!({"duration": "1s"})).await;
    let expired = async {
        while chat(&world, &made["key"], "demo").await == 200 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), expired).await.expect("the key to expire");
    let body = json!({"key": made["token"], "duration": "-1"});
    assert_eq!(post(&world, "/key/update", body).await.expect(200).json()["expires"], Value::Null);
    assert_eq!(chat(&world, &made["key"], "demo").await, 200);
    let body = json!({"key": made["token"], "duration": "1h"});
    assert!(post(&world, "/key/update", body).await.expect(200).json()["expires"].is_string());
}

#[tokio::test]
async fn several_keys_change_together_or_not_at_all() {
    let world = World::start().await;
    let (one, two) = (issue(&world, json!({})).await, issue(&world, json!({})).await);
    let both = json!({"keys": [one["key"], two["token"]], "max_budget": 2000.0, "models": ["demo"]});
    let changed = post(&world, "/key/update", both).await.expect(200).json();
    let tokens: Vec<&Value> = changed["keys"].as_array().unwrap().iter().map(|key| &key["token"]).collect();
    assert_eq!(tokens, [&one["token"], &two["token"]]);
    for key in [&one, &two] {
        assert_eq!(row(&world, &key["token"]).await["max_budget"], 2000.0);
    }
    for wrong in [
        json!({"keys": [one["token"], "no-such-key"], "max_budget": 1}),
        json!({"keys": [one["token"], two["token"]], "max_budget": -1}),
        json!({"keys": [one["token"], two["token"]], "max_budget": 1, "key_alias": "same"}),
    ] {
        let answer = post(&world, "/key/update", wrong).await;
        assert!(matches!(answer.status, 400 | 404), "{}", answer.text());
        assert_eq!(row(&world, &one["token"]).await["max_budget"], 2000.0);
    }
    for wrong in [
        json!({}),
        json!({"keys": []}),
        json!({"key": one["token"], "keys": [two["token"]]}),
        json!({"key": 1}),
    ] {
        post(&world, "/key/update", wrong).await.expect(422);
    }
    let many: Vec<String> = (0..501).map(|number| format!("{number}")).collect();
    post(&world, "/key/update", json!({"keys": many})).await.expect(400);
}

#[tokio::test]
async fn many_keys_change_each_by_itself() {
    let world = World::start().await;
    let (one, two) = (issue(&world, json!({})).await, issue(&world, json!({})).await);
    let body = json!({"keys": [
        {"key": one["token"], "max_budget": 5, "tags": ["x"]},
        {"key": two["key"], "max_budget": -5},
        {"key": "no-such-key"},
        {"max_budget": 1},
        {"key": two["token"], "rpm_limit": "fast"},
    ]});
    let answer = post(&world, "/key/bulk_update", body).await.expect(200);
    assert!(!answer.text().contains(text(&two["key"])), "{}", answer.text());
    let told = answer.json();
    assert_eq!(told["total_requested"], 5);
    let done = told["successful_updates"].as_array().unwrap();
    assert_eq!(
        (done.len(), &done[0]["key"], &done[0]["key_info"]["max_budget"]),
        (1, &one["token"], &json!(5.0))
    );
    let failed = told["failed_updates"].as_array().unwrap();
    assert_eq!((failed.len(), &failed[0]["key"]), (4, &two["token"]));
    assert!(failed.iter().all(|failed| failed["failed_reason"].is_string()), "{told}");
    assert_eq!(row(&world, &two["token"]).await["max_budget"], Value::Null);
    post(&world, "/key/bulk_update", json!({"keys": []})).await.expect(400);
    post(&world, "/key/bulk_update", json!({})).await.expect(422);
}

#[tokio::test]
async fn a_budget_below_what_is_spent_is_a_mistake() {
    let world = World::start().await;
    dear(&world).await;
    let made = issue(&world, json!({"max_budget": 1})).await;
    assert_eq!(spend_ten_cents(&world, &made["key"]).await, 200);
    let key = &made["token"];
    let answer = post(&world, "/key/update", json!({"key": key, "max_budget": 0.05})).await.expect(400);
    assert_eq!(answer.json()["error"]["param"], "max_budget");
    post(&world, "/key/update", json!({"key": key, "max_budget": 0.15})).await.expect(200);
    assert_eq!(spend_ten_cents(&world, &made["key"]).await, 402);
    let reset = post(&world, "/key/update", json!({"key": key, "spend": 0})).await.expect(200).json();
    assert_eq!(reset["spend"], 0.0);
    assert_eq!(spend_ten_cents(&world, &made["key"]).await, 200);
    let said = post(&world, "/key/update", json!({"key": key, "spend": 0.15})).await.expect(200).json();
    assert_eq!(said["spend"], 0.15);
    assert_eq!(spend_ten_cents(&world, &made["key"]).await, 402);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let world = World::start().await;
    issue(&world, json!({"key_alias": "taken"})).await;
    let made = issue(&world, json!({"key_alias": "one", "max_budget": 1})).await;
    let before = row(&world, &made["token"]).await;
    for (body, status) in [
        (json!({"key_alias": "taken"}), 400),
        (json!({"max_budget": -1}), 400),
        (json!({"duration": "soon"}), 400),
        (json!({"team_id": "no-such-team"}), 400),
        (json!({"organization_id": "no-such-organization"}), 400),
        (json!({"budget_id": "no-such-budget"}), 400),
        (json!({"auto_rotate": true}), 400),
        (json!({"guardrails": ["x"]}), 400),
        (json!({"max_budgets": 1}), 400),
        (json!({"temp_budget_increase": 1}), 422),
        (json!({"rpm_limit": "many"}), 422),
        (json!({"blocked": 1}), 422),
    ] {
        let mut body = body;
        body["key"] = made["token"].clone();
        let answer = post(&world, "/key/update", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    assert_eq!(row(&world, &made["token"]).await, before);
    post(&world, "/key/update", json!({"key": "sk-nothing-0123456789"})).await.expect(404);
}
