//! `/organization/*`: tenants, their budgets, and what goes with them.

mod members;

use postern_testkit::{Reply, Usage};
use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

pub async fn make(world: &World, body: Value) -> Value {
    world.admin(Method::POST, "/organization/new", body).await.expect(200).json()
}

pub async fn info(world: &World, id: &str) -> Value {
    world.get(&format!("/organization/info?organization_id={id}")).await
}

/// A model of which each answer costs ten cents, told beforehand by `max_tokens`.
pub async fn dear_model(world: &World) {
    let parameters = json!({
        "model": "openai/x", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.0, "output_cost_per_token": 0.01,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    let usage = Usage { input: 1, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
}

pub async fn ask_dear(world: &World, key: &str, more: Value) -> Answer {
    let mut body = Caller::Chat.body("dear", false);
    body["max_tokens"] = json!(10);
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    receive(world.gateway.post("/v1/chat/completions", key, &body)).await
}

#[tokio::test]
async fn an_organization_is_made_shown_and_found_again() {
    let world = World::start().await;
    let made = make(
        &world,
        json!({
            "organization_alias": "Acme Corp", "models": ["gpt-4", "claude-3-opus"], "metadata": {"industry": "Technology"},
            "max_budget": 100.5, "soft_budget": 80, "tpm_limit": 1000, "rpm_limit": 10, "max_parallel_requests": 3,
            "budget_duration": "30d", "model_max_budget": {"gpt-4": 5}, "model_rpm_limit": {"gpt-4": 2},
            "model_tpm_limit": {"gpt-4": 20}, "somebody_elses_field": 1,
        }),
    )
    .await;
    let id = made["organization_id"].as_str().unwrap();
    let budget_id = made["budget_id"].as_str().unwrap();
    for shown in [&made, &info(&world, id).await, &world.get("/organization/list").await[0]] {
        for (name, value) in [
            ("organization_id", json!(id)),
            ("organization_alias", json!("Acme Corp")),
            ("models", json!(["gpt-4", "claude-3-opus"])),
            ("metadata", json!({"industry": "Technology"})),
            ("spend", json!(0.0)),
            ("max_budget", json!(100.5)),
            ("budget_id", json!(budget_id)),
            ("users", Value::Null),
            ("members", json!([])),
            ("teams", json!([])),
            ("created_by", json!("default_user_id")),
            ("model_rpm_limit", json!({"gpt-4": 2})),
            ("model_tpm_limit", json!({"gpt-4": 20})),
        ] {
            assert_eq!(shown[name], value, "{name}");
        }
        let budget = &shown["litellm_budget_table"];
        for (name, value) in [
            ("budget_id", json!(budget_id)),
            ("max_budget", json!(100.5)),
            ("soft_budget", json!(80.0)),
            ("tpm_limit", json!(1000)),
            ("rpm_limit", json!(10)),
            ("max_parallel_requests", json!(3)),
            ("budget_duration", json!("30d")),
        ] {
            assert_eq!(budget[name], value, "{name}");
        }
        assert_eq!(budget["model_max_budget"]["gpt-4"]["max_budget"], 5.0);
        assert!(budget["budget_reset_at"].as_str().is_some_and(|at| at.ends_with("T00:00:00.000Z")));
    }
    let several = json!({"organizations": [id, "nothing"]});
    let several = world.admin(Method::POST, "/organization/info", several).await.expect(200).json();
    assert_eq!((several.as_array().unwrap().len(), &several[0]["organization_id"]), (1, &json!(id)));
    // The budget that was made for it is one like all others, and not in the list of those that were named.
    let found =
        world.admin(Method::POST, "/budget/info", json!({"budgets": [budget_id]})).await.expect(200).json();
    assert_eq!(found[0]["max_budget"], 100.5);
    assert_eq!(world.get("/budget/list").await, json!([]));
    world.admin(Method::POST, "/budget/delete", json!({"id": budget_id})).await.expect(409);
    let record = world.get(&format!("/organization/list?org_id={id}")).await;
    assert_eq!(record.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_budget_may_be_shared_and_then_own_limits_come_first() {
    let world = World::start().await;
    let budget = json!({"budget_id": "gold", "max_budget": 10, "rpm_limit": 5, "budget_duration": "1d"});
    world.admin(Method::POST, "/budget/new", budget).await.expect(200);
    let made = make(
        &world,
        json!({"organization_id": "a", "organization_alias": "a", "budget_id": "gold", "max_budget": 3}),
    )
    .await;
    let table = &made["litellm_budget_table"];
    assert_eq!(
        (&made["budget_id"], &table["max_budget"], &table["rpm_limit"]),
        (&json!("gold"), &json!(3.0), &json!(5))
    );
    make(&world, json!({"organization_id": "b", "organization_alias": "b", "budget_id": "gold"})).await;
    // What is said of one leaves the budget, and the other, as they are.
    let body = json!({"organization_id": "a", "rpm_limit": 2, "max_budget": null});
    world.admin(Method::PATCH, "/organization/update", body).await.expect(200);
    let (a, b) = (info(&world, "a").await, info(&world, "b").await);
    assert_eq!((&a["rpm_limit"], &a["max_budget"]), (&json!(2), &json!(10.0)));
    assert_eq!((&b["rpm_limit"], &b["max_budget"]), (&json!(5), &json!(10.0)));
    // A budget with another period moves whoever refers to it.
    world
        .admin(Method::POST, "/budget/update", json!({"budget_id": "gold", "budget_duration": "30d"}))
        .await
        .expect(200);
    let moved = info(&world, "b").await;
    assert_eq!(moved["budget_duration"], "30d");
    assert_ne!(moved["budget_reset_at"], b["budget_reset_at"]);
    world.admin(Method::POST, "/budget/delete", json!({"id": "gold"})).await.expect(409);
    world
        .admin(Method::PATCH, "/organization/update", json!({"organization_id": "a", "budget_id": null}))
        .await
        .expect(200);
    assert_eq!(info(&world, "a").await["max_budget"], Value::Null);
    // A budget made for one thing goes when another takes its place.
    let own = make(&world, json!({"organization_id": "c", "organization_alias": "c", "max_budget": 1})).await;
    let own = own["budget_id"].clone();
    let body = json!({"organization_id": "c", "budget_id": "gold"});
    world.admin(Method::PATCH, "/organization/update", body).await.expect(200);
    let found = world.admin(Method::POST, "/budget/info", json!({"budgets": [own]})).await.expect(200).json();
    assert_eq!(found, json!([]));
}

#[tokio::test]
async fn an_organization_changes_and_null_clears() {
    let world = World::start().await;
    let made =
        make(&world, json!({"organization_id": "acme", "organization_alias": "Acme", "max_budget": 1})).await;
    let body = json!({
        "organization_id": "acme", "organization_alias": "Updated Corp Name", "max_budget": 20000, "models": ["demo"],
        "metadata": {"a": 1},
    });
    let updated = world.admin(Method::PATCH, "/organization/update", body).await.expect(200).json();
    for (name, value) in [
        ("organization_alias", json!("Updated Corp Name")),
        ("max_budget", json!(20000.0)),
        ("models", json!(["demo"])),
        ("metadata", json!({"a": 1})),
        ("budget_id", made["budget_id"].clone()),
    ] {
        assert_eq!(updated[name], value, "{name}");
    }
    let body = json!({"organization_id": "acme", "max_budget": null, "models": null, "metadata": null});
    let cleared = world.admin(Method::PATCH, "/organization/update", body).await.expect(200).json();
    assert_eq!((&cleared["max_budget"], &cleared["models"]), (&Value::Null, &json!([])));
    // Through its budget, too.
    let body = json!({"budget_id": made["budget_id"], "max_budget": 7});
    world.admin(Method::POST, "/budget/update", body).await.expect(200);
    assert_eq!(info(&world, "acme").await["max_budget"], 7.0);
    world
        .admin(Method::PATCH, "/organization/update", json!({"organization_id": "nothing"}))
        .await
        .expect(404);
}

#[tokio::test]
async fn lists_are_filtered() {
    let world = World::start().await;
    for alias in ["Red team", "red cross", "Blue"] {
        make(&world, json!({"organization_alias": alias})).await;
    }
    let found = async |query: &str| {
        let list = world.get(&format!("/organization/list{query}")).await;
        list.as_array().unwrap().iter().map(|row| row["organization_alias"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["Red team", "red cross", "Blue"]);
    assert_eq!(found("?org_alias=RED").await, ["Red team", "red cross"]);
    assert_eq!(found("?org_alias=%25").await, Vec::<Value>::new());
    assert_eq!(found("?org_id=nothing").await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    let world = World::start().await;
    make(&world, json!({"organization_id": "acme", "organization_alias": "Acme"})).await;
    let before = info(&world, "acme").await;
    for (field, value) in [
        ("max_budget", json!(-1)),
        ("max_budget", json!(1e300)),
        ("soft_budget", json!(-0.5)),
        ("rpm_limit", json!(-1)),
        ("tpm_limit", json!(-1)),
        ("max_parallel_requests", json!(-1)),
        ("budget_duration", json!("soon")),
        ("budget_duration", json!("-1d")),
        ("budget_id", json!("nothing")),
        ("organization_alias", json!(" ")),
        ("organization_alias", json!("x".repeat(201))),
        ("organization_alias", json!("a\u{0}b")),
        ("models", json!([""])),
        ("model_max_budget", json!({"x": "much"})),
        ("model_rpm_limit", json!({"x": -1})),
        ("object_permission", json!({"mcp_servers": ["a"]})),
        ("max_bugdet", json!(1)),
    ] {
        for (method, path) in [(Method::POST, "/organization/new"), (Method::PATCH, "/organization/update")] {
            let mut body = json!({"organization_alias": "x", "organization_id": "acme"});
            if path == "/organization/new" {
                body["organization_id"] = json!("other");
            }
            body[field] = value.clone();
            let answer = world.admin(method, path, body).await;
            assert_eq!(answer.status, 400, "{path} {field}: {}", answer.text());
            assert!(answer.text().contains(field), "{path} {field}: {}", answer.text());
        }
    }
    for (method, path, body) in [
        (Method::POST, "/organization/new", json!({})),
        (Method::POST, "/organization/new", json!([])),
        (Method::POST, "/organization/new", json!({"organization_alias": 7})),
        (Method::POST, "/organization/new", json!({"organization_alias": "x", "models": "x"})),
        (Method::POST, "/organization/new", json!({"organization_alias": "x", "rpm_limit": 1.5})),
        (Method::PATCH, "/organization/update", json!({"organization_alias": "x"})),
        (Method::DELETE, "/organization/delete", json!({"organization_ids": "acme"})),
        (Method::POST, "/organization/info", json!({"organizations": 1})),
    ] {
        let answer = world.admin(method, path, body.clone()).await;
        assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text());
        assert!(answer.json()["detail"][0]["loc"].is_array(), "{}", answer.text());
    }
    world.admin(Method::GET, "/organization/info", Value::Null).await.expect(422);
    world.admin(Method::GET, "/organization/info?organization_id=nothing", Value::Null).await.expect(404);
    world.admin(Method::POST, "/organization/info", json!({"organizations": []})).await.expect(400);
    world.admin(Method::DELETE, "/organization/delete", json!({"organization_ids": []})).await.expect(400);
    let again = json!({"organization_id": "acme", "organization_alias": "again"});
    world.admin(Method::POST, "/organization/new", again).await.expect(409);
    assert_eq!(info(&world, "acme").await, before);
    assert_eq!(world.get("/organization/list").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn odd_names_are_kept_as_they_are() {
    let world = World::start().await;
    for odd in ["../../etc/passwd", "'; DROP TABLE organizations; --", "<b>&amp;</b>", "ünïcode 組織", "%00"]
    {
        let made =
            make(&world, json!({"organization_id": odd, "organization_alias": odd, "metadata": {odd: odd}}))
                .await;
        assert_eq!((&made["organization_id"], &made["organization_alias"]), (&json!(odd), &json!(odd)));
        let found = world
            .admin(Method::POST, "/organization/info", json!({"organizations": [odd]}))
            .await
            .expect(200)
            .json();
        assert_eq!(found[0]["metadata"][odd], odd);
    }
    assert_eq!(world.get("/organization/list").await.as_array().unwrap().len(), 5);
    world.assert_well().await;
}

#[tokio::test]
async fn what_goes_takes_its_teams_and_keys_with_it() {
    let world = World::start().await;
    dear_model(&world).await;
    let made =
        make(&world, json!({"organization_id": "acme", "organization_alias": "Acme", "max_budget": 0.25}))
            .await;
    make(&world, json!({"organization_id": "other", "organization_alias": "Other"})).await;
    let team = json!({"team_id": "blue", "team_alias": "Blue", "organization_id": "acme"});
    world.admin(Method::POST, "/team/new", team).await.expect(200);
    let key = world.gateway.new_key(json!({"organization_id": "acme"})).await;
    let of_team = world.gateway.new_key(json!({"team_id": "blue"})).await;
    let member = json!({"organization_id": "acme", "member": {"role": "internal_user", "user_id": "ann"}});
    world.admin(Method::POST, "/organization/member_add", member).await.expect(200);
    let shown = info(&world, "acme").await;
    assert_eq!(shown["teams"][0]["team_id"], "blue");
    // What is spent by both counts for the organization, and both are stopped by its budget.
    ask_dear(&world, &key, Value::Null).await.expect(200);
    ask_dear(&world, &of_team, Value::Null).await.expect(200);
    let refused = ask_dear(&world, &of_team, Value::Null).await.expect(402);
    assert!(refused.text().contains("Organization=acme"), "{}", refused.text());
    assert_eq!(info(&world, "acme").await["spend"], 0.2);
    let raised = json!({"organization_id": "acme", "max_budget": 1});
    world.admin(Method::PATCH, "/organization/update", raised).await.expect(200);
    ask_dear(&world, &of_team, Value::Null).await.expect(200);
    let below = json!({"organization_id": "acme", "max_budget": 0.1});
    world.admin(Method::PATCH, "/organization/update", below).await.expect(400);

    // One that does not exist, and none goes.
    let both = json!({"organization_ids": ["acme", "nothing"]});
    world.admin(Method::DELETE, "/organization/delete", both).await.expect(404);
    ask_dear(&world, &key, Value::Null).await.expect(200);
    let one = json!({"organization_ids": ["acme"]});
    let gone = world.admin(Method::DELETE, "/organization/delete", one.clone()).await.expect(200).json();
    assert_eq!(
        (&gone[0]["organization_id"], &gone[0]["members"][0]["user_id"]),
        (&json!("acme"), &json!("ann"))
    );
    world.admin(Method::DELETE, "/organization/delete", one).await.expect(404);
    for key in [&key, &of_team] {
        ask_dear(&world, key, Value::Null).await.expect(401);
    }
    world.admin(Method::GET, "/organization/info?organization_id=acme", Value::Null).await.expect(404);
    world.admin(Method::GET, "/team/info?team_id=blue", Value::Null).await.expect(404);
    assert_eq!(world.get("/user/info?user_id=ann").await["user_id"], "ann", "people stay");
    let budgets = json!({"budgets": [made["budget_id"]]});
    assert_eq!(world.admin(Method::POST, "/budget/info", budgets).await.expect(200).json(), json!([]));
    assert_eq!(world.get("/organization/list").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_blocked_organization_is_refused_and_its_models_are_the_limit() {
    let world = World::start().await;
    make(&world, json!({"organization_id": "acme", "organization_alias": "Acme", "models": ["demo"]})).await;
    let key = world.gateway.new_key(json!({"organization_id": "acme"})).await;
    let ask = |model: &str| {
        receive(world.gateway.post("/v1/chat/completions", &key, &Caller::Chat.body(model, false)))
    };
    ask("demo").await.expect(200);
    let refused = ask("oa/x").await.expect(403);
    assert!(refused.text().contains("org not allowed"), "{}", refused.text());
    let body = json!({"organization_id": "acme", "blocked": true});
    world.admin(Method::PATCH, "/organization/update", body).await.expect(200);
    ask("demo").await.expect(401);
    let body = json!({"organization_id": "acme", "blocked": false});
    world.admin(Method::PATCH, "/organization/update", body).await.expect(200);
    ask("demo").await.expect(200);
}
