//! Who may do what to whom: nobody gives more than they have, and administering an organization is no power over people who
//! also belong elsewhere.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{as_key, ask, info, is_known, key, make, organization, post};

#[tokio::test]
async fn an_organizations_administrator_makes_people_in_it() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    organization(&world, "other").await;
    let body = json!({"user_id": "ann", "teams": ["acme-team"], "user_role": "internal_user_viewer"});
    let made = as_key(&world, &acme, Method::POST, "/user/new", body).await.expect(200).json();
    assert_eq!((&made["organizations"], &made["created_by"]), (&json!(["acme"]), &json!("acme-admin")));
    // They have only one: it need not be named.
    let made =
        as_key(&world, &acme, Method::POST, "/user/new", json!({"user_id": "bob"})).await.expect(200).json();
    assert_eq!(made["organizations"], json!(["acme"]));
    // The key speaks for somebody else, and counts for the organization.
    assert_eq!(made["allowed_routes"], json!(["llm_api_routes"]));
    let token = made["token"].as_str().unwrap();
    assert_eq!(world.get(&format!("/key/info?key={token}")).await["info"]["organization_id"], "acme");
    ask(&world, key(&made), "oa/x").await.expect(200);
    as_key(&world, key(&made), Method::GET, "/user/info", Value::Null).await.expect(403);
    for (body, param) in [
        (json!({"organizations": ["other"]}), "organization"),
        (json!({"organizations": ["acme", "other"]}), "organization"),
        (json!({"organizations": ["none"]}), "organization"),
        (json!({"organization_id": "other"}), "organization"),
        (json!({"teams": ["other-team"]}), "team"),
        (json!({"teams": ["none"]}), "team"),
        (json!({"team_id": "other-team"}), "team"),
        (json!({"user_role": "proxy_admin"}), "user_role"),
        (json!({"user_role": "proxy_admin_viewer"}), "user_role"),
        (json!({"allowed_routes": ["/key/*"]}), "allowed_routes"),
    ] {
        let mut body = body;
        body["user_id"] = json!("eve");
        let answer = as_key(&world, &acme, Method::POST, "/user/new", body.clone()).await.expect(403);
        assert_eq!(answer.json()["error"]["param"], param, "{body}: {}", answer.text());
        assert_eq!(answer.json()["error"]["type"], "auth_error");
        let many = json!({"users": [body]});
        let each = as_key(&world, &acme, Method::POST, "/user/new_bulk", many).await;
        assert!(each.status == 403 || each.json()["failed_creations"] == 1, "{}", each.text());
    }
    as_key(&world, &acme, Method::POST, "/user/new", json!({"user_id": "default_user_id"})).await.expect(409);
    assert!(!is_known(&world, "eve").await);
}

#[tokio::test]
async fn who_administers_several_says_which() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    organization(&world, "other").await;
    let member = json!({"role": "org_admin", "user_id": "acme-admin"});
    post(&world, "/organization/member_add", json!({"organization_id": "other", "member": member}))
        .await
        .expect(200);
    let answer =
        as_key(&world, &acme, Method::POST, "/user/new", json!({"user_id": "ann"})).await.expect(400);
    assert_eq!(answer.json()["error"]["param"], "organizations", "{}", answer.text());
    let body = json!({"user_id": "ann", "organizations": ["other"]});
    as_key(&world, &acme, Method::POST, "/user/new", body).await.expect(200);
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    let own = json!({
        "user_id": "acme-admin", "max_budget": 10, "budget_duration": "30d", "rpm_limit": 60, "models": ["oa/*"],
    });
    post(&world, "/user/update", own).await.expect(200);
    let within = json!({"max_budget": 10, "budget_duration": "30d", "rpm_limit": 60, "models": ["oa/x"]});
    for (field, value) in [
        ("max_budget", json!(10.5)),
        ("max_budget", Value::Null),
        ("budget_duration", json!("1d")),
        ("rpm_limit", json!(61)),
        ("rpm_limit", Value::Null),
        ("models", json!([])),
        ("models", json!(["*"])),
        ("models", json!(["all-proxy-models"])),
        ("models", json!(["oa/x", "an/x"])),
    ] {
        let mut body = within.clone();
        body["user_id"] = json!("ann");
        body[field] = value;
        let answer = as_key(&world, &acme, Method::POST, "/user/new", body.clone()).await.expect(403);
        assert_eq!(answer.json()["error"]["param"], field, "{body}: {}", answer.text());
    }
    assert!(!is_known(&world, "ann").await);
    let mut body = within.clone();
    body["user_id"] = json!("ann");
    as_key(&world, &acme, Method::POST, "/user/new", body).await.expect(200);
    for (field, value) in [("max_budget", json!(11)), ("rpm_limit", Value::Null), ("models", json!(["an/x"]))]
    {
        let body = json!({"user_id": "ann", field: value});
        let answer = as_key(&world, &acme, Method::POST, "/user/update", body).await.expect(403);
        assert_eq!(answer.json()["error"]["param"], field, "{}", answer.text());
    }
    // A budget with a name does not get around it.
    post(&world, "/budget/new", json!({"budget_id": "large", "max_budget": 1000})).await.expect(200);
    let body = json!({"user_id": "ann", "max_budget": null, "budget_id": "large"});
    as_key(&world, &acme, Method::POST, "/user/update", body).await.expect(403);
    let body = json!({"user_id": "ann", "max_budget": 3, "user_alias": "Ann"});
    as_key(&world, &acme, Method::POST, "/user/update", body).await.expect(200);
    assert_eq!(info(&world, "ann").await["max_budget"], 3.0);
    // Nor does a key that may do less than its user.
    let body = json!({"user_id": "acme-admin", "max_budget": 1, "budget_duration": "30d"});
    let small = post(&world, "/key/generate", body).await.expect(200).json();
    let mut body = within.clone();
    body["user_id"] = json!("bob");
    as_key(&world, key(&small), Method::POST, "/user/new", body).await.expect(403);
    let body = json!({"user_id": "acme-admin", "allowed_routes": ["/user/new"]});
    let narrow = post(&world, "/key/generate", body).await.expect(200).json();
    let mut body = within;
    body["user_id"] = json!("bob");
    let answer = as_key(&world, key(&narrow), Method::POST, "/user/new", body.clone()).await.expect(403);
    assert_eq!(answer.json()["error"]["param"], "auto_create_key", "{}", answer.text());
    body["auto_create_key"] = json!(false);
    as_key(&world, key(&narrow), Method::POST, "/user/new", body).await.expect(200);
}

#[tokio::test]
async fn people_who_belong_elsewhere_too_are_not_an_organizations_to_change() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    organization(&world, "other").await;
    post(&world, "/team/new", json!({"team_id": "free-team"})).await.expect(200);
    make(&world, json!({"user_id": "both", "organizations": ["acme", "other"]})).await;
    make(&world, json!({"user_id": "teamed", "organizations": ["acme"], "teams": ["free-team"]})).await;
    make(&world, json!({"user_id": "boss", "organizations": ["acme"], "user_role": "proxy_admin"})).await;
    make(&world, json!({"user_id": "vic", "organizations": ["acme"], "user_role": "proxy_admin_viewer"}))
        .await;
    make(&world, json!({"user_id": "foreign", "organizations": ["other"]})).await;
    make(&world, json!({"user_id": "free"})).await;
    make(&world, json!({"user_id": "ann", "organizations": ["acme"], "teams": ["acme-team"]})).await;
    for (user, status) in [
        ("both", 403),
        ("teamed", 403),
        ("boss", 403),
        ("vic", 403),
        ("foreign", 403),
        ("free", 403),
        ("nobody", 403),
        ("ann", 200),
    ] {
        for (path, body) in [
            ("/user/update", json!({"user_id": user, "user_alias": "changed"})),
            ("/user/update", json!({"user_id": user, "password": "correct horse"})),
            ("/user/update", json!({"user_id": user, "max_budget": 7})),
            ("/user/bulk_update", json!({"users": [{"user_id": user, "user_alias": "changed"}]})),
            ("/invitation/new", json!({"user_id": user})),
            ("/invitation/create", json!({"user_id": user})),
        ] {
            let answer = as_key(&world, &acme, Method::POST, path, body.clone()).await;
            // Several at once are answered one by one.
            let refused = path.contains("bulk") && answer.json()["failed_updates"] == 1;
            let told = if refused { 403 } else { answer.status };
            assert_eq!(told, status, "{path} {body}: {}", answer.text());
        }
    }
    let body = json!({"user_ids": ["ann", "both"]});
    as_key(&world, &acme, Method::POST, "/user/delete", body).await.expect(403);
    assert!(is_known(&world, "ann").await);
    for user in ["both", "teamed", "boss", "vic", "foreign", "free"] {
        assert_eq!(info(&world, user).await["user_alias"], Value::Null, "{user}");
        as_key(&world, &acme, Method::POST, "/user/delete", json!({"user_ids": [user]})).await.expect(403);
    }
    let all = json!({"all_users": true, "user_updates": {"max_budget": 1}});
    as_key(&world, &acme, Method::POST, "/user/bulk_update", all).await.expect(403);
    as_key(
        &world,
        &acme,
        Method::POST,
        "/user/update",
        json!({"user_id": "ann", "user_role": "proxy_admin"}),
    )
    .await
    .expect(403);
    as_key(&world, &acme, Method::POST, "/user/delete", json!({"user_ids": ["ann"]})).await.expect(200);
    assert!(!is_known(&world, "ann").await);
}

#[tokio::test]
async fn people_change_of_themselves_what_they_are_called() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    let ann = make(&world, json!({"user_id": "ann", "user_email": "ann@example.com", "max_budget": 1})).await;
    for (key, user) in [(key(&ann), "ann"), (&*acme, "acme-admin")] {
        let update = |body: Value| {
            let mut body = body;
            body["user_id"] = json!(user);
            as_key(&world, key, Method::POST, "/user/update", body)
        };
        let changed =
            update(json!({"user_alias": "Me", "password": "correct horse"})).await.expect(200).json();
        assert_eq!(
            (&changed["data"]["user_alias"], &changed["data"]["updated_by"]),
            (&json!("Me"), &json!(user))
        );
        for (field, value) in [
            ("user_role", json!("proxy_admin")),
            ("user_role", json!("internal_user_viewer")),
            ("user_email", json!("other@example.com")),
            ("sso_user_id", json!("sub")),
            ("max_budget", json!(1000)),
            ("max_budget", json!(0.5)),
            ("spend", json!(0)),
            ("rpm_limit", json!(1)),
            ("models", json!(["oa/x"])),
            ("metadata", json!({"a": 1})),
            ("blocked", json!(true)),
            ("budget_duration", json!("1s")),
        ] {
            let answer = update(json!({field: value.clone(), "user_alias": "changed"})).await;
            assert_eq!(answer.status, 403, "{field} {value}: {}", answer.text());
        }
        // What is said as it is changes nothing.
        let email = if user == "ann" { json!("ann@example.com") } else { Value::Null };
        update(json!({"user_role": "internal_user", "user_email": email, "models": []})).await.expect(200);
        assert_eq!(info(&world, user).await["user_alias"], "Me");
    }
    let viewer = make(&world, json!({"user_id": "vic", "user_role": "internal_user_viewer"})).await;
    for (method, path, body) in [
        (Method::POST, "/user/new", json!({"user_id": "eve"})),
        (Method::POST, "/user/new_bulk", json!({"users": [{"user_id": "eve"}]})),
        (Method::POST, "/user/update", json!({"user_id": "bob", "user_alias": "x"})),
        (Method::POST, "/user/update", json!({"user_email": "bob@example.com", "user_alias": "x"})),
        (Method::PUT, "/user/update", json!({"user_id": "acme-admin", "user_alias": "x"})),
        (Method::POST, "/user/bulk_update", json!({"users": [{"user_id": "ann", "user_alias": "x"}]})),
        (Method::POST, "/user/delete", json!({"user_ids": ["ann"]})),
        (Method::POST, "/invitation/new", json!({"user_id": "ann"})),
        (Method::POST, "/invitation/create", json!({})),
        (Method::GET, "/user/list", Value::Null),
        (Method::GET, "/user/available_users", Value::Null),
    ] {
        for key in [key(&ann), key(&viewer), &*world.key] {
            let answer = as_key(&world, key, method.clone(), path, body.clone()).await;
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        }
    }
    as_key(&world, key(&viewer), Method::POST, "/user/update", json!({"user_id": "vic", "user_alias": "x"}))
        .await
        .expect(403);
    assert!(!is_known(&world, "eve").await);
}
