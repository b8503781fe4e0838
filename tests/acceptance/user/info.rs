//! `/user/info`: oneself, and others for who may see them.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{as_key, info, key, make, organization, post};

#[tokio::test]
async fn somebody_is_shown_with_keys_and_teams() {
    let world = World::start().await;
    post(&world, "/team/new", json!({"team_id": "blue", "team_alias": "Blue", "models": ["oa/x"]}))
        .await
        .expect(200);
    let made = make(
        &world,
        json!({
            "user_id": "ann", "user_alias": "Ann", "user_email": "ann@example.com", "max_budget": 5, "models": ["oa/x"],
            "teams": ["blue"], "metadata": {"department": "Engineering"}, "password": "correct horse",
        }),
    )
    .await;
    post(&world, "/key/generate", json!({"user_id": "ann", "team_id": "blue", "key_alias": "in blue"}))
        .await
        .expect(200);
    let own = as_key(&world, key(&made), Method::GET, "/user/info", Value::Null).await.expect(200).json();
    for shown in [&own, &info(&world, "ann").await] {
        for (name, value) in [
            ("user_id", json!("ann")),
            ("user_alias", json!("Ann")),
            ("user_email", json!("ann@example.com")),
            ("user_role", json!("internal_user")),
            ("max_budget", json!(5.0)),
            ("spend", json!(0.0)),
            ("models", json!(["oa/x"])),
            ("metadata", json!({"department": "Engineering"})),
        ] {
            assert_eq!(shown[name], value, "{name}");
            assert_eq!(shown["user_info"][name], value, "{name}");
        }
        assert_eq!(shown["user_info"]["teams"], json!(["blue"]));
        let team = &shown["teams"][0];
        assert_eq!((&team["team_id"], &team["team_alias"]), (&json!("blue"), &json!("Blue")));
        assert_eq!(team["members_with_roles"][0]["user_id"], "ann");
        let keys = shown["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2, "{shown}");
        assert_eq!((&keys[0]["token"], &keys[0]["team_alias"]), (&made["token"], &Value::Null));
        assert_eq!((&keys[1]["key_alias"], &keys[1]["team_alias"]), (&json!("in blue"), &json!("Blue")));
        let text = shown.to_string();
        assert!(
            !text.contains("password_hash") && !text.contains("argon2") && !text.contains(key(&made)),
            "{text}"
        );
    }
    let row = as_key(&world, key(&made), Method::GET, "/v2/user/info", Value::Null).await.expect(200).json();
    assert_eq!((&row["user_id"], &row["keys"]), (&json!("ann"), &Value::Null));
    assert_eq!((&row["teams"], &row["key_count"]), (&json!(["blue"]), &json!(2)));
}

#[tokio::test]
async fn the_administrators_key_has_no_row_of_its_own() {
    let world = World::start().await;
    let shown = world.get("/user/info").await;
    assert_eq!((&shown["user_id"], &shown["user_role"]), (&json!("default_user_id"), &json!("proxy_admin")));
    assert_eq!(
        (&shown["user_info"], &shown["keys"], &shown["teams"]),
        (&Value::Null, &json!([]), &json!([]))
    );
    world.admin(Method::GET, "/v2/user/info", Value::Null).await.expect(404);
    make(&world, json!({"user_id": "default_user_id", "user_alias": "Boss"})).await;
    assert_eq!(world.get("/user/info").await["user_alias"], "Boss");
}

#[tokio::test]
async fn others_are_for_who_may_see_them() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    organization(&world, "other").await;
    let ann = make(&world, json!({"user_id": "ann", "organizations": ["acme"]})).await;
    make(&world, json!({"user_id": "bob", "organizations": ["other"]})).await;
    let viewer = make(&world, json!({"user_id": "vic", "user_role": "proxy_admin_viewer"})).await;
    for (key, user, status) in [
        (key(&ann), "ann", 200),
        (key(&ann), "bob", 403),
        (key(&ann), "nobody", 403),
        (&*acme, "ann", 200),
        (&*acme, "bob", 403),
        (&*acme, "nobody", 403),
        (key(&viewer), "bob", 200),
        (key(&viewer), "nobody", 404),
        (&*world.key, "ann", 403),
    ] {
        for path in ["/user/info", "/v2/user/info"] {
            let path = format!("{path}?user_id={user}");
            let answer = as_key(&world, key, Method::GET, &path, Value::Null).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text());
        }
    }
    let unknown = world.admin(Method::GET, "/user/info?user_id=nobody", Value::Null).await.expect(404);
    assert!(unknown.json()["detail"]["error"].is_string() && unknown.json()["error"]["message"].is_string());
}

#[tokio::test]
async fn of_who_is_elsewhere_too_the_rest_is_hidden() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    organization(&world, "other").await;
    make(&world, json!({"user_id": "ann", "teams": ["acme-team", "other-team"], "auto_create_key": false}))
        .await;
    for team in ["acme-team", "other-team"] {
        post(&world, "/key/generate", json!({"user_id": "ann", "team_id": team, "key_alias": team}))
            .await
            .expect(200);
    }
    post(&world, "/key/generate", json!({"user_id": "ann", "key_alias": "private"})).await.expect(200);
    let shown = as_key(&world, &acme, Method::GET, "/user/info?user_id=ann", Value::Null).await.expect(200);
    let json = shown.json();
    assert_eq!(json["keys"].as_array().unwrap().len(), 1, "{json}");
    assert_eq!(json["user_info"]["teams"], json!(["acme-team"]));
    assert_eq!(json["user_info"]["organizations"], json!(["acme"]));
    assert!(!shown.text().contains("other") && !shown.text().contains("private"), "{}", shown.text());
    assert_eq!(info(&world, "ann").await["keys"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn roles_and_numbers_are_told() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann"})).await;
    let roles = world.get("/user/available_roles").await;
    for role in ["proxy_admin", "proxy_admin_viewer", "internal_user", "internal_user_viewer"] {
        assert!(roles[role]["description"].is_string() && roles[role]["ui_label"].is_string(), "{roles}");
    }
    let users = world.get("/user/available_users").await;
    assert_eq!((&users["total_users_used"], &users["total_teams_used"]), (&json!(1), &json!(0)));
    assert!(users["total_users"].is_null() && users["total_users_remaining"].is_null(), "{users}");
}
