//! `/team/member_add`, `/team/bulk_member_add`, `/team/member_update` and `/team/member_delete`.

use postern_tests::World;
use serde_json::{Value, json};

use super::{ask, done, info, own_key, post, refused, row, team, team_key};

async fn members(world: &World, id: &str) -> Value {
    row(world, id).await["members"].clone()
}

#[tokio::test]
async fn people_are_added_by_id_and_by_address() {
    let world = World::start().await;
    team(&world, "blue", &[]).await;
    let body =
        json!({"team_id": "blue", "member": {"role": "admin", "user_id": "ann"}, "max_budget_in_team": 4.5});
    let added = done(&world, "/team/member_add", body).await;
    assert_eq!((&added["team_id"], &added["admins"]), (&json!("blue"), &json!(["ann"])));
    assert_eq!(added["updated_users"][0]["user_id"], "ann");
    assert_eq!(added["updated_users"][0]["user_role"], "internal_user");
    let membership = &added["updated_team_memberships"][0];
    assert_eq!((&membership["user_id"], &membership["spend"]), (&json!("ann"), &json!(0.0)));
    assert_eq!(membership["litellm_budget_table"]["max_budget"], 4.5);
    let several = json!([{"role": "user", "user_email": "bob@example.com"}, {"role": "user", "user_id": "eve", "user_email": "eve@example.com"}]);
    let added = done(&world, "/team/member_add", json!({"team_id": "blue", "member": several})).await;
    assert_eq!(added["updated_users"].as_array().unwrap().len(), 2);
    assert_eq!(added["updated_users"][1]["user_email"], "eve@example.com");
    assert_eq!(added["members"].as_array().unwrap().len(), 3);
    assert_eq!(row(&world, "blue").await["members_with_roles"], added["members_with_roles"]);
    assert!(!world.get("/team/list?user_id=eve").await.as_array().unwrap().is_empty());
    // By address the second time, into another team: the same person.
    team(&world, "red", &[]).await;
    let body = json!({"team_id": "red", "member": {"role": "user", "user_email": "EVE@example.com"}});
    assert_eq!(done(&world, "/team/member_add", body).await["members"], json!(["eve"]));
}

#[tokio::test]
async fn who_cannot_be_added_is_told_and_nobody_is() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "user")]).await;
    let both = json!([{"role": "user", "user_id": "new"}, {"role": "admin", "user_id": "ann"}]);
    for member in [json!({"role": "admin", "user_id": "ann"}), both] {
        let answer = post(&world, "/team/member_add", json!({"team_id": "blue", "member": member})).await;
        refused(&answer, 400, "member");
        assert_eq!(answer.json()["error"]["type"], "team_member_already_in_team");
    }
    let twice = json!([{"role": "user", "user_id": "new"}, {"role": "user", "user_id": "new"}]);
    refused(
        &post(&world, "/team/member_add", json!({"team_id": "blue", "member": twice})).await,
        400,
        "member",
    );
    let somebody = json!({"role": "user", "user_id": "new"});
    refused(
        &post(&world, "/team/member_add", json!({"team_id": "x", "member": somebody})).await,
        404,
        "team_id",
    );
    for (field, value, param) in [
        ("max_budget_in_team", json!(-1), "max_budget_in_team"),
        ("rpm_limit", json!(-1), "rpm_limit"),
        ("budget_duration", json!("x"), "budget_duration"),
        ("member", json!({"role": "user"}), "user_id"),
        ("member", json!({"role": "user", "user_id": "a\u{1}"}), "user_id"),
        ("member", json!({"role": "user", "user_email": "a\nb@example.com"}), "user_email"),
        ("member", json!([]), "member"),
    ] {
        let mut body = json!({"team_id": "blue", "member": somebody});
        body[field] = value;
        refused(&post(&world, "/team/member_add", body).await, 400, param);
    }
    for member in [
        json!({"role": "proxy_admin", "user_id": "new"}),
        json!({"role": "org_admin", "user_id": "new"}),
        json!({"user_id": "new"}),
        json!("new"),
        json!([["new"]]),
    ] {
        post(&world, "/team/member_add", json!({"team_id": "blue", "member": member})).await.expect(422);
    }
    post(&world, "/team/member_add", json!({"team_id": "blue"})).await.expect(422);
    assert_eq!(members(&world, "blue").await, json!(["ann"]));
    // An address is one person's.
    let with = |id: &str| json!({"role": "user", "user_id": id, "user_email": "ann@example.com"});
    done(&world, "/team/member_add", json!({"team_id": "blue", "member": with("bob")})).await;
    let answer = post(&world, "/team/member_add", json!({"team_id": "blue", "member": with("eve")})).await;
    refused(&answer, 409, "user_email");
    let everybody =
        done(&world, "/team/bulk_member_add", json!({"team_id": "blue", "all_users": true})).await;
    assert_eq!(everybody["results"], json!([]), "somebody was made who was refused");
}

#[tokio::test]
async fn many_are_added_as_far_as_they_can_be() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "user")]).await;
    team(&world, "red", &[("eve", "user"), ("sam", "user")]).await;
    let people = json!([
        {"role": "admin", "user_id": "bob"}, {"role": "user", "user_id": "ann"}, {"role": "user", "user_email": "x@example.com"},
        {"role": "user"}, {"role": "user", "user_id": "bob"},
    ]);
    let body = json!({"team_id": "blue", "members": people, "max_budget_in_team": 1.0});
    let added = done(&world, "/team/bulk_member_add", body).await;
    for (name, value) in [("total_requested", 5), ("successful_additions", 2), ("failed_additions", 3)] {
        assert_eq!(added[name], value, "{name}: {added}");
    }
    let outcome: Vec<bool> =
        added["results"].as_array().unwrap().iter().map(|result| result["success"] == true).collect();
    assert_eq!(outcome, [true, false, true, false, false]);
    assert!(added["results"][1]["error"].as_str().unwrap().contains("already in team"));
    assert_eq!(added["results"][0]["updated_user"]["user_id"], "bob");
    assert_eq!(added["results"][2]["updated_team_membership"]["litellm_budget_table"]["max_budget"], 1.0);
    assert_eq!(added["updated_team"]["members"].as_array().unwrap().len(), 3);
    let rest = done(&world, "/team/bulk_member_add", json!({"team_id": "blue", "all_users": true})).await;
    assert_eq!((&rest["successful_additions"], &rest["failed_additions"]), (&json!(2), &json!(0)), "{rest}");
    let many: Vec<Value> = (0..501).map(|n| json!({"role": "user", "user_id": format!("u{n}")})).collect();
    for body in [
        json!({"team_id": "blue", "members": many}),
        json!({"team_id": "blue", "members": []}),
        json!({"team_id": "blue"}),
        json!({"team_id": "blue", "all_users": false}),
    ] {
        refused(&post(&world, "/team/bulk_member_add", body).await, 400, "members");
    }
    let somebody = json!([{"role": "user", "user_id": "x"}]);
    let answer = post(&world, "/team/bulk_member_add", json!({"team_id": "x", "members": somebody})).await;
    refused(&answer, 404, "team_id");
    assert_eq!(members(&world, "blue").await.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_member_is_changed_by_id_and_by_address() {
    let world = World::start().await;
    let people = json!([{"user_id": "ann", "user_email": "ann@example.com", "role": "user"}]);
    done(&world, "/team/new", json!({"team_id": "blue", "members_with_roles": people})).await;
    let body = json!({
        "team_id": "blue", "user_email": "Ann@example.com", "role": "admin", "max_budget_in_team": 2.5, "tpm_limit": 10, "rpm_limit": 3,
        "budget_duration": "1d",
    });
    let changed = done(&world, "/team/member_update", body).await;
    for (name, value) in [
        ("team_id", json!("blue")),
        ("user_id", json!("ann")),
        ("user_email", json!("ann@example.com")),
        ("role", json!("admin")),
        ("max_budget_in_team", json!(2.5)),
        ("tpm_limit", json!(10)),
        ("rpm_limit", json!(3)),
        ("budget_duration", json!("1d")),
    ] {
        assert_eq!(changed[name], value, "{name}");
    }
    assert!(changed["budget_reset_at"].as_str().unwrap().contains("T00:00:00"));
    // What is absent stays, null clears.
    let body = json!({"team_id": "blue", "user_id": "ann", "tpm_limit": null});
    let changed = done(&world, "/team/member_update", body).await;
    assert_eq!(
        (&changed["role"], &changed["tpm_limit"], &changed["rpm_limit"]),
        (&json!("admin"), &Value::Null, &json!(3))
    );
    assert_eq!(row(&world, "blue").await["admins"], json!(["ann"]));
    team(&world, "red", &[("eve", "user")]).await;
    let before = info(&world, "blue").await;
    for (body, status, param) in [
        (json!({"team_id": "blue", "user_id": "eve", "role": "admin"}), 400, "user_id"),
        (json!({"team_id": "blue", "user_id": "nobody", "role": "admin"}), 400, "user_id"),
        (json!({"team_id": "blue", "user_email": "nobody@example.com"}), 400, "user_id"),
        (json!({"team_id": "blue", "role": "admin"}), 400, "user_id"),
        (json!({"team_id": "nothing", "user_id": "ann"}), 404, "team_id"),
        (json!({"team_id": "blue", "user_id": "ann", "max_budget_in_team": -1}), 400, "max_budget_in_team"),
        (json!({"team_id": "blue", "user_id": "ann", "rpm_limit": -1}), 400, "rpm_limit"),
        (json!({"team_id": "blue", "user_id": "ann", "budget_duration": "x"}), 400, "budget_duration"),
    ] {
        refused(&post(&world, "/team/member_update", body).await, status, param);
    }
    let wrong = json!({"team_id": "blue", "user_id": "ann", "role": "proxy_admin"});
    post(&world, "/team/member_update", wrong).await.expect(422);
    assert_eq!(info(&world, "blue").await, before);
}

#[tokio::test]
async fn who_leaves_loses_the_keys_that_they_have_there() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "user"), ("bob", "user")]).await;
    team(&world, "red", &[("ann", "user")]).await;
    let lost = team_key(&world, "blue", Some("ann")).await;
    let kept = [
        team_key(&world, "blue", Some("bob")).await,
        team_key(&world, "blue", None).await,
        team_key(&world, "red", Some("ann")).await,
        own_key(&world, "ann").await,
    ];
    let after = done(&world, "/team/member_delete", json!({"team_id": "blue", "user_id": "ann"})).await;
    assert_eq!((&after["team_id"], &after["members"]), (&json!("blue"), &json!(["bob"])));
    ask(&world, &lost, "demo").await.expect(401);
    for key in &kept {
        ask(&world, key, "demo").await.expect(200);
    }
    for (body, status, param) in [
        (json!({"team_id": "blue", "user_id": "ann"}), 400, "user_id"),
        (json!({"team_id": "blue", "user_email": "ann@example.com"}), 400, "user_id"),
        (json!({"team_id": "blue"}), 400, "user_id"),
        (json!({"team_id": "nothing", "user_id": "ann"}), 404, "team_id"),
    ] {
        refused(&post(&world, "/team/member_delete", body).await, status, param);
    }
    post(&world, "/team/member_delete", json!({"user_id": "ann"})).await.expect(422);
    assert_eq!(members(&world, "red").await, json!(["ann"]));
}
