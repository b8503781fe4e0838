//! `/console/spend`: the same as the ledger's rows, however it is cut.

use postern_testkit::{Reply, Usage};
use postern_tests::{World, receive};
use reqwest::Method;
use serde_json::{Value, json};

/// Nano-dollars.
const CENT: i64 = 10_000_000;

/// Two models, of which the second is ten times as dear, and one without a price.
async fn world() -> World {
    let world = World::start().await;
    for (name, price) in [("plain", 0.001), ("dear", 0.01)] {
        let parameters = json!({
            "model": format!("openai/{name}-itself"), "api_base": world.openai.url(), "api_key": "sk-upstream",
            "input_cost_per_token": 0.0, "output_cost_per_token": price,
        });
        world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
    }
    let parameters =
        json!({"model": "openai/unknown", "api_base": world.openai.url(), "api_key": "sk-upstream"});
    world.gateway.new_model(json!({"model_name": "unpriced", "litellm_params": parameters})).await;
    let usage = Usage { input: 3, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
    world
}

async fn ask(world: &World, key: &str, model: &str) {
    let body = json!({"model": model, "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]});
    receive(world.gateway.post("/v1/chat/completions", key, &body)).await.expect(200);
}

fn by_name(spend: &Value) -> Vec<(String, i64, i64)> {
    let groups = spend["groups"].as_array().unwrap().iter();
    groups
        .map(|group| {
            let totals = &group["totals"];
            let name = group["name"].as_str().unwrap().to_owned();
            (name, totals["cost_nanos"].as_i64().unwrap(), totals["requests"].as_i64().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn spend_is_told_by_what_it_was_for_and_each_sees_their_own() {
    let world = world().await;
    let user = world.admin(Method::POST, "/user/new", json!({"user_id": "ann"})).await.expect(200).json();
    let (ann, other) = (user["key"].as_str().unwrap().to_owned(), world.key.clone());
    for (key, model, times) in
        [(&ann, "plain", 3), (&ann, "dear", 1), (&other, "plain", 2), (&other, "unpriced", 1)]
    {
        for _ in 0..times {
            ask(&world, key, model).await;
        }
    }
    let spend = world.get("/console/spend").await;
    assert_eq!(
        (&spend["range"], &spend["bucket"], &spend["by"]),
        (&json!("today"), &json!("hour"), &json!("model"))
    );
    let named = |name: &str, cents: i64, requests: i64| (name.to_owned(), cents * CENT, requests);
    assert_eq!(by_name(&spend), [named("dear", 10, 1), named("plain", 5, 5), named("unpriced", 0, 1)]);
    assert_eq!(
        (&spend["totals"]["cost_nanos"], &spend["totals"]["unpriced_requests"]),
        (&json!(15 * CENT), &json!(1))
    );
    assert_eq!(spend["compared"]["totals"]["requests"], 0);
    // Each way of cutting it adds up to the rows.
    let rows = world.get("/console/requests?limit=100").await["requests"].clone();
    let of_rows: i64 = rows.as_array().unwrap().iter().filter_map(|row| row["cost_nanos"].as_i64()).sum();
    for by in ["model", "provider", "key", "tool", "user", "team", "organization", "project", "end_user"] {
        for range in ["range=today", "range=7d", "range=30d", "range=90d", "range=365d"] {
            for tz in ["UTC", "Asia/Tokyo", "America/St_Johns"] {
                let spend = world.get(&format!("/console/spend?by={by}&{range}&tz={tz}")).await;
                let sum: i64 = by_name(&spend).iter().map(|(_, nanos, _)| nanos).sum();
                assert_eq!((sum, &spend["totals"]["requests"]), (of_rows, &json!(7)), "{by} {range} {tz}");
                let slots = spend["slots"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|slot| slot["groups"].as_array().unwrap());
                let of_slots: i64 = slots.map(|cell| cell["cost_nanos"].as_i64().unwrap()).sum();
                assert_eq!(of_slots, of_rows, "{by} {range} {tz}");
            }
        }
    }
    let users = world.get("/console/spend?by=user&range=7d").await;
    assert_eq!(by_name(&users)[0], named("ann", 13, 4));
    // Compared with itself.
    let today = &super::alerts::now().to_string()[..10];
    let same = world.get(&format!("/console/spend?from={today}&to={today}&compare={today}")).await;
    assert_eq!(same["compared"]["totals"], same["totals"]);
    assert_eq!(same["range"], Value::Null);
    // Ann sees what is hers, cut from other sums.
    for by in ["model", "key", "user"] {
        let url = format!("{}/console/spend?by={by}&range=30d", world.gateway.url());
        let own = receive(world.gateway.client().get(url).bearer_auth(&ann)).await.expect(200).json();
        assert_eq!(
            (&own["totals"]["cost_nanos"], &own["totals"]["requests"]),
            (&json!(13 * CENT), &json!(4)),
            "{by}"
        );
    }
    let calendar = world.get("/console/spend/calendar?tz=Europe/Berlin").await;
    let days = calendar["days"].as_array().unwrap();
    assert_eq!(days.iter().map(|day| day["cost_nanos"].as_i64().unwrap()).sum::<i64>(), of_rows);
    let url = format!("{}/console/spend/calendar", world.gateway.url());
    let own = receive(world.gateway.client().get(url).bearer_auth(&ann)).await.expect(200).json();
    assert_eq!(own["days"][0]["requests"], 4);
    world.assert_well().await;
}

#[tokio::test]
async fn the_fullest_budgets_come_first_and_only_ones_own() {
    let world = world().await;
    let user = json!({"user_id": "ann", "max_budget": 10.0, "budget_duration": "1mo"});
    let user = world.admin(Method::POST, "/user/new", user).await.expect(200).json();
    let ann = user["key"].as_str().unwrap();
    let team = json!({"team_id": "blue", "team_alias": "The blue ones", "max_budget": 1.0});
    world.admin(Method::POST, "/team/new", team).await.expect(200);
    let member =
        json!({"team_id": "blue", "member": {"user_id": "ann", "role": "user"}, "max_budget_in_team": 5.0});
    world.admin(Method::POST, "/team/member_add", member).await.expect(200);
    let full = world
        .gateway
        .new_key(json!({"key_alias": "nearly done", "max_budget": 0.12, "soft_budget": 0.05}))
        .await;
    ask(&world, &full, "dear").await;
    ask(&world, ann, "plain").await;
    let told = world.get("/console/spend/budgets").await["budgets"].clone();
    let budgets: Vec<(&str, &str)> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|budget| (budget["level"].as_str().unwrap(), budget["name"].as_str().unwrap()))
        .collect();
    assert_eq!(budgets[..2], [("api_key", "nearly done"), ("user", "ann")], "{told}");
    assert_eq!(
        (&told[0]["spent_nanos"], &told[0]["soft_budget_nanos"]),
        (&json!(100_000_000), &json!(50_000_000))
    );
    assert!(told[1]["resets_at"].as_str().unwrap().contains("-01T00:00"));
    assert!(
        budgets.contains(&("team", "The blue ones"))
            && budgets.contains(&("team_member", "ann in The blue ones"))
    );
    let url = format!("{}/console/spend/budgets", world.gateway.url());
    let own = receive(world.gateway.client().get(url).bearer_auth(ann)).await.expect(200).json();
    assert!(own["budgets"].as_array().unwrap().iter().all(|budget| budget["name"] != "nearly done"), "{own}");
    assert!(own["budgets"].as_array().unwrap().iter().any(|budget| budget["level"] == "user"), "{own}");
}

#[tokio::test]
async fn spans_that_make_no_sense_are_refused() {
    let world = World::start().await;
    for (query, param) in [
        ("tz=Mars/Olympus", "tz"),
        ("from=yesterday", "from"),
        ("to=2026-11-01", "from"),
        ("from=2026-11-02&to=2026-11-01", "to"),
        ("from=2020-01-01&to=2026-11-01", "from"),
        ("range=7d&from=2026-11-01", "range"),
        ("compare=never", "compare"),
        ("from=-009999-01-01&to=-009999-01-02", "from"),
    ] {
        let url = format!("/console/spend?{query}");
        let refused = receive(world.gateway.admin(Method::GET, &url)).await.expect(400);
        assert_eq!(refused.json()["error"]["param"], param, "{query}: {}", refused.text());
    }
    receive(world.gateway.admin(Method::GET, "/console/spend?by=mood")).await.expect(422);
    receive(world.gateway.admin(Method::GET, "/console/spend?range=9d")).await.expect(422);
    world.assert_well().await;
}

/// A request that says what it is part of.
async fn ask_for(world: &World, key: &str, model: &str, named: &[(&str, &str)], end_user: Option<&str>) {
    let mut body = json!({"model": model, "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]});
    if let Some(end_user) = end_user {
        body["user"] = json!(end_user);
    }
    let mut request = world.gateway.post("/v1/chat/completions", key, &body);
    for (name, value) in named {
        request = request.header(*name, *value);
    }
    receive(request).await.expect(200);
}

#[tokio::test]
async fn runs_of_clients_and_what_they_worked_on_are_told() {
    let world = world().await;
    let user = world.admin(Method::POST, "/user/new", json!({"user_id": "ann"})).await.expect(200).json();
    let (ann, other) = (user["key"].as_str().unwrap().to_owned(), world.key.clone());
    let run = |session: &'static str| [("x-postern-session", session), ("x-postern-project", "alpha")];
    ask_for(&world, &ann, "plain", &[("x-postern-session", "nightly")], None).await;
    ask_for(&world, &ann, "dear", &run("nightly"), Some("customer-1")).await;
    ask_for(&world, &other, "plain", &run("nightly"), None).await;
    ask_for(&world, &other, "plain", &[("x-postern-session", "other"), ("x-postern-project", "beta")], None)
        .await;
    ask(&world, &other, "dear").await;

    let spend = world.get("/console/spend?by=project").await;
    let named = |name: &str, cents: i64, requests: i64| (name.to_owned(), cents * CENT, requests);
    assert_eq!(by_name(&spend), [named("none", 11, 2), named("alpha", 11, 2), named("beta", 1, 1)]);
    assert_eq!(spend["groups"][0]["id"], "");
    let spend = world.get("/console/spend?by=end_user&range=7d").await;
    assert_eq!(by_name(&spend), [named("none", 13, 4), named("customer-1", 10, 1)]);

    let told = |page: &Value| -> Vec<(String, String, Value, i64, i64)> {
        let sessions = page["sessions"].as_array().unwrap().iter();
        sessions
            .map(|session| {
                let text = |name: &str| session[name].as_str().unwrap_or("-").to_owned();
                let number = |name: &str| session["totals"][name].as_i64().unwrap();
                (
                    text("session"),
                    text("user_id"),
                    session["project"].clone(),
                    number("requests"),
                    number("cost_nanos"),
                )
            })
            .collect()
    };
    let row = |session: &str, user: &str, project: &str, requests: i64, cents: i64| {
        (session.to_owned(), user.to_owned(), json!(project), requests, cents * CENT)
    };
    let others = world.get("/console/requests?limit=1").await["requests"][0]["user_id"].clone();
    let others = others.as_str().unwrap_or("-");
    let all = world.get("/console/sessions").await;
    assert_eq!(
        told(&all),
        [
            row("other", others, "beta", 1, 1),
            row("nightly", others, "alpha", 1, 1),
            row("nightly", "ann", "alpha", 2, 11),
        ]
    );
    assert_eq!((&all["next"], &all["sessions"][2]["model"]), (&Value::Null, &json!("plain")));
    let rows = world.get("/console/requests?session=nightly").await;
    assert_eq!(rows["requests"].as_array().unwrap().len(), 3);
    let found = world.get("/console/sessions?search=ALPH&limit=1").await;
    let next = found["next"].as_str().unwrap();
    assert_eq!(told(&found), [row("nightly", others, "alpha", 1, 1)]);
    let found = world.get(&format!("/console/sessions?search=ALPH&limit=1&before={next}")).await;
    assert_eq!((told(&found), &found["next"]), (vec![row("nightly", "ann", "alpha", 2, 11)], &Value::Null));
    assert_eq!(
        told(&world.get("/console/sessions?project=beta").await),
        [row("other", others, "beta", 1, 1)]
    );

    // Another's run of the same name is not hers, nor are their projects.
    let own = async |path: &str| {
        let url = format!("{}{path}", world.gateway.url());
        receive(world.gateway.client().get(url).bearer_auth(&ann)).await
    };
    let page = own("/console/sessions").await.expect(200).json();
    assert_eq!(told(&page), [row("nightly", "ann", "alpha", 2, 11)]);
    let spend = own("/console/spend?by=project").await.expect(200).json();
    assert_eq!(by_name(&spend), [named("alpha", 10, 1), named("none", 1, 1)]);
    for (query, param) in
        [("limit=0", "limit"), ("limit=501", "limit"), ("before=x", "before"), ("before=1.2", "before")]
    {
        let refused = own(&format!("/console/sessions?{query}")).await.expect(400).json();
        assert_eq!(refused["error"]["param"], param, "{query}");
    }
    world.assert_well().await;
}
