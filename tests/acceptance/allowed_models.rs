//! `allowed_models`: a limit of every level, beside `models` of keys, users, teams and organizations.

use postern_tests::{Answer, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(world: &World, path: &str, body: Value) -> Value {
    let method = if path == "/organization/member_update" { Method::PATCH } else { Method::POST };
    world.admin(method, path, body).await.expect(200).json()
}

async fn key(world: &World, body: Value) -> String {
    post(world, "/key/generate", body).await["key"].as_str().unwrap().to_owned()
}

async fn ask(world: &World, key: &str, model: &str, more: Value) -> Answer {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    receive(world.gateway.post("/v1/chat/completions", key, &body)).await
}

/// One model is let through, the other refused in the name of whoever does not allow it.
async fn check(world: &World, key: &str, more: Value, whose: &str) {
    ask(world, key, "good", more.clone()).await.expect(200);
    let calls = world.openai.calls();
    let refused = ask(world, key, "bad", more).await.expect(403);
    let error = &refused.json()["error"];
    assert_eq!(error["type"], format!("{whose}_model_access_denied"), "{}", refused.text());
    assert_eq!(error["param"], "model");
    assert!(error["message"].as_str().unwrap().contains("models=[good]"), "{}", refused.text());
    assert_eq!(world.openai.calls(), calls, "nothing was asked");
}

async fn world() -> World {
    let world = World::start().await;
    for name in ["good", "bad"] {
        let parameters =
            json!({"model": "openai/gpt-4o", "api_base": world.openai.url(), "api_key": "sk-upstream"});
        world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
    }
    world
}

#[tokio::test]
async fn hold_at_every_level() {
    let world = world().await;
    let only = json!(["good"]);
    let budget = post(&world, "/budget/new", json!({"budget_id": "few", "allowed_models": only})).await;
    assert_eq!(budget["allowed_models"], only);
    // A key, by what is said of it and by its budget.
    let own = key(&world, json!({"allowed_models": only})).await;
    check(&world, &own, json!({}), "key").await;
    let by_budget = key(&world, json!({"budget_id": "few"})).await;
    check(&world, &by_budget, json!({}), "key").await;
    // A person, for keys of their own.
    post(&world, "/user/new", json!({"user_id": "ann", "allowed_models": only, "auto_create_key": false}))
        .await;
    let anns = key(&world, json!({"user_id": "ann"})).await;
    check(&world, &anns, json!({}), "user").await;
    // A team, and somebody in one.
    post(&world, "/team/new", json!({"team_id": "narrow", "allowed_models": only})).await;
    let teams = key(&world, json!({"team_id": "narrow"})).await;
    check(&world, &teams, json!({}), "team").await;
    post(&world, "/team/new", json!({"team_id": "wide"})).await;
    let added =
        json!({"team_id": "wide", "member": {"role": "user", "user_id": "bob"}, "allowed_models": only});
    let added = post(&world, "/team/member_add", added).await;
    let shown = &added["updated_team_memberships"][0]["litellm_budget_table"];
    assert_eq!(shown["allowed_models"], only);
    let bobs = key(&world, json!({"team_id": "wide", "user_id": "bob"})).await;
    check(&world, &bobs, json!({}), "team_member").await;
    ask(&world, &key(&world, json!({"team_id": "wide"})).await, "bad", json!({})).await.expect(200);
    // An organization, and somebody in one.
    let organization =
        json!({"organization_id": "acme", "organization_alias": "Acme", "allowed_models": only});
    post(&world, "/organization/new", organization).await;
    let of_acme = key(&world, json!({"organization_id": "acme"})).await;
    check(&world, &of_acme, json!({}), "org").await;
    post(&world, "/organization/new", json!({"organization_id": "open", "organization_alias": "Open"})).await;
    let member = json!({"organization_id": "open", "member": {"role": "internal_user", "user_id": "cleo"}});
    post(&world, "/organization/member_add", member).await;
    let changed = json!({"organization_id": "open", "user_id": "cleo", "allowed_models": only});
    let changed = post(&world, "/organization/member_update", changed).await;
    assert_eq!(changed["litellm_budget_table"]["allowed_models"], only);
    let cleos = key(&world, json!({"organization_id": "open", "user_id": "cleo"})).await;
    check(&world, &cleos, json!({}), "org_member").await;
    // Whom and what requests name.
    post(&world, "/customer/new", json!({"user_id": "dan", "allowed_models": only})).await;
    check(&world, &world.key, json!({"user": "dan"}), "end_user").await;
    post(&world, "/tag/new", json!({"name": "cheap", "allowed_models": only})).await;
    check(&world, &world.key, json!({"metadata": {"tags": ["cheap"]}}), "tag").await;
    // Of those who may do everything, too.
    check(&world, world.gateway.admin_key(), json!({"user": "dan"}), "end_user").await;
}

#[tokio::test]
async fn are_replaced_cleared_and_checked() {
    let world = world().await;
    post(&world, "/customer/new", json!({"user_id": "dan", "allowed_models": ["good"]})).await;
    let fallback = json!({"user": "dan", "fallbacks": ["bad"]});
    let refused = ask(&world, &world.key, "good", fallback).await.expect(403);
    assert_eq!(refused.json()["error"]["type"], "end_user_model_access_denied");
    post(&world, "/customer/update", json!({"user_id": "dan", "allowed_models": ["b*"]})).await;
    ask(&world, &world.key, "bad", json!({"user": "dan"})).await.expect(200);
    ask(&world, &world.key, "good", json!({"user": "dan"})).await.expect(403);
    let cleared = post(&world, "/customer/update", json!({"user_id": "dan", "allowed_models": null})).await;
    assert_eq!(cleared["litellm_budget_table"]["allowed_models"], json!([]), "{cleared}");
    ask(&world, &world.key, "good", json!({"user": "dan"})).await.expect(200);
    for (wrong, status) in
        [(json!([""]), 400), (json!("good"), 422), (json!([7]), 422), (json!(vec!["m"; 1001]), 400)]
    {
        let body = json!({"user_id": "dan", "allowed_models": wrong});
        world.admin(Method::POST, "/customer/update", body).await.expect(status);
    }
    let near = json!({"user_id": "dan", "allowed_model": ["good"]});
    assert!(
        world
            .admin(Method::POST, "/customer/update", near)
            .await
            .expect(400)
            .text()
            .contains("allowed_models")
    );
    ask(&world, &world.key, "good", json!({"user": "dan"})).await.expect(200);
}

#[tokio::test]
async fn narrow_what_is_listed() {
    let world = world().await;
    let narrow = key(&world, json!({"allowed_models": ["good"]})).await;
    let listed = receive(
        world.gateway.client().get(format!("{}/v1/models", world.gateway.url())).bearer_auth(&narrow),
    )
    .await
    .expect(200)
    .json();
    let ids: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["good"]);
}

#[tokio::test]
async fn whom_they_bind_cannot_take_them_away() {
    let world = world().await;
    let team = json!({"team_id": "red", "allowed_models": ["good"], "members_with_roles": [{"role": "admin", "user_id": "ann"}]});
    post(&world, "/team/new", team).await;
    let organization =
        json!({"organization_id": "acme", "organization_alias": "Acme", "allowed_models": ["good"]});
    post(&world, "/organization/new", organization).await;
    let member = json!({"organization_id": "acme", "member": {"role": "org_admin", "user_id": "bob"}});
    post(&world, "/organization/member_add", member).await;
    let (anns, bobs) =
        (key(&world, json!({"user_id": "ann"})).await, key(&world, json!({"user_id": "bob"})).await);
    for wider in [Value::Null, json!(["*"]), json!(["good", "bad"])] {
        let body = json!({"team_id": "red", "allowed_models": wider});
        receive(world.gateway.post("/team/update", &anns, &body)).await.expect(403);
        let body = json!({"organization_id": "acme", "allowed_models": wider});
        let url = format!("{}/organization/update", world.gateway.url());
        receive(world.gateway.client().patch(url).bearer_auth(&bobs).json(&body)).await.expect(403);
    }
    check(&world, &key(&world, json!({"team_id": "red"})).await, json!({}), "team").await;
    // A key's own list adds nothing to its budget's, whoever changed it.
    post(&world, "/budget/new", json!({"budget_id": "few", "allowed_models": ["good"]})).await;
    let wide = key(&world, json!({"budget_id": "few", "allowed_models": ["good", "bad"]})).await;
    check(&world, &wide, json!({}), "key").await;
}
