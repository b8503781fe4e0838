//! `/customer/*` and `/end_user/*`: end users, whom requests name.

mod region;
mod strangers;

use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{ask_dear, dear_model};

pub async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.admin(Method::POST, path, body).await
}

pub async fn info(world: &World, id: &str) -> Value {
    world.get(&format!("/customer/info?end_user_id={id}")).await
}

#[tokio::test]
async fn a_customer_is_made_shown_changed_and_removed() {
    let world = World::start().await;
    for root in ["customer", "end_user"] {
        let body = json!({
            "user_id": "ann", "alias": "Ann", "max_budget": 2.5, "rpm_limit": 7, "budget_duration": "1d",
            "allowed_model_region": "eu", "default_model": "demo", "blocked": false,
        });
        let made = post(&world, &format!("/{root}/new"), body.clone()).await.expect(200).json();
        for shown in [
            &made,
            &world.get(&format!("/{root}/info?end_user_id=ann")).await,
            &world.get(&format!("/{root}/list")).await[0],
        ] {
            for (name, value) in [
                ("user_id", json!("ann")),
                ("alias", json!("Ann")),
                ("blocked", json!(false)),
                ("spend", json!(0.0)),
                ("allowed_model_region", json!("eu")),
                ("default_model", json!("demo")),
            ] {
                assert_eq!(shown[name], value, "{name}");
            }
            let budget = &shown["litellm_budget_table"];
            assert_eq!(
                (&budget["max_budget"], &budget["rpm_limit"], &budget["budget_duration"]),
                (&json!(2.5), &json!(7), &json!("1d"))
            );
            assert_eq!(shown["budget_id"], budget["budget_id"]);
        }
        let again = post(&world, &format!("/{root}/new"), body).await.expect(400).json();
        assert_eq!(
            (&again["error"]["type"], &again["error"]["param"]),
            (&json!("bad_request"), &json!("user_id"))
        );
        let body = json!({"user_id": "ann", "alias": null, "max_budget": 3, "allowed_model_region": null, "default_model": null});
        let changed = post(&world, &format!("/{root}/update"), body).await.expect(200).json();
        assert_eq!((&changed["alias"], &changed["default_model"]), (&Value::Null, &Value::Null));
        assert_eq!(changed["litellm_budget_table"]["max_budget"], 3.0);
        let missing =
            post(&world, &format!("/{root}/delete"), json!({"user_ids": ["ann", "bob"]})).await.expect(404);
        assert!(missing.text().contains("bob") && !missing.text().contains("ann,"), "{}", missing.text());
        let gone =
            post(&world, &format!("/{root}/delete"), json!({"user_ids": ["ann"]})).await.expect(200).json();
        assert_eq!(gone["deleted_customers"], 1);
        let unknown =
            world.admin(Method::GET, &format!("/{root}/info?end_user_id=ann"), Value::Null).await.expect(404);
        assert_eq!(unknown.json()["error"]["type"], "not_found");
        post(&world, &format!("/{root}/update"), json!({"user_id": "ann"})).await.expect(404);
        let budgets =
            post(&world, "/budget/info", json!({"budgets": [made["budget_id"]]})).await.expect(200).json();
        assert_eq!(budgets, json!([]), "the budget that was made for one goes with them");
    }
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    let world = World::start().await;
    post(&world, "/customer/new", json!({"user_id": "ann"})).await.expect(200);
    let before = info(&world, "ann").await;
    for (field, value, status) in [
        ("max_budget", json!(-1), 400),
        ("rpm_limit", json!(-1), 400),
        ("budget_duration", json!("soon"), 400),
        ("budget_id", json!("nothing"), 400),
        ("alias", json!(""), 400),
        ("alias", json!("a\nb"), 400),
        ("max_bugdet", json!(1), 400),
        ("object_permission", json!({"mcp_servers": ["a"]}), 400),
        ("default_model", json!("nothing-of-that-name"), 422),
        ("allowed_model_region", json!("mars"), 422),
        ("blocked", json!("yes"), 422),
        ("max_budget", json!("much"), 422),
    ] {
        for (path, id) in [("/customer/new", "bob"), ("/customer/update", "ann")] {
            let mut body = json!({"user_id": id});
            body[field] = value.clone();
            let answer = post(&world, path, body).await;
            assert_eq!(answer.status, status, "{path} {field}: {}", answer.text());
            assert!(answer.text().contains(field), "{path} {field}: {}", answer.text());
        }
    }
    post(&world, "/budget/new", json!({"budget_id": "gold", "max_budget": 1})).await.expect(200);
    let both = json!({"user_id": "bob", "budget_id": "gold", "max_budget": 1});
    post(&world, "/customer/new", both).await.expect(422);
    for body in [json!({}), json!([]), json!({"user_id": 7})] {
        post(&world, "/customer/new", body).await.expect(422);
    }
    post(&world, "/customer/new", json!({"user_id": " "})).await.expect(400);
    post(&world, "/customer/new", json!({"user_id": "x".repeat(201)})).await.expect(400);
    for path in ["/customer/delete", "/customer/block", "/customer/unblock"] {
        post(&world, path, json!({"user_ids": []})).await.expect(400);
        post(&world, path, json!({"user_ids": "ann"})).await.expect(422);
        post(&world, path, json!({})).await.expect(422);
    }
    post(&world, "/customer/block", json!({"user_ids": ["bob", ""]})).await.expect(400);
    post(&world, "/customer/unblock", json!({"user_ids": ["ann", "bob"]})).await.expect(404);
    world.admin(Method::GET, "/customer/info", Value::Null).await.expect(422);
    assert_eq!(info(&world, "ann").await, before);
    assert_eq!(world.get("/customer/list").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn odd_names_are_kept_as_they_are() {
    let world = World::start().await;
    for odd in ["../../etc/passwd", "'; DROP TABLE customers; --", "ünïcode 顧客", "%00"] {
        post(&world, "/customer/new", json!({"user_id": odd, "alias": odd})).await.expect(200);
        let mut body = Caller::Chat.body("demo", false);
        body["user"] = json!(odd);
        receive(world.gateway.post("/v1/chat/completions", &world.key, &body)).await.expect(200);
    }
    let list = world.get("/customer/list").await;
    assert_eq!(list.as_array().unwrap().len(), 4);
    assert!(list.as_array().unwrap().iter().all(|row| row["alias"] == row["user_id"]), "{list}");
    world.assert_well().await;
}

/// Asks for somebody in all the ways in which they can be named.
async fn ask_for(world: &World, id: &str) -> Vec<Answer> {
    let chat = |user: Value| {
        let mut body = Caller::Chat.body("demo", false);
        body["user"] = user;
        body
    };
    let mut messages = Caller::Messages.body("demo", false);
    messages["metadata"] = json!({"user_id": id});
    let mut stream = Caller::Chat.body("demo", true);
    stream["user"] = json!(id);
    let header = world.gateway.post("/v1/chat/completions", &world.key, &chat(json!("somebody-else")));
    let embeddings =
        world.gateway.post("/v1/embeddings", &world.key, &json!({"model": "oa/x", "input": "a"}));
    let passed =
        world.gateway.post("/providers/oa/v1/chat/completions", &world.key, &Caller::Chat.body("x", false));
    vec![
        receive(world.gateway.post("/v1/chat/completions", &world.key, &chat(json!(id)))).await,
        receive(world.gateway.post("/v1/messages", &world.key, &messages)).await,
        receive(world.gateway.post("/v1/chat/completions", &world.key, &stream)).await,
        receive(header.header("x-litellm-customer-id", id)).await,
        receive(embeddings.header("x-litellm-end-user-id", id)).await,
        receive(passed.header("x-litellm-customer-id", id)).await,
    ]
}

#[tokio::test]
async fn a_blocked_customer_is_refused_at_once_however_they_are_named() {
    let world = World::start().await;
    let blocked = post(&world, "/customer/block", json!({"user_ids": ["eve"]})).await.expect(200).json();
    assert_eq!(
        (&blocked["blocked_users"][0]["user_id"], &blocked["blocked_users"][0]["blocked"]),
        (&json!("eve"), &json!(true))
    );
    for answer in ask_for(&world, "eve").await {
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.text().contains("End User=eve is blocked"), "{}", answer.text());
    }
    assert_eq!(world.openai.calls(), 0);
    for answer in ask_for(&world, "ann").await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let open = post(&world, "/customer/unblock", json!({"user_ids": ["eve"]})).await.expect(200).json();
    assert_eq!(open["unblocked_users"][0]["blocked"], false);
    for answer in ask_for(&world, "eve").await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

#[tokio::test]
async fn who_is_named_for_the_first_time_is_on_the_list() {
    let world = World::start().await;
    for _ in 0..2 {
        ask_for(&world, "ann").await;
    }
    let list = world.get("/customer/list").await;
    let ids: Vec<&str> =
        list.as_array().unwrap().iter().map(|row| row["user_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["ann"], "whom a header names is not whom the body names");
    assert_eq!((&list[0]["blocked"], &list[0]["litellm_budget_table"]), (&json!(false), &Value::Null));
    // They are there as if somebody had made them.
    let body = json!({"user_id": "ann", "max_budget": 1});
    post(&world, "/customer/update", body).await.expect(200);
}

#[tokio::test]
async fn a_customers_budget_holds_whatever_key_is_used() {
    let world = World::start().await;
    dear_model(&world).await;
    post(&world, "/customer/new", json!({"user_id": "ann", "max_budget": 0.25})).await.expect(200);
    let other = world.gateway.new_key(json!({})).await;
    let ann = json!({"user": "ann"});
    ask_dear(&world, &world.key, ann.clone()).await.expect(200);
    ask_dear(&world, &other, ann.clone()).await.expect(200);
    let refused = ask_dear(&world, &other, ann.clone()).await.expect(402);
    assert!(refused.text().contains("End User=ann"), "{}", refused.text());
    assert_eq!(info(&world, "ann").await["spend"], 0.2);
    ask_dear(&world, &other, json!({"user": "bob"})).await.expect(200);
    let below = json!({"user_id": "ann", "max_budget": 0.1});
    post(&world, "/customer/update", below).await.expect(400);
    let anew =
        post(&world, "/customer/update", json!({"user_id": "ann", "spend": 0})).await.expect(200).json();
    assert_eq!(anew["spend"], 0.0);
    ask_dear(&world, &other, ann).await.expect(200);
}

#[tokio::test]
async fn customers_are_the_administrators() {
    let world = World::start().await;
    for (method, path) in [
        (Method::POST, "/customer/new"),
        (Method::GET, "/customer/list"),
        (Method::GET, "/end_user/list"),
        (Method::GET, "/end_user/info?end_user_id=ann"),
        (Method::POST, "/end_user/block"),
    ] {
        let url = format!("{}{path}", world.gateway.url());
        let body = json!({"user_id": "ann", "user_ids": ["ann"]});
        receive(world.gateway.client().request(method, url).bearer_auth(&world.key).json(&body))
            .await
            .expect(403);
    }
    assert_eq!(world.get("/customer/list").await, json!([]));
}
