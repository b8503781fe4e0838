//! `/team/update`.

use postern_tests::World;
use serde_json::{Value, json};

use super::{ask, dear, done, post, refused, row, spend, team, team_key};

#[tokio::test]
async fn what_is_absent_stays_and_null_clears() {
    let world = World::start().await;
    let full = json!({
        "team_id": "blue", "team_alias": "Blue", "models": ["demo"], "max_budget": 5.0, "budget_duration": "1d", "rpm_limit": 3,
        "metadata": {"a": 1}, "tags": ["t"], "model_aliases": {"x": "demo"}, "team_member_budget": 2.0,
        "model_tpm_limit": {"demo": 9}, "router_settings": {"a": 1}, "team_member_permissions": ["/key/list"],
    });
    let made = done(&world, "/team/new", full).await;
    let after = done(&world, "/team/update", json!({"team_id": "blue", "team_alias": "Green"})).await;
    assert_eq!(after["team_id"], "blue");
    let mut expected = made.clone();
    for name in ["team_alias", "updated_at"] {
        expected[name] = after["data"][name].clone();
    }
    assert_eq!(after["data"], expected);
    assert_eq!(row(&world, "blue").await, after["data"]);
    let cleared = json!({
        "team_id": "blue", "team_alias": null, "models": null, "max_budget": null, "budget_duration": null, "rpm_limit": null,
        "metadata": null, "model_aliases": null, "team_member_budget": null, "model_tpm_limit": null, "router_settings": null,
        "team_member_permissions": null,
    });
    let after = done(&world, "/team/update", cleared).await["data"].clone();
    for (name, value) in [
        ("team_alias", Value::Null),
        ("models", json!([])),
        ("max_budget", Value::Null),
        ("budget_duration", Value::Null),
        ("budget_reset_at", Value::Null),
        ("rpm_limit", Value::Null),
        ("metadata", json!({})),
        ("litellm_model_table", Value::Null),
        ("team_member_budget_table", Value::Null),
        ("model_tpm_limit", json!({})),
        ("router_settings", json!({})),
        ("team_member_permissions", json!(["/key/info", "/key/health"])),
    ] {
        assert_eq!(after[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_row_may_be_sent_back_as_it_was_shown() {
    let world = World::start().await;
    let body = json!({
        "team_id": "blue", "models": ["demo"], "model_rpm_limit": {"demo": 2}, "tags": ["t"], "max_budget": 4.0,
        "members_with_roles": [{"user_id": "ann", "role": "admin"}, {"user_email": "bob@example.com", "role": "user"}],
    });
    let made = done(&world, "/team/new", body).await;
    let after = done(&world, "/team/update", made.clone()).await["data"].clone();
    let mut expected = made.clone();
    expected["updated_at"] = after["updated_at"].clone();
    assert_eq!(after, expected);
    // But nobody comes or goes this way.
    for (name, value) in [
        ("members", json!(["ann"])),
        ("admins", json!([])),
        ("members_with_roles", json!([{"user_id": "eve", "role": "admin"}])),
    ] {
        let answer = post(&world, "/team/update", json!({"team_id": "blue", name: value})).await;
        assert!(
            refused(&answer, 400, "members_with_roles").contains("/team/member_add"),
            "{}",
            answer.text()
        );
    }
    assert_eq!(row(&world, "blue").await, after);
}

#[tokio::test]
async fn limits_by_model_come_from_the_metadata_too() {
    let world = World::start().await;
    team(&world, "blue", &[]).await;
    let body = json!({"team_id": "blue", "metadata": {"a": 1, "model_rpm_limit": {"demo": 1}}});
    let after = done(&world, "/team/update", body).await["data"].clone();
    assert_eq!(after["model_rpm_limit"], json!({"demo": 1}));
    let key = team_key(&world, "blue", None).await;
    ask(&world, &key, "demo").await.expect(200);
    let answer = ask(&world, &key, "demo").await.expect(429);
    assert!(answer.text().contains("model_per_team"), "{}", answer.text());
    done(&world, "/team/update", json!({"team_id": "blue", "model_rpm_limit": null})).await;
    ask(&world, &key, "demo").await.expect(200);
}

#[tokio::test]
async fn bad_changes_are_refused_and_change_nothing() {
    let world = World::start().await;
    done(&world, "/team/new", json!({"team_id": "blue", "team_alias": "Blue", "max_budget": 5.0})).await;
    let before = row(&world, "blue").await;
    refused(&post(&world, "/team/update", json!({"team_alias": "x"})).await, 422, "team_id");
    refused(&post(&world, "/team/update", json!({"team_id": "nothing"})).await, 404, "team_id");
    for (field, value) in [
        ("max_budget", json!(-1)),
        ("budget_duration", json!("x")),
        ("organization_id", json!("nothing")),
        ("team_member_permissions", json!(["/x"])),
        ("team_member_budget", json!(-2)),
        ("prompts", json!(["x"])),
        ("guardrails", json!(["pii"])),
        ("metadata", json!({"guardrails": ["pii"]})),
        ("metadata", json!({"logging": [{"callback_name": "langfuse"}]})),
        ("tpm_limt", json!(1)),
    ] {
        let answer =
            post(&world, "/team/update", json!({"team_id": "blue", "team_alias": "Red", field: value})).await;
        refused(&answer, 400, field);
    }
    post(&world, "/team/update", json!({"team_id": "blue", "max_budget": "x"})).await.expect(422);
    assert_eq!(row(&world, "blue").await, before);
}

#[tokio::test]
async fn a_budget_below_what_is_spent_is_a_mistake() {
    let world = World::start().await;
    dear(&world).await;
    team(&world, "blue", &[]).await;
    let key = team_key(&world, "blue", None).await;
    spend(&world, &key).await.expect(200);
    let spent = row(&world, "blue").await["spend"].as_f64().unwrap();
    assert!((spent - 0.1).abs() < 1e-9, "{spent}");
    let answer = post(&world, "/team/update", json!({"team_id": "blue", "max_budget": 0.05})).await;
    assert!(refused(&answer, 400, "max_budget").contains("0.1"), "{}", answer.text());
    done(&world, "/team/update", json!({"team_id": "blue", "max_budget": 0.15})).await;
    let answer = spend(&world, &key).await.expect(402);
    assert_eq!(answer.json()["error"]["type"], "budget_exceeded");
    assert!(answer.text().contains("Team=blue"), "{}", answer.text());
    // Begun anew by hand.
    let after = done(&world, "/team/update", json!({"team_id": "blue", "spend": 0.0})).await["data"].clone();
    assert_eq!(after["spend"], 0.0);
    spend(&world, &key).await.expect(200);
}
