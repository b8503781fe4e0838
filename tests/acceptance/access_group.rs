//! `/access_group/*`: names by which keys are given several model groups at once.

use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn status_of(world: &World, key: &str, model: &str) -> u16 {
    receive(world.gateway.post("/v1/chat/completions", key, &Caller::Chat.body(model, false))).await.status
}

#[tokio::test]
async fn an_access_group_is_in_force_and_gone_at_once() {
    let world = World::start().await;
    for name in ["smart", "smart", "quick", "secret"] {
        world.gateway.deploy(name, "openai/x", &world.openai).await;
    }
    let key = world.gateway.new_key(json!({"models": ["beta"]})).await;
    assert_eq!(status_of(&world, &key, "smart").await, 403);
    let body = json!({"access_group": "beta", "model_names": ["smart", "quick"]});
    let made = world.admin(Method::POST, "/access_group/new", body.clone()).await.expect(200).json();
    assert_eq!((&made["access_group"], &made["models_updated"]), (&json!("beta"), &json!(3)));
    assert_eq!((status_of(&world, &key, "smart").await, status_of(&world, &key, "secret").await), (200, 403));
    world.admin(Method::POST, "/access_group/new", body).await.expect(409);

    let list = world.get("/access_group/list").await;
    let expected = json!({"access_group": "beta", "model_names": ["quick", "smart"], "deployment_count": 3});
    assert_eq!(list["access_groups"], json!([expected]));
    assert_eq!(world.get("/access_group/beta/info").await, expected);

    let body = json!({"model_names": ["secret"]});
    let changed = world.admin(Method::PUT, "/access_group/beta/update", body).await.expect(200).json();
    assert_eq!(changed["models_updated"], 4, "one got the name and three lost it: {changed}");
    assert_eq!((status_of(&world, &key, "smart").await, status_of(&world, &key, "secret").await), (403, 200));

    let gone = world.admin(Method::DELETE, "/access_group/beta/delete", Value::Null).await.expect(200).json();
    assert_eq!((&gone["access_group"], &gone["models_updated"]), (&json!("beta"), &json!(1)));
    assert!(gone["message"].as_str().unwrap().contains("beta"));
    assert_eq!(status_of(&world, &key, "secret").await, 403);
    for (method, path) in
        [(Method::GET, "/access_group/beta/info"), (Method::DELETE, "/access_group/beta/delete")]
    {
        world.admin(method, path, Value::Null).await.expect(404);
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::start().await;
    let made = world.gateway.deploy("smart", "openai/x", &world.openai).await;
    let id = made["model_id"].as_str().unwrap();
    for (body, status) in [
        (json!({"access_group": "", "model_names": ["smart"]}), 400),
        (json!({"access_group": "a\nb", "model_names": ["smart"]}), 400),
        (json!({"access_group": "beta", "model_names": []}), 400),
        (json!({"access_group": "beta"}), 400),
        (json!({"access_group": "beta", "model_names": ["nothing"]}), 400),
        (json!({"access_group": "beta", "model_ids": ["nothing"]}), 400),
        (json!({"access_group": "beta", "model_names": "smart"}), 422),
        (json!({"model_names": ["smart"]}), 422),
        (json!({"access_group": "beta", "model_names": ["demo"]}), 409),
    ] {
        let answer = world.admin(Method::POST, "/access_group/new", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        Caller::Chat.own_error(&answer);
    }
    world
        .admin(Method::PUT, "/access_group/beta/update", json!({"model_names": ["smart"]}))
        .await
        .expect(404);
    assert_eq!(world.get("/access_group/list").await["access_groups"], json!([]));
    // A single deployment may have the name, too, and any text may be one.
    for name in ["../../etc", "'; DROP TABLE models; --", "名前"] {
        let body = json!({"access_group": name, "model_ids": [id]});
        let made = world.admin(Method::POST, "/access_group/new", body).await.expect(200).json();
        assert_eq!((&made["access_group"], &made["models_updated"]), (&json!(name), &json!(1)));
    }
    assert_eq!(world.get("/access_group/list").await["access_groups"].as_array().unwrap().len(), 3);
    world.assert_well().await;
}
