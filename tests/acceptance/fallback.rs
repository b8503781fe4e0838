//! `/fallback`: what is asked when a model group has failed, set while the gateway runs.

use postern_testkit::TestGateway;
use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

const CONFIG: &str =
    "{litellm_settings: {num_retries: 0}, router_settings: {fallbacks: [{smart: [demo]}, {kept: [demo]}]}}";

async fn set(world: &World, body: Value) -> Answer {
    world.admin(Method::POST, "/fallback", body).await
}

async fn of(world: &World, path: &str) -> Value {
    world.get(&format!("/fallback/{path}")).await["fallback_models"].clone()
}

#[tokio::test]
async fn what_is_set_here_counts_over_the_file_until_it_is_removed() {
    let world = World::with(CONFIG, |builder| builder).await;
    for name in ["smart", "kept", "oth/er"] {
        world.gateway.deploy(name, "openai/x", &world.openai).await;
    }
    assert_eq!(of(&world, "smart").await, json!(["demo"]));
    let made = set(&world, json!({"model": "smart", "fallback_models": ["kept", "oa/gpt-4o-mini"]})).await;
    let made = made.expect(200).json();
    assert_eq!(
        made,
        json!({
            "model": "smart", "fallback_models": ["kept", "oa/gpt-4o-mini"], "fallback_type": "general",
            "message": "Fallback configuration created successfully",
        })
    );
    assert_eq!(of(&world, "smart").await, json!(["kept", "oa/gpt-4o-mini"]));
    let again = json!({"model": "smart", "fallback_models": ["kept"], "fallback_type": "general"});
    let again = set(&world, again).await.expect(200).json();
    assert_eq!(again["message"], "Fallback configuration updated successfully");
    // Each kind for itself, and names with a slash.
    for (model, kind) in [("oth/er", "context_window"), ("smart", "content_policy")] {
        let body = json!({"model": model, "fallback_models": ["kept"], "fallback_type": kind});
        set(&world, body).await.expect(200);
        assert_eq!(of(&world, &format!("{model}?fallback_type={kind}")).await, json!(["kept"]));
    }
    let settings = world.get("/router/settings").await["current_values"].clone();
    assert_eq!(settings["fallbacks"], json!([{"kept": ["demo"]}, {"smart": ["kept"]}]));
    assert_eq!(settings["context_window_fallbacks"], json!([{"oth/er": ["kept"]}]));

    let removed = world.admin(Method::DELETE, "/fallback/smart", Value::Null).await.expect(200).json();
    assert_eq!(removed["message"], "Fallback configuration deleted successfully");
    assert_eq!(of(&world, "smart").await, json!(["demo"]), "the file's are in force again");
    world.admin(Method::DELETE, "/fallback/smart", Value::Null).await.expect(409);
    world
        .admin(Method::DELETE, "/fallback/oth/er?fallback_type=context_window", Value::Null)
        .await
        .expect(200);
    world.admin(Method::GET, "/fallback/oth/er?fallback_type=context_window", Value::Null).await.expect(404);
    world.admin(Method::DELETE, "/fallback/oth/er", Value::Null).await.expect(404);
}

#[tokio::test]
async fn they_are_kept_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = TestGateway::builder().data_dir(folder.path()).start().await;
    let body = json!({"model": "*", "fallback_models": ["demo"]});
    receive(first.admin(Method::POST, "/fallback").json(&body)).await.expect(200);
    first.stop().await;
    let second = TestGateway::builder().data_dir(folder.path()).start().await;
    let kept = receive(second.admin(Method::GET, "/fallback/*")).await.expect(200).json();
    assert_eq!(kept["fallback_models"], json!(["demo"]));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::with(CONFIG, |builder| builder).await;
    world.gateway.deploy("smart", "openai/x", &world.openai).await;
    for (body, status, named) in [
        (json!({"model": "nothing", "fallback_models": ["demo"]}), 400, "`nothing`"),
        (json!({"model": "smart", "fallback_models": ["demo", "nothing"]}), 400, "`nothing`"),
        (json!({"model": "smart", "fallback_models": ["groq/x"]}), 400, "`groq/x`"),
        (json!({"model": "smart", "fallback_models": ["smart"]}), 400, "itself"),
        (json!({"model": "smart", "fallback_models": ["demo", "demo"]}), 400, "twice"),
        (json!({"model": "smart", "fallback_models": []}), 400, "fallback_models"),
        (json!({"model": "smart", "fallback_models": "demo"}), 422, "sequence"),
        (json!({"model": "smart", "fallback_models": ["demo"], "fallback_type": "some"}), 422, "some"),
        (json!({"model": "smart", "fallback_models": ["demo"], "percent": 5}), 422, "percent"),
        (json!({"fallback_models": ["demo"]}), 422, "model"),
    ] {
        let answer = set(&world, body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        let message = Caller::Chat.own_error(&answer);
        assert!(message.contains(named), "{body}: {message}");
    }
    assert_eq!(of(&world, "smart").await, json!(["demo"]), "a refused one left something behind");
    world.admin(Method::GET, "/fallback/smart?fallback_type=some", Value::Null).await.expect(422);
    for request in [
        world.gateway.post("/fallback", &world.key, &json!({"model": "smart", "fallback_models": ["demo"]})),
        world.gateway.client().get(format!("{}/fallback/smart", world.gateway.url())).bearer_auth(&world.key),
        world
            .gateway
            .client()
            .delete(format!("{}/fallback/smart", world.gateway.url()))
            .bearer_auth(&world.key),
    ] {
        receive(request).await.expect(403);
    }
}
