//! `/user/delete`: people go with what is theirs.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{as_key, ask, is_known, key, make, organization, post};

#[tokio::test]
async fn somebody_goes_with_keys_invitations_and_places() {
    let world = World::start().await;
    organization(&world, "acme").await;
    let made =
        make(&world, json!({"user_id": "ann", "teams": ["acme-team"], "password": "correct horse"})).await;
    let in_team =
        post(&world, "/key/generate", json!({"user_id": "ann", "team_id": "acme-team", "key_alias": "hers"}))
            .await
            .expect(200)
            .json();
    let service = post(&world, "/key/service-account/generate", json!({"team_id": "acme-team"}))
        .await
        .expect(200)
        .json();
    let invitation = post(&world, "/invitation/new", json!({"user_id": "ann"})).await.expect(200).json();
    let sign_in = json!({"user_id": "ann", "password": "correct horse"});
    let session = as_key(&world, "", Method::POST, "/console/sign-in", sign_in).await.expect(200).json();
    ask(&world, key(&made), "oa/x").await.expect(200);

    let gone = post(&world, "/user/delete", json!({"user_ids": ["ann", "ann"]})).await.expect(200);
    assert_eq!(gone.text(), "1", "a bare number");
    assert!(!is_known(&world, "ann").await);
    for key in [key(&made), key(&in_team), key(&session)] {
        ask(&world, key, "oa/x").await.expect(401);
    }
    ask(&world, key(&service), "oa/x").await.expect(200);
    let id = invitation["id"].as_str().unwrap();
    world.admin(Method::GET, &format!("/invitation/info?invitation_id={id}"), Value::Null).await.expect(400);
    assert_eq!(world.get("/team/info?team_id=acme-team").await["team_info"]["members"], json!([]));
    let members = world.get("/organization/info?organization_id=acme").await["members"].clone();
    assert_eq!(members.as_array().unwrap().len(), 1, "{members}");
    // What was spent stays on record, and the names are free again.
    assert_eq!(world.rows().await.len(), 2);
    make(&world, json!({"user_id": "ann", "key_alias": "hers"})).await;
    post(&world, "/user/delete", json!({"user_ids": ["none"]})).await.expect(404);
}

#[tokio::test]
async fn all_of_them_go_or_none() {
    let world = World::start().await;
    let ann = make(&world, json!({"user_id": "ann"})).await;
    let answer = post(&world, "/user/delete", json!({"user_ids": ["ann", "nobody"]})).await.expect(404);
    assert!(answer.json()["detail"]["error"].as_str().unwrap().contains("nobody"), "{}", answer.text());
    assert!(is_known(&world, "ann").await);
    ask(&world, key(&ann), "oa/x").await.expect(200);
    make(&world, json!({"user_id": "bob"})).await;
    let gone = post(&world, "/user/delete", json!({"user_ids": ["ann", "bob"]})).await.expect(200);
    assert_eq!(gone.json(), json!(2));
}

#[tokio::test]
async fn the_last_administrator_may_go_too() {
    let world = World::start().await;
    let boss = make(&world, json!({"user_id": "boss", "user_role": "proxy_admin"})).await;
    let gone = as_key(&world, key(&boss), Method::POST, "/user/delete", json!({"user_ids": ["boss"]})).await;
    assert_eq!((gone.status, gone.json()), (200, json!(1)));
    as_key(&world, key(&boss), Method::GET, "/user/list", Value::Null).await.expect(401);
    assert_eq!(world.get("/user/list").await["total"], 0);
}
