//! `/team/new`.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{done, info, post, refused, row, team};

#[tokio::test]
async fn a_team_is_made_as_it_is_shown() {
    let world = World::start().await;
    let made = done(
        &world,
        "/team/new",
        json!({
            "team_alias": "  AI Research  ", "models": ["demo", "openai/*"], "max_budget": 5000.0, "budget_duration": "30d",
            "tpm_limit": 1000, "rpm_limit": 10, "max_parallel_requests": 3, "metadata": {"cost-centre": 7},
            "tags": ["blue"], "model_aliases": {"fast": "demo"}, "model_rpm_limit": {"demo": 2},
            "team_member_budget": 5, "team_member_budget_duration": "1d", "team_member_key_duration": "30d",
            "router_settings": {"num_retries": 1},
            "members_with_roles": [{"user_id": "ann", "role": "admin"}, {"user_email": "Bob@example.com", "role": "user"}],
        }),
    )
    .await;
    let id = made["team_id"].as_str().unwrap();
    assert_eq!(id.len(), 36, "made up: {id}");
    let bob = made["members_with_roles"][1]["user_id"].as_str().unwrap();
    for (name, value) in [
        ("team_alias", json!("AI Research")),
        ("organization_id", Value::Null),
        ("admins", json!(["ann"])),
        ("members", json!(["ann", bob])),
        (
            "members_with_roles",
            json!([
                {"role": "admin", "user_id": "ann", "user_email": null},
                {"role": "user", "user_id": bob, "user_email": "Bob@example.com"},
            ]),
        ),
        ("models", json!(["demo", "openai/*"])),
        ("max_budget", json!(5000.0)),
        ("budget_duration", json!("30d")),
        ("tpm_limit", json!(1000)),
        ("rpm_limit", json!(10)),
        ("max_parallel_requests", json!(3)),
        ("metadata", json!({"cost-centre": 7, "tags": ["blue"], "model_rpm_limit": {"demo": 2}})),
        ("litellm_model_table", json!({"model_aliases": {"fast": "demo"}})),
        ("router_settings", json!({"num_retries": 1})),
        ("team_member_permissions", json!(["/key/info", "/key/health"])),
        ("team_member_key_duration", json!("30d")),
        ("blocked", json!(false)),
        ("spend", json!(0.0)),
        ("created_by", json!("default_user_id")),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    assert_eq!(made["team_member_budget_table"]["max_budget"], 5.0);
    assert_eq!(made["team_member_budget_table"]["budget_duration"], "1d");
    let resets = made["budget_reset_at"].as_str().unwrap();
    assert!(resets.contains("-01T00:00:00"), "the first of the month: {resets}");
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    let shown = info(&world, id).await;
    assert_eq!((&shown["team_id"], &shown["team_info"]), (&json!(id), &made));
    assert_eq!(shown["team_memberships"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn without_anything_a_team_is_empty_and_unlimited() {
    let world = World::start().await;
    let made = done(&world, "/team/new", json!({})).await;
    for name in ["team_alias", "max_budget", "budget_duration", "budget_reset_at", "tpm_limit", "rpm_limit"] {
        assert_eq!(made[name], Value::Null, "{name}");
    }
    for name in ["admins", "members", "members_with_roles", "models"] {
        assert_eq!(made[name], json!([]), "{name}");
    }
    assert_eq!((&made["metadata"], &made["litellm_model_table"]), (&json!({}), &Value::Null));
}

#[tokio::test]
async fn the_lists_of_ids_and_of_roles_are_one_list() {
    let world = World::start().await;
    // As the answer has them: everybody is in `members`, and some are in `admins`, too.
    let body = json!({
        "team_id": "blue", "admins": ["ann"], "members": ["ann", "bob"],
        "members_with_roles": [{"user_id": "ann", "role": "admin"}, {"user_id": "bob", "role": "user"}],
    });
    let made = done(&world, "/team/new", body).await;
    assert_eq!((&made["admins"], &made["members"]), (&json!(["ann"]), &json!(["ann", "bob"])));
    // By address, whatever the case of its letters.
    let by_address = |address: &str| json!({"role": "user", "user_email": address});
    let members = json!([by_address("Eve@Example.com"), by_address("eve@example.com ")]);
    let made = done(&world, "/team/new", json!({"members_with_roles": members})).await;
    assert_eq!(made["members"].as_array().unwrap().len(), 1, "{made}");
    let again =
        done(&world, "/team/new", json!({"members_with_roles": [by_address("EVE@example.com")]})).await;
    assert_eq!(again["members"], made["members"], "one person");
}

#[tokio::test]
async fn an_id_is_used_once_and_an_alias_as_often_as_one_likes() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "admin")]).await;
    let answer = post(&world, "/team/new", json!({"team_id": "blue", "team_alias": "other"})).await;
    assert!(refused(&answer, 400, "team_id").contains("already exists"), "{}", answer.text());
    assert_eq!(row(&world, "blue").await["admins"], json!(["ann"]), "it is as it was");
    for _ in 0..2 {
        done(&world, "/team/new", json!({"team_alias": "twins"})).await;
    }
    assert_eq!(world.get("/v2/team/list?team_alias=twin").await["total"], 2);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_name() {
    let world = World::start().await;
    let long = "x".repeat(300);
    for (field, value) in [
        ("max_budget", json!(-1)),
        ("max_budget", json!(1e300)),
        ("soft_budget", json!(-0.5)),
        ("rpm_limit", json!(-1)),
        ("tpm_limit", json!(-1)),
        ("max_parallel_requests", json!(-1)),
        ("model_rpm_limit", json!({"demo": -1})),
        ("model_max_budget", json!({"demo": "much"})),
        ("budget_duration", json!("soon")),
        ("budget_id", json!("nothing")),
        ("organization_id", json!("nothing")),
        ("team_id", json!(long)),
        ("team_id", json!("a\u{0}b")),
        ("team_alias", json!(long)),
        ("team_alias", json!("a\nb")),
        ("models", json!([""])),
        ("models", json!([long])),
        ("tags", json!(["a\u{7}"])),
        ("model_aliases", json!({"": "demo"})),
        ("team_member_permissions", json!(["/key/anything"])),
        ("team_member_permissions", json!(["/team/delete"])),
        ("team_member_budget", json!(-1)),
        ("team_member_rpm_limit", json!(-1)),
        ("team_member_tpm_limit", json!(-1)),
        ("team_member_budget_duration", json!("1y")),
        ("team_member_key_duration", json!("x")),
        ("guardrails", json!(["pii"])),
        ("object_permission", json!({"vector_stores": ["x"]})),
        ("max_budgte", json!(1)),
        ("metadata", json!({"tags": "blue"})),
        ("metadata", json!({"model_rpm_limit": {"demo": "x"}})),
        ("metadata", json!({"guardrails": ["pii"]})),
        ("metadata", json!({"logging": [{"callback_name": "langfuse"}]})),
        ("metadata", json!({"text": "x".repeat(70_000)})),
    ] {
        let mut body = json!({"members": ["never"]});
        body[field] = value.clone();
        let answer = post(&world, "/team/new", body).await;
        refused(&answer, 400, field);
    }
    let names_them = post(&world, "/team/new", json!({"team_member_permissions": ["/key/x"]})).await;
    assert!(names_them.text().contains("/key/{key_id}/regenerate"), "{}", names_them.text());
    for wrong in [
        json!([]),
        json!("x"),
        json!({"models": "x"}),
        json!({"max_budget": "much"}),
        json!({"rpm_limit": 1.5}),
        json!({"blocked": "no"}),
        json!({"members_with_roles": [{"user_id": "ann", "role": "proxy_admin"}]}),
        json!({"members_with_roles": [{"user_id": "ann"}]}),
        json!({"members_with_roles": {}}),
        json!({"metadata": "x"}),
        json!({"model_aliases": {"a": 1}}),
    ] {
        post(&world, "/team/new", wrong).await.expect(422);
    }
    let nobody = json!({"members_with_roles": [{"role": "user"}]});
    refused(&post(&world, "/team/new", nobody).await, 400, "user_id");
    assert_eq!(world.get("/team/list").await, json!([]), "a refused team was made");
    // Nor were its members.
    let made = done(&world, "/team/new", json!({"members": ["ann"]})).await;
    let all = json!({"team_id": made["team_id"], "all_users": true});
    assert_eq!(done(&world, "/team/bulk_member_add", all).await["total_requested"], 0, "somebody was made");
}

#[tokio::test]
async fn texts_are_kept_as_they_are_or_refused() {
    let world = World::start().await;
    for text in [
        "../../etc/passwd",
        "'; DROP TABLE teams; --",
        "\" OR 1=1",
        "a/b?c=d&e#f",
        "%2e%2e%2f",
        "<script>alert(1)</script>",
        "naïve 团队 🚀",
        "{\"a\": [1]}",
    ] {
        let body = json!({
            "team_id": text, "team_alias": text, "models": [text], "tags": [text], "model_aliases": {text: text},
            "metadata": {text: text}, "members_with_roles": [{"user_id": text, "role": "user"}],
        });
        done(&world, "/team/new", body).await;
        let url = format!("{}/team/info", world.gateway.url());
        let request = world.gateway.client().get(url).bearer_auth(world.gateway.admin_key());
        let shown = postern_tests::receive(request.query(&[("team_id", text)])).await.expect(200).json();
        let team = &shown["team_info"];
        for (name, value) in [
            ("team_id", json!(text)),
            ("team_alias", json!(text)),
            ("models", json!([text])),
            ("members", json!([text])),
            ("litellm_model_table", json!({"model_aliases": {text: text}})),
            ("metadata", json!({text: text, "tags": [text]})),
        ] {
            assert_eq!(team[name], value, "{text}: {name}");
        }
        let deleted = done(&world, "/team/delete", json!({"team_ids": [text]})).await;
        assert_eq!(deleted["deleted_teams"], json!([text]));
    }
    assert_eq!(world.get("/team/list").await, json!([]));
    world.assert_well().await;
}

#[tokio::test]
async fn what_is_not_said_is_as_configured() {
    let config = "litellm_settings: {default_team_params: {max_budget: 7.5, budget_duration: 7d, models: [demo], \
                  team_member_permissions: [/key/list], tpm_limit: 100}}";
    let world = World::with(config, |builder| builder).await;
    let made = done(&world, "/team/new", json!({"tpm_limit": 5, "models": null})).await;
    for (name, value) in [
        ("max_budget", json!(7.5)),
        ("budget_duration", json!("7d")),
        ("team_member_permissions", json!(["/key/list"])),
        ("tpm_limit", json!(5)),
        ("models", json!([])),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
}

#[tokio::test]
async fn an_unknown_key_makes_no_team() {
    let world = World::start().await;
    let answer = super::call(&world, &world.key, Method::POST, "/team/new", json!({"team_id": "x"})).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(world.get("/team/list").await, json!([]));
}
