//! Who may do what with which team.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, call, done, organization, own_key, refused, row, team, team_key};

/// Two organizations with a team each, and a team in none.
async fn world() -> World {
    let world = World::start().await;
    organization(&world, "north", "olga", json!({"max_budget": 10.0, "models": ["demo", "oa/*"]})).await;
    organization(&world, "south", "sven", json!({})).await;
    for (id, organization, people) in [
        ("n", Some("north"), [("nina", "admin"), ("max", "user")]),
        ("s", Some("south"), [("sam", "admin"), ("sue", "user")]),
        ("free", None, [("fay", "admin"), ("fred", "user")]),
    ] {
        let members: Vec<Value> =
            people.iter().map(|(user, role)| json!({"user_id": user, "role": role})).collect();
        let body = json!({
            "team_id": id, "organization_id": organization, "members_with_roles": members, "max_budget": 5.0, "models": ["demo"],
        });
        done(&world, "/team/new", body).await;
    }
    world
}

/// Every route that is about one team, asked about this one.
fn questions(team: &str) -> Vec<(Method, String, Value)> {
    let post = |path: &str, body: Value| (Method::POST, path.to_owned(), body);
    let get = |path: String| (Method::GET, path, Value::Null);
    vec![
        get(format!("/team/info?team_id={team}")),
        get(format!("/team/permissions_list?team_id={team}")),
        get(format!("/team/{team}/callback")),
        post("/team/update", json!({"team_id": team, "team_alias": "changed"})),
        post("/team/member_add", json!({"team_id": team, "member": {"role": "user", "user_id": "newcomer"}})),
        post(
            "/team/bulk_member_add",
            json!({"team_id": team, "members": [{"role": "user", "user_id": "another"}]}),
        ),
        post("/team/member_update", json!({"team_id": team, "user_id": "newcomer", "rpm_limit": 5})),
        post("/team/member_delete", json!({"team_id": team, "user_id": "newcomer"})),
        post("/team/model/add", json!({"team_id": team, "models": ["demo"]})),
        post("/team/model/delete", json!({"team_id": team, "models": ["other"]})),
        post("/team/permissions_update", json!({"team_id": team, "team_member_permissions": ["/key/info"]})),
        post(&format!("/team/{team}/callback"), json!({"callback_name": "custom"})),
        post(&format!("/team/{team}/disable_logging"), json!({})),
        post("/team/block", json!({"team_id": team})),
        post("/team/unblock", json!({"team_id": team})),
        post("/team/delete", json!({"team_ids": [team]})),
    ]
}

#[tokio::test]
async fn everybody_does_what_they_may_and_nothing_else() {
    let world = world().await;
    let looks = 2;
    // An administrator of the team does all but block and delete it.
    for (user, team, may) in [
        ("sue", "s", looks),
        ("sue", "n", 0),
        ("sam", "n", 0),
        ("sam", "free", 0),
        ("sven", "n", 0),
        ("sven", "free", 0),
        ("sven", "nothing", 0),
        ("fay", "n", 0),
        ("fred", "free", looks),
        ("sam", "s", 13),
        ("sven", "s", 16),
    ] {
        let key = own_key(&world, user).await;
        let before = if team == "nothing" { Value::Null } else { row(&world, team).await };
        for (number, (method, path, body)) in questions(team).into_iter().enumerate() {
            let allowed = number < may;
            let answer = call(&world, &key, method, &path, body).await;
            let expected = if allowed { 200 } else { 403 };
            assert_eq!(answer.status, expected, "{user} on {team}: {path}: {}", answer.text());
        }
        if may <= looks && team != "nothing" {
            assert_eq!(row(&world, team).await, before, "{user} changed {team}");
        }
    }
    world.admin(Method::GET, "/team/info?team_id=s", Value::Null).await.expect(404);
}

#[tokio::test]
async fn who_only_looks_changes_nothing() {
    let world = world().await;
    let made = json!({"user_id": "vic", "user_role": "proxy_admin_viewer"});
    let made = done(&world, "/user/new", made).await;
    let key = made["key"].as_str().unwrap();
    for (number, (method, path, body)) in questions("n").into_iter().enumerate() {
        let answer = call(&world, key, method, &path, body).await;
        assert_eq!(answer.status, if number < 3 { 200 } else { 403 }, "{path}: {}", answer.text());
    }
    let all = call(&world, key, Method::GET, "/team/list", Value::Null).await.expect(200).json();
    assert_eq!(all.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn teams_are_made_by_administrators_of_their_organization() {
    let world = world().await;
    let create = async |user: &str, body: Value| {
        let key = own_key(&world, user).await;
        call(&world, &key, Method::POST, "/team/new", body).await
    };
    let made = create("olga", json!({"team_id": "n2", "organization_id": "north"})).await.expect(200).json();
    assert_eq!(
        (&made["admins"], &made["created_by"]),
        (&json!(["olga"]), &json!("olga")),
        "whoever makes it"
    );
    let by_name = json!({"team_id": "n3", "organization_id": "north", "members": ["olga"]});
    assert_eq!(
        create("olga", by_name).await.expect(200).json()["admins"],
        json!([]),
        "as they said themselves"
    );
    refused(&create("olga", json!({"team_id": "x"})).await, 403, "organization_id");
    for organization in ["south", "nothing"] {
        let answer = create("olga", json!({"team_id": "x", "organization_id": organization})).await;
        refused(&answer, 403, "organization");
    }
    for user in ["nina", "max", "fay"] {
        create(user, json!({"team_id": "x", "organization_id": "north"})).await.expect(403);
    }
    // People of other organizations are not theirs to add.
    let strangers = json!({"team_id": "x", "organization_id": "north", "members": ["sven"]});
    refused(&create("olga", strangers).await, 403, "member");
    let listed = world.get("/team/list").await;
    assert!(listed.as_array().unwrap().iter().all(|team| team["team_id"] != "x"));
    // Those whom they name first belong to their organization.
    let fresh = json!({"team_id": "n4", "organization_id": "north", "members": ["fresh"]});
    create("olga", fresh).await.expect(200);
    let olga = own_key(&world, "olga").await;
    call(&world, &olga, Method::GET, "/team/list?user_id=fresh", Value::Null).await.expect(200);
}

#[tokio::test]
async fn nobody_gives_a_team_more_than_they_may() {
    let world = world().await;
    let change = async |user: &str, team: &str, more: Value| {
        let key = own_key(&world, user).await;
        let mut body = more;
        body["team_id"] = json!(team);
        call(&world, &key, Method::POST, "/team/update", body).await
    };
    // In an organization up to what that has.
    change("nina", "n", json!({"max_budget": 9.0, "models": ["demo", "oa/x"]})).await.expect(200);
    refused(&change("nina", "n", json!({"max_budget": 11.0})).await, 400, "max_budget");
    refused(&change("nina", "n", json!({"models": ["an/x"]})).await, 400, "models");
    refused(&change("olga", "n", json!({"max_budget": 11.0})).await, 400, "max_budget");
    // Where nothing above is limited, up to what the team has.
    for team in [("fay", "free"), ("sam", "s")] {
        change(team.0, team.1, json!({"max_budget": 4.0, "rpm_limit": 10, "team_alias": "Ours"}))
            .await
            .expect(200);
        let before = row(&world, team.1).await;
        for (field, value) in [
            ("max_budget", json!(4.5)),
            ("max_budget", Value::Null),
            ("rpm_limit", json!(11)),
            ("rpm_limit", Value::Null),
            ("models", json!(["demo", "oa/x"])),
            ("models", json!([])),
            ("models", json!(["*"])),
            ("spend", json!(0)),
            ("budget_duration", json!("1d")),
            ("blocked", json!(true)),
            ("organization_id", json!("north")),
        ] {
            let answer = change(team.0, team.1, json!({field: value})).await;
            refused(&answer, 403, field);
        }
        assert_eq!(row(&world, team.1).await, before);
    }
    let key = own_key(&world, "fay").await;
    let body = json!({"team_id": "free", "models": ["oa/x"]});
    refused(&call(&world, &key, Method::POST, "/team/model/add", body).await, 403, "models");
    let everybody = json!({"team_id": "free", "all_users": true});
    refused(&call(&world, &key, Method::POST, "/team/bulk_member_add", everybody).await, 403, "all_users");
    let strangers = json!({"team_id": "free", "member": {"role": "user", "user_id": "sven"}});
    refused(&call(&world, &key, Method::POST, "/team/member_add", strangers).await, 403, "member");
    // An organization's administrator keeps its teams where they are.
    refused(&change("olga", "n", json!({"organization_id": "south"})).await, 403, "organization_id");
    refused(&change("olga", "n", json!({"organization_id": null})).await, 403, "organization_id");
    change("olga", "n", json!({"organization_id": "north", "spend": 0, "budget_duration": "1d"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_team_that_moves_takes_its_keys_along() {
    let world = world().await;
    let key = team_key(&world, "s", Some("sam")).await;
    ask(&world, &key, "demo").await.expect(200);
    done(&world, "/team/update", json!({"team_id": "s", "max_budget": 20.0})).await;
    let over = super::post(&world, "/team/update", json!({"team_id": "s", "organization_id": "north"})).await;
    refused(&over, 400, "max_budget");
    let body = json!({"team_id": "s", "organization_id": "north", "max_budget": 2.0});
    assert_eq!(done(&world, "/team/update", body).await["data"]["organization_id"], "north");
    // The new organization's administrator sees it, the old one's does not.
    let (olga, sven) = (own_key(&world, "olga").await, own_key(&world, "sven").await);
    call(&world, &olga, Method::GET, "/team/info?team_id=s", Value::Null).await.expect(200);
    call(&world, &sven, Method::GET, "/team/info?team_id=s", Value::Null).await.expect(403);
    ask(&world, &key, "demo").await.expect(200);
    done(
        &world,
        "/team/update",
        json!({"team_id": "s", "models": ["demo", "oa/gpt-4o-mini"], "max_budget": null}),
    )
    .await;
    ask(&world, &key, "oa/gpt-4o-mini").await.expect(200);
    let narrower = json!({"organization_id": "north", "models": ["demo"]});
    world.admin(Method::PATCH, "/organization/update", narrower).await.expect(200);
    let answer = ask(&world, &key, "oa/gpt-4o-mini").await;
    assert_eq!(answer.json()["error"]["type"], "org_model_access_denied", "{}", answer.text());
    // Out of every organization.
    done(&world, "/team/update", json!({"team_id": "s", "organization_id": null})).await;
    ask(&world, &key, "oa/gpt-4o-mini").await.expect(200);
    call(&world, &olga, Method::GET, "/team/info?team_id=s", Value::Null).await.expect(403);
}

#[tokio::test]
async fn a_role_is_lost_with_the_next_request() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "admin"), ("bob", "user")]).await;
    let ann = own_key(&world, "ann").await;
    let rename = async || {
        call(&world, &ann, Method::POST, "/team/update", json!({"team_id": "blue", "team_alias": "x"}))
            .await
            .status
    };
    assert_eq!(rename().await, 200);
    let role = |role: &str| json!({"team_id": "blue", "user_id": "ann", "role": role});
    done(&world, "/team/member_update", role("user")).await;
    assert_eq!(rename().await, 403);
    call(&world, &ann, Method::GET, "/team/info?team_id=blue", Value::Null).await.expect(200);
    done(&world, "/team/member_update", role("admin")).await;
    assert_eq!(rename().await, 200);
    done(&world, "/team/member_delete", json!({"team_id": "blue", "user_id": "ann"})).await;
    assert_eq!(rename().await, 403);
    call(&world, &ann, Method::GET, "/team/info?team_id=blue", Value::Null).await.expect(403);
}
