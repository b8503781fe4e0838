//! `/user/new`: an account, with a key.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{as_key, ask, ask_dear, dear_model, info, is_known, key, make, post};

#[tokio::test]
async fn a_user_is_made_with_a_key_and_places_in_teams() {
    let world = World::start().await;
    post(&world, "/team/new", json!({"team_id": "blue", "team_alias": "Blue"})).await.expect(200);
    let made = make(
        &world,
        json!({
            "user_id": "user-uuid-123", "user_email": "john@example.com", "user_alias": "John Doe",
            "user_role": "internal_user", "max_budget": 500.00, "models": ["oa/gpt-4"], "auto_create_key": true,
            "teams": ["blue"], "metadata": {"department": "Engineering"}, "rpm_limit": 7, "budget_duration": "30d",
            "permissions": {"a": 1},
        }),
    )
    .await;
    for (name, value) in [
        ("user_id", json!("user-uuid-123")),
        ("user_email", json!("john@example.com")),
        ("user_alias", json!("John Doe")),
        ("user_role", json!("internal_user")),
        ("max_budget", json!(500.0)),
        ("spend", json!(0.0)),
        ("models", json!(["oa/gpt-4"])),
        ("teams", json!(["blue"])),
        ("metadata", json!({"department": "Engineering"})),
        ("rpm_limit", json!(7)),
        ("budget_duration", json!("30d")),
        ("permissions", json!({"a": 1})),
        ("created_by", json!("default_user_id")),
        ("duration", Value::Null),
        ("expires", Value::Null),
        ("litellm_budget_table", Value::Null),
        ("invitation_url", Value::Null),
        ("blocked", json!(false)),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    assert!(made["created_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{made}");
    let secret = key(&made);
    assert!(secret.starts_with("sk-") && secret.len() >= 40, "{secret}");
    assert_eq!(made["token_id"], made["token"]);
    assert_eq!(made["key_name"], format!("sk-...{}", &secret[secret.len() - 4..]));
    let listed = json!([{
        "key": secret, "key_name": "Auto-generated key for John Doe", "expires": null, "models": ["oa/gpt-4"],
    }]);
    assert_eq!(made["keys"], listed);
    // Models and limits are the user's; the key has none of its own.
    let row = world.get(&format!("/key/info?key={}", made["token"].as_str().unwrap())).await["info"].clone();
    for (name, value) in [
        ("user_id", json!("user-uuid-123")),
        ("models", json!([])),
        ("max_budget", Value::Null),
        ("rpm_limit", Value::Null),
        ("team_id", Value::Null),
        ("allowed_routes", json!([])),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    let team = world.get("/team/info?team_id=blue").await;
    assert_eq!(team["team_info"]["members"], json!(["user-uuid-123"]));
    ask(&world, secret, "oa/gpt-4").await.expect(200);
    ask(&world, secret, "oa/other").await.expect(403);
}

#[tokio::test]
async fn everything_may_be_left_out() {
    let world = World::start().await;
    let made = make(&world, json!({})).await;
    assert_eq!((&made["user_role"], &made["models"]), (&json!("internal_user"), &json!([])));
    assert_eq!(
        made["keys"][0]["key_name"],
        format!("Auto-generated key for {}", made["user_id"].as_str().unwrap())
    );
    ask(&world, key(&made), "oa/x").await.expect(200);
    let nulls = json!({
        "user_id": null, "user_email": null, "user_role": null, "teams": null, "models": null, "metadata": null,
        "max_budget": null, "auto_create_key": null, "organizations": null, "send_invite_email": null,
    });
    assert!(key(&make(&world, nulls).await).starts_with("sk-"));
}

#[tokio::test]
async fn no_key_is_made_where_none_is_wanted() {
    let world = World::start().await;
    let made = make(&world, json!({"user_id": "ann", "auto_create_key": false})).await;
    assert_eq!((&made["key"], &made["keys"], &made["token"]), (&json!(""), &json!([]), &Value::Null));
    assert_eq!(info(&world, "ann").await["keys"], json!([]));
}

#[tokio::test]
async fn ids_and_addresses_belong_to_one() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann", "user_email": "Ann@Example.com", "sso_user_id": "sub-1"})).await;
    for (body, param) in [
        (json!({"user_id": "ann"}), "user_id"),
        (json!({"user_email": "ann@example.COM"}), "user_email"),
        (json!({"sso_user_id": "sub-1"}), "sso_user_id"),
    ] {
        let answer = post(&world, "/user/new", body).await.expect(409);
        assert_eq!(answer.json()["error"]["param"], param, "{}", answer.text());
        assert!(answer.json()["detail"]["error"].is_string(), "{}", answer.text());
    }
    assert_eq!(world.get("/user/list").await["total"], 1);
    assert_eq!(world.get("/key/list").await["total_count"], 2, "a refused user's key was made");
}

#[tokio::test]
async fn places_in_teams_have_roles_and_budgets_and_bring_their_organizations() {
    let world = World::start().await;
    post(&world, "/organization/new", json!({"organization_id": "acme", "organization_alias": "Acme"}))
        .await
        .expect(200);
    post(&world, "/team/new", json!({"team_id": "blue", "organization_id": "acme"})).await.expect(200);
    post(&world, "/team/new", json!({"team_id": "red"})).await.expect(200);
    let teams = json!(["red", {"team_id": "blue", "max_budget_in_team": 2.5, "user_role": "admin"}, "red"]);
    let made = make(&world, json!({"user_id": "ann", "teams": teams})).await;
    assert_eq!(made["organizations"], json!(["acme"]));
    let blue = world.get("/team/info?team_id=blue").await;
    assert_eq!(blue["team_info"]["admins"], json!(["ann"]));
    assert_eq!(blue["team_memberships"][0]["litellm_budget_table"]["max_budget"], 2.5);
    assert_eq!(world.get("/team/info?team_id=red").await["team_info"]["admins"], json!([]));
    // What is made in an organization counts for it.
    let token = made["token"].as_str().unwrap();
    assert_eq!(world.get(&format!("/key/info?key={token}")).await["info"]["organization_id"], "acme");
    // LiteLLM's older `team_id`: the key is in it.
    let made = make(&world, json!({"user_id": "bob", "team_id": "red"})).await;
    assert_eq!((&made["team_id"], &made["teams"]), (&json!("red"), &json!(["red"])));
    for (body, param) in [
        (json!({"teams": ["red", "none"]}), "teams"),
        (json!({"team_id": "none"}), "teams"),
        (json!({"organizations": ["none"]}), "organizations"),
        (json!({"organization_id": "none"}), "organizations"),
    ] {
        let mut body = body;
        body["user_id"] = json!("eve");
        let answer = post(&world, "/user/new", body).await.expect(404);
        assert_eq!(answer.json()["error"]["param"], param, "{}", answer.text());
    }
    let bad = json!({"user_id": "eve", "teams": [{"team_id": "red", "max_budget_in_team": -1}]});
    post(&world, "/user/new", bad).await.expect(400);
    assert!(!is_known(&world, "eve").await);
    assert_eq!(world.get("/team/info?team_id=red").await["team_info"]["members"], json!(["ann", "bob"]));
}

#[tokio::test]
async fn what_the_user_is_limited_to_holds_for_the_key() {
    let world = World::start().await;
    dear_model(&world).await;
    let made = make(&world, json!({"user_id": "ann", "max_budget": 0.15})).await;
    ask_dear(&world, key(&made)).await.expect(200);
    let refused = ask_dear(&world, key(&made)).await.expect(402);
    assert!(refused.text().contains("User=ann over budget"), "{}", refused.text());
    assert_eq!(info(&world, "ann").await["spend"], 0.1);
    let blocked = make(&world, json!({"user_id": "bob", "blocked": true})).await;
    ask(&world, key(&blocked), "oa/x").await.expect(401);
    let slow = make(&world, json!({"user_id": "cy", "rpm_limit": 1})).await;
    ask(&world, key(&slow), "oa/x").await.expect(200);
    ask(&world, key(&slow), "oa/x").await.expect(429);
}

#[tokio::test]
async fn the_key_is_what_is_said_of_it() {
    let world = World::start().await;
    let body = json!({
        "user_id": "ann", "key_alias": "ann's laptop", "duration": "1h", "tags": ["blue"], "aliases": {"mine": "oa/x"},
        "allowed_routes": ["llm_api_routes"],
    });
    let made = make(&world, body).await;
    assert_eq!(
        (&made["key_alias"], &made["keys"][0]["key_name"]),
        (&json!("ann's laptop"), &json!("ann's laptop"))
    );
    assert!(made["expires"].is_string() && made["duration"].is_null(), "{made}");
    assert_eq!((&made["tags"], &made["aliases"]), (&json!(["blue"]), &json!({"mine": "oa/x"})));
    ask(&world, key(&made), "mine").await.expect(200);
    as_key(&world, key(&made), Method::GET, "/user/info", Value::Null).await.expect(403);
    let taken =
        post(&world, "/user/new", json!({"user_id": "bob", "key_alias": "ann's laptop"})).await.expect(400);
    assert_eq!(taken.json()["error"]["param"], "key_alias", "{}", taken.text());
    assert!(!is_known(&world, "bob").await, "the user of a refused key was made");
}

#[tokio::test]
async fn a_password_lets_its_user_in_and_is_never_shown() {
    let world = World::start().await;
    let made = make(&world, json!({"user_id": "ann", "password": "correct horse"})).await;
    assert_eq!(made["has_password"], true);
    let info = info(&world, "ann").await;
    for shown in [&made, &info] {
        let text = shown.to_string();
        assert!(
            !text.contains("argon2") && !text.contains("correct horse") && !text.contains("password_hash"),
            "{text}"
        );
    }
    let sign_in = json!({"user_id": "ann", "password": "correct horse"});
    as_key(&world, "", Method::POST, "/console/sign-in", sign_in).await.expect(200);
    for wrong in ["short", "", &"x".repeat(257)] {
        let answer =
            post(&world, "/user/new", json!({"user_id": "eve", "password": wrong})).await.expect(400);
        assert_eq!(answer.json()["error"]["param"], "password");
        assert!(wrong.is_empty() || !answer.text().contains(wrong), "{}", answer.text());
    }
}

#[tokio::test]
async fn the_configured_beginning_is_that_of_ordinary_users() {
    let config = "litellm_settings:\n  num_retries: 0\n  default_internal_user_params:\n    user_role: internal_user_viewer\n    max_budget: 2.5\n    budget_duration: 30d\n    models: [oa/gpt-4o]\n    rpm_limit: 5\n";
    let world = World::with(config, |builder| builder).await;
    let made = make(&world, json!({})).await;
    for (name, value) in [
        ("user_role", json!("internal_user_viewer")),
        ("max_budget", json!(2.5)),
        ("budget_duration", json!("30d")),
        ("models", json!(["oa/gpt-4o"])),
        ("rpm_limit", json!(5)),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    let own = make(&world, json!({"user_role": "internal_user", "max_budget": 9, "rpm_limit": null})).await;
    assert_eq!((&own["user_role"], &own["max_budget"]), (&json!("internal_user"), &json!(9.0)));
    assert_eq!((&own["rpm_limit"], &own["models"]), (&Value::Null, &json!(["oa/gpt-4o"])));
    let admin = make(&world, json!({"user_role": "proxy_admin"})).await;
    assert_eq!((&admin["max_budget"], &admin["models"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn no_key_outlives_what_the_file_allows() {
    let config = "litellm_settings:\n  upperbound_key_generate_params: {duration: 30d, max_budget: 5}\n";
    let world = World::with(config, |builder| builder).await;
    let made = make(&world, json!({"user_id": "ann"})).await;
    assert!(made["expires"].is_string(), "{made}");
    let token = made["token"].as_str().unwrap();
    assert_eq!(world.get(&format!("/key/info?key={token}")).await["info"]["max_budget"], 5.0);
    post(&world, "/user/new", json!({"user_id": "bob", "duration": "31d"})).await.expect(400);
    assert!(!is_known(&world, "bob").await);
}
