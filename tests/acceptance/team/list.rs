//! `/team/list`, `/v2/team/list` and `/team/available`: who sees which teams.

use std::collections::BTreeSet;

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, done, organization, own_key, refused, team, team_key};

fn ids(teams: &Value) -> BTreeSet<String> {
    teams.as_array().unwrap().iter().map(|team| team["team_id"].as_str().unwrap().to_owned()).collect()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn teams_are_listed_with_their_keys_and_found() {
    let world = World::start().await;
    for (id, people) in
        [("a", vec![("ann", "admin")]), ("b", vec![("ann", "user"), ("bob", "user")]), ("c", vec![])]
    {
        team(&world, id, &people).await;
    }
    done(&world, "/team/update", json!({"team_id": "b", "team_alias": "100% Blue_ish", "max_budget": 9.0}))
        .await;
    team_key(&world, "b", Some("ann")).await;
    team_key(&world, "b", None).await;
    let all = world.get("/team/list").await;
    assert_eq!(
        all.as_array().unwrap().iter().map(|team| team["team_id"].clone()).collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
    let counts: Vec<usize> =
        all.as_array().unwrap().iter().map(|team| team["keys"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [0, 2, 0]);
    assert_eq!(all[1]["members_with_roles"].as_array().unwrap().len(), 2);
    for (query, expected) in [
        ("user_id=ann", set(&["a", "b"])),
        ("user_id=bob", set(&["b"])),
        ("user_id=nobody", set(&[])),
        ("user_id=", set(&["a", "b", "c"])),
        ("organization_id=nothing", set(&[])),
        ("user_id=ann'%20OR%20'1'='1", set(&[])),
    ] {
        assert_eq!(ids(&world.get(&format!("/team/list?{query}")).await), expected, "{query}");
        assert_eq!(ids(&world.get(&format!("/v2/team/list?{query}")).await["teams"]), expected, "{query}");
    }
    for (query, expected) in [
        ("team_id=b", set(&["b"])),
        ("team_alias=blue", set(&["b"])),
        ("team_alias=0%25%20b", set(&["b"])),
        ("team_alias=%25", set(&["b"])),
        ("team_alias=e_i", set(&["b"])),
        ("team_alias=u_i", set(&[])),
    ] {
        assert_eq!(ids(&world.get(&format!("/v2/team/list?{query}")).await["teams"]), expected, "{query}");
    }
    let page = world.get("/v2/team/list?page=2&page_size=2&sort_by=team_id&sort_order=desc").await;
    assert_eq!(ids(&page["teams"]), set(&["a"]));
    for (name, value) in [("total", 3), ("page", 2), ("page_size", 2), ("total_pages", 2)] {
        assert_eq!(page[name], value, "{name}");
    }
    assert_eq!(
        world.get("/v2/team/list?sort_by=max_budget&sort_order=desc").await["teams"][0]["team_id"],
        "b"
    );
    assert_eq!(world.get("/v2/team/list?page=999999999").await["teams"], json!([]));
    for (wrong, status) in [
        ("page=0", 422),
        ("page_size=0", 422),
        ("page_size=101", 422),
        ("page=x", 422),
        ("page=9223372036854775807", 422),
        ("sort_by=spend'", 400),
        ("sort_order=up", 400),
    ] {
        let answer = world.admin(Method::GET, &format!("/v2/team/list?{wrong}"), Value::Null).await;
        assert_eq!(answer.status, status, "{wrong}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_list_never_shows_what_is_foreign() {
    let world = World::start().await;
    organization(&world, "north", "olga", json!({})).await;
    organization(&world, "south", "sven", json!({})).await;
    for (id, organization, member) in [
        ("n1", "north", ("nina", "user")),
        ("n2", "north", ("tom", "admin")),
        ("s1", "south", ("sam", "admin")),
    ] {
        let member = json!([{"user_id": member.0, "role": member.1}]);
        let body = json!({"team_id": id, "organization_id": organization, "members_with_roles": member});
        done(&world, "/team/new", body).await;
        team_key(&world, id, None).await;
    }
    team(&world, "free", &[("nina", "user"), ("lee", "user")]).await;
    team_key(&world, "n1", Some("nina")).await;
    for (user, expected, keys) in [
        ("olga", set(&["n1", "n2"]), 3),
        ("sven", set(&["s1"]), 1),
        ("nina", set(&["free", "n1"]), 1),
        ("tom", set(&["n2"]), 1),
        ("sam", set(&["s1"]), 1),
        ("lee", set(&["free"]), 0),
    ] {
        let key = own_key(&world, user).await;
        let see = async |path: &str| call(&world, &key, Method::GET, path, Value::Null).await;
        let own = format!("/team/list?user_id={user}");
        let all = see("/team/list").await.expect(200).json();
        assert_eq!(ids(&all), expected, "{user}");
        let shown: usize =
            all.as_array().unwrap().iter().map(|team| team["keys"].as_array().unwrap().len()).sum();
        assert_eq!(shown, keys, "{user}");
        let page = see("/v2/team/list?page_size=100").await.expect(200).json();
        assert_eq!(
            (ids(&page["teams"]), &page["total"]),
            (expected.clone(), &json!(expected.len())),
            "{user}"
        );
        assert!(ids(&see(&own).await.expect(200).json()).is_subset(&expected), "{user}");
        // Asking about somebody or something foreign.
        let stranger = if user == "sam" || user == "sven" { "nina" } else { "sam" };
        let elsewhere = if user == "sam" || user == "sven" { "north" } else { "south" };
        for path in ["/team/list", "/v2/team/list"] {
            see(&format!("{path}?user_id={stranger}")).await.expect(403);
            see(&format!("{path}?organization_id={elsewhere}")).await.expect(403);
        }
        let foreign = if user == "sam" || user == "sven" { "n1" } else { "s1" };
        let found = see(&format!("/v2/team/list?team_id={foreign}")).await.expect(200).json();
        assert_eq!((&found["teams"], &found["total"]), (&json!([]), &json!(0)), "{user}");
    }
    // An organization's administrator asks about its people.
    let olga = own_key(&world, "olga").await;
    let of_nina = call(&world, &olga, Method::GET, "/team/list?user_id=nina", Value::Null).await;
    assert_eq!(ids(&of_nina.expect(200).json()), set(&["n1"]), "and not where else they are");
    call(&world, &world.key, Method::GET, "/team/list", Value::Null).await.expect(403);
}

#[tokio::test]
async fn teams_that_may_be_joined_are_those_that_are_named() {
    let world = World::start().await;
    let answer = world.admin(Method::GET, "/team/available", Value::Null).await.expect(400);
    assert!(answer.text().contains("available_teams"), "{}", answer.text());
    let config = "litellm_settings: {default_internal_user_params: {available_teams: [open, also, gone]}}";
    let world = World::with(config, |builder| builder).await;
    team(&world, "open", &[("bob", "user")]).await;
    team(&world, "closed", &[("ann", "user")]).await;
    team(&world, "closed-to-ann", &[]).await;
    let body = json!({"team_id": "also", "team_alias": "Also", "metadata": {"description": "for all"}, "models": ["demo"]});
    done(&world, "/team/new", body).await;
    assert_eq!(ids(&world.get("/team/available").await), set(&["open", "also"]));
    let (ann, bob) = (own_key(&world, "ann").await, own_key(&world, "bob").await);
    let see = async |key: &str| {
        call(&world, key, Method::GET, "/team/available", Value::Null).await.expect(200).json()
    };
    assert_eq!(ids(&see(&ann).await), set(&["open", "also"]));
    let left = see(&bob).await;
    assert_eq!(ids(&left), set(&["also"]), "not those that they are in");
    assert_eq!((&left[0]["team_alias"], &left[0]["description"]), (&json!("Also"), &json!("for all")));
    // Joining takes oneself along, and nobody and nothing else.
    let join = async |key: &str, team: &str, member: Value, more: Value| {
        let mut body = json!({"team_id": team, "member": member});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        call(&world, key, Method::POST, "/team/member_add", body).await
    };
    let herself = json!({"role": "user", "user_id": "ann"});
    for (team, member, more) in [
        ("closed-to-ann", herself.clone(), json!({})),
        ("also", json!({"role": "user", "user_id": "bob"}), json!({})),
        ("also", json!({"role": "user", "user_email": "ann@example.com"}), json!({})),
        ("also", json!([herself, {"role": "user", "user_id": "new"}]), json!({})),
        ("also", json!({"role": "admin", "user_id": "ann"}), json!({})),
        ("also", herself.clone(), json!({"max_budget_in_team": 100})),
        ("also", herself.clone(), json!({"rpm_limit": null, "tpm_limit": 1})),
        ("also", json!([]), json!({})),
    ] {
        join(&ann, team, member, more).await.expect(403);
    }
    join(&ann, "also", herself.clone(), json!({})).await.expect(200);
    refused(&join(&ann, "also", herself, json!({})).await, 400, "member");
    assert_eq!(ids(&see(&ann).await), set(&["open"]));
    let key = team_key(&world, "also", Some("ann")).await;
    super::ask(&world, &key, "demo").await.expect(200);
}
