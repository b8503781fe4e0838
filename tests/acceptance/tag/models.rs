//! Deployments that a tag names are for requests that carry it, where the router filters by tags.

use postern_testkit::FakeUpstream;
use postern_tests::{Answer, Caller, World, receive};
use serde_json::{Value, json};

use super::{info, post};

const CONFIG: &str = "litellm_settings: {num_retries: 0}\nrouter_settings: {enable_tag_filtering: true}";

async fn ask(world: &World, tags: Value) -> Answer {
    let mut body = Caller::Chat.body("smart", false);
    body["tags"] = tags;
    receive(world.gateway.post("/v1/chat/completions", &world.key, &body)).await
}

#[tokio::test]
async fn the_models_of_a_tag_serve_requests_with_it() {
    let world = World::with(CONFIG, |builder| builder).await;
    let [paid, free] = [FakeUpstream::openai().await, FakeUpstream::openai().await];
    let mut ids = Vec::new();
    for upstream in [&paid, &free] {
        let made = world.gateway.deploy("smart", "openai/x", upstream).await;
        ids.push(made["model_id"].as_str().unwrap().to_owned());
    }
    for (name, id) in ["paid", "free"].into_iter().zip(&ids) {
        post(&world, "/tag/new", json!({"name": name, "models": [id]})).await.expect(200);
    }
    let shown = info(&world, "paid").await;
    assert_eq!((&shown["models"], &shown["model_info"][&ids[0]]), (&json!([ids[0]]), &json!("smart")));
    for _ in 0..3 {
        ask(&world, json!(["paid"])).await.expect(200);
    }
    assert_eq!((paid.calls(), free.calls()), (3, 0));
    ask(&world, json!(["free"])).await.expect(200);
    assert_eq!((paid.calls(), free.calls()), (3, 1));

    // Changed, it is in force for the next request; removed, no deployment is for the tag any more.
    post(&world, "/tag/update", json!({"name": "paid", "models": [ids[1]]})).await.expect(200);
    ask(&world, json!(["paid"])).await.expect(200);
    assert_eq!((paid.calls(), free.calls()), (3, 2));
    post(&world, "/tag/delete", json!({"name": "paid"})).await.expect(200);
    let refused = ask(&world, json!(["paid"])).await.expect(400);
    assert_eq!(refused.json()["error"]["param"], "tags", "{}", refused.text());
    post(&world, "/tag/update", json!({"name": "free", "models": null})).await.expect(200);
    ask(&world, json!(["free"])).await.expect(400);
    ask(&world, json!([])).await.expect(200);
}
