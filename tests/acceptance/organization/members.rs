//! `/organization/member_*`: who belongs to an organization, and what they may do there.

use postern_tests::{Answer, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask_dear, dear_model, info, make};

async fn add(world: &World, organization: &str, member: Value) -> Answer {
    let body = json!({"organization_id": organization, "member": member});
    world.admin(Method::POST, "/organization/member_add", body).await
}

#[tokio::test]
async fn people_are_brought_in_changed_and_taken_out() {
    let world = World::start().await;
    make(&world, json!({"organization_id": "acme", "organization_alias": "Acme"})).await;
    let body = json!({
        "organization_id": "acme", "max_budget_in_organization": 2.5,
        "member": [{"role": "internal_user", "user_id": "ann"}, {"role": "org_admin", "user_email": "Bob@example.com"}],
    });
    let added = world.admin(Method::POST, "/organization/member_add", body).await.expect(200).json();
    assert_eq!(added["organization_id"], "acme");
    assert_eq!(added["updated_users"][0]["user_id"], "ann");
    assert_eq!(added["updated_users"][1]["user_email"], "Bob@example.com");
    let ann = &added["updated_organization_memberships"][0];
    for (name, value) in [
        ("user_id", json!("ann")),
        ("organization_id", json!("acme")),
        ("user_role", json!("internal_user")),
        ("spend", json!(0.0)),
        ("max_budget_in_organization", json!(2.5)),
    ] {
        assert_eq!(ann[name], value, "{name}");
    }
    assert_eq!(ann["litellm_budget_table"]["max_budget"], 2.5);
    assert!(!added.to_string().contains("password"), "{added}");
    let members = info(&world, "acme").await["members"].clone();
    assert_eq!(members.as_array().unwrap().len(), 2);
    let bob = members.as_array().unwrap().iter().find(|member| member["user_email"] == "Bob@example.com");
    assert_eq!(bob.unwrap()["user_role"], "org_admin");

    let body = json!({"organization_id": "acme", "user_email": "bob@EXAMPLE.com", "role": "internal_user_viewer", "max_budget_in_organization": null});
    let changed = world.admin(Method::PATCH, "/organization/member_update", body).await.expect(200).json();
    assert_eq!(
        (&changed["user_role"], &changed["litellm_budget_table"]),
        (&json!("internal_user_viewer"), &Value::Null)
    );
    let out = json!({"organization_id": "acme", "user_id": "ann"});
    let gone =
        world.admin(Method::DELETE, "/organization/member_delete", out.clone()).await.expect(200).json();
    assert_eq!(gone["user_id"], "ann");
    world.admin(Method::DELETE, "/organization/member_delete", out).await.expect(404);
    assert_eq!(info(&world, "acme").await["members"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    let world = World::start().await;
    make(&world, json!({"organization_id": "acme", "organization_alias": "Acme"})).await;
    add(&world, "acme", json!({"role": "internal_user", "user_id": "ann"})).await.expect(200);
    let before = info(&world, "acme").await;
    for (member, status) in [
        (json!({"role": "king", "user_id": "eve"}), 422),
        (json!({"user_id": "eve"}), 422),
        (json!("eve"), 422),
        (json!([{"role": "org_admin", "user_id": 7}]), 422),
        (json!([]), 400),
        (json!({"role": "org_admin"}), 400),
        (json!({"role": "org_admin", "user_id": "a\nb"}), 400),
        (json!({"role": "internal_user", "user_id": "ann"}), 409),
        // All of them or none.
        (
            json!([{"role": "internal_user", "user_id": "eve"}, {"role": "internal_user", "user_id": "ann"}]),
            409,
        ),
        (
            json!([{"role": "internal_user", "user_id": "eve"}, {"role": "internal_user", "user_id": "eve"}]),
            409,
        ),
    ] {
        let answer = add(&world, "acme", member.clone()).await;
        assert_eq!(answer.status, status, "{member}: {}", answer.text());
    }
    add(&world, "nothing", json!({"role": "internal_user", "user_id": "eve"})).await.expect(404);
    for (method, path) in
        [(Method::PATCH, "/organization/member_update"), (Method::DELETE, "/organization/member_delete")]
    {
        for (body, status) in [
            (json!({"organization_id": "acme", "user_id": "nobody"}), 404),
            (json!({"organization_id": "acme", "user_email": "nobody@example.com"}), 404),
            (json!({"organization_id": "nothing", "user_id": "ann"}), 404),
            (json!({"organization_id": "acme"}), 400),
            (json!({"user_id": "ann"}), 422),
        ] {
            let answer = world.admin(method.clone(), path, body.clone()).await;
            assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        }
    }
    for body in [json!({"role": "king"}), json!({"max_budget_in_organization": "much"})] {
        let mut body = body;
        body["organization_id"] = json!("acme");
        body["user_id"] = json!("ann");
        world.admin(Method::PATCH, "/organization/member_update", body).await.expect(422);
    }
    let body = json!({"organization_id": "acme", "user_id": "ann", "max_budget_in_organization": -1});
    world.admin(Method::PATCH, "/organization/member_update", body).await.expect(400);
    assert_eq!(info(&world, "acme").await, before);
}

/// A person with a key of their own.
async fn person(world: &World, id: &str, role: &str) -> String {
    let made = json!({"user_id": id, "user_role": role});
    let made = world.admin(Method::POST, "/user/new", made).await.expect(200).json();
    made["key"].as_str().unwrap().to_owned()
}

async fn as_key(world: &World, key: &str, method: Method, path: &str, body: Value) -> Answer {
    let url = format!("{}{path}", world.gateway.url());
    let request = world.gateway.client().request(method, url).bearer_auth(key);
    receive(if body.is_null() { request } else { request.json(&body) }).await
}

#[tokio::test]
async fn a_share_of_the_budget_is_a_limit_of_its_own() {
    let world = World::start().await;
    dear_model(&world).await;
    make(&world, json!({"organization_id": "acme", "organization_alias": "Acme", "max_budget": 1})).await;
    person(&world, "ann", "internal_user").await;
    let body = json!({
        "organization_id": "acme", "member": {"role": "internal_user", "user_id": "ann"}, "max_budget_in_organization": 0.15,
    });
    world.admin(Method::POST, "/organization/member_add", body).await.expect(200);
    let key = world.gateway.new_key(json!({"organization_id": "acme", "user_id": "ann"})).await;
    ask_dear(&world, &key, Value::Null).await.expect(200);
    let refused = ask_dear(&world, &key, Value::Null).await.expect(402);
    assert!(refused.text().contains("ann in organization acme"), "{}", refused.text());
    assert_eq!(info(&world, "acme").await["members"][0]["spend"], 0.1);
    let body = json!({"organization_id": "acme", "user_id": "ann", "max_budget_in_organization": 0.5});
    world.admin(Method::PATCH, "/organization/member_update", body).await.expect(200);
    ask_dear(&world, &key, Value::Null).await.expect(200);
}

#[tokio::test]
async fn who_administers_an_organization_reaches_no_further() {
    let world = World::start().await;
    for id in ["acme", "other"] {
        make(&world, json!({"organization_id": id, "organization_alias": id, "max_budget": 10, "models": ["demo", "x"]})).await;
    }
    let boss = person(&world, "boss", "internal_user").await;
    let ann = person(&world, "ann", "internal_user").await;
    for id in ["eve", "root", "free"] {
        person(&world, id, if id == "root" { "proxy_admin" } else { "internal_user" }).await;
    }
    add(
        &world,
        "acme",
        json!([{"role": "org_admin", "user_id": "boss"}, {"role": "internal_user", "user_id": "ann"}]),
    )
    .await
    .expect(200);
    add(&world, "other", json!({"role": "internal_user", "user_id": "eve"})).await.expect(200);
    let ask = async |method: Method, path: &str, body: Value| {
        as_key(&world, &boss, method, path, body).await.status
    };
    let add_to = |organization: &str, id: &str| json!({"organization_id": organization, "member": {"role": "internal_user", "user_id": id}});
    for (method, path, body, status) in [
        (Method::POST, "/organization/new", json!({"organization_alias": "mine"}), 403),
        (Method::DELETE, "/organization/delete", json!({"organization_ids": ["acme"]}), 403),
        (Method::GET, "/organization/info?organization_id=other", Value::Null, 403),
        (Method::GET, "/organization/info?organization_id=nothing", Value::Null, 403),
        (Method::POST, "/organization/info", json!({"organizations": ["acme", "other"]}), 403),
        (
            Method::PATCH,
            "/organization/update",
            json!({"organization_id": "other", "organization_alias": "x"}),
            403,
        ),
        (
            Method::PATCH,
            "/organization/update",
            json!({"organization_id": "acme", "organization_alias": "x"}),
            200,
        ),
        // Less than it has, and not more.
        (Method::PATCH, "/organization/update", json!({"organization_id": "acme", "max_budget": 9}), 200),
        (Method::PATCH, "/organization/update", json!({"organization_id": "acme", "max_budget": 9.5}), 403),
        (Method::PATCH, "/organization/update", json!({"organization_id": "acme", "max_budget": null}), 403),
        (Method::PATCH, "/organization/update", json!({"organization_id": "acme", "models": ["demo"]}), 200),
        (Method::PATCH, "/organization/update", json!({"organization_id": "acme", "models": []}), 403),
        (
            Method::PATCH,
            "/organization/update",
            json!({"organization_id": "acme", "models": ["demo", "y"]}),
            403,
        ),
        (Method::PATCH, "/organization/update", json!({"organization_id": "acme", "spend": 0}), 403),
        (
            Method::PATCH,
            "/organization/update",
            json!({"organization_id": "acme", "budget_duration": "1s"}),
            403,
        ),
        (Method::POST, "/organization/member_add", add_to("other", "new"), 403),
        (Method::POST, "/organization/member_add", add_to("acme", "new"), 200),
        (Method::POST, "/organization/member_add", add_to("acme", "free"), 200),
        // Who is elsewhere, or stands above: in the organization they would be in its administrator's hands.
        (Method::POST, "/organization/member_add", add_to("acme", "eve"), 403),
        (Method::POST, "/organization/member_add", add_to("acme", "root"), 403),
        (
            Method::PATCH,
            "/organization/member_update",
            json!({"organization_id": "other", "user_id": "eve", "role": "org_admin"}),
            403,
        ),
        (
            Method::DELETE,
            "/organization/member_delete",
            json!({"organization_id": "other", "user_id": "eve"}),
            403,
        ),
        (
            Method::PATCH,
            "/organization/member_update",
            json!({"organization_id": "acme", "user_id": "ann", "role": "internal_user_viewer"}),
            200,
        ),
        (
            Method::DELETE,
            "/organization/member_delete",
            json!({"organization_id": "acme", "user_id": "free"}),
            200,
        ),
    ] {
        assert_eq!(ask(method.clone(), path, body.clone()).await, status, "{method} {path} {body}");
    }
    let seen = as_key(&world, &boss, Method::GET, "/organization/list", Value::Null).await.expect(200).json();
    assert_eq!((seen.as_array().unwrap().len(), &seen[0]["organization_id"]), (1, &json!("acme")));
    assert_eq!(seen[0]["members"].as_array().unwrap().len(), 3);
    // Who is only in it sees themselves.
    let own = as_key(&world, &ann, Method::GET, "/organization/info?organization_id=acme", Value::Null)
        .await
        .expect(200)
        .json();
    let members = own["members"].as_array().unwrap();
    assert_eq!((members.len(), &members[0]["user_id"]), (1, &json!("ann")));
    for (method, path, body) in [
        (
            Method::PATCH,
            "/organization/update",
            json!({"organization_id": "acme", "organization_alias": "x"}),
        ),
        (Method::POST, "/organization/member_add", add_to("acme", "friend")),
        (
            Method::DELETE,
            "/organization/member_delete",
            json!({"organization_id": "acme", "user_id": "boss"}),
        ),
    ] {
        as_key(&world, &ann, method, path, body).await.expect(403);
    }
    let nobody = world.gateway.new_key(json!({})).await;
    as_key(&world, &nobody, Method::GET, "/organization/list", Value::Null).await.expect(403);
}
