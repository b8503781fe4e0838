//! Callers of one format at providers of the other: text, tools, usage, streams and ends arrive in the caller's own
//! words, and what cannot be carried is told.

use postern_testkit::{Dialect, FakeUpstream, REPLY_TEXT, Reply, Usage};
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

const ACROSS: [(Caller, Dialect); 2] =
    [(Caller::Chat, Dialect::Anthropic), (Caller::Messages, Dialect::OpenAi)];

#[tokio::test]
async fn text_and_usage_arrive_in_the_callers_format() {
    let world = World::start().await;
    let usage = Usage { input: 100, cache_read: 40, cache_write: 0, output: 30, reasoning: 0 };
    for (caller, dialect) in ACROSS {
        world.upstream(dialect).always(Reply::text("Grüße 𝄞").usage(usage));
        let model = World::model(dialect, "x");
        let whole = world.ask(caller, &model, false).await.expect(200);
        assert_eq!(caller.text_of(&whole.json()), "Grüße 𝄞");
        let reported = &whole.json()["usage"];
        match caller {
            Caller::Chat => {
                assert_eq!(whole.json()["object"], "chat.completion");
                assert_eq!(whole.json()["choices"][0]["finish_reason"], "stop");
                assert_eq!(
                    (&reported["prompt_tokens"], &reported["completion_tokens"]),
                    (&json!(140), &json!(30))
                );
                assert_eq!(reported["prompt_tokens_details"]["cached_tokens"], 40);
            }
            Caller::Messages => {
                assert_eq!(whole.json()["type"], "message");
                assert_eq!(whole.json()["stop_reason"], "end_turn");
                assert_eq!(
                    (&reported["input_tokens"], &reported["output_tokens"]),
                    (&json!(100), &json!(30))
                );
                assert_eq!(reported["cache_read_input_tokens"], 40);
            }
        }
        let streamed = world.ask(caller, &model, true).await.expect(200);
        assert_eq!(caller.streamed_text(&streamed), "Grüße 𝄞", "{}", streamed.text());
        assert!(caller.is_finished(&streamed) && streamed.complete);
        assert!(streamed.header("content-type").starts_with("text/event-stream"));
        for answer in [whole, streamed] {
            let row = world.row(answer.request_id()).await;
            assert_eq!(row["format_in"], caller.format());
            assert_ne!(row["format_out"], caller.format());
            for (column, tokens) in [("input_tokens", 140), ("output_tokens", 30), ("cache_read_tokens", 40)]
            {
                assert_eq!(row[column], tokens, "{caller:?} {column}: {row}");
            }
            assert_eq!((&row["outcome"], &row["usage_source"]), (&json!("ok"), &json!("reported")));
        }
    }
}

#[tokio::test]
async fn a_chat_client_gets_its_usage_chunk_only_if_it_asked() {
    let world = World::start().await;
    let mut body = Caller::Chat.body("an/x", true);
    let without = receive(world.request(Caller::Chat, &body)).await.expect(200);
    assert!(
        without
            .events()
            .iter()
            .filter(|event| event.data != "[DONE]")
            .all(|event| event.json()["usage"].is_null())
    );
    body["stream_options"] = json!({"include_usage": true});
    let with = receive(world.request(Caller::Chat, &body)).await.expect(200);
    let events = with.events();
    let last = events[events.len() - 2].json();
    assert_eq!((&last["choices"], &last["usage"]["completion_tokens"]), (&json!([]), &json!(21)), "{last}");
}

#[tokio::test]
async fn tools_are_called_and_answered_across_formats() {
    let world = World::start().await;
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    // A chat client at Anthropic.
    let mut body = Caller::Chat.body("an/fake-tool", false);
    body["tools"] = json!([{"type": "function", "function": {"name": "weather", "description": "d", "parameters": schema}}]);
    let answer = receive(world.request(Caller::Chat, &body)).await.expect(200).json();
    let call = answer["choices"][0]["message"]["tool_calls"][0].clone();
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(call["function"]["name"], "weather");
    let arguments: serde_json::Value =
        serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, Reply::example_tool_arguments());
    assert_eq!(world.anthropic.last_request().json()["tools"][0]["input_schema"], schema);
    body["messages"].as_array_mut().unwrap().extend([
        json!({"role": "assistant", "content": null, "tool_calls": [call]}),
        json!({"role": "tool", "tool_call_id": call["id"], "content": "sunny"}),
    ]);
    let answer = receive(world.request(Caller::Chat, &body)).await.expect(200).json();
    assert_eq!(Caller::Chat.text_of(&answer), REPLY_TEXT);
    let seen = world.anthropic.last_request().json();
    let last = seen["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["role"], &last["content"][0]["type"]),
        (&json!("user"), &json!("tool_result")),
        "{last}"
    );
    assert_eq!(last["content"][0]["tool_use_id"], call["id"]);

    // A messages client at OpenAI, streamed.
    let mut body = Caller::Messages.body("oa/fake-tool", true);
    body["tools"] = json!([{"name": "weather", "description": "d", "input_schema": schema}]);
    let answer = receive(world.request(Caller::Messages, &body)).await.expect(200);
    let events: Vec<_> = answer.events().iter().map(postern_tests::Event::json).collect();
    let start = events.iter().find(|event| event["type"] == "content_block_start").expect("a block");
    assert_eq!(
        (&start["content_block"]["type"], &start["content_block"]["name"]),
        (&json!("tool_use"), &json!("weather"))
    );
    let input: String = events.iter().filter_map(|event| event["delta"]["partial_json"].as_str()).collect();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&input).unwrap(), Reply::example_tool_arguments());
    assert!(events.iter().any(|event| event["delta"]["stop_reason"] == "tool_use"));
    assert_eq!(world.openai.last_request().json()["tools"][0]["function"]["parameters"], schema);
}

#[tokio::test]
async fn what_a_format_demands_is_filled_in() {
    let world = World::start().await;
    let mut body = Caller::Chat.body("an/x", false);
    body["messages"] = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]);
    receive(world.request(Caller::Chat, &body)).await.expect(200);
    let seen = world.anthropic.last_request();
    assert!(seen.json()["max_tokens"].as_u64() > Some(0), "{}", seen.json());
    assert!(seen.json()["system"].to_string().contains("Be brief."));
    assert_eq!(seen.header("anthropic-version"), "2023-06-01");
    let mut body = Caller::Messages.body("oa/x", false);
    body["system"] = json!("Be brief.");
    receive(world.request(Caller::Messages, &body)).await.expect(200);
    let seen = world.openai.last_request().json();
    assert_eq!(seen["messages"][0]["content"], "Be brief.", "{seen}");
    assert!(seen["messages"][1]["content"].to_string().contains("Hi"), "{seen}");
}

#[tokio::test]
async fn what_cannot_be_carried_is_told() {
    let world = World::start().await;
    let mut body = Caller::Chat.body("an/x", false);
    body["seed"] = json!(7);
    body["frequency_penalty"] = json!(0.5);
    let answer = receive(world.request(Caller::Chat, &body)).await;
    if answer.status == 400 {
        // Refused rather than dropped: then the message names it.
        assert!(Caller::Chat.own_error(&answer).contains("seed"), "{}", answer.text());
        return;
    }
    let answer = answer.expect(200);
    let dropped = answer.header("x-postern-dropped").to_owned();
    assert!(dropped.contains("seed") && dropped.contains("frequency_penalty"), "{dropped}");
    let row = world.row(answer.request_id()).await;
    let told: Vec<&str> =
        row["dropped"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert!(told.contains(&"seed") && told.contains(&"frequency_penalty"), "{told:?}");
    assert!(world.anthropic.last_request().json().get("seed").is_none());
}

#[tokio::test]
async fn what_one_deployment_cannot_be_asked_another_one_is() {
    let world = World::start().await;
    for (model, upstream, order) in [("anthropic/x", &world.anthropic, 1), ("openai/x", &world.openai, 2)] {
        let params =
            json!({"model": model, "api_base": upstream.url(), "api_key": "sk-upstream", "order": order});
        world.gateway.new_model(json!({"model_name": "mixed", "litellm_params": params})).await;
    }
    let mut body = Caller::Chat.body("mixed", false);
    receive(world.request(Caller::Chat, &body)).await.expect(200);
    assert_eq!((world.anthropic.calls(), world.openai.calls()), (1, 0));
    // Anthropic's format has no place for several answers.
    body["n"] = json!(2);
    let answer = receive(world.request(Caller::Chat, &body)).await.expect(200);
    assert_eq!((world.anthropic.calls(), world.openai.calls()), (1, 1));
    assert_eq!(answer.header("x-postern-attempts"), "1", "nobody was asked in vain");
    assert_eq!(world.row(answer.request_id()).await["provider"], "openai");
    // Where none has, it is said.
    body["model"] = json!("an/x");
    let refused = receive(world.request(Caller::Chat, &body)).await.expect(400);
    assert!(Caller::Chat.own_error(&refused).contains('n'), "{}", refused.text());
    assert_eq!(world.row(refused.request_id()).await["provider"], "an");
}

#[tokio::test]
async fn a_deployment_may_drop_and_add_what_its_provider_needs() {
    let world = World::start().await;
    let deploy = async |name: &str, model: &str, upstream: &FakeUpstream, more: Value| {
        let mut parameters = json!({"model": model, "api_base": upstream.url(), "api_key": "sk-upstream"});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
    };
    let more = json!({
        "additional_drop_params": ["logit_bias", "messages[*].name"],
        "extra_body": {"safe_prompt": true, "temperature": 0.5},
        "extra_headers": {"x-route": "blue"},
    });
    deploy("same", "openai/x", &world.openai, more.clone()).await;
    deploy("other", "anthropic/claude-x", &world.anthropic, more).await;
    let mut body = Caller::Chat.body("same", false);
    body["temperature"] = json!(1.0);
    body["logit_bias"] = json!({"50256": -100});
    body["messages"][0]["name"] = json!("ada");
    let answer = receive(world.request(Caller::Chat, &body)).await.expect(200);
    assert_eq!(answer.header("x-postern-dropped"), "");
    let sent = world.openai.last_request();
    assert_eq!(sent.header("x-route"), "blue");
    let expected = json!({"model": "x", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5, "safe_prompt": true});
    assert_eq!(sent.json(), expected);
    // Dropped before it would be refused or reported.
    body["model"] = json!("other");
    receive(world.request(Caller::Chat, &body)).await.expect(200);
    let sent = world.anthropic.last_request().json();
    assert_eq!((&sent["safe_prompt"], &sent["temperature"]), (&json!(true), &json!(0.5)));

    for wrong in [
        json!({"additional_drop_params": ["a["]}),
        json!({"extra_headers": {"Authorization": "Bearer sk-leak"}}),
        json!({"extra_headers": {"host": "elsewhere"}}),
        json!({"extra_body": {"model": "y"}}),
    ] {
        let mut parameters = json!({"model": "openai/x", "api_key": "sk-upstream"});
        parameters.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let body = json!({"model_name": "wrong", "litellm_params": parameters});
        let answer = world.admin(Method::POST, "/model/new", body).await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.text());
    }
}

#[tokio::test]
async fn dropping_may_be_the_rule_for_all() {
    let world = World::with("litellm_settings: {drop_params: true}", |builder| builder).await;
    let mut body = Caller::Chat.body("an/claude-x", false);
    body["n"] = json!(2);
    let answer = receive(world.request(Caller::Chat, &body)).await.expect(200);
    assert_eq!(answer.header("x-postern-dropped"), "n");
}

#[tokio::test]
async fn mistrals_own_spellings_are_understood() {
    let world = World::start().await;
    let mut body = Caller::Chat.body("an/x", false);
    body["tools"] =
        json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]);
    body["tool_choice"] = json!("any");
    let image = "data:image/png;base64,iVBORw0KGgo=";
    body["messages"] = json!([{"role": "user", "content": [{"type": "image_url", "image_url": image}]}]);
    receive(world.request(Caller::Chat, &body)).await.expect(200);
    let sent = world.anthropic.last_request().json();
    assert_eq!(sent["tool_choice"], json!({"type": "any"}));
    let source = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="});
    assert_eq!(sent["messages"][0]["content"][0]["source"], source, "{sent}");
}
