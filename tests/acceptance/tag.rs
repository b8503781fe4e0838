//! `/tag/*`: names that requests, keys and teams carry, with limits and with deployments that are for them.

mod limits;
mod models;

use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

pub async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.admin(Method::POST, path, body).await
}

pub async fn info(world: &World, name: &str) -> Value {
    post(world, "/tag/info", json!({"names": [name]})).await.expect(200).json()[name].clone()
}

#[tokio::test]
async fn a_tag_is_made_shown_changed_and_removed() {
    let world = World::start().await;
    let body = json!({
        "name": "blue", "description": "what is blue", "max_budget": 2.5, "soft_budget": 2, "rpm_limit": 7,
        "tpm_limit": 700, "budget_duration": "1d", "model_max_budget": {"demo": {"max_budget": 1, "budget_duration": "1d"}},
    });
    let made = post(&world, "/tag/new", body.clone()).await.expect(200).json();
    assert!(made["message"].as_str().unwrap().contains("blue"));
    let listed = world.get("/tag/list").await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    for shown in [&made["tag"], &info(&world, "blue").await, &listed[0]] {
        for (name, value) in [
            ("name", json!("blue")),
            ("description", json!("what is blue")),
            ("models", json!([])),
            ("model_info", json!({})),
            ("spend", json!(0.0)),
            ("created_by", json!("default_user_id")),
        ] {
            assert_eq!(shown[name], value, "{name}: {shown}");
        }
        assert!(shown["created_at"].as_str().is_some() && shown["updated_at"].as_str().is_some(), "{shown}");
        let budget = &shown["litellm_budget_table"];
        for (name, value) in [
            ("max_budget", json!(2.5)),
            ("soft_budget", json!(2.0)),
            ("rpm_limit", json!(7)),
            ("tpm_limit", json!(700)),
            ("budget_duration", json!("1d")),
        ] {
            assert_eq!(budget[name], value, "{name}: {budget}");
        }
        assert_eq!(budget["budget_id"], shown["budget_id"]);
    }
    let again = post(&world, "/tag/new", body).await.expect(409).json();
    assert_eq!(again["error"]["param"], "name");
    assert!(again["detail"]["error"].as_str().unwrap().contains("blue"), "{again}");

    let change = json!({"name": "blue", "description": null, "max_budget": 3, "rpm_limit": null});
    let changed = post(&world, "/tag/update", change).await.expect(200).json();
    assert_eq!(changed["tag"]["description"], Value::Null);
    let budget = &changed["tag"]["litellm_budget_table"];
    assert_eq!(
        (&budget["max_budget"], &budget["rpm_limit"], &budget["tpm_limit"]),
        (&json!(3.0), &Value::Null, &json!(700))
    );
    assert_eq!(info(&world, "blue").await, changed["tag"]);

    let gone = post(&world, "/tag/delete", json!({"name": "blue"})).await.expect(200).json();
    assert!(gone["message"].as_str().unwrap().contains("blue"));
    assert_eq!(world.get("/tag/list").await, json!([]));
    for (path, body) in [
        ("/tag/delete", json!({"name": "blue"})),
        ("/tag/update", json!({"name": "blue", "description": "again"})),
        ("/tag/info", json!({"names": ["blue"]})),
    ] {
        let missing = post(&world, path, body).await.expect(404).json();
        assert!(missing["error"]["message"].as_str().unwrap().contains("blue"), "{path}: {missing}");
    }
    let budgets =
        post(&world, "/budget/info", json!({"budgets": [made["tag"]["budget_id"]]})).await.expect(200).json();
    assert_eq!(budgets, json!([]), "the budget that was made for one goes with it");
    let actions: Vec<Value> = world.get("/audit?table_name=tag&sort_order=asc").await["audit_logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].clone())
        .collect();
    assert_eq!(actions, ["created", "updated", "deleted"]);
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    let world = World::start().await;
    post(&world, "/tag/new", json!({"name": "blue", "description": "as it was"})).await.expect(200);
    let before = world.get("/tag/list").await;
    for (field, value, status) in [
        ("max_budget", json!(-1), 400),
        ("soft_budget", json!(-1), 400),
        ("rpm_limit", json!(-1), 400),
        ("tpm_limit", json!(-1), 400),
        ("budget_duration", json!("soon"), 400),
        ("budget_id", json!("nothing"), 400),
        ("models", json!(["nothing"]), 400),
        ("description", json!("x".repeat(2001)), 400),
        ("max_bugdet", json!(1), 400),
        ("models", json!("nothing"), 422),
        ("model_info", json!([]), 422),
        ("description", json!(7), 422),
        ("max_budget", json!("much"), 422),
        ("rpm_limit", json!(1.5), 422),
    ] {
        for (path, name) in [("/tag/new", "red"), ("/tag/update", "blue")] {
            let mut body = json!({"name": name});
            body[field] = value.clone();
            let answer = post(&world, path, body).await;
            assert_eq!(answer.status, status, "{path} {field}: {}", answer.text());
            assert!(answer.text().contains(field), "{path} {field}: {}", answer.text());
            assert!(!answer.request_id().is_empty());
        }
    }
    for name in ["", " ", "a\nb", &"x".repeat(201)] {
        let answer = post(&world, "/tag/new", json!({"name": name})).await.expect(400);
        assert_eq!(answer.json()["error"]["param"], "name", "{name:?}");
    }
    for path in ["/tag/new", "/tag/update", "/tag/delete"] {
        for body in [json!({}), json!([]), json!({"name": 7}), json!({"name": null})] {
            post(&world, path, body).await.expect(422);
        }
    }
    post(&world, "/tag/info", json!({"names": []})).await.expect(400);
    for body in [json!({}), json!({"names": "blue"}), json!({"names": [7]})] {
        post(&world, "/tag/info", body).await.expect(422);
    }
    post(&world, "/tag/info", json!({"names": ["blue", "nothing"]})).await.expect(404);
    assert_eq!(world.get("/tag/list").await, before);
    world.assert_well().await;
}

#[tokio::test]
async fn odd_names_are_kept_as_they_are() {
    let world = World::start().await;
    let odd = ["../../etc/passwd", "'; DROP TABLE tags; --", "ünïcode 標籤", "%00"];
    for name in odd {
        post(&world, "/tag/new", json!({"name": name, "description": name})).await.expect(200);
        assert_eq!(info(&world, name).await["description"], name);
        let mut body = Caller::Chat.body("demo", false);
        body["metadata"] = json!({"tags": [name]});
        receive(world.gateway.post("/v1/chat/completions", &world.key, &body)).await.expect(200);
    }
    let list = world.get("/tag/list").await;
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names, odd);
    world.assert_well().await;
}

#[tokio::test]
async fn names_that_only_requests_carry_are_listed_after_the_others() {
    let world = World::start().await;
    post(&world, "/tag/new", json!({"name": "blue"})).await.expect(200);
    for tag in ["blue", "green"] {
        let mut body = Caller::Chat.body("oa/gpt-4o-mini", false);
        body["tags"] = json!([tag]);
        receive(world.gateway.post("/v1/chat/completions", &world.key, &body)).await.expect(200);
    }
    let list = world.get("/tag/list").await;
    assert_eq!((&list[0]["name"], &list[1]["name"]), (&json!("blue"), &json!("green")), "{list}");
    assert_eq!(list.as_array().unwrap().len(), 2);
    for (member, value) in [("models", Value::Null), ("created_by", Value::Null), ("budget_id", Value::Null)]
    {
        assert_eq!(list[1][member], value, "{member}");
    }
    assert!(list[0]["spend"].as_f64() > Some(0.0), "{list}");
    assert_eq!(list[0]["spend"], list[1]["spend"]);
    // It is there as soon as something is said of it.
    post(&world, "/tag/info", json!({"names": ["green"]})).await.expect(404);
    post(&world, "/tag/new", json!({"name": "green"})).await.expect(200);
    assert_eq!(world.get("/tag/list").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn tags_are_the_administrators_and_the_viewer_may_look() {
    let world = World::start().await;
    post(&world, "/tag/new", json!({"name": "blue"})).await.expect(200);
    let viewer = json!({"user_id": "vera", "user_role": "proxy_admin_viewer"});
    let viewer = post(&world, "/user/new", viewer).await.expect(200).json();
    let viewer = viewer["key"].as_str().unwrap();
    for (method, path, seen) in [
        (Method::POST, "/tag/new", 403),
        (Method::POST, "/tag/update", 403),
        (Method::POST, "/tag/delete", 403),
        (Method::POST, "/tag/info", 200),
        (Method::GET, "/tag/list", 200),
    ] {
        let url = format!("{}{path}", world.gateway.url());
        let body = json!({"name": "blue", "names": ["blue"], "description": "theirs"});
        for (key, status) in [(viewer, seen), (&world.key, 403), ("sk-nobody", 401)] {
            let request = world.gateway.client().request(method.clone(), &url).bearer_auth(key).json(&body);
            let answer = receive(request).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text());
        }
    }
    assert_eq!(info(&world, "blue").await["description"], Value::Null);
}
