//! `/team/delete`.

use postern_tests::World;
use serde_json::json;

use super::{ask, done, own_key, post, refused, row, team, team_key};

#[tokio::test]
async fn a_team_takes_its_keys_along_and_leaves_its_people() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "admin")]).await;
    team(&world, "red", &[("ann", "user")]).await;
    let (blue, shared) = (team_key(&world, "blue", Some("ann")).await, team_key(&world, "blue", None).await);
    let (red, own) = (team_key(&world, "red", Some("ann")).await, own_key(&world, "ann").await);
    for key in [&blue, &shared, &red, &own] {
        ask(&world, key, "demo").await.expect(200);
    }
    let deleted = done(&world, "/team/delete", json!({"team_ids": ["blue"]})).await;
    assert_eq!(deleted, json!({"deleted_teams": ["blue"], "deleted_keys": 2}));
    for key in [&blue, &shared] {
        ask(&world, key, "demo").await.expect(401);
    }
    for key in [&red, &own] {
        ask(&world, key, "demo").await.expect(200);
    }
    refused(&post(&world, "/team/delete", json!({"team_ids": ["blue"]})).await, 404, "team_id");
    assert_eq!(row(&world, "red").await["members"], json!(["ann"]));
    // The id is free again, and nobody is in it.
    team(&world, "blue", &[]).await;
    assert_eq!(row(&world, "blue").await["members"], json!([]));
}

#[tokio::test]
async fn keys_are_not_lost_where_that_is_asked() {
    let world = World::start().await;
    team(&world, "blue", &[]).await;
    team(&world, "empty", &[]).await;
    let key = world.gateway.new_key(json!({"team_id": "blue", "key_alias": "precious"})).await;
    let body = json!({"team_ids": ["empty", "blue"], "refuse_if_keys": true});
    let answer = post(&world, "/team/delete", body).await;
    assert!(refused(&answer, 409, "team_ids").contains("precious"), "{}", answer.text());
    ask(&world, &key, "demo").await.expect(200);
    assert_eq!(world.get("/team/list").await.as_array().unwrap().len(), 2, "nothing changed");
    done(&world, "/team/delete", json!({"team_ids": ["empty"], "refuse_if_keys": true})).await;
}

#[tokio::test]
async fn all_of_them_are_deleted_or_none() {
    let world = World::start().await;
    team(&world, "blue", &[]).await;
    refused(&post(&world, "/team/delete", json!({"team_ids": ["blue", "nothing"]})).await, 404, "team_id");
    row(&world, "blue").await;
    refused(&post(&world, "/team/delete", json!({"team_ids": []})).await, 400, "team_ids");
    post(&world, "/team/delete", json!({})).await.expect(422);
    post(&world, "/team/delete", json!({"team_ids": "blue"})).await.expect(422);
    let twice = done(&world, "/team/delete", json!({"team_ids": ["blue", "blue"]})).await;
    assert_eq!(twice["deleted_teams"], json!(["blue", "blue"]));
}
