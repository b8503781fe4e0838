//! Whose keys are: people, teams and organizations, and what these permit.

use postern_tests::World;
use serde_json::{Value, json};

use super::{chat, count, issue, post, post_as, row, text};

#[tokio::test]
async fn a_person_who_is_not_known_is_made() {
    let world = World::start().await;
    let made = issue(&world, json!({"user_id": "ann"})).await;
    assert_eq!(made["user_id"], "ann");
    issue(&world, json!({"user_id": "ann"})).await;
    let listed = world.get("/key/list?user_id=ann&return_full_object=true&expand=user").await;
    assert_eq!(listed["total_count"], 2);
    let user = &listed["keys"][0]["user"];
    assert_eq!((&user["user_id"], &user["user_role"]), (&json!("ann"), &json!("internal_user")));
    // In force at once: the key speaks for them.
    post_as(&world, text(&made["key"]), "/key/generate", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_key_stays_within_its_team() {
    let world = World::start().await;
    let team = json!({
        "team_id": "blue", "models": ["oa/*", "demo"], "max_budget": 5.0, "rpm_limit": 10, "tpm_limit": 100,
    });
    post(&world, "/team/new", team).await.expect(200);
    for (body, status, param) in [
        (json!({"max_budget": 5.01}), 400, "max_budget"),
        (json!({"models": ["an/x"]}), 403, "models"),
        (json!({"models": ["demo", "*"]}), 403, "models"),
        (json!({"models": ["oa/gpt-*", "an/*"]}), 403, "models"),
    ] {
        let mut body = body;
        body["team_id"] = json!("blue");
        let answer = post(&world, "/key/generate", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert_eq!(answer.json()["error"]["param"], param);
    }
    let denied = post(&world, "/key/generate", json!({"team_id": "blue", "models": ["an/x"]})).await.json();
    assert_eq!(denied["error"]["type"], "team_model_access_denied");
    assert_eq!(count(&world).await, 1);
    for models in
        [json!([]), json!(["all-team-models"]), json!(["no-default-models"]), json!(["oa/gpt-*", "demo"])]
    {
        issue(&world, json!({"team_id": "blue", "models": models, "max_budget": 5.0})).await;
    }
    let key = issue(&world, json!({"team_id": "blue"})).await;
    assert_eq!(chat(&world, &key["key"], "demo").await, 200);
    assert_eq!(chat(&world, &key["key"], "an/x").await, 403, "the team's list is in force");
    // Moving there.
    for (limits, param) in [
        (json!({"max_budget": 6.0}), "max_budget"),
        (json!({"rpm_limit": 11}), "rpm_limit"),
        (json!({"tpm_limit": 101}), "tpm_limit"),
        (json!({"models": ["an/x"]}), "models"),
    ] {
        let own = issue(&world, limits).await;
        let answer = post(&world, "/key/update", json!({"key": own["token"], "team_id": "blue"})).await;
        assert!(matches!(answer.status, 400 | 403), "{}", answer.text());
        assert_eq!(answer.json()["error"]["param"], param);
        assert_eq!(row(&world, &own["token"]).await["team_id"], Value::Null);
    }
    let own = issue(&world, json!({"rpm_limit": 11})).await;
    let move_there = json!({"key": own["token"], "team_id": "blue", "rpm_limit": 10});
    assert_eq!(post(&world, "/key/update", move_there).await.expect(200).json()["team_id"], "blue");
    // A key that was within stays as it is, whatever else of it changes.
    post(&world, "/team/update", json!({"team_id": "blue", "max_budget": 1.0})).await.expect(200);
    let listed = world.get("/key/list?team_id=blue&return_full_object=true").await;
    let wide = listed["keys"].as_array().unwrap().iter().find(|key| key["max_budget"] == 5.0).unwrap();
    post(&world, "/key/update", json!({"key": wide["token"], "key_alias": "wide"})).await.expect(200);
    post(&world, "/key/update", json!({"key": wide["token"], "max_budget": 4.0})).await.expect(400);
    // And out again.
    let out = json!({"key": wide["token"], "team_id": null, "models": []});
    assert_eq!(post(&world, "/key/update", out).await.expect(200).json()["team_id"], Value::Null);
}

#[tokio::test]
async fn a_key_stays_within_its_organization() {
    let world = World::start().await;
    for id in ["acme", "other"] {
        let body =
            json!({"organization_id": id, "organization_alias": id, "models": ["demo"], "max_budget": 5.0});
        post(&world, "/organization/new", body).await.expect(200);
    }
    post(&world, "/team/new", json!({"team_id": "blue", "organization_id": "acme"})).await.expect(200);
    for (body, status, param) in [
        (json!({"organization_id": "acme", "max_budget": 6}), 400, "max_budget"),
        (json!({"organization_id": "acme", "models": ["oa/x"]}), 403, "models"),
        (json!({"team_id": "blue", "max_budget": 6}), 400, "max_budget"),
        (json!({"team_id": "blue", "models": ["oa/x"]}), 403, "models"),
        (json!({"team_id": "blue", "organization_id": "other"}), 400, "organization_id"),
    ] {
        let answer = post(&world, "/key/generate", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert_eq!(answer.json()["error"]["param"], param, "{}", answer.text());
    }
    let own = issue(&world, json!({"organization_id": "acme"})).await;
    issue(&world, json!({"team_id": "blue", "organization_id": "acme"})).await;
    assert_eq!(chat(&world, &own["key"], "demo").await, 200);
    assert_eq!(chat(&world, &own["key"], "oa/x").await, 403);
    assert_eq!(world.get("/key/list?organization_id=acme").await["total_count"], 2);
    post(&world, "/organization/new", json!({"organization_id": "third", "organization_alias": "third"}))
        .await
        .expect(200);
    let moved = json!({"key": own["token"], "organization_id": "third"});
    post(&world, "/key/update", moved).await.expect(200);
    assert_eq!(chat(&world, &own["key"], "oa/x").await, 200);
}

#[tokio::test]
async fn a_service_account_is_its_teams() {
    let world = World::start().await;
    post(&world, "/team/new", json!({"team_id": "blue"})).await.expect(200);
    let path = "/key/service-account/generate";
    let made = post(&world, path, json!({"team_id": "blue", "key_alias": "ci"})).await.expect(200).json();
    assert_eq!((&made["user_id"], &made["team_id"]), (&Value::Null, &json!("blue")));
    assert_eq!(made["metadata"]["service_account_id"], "ci");
    assert_eq!(chat(&world, &made["key"], "demo").await, 200);
    let named = json!({"team_id": "blue", "metadata": {"service_account_id": "mine", "x": 1}});
    let named = post(&world, path, named).await.expect(200).json();
    assert_eq!(named["metadata"], json!({"service_account_id": "mine", "x": 1}));
    let unnamed = post(&world, path, json!({"team_id": "blue"})).await.expect(200).json();
    assert!(unnamed["metadata"]["service_account_id"].is_string());
    for (body, param) in [
        (json!({}), "team_id"),
        (json!({"team_id": ""}), "team_id"),
        (json!({"team_id": "no-such-team"}), "team_id"),
        (json!({"team_id": "blue", "user_id": "ann"}), "user_id"),
    ] {
        let answer = post(&world, path, body).await.expect(400);
        assert_eq!(answer.json()["error"]["param"], param, "{}", answer.text());
    }
}
