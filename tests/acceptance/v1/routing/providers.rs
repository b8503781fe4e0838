//! Requests that name the provider that is to answer, those to ask after it, and how often.

use postern_testkit::{FakeUpstream, Fault};
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use super::{CHAT, chat, deploy, post};

#[tokio::test]
async fn a_provider_is_found_by_its_name_or_its_presets() {
    let world = World::start().await;
    for (name, model) in
        [("an", "claude-x"), ("anthropic", "claude-x"), ("AN", "claude-x"), ("Anthropic", "claude-x")]
    {
        let calls = world.anthropic.calls();
        let answer = post(&world, CHAT, &chat(model, &json!({"provider": name}))).await.expect(200);
        assert_eq!(world.anthropic.calls(), calls + 1, "{name}");
        assert_eq!(world.anthropic.last_request().json()["model"], "claude-x");
        assert_eq!(answer.json()["provider"], "an");
        assert_eq!(answer.header("x-postern-provider"), "an");
    }
    // A model that is named with a provider of its own is asked of the other one without.
    for model in ["oa/shared", "openai/shared", "openai:shared", "an/shared", "shared"] {
        post(&world, CHAT, &chat(model, &json!({"provider": "an"}))).await.expect(200);
        assert_eq!(world.anthropic.last_request().json()["model"], "shared", "{model}");
    }
    // A slash that belongs to the model's name stays in it.
    post(&world, CHAT, &chat("meta-llama/llama-4", &json!({"provider": "oa"}))).await.expect(200);
    assert_eq!(world.openai.last_request().json()["model"], "meta-llama/llama-4");
    assert_eq!(world.openai.calls(), 1);
}

#[tokio::test]
async fn of_a_group_only_the_named_providers_deployments_are_asked() {
    let world = World::start().await;
    for model in ["oa/one", "an/two"] {
        let parameters = json!({"model_name": "both", "litellm_params": {"model": model}});
        world.gateway.new_model(parameters).await;
    }
    for _ in 0..6 {
        post(&world, CHAT, &chat("both", &json!({"provider": "an"}))).await.expect(200);
    }
    assert_eq!((world.openai.calls(), world.anthropic.calls()), (0, 6));
    assert_eq!(world.anthropic.last_request().json()["model"], "two");
    // It is asked for by name: where it fails nobody stands in for it, unless that is said.
    world.anthropic.always(Fault::status(500));
    post(&world, CHAT, &chat("both", &json!({"provider": "an"}))).await.expect(500);
    assert_eq!((world.openai.calls(), world.anthropic.calls()), (0, 7));
    let both = json!({"provider": "an", "fallback_providers": ["oa"]});
    post(&world, CHAT, &chat("both", &both)).await.expect(200);
    assert_eq!((world.openai.calls(), world.anthropic.calls()), (1, 8));
    assert_eq!(world.openai.last_request().json()["model"], "one");
}

#[tokio::test]
async fn fallback_providers_are_asked_in_order_and_once() {
    let world = World::start().await;
    let second = FakeUpstream::openai().await;
    world.add_provider("openai", "second", &second.url()).await;
    world.openai.always(Fault::status(500));
    second.always(Fault::status(503));
    // The first is in the list again, and one of the others twice.
    let wishes = json!({"provider": "oa", "fallback_providers": ["oa", "second", "second", "an"]});
    let answer = post(&world, CHAT, &chat("gpt-4o-mini", &wishes)).await.expect(200);
    let calls = |world: &World| (world.openai.calls(), second.calls(), world.anthropic.calls());
    assert_eq!(calls(&world), (1, 1, 1));
    let told = answer.json();
    assert_eq!((&told["provider"], told["latency_ms"].is_u64()), (&json!("an"), true), "{told}");
    assert_eq!(answer.header("x-postern-attempts"), "3");
    assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "2");
    assert_eq!(answer.header("x-litellm-attempted-retries"), "0");
    let row = world.row(answer.request_id()).await;
    assert_eq!((&row["provider"], &row["attempts"]), (&json!("an"), &json!(3)), "{row}");
    assert_eq!(row["attempt_log"].as_array().map(Vec::len), Some(3), "{row}");

    // The other order; a model of whoever has it, without a provider in the request.
    second.always(postern_testkit::Reply::default());
    let wishes = json!({"fallback_providers": ["second", "an"]});
    post(&world, CHAT, &chat("oa/gpt-4o-mini", &wishes)).await.expect(200);
    assert_eq!(calls(&world), (2, 2, 1));
    // An answer that says what is wrong with the request is everybody's.
    world.openai.always(Fault::status(400));
    post(&world, CHAT, &chat("oa/gpt-4o-mini", &wishes)).await.expect(400);
    assert_eq!(calls(&world), (3, 2, 1));
}

#[tokio::test]
async fn retries_are_counted_as_the_request_says() {
    let world = World::start().await;
    let flaky = FakeUpstream::openai().await;
    deploy(&world, "flaky", &flaky, &json!({"cooldown_time": 0})).await;
    flaky.always(Fault::status(500));
    let mut expected = 0;
    for (wishes, header, attempts) in [
        (json!({}), None, 1),
        (json!({"retry_count": 2}), None, 3),
        (json!({"num_retries": 1}), None, 2),
        (json!({"max_retries": 1}), None, 2),
        (json!({}), Some("1"), 2),
        // The body is nearer than a header.
        (json!({"retry_count": 0}), Some("2"), 1),
    ] {
        let mut request = world.gateway.post(CHAT, &world.key, &chat("flaky", &wishes));
        if let Some(number) = header {
            request = request.header("x-litellm-num-retries", number);
        }
        let answer = receive(request).await.expect(500);
        expected += attempts;
        assert_eq!(flaky.calls(), expected, "{wishes} {header:?}");
        assert_eq!(answer.header("x-postern-attempts"), attempts.to_string());
        assert_eq!(answer.header("x-litellm-attempted-retries"), (attempts - 1).to_string());
    }
    // One that recovers in between answers.
    flaky.next(Fault::status(503)).next(Fault::CloseBeforeHeaders);
    flaky.always(postern_testkit::Reply::default());
    let answer = post(&world, CHAT, &chat("flaky", &json!({"retry_count": 2}))).await.expect(200);
    assert_eq!((flaky.calls(), answer.header("x-litellm-attempted-retries")), (expected + 3, "2"));
}

#[tokio::test]
async fn who_is_not_there_or_switched_off_is_named_and_nobody_asked() {
    let world = World::start().await;
    let made = world.add_provider("openai", "off", &world.openai.url()).await;
    let path = format!("/console/providers/{}", made["id"].as_str().unwrap());
    world.admin(Method::PATCH, &path, json!({"enabled": false})).await.expect(200);
    let cases = [
        (json!({"provider": "nobody"}), "provider", "`nobody`"),
        (json!({"provider": "off"}), "provider", "`off`"),
        (json!({"fallback_providers": ["an", "nobody"]}), "fallback_providers[1]", "`nobody`"),
        (json!({"fallback_providers": ["off"]}), "fallback_providers[0]", "`off`"),
        // A preset that is known, and nothing configured from it.
        (json!({"provider": "mistral"}), "provider", "`mistral`"),
    ];
    for caller in Caller::BOTH {
        for (wishes, param, named) in &cases {
            let body = super::with(caller.body("oa/gpt-4o-mini", false), wishes);
            let answer = receive(world.request(caller, &body)).await.expect(400);
            let message = caller.own_error(&answer);
            assert!(message.contains(named) && message.contains(param), "{message}");
            assert_eq!(answer.json()["error"]["param"], Value::from(*param), "{}", answer.text());
        }
    }
    assert_eq!((world.openai.calls(), world.anthropic.calls()), (0, 0));
}

#[tokio::test]
async fn a_key_for_one_providers_model_is_for_no_other() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"models": ["oa/gpt-4o-mini"]})).await;
    let ask = |wishes: Value| receive(world.gateway.post(CHAT, &key, &chat("oa/gpt-4o-mini", &wishes)));
    ask(json!({})).await.expect(200);
    ask(json!({"provider": "oa"})).await.expect(200);
    for wishes in [json!({"provider": "an"}), json!({"fallback_providers": ["an"]})] {
        let refused = ask(wishes).await.expect(403);
        assert_eq!(refused.json()["error"]["code"], "model_not_allowed", "{}", refused.text());
    }
    assert_eq!((world.openai.calls(), world.anthropic.calls()), (2, 0));
    // One for a model wherever it is may say where.
    let anywhere = world.gateway.new_key(json!({"models": ["gpt-4o-mini"]})).await;
    let body = chat("gpt-4o-mini", &json!({"provider": "an", "fallback_providers": ["oa"]}));
    receive(world.gateway.post(CHAT, &anywhere, &body)).await.expect(200);
    assert_eq!(world.anthropic.calls(), 1);
}
