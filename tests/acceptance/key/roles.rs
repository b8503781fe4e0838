//! Who may do what with keys, and that nobody gets more out of them than they have.

use postern_tests::World;
use serde_json::{Value, json};

use super::{chat, count, dear, get_as, issue, post, post_as, row, spend_ten_cents, text};

/// A team with an administrator and a member, and a key of each of their own.
async fn team(world: &World, id: &str) -> (Value, Value) {
    let (admin, member) = (format!("{id}-admin"), format!("{id}-member"));
    let members = json!([{"role": "admin", "user_id": admin}, {"role": "user", "user_id": member}]);
    post(world, "/team/new", json!({"team_id": id, "members_with_roles": members})).await.expect(200);
    (issue(world, json!({"user_id": admin})).await, issue(world, json!({"user_id": member})).await)
}

#[tokio::test]
async fn a_person_makes_keys_for_themselves_alone() {
    let world = World::start().await;
    team(&world, "blue").await;
    post(&world, "/organization/new", json!({"organization_id": "acme", "organization_alias": "acme"}))
        .await
        .expect(200);
    let ann = issue(&world, json!({"user_id": "ann"})).await;
    let key = text(&ann["key"]);
    let made = post_as(&world, key, "/key/generate", json!({"key_alias": "hers"})).await.expect(200).json();
    assert_eq!((&made["user_id"], &made["created_by"]), (&json!("ann"), &json!("ann")));
    assert_eq!(chat(&world, &made["key"], "demo").await, 200);
    let before = count(&world).await;
    for body in [
        json!({"user_id": "blue-member"}),
        json!({"user_id": "not-known-yet"}),
        json!({"team_id": "blue"}),
        json!({"team_id": "no-such-team"}),
        json!({"organization_id": "acme"}),
        json!({"organization_id": "no-such-organization"}),
    ] {
        let answer = post_as(&world, key, "/key/generate", body.clone()).await;
        assert_eq!(answer.status, 403, "{body}: {}", answer.text());
        let mut change = body;
        change["key"] = made["token"].clone();
        post_as(&world, key, "/key/update", change).await.expect(403);
    }
    assert_eq!(count(&world).await, before);
    assert_eq!(world.get("/key/list?user_id=not-known-yet").await["total_count"], 0);
    // Another's key is out of reach, whatever is done with it, and looks like one that there is not.
    let other = issue(&world, json!({"user_id": "bob"})).await;
    for token in [text(&other["token"]), "no-such-key"] {
        for (path, body) in [
            ("/key/update", json!({"key": token, "max_budget": 1})),
            ("/key/regenerate", json!({"key": token})),
            ("/key/delete", json!({"keys": [token]})),
            ("/key/rotated", json!({"key": token})),
        ] {
            let answer = post_as(&world, key, path, body).await;
            assert_eq!(answer.status, 403, "{path}: {}", answer.text());
        }
        post_as(&world, key, &format!("/key/{token}/regenerate"), json!({})).await.expect(403);
        let bulk = post_as(&world, key, "/key/bulk_update", json!({"keys": [{"key": token}]}))
            .await
            .expect(200)
            .json();
        assert_eq!(bulk["failed_updates"].as_array().unwrap().len(), 1);
    }
    // One of several being another's, none is touched.
    let both = json!({"keys": [made["token"], other["token"]]});
    post_as(&world, key, "/key/delete", both).await.expect(403);
    assert_eq!(chat(&world, &made["key"], "demo").await, 200);
    assert_eq!(chat(&world, &other["key"], "demo").await, 200);
    post_as(&world, key, "/key/delete", json!({"keys": [made["token"]]})).await.expect(200);
    post_as(&world, key, "/key/block", json!({"key": ann["token"]})).await.expect(403);
}

#[tokio::test]
async fn a_limited_key_makes_no_wider_one() {
    let world = World::start().await;
    let limits = json!({
        "user_id": "ann", "models": ["oa/*", "demo"], "max_budget": 1, "budget_duration": "30d", "rpm_limit": 10,
        "tpm_limit": 100, "max_parallel_requests": 2, "allowed_routes": ["/v1/*", "/key/*"],
    });
    let limited = issue(&world, limits).await;
    let key = text(&limited["key"]);
    let fits = json!({
        "models": ["oa/gpt-*"], "max_budget": 0.5, "budget_duration": "30d", "rpm_limit": 10, "tpm_limit": 99,
        "max_parallel_requests": 1, "allowed_routes": ["/v1/chat/*"], "aliases": {"quick": "demo"},
    });
    let made = post_as(&world, key, "/key/generate", fits.clone()).await.expect(200).json();
    let before = count(&world).await;
    let wide = issue(&world, json!({"user_id": "ann"})).await;
    for (name, value) in [
        ("models", json!([])),
        ("models", json!(["*"])),
        ("models", json!(["all-proxy-models"])),
        ("models", json!(["demo", "an/x"])),
        ("aliases", json!({"quick": "an/x"})),
        ("max_budget", json!(1.5)),
        ("max_budget", Value::Null),
        ("budget_duration", json!("1d")),
        ("rpm_limit", json!(11)),
        ("rpm_limit", Value::Null),
        ("tpm_limit", json!(101)),
        ("max_parallel_requests", Value::Null),
        ("allowed_routes", json!([])),
        ("allowed_routes", json!(["/v1/chat/*", "/user/info"])),
        ("allowed_routes", json!(["management_routes"])),
    ] {
        let mut body = fits.clone();
        body[name] = value;
        let answer = post_as(&world, key, "/key/generate", body.clone()).await;
        assert_eq!(answer.status, 403, "{body}: {}", answer.text());
        assert_eq!(answer.json()["error"]["param"], name);
        // Nor does it become one.
        for token in [&made["token"], &limited["token"]] {
            let change = json!({"key": token, name: body[name]});
            let answer = post_as(&world, key, "/key/update", change.clone()).await;
            assert_eq!(answer.status, 403, "{change}: {}", answer.text());
        }
    }
    assert_eq!(count(&world).await, before + 1);
    // And it does not come to hold a wider one.
    post_as(&world, key, "/key/regenerate", json!({"key": wide["token"]})).await.expect(403);
    assert_eq!(chat(&world, &wide["key"], "demo").await, 200);
    // Less is always possible, and itself it may rotate.
    post_as(&world, key, "/key/update", json!({"key": limited["token"], "max_budget": 0.9}))
        .await
        .expect(200);
    post_as(&world, key, "/key/regenerate", json!({})).await.expect(200);
}

#[tokio::test]
async fn nobody_takes_back_what_an_administrator_said() {
    let world = World::start().await;
    dear(&world).await;
    let said = json!({"user_id": "ann", "max_budget": 0.1, "enforced_params": ["user"]});
    let limited = issue(&world, said).await;
    let free = issue(&world, json!({"user_id": "ann"})).await;
    let (key, free) = (&limited["token"], text(&free["key"]));
    for body in [json!({"spend": 0}), json!({"enforced_params": []}), json!({"metadata": {}})] {
        let mut body = body;
        body["key"] = key.clone();
        let answer = post_as(&world, free, "/key/update", body.clone()).await;
        assert_eq!(answer.status, 403, "{body}: {}", answer.text());
    }
    post(&world, "/key/block", json!({"key": key})).await.expect(200);
    post_as(&world, free, "/key/update", json!({"key": key, "blocked": false})).await.expect(403);
    post_as(&world, free, "/key/unblock", json!({"key": key})).await.expect(403);
    assert_eq!(row(&world, key).await["blocked"], true);
    post_as(&world, free, "/key/update", json!({"key": key, "blocked": true, "key_alias": "mine"}))
        .await
        .expect(200);
    assert_eq!(spend_ten_cents(&world, &limited["key"]).await, 401);
}

#[tokio::test]
async fn who_administers_a_team_does_so_for_its_keys() {
    let world = World::start().await;
    let (admin, member) = team(&world, "blue").await;
    team(&world, "red").await;
    let (admin, member) = (text(&admin["key"]), text(&member["key"]));
    let of_team = post_as(&world, admin, "/key/service-account/generate", json!({"team_id": "blue"}))
        .await
        .expect(200)
        .json();
    assert_eq!(of_team["user_id"], Value::Null);
    let own = post_as(&world, admin, "/key/generate", json!({"team_id": "blue"})).await.expect(200).json();
    assert_eq!((&own["user_id"], &own["allowed_routes"]), (&json!("blue-admin"), &json!([])));
    // A key that they hold for another person speaks to models, and does not become that person.
    let for_member = json!({"team_id": "blue", "user_id": "blue-member"});
    let for_member = post_as(&world, admin, "/key/generate", for_member).await.expect(200).json();
    assert_eq!(for_member["allowed_routes"], json!(["llm_api_routes"]));
    assert_eq!(chat(&world, &for_member["key"], "demo").await, 200);
    get_as(&world, text(&for_member["key"]), "/key/list").await.expect(403);
    for routes in [json!([]), json!(["/key/*"]), json!(["management_routes"]), json!(["/v1/messages", "/*"])]
    {
        let change = json!({"key": for_member["token"], "allowed_routes": routes});
        post_as(&world, admin, "/key/update", change).await.expect(403);
    }
    let change = json!({"key": of_team["token"], "user_id": "blue-member"});
    let changed = post_as(&world, admin, "/key/update", change).await.expect(200).json();
    assert_eq!(changed["allowed_routes"], json!(["llm_api_routes"]));
    let theirs = issue(&world, json!({"team_id": "blue", "user_id": "blue-member"})).await;
    let turned =
        post_as(&world, admin, "/key/regenerate", json!({"key": theirs["token"]})).await.expect(200).json();
    assert_eq!(turned["allowed_routes"], json!(["llm_api_routes"]));
    // Whoever is not in the team has no key there, and other teams are other teams.
    post_as(&world, admin, "/key/generate", json!({"team_id": "blue", "user_id": "red-member"}))
        .await
        .expect(400);
    for body in [json!({"team_id": "red"}), json!({"user_id": "blue-member"})] {
        post_as(&world, admin, "/key/generate", body).await.expect(403);
    }
    let of_red = issue(&world, json!({"team_id": "red"})).await;
    for (path, body) in [
        ("/key/update", json!({"key": of_red["token"]})),
        ("/key/update", json!({"key": own["token"], "team_id": "red"})),
        ("/key/block", json!({"key": of_red["token"]})),
        ("/key/regenerate", json!({"key": of_red["token"]})),
        ("/key/delete", json!({"keys": [of_red["token"]]})),
    ] {
        post_as(&world, admin, path, body).await.expect(403);
    }
    post_as(&world, admin, "/key/block", json!({"key": own["token"]})).await.expect(200);
    assert_eq!(chat(&world, &own["key"], "demo").await, 401);
    post_as(&world, admin, "/key/unblock", json!({"key": own["token"]})).await.expect(200);
    // A member does with the team's keys what the team lets members do.
    let info = format!("/key/info?key={}", text(&own["token"]));
    get_as(&world, member, &info).await.expect(200);
    for (path, body) in [
        ("/key/generate", json!({"team_id": "blue"})),
        ("/key/service-account/generate", json!({"team_id": "blue"})),
        ("/key/update", json!({"key": own["token"]})),
        ("/key/delete", json!({"keys": [own["token"]]})),
    ] {
        let answer = post_as(&world, member, path, body).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    let permissions = json!(["/key/info", "/key/generate", "/key/update"]);
    let body = json!({"team_id": "blue", "team_member_permissions": permissions});
    post(&world, "/team/permissions_update", body).await.expect(200);
    let made = post_as(&world, member, "/key/generate", json!({"team_id": "blue"})).await.expect(200).json();
    assert_eq!(made["user_id"], "blue-member");
    post_as(&world, member, "/key/update", json!({"key": made["token"], "key_alias": "m"})).await.expect(200);
    post_as(&world, member, "/key/delete", json!({"keys": [made["token"]]})).await.expect(403);
    post_as(&world, admin, "/key/delete", json!({"keys": [made["token"]]})).await.expect(200);
}

#[tokio::test]
async fn who_administers_an_organization_stays_in_it() {
    let world = World::start().await;
    for (organization, team) in [("acme", "blue"), ("other", "red")] {
        let body = json!({"organization_id": organization, "organization_alias": organization});
        post(&world, "/organization/new", body).await.expect(200);
        post(&world, "/team/new", json!({"team_id": team, "organization_id": organization}))
            .await
            .expect(200);
    }
    for (user, role) in [("olga", "org_admin"), ("ivan", "internal_user")] {
        let body = json!({"organization_id": "acme", "member": {"role": role, "user_id": user}});
        post(&world, "/organization/member_add", body).await.expect(200);
    }
    let olga = issue(&world, json!({"user_id": "olga"})).await;
    let key = text(&olga["key"]);
    let made = post_as(&world, key, "/key/generate", json!({"team_id": "blue"})).await.expect(200).json();
    assert_eq!(made["user_id"], Value::Null, "who is not in the team makes its key nobody's");
    post_as(&world, key, "/key/generate", json!({"organization_id": "acme"})).await.expect(200);
    let body = json!({"organization_id": "acme", "user_id": "ivan"});
    let for_ivan = post_as(&world, key, "/key/generate", body).await.expect(200).json();
    assert_eq!(for_ivan["allowed_routes"], json!(["llm_api_routes"]));
    issue(&world, json!({"user_id": "stranger"})).await;
    for body in [
        json!({"team_id": "red"}),
        json!({"organization_id": "other"}),
        json!({"organization_id": "acme", "team_id": "red"}),
        json!({"organization_id": "other", "team_id": "blue"}),
        json!({"organization_id": "acme", "user_id": "stranger"}),
        json!({"user_id": "ivan"}),
    ] {
        let answer = post_as(&world, key, "/key/generate", body.clone()).await;
        assert_eq!(answer.status, 403, "{body}: {}", answer.text());
    }
    let of_red = issue(&world, json!({"team_id": "red"})).await;
    post_as(&world, key, "/key/block", json!({"key": of_red["token"]})).await.expect(403);
    post_as(&world, key, "/key/block", json!({"key": made["token"]})).await.expect(200);
    for change in [json!({"organization_id": "other"}), json!({"team_id": "red"})] {
        let mut change = change;
        change["key"] = made["token"].clone();
        post_as(&world, key, "/key/update", change).await.expect(403);
    }
    // A member of the organization may be in it with a key of their own.
    let ivan = issue(&world, json!({"user_id": "ivan"})).await;
    let body = json!({"organization_id": "acme"});
    let his = post_as(&world, text(&ivan["key"]), "/key/generate", body).await.expect(200).json();
    assert_eq!((&his["user_id"], &his["organization_id"]), (&json!("ivan"), &json!("acme")));
    post_as(&world, text(&ivan["key"]), "/key/generate", json!({"organization_id": "other"}))
        .await
        .expect(403);
}

#[tokio::test]
async fn no_key_makes_its_maker_an_administrator() {
    let world = World::start().await;
    let (admin, _) = team(&world, "blue").await;
    for (user, role) in [("root", "proxy_admin"), ("eye", "proxy_admin_viewer")] {
        post(&world, "/user/new", json!({"user_id": user, "user_role": role, "auto_create_key": false}))
            .await
            .expect(200);
        let member = json!({"team_id": "blue", "member": {"role": "user", "user_id": user}});
        post(&world, "/team/member_add", member).await.expect(200);
        let body = json!({"team_id": "blue", "user_id": user});
        post_as(&world, text(&admin["key"]), "/key/generate", body).await.expect(403);
    }
    let of_team = post_as(&world, text(&admin["key"]), "/key/generate", json!({"team_id": "blue"})).await;
    let change = json!({"key": of_team.expect(200).json()["token"], "user_id": "root"});
    post_as(&world, text(&admin["key"]), "/key/update", change).await.expect(403);
    // Who is one does as the administrator's key does, and who looks on sees everything and changes nothing.
    let root = issue(&world, json!({"user_id": "root"})).await;
    let eye = issue(&world, json!({"user_id": "eye"})).await;
    let made = post_as(&world, text(&root["key"]), "/key/generate", json!({"user_id": "somebody-new"})).await;
    let made = made.expect(200).json();
    assert_eq!((&made["user_id"], &made["created_by"]), (&json!("somebody-new"), &json!("root")));
    let path = format!("/key/info?key={}", text(&made["token"]));
    for key in [&root, &eye] {
        let listed = get_as(&world, text(&key["key"]), "/key/list").await.expect(200).json();
        assert_eq!(listed["total_count"], count(&world).await);
        get_as(&world, text(&key["key"]), &path).await.expect(200);
    }
    for (path, body) in [
        ("/key/generate", json!({})),
        ("/key/update", json!({"key": eye["token"]})),
        ("/key/regenerate", json!({"key": eye["token"]})),
        ("/key/rotated", json!({"key": eye["token"]})),
        ("/key/block", json!({"key": made["token"]})),
        ("/key/delete", json!({"keys": [made["token"]]})),
    ] {
        let answer = post_as(&world, text(&eye["key"]), path, body).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    assert_eq!(chat(&world, &made["key"], "demo").await, 200);
}
