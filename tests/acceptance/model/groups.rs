//! `/model_group/info`, `/model_group/make_public` and `/public/model_hub`.

use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn hub(world: &World) -> Value {
    let url = format!("{}/public/model_hub", world.gateway.url());
    receive(world.gateway.client().get(url)).await.expect(200).json()
}

#[tokio::test]
async fn a_model_group_is_described_as_a_whole() {
    let world = World::start().await;
    for (model, rpm) in [("openai/gpt-4o-mini", 60), ("openai/gpt-4o", 40)] {
        let params =
            json!({"model": model, "api_base": world.openai.url(), "api_key": "sk-upstream", "rpm": rpm});
        world.gateway.new_model(json!({"model_name": "smart", "litellm_params": params})).await;
    }
    let list = world.get("/model_group/info?model_group=smart").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
    let group = &list["data"][0];
    for (name, expected) in [
        ("model_group", json!("smart")),
        ("providers", json!(["openai"])),
        ("max_input_tokens", json!(128_000)),
        ("input_cost_per_token", json!(2.5e-6)),
        ("output_cost_per_token", json!(1e-5)),
        ("input_cost_per_pixel", Value::Null),
        ("mode", json!("chat")),
        ("rpm", json!(100)),
        ("tpm", Value::Null),
        ("supports_function_calling", json!(true)),
        ("supports_parallel_function_calling", json!(true)),
        ("supports_vision", json!(true)),
        ("supports_reasoning", json!(false)),
        ("is_public_model_group", json!(false)),
        ("configurable_clientside_auth_params", Value::Null),
        ("health_status", json!("unknown")),
        ("health_checked_at", Value::Null),
    ] {
        assert_eq!(group[name], expected, "{name} in {group}");
    }
    let parameters = group["supported_openai_params"].as_array().unwrap();
    assert!(parameters.contains(&json!("tools")) && parameters.contains(&json!("seed")), "{parameters:?}");
    assert!(!parameters.contains(&json!("reasoning_effort")), "{parameters:?}");
    world.ask(Caller::Chat, "smart", false).await.expect(200);
    let group = world.get("/model_group/info?model_group=smart").await["data"][0].clone();
    assert_eq!(group["health_status"], "healthy");
    assert!(group["health_checked_at"].is_string(), "{group}");
    assert_eq!(world.get("/model_group/info?model_group=nothing").await["data"], json!([]));
}

#[tokio::test]
async fn what_another_format_loses_is_not_among_the_parameters() {
    let world = World::start().await;
    let params = json!({"model": "anthropic/claude-sonnet-4-5", "api_base": world.anthropic.url(), "api_key": "sk-upstream"});
    world.gateway.new_model(json!({"model_name": "claude", "litellm_params": params})).await;
    let group = world.get("/model_group/info?model_group=claude").await["data"][0].clone();
    let parameters = group["supported_openai_params"].as_array().unwrap();
    for (name, expected) in [("tools", true), ("temperature", true), ("seed", false), ("logit_bias", false)] {
        assert_eq!(parameters.contains(&json!(name)), expected, "{name} in {parameters:?}");
    }
}

#[tokio::test]
async fn public_model_groups_are_shown_without_a_key_and_no_others() {
    let world = World::start().await;
    world.gateway.deploy("smart", "openai/gpt-4o-mini", &world.openai).await;
    world.gateway.deploy("secret", "openai/gpt-4o", &world.openai).await;
    assert_eq!(hub(&world).await, json!([]));
    let set = async |groups: Value| {
        world.admin(Method::POST, "/model_group/make_public", json!({"model_groups": groups})).await
    };
    let answer = set(json!(["smart", "smart"])).await.expect(200).json();
    assert_eq!(
        (&answer["public_model_groups"], &answer["updated_by"]),
        (&json!(["smart"]), &json!("default_user_id"))
    );
    let shown = hub(&world).await;
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(
        (&shown[0]["model_group"], &shown[0]["is_public_model_group"]),
        (&json!("smart"), &json!(true))
    );
    assert!(!shown.to_string().contains(&world.openai.url()), "{shown}");
    let group = world.get("/model_group/info?model_group=smart").await;
    assert_eq!(group["data"][0]["is_public_model_group"], true);
    for (groups, status) in [(json!(["nothing"]), 400), (json!("smart"), 422), (json!([1]), 422)] {
        set(groups).await.expect(status);
    }
    assert_eq!(hub(&world).await, shown, "a refused change changed something");
    set(json!([])).await.expect(200);
    assert_eq!(hub(&world).await, json!([]));
    let url = format!("{}/model_group/make_public", world.gateway.url());
    let body = json!({"model_groups": ["secret"]});
    receive(world.gateway.client().post(url).bearer_auth(&world.key).json(&body)).await.expect(403);
}
