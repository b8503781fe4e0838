//! `/user/list`: people in pages, by filters, for who may see them.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{as_key, ask_dear, dear_model, key, make, organization, post};

fn ids(list: &Value) -> Vec<&str> {
    list["users"].as_array().unwrap().iter().map(|user| user["user_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn users_are_found_by_what_they_are() {
    let world = World::start().await;
    organization(&world, "acme").await;
    for (id, email, role, budget) in [
        ("ann", Some("Ann@example.com"), "internal_user", Some(5)),
        ("bob", Some("bob@example.org"), "internal_user_viewer", None),
        ("cy", None, "proxy_admin_viewer", Some(2)),
    ] {
        let body = json!({
            "user_id": id, "user_email": email, "user_role": role, "max_budget": budget, "sso_user_id": format!("sub-{id}"),
            "user_alias": id.to_uppercase(),
        });
        make(&world, body).await;
    }
    post(
        &world,
        "/team/member_add",
        json!({"team_id": "acme-team", "member": {"role": "user", "user_id": "ann"}}),
    )
    .await
    .expect(200);
    post(&world, "/key/generate", json!({"user_id": "ann"})).await.expect(200);
    for (query, expected) in [
        ("", vec!["acme-admin", "ann", "bob", "cy"]),
        ("role=internal_user_viewer", vec!["bob"]),
        ("user_ids=cy,ann,none", vec!["ann", "cy"]),
        ("user_ids=", vec!["acme-admin", "ann", "bob", "cy"]),
        ("sso_user_ids=sub-bob", vec!["bob"]),
        ("user_email=EXAMPLE", vec!["ann", "bob"]),
        ("user_email=example&role=internal_user", vec!["ann"]),
        ("search=EXAMPLE.org", vec!["bob"]),
        ("search=CY", vec!["cy"]),
        ("search=acme-a", vec!["acme-admin"]),
        ("search=%25", vec![]),
        ("team=acme-team", vec!["ann"]),
        ("organization_id=acme", vec!["acme-admin"]),
        ("user_ids=none", vec![]),
        ("sort_by=user_id&sort_order=desc", vec!["cy", "bob", "ann", "acme-admin"]),
        ("sort_by=user_email", vec!["acme-admin", "cy", "ann", "bob"]),
        ("sort_by=user_alias&sort_order=desc", vec!["cy", "bob", "ann", "acme-admin"]),
        ("sort_by=max_budget", vec!["cy", "ann", "acme-admin", "bob"]),
        ("sort_by=created_at&sort_order=desc", vec!["cy", "bob", "ann", "acme-admin"]),
    ] {
        let list = world.get(&format!("/user/list?{query}")).await;
        assert_eq!(ids(&list), expected, "{query}");
        assert_eq!(list["total"], expected.len(), "{query}");
    }
    let list = world.get("/user/list").await;
    let ann = &list["users"][1];
    assert_eq!((&ann["key_count"], &ann["teams"]), (&json!(2), &json!(["acme-team"])));
    assert!(!list.to_string().contains("password_hash"));
}

#[tokio::test]
async fn pages_hold_everybody_once() {
    let world = World::start().await;
    for number in 0..7 {
        make(&world, json!({"user_id": format!("user-{number}"), "auto_create_key": false})).await;
    }
    let mut seen = Vec::new();
    for page in 1..=3 {
        let list = world.get(&format!("/user/list?page={page}&page_size=3")).await;
        let numbers = (&list["total"], &list["page"], &list["page_size"], &list["total_pages"]);
        assert_eq!(numbers, (&json!(7), &json!(page), &json!(3), &json!(3)));
        seen.extend(ids(&list).into_iter().map(str::to_owned));
    }
    assert_eq!(seen, (0..7).map(|number| format!("user-{number}")).collect::<Vec<_>>());
    let beyond = world.get("/user/list?page=9").await;
    assert_eq!((ids(&beyond).len(), &beyond["total"], &beyond["page_size"]), (0, &json!(7), &json!(25)));
    for (wrong, status) in [
        ("page=0", 422),
        ("page=-1", 422),
        ("page=99999999999", 422),
        ("page=x", 422),
        ("page_size=0", 422),
        ("page_size=101", 422),
        ("sort_by=password", 400),
        ("sort_order=up", 400),
        ("role=king", 400),
    ] {
        let answer = world.admin(Method::GET, &format!("/user/list?{wrong}"), Value::Null).await;
        assert_eq!(answer.status, status, "{wrong}: {}", answer.text());
    }
}

#[tokio::test]
async fn who_spent_most_is_found() {
    let world = World::start().await;
    dear_model(&world).await;
    for (id, times) in [("ann", 1), ("bob", 3), ("cy", 2)] {
        let made = make(&world, json!({"user_id": id})).await;
        for _ in 0..times {
            ask_dear(&world, key(&made)).await.expect(200);
        }
    }
    let list = world.get("/user/list?sort_by=spend&sort_order=desc&page_size=2").await;
    assert_eq!((ids(&list), &list["total"]), (vec!["bob", "cy"], &json!(3)));
    assert_eq!((&list["users"][0]["spend"], &list["users"][1]["spend"]), (&json!(0.3), &json!(0.2)));
    assert_eq!(ids(&world.get("/user/list?sort_by=spend&page_size=2&page=2").await), ["bob"]);
    // Spend that begins anew is counted from there on.
    post(&world, "/user/update", json!({"user_id": "bob", "spend": 0})).await.expect(200);
    assert_eq!(ids(&world.get("/user/list?sort_by=spend").await), ["bob", "ann", "cy"]);
}

#[tokio::test]
async fn nobody_sees_people_who_are_not_theirs() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    organization(&world, "other").await;
    let ann = make(&world, json!({"user_id": "ann", "organizations": ["acme"]})).await;
    make(&world, json!({"user_id": "bob", "organizations": ["other"]})).await;
    make(&world, json!({"user_id": "free"})).await;
    for query in ["", "?sort_by=spend", "?user_ids=ann,acme-admin,bob,free,other-admin", "?user_email="] {
        let answer =
            as_key(&world, &acme, Method::GET, &format!("/user/list{query}"), Value::Null).await.expect(200);
        assert_eq!(
            (ids(&answer.json()), &answer.json()["total"]),
            (vec!["acme-admin", "ann"], &json!(2)),
            "{query}"
        );
    }
    for query in ["?organization_id=other", "?team=other-team", "?user_ids=bob", "?role=proxy_admin"] {
        let answer =
            as_key(&world, &acme, Method::GET, &format!("/user/list{query}"), Value::Null).await.expect(200);
        assert_eq!(answer.json()["total"], 0, "{query}");
    }
    as_key(&world, key(&ann), Method::GET, "/user/list", Value::Null).await.expect(403);
    as_key(&world, &world.key, Method::GET, "/user/list", Value::Null).await.expect(403);
    let viewer = make(&world, json!({"user_role": "proxy_admin_viewer"})).await;
    let all = as_key(&world, key(&viewer), Method::GET, "/user/list", Value::Null).await.expect(200);
    assert_eq!(all.json()["total"], 6);
}
