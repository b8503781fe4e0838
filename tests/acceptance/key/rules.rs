//! What the configuration file says of new keys.

use postern_tests::World;
use serde_json::{Value, json};

use super::{count, issue, post, post_as, row, text};

#[tokio::test]
async fn defaults_hold_where_nothing_is_said() {
    let config = "litellm_settings: {num_retries: 0, default_key_generate_params: {max_budget: 1.5, models: [demo], duration: 30d, metadata: {from: file}}}";
    let world = World::with(config, |builder| builder).await;
    for body in [json!({}), json!({"max_budget": null, "models": [], "metadata": {}, "duration": null})] {
        let made = issue(&world, body).await;
        assert_eq!((&made["max_budget"], &made["models"]), (&json!(1.5), &json!(["demo"])));
        assert_eq!(made["metadata"], json!({"from": "file"}));
        assert!(made["expires"].is_string());
    }
    let made = issue(&world, json!({"max_budget": 9, "models": ["oa/x"]})).await;
    assert_eq!((&made["max_budget"], &made["models"]), (&json!(9.0), &json!(["oa/x"])));
}

#[tokio::test]
async fn upper_bounds_hold_for_everybody() {
    let config = "litellm_settings: {num_retries: 0, upperbound_key_generate_params: {max_budget: 10, budget_duration: 30d, duration: 60d, tpm_limit: 1000, rpm_limit: 100, max_parallel_requests: 5}}";
    let world = World::with(config, |builder| builder).await;
    let before = count(&world).await;
    for (name, value) in [
        ("max_budget", json!(10.5)),
        ("budget_duration", json!("31d")),
        ("duration", json!("61d")),
        ("tpm_limit", json!(1001)),
        ("rpm_limit", json!(101)),
        ("max_parallel_requests", json!(6)),
    ] {
        let answer = post(&world, "/key/generate", json!({name: value})).await.expect(400);
        let error = &answer.json()["error"];
        assert_eq!(error["param"], name, "{error}");
        assert!(text(&error["message"]).contains("over max limit"), "{error}");
    }
    post(&world, "/budget/new", json!({"budget_id": "rich", "max_budget": 11})).await.expect(200);
    post(&world, "/key/generate", json!({"budget_id": "rich"})).await.expect(400);
    assert_eq!(count(&world).await, before);
    let made = issue(&world, json!({"user_id": "ann", "rpm_limit": 7})).await;
    for (name, value) in [
        ("max_budget", json!(10.0)),
        ("budget_duration", json!("30d")),
        ("tpm_limit", json!(1000)),
        ("rpm_limit", json!(7)),
        ("max_parallel_requests", json!(5)),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    assert!(made["expires"].is_string() && made["budget_reset_at"].is_string());
    // Nobody gets around them by a change, but the administrator may mean it.
    let own = json!({"key": made["token"], "max_budget": 11});
    let answer = post_as(&world, text(&made["key"]), "/key/update", own.clone()).await;
    assert!(matches!(answer.status, 400 | 403), "{}", answer.text());
    assert_eq!(row(&world, &made["token"]).await["max_budget"], 10.0);
    post(&world, "/key/update", own).await.expect(200);
}

#[tokio::test]
async fn who_makes_keys_can_be_said() {
    let config = "litellm_settings: {num_retries: 0, key_generation_settings: {\
        team_key_generation: {allowed_team_member_roles: [admin], required_params: [tags]}, \
        personal_key_generation: {allowed_user_roles: [proxy_admin], required_params: []}}}";
    let world = World::with(config, |builder| builder).await;
    let members = json!([{"role": "admin", "user_id": "tess"}, {"role": "user", "user_id": "mem"}]);
    let team = json!({"team_id": "blue", "members_with_roles": members, "team_member_permissions": ["/key/generate"]});
    post(&world, "/team/new", team).await.expect(200);
    let tess = issue(&world, json!({"user_id": "tess"})).await;
    let mem = issue(&world, json!({"user_id": "mem"})).await;
    let ask =
        async |key: &Value, body: Value| post_as(&world, text(&key["key"]), "/key/generate", body).await;
    ask(&tess, json!({})).await.expect(403);
    ask(&tess, json!({"team_id": "blue", "tags": ["x"]})).await.expect(200);
    let answer = ask(&tess, json!({"team_id": "blue", "tags": []})).await.expect(400);
    assert_eq!(answer.json()["error"]["param"], "tags");
    ask(&mem, json!({"team_id": "blue", "tags": ["x"]})).await.expect(403);
    issue(&world, json!({"team_id": "blue"})).await;
}
