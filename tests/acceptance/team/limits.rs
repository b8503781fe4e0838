//! Budgets and rates of teams and their members: in force with the next request.

use std::time::Duration;

use postern_tests::World;
use serde_json::{Value, json};

use super::{ask, dear, done, info, own_key, post, refused, spend, team, team_key};

#[tokio::test]
async fn a_members_budget_is_theirs_in_that_team() {
    let world = World::start().await;
    dear(&world).await;
    team(&world, "blue", &[("ann", "user"), ("bob", "user")]).await;
    let (ann, bob) =
        (team_key(&world, "blue", Some("ann")).await, team_key(&world, "blue", Some("bob")).await);
    spend(&world, &ann).await.expect(200);
    // What was spent before there was a budget counts.
    let set = |most: Value| json!({"team_id": "blue", "user_id": "ann", "max_budget_in_team": most});
    done(&world, "/team/member_update", set(json!(0.15))).await;
    let answer = spend(&world, &ann).await.expect(402);
    assert_eq!(answer.json()["error"]["type"], "budget_exceeded");
    assert_eq!(answer.json()["error"]["details"]["level"], "team_member");
    assert!(answer.text().contains("ann in team blue"), "{}", answer.text());
    spend(&world, &bob).await.expect(200);
    spend(&world, &own_key(&world, "ann").await).await.expect(200);
    let below = post(&world, "/team/member_update", set(json!(0.05))).await;
    assert!(refused(&below, 400, "max_budget_in_team").starts_with("max_budget_in_team"), "{}", below.text());
    done(&world, "/team/member_update", set(Value::Null)).await;
    spend(&world, &ann).await.expect(200);
}

#[tokio::test]
async fn what_a_team_says_for_its_members_holds_for_each_who_says_nothing() {
    let world = World::start().await;
    dear(&world).await;
    let members = json!([{"user_id": "ann", "role": "user"}, {"user_id": "bob", "role": "user"}]);
    let body = json!({
        "team_id": "blue", "members_with_roles": members, "team_member_budget": 0.15, "team_member_rpm_limit": 100,
    });
    done(&world, "/team/new", body).await;
    let own = json!({"team_id": "blue", "user_id": "bob", "max_budget_in_team": 0.25});
    done(&world, "/team/member_update", own).await;
    let (ann, bob) =
        (team_key(&world, "blue", Some("ann")).await, team_key(&world, "blue", Some("bob")).await);
    for (key, served) in [(&ann, 1), (&bob, 2)] {
        for _ in 0..served {
            spend(&world, key).await.expect(200);
        }
        spend(&world, key).await.expect(402);
    }
    // Who comes later has it, too.
    let add = json!({"team_id": "blue", "member": {"role": "user", "user_id": "eve"}});
    let added = done(&world, "/team/member_add", add).await;
    assert_eq!(added["updated_team_memberships"][0]["litellm_budget_table"]["max_budget"], 0.15);
    let eve = team_key(&world, "blue", Some("eve")).await;
    spend(&world, &eve).await.expect(200);
    spend(&world, &eve).await.expect(402);
    done(&world, "/team/update", json!({"team_id": "blue", "team_member_budget": 0.35})).await;
    spend(&world, &eve).await.expect(200);
    spend(&world, &bob).await.expect(402);
    done(&world, "/team/update", json!({"team_id": "blue", "team_member_rpm_limit": 1})).await;
    let answer = spend(&world, &ann).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert!(answer.text().contains("team_member"), "{}", answer.text());
}

#[tokio::test]
async fn a_members_budget_starts_anew_as_the_team_says() {
    let world = World::start().await;
    dear(&world).await;
    let body = json!({
        "team_id": "blue", "members": ["ann"], "team_member_budget": 0.15, "team_member_budget_duration": "3s",
    });
    done(&world, "/team/new", body).await;
    let key = team_key(&world, "blue", Some("ann")).await;
    let shown = info(&world, "blue").await["team_memberships"][0]["litellm_budget_table"].clone();
    assert_eq!(shown["budget_duration"], "3s");
    assert!(shown["budget_reset_at"].is_string(), "{shown}");
    spend(&world, &key).await.expect(200);
    for _ in 0..2 {
        let anew = async {
            while spend(&world, &key).await.status == 402 {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), anew).await.expect("the budget to start anew");
    }
    // Without a duration it is used up for good.
    done(&world, "/team/update", json!({"team_id": "blue", "team_member_budget_duration": null})).await;
    let shown = info(&world, "blue").await["team_memberships"][0]["litellm_budget_table"].clone();
    assert_eq!((&shown["budget_duration"], &shown["budget_reset_at"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_teams_limits_are_those_of_all_its_keys() {
    let world = World::start().await;
    dear(&world).await;
    done(&world, "/team/new", json!({"team_id": "blue", "members": ["ann"], "max_budget": 0.25})).await;
    let keys = [team_key(&world, "blue", Some("ann")).await, team_key(&world, "blue", None).await];
    for key in &keys {
        spend(&world, key).await.expect(200);
    }
    for key in &keys {
        let answer = spend(&world, key).await.expect(402);
        assert!(answer.text().contains("Team=blue"), "{}", answer.text());
    }
    spend(&world, &own_key(&world, "ann").await).await.expect(200);
    done(&world, "/team/update", json!({"team_id": "blue", "max_budget": null, "rpm_limit": 3})).await;
    let statuses = [spend(&world, &keys[0]).await.status, spend(&world, &keys[1]).await.status];
    assert_eq!(statuses, [200, 429], "two of this minute were before");
}

#[tokio::test]
async fn a_team_stays_within_its_organization() {
    let world = World::start().await;
    let limits = json!({"models": ["demo", "oa/*"], "max_budget": 10.0, "rpm_limit": 100});
    super::organization(&world, "north", "olga", limits).await;
    let new = |more: Value| {
        let mut body = json!({"organization_id": "north"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (more, param) in [
        (json!({"models": ["an/x"]}), "models"),
        (json!({"models": ["demo", "*"]}), "models"),
        (json!({"models": ["all-proxy-models"]}), "models"),
        (json!({"max_budget": 10.5}), "max_budget"),
        (json!({"rpm_limit": 101}), "rpm_limit"),
    ] {
        let answer = post(&world, "/team/new", new(more)).await;
        assert!(refused(&answer, 400, param).contains("north"), "{}", answer.text());
    }
    done(&world, "/budget/new", json!({"budget_id": "large", "max_budget": 11.0})).await;
    let named = post(&world, "/team/new", new(json!({"budget_id": "large"}))).await;
    refused(&named, 400, "max_budget");
    assert_eq!(world.get("/team/list").await, json!([]));
    let fits = new(json!({"team_id": "blue", "models": ["oa/x", "no-default-models"], "max_budget": 10.0}));
    done(&world, "/team/new", fits).await;
    done(&world, "/team/new", new(json!({"team_id": "all"}))).await;
    for (path, more, param) in [
        ("/team/update", json!({"max_budget": 12.0}), "max_budget"),
        ("/team/update", json!({"models": ["an/x"]}), "models"),
        ("/team/model/add", json!({"models": ["an/x"]}), "models"),
    ] {
        let mut body = more;
        body["team_id"] = json!("blue");
        refused(&post(&world, path, body).await, 400, param);
    }
    // Where the organization has got narrower since, other things can still be changed.
    let narrower = json!({"organization_id": "north", "models": ["demo"], "max_budget": 1.0});
    world.admin(reqwest::Method::PATCH, "/organization/update", narrower).await.expect(200);
    done(&world, "/team/update", json!({"team_id": "blue", "team_alias": "Blue", "max_budget": 10.0})).await;
    let key = team_key(&world, "all", None).await;
    ask(&world, &key, "demo").await.expect(200);
    let answer = ask(&world, &key, "oa/x").await;
    assert!(matches!(answer.status, 401 | 403), "{}", answer.text());
}
