//! `/user/update`: what is known of somebody, and what they may do, from the next request on.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{as_key, ask, ask_dear, dear_model, info, is_known, key, make, post};

async fn sign_in(world: &World, user: &str, password: &str) -> postern_tests::Answer {
    let body = json!({"user_id": user, "password": password});
    postern_tests::receive(
        world.gateway.client().post(format!("{}/console/sign-in", world.gateway.url())).json(&body),
    )
    .await
}

#[tokio::test]
async fn a_role_is_changed_as_both_documents_say() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann"})).await;
    let body = json!({"user_id": "ann", "user_role": "internal_user_viewer"});
    for method in [Method::PUT, Method::POST] {
        let answer = world.admin(method, "/user/update", body.clone()).await.expect(200).json();
        assert_eq!(
            (&answer["user_id"], &answer["user_role"]),
            (&json!("ann"), &json!("internal_user_viewer"))
        );
        assert!(answer["updated_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{answer}");
        assert_eq!(answer["data"]["user_role"], "internal_user_viewer");
        assert_eq!(answer["data"]["updated_by"], "default_user_id");
    }
}

#[tokio::test]
async fn what_is_absent_stays_and_null_clears() {
    let world = World::start().await;
    let all = json!({
        "user_id": "ann", "user_email": "ann@example.com", "user_alias": "Ann", "sso_user_id": "sub", "models": ["oa/x"],
        "metadata": {"a": 1}, "max_budget": 5, "soft_budget": 4, "budget_duration": "30d", "rpm_limit": 1, "tpm_limit": 2,
        "max_parallel_requests": 3, "model_max_budget": {"oa/x": {"max_budget": 1}}, "allowed_cache_controls": ["no-cache"],
    });
    make(&world, all.clone()).await;
    let same =
        post(&world, "/user/update", json!({"user_id": "ann"})).await.expect(200).json()["data"].clone();
    for name in all.as_object().unwrap().keys().filter(|name| *name != "model_max_budget") {
        let expected = if name.ends_with("budget") { json!(all[name].as_f64()) } else { all[name].clone() };
        assert_eq!(same[name], expected, "{name}");
    }
    assert_eq!(same["model_max_budget"]["oa/x"]["max_budget"], 1.0);
    assert!(same["budget_reset_at"].is_string());
    let mut nulls: Value = all.as_object().unwrap().keys().map(|name| (name.clone(), Value::Null)).collect();
    nulls["user_id"] = json!("ann");
    nulls["allowed_cache_controls"] = json!([]);
    let cleared = post(&world, "/user/update", nulls).await.expect(200).json()["data"].clone();
    for (name, value) in cleared.as_object().unwrap() {
        let expected = match name.as_str() {
            "models" | "allowed_cache_controls" => json!([]),
            "metadata" | "model_max_budget" => json!({}),
            _ => Value::Null,
        };
        if name != "user_id" && all.get(name).is_some() {
            assert_eq!(*value, expected, "{name}");
        }
    }
    assert!(cleared["budget_reset_at"].is_null());
    // Metadata is replaced as a whole.
    for metadata in [json!({"a": 1}), json!({"b": 2})] {
        let answer =
            post(&world, "/user/update", json!({"user_id": "ann", "metadata": metadata})).await.expect(200);
        assert_eq!(answer.json()["data"]["metadata"], metadata);
    }
}

#[tokio::test]
async fn somebody_is_found_by_their_address() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann", "user_email": "Ann@example.com"})).await;
    let body = json!({"user_email": "ann@EXAMPLE.com", "user_alias": "Ann"});
    let changed = post(&world, "/user/update", body).await.expect(200).json();
    assert_eq!((&changed["user_id"], &changed["user_email"]), (&json!("ann"), &json!("Ann@example.com")));
    assert_eq!(world.get("/user/list").await["total"], 1);
    // With the id, it is the new address.
    let body = json!({"user_id": "ann", "user_email": "new@example.com"});
    let changed = post(&world, "/user/update", body).await.expect(200).json();
    assert_eq!(changed["data"]["user_email"], "new@example.com");
    make(&world, json!({"user_id": "bob", "user_email": "bob@example.com", "sso_user_id": "sub"})).await;
    for body in [
        json!({"user_id": "ann", "user_email": "BOB@example.com", "user_alias": "changed"}),
        json!({"user_id": "ann", "sso_user_id": "sub", "user_alias": "changed"}),
    ] {
        post(&world, "/user/update", body).await.expect(409);
    }
    assert_eq!(info(&world, "ann").await["user_alias"], "Ann", "a refused change was made in part");
}

#[tokio::test]
async fn whom_nobody_knows_the_administrator_makes() {
    let world = World::start().await;
    let body =
        json!({"user_id": "ann", "user_alias": "Ann", "max_budget": 2, "user_role": "internal_user_viewer"});
    let made = post(&world, "/user/update", body).await.expect(200).json();
    assert_eq!((&made["user_id"], &made["data"]["max_budget"]), (&json!("ann"), &json!(2.0)));
    assert_eq!(info(&world, "ann").await["keys"], json!([]));
    let made =
        post(&world, "/user/update", json!({"user_email": "bob@example.com"})).await.expect(200).json();
    assert_eq!(made["user_email"], "bob@example.com");
    assert!(is_known(&world, made["user_id"].as_str().unwrap()).await);
}

#[tokio::test]
async fn changes_hold_from_the_next_request_on() {
    let world = World::start().await;
    dear_model(&world).await;
    let made = make(&world, json!({"user_id": "ann"})).await;
    let ann = key(&made);
    let update = async |body: Value| {
        let mut body = body;
        body["user_id"] = json!("ann");
        post(&world, "/user/update", body).await.expect(200)
    };
    ask(&world, ann, "oa/x").await.expect(200);
    update(json!({"models": ["dear"]})).await;
    ask(&world, ann, "oa/x").await.expect(403);
    update(json!({"models": []})).await;
    update(json!({"blocked": true})).await;
    let refused = ask(&world, ann, "oa/x").await.expect(401);
    assert!(refused.text().contains("User=ann is blocked"), "{}", refused.text());
    as_key(&world, ann, Method::GET, "/user/info", Value::Null).await.expect(401);
    update(json!({"blocked": false, "max_budget": 0.15})).await;
    ask_dear(&world, ann).await.expect(200);
    ask_dear(&world, ann).await.expect(402);
    // A budget below what is spent is a mistake; beginning anew is not.
    let below = post(&world, "/user/update", json!({"user_id": "ann", "max_budget": 0.05})).await.expect(400);
    assert_eq!(below.json()["error"]["param"], "max_budget");
    assert!(below.text().contains("0.1"), "{}", below.text());
    update(json!({"spend": 0})).await;
    assert_eq!(info(&world, "ann").await["spend"], 0.0);
    ask_dear(&world, ann).await.expect(200);
    // A role, too.
    as_key(&world, ann, Method::GET, "/user/list", Value::Null).await.expect(403);
    update(json!({"user_role": "proxy_admin"})).await;
    as_key(&world, ann, Method::GET, "/user/list", Value::Null).await.expect(200);
    update(json!({"user_role": "internal_user"})).await;
    as_key(&world, ann, Method::GET, "/user/list", Value::Null).await.expect(403);
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let world = World::start().await;
    let made = make(&world, json!({"user_id": "ann", "password": "correct horse"})).await;
    let open = async |password: &str| {
        sign_in(&world, "ann", password).await.expect(200).json()["key"].as_str().unwrap().to_owned()
    };
    let (old, own) = (open("correct horse").await, open("correct horse").await);
    let is_open = async |session: &str| {
        as_key(&world, session, Method::GET, "/console/session", Value::Null).await.status == 200
    };
    assert!(is_open(&old).await && is_open(&own).await);
    // The person changes it themselves, in one of their sessions.
    let body = json!({"user_id": "ann", "password": "battery staple"});
    let changed = as_key(&world, &own, Method::POST, "/user/update", body).await.expect(200);
    assert!(!changed.text().contains("argon2") && !changed.text().contains("battery"), "{}", changed.text());
    assert_eq!((is_open(&old).await, is_open(&own).await), (false, true));
    sign_in(&world, "ann", "correct horse").await.expect(401);
    open("battery staple").await;
    // Keys are not sessions.
    ask(&world, key(&made), "oa/x").await.expect(200);
    for wrong in ["short", "       "] {
        let body = json!({"user_id": "ann", "password": wrong});
        let answer = post(&world, "/user/update", body).await.expect(400);
        assert_eq!(answer.json()["error"]["param"], "password");
    }
    open("battery staple").await;
}

#[tokio::test]
async fn teams_are_joined_elsewhere() {
    let world = World::start().await;
    post(&world, "/team/new", json!({"team_id": "blue"})).await.expect(200);
    make(&world, json!({"user_id": "ann", "teams": ["blue"]})).await;
    post(&world, "/user/update", json!({"user_id": "ann", "teams": ["blue"]})).await.expect(200);
    for teams in [json!([]), json!(["blue", "red"])] {
        let answer =
            post(&world, "/user/update", json!({"user_id": "ann", "teams": teams})).await.expect(400);
        assert!(answer.text().contains("/team/member_add"), "{}", answer.text());
    }
    assert_eq!(info(&world, "ann").await["user_info"]["teams"], json!(["blue"]));
}
