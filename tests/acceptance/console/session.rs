//! `/console/session`: who somebody is, and what is open to them.

use postern_tests::{World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn session(world: &World, key: &str) -> Value {
    let url = format!("{}/console/session", world.gateway.url());
    receive(world.gateway.client().get(url).bearer_auth(key)).await.expect(200).json()
}

#[tokio::test]
async fn a_session_says_who_somebody_is_and_what_they_may() {
    let world = World::start().await;
    let post = async |path: &str, body: Value| world.admin(Method::POST, path, body).await.expect(200).json();
    post("/organization/new", json!({"organization_id": "acme", "organization_alias": "Acme"})).await;
    let members = json!([{"role": "admin", "user_id": "ada"}, {"role": "user", "user_id": "bob"}]);
    post("/team/new", json!({"team_id": "red", "team_alias": "Red", "organization_id": "acme", "members_with_roles": members})).await;
    // Whoever is in a team is in its organization.
    let member = json!({"role": "org_admin", "user_id": "ora"});
    post("/organization/member_add", json!({"organization_id": "acme", "member": member})).await;
    let key = async |user: &str| {
        world.gateway.new_key(json!({"user_id": user, "key_alias": format!("of {user}")})).await
    };

    let ada = session(&world, &key("ada").await).await;
    assert_eq!(
        (&ada["role"], &ada["user_id"], &ada["key_name"]),
        (&json!("user"), &json!("ada"), &json!("of ada"))
    );
    assert_eq!(ada["teams"], json!([{"id": "red", "alias": "Red", "role": "admin"}]));
    assert_eq!(
        (&ada["origin"], &ada["signed_in"], &ada["team_id"]),
        (&json!("network"), &json!(false), &Value::Null)
    );
    let bob = session(&world, &key("bob").await).await;
    assert_eq!(bob["teams"][0]["role"], "user");
    assert_eq!(bob["organizations"], json!([{"id": "acme", "alias": "Acme", "role": "internal_user"}]));
    let ora = session(&world, &key("ora").await).await;
    assert_eq!(ora["organizations"][0]["role"], "org_admin");
    let nobody = session(&world, &world.key).await;
    assert_eq!(
        (&nobody["role"], &nobody["user_id"], &nobody["teams"]),
        (&json!("key"), &Value::Null, &json!([]))
    );
    let of_team = world.gateway.new_key(json!({"team_id": "red"})).await;
    assert_eq!(session(&world, &of_team).await["team_id"], "red");
    let admin = world.get("/console/session").await;
    assert_eq!((&admin["role"], &admin["key_name"]), (&json!("admin"), &Value::Null));

    let viewer = json!({"user_id": "vera", "user_role": "proxy_admin_viewer", "auto_create_key": false});
    post("/user/new", viewer).await;
    let vera = session(&world, &key("vera").await).await;

    for (who, page, expected) in [
        (&admin, "providers", true),
        (&admin, "audit", true),
        (&vera, "tags", true),
        (&vera, "change_tags", false),
        (&ora, "tags", false),
        (&ada, "overview", true),
        (&ada, "create_keys", true),
        (&ada, "change_models", true),
        (&ada, "change_teams", true),
        (&ada, "create_teams", false),
        (&ada, "providers", false),
        (&ada, "audit", false),
        (&ada, "change_budgets", false),
        (&bob, "change_models", false),
        (&bob, "change_teams", false),
        (&bob, "requests", true),
        (&ora, "create_teams", true),
        (&ora, "create_users", true),
        (&ora, "create_organizations", false),
        (&ora, "change_organizations", true),
        (&nobody, "overview", false),
        (&nobody, "models", true),
        (&nobody, "create_keys", false),
    ] {
        assert_eq!(who["may"][page], expected, "{page} for {}", who["user_id"]);
    }
    assert!(admin["may"].as_object().unwrap().values().all(|open| open == true), "{}", admin["may"]);
}
