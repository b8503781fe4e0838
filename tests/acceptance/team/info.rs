//! `/team/info`.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, dear, done, info, own_key, refused, spend, team, team_key};

async fn get(world: &World, path: &str) -> postern_tests::Answer {
    world.admin(Method::GET, path, Value::Null).await
}

#[tokio::test]
async fn a_team_is_shown_with_its_keys_and_what_its_members_spent() {
    let world = World::start().await;
    dear(&world).await;
    team(&world, "blue", &[("ann", "admin"), ("bob", "user")]).await;
    let change = json!({"team_id": "blue", "user_id": "bob", "max_budget_in_team": 3.0, "rpm_limit": 7});
    done(&world, "/team/member_update", change).await;
    let (ann, bob) =
        (team_key(&world, "blue", Some("ann")).await, team_key(&world, "blue", Some("bob")).await);
    team_key(&world, "blue", None).await;
    spend(&world, &ann).await.expect(200);
    spend(&world, &bob).await.expect(200);
    spend(&world, &bob).await.expect(200);
    let shown = info(&world, "blue").await;
    assert_eq!(shown["keys"].as_array().unwrap().len(), 3);
    let team = &shown["team_info"];
    assert!((team["spend"].as_f64().unwrap() - 0.3).abs() < 1e-9, "{team}");
    let memberships = shown["team_memberships"].as_array().unwrap();
    let of = |user: &str| memberships.iter().find(|row| row["user_id"] == user).unwrap();
    assert!((of("ann")["spend"].as_f64().unwrap() - 0.1).abs() < 1e-9, "{memberships:?}");
    assert!((of("bob")["spend"].as_f64().unwrap() - 0.2).abs() < 1e-9, "{memberships:?}");
    assert_eq!(of("ann")["litellm_budget_table"], Value::Null);
    assert_eq!(of("bob")["litellm_budget_table"]["max_budget"], 3.0);
    assert_eq!(of("bob")["litellm_budget_table"]["rpm_limit"], 7);
    assert_eq!((&of("bob")["team_id"], &of("bob")["role"]), (&json!("blue"), &json!("user")));
    refused(&get(&world, "/team/info").await, 422, "team_id");
    refused(&get(&world, "/team/info?team_id=nothing").await, 404, "team_id");
}

#[tokio::test]
async fn a_member_sees_their_own_keys_and_spend() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "admin"), ("bob", "user")]).await;
    team(&world, "red", &[("eve", "admin")]).await;
    team_key(&world, "blue", Some("ann")).await;
    let of_bob = team_key(&world, "blue", Some("bob")).await;
    let (ann, bob, eve) =
        (own_key(&world, "ann").await, own_key(&world, "bob").await, own_key(&world, "eve").await);
    let see = async |key: &str| {
        call(&world, key, Method::GET, "/team/info?team_id=blue", Value::Null).await.expect(200).json()
    };
    let (all, own) = (see(&ann).await, see(&bob).await);
    let counts = |shown: &Value| {
        (shown["keys"].as_array().unwrap().len(), shown["team_memberships"].as_array().unwrap().len())
    };
    assert_eq!((counts(&all), counts(&own)), ((2, 2), (1, 1)));
    assert_eq!(own["team_memberships"][0]["user_id"], "bob");
    assert_eq!(own["keys"][0]["key_name"].as_str().unwrap()[6..], of_bob[of_bob.len() - 4..]);
    // What is foreign is not told from what there is not.
    for path in
        ["/team/info?team_id=blue", "/team/info?team_id=nothing", "/team/permissions_list?team_id=blue"]
    {
        let answer = call(&world, &eve, Method::GET, path, Value::Null).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    // A key that belongs to nobody sees no team.
    call(&world, &world.key, Method::GET, "/team/info?team_id=blue", Value::Null).await.expect(403);
}
