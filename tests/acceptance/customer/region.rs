//! `allowed_model_region` and `default_model` of a customer.

use postern_tests::{Answer, Caller, World, receive};
use serde_json::{Value, json};

use super::post;

async fn deploy(world: &World, name: &str, model: &str, region: Option<&str>) {
    let mut parameters =
        json!({"model": format!("openai/{model}"), "api_base": world.openai.url(), "api_key": "sk-upstream"});
    if let Some(region) = region {
        parameters["region_name"] = json!(region);
    }
    world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
}

async fn ask(world: &World, model: &str, user: &str, more: Value) -> Answer {
    let mut body = Caller::Chat.body(model, false);
    body["user"] = json!(user);
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    receive(world.gateway.post("/v1/chat/completions", &world.key, &body)).await
}

fn served_by(world: &World) -> Value {
    world.openai.last_request().json()["model"].clone()
}

#[tokio::test]
async fn a_customer_is_served_in_their_region_alone() {
    let world = World::start().await;
    deploy(&world, "both", "in-us", Some("us")).await;
    deploy(&world, "both", "in-eu", Some("eu-west-1")).await;
    deploy(&world, "american", "only-us", Some("us-east-1")).await;
    deploy(&world, "nowhere", "unknown", None).await;
    deploy(&world, "substitute", "substitute-eu", Some("eu")).await;
    post(&world, "/customer/new", json!({"user_id": "ann", "allowed_model_region": "eu"})).await.expect(200);
    for _ in 0..6 {
        ask(&world, "both", "ann", json!({})).await.expect(200);
        assert_eq!(served_by(&world), "in-eu");
    }
    // What the request says does not loosen it.
    ask(&world, "both", "ann", json!({"allowed_model_region": "us"})).await.expect(200);
    assert_eq!(served_by(&world), "in-eu");
    let calls = world.openai.calls();
    for model in ["american", "nowhere", "oa/x"] {
        let refused = ask(&world, model, "ann", json!({})).await.expect(400);
        assert!(refused.text().contains("in the region `eu`"), "{}", refused.text());
    }
    let embeddings =
        world.gateway.post("/v1/embeddings", &world.key, &json!({"model": "american", "input": "a"}));
    receive(embeddings.header("x-litellm-customer-id", "ann")).await.expect(400);
    let passed =
        world.gateway.post("/providers/oa/v1/chat/completions", &world.key, &Caller::Chat.body("x", false));
    receive(passed.header("x-litellm-customer-id", "ann")).await.expect(400);
    assert_eq!(world.openai.calls(), calls);
    ask(&world, "american", "bob", json!({})).await.expect(200);
    // In place of a model that is not there serves the one that is said.
    let body = json!({"user_id": "ann", "default_model": "substitute"});
    post(&world, "/customer/update", body).await.expect(200);
    let answer = ask(&world, "american", "ann", json!({})).await.expect(200);
    assert_eq!(served_by(&world), "substitute-eu");
    assert_eq!(world.row(answer.request_id()).await["model_group"], "substitute");
    ask(&world, "both", "ann", json!({})).await.expect(200);
    assert_eq!(served_by(&world), "in-eu", "what is there is not replaced");
    // And only what the key may use.
    let key = world.gateway.new_key(json!({"models": ["american"]})).await;
    let mut body = Caller::Chat.body("american", false);
    body["user"] = json!("ann");
    receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(403);
}
