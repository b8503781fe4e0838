//! `/audit`: who changed what and when.

mod filters;

use postern_tests::{Answer, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

pub async fn post(world: &World, path: &str, body: Value) -> Value {
    world.admin(Method::POST, path, body).await.expect(200).json()
}

/// The entries of a page.
pub async fn found(world: &World, query: &str) -> Vec<Value> {
    world.get(&format!("/audit?{query}")).await["audit_logs"].as_array().unwrap().clone()
}

async fn get_as(world: &World, key: &str, path: &str) -> Answer {
    let url = format!("{}{path}", world.gateway.url());
    receive(world.gateway.client().get(url).bearer_auth(key)).await
}

#[tokio::test]
async fn a_change_is_told_with_what_was_there_before_and_after() {
    let world = World::start().await;
    post(&world, "/budget/new", json!({"budget_id": "gold", "max_budget": 1})).await;
    let ada = post(&world, "/user/new", json!({"user_id": "ada", "user_role": "proxy_admin"})).await;
    let change = json!({"budget_id": "gold", "max_budget": 2});
    let url = format!("{}/budget/update", world.gateway.url());
    let request = world.gateway.client().post(url).bearer_auth(ada["key"].as_str().unwrap()).json(&change);
    receive(request).await.expect(200);
    post(&world, "/budget/delete", json!({"id": "gold"})).await;

    let entries = found(&world, "object_id=gold").await;
    let told: Vec<(&Value, &Value)> =
        entries.iter().map(|entry| (&entry["action"], &entry["changed_by"])).collect();
    let admin = json!("default_user_id");
    assert_eq!(
        told,
        [(&json!("deleted"), &admin), (&json!("updated"), &json!("ada")), (&json!("created"), &admin)]
    );
    let changed = &entries[1];
    assert_eq!(
        (&changed["table_name"], &changed["object_type"]),
        (&json!("LiteLLM_BudgetTable"), &json!("budget"))
    );
    assert_eq!(changed["changed_by_api_key"], ada["token"]);
    assert_eq!(entries[0]["changed_by_api_key"], "");
    let (before, after) = (&changed["before_value"], &changed["updated_values"]);
    assert!(before.is_object() && after.is_object() && before != after, "{changed}");
    assert_eq!((&entries[2]["before_value"], &entries[0]["updated_values"]), (&Value::Null, &Value::Null));
    assert_eq!(entries[2]["updated_values"], *before);
    assert_eq!(entries[0]["before_value"], *after);

    let one = world.get(&format!("/audit/{}", changed["id"].as_str().unwrap())).await;
    assert_eq!(one, *changed);
    for id in
        ["0197c0de-0000-7000-8000-000000000000", "nothing", "..%2f..%2fetc", "'%3B DROP TABLE audit_log"]
    {
        let missing = world.admin(Method::GET, &format!("/audit/{id}"), Value::Null).await.expect(404);
        assert_eq!(missing.json()["error"]["param"], "id", "{}", missing.text());
    }
}

#[tokio::test]
async fn nothing_secret_is_told() {
    let world = World::start().await;
    let made = post(&world, "/key/generate", json!({"key_alias": "mine"})).await;
    let rotated = post(&world, "/key/regenerate", json!({"key": made["token"]})).await;
    let parameters = json!({"model": "openai/x", "api_key": "sk-upstream-secret"});
    post(&world, "/model/new", json!({"model_name": "m", "litellm_params": parameters})).await;
    let text = world.get("/audit?page_size=100").await.to_string();
    for secret in [made["key"].as_str().unwrap(), rotated["key"].as_str().unwrap(), "sk-upstream-secret"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains("rotated") && text.contains("mine"), "{text}");
    // What was refused is no change.
    let before = world.get("/audit").await["total"].clone();
    world.admin(Method::POST, "/budget/new", json!({"max_budget": -1})).await.expect(400);
    assert_eq!(world.get("/audit").await["total"], before);
}

#[tokio::test]
async fn the_administrator_and_the_viewer_may_look_and_nobody_else() {
    let world = World::start().await;
    let id = found(&world, "").await[0]["id"].as_str().unwrap().to_owned();
    for (role, status) in [
        ("proxy_admin", 200),
        ("proxy_admin_viewer", 200),
        ("internal_user", 403),
        ("internal_user_viewer", 403),
    ] {
        let made = post(&world, "/user/new", json!({"user_role": role})).await;
        for path in ["/audit".to_owned(), format!("/audit/{id}")] {
            let answer = get_as(&world, made["key"].as_str().unwrap(), &path).await;
            assert_eq!(answer.status, status, "{role} {path}: {}", answer.text());
        }
    }
    get_as(&world, &world.key, "/audit").await.expect(403);
    get_as(&world, "sk-nobody", "/audit").await.expect(401);
}
