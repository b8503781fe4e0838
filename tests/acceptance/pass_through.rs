//! `/openai/*`, `/anthropic/*`, `/providers/{name}/*`: a provider's own API, with key, budget and ledger in force.

use postern_tests::{Answer, Caller, PROVIDER_KEY, World, raw, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn call(world: &World, key: &str, method: Method, path: &str, body: Value) -> Answer {
    let request = world.gateway.client().request(method, format!("{}{path}", world.gateway.url()));
    let request = request.bearer_auth(key).header("cookie", "secret=1").header("openai-project", "p1");
    receive(if body.is_null() { request } else { request.json(&body) }).await
}

#[tokio::test]
async fn what_the_gateway_does_not_know_is_passed_on_as_it_is() {
    let world = World::start().await;
    let body = json!({"model": "text-embedding-3-small", "input": "Hello", "odd": [1.50]});
    for path in ["/openai/v1/embeddings?a=b", "/openai/embeddings?a=b", "/providers/oa/v1/embeddings?a=b"] {
        let answer = call(&world, &world.key, Method::POST, path, body.clone()).await.expect(200);
        assert_eq!(answer.json()["data"][0]["embedding"], json!([0.25, -0.5]));
        let seen = world.openai.last_request();
        assert_eq!(seen.path, "/v1/embeddings?a=b", "{path}");
        assert_eq!(seen.json(), body);
        assert_eq!(seen.header("authorization"), format!("Bearer {PROVIDER_KEY}"));
        assert_eq!((seen.header("cookie"), seen.header("openai-project")), ("", "p1"));
        // $0.02 per million tokens.
        let row = world.row(answer.request_id()).await;
        assert_eq!((&row["input_tokens"], &row["cost_nanos"]), (&json!(8), &json!(160)), "{row}");
        assert_eq!((&row["format_in"], &row["provider"]), (&json!("pass_through"), &json!("oa")), "{row}");
    }
}

#[tokio::test]
async fn what_it_knows_is_served_by_that_provider() {
    let world = World::start().await;
    let answer = call(
        &world,
        &world.key,
        Method::POST,
        "/openai/v1/chat/completions",
        Caller::Chat.body("gpt-4o-mini", false),
    )
    .await
    .expect(200);
    assert_eq!(world.openai.last_request().json()["model"], "gpt-4o-mini");
    let row = world.row(answer.request_id()).await;
    assert_eq!(row["model_group"], "oa/gpt-4o-mini", "{row}");
    assert!(row["cost_nanos"].as_i64().unwrap() > 0, "{row}");
    let body = Caller::Messages.body("claude-x", true);
    let answer = call(&world, &world.key, Method::POST, "/anthropic/v1/messages", body).await.expect(200);
    assert!(Caller::Messages.is_finished(&answer));
    assert_eq!(world.anthropic.last_request().path, "/v1/messages");
}

#[tokio::test]
async fn reading_costs_nothing_and_has_its_row() {
    let world = World::start().await;
    let answer = call(&world, &world.key, Method::GET, "/openai/v1/models", Value::Null).await.expect(200);
    assert_eq!(answer.json()["object"], "list");
    let row = world.row(answer.request_id()).await;
    assert_eq!((&row["cost_nanos"], &row["endpoint"]), (&json!(0), &json!("/openai/v1/models")), "{row}");
    let answer = call(&world, &world.key, Method::GET, "/openai/v1/nothing", Value::Null).await;
    assert_eq!(answer.status, 404);
    assert_eq!(world.row(answer.request_id()).await["outcome"], "error");
}

#[tokio::test]
async fn keys_and_their_limits_hold_here_too() {
    let world = World::start().await;
    let body = json!({"model": "text-embedding-3-small", "input": "Hello"});
    let path = "/openai/v1/embeddings";
    call(&world, "sk-nothing", Method::POST, path, body.clone()).await.expect(401);
    let elsewhere = world.gateway.new_key(json!({"models": ["an/*", "demo"]})).await;
    call(&world, &elsewhere, Method::POST, path, body.clone()).await.expect(403);
    call(&world, &elsewhere, Method::GET, "/openai/v1/models", Value::Null).await.expect(403);
    let here = world.gateway.new_key(json!({"models": ["oa/*"]})).await;
    call(&world, &here, Method::POST, path, body.clone()).await.expect(200);
    let poor = world.gateway.new_key(json!({"max_budget": 0.000_000_1})).await;
    call(&world, &poor, Method::POST, path, body.clone()).await.expect(402);
    let rare = world.gateway.new_key(json!({"rpm_limit": 1})).await;
    call(&world, &rare, Method::POST, path, body.clone()).await.expect(200);
    call(&world, &rare, Method::POST, path, body).await.expect(429);
    let calls = world.openai.calls();
    call(&world, &world.key, Method::GET, "/mistral/v1/models", Value::Null).await.expect(404);
    call(&world, &world.key, Method::GET, "/providers/nobody/v1/models", Value::Null).await.expect(404);
    assert_eq!(world.openai.calls(), calls);
}

#[tokio::test]
async fn a_model_in_the_path_is_priced_and_its_access_checked() {
    let world = World::start().await;
    let path = "/gemini/v1beta/models/gemini-2.5-pro:generateContent";
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
    let answer = call(&world, &world.key, Method::POST, path, body.clone()).await.expect(200);
    let row = world.row(answer.request_id()).await;
    assert!(row["cost_nanos"].as_i64().unwrap() > 0, "{row}");
    let elsewhere = world.gateway.new_key(json!({"models": ["go/gemini-2.5-flash"]})).await;
    call(&world, &elsewhere, Method::POST, path, body.clone()).await.expect(403);
    // What has no price cannot be held against a budget, and is never free.
    let limited = world.gateway.new_key(json!({"max_budget": 1})).await;
    let unknown = "/gemini/v1beta/models/gemini-2.5-pro:batchEmbedContents";
    call(&world, &limited, Method::POST, unknown, body.clone()).await.expect(400);
    call(&world, &limited, Method::GET, "/gemini/v1beta/models", Value::Null).await.expect(200);
    let answer = call(&world, &world.key, Method::POST, "/openai/v1/embeddings", json!({"input": "x"})).await;
    assert_eq!(world.row(answer.expect(200).request_id()).await["cost_nanos"], Value::Null);
}

#[tokio::test]
async fn a_clouds_own_api_is_signed_understood_and_priced() {
    let world = World::start().await;
    let body = json!({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]});
    let model = "amazon.nova-pro-v1%3A0";
    let path = format!("/bedrock/model/{model}/converse");
    let answer = call(&world, &world.key, Method::POST, &path, body.clone()).await.expect(200);
    assert_eq!(answer.json()["output"]["message"]["role"], "assistant");
    assert_eq!(world.bedrock.last_request().path, format!("/model/{model}/converse"));
    let row = world.row(answer.request_id()).await;
    assert!(row["cost_nanos"].as_i64().unwrap() > 0 && row["format_in"] == "bedrock_converse", "{row}");
    let streamed = call(&world, &world.key, Method::POST, &format!("{path}-stream"), body).await.expect(200);
    assert_eq!(streamed.header("content-type"), "application/vnd.amazon.eventstream");
    assert_eq!(world.row(streamed.request_id()).await["usage_source"], "reported");
    let refused = call(&world, "sk-wrong", Method::POST, &path, json!({})).await.expect(401);
    assert!(refused.json()["message"].is_string(), "{}", refused.text());

    let base = format!("http://{}/v1/projects/p/locations/l", world.gemini.address());
    let vertex = json!({"preset": "vertex", "name": "vx", "base_url": base, "api_key": "AIza-key", "settings": {"project": "p", "location": "l"}});
    world.admin(Method::POST, "/console/providers", vertex).await.expect(201);
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
    for path in [
        "/vertex_ai/publishers/google/models/gemini-2.5-pro:generateContent",
        "/vertex_ai/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent",
    ] {
        let answer = call(&world, &world.key, Method::POST, path, body.clone()).await.expect(200);
        let seen = world.gemini.last_request();
        assert_eq!(
            seen.path,
            "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent"
        );
        assert_eq!(seen.header("x-goog-api-key"), "AIza-key");
        assert!(world.row(answer.request_id()).await["cost_nanos"].as_i64().unwrap() > 0);
    }
    let path = "/vertex_ai/v1/projects/p/locations/l/cachedContents";
    call(&world, &world.key, Method::GET, path, Value::Null).await;
    assert_eq!(world.gemini.last_request().path, "/v1/projects/p/locations/l/cachedContents");
}

#[tokio::test]
async fn no_path_and_no_name_leads_beside_the_provider() {
    let world = World::start().await;
    let before = world.gemini.requests().len();
    for path in ["/providers/oa/v1/%2e%2e/%2E./admin", "/openai/v1/%2e%2e/x"] {
        // A proper client would resolve the path by itself.
        let key = &world.key;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"
        );
        let answer = raw(world.gateway.url(), request.as_bytes()).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.head);
    }
    // A model's name is one segment of the address, whatever it holds.
    for model in ["go/../../files?x=", "go/a/b#c", "go/x y"] {
        world.ask(Caller::Messages, model, false).await;
    }
    for seen in &world.gemini.requests()[before..] {
        assert!(
            seen.path.starts_with("/v1beta/models/") || seen.path.starts_with("/v1beta/openai/"),
            "{}",
            seen.path
        );
        assert_eq!(seen.path.matches('/').count(), 3, "{}", seen.path);
    }
    let long = format!("go/{}", "x".repeat(70_000));
    world.ask(Caller::Messages, &long, false).await.expect(404);
    world.assert_well().await;
}
