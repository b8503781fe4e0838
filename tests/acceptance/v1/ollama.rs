//! Ollama's API, for tools that speak only that: any model behind it, and Ollama itself behind the others.

use postern_testkit::{Dialect, Reply};
use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    receive(world.gateway.post(path, &world.key, body)).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const TARGETS: [&str; 5] = ["ol/qwen3:8b", "oa/gpt-4o-mini", "an/claude-x", "go/gemini-2.5-pro", "demo"];

#[tokio::test]
async fn every_provider_answers_in_ollamas_words() {
    let world = World::start().await;
    for model in TARGETS {
        for (path, said) in [("/api/chat", "/message/content"), ("/api/generate", "/response")] {
            let mut body = json!({"model": model, "stream": false});
            if path == "/api/chat" {
                body["messages"] = json!([{"role": "user", "content": "Hi"}]);
            } else {
                body["prompt"] = json!("Hi");
            }
            let answer = post(&world, path, &body).await.expect(200);
            let whole = answer.json();
            assert_eq!(
                (&whole["done"], &whole["done_reason"]),
                (&json!(true), &json!("stop")),
                "{model} {path}: {whole}"
            );
            let text = whole.pointer(said).unwrap().as_str().unwrap();
            assert!(!text.is_empty() && whole["eval_count"].as_u64().unwrap() > 0, "{whole}");
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["outcome"], &row["streamed"]), (&json!("ok"), &json!(false)), "{row}");

            // Without a word about it, a stream.
            body.as_object_mut().unwrap().remove("stream");
            let answer = post(&world, path, &body).await.expect(200);
            assert_eq!(answer.header("content-type"), "application/x-ndjson");
            let pieces = lines(&answer);
            let streamed: String = pieces.iter().filter_map(|line| line.pointer(said)?.as_str()).collect();
            assert_eq!(streamed, text, "{model} {path}");
            assert!(
                pieces.iter().rev().skip(1).all(|line| line["done"] == false)
                    && pieces.last().unwrap()["done"] == true
            );
            assert_eq!(world.row(answer.request_id()).await["streamed"], true);
        }
    }
    // Ollama's own model is asked in Ollama's own words, with what it calls its options.
    let body = json!({"model": "ol/qwen3:8b", "messages": [{"role": "user", "content": "Hi"}], "options": {"num_ctx": 4096, "min_p": 0.10}});
    post(&world, "/api/chat", &body).await.expect(200);
    let seen = world.ollama.last_request();
    assert_eq!(seen.path, "/api/chat");
    assert_eq!(seen.body, json!({"model": "qwen3:8b", "messages": [{"role": "user", "content": "Hi"}], "options": {"num_ctx": 4096, "min_p": 0.10}}).to_string());
}

#[tokio::test]
async fn ollama_answers_other_callers() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        for stream in [false, true] {
            let answer =
                world.ask(caller, &World::model(Dialect::Ollama, "qwen3:8b"), stream).await.expect(200);
            let text = if stream { caller.streamed_text(&answer) } else { caller.text_of(&answer.json()) };
            assert!(!text.is_empty(), "{}", answer.text());
            assert_eq!(world.row(answer.request_id()).await["outcome"], "ok");
        }
    }
}

#[tokio::test]
async fn tools_cross_both_ways() {
    let world = World::start().await;
    let tools = json!([{"type": "function", "function": {"name": "look", "description": "Looks", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}]);
    world.anthropic.always(Reply::default().tool("look", json!({"at": "it"})));
    let mut body = json!({"model": "an/claude-x", "messages": [{"role": "user", "content": "Look"}], "tools": tools, "stream": false});
    let whole = post(&world, "/api/chat", &body).await.expect(200).json();
    let call = &whole["message"]["tool_calls"][0];
    assert_eq!(
        (&call["function"]["name"], &call["function"]["arguments"]),
        (&json!("look"), &json!({"at": "it"})),
        "{whole}"
    );
    body["messages"] = json!([
        {"role": "user", "content": "Look"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "look", "arguments": {"at": "it"}}}]},
        {"role": "tool", "tool_name": "look", "content": "seen"},
    ]);
    world.anthropic.always(Reply::text("There."));
    post(&world, "/api/chat", &body).await.expect(200);
    let sent = world.anthropic.last_request().json()["messages"].clone();
    assert_eq!(sent[1]["content"][0]["id"], sent[2]["content"][0]["tool_use_id"], "{sent}");
}

#[tokio::test]
async fn what_only_loads_a_model_is_answered_here() {
    let world = World::start().await;
    let loaded = post(&world, "/api/generate", &json!({"model": "oa/gpt-4o-mini"})).await.expect(200).json();
    assert_eq!(
        (&loaded["done"], &loaded["done_reason"], &loaded["response"]),
        (&json!(true), &json!("load"), &json!(""))
    );
    let unloaded = post(&world, "/api/chat", &json!({"model": "demo", "messages": [], "keep_alive": 0}))
        .await
        .expect(200)
        .json();
    assert_eq!(unloaded["done_reason"], "unload");
    assert_eq!((world.openai.calls(), world.rows().await.len()), (0, 0));
    post(&world, "/api/generate", &json!({"model": "nowhere"})).await.expect(404);
}

#[tokio::test]
async fn models_are_listed_and_shown_in_ollamas_shape() {
    let world = World::start().await;
    let get = |path: &str| {
        world.gateway.client().get(format!("{}{path}", world.gateway.url())).bearer_auth(&world.key)
    };
    let tags = receive(get("/api/tags")).await.expect(200).json();
    let demo = tags["models"].as_array().unwrap().iter().find(|model| model["name"] == "demo").unwrap();
    assert_eq!(demo["digest"].as_str().unwrap().len(), 64);
    assert!(receive(get("/api/version")).await.expect(200).json()["version"].is_string());
    assert_eq!(receive(get("/api/ps")).await.expect(200).json(), json!({"models": []}));
    let shown = post(&world, "/api/show", &json!({"model": "oa/gpt-4o-mini"})).await.expect(200).json();
    assert_eq!(shown["capabilities"], json!(["completion", "tools", "vision"]), "{shown}");
    assert_eq!(shown["model_info"]["oa.context_length"], 128_000);
    let refused = post(&world, "/api/show", &json!({"model": "nowhere"})).await.expect(404);
    assert!(refused.json()["error"].is_string(), "{}", refused.text());
    let refused =
        receive(world.gateway.post("/api/chat", "sk-wrong", &json!({"model": "demo"}))).await.expect(401);
    assert!(refused.json()["error"].is_string(), "{}", refused.text());
}

#[tokio::test]
async fn embeddings_in_both_shapes_from_both_kinds_of_providers() {
    let world = World::start().await;
    let openai = post(
        &world,
        "/v1/embeddings",
        &json!({"model": "oa/text-embedding-3-small", "input": "Hi", "odd": 1.50}),
    )
    .await
    .expect(200);
    assert_eq!(openai.json()["data"][0]["embedding"], json!([0.25, -0.5]));
    assert_eq!(
        String::from_utf8_lossy(&world.openai.last_request().body),
        r#"{"model":"text-embedding-3-small","input":"Hi","odd":1.5}"#
    );
    let row = world.row(openai.request_id()).await;
    assert_eq!((&row["input_tokens"], &row["cost_nanos"]), (&json!(8), &json!(160)), "{row}");

    let ollama = post(
        &world,
        "/api/embed",
        &json!({"model": "oa/text-embedding-3-small", "input": ["Hi"], "truncate": true}),
    )
    .await
    .expect(200);
    assert_eq!(
        ollama.json(),
        json!({"model": "oa/text-embedding-3-small", "embeddings": [[0.25, -0.5]], "prompt_eval_count": 8})
    );
    assert_eq!(world.row(ollama.request_id()).await["dropped"], json!(["truncate"]));
    let one = post(&world, "/api/embeddings", &json!({"model": "oa/text-embedding-3-small", "prompt": "Hi"}))
        .await
        .expect(200);
    assert_eq!(one.json(), json!({"embedding": [0.25, -0.5]}));

    let native = post(&world, "/api/embed", &json!({"model": "ol/all-minilm", "input": "Hi"}))
        .await
        .expect(200)
        .json();
    assert!(native["embeddings"][0].is_array(), "{native}");
    assert_eq!(world.ollama.last_request().path, "/api/embed");
    for (model, status) in [("demo", 400), ("an/claude-x", 400), ("nowhere", 404)] {
        post(&world, "/v1/embeddings", &json!({"model": model, "input": "Hi"})).await.expect(status);
    }
    for wrong in [json!({"model": "oa/x"}), json!({"model": "oa/x", "input": 7}), json!({"input": "Hi"})] {
        post(&world, "/v1/embeddings", &wrong).await.expect(400);
    }
    world.openai.require_key("another");
    let refused = post(&world, "/v1/embeddings", &json!({"model": "oa/x", "input": "Hi"})).await.expect(401);
    assert_eq!(refused.json()["error"]["code"], "invalid_api_key", "{}", refused.text());
    assert_eq!(
        world.admin(Method::GET, "/console/requests", Value::Null).await.expect(200).json()["requests"][0]["outcome"],
        "error"
    );
}
