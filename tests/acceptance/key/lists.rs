//! `/key/list`, `/key/aliases` and `/v2/key/info`.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{get_as, issue, post, post_as, text};

/// The aliases of the keys on a page.
fn names(page: &Value) -> Vec<&str> {
    page["keys"].as_array().unwrap().iter().map(|key| key["key_alias"].as_str().unwrap_or("-")).collect()
}

#[tokio::test]
async fn keys_are_found_by_what_they_are() {
    let world = World::start().await;
    for id in ["blue", "red"] {
        post(&world, "/team/new", json!({"team_id": id})).await.expect(200);
    }
    let member = json!({"team_id": "blue", "member": {"role": "admin", "user_id": "ann"}});
    post(&world, "/team/member_add", member).await.expect(200);
    issue(&world, json!({"key_alias": "a", "user_id": "ann", "max_budget": 3})).await;
    issue(&world, json!({"key_alias": "b", "team_id": "blue", "max_budget": 1})).await;
    let c = issue(&world, json!({"key_alias": "c", "team_id": "red", "user_id": "ann"})).await;
    issue(&world, json!({"key_alias": "d", "max_budget": 2})).await;
    let list =
        async |query: &str| world.get(&format!("/key/list?return_full_object=true&size=100&{query}")).await;
    for (query, expected) in [
        ("", vec!["d", "c", "b", "a", "world"]),
        ("sort_order=asc", vec!["world", "a", "b", "c", "d"]),
        ("user_id=ann", vec!["c", "a"]),
        ("team_id=blue", vec!["b"]),
        ("user_id=ann&team_id=red", vec!["c"]),
        ("user_id=ann&include_team_keys=true", vec!["c", "b", "a"]),
        ("user_id=nobody", vec![]),
        ("key_alias=d", vec!["d"]),
        ("search=RED", vec!["c"]),
        ("search=nn", vec!["c", "a"]),
        ("sort_by=key_alias&sort_order=asc", vec!["a", "b", "c", "d", "world"]),
        ("sort_by=max_budget&sort_order=asc&search=", vec!["b", "d", "a"]),
        ("sort_by=created_at", vec!["d", "c", "b", "a", "world"]),
    ] {
        let page = list(query).await;
        let found = names(&page);
        assert!(
            found.starts_with(&expected) && (query.contains("max_budget") || found.len() == expected.len()),
            "{query}: {found:?}"
        );
    }
    for by in ["spend", "token", "updated_at"] {
        assert_eq!(list(&format!("sort_by={by}")).await["total_count"], 5, "{by}");
    }
    let hash = text(&c["token"]);
    assert_eq!(names(&list(&format!("key_hash={hash}")).await), ["c"]);
    let plain = world.get(&format!("/key/list?key_hash={hash}")).await;
    assert_eq!(plain["keys"], json!([hash]));
    for (query, status) in [
        ("sort_by=name", 400),
        ("sort_order=up", 400),
        ("status=old", 400),
        ("expand=team", 400),
        ("size=0", 422),
        ("size=101", 422),
        ("page=0", 422),
        ("page=9223372036854775807", 200),
        ("return_full_object=maybe", 422),
    ] {
        let answer = world.admin(Method::GET, &format!("/key/list?{query}"), Value::Null).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
    assert_eq!(world.get("/key/aliases").await["aliases"], json!(["a", "b", "c", "d", "world"]));
    // Revoked ones are listed apart, with who revoked them.
    post(&world, "/key/delete", json!({"key_aliases": ["c"]})).await.expect(200);
    let gone = list("status=deleted").await;
    assert_eq!(names(&gone), ["c"]);
    assert_eq!(gone["keys"][0]["deleted_by"], "default_user_id");
    assert!(gone["keys"][0]["deleted_at"].is_string());
    assert_eq!(list("").await["total_count"], 4);
}

#[tokio::test]
async fn several_keys_are_told_of_at_once() {
    let world = World::start().await;
    let (one, two) = (issue(&world, json!({})).await, issue(&world, json!({"key_alias": "two"})).await);
    let body = json!({"keys": [one["key"], "no-such-key"], "key_aliases": ["two"]});
    let answer = post(&world, "/v2/key/info", body).await.expect(200);
    assert_eq!(answer.json()["key"], json!([one["token"], two["token"]]));
    assert_eq!(answer.json()["info"][1]["key_alias"], "two");
    assert!(!answer.text().contains(text(&one["key"])), "{}", answer.text());
    post(&world, "/v2/key/info", json!({})).await.expect(422);
    let health = post_as(&world, text(&one["key"]), "/key/health", json!({})).await.expect(200).json();
    assert_eq!(health, json!({"key": "healthy", "logging_callbacks": null}));
}

#[tokio::test]
async fn lists_show_what_is_ones_own() {
    let world = World::start().await;
    for (organization, team) in [("acme", "blue"), ("other", "red")] {
        let body = json!({"organization_id": organization, "organization_alias": organization});
        post(&world, "/organization/new", body).await.expect(200);
        post(&world, "/team/new", json!({"team_id": team, "organization_id": organization}))
            .await
            .expect(200);
    }
    let member = json!({"team_id": "blue", "member": [{"role": "admin", "user_id": "tess"}, {"role": "user", "user_id": "mem"}]});
    post(&world, "/team/member_add", member).await.expect(200);
    let member = json!({"organization_id": "acme", "member": {"role": "org_admin", "user_id": "olga"}});
    post(&world, "/organization/member_add", member).await.expect(200);
    let mut keys = std::collections::BTreeMap::new();
    for (name, body) in [
        ("ann", json!({"user_id": "ann"})),
        ("bob", json!({"user_id": "bob"})),
        ("tess", json!({"user_id": "tess"})),
        ("mem", json!({"user_id": "mem"})),
        ("olga", json!({"user_id": "olga"})),
        ("of-blue", json!({"team_id": "blue"})),
        ("of-mem-in-blue", json!({"team_id": "blue", "user_id": "mem"})),
        ("of-red", json!({"team_id": "red"})),
        ("of-acme", json!({"organization_id": "acme"})),
        ("nobodys", json!({})),
    ] {
        let mut body = body;
        body["key_alias"] = json!(name);
        keys.insert(name, issue(&world, body).await);
    }
    for (who, seen) in [
        ("ann", vec!["ann"]),
        ("bob", vec!["bob"]),
        ("mem", vec!["mem", "of-mem-in-blue"]),
        ("tess", vec!["of-blue", "of-mem-in-blue", "tess"]),
        ("olga", vec!["of-acme", "of-blue", "of-mem-in-blue", "olga"]),
    ] {
        let key = text(&keys[who]["key"]);
        let page = get_as(
            &world,
            key,
            "/key/list?return_full_object=true&size=100&sort_by=key_alias&sort_order=asc",
        )
        .await;
        assert_eq!(names(&page.expect(200).json()), seen, "{who}");
        let aliases = get_as(&world, key, "/key/aliases").await.expect(200).json();
        assert_eq!(aliases["aliases"], json!(seen), "{who}");
        // What is not in the list cannot be asked about either, and does not look different from what does not exist.
        for (name, other) in &keys {
            let path = format!("/key/info?key={}", text(&other["token"]));
            let answer = get_as(&world, key, &path).await;
            // Members of a team may ask about its keys, unless it says otherwise, and list none but their own.
            if seen.contains(name) || (who == "mem" && *name == "of-blue") {
                answer.expect(200);
            } else {
                let none = get_as(&world, key, "/key/info?key=no-such-key").await.expect(403).json();
                assert_eq!(
                    answer.expect(403).json()["error"]["message"],
                    none["error"]["message"],
                    "{who} {name}"
                );
            }
        }
    }
    let ann = text(&keys["ann"]["key"]);
    for query in ["user_id=bob", "team_id=blue", "team_id=no-such-team", "organization_id=acme"] {
        get_as(&world, ann, &format!("/key/list?{query}")).await.expect(403);
    }
    get_as(&world, ann, "/key/list?user_id=ann").await.expect(200);
    let tess = text(&keys["tess"]["key"]);
    let of_mem =
        get_as(&world, tess, "/key/list?user_id=mem&return_full_object=true").await.expect(200).json();
    assert_eq!(names(&of_mem), ["of-mem-in-blue"], "of another, what is in one's own team");
    get_as(&world, text(&keys["nobodys"]["key"]), "/key/list").await.expect(403);
    let foreign = json!({"keys": [keys["ann"]["token"], keys["bob"]["token"]]});
    post_as(&world, ann, "/v2/key/info", foreign).await.expect(403);
}
