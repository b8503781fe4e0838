//! Many users in one request.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, info, is_known, key, make, post};

#[tokio::test]
async fn each_new_user_is_made_or_told_why_not() {
    let world = World::start().await;
    make(&world, json!({"user_id": "taken"})).await;
    let body = json!({
        "users": [
            {"user_email": "alice@example.com", "user_alias": "Alice", "user_role": "internal_user"},
            {"user_id": "taken"},
            {"user_id": "eve", "teams": ["none"]},
            {"user_id": "eve", "max_budgets": 1},
            {"user_email": "bob@example.com", "user_alias": "Bob", "user_role": "internal_user_viewer"},
            {"user_email": "ALICE@example.com"},
            {"user_id": "cy", "auto_create_key": false},
        ],
        "auto_create_keys": true,
    });
    let answer = post(&world, "/user/new_bulk", body).await.expect(200).json();
    let counts = (&answer["total_requested"], &answer["successful_creations"], &answer["failed_creations"]);
    assert_eq!(counts, (&json!(7), &json!(3), &json!(4)));
    let results = answer["results"].as_array().unwrap();
    let succeeded: Vec<bool> = results.iter().map(|result| result["success"].as_bool().unwrap()).collect();
    assert_eq!(succeeded, [true, false, false, false, true, false, true]);
    for (place, said) in [(1, "taken"), (2, "none"), (3, "max_budget"), (5, "ALICE@example.com")] {
        let error = results[place]["error"].as_str().unwrap();
        assert!(error.contains(said), "{place}: {error}");
        assert!(results[place]["created_user"].is_null());
    }
    assert_eq!(results[5]["user_email"], "ALICE@example.com");
    assert_eq!((&results[4]["user_email"], &results[4]["error"]), (&json!("bob@example.com"), &Value::Null));
    let alice = &results[0]["created_user"];
    assert_eq!((&alice["user_alias"], &results[0]["user_id"]), (&json!("Alice"), &alice["user_id"]));
    ask(&world, key(alice), "oa/x").await.expect(200);
    assert_eq!(results[6]["created_user"]["key"], "");
    assert!(!is_known(&world, "eve").await);
    assert_eq!(world.get("/user/list").await["total"], 4);
}

#[tokio::test]
async fn keys_are_made_unless_told_otherwise() {
    let world = World::start().await;
    let body = json!({"users": [{"user_id": "ann"}, {"user_id": "bob", "auto_create_key": true}], "auto_create_keys": false});
    let answer = post(&world, "/user/new_bulk", body).await.expect(200).json();
    assert_eq!(answer["results"][0]["created_user"]["key"], "");
    assert!(key(&answer["results"][1]["created_user"]).starts_with("sk-"));
    let answer =
        post(&world, "/user/new_bulk", json!({"users": [{"user_id": "cy"}]})).await.expect(200).json();
    assert!(key(&answer["results"][0]["created_user"]).starts_with("sk-"));
}

#[tokio::test]
async fn none_and_too_many_are_refused() {
    let world = World::start().await;
    let many: Vec<Value> = (0..501).map(|number| json!({"user_id": format!("user-{number}")})).collect();
    for path in ["/user/new_bulk", "/user/bulk_update"] {
        post(&world, path, json!({"users": []})).await.expect(400);
        let answer = post(&world, path, json!({"users": many})).await.expect(400);
        assert!(answer.text().contains("500"), "{}", answer.text());
    }
    assert_eq!(world.get("/user/list").await["total"], 0);
    let users = &many[..500];
    let answer =
        post(&world, "/user/new_bulk", json!({"users": users, "auto_create_keys": false})).await.expect(200);
    assert_eq!(answer.json()["successful_creations"], 500);
    assert_eq!(world.get("/user/list").await["total"], 500);
}

#[tokio::test]
async fn each_user_is_changed_or_told_why_not() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann", "user_email": "ann@example.com"})).await;
    make(&world, json!({"user_id": "bob"})).await;
    let body = json!({"users": [
        {"user_id": "ann", "max_budget": 5},
        {"user_id": "bob", "user_email": "ann@example.com"},
        {"user_alias": "nobody"},
        {"user_email": "ann@example.com", "user_alias": "Ann"},
    ]});
    let answer = post(&world, "/user/bulk_update", body).await.expect(200).json();
    let counts = (&answer["total_requested"], &answer["successful_updates"], &answer["failed_updates"]);
    assert_eq!(counts, (&json!(4), &json!(2), &json!(2)));
    let results = &answer["results"];
    assert_eq!(
        (&results[0]["success"], &results[0]["updated_user"]["max_budget"]),
        (&json!(true), &json!(5.0))
    );
    assert_eq!((&results[1]["success"], &results[1]["user_id"]), (&json!(false), &json!("bob")));
    assert!(results[1]["error"].as_str().unwrap().contains("ann@example.com"));
    assert!(results[2]["error"].as_str().unwrap().contains("user_id"), "{results}");
    assert_eq!(
        (&results[3]["user_id"], &results[3]["updated_user"]["user_alias"]),
        (&json!("ann"), &json!("Ann"))
    );
}

#[tokio::test]
async fn everybody_is_changed_at_once() {
    let world = World::start().await;
    for id in ["ann", "bob"] {
        make(&world, json!({"user_id": id})).await;
    }
    let body = json!({"all_users": true, "user_updates": {"max_budget": 3, "budget_duration": "1d"}});
    let answer = post(&world, "/user/bulk_update", body).await.expect(200).json();
    assert_eq!((&answer["total_requested"], &answer["successful_updates"]), (&json!(2), &json!(2)));
    for id in ["ann", "bob"] {
        assert_eq!(info(&world, id).await["max_budget"], 3.0);
    }
    for body in [
        json!({}),
        json!({"all_users": true}),
        json!({"user_updates": {"max_budget": 1}}),
        json!({"all_users": true, "user_updates": {"max_budget": 1}, "users": [{"user_id": "ann"}]}),
        json!({"all_users": true, "user_updates": {"max_budget": -1}}),
        json!({"all_users": true, "user_updates": {"password": "correct horse"}}),
        json!({"all_users": true, "user_updates": {"user_email": "x@example.com"}}),
        json!({"all_users": true, "user_updates": {"user_id": "ann"}}),
    ] {
        let answer = world.admin(Method::POST, "/user/bulk_update", body.clone()).await;
        let expected = if body["user_updates"]["max_budget"] == -1 { 200 } else { 400 };
        assert_eq!(answer.status, expected, "{body}: {}", answer.text());
        if expected == 200 {
            assert_eq!(answer.json()["failed_updates"], 2);
        }
    }
    assert_eq!(info(&world, "ann").await["max_budget"], 3.0);
}
