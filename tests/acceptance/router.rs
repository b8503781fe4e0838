//! `/router/settings`: routing as it is in force, in LiteLLM's words.

use postern_tests::{World, receive};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn the_settings_in_force_are_shown_with_their_defaults() {
    let config = "{router_settings: {routing_strategy: least-busy, num_retries: 0, fallbacks: [{smart: [demo]}], model_group_alias: {quick: demo}, timeout: 7}, litellm_settings: {num_retries: 5}}";
    let world = World::with(config, |builder| builder).await;
    let settings = world.get("/router/settings").await;
    let now = &settings["current_values"];
    for (name, value) in [
        ("routing_strategy", json!("least-busy")),
        ("num_retries", json!(0)),
        ("fallbacks", json!([{"smart": ["demo"]}])),
        ("model_group_alias", json!({"quick": "demo"})),
        ("timeout", json!(7.0)),
        ("cooldown_time", json!(5.0)),
        ("hedge_after", Value::Null),
        ("allowed_fails", Value::Null),
    ] {
        assert_eq!(now[name], value, "{name}");
    }
    let fields = settings["fields"].as_array().unwrap();
    assert_eq!(fields.len(), now.as_object().unwrap().len());
    for field in fields {
        let name = field["field_name"].as_str().unwrap();
        assert_eq!(field["field_value"], now[name], "{name}");
        assert!(!field["field_description"].as_str().unwrap().is_empty(), "{name}");
    }
    let strategy = fields.iter().find(|field| field["field_name"] == "routing_strategy").unwrap();
    assert_eq!(strategy["field_default"], "simple-shuffle");
    assert!(strategy["options"].as_array().unwrap().contains(&json!("round-robin")));
    let by_key = world.gateway.client().get(format!("{}/router/settings", world.gateway.url()));
    receive(by_key.bearer_auth(&world.key)).await.expect(403);
    receive(world.gateway.client().request(Method::GET, format!("{}/router/settings", world.gateway.url())))
        .await
        .expect(401);
}
