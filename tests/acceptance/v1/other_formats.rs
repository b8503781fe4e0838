//! Cohere's chat and OpenAI's older completions: native where the provider speaks them, translated elsewhere.

use postern_testkit::{Dialect, Fault};
use postern_tests::{Answer, Caller, World, receive};
use serde_json::{Value, json};

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    receive(world.gateway.post(path, &world.key, body)).await
}

const TARGETS: [&str; 6] =
    ["co/command-a-03-2025", "oa/gpt-4o-mini", "an/claude-x", "go/gemini-2.5-pro", "ol/qwen3:8b", "demo"];

#[tokio::test]
async fn every_provider_answers_in_coheres_words() {
    let world = World::start().await;
    for model in TARGETS {
        let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
        let answer = post(&world, "/v2/chat", &body).await.expect(200);
        let whole = answer.json();
        let text = whole["message"]["content"][0]["text"].as_str().unwrap();
        assert_eq!(
            (&whole["finish_reason"], text.is_empty()),
            (&json!("COMPLETE"), false),
            "{model}: {whole}"
        );
        let row = world.row(answer.request_id()).await;
        assert_eq!((&row["format_in"], &row["outcome"]), (&json!("cohere"), &json!("ok")), "{row}");
        body["stream"] = json!(true);
        let answer = post(&world, "/v2/chat", &body).await.expect(200);
        let events = answer.events();
        let parts = events.iter().filter(|event| event.data != "[DONE]").map(postern_tests::Event::json);
        let streamed: String = parts
            .filter_map(|event| event["delta"]["message"]["content"]["text"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(streamed, text, "{model}");
        assert!(events.iter().any(|event| event.name.as_deref() == Some("message-end")), "{model}");
    }
    let seen = world.cohere.last_request();
    assert_eq!((seen.path.as_str(), &seen.json()["model"]), ("/v2/chat", &json!("command-a-03-2025")));
    for caller in Caller::BOTH {
        world.ask(caller, "co/command-a-03-2025", true).await.expect(200);
    }
    let refused = post(&world, "/v2/chat", &json!({"model": "nowhere", "messages": []})).await;
    assert!(refused.json()["message"].is_string(), "{}", refused.text());
}

#[tokio::test]
async fn every_provider_completes_a_prompt() {
    let world = World::start().await;
    for model in TARGETS {
        let mut body = json!({"model": model, "prompt": "Hi", "max_tokens": 64});
        let answer = post(&world, "/v1/completions", &body).await.expect(200);
        let whole = answer.json();
        let text = whole["choices"][0]["text"].as_str().unwrap();
        assert_eq!(
            (&whole["object"], text.is_empty()),
            (&json!("text_completion"), false),
            "{model}: {whole}"
        );
        body["stream"] = json!(true);
        let answer = post(&world, "/completions", &body).await.expect(200);
        let events = answer.events();
        assert_eq!(events.last().unwrap().data, "[DONE]");
        let chunks = events.iter().filter(|event| event.data != "[DONE]").map(postern_tests::Event::json);
        let chunks: Vec<Value> = chunks.collect();
        // Nobody asked for a chunk with nothing but usage.
        assert!(chunks.iter().all(|chunk| chunk["choices"][0].is_object()), "{model}: {chunks:?}");
        let streamed: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
        assert_eq!(streamed, text, "{model}");
        let row = world.row(answer.request_id()).await;
        assert!(
            row["output_tokens"].as_i64().unwrap() > 0 && row["usage_source"] == "reported"
                || model == "demo",
            "{row}"
        );
    }
    // What a chat cannot do is refused before anyone is asked; whose API it is gets it as it is.
    let calls = world.anthropic.calls();
    for extra in [json!({"suffix": "x"}), json!({"echo": true}), json!({"prompt": ["a", "b"]})] {
        let mut body = json!({"model": "an/claude-x", "prompt": "Hi"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        post(&world, "/v1/completions", &body).await.expect(400);
        body["drop_params"] = json!(true);
        if body["prompt"].is_string() {
            post(&world, "/v1/completions", &body).await.expect(200);
        }
    }
    assert_eq!(world.anthropic.calls(), calls + 2);
}

#[tokio::test]
async fn a_request_says_for_itself_what_may_be_dropped_and_added() {
    let world = World::start().await;
    let chat = |extra: Value| {
        let mut body =
            json!({"model": "an/claude-x", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    post(&world, "/v1/chat/completions", &chat(json!({"n": 2}))).await.expect(400);
    post(&world, "/v1/chat/completions", &chat(json!({"n": 2, "drop_params": true}))).await.expect(200);
    post(&world, "/v1/chat/completions", &chat(json!({"n": 2, "additional_drop_params": ["n"]})))
        .await
        .expect(200);
    post(&world, "/v1/chat/completions", &chat(json!({"extra_body": {"top_k": 7}}))).await.expect(200);
    assert_eq!(world.anthropic.last_request().json()["top_k"], 7);
    // Nothing of it is the provider's business, also where nothing is translated.
    let mut body = chat(
        json!({"drop_params": true, "additional_drop_params": ["seed"], "extra_body": {"x": 1}, "seed": 3}),
    );
    body["model"] = json!("oa/gpt-4o-mini");
    post(&world, "/v1/chat/completions", &body).await.expect(200);
    let sent = world.openai.last_request().json();
    assert_eq!(
        sent,
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9, "x": 1})
    );
    for wrong in [
        json!({"drop_params": 1}),
        json!({"additional_drop_params": "n"}),
        json!({"additional_drop_params": ["model"]}),
        json!({"extra_body": {"model": "x"}}),
    ] {
        post(&world, "/v1/chat/completions", &chat(wrong)).await.expect(400);
    }
}

#[tokio::test]
async fn hints_are_refused_where_strictness_is_asked_for() {
    let world = World::start().await;
    let body = json!({"model": "an/claude-x", "messages": [{"role": "user", "content": "Hi"}], "seed": 3});
    let lenient = post(&world, "/v1/chat/completions", &body).await.expect(200);
    assert!(lenient.header("x-postern-dropped").contains("seed"));
    let calls = world.anthropic.calls();
    let strict =
        world.gateway.post("/v1/chat/completions", &world.key, &body).header("x-postern-strict", "true");
    let refused = receive(strict).await.expect(400);
    assert_eq!((refused.json()["error"]["param"].as_str(), world.anthropic.calls()), (Some("seed"), calls));
    let world = World::with("litellm_settings: {strict_params: true}", |builder| builder).await;
    post(&world, "/v1/chat/completions", &body).await.expect(400);
}

/// What a caller of each of these formats sends, and what only a finished stream of it holds.
const CALLERS: [(&str, &str); 4] = [
    ("/api/chat", "\"done\":true"),
    ("/api/generate", "\"done\":true"),
    // Cohere ends failed streams with a message, too.
    ("/v2/chat", "\"COMPLETE\""),
    ("/v1/completions", "[DONE]"),
];

fn question(path: &str, model: &str) -> Value {
    let mut body = json!({"model": model, "stream": true});
    if path.ends_with("chat") {
        body["messages"] = json!([{"role": "user", "content": "Hi"}]);
    } else {
        body["prompt"] = json!("Hi");
    }
    body
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_an_error_in_the_callers_own_words() {
    let world = World::start().await;
    for (path, end) in CALLERS {
        for model in [
            "oa/gpt-4o-mini",
            "an/claude-x",
            "go/gemini-2.5-pro",
            "ol/qwen3:8b",
            "co/command-a",
            "be/amazon.nova-pro-v1:0",
        ] {
            for fault in [Fault::CloseMidEvent, Fault::Truncated, Fault::ErrorMidStream, Fault::BrokenSse] {
                let dialect = [
                    ("oa", Dialect::OpenAi),
                    ("an", Dialect::Anthropic),
                    ("go", Dialect::Gemini),
                    ("ol", Dialect::Ollama),
                    ("co", Dialect::Cohere),
                    ("be", Dialect::Bedrock),
                ];
                let dialect = dialect.into_iter().find(|(name, _)| model.starts_with(name)).unwrap().1;
                world.upstream(dialect).next(fault.clone());
                let answer = post(&world, path, &question(path, model)).await.expect(200);
                let text = answer.text();
                assert!(!text.contains(end), "{path} {model} {fault:?}: {text}");
                assert!(
                    text.contains("error") || text.contains("message"),
                    "{path} {model} {fault:?}: {text}"
                );
                if path.starts_with("/api/") {
                    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
                    assert!(last["error"].is_string(), "{path} {model} {fault:?}: {text}");
                }
                let row = world.row(answer.request_id()).await;
                assert_eq!(row["outcome"], "error", "{path} {model} {fault:?}: {row}");
            }
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn what_is_refused_before_a_stream_begins_keeps_its_status_and_its_patience() {
    let world = World::start().await;
    for (path, _) in CALLERS {
        world.openai.next(Fault::Status { status: 429, retry_after: Some(7) });
        let answer = post(&world, path, &question(path, "oa/gpt-4o-mini")).await.expect(429);
        assert_eq!(answer.header("retry-after"), "7", "{path}");
        let body = answer.json();
        let told = match path {
            "/v1/completions" => &body["error"]["message"],
            "/v2/chat" => &body["message"],
            _ => &body["error"],
        };
        assert!(told.is_string(), "{path}: {body}");
        world.anthropic.next(Fault::ErrorFirstEvent);
        let answer = post(&world, path, &question(path, "an/claude-x")).await;
        assert!(answer.status >= 500, "{path}: {}", answer.text());
    }
}
