//! `POST /console/requests/{id}/replay`

use postern_testkit::{Fault, Reply, Usage};
use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, bodies, call};

async fn replay(world: &World, key: &str, id: &str, body: Value) -> Answer {
    call(&world.gateway, Method::POST, &format!("/console/requests/{id}/replay"), key, body).await
}

/// Two priced groups, of a provider each.
async fn priced(world: &World) {
    for (name, model, url, dollars) in [
        ("cheap", "openai/x", world.openai.url(), 0.000_001),
        ("dear", "anthropic/y", world.anthropic.url(), 0.001),
    ] {
        let parameters = json!({
            "model": model, "api_base": url, "api_key": "sk-upstream",
            "input_cost_per_token": dollars, "output_cost_per_token": dollars,
        });
        world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
    }
}

const USED: Usage = Usage { input: 10, cache_read: 0, cache_write: 0, output: 5, reasoning: 0 };

#[tokio::test]
async fn a_request_is_asked_again_of_a_model_of_another_format() {
    let world = World::start().await;
    priced(&world).await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1})).await;
    world.openai.next(Reply::text("Said by one.").usage(USED));
    let body = json!({
        "model": "cheap", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}],
    });
    let answer = receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(200);
    let id = answer.request_id().to_owned();
    bodies(&world, &id).await;
    world.anthropic.next(Reply::text("Said by another.").usage(USED));
    let both =
        replay(&world, world.gateway.admin_key(), &id, json!({"model": "dear"})).await.expect(200).json();
    let (original, again) = (&both["original"], &both["replay"]);
    assert_eq!((&original["request_id"], &original["text"]), (&json!(id), &json!("Said by one.")));
    assert_eq!(
        (&again["text"], &again["status"], &again["error"]),
        (&json!("Said by another."), &json!(200), &Value::Null)
    );
    assert_eq!((&original["model_group"], &again["model_group"]), (&json!("cheap"), &json!("dear")));
    assert_eq!((&original["cost_nanos"], &again["cost_nanos"]), (&json!(15_000), &json!(15_000_000)));
    assert_eq!((&again["input_tokens"], &again["output_tokens"]), (&json!(10), &json!(5)));
    assert!(again["latency_us"].as_i64().unwrap() > 0);
    // It went out in the other format, whole, and not as a stream.
    let sent = world.anthropic.last_request().json();
    assert_eq!((&sent["messages"][0]["content"], &sent["model"]), (&json!("Who are you?"), &json!("y")));
    assert!(sent["stream"].is_null() || sent["stream"] == false, "{sent}");
    // A row of its own, of whoever asked.
    let row = world.row(again["request_id"].as_str().unwrap()).await;
    assert_eq!(
        (&row["endpoint"], &row["key_id"], &row["streamed"]),
        (&json!("replay"), &Value::Null, &json!(false))
    );
    assert_eq!(row["bodies_kept_until"], Value::Null);
    assert_eq!(row["cost_nanos"], again["cost_nanos"]);

    // What the provider says against it stands beside.
    world.anthropic.next(Fault::status(529));
    let both =
        replay(&world, world.gateway.admin_key(), &id, json!({"model": "dear"})).await.expect(200).json();
    assert_eq!((&both["replay"]["status"], &both["replay"]["text"]), (&json!(529), &Value::Null));
    assert!(both["replay"]["error"].is_string(), "{both}");
    world.assert_well().await;
}

#[tokio::test]
async fn every_format_is_asked_again() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1, "user_id": "ada"})).await;
    let messages = json!([{"role": "user", "content": "Hi"}]);
    let contents = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
    for (path, body) in [
        ("/v1/messages", json!({"model": "an/x", "max_tokens": 9, "messages": messages, "stream": true})),
        ("/v1/responses", json!({"model": "oa/x", "input": "Hi", "stream": true})),
        ("/v1/completions", json!({"model": "oa/x", "prompt": "Hi", "stream": true})),
        ("/v1beta/models/go/x:streamGenerateContent?alt=sse", contents),
        ("/api/chat", json!({"model": "ol/x", "messages": messages})),
        ("/v2/chat", json!({"model": "co/x", "messages": messages, "stream": true})),
    ] {
        let answer = receive(world.gateway.post(path, &key, &body)).await.expect(200);
        let id = answer.request_id().to_owned();
        bodies(&world, &id).await;
        world.openai.next(Reply::text("Again."));
        let both = replay(&world, &key, &id, json!({"model": "oa/other"})).await.expect(200).json();
        assert_eq!(both["replay"]["text"], "Again.", "{path}: {both}");
        assert!(both["original"]["text"].as_str().unwrap().len() > 3, "{path}: {both}");
        // Its key keeps bodies, and that of whoever asks is billed.
        let again = both["replay"]["request_id"].as_str().unwrap().to_owned();
        assert!(world.row(&again).await["key_id"].is_string());
        bodies(&world, &again).await;
        // And once more, which is none the worse for being one.
        world.openai.next(Reply::text("And again."));
        let both = replay(&world, &key, &again, json!({"model": "oa/third"})).await.expect(200).json();
        assert_eq!(
            (&both["original"]["text"], &both["replay"]["text"]),
            (&json!("Again."), &json!("And again."))
        );
    }
    world.assert_well().await;
}

#[tokio::test]
async fn calls_of_tools_are_compared_too() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1})).await;
    let tool = json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}});
    let mut body = Caller::Chat.body("oa/x", true);
    body["tools"] = json!([tool]);
    world.openai.next(Reply::default().tool("look", json!({"at": 1})));
    let answer = receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(200);
    bodies(&world, answer.request_id()).await;
    world.anthropic.next(Reply::default().tool("look", json!({"at": 2})));
    let both = replay(&world, world.gateway.admin_key(), answer.request_id(), json!({"model": "an/x"})).await;
    let both = both.expect(200).json();
    for (side, at) in [("original", 1), ("replay", 2)] {
        let call = &both[side]["tool_calls"][0];
        let arguments: Value = serde_json::from_str(call["arguments"].as_str().unwrap()).unwrap();
        assert_eq!((&call["name"], arguments), (&json!("look"), json!({"at": at})), "{both}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_again_is_refused() {
    let world = World::start().await;
    priced(&world).await;
    let of_ada = async |mut body: Value| {
        body["user_id"] = json!("ada");
        world.gateway.new_key(body).await
    };
    let key = of_ada(json!({"keep_bodies_days": 1, "redact": ["emails"]})).await;
    let whole = ask(&world, &key, "Hello").await;
    bodies(&world, &whole).await;
    let admin = world.gateway.admin_key().to_owned();
    let code = |answer: Answer, status: u16| {
        let answer = answer.expect(status);
        Caller::Chat.own_error(&answer);
        answer.json()["error"]["code"].as_str().unwrap().to_owned()
    };
    let calls = || world.openai.calls() + world.anthropic.calls();
    let before = calls();

    let model = json!({"model": "dear"});
    // Others see nothing of it.
    let bob = world.gateway.new_key(json!({"user_id": "bob"})).await;
    assert_eq!(code(replay(&world, &bob, &whole, model.clone()).await, 403), "not_yours");
    code(replay(&world, &world.key, &whole, model.clone()).await, 403);
    // Keys that may not use the model, may not call models at all, or have spent what they had.
    let few = of_ada(json!({"models": ["cheap"]})).await;
    assert_eq!(code(replay(&world, &few, &whole, model.clone()).await, 403), "model_not_allowed");
    let managing = of_ada(json!({"allowed_routes": ["management_routes"]})).await;
    assert_eq!(code(replay(&world, &managing, &whole, model.clone()).await, 403), "route_not_allowed");
    let poor = of_ada(json!({"max_budget": 0.000_001})).await;
    assert_eq!(code(replay(&world, &poor, &whole, model.clone()).await, 402), "budget_exceeded");
    let slow = of_ada(json!({"rpm_limit": 0})).await;
    code(replay(&world, &slow, &whole, model.clone()).await, 429);
    // What is not there.
    assert_eq!(
        code(replay(&world, &admin, &whole, json!({"model": "nowhere"})).await, 404),
        "model_not_found"
    );
    code(replay(&world, &admin, &whole, json!({"model": " "})).await, 400);
    code(replay(&world, &admin, &whole, json!({})).await, 422);
    code(replay(&world, &admin, &whole, json!({"model": "dear", "temperature": 1})).await, 422);
    let unknown = "0197c0de-0000-7000-8000-000000000000";
    assert_eq!(code(replay(&world, &admin, unknown, model.clone()).await, 404), "request_not_found");
    assert_eq!(calls(), before);
    let unkept = ask(&world, &world.key, "Hello").await;
    assert_eq!(code(replay(&world, &admin, &unkept, model.clone()).await, 404), "no_bodies");

    // What is not whole, or no conversation.
    let redacted = ask(&world, &key, "Write to bob@example.com").await;
    bodies(&world, &redacted).await;
    assert_eq!(code(replay(&world, &admin, &redacted, model.clone()).await, 409), "body_redacted");
    let allowed = json!({"model": "dear", "allow_redacted": true});
    replay(&world, &admin, &redacted, allowed).await.expect(200);
    assert_eq!(world.anthropic.last_request().json()["messages"][0]["content"], "Write to [email]");
    let long = ask(&world, &key, &"word ".repeat(300_000)).await;
    bodies(&world, &long).await;
    let allowed = json!({"model": "dear", "allow_redacted": true});
    assert_eq!(code(replay(&world, &admin, &long, allowed).await, 409), "body_cut");
    let body = json!({"model": "oa/text-embedding-3-small", "input": ["Hi"]});
    let embedded = receive(world.gateway.post("/v1/embeddings", &key, &body)).await.expect(200);
    bodies(&world, embedded.request_id()).await;
    assert_eq!(code(replay(&world, &admin, embedded.request_id(), model).await, 409), "not_replayable");
    world.assert_well().await;
}

#[tokio::test]
async fn nothing_but_the_model_that_was_asked_for_answers() {
    let world = World::with("{litellm_settings: {num_retries: 0}}", |builder| builder).await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1})).await;
    let body =
        json!({"model": "oa/x", "messages": [{"role": "user", "content": "Hi"}], "fallbacks": ["oa/spare"]});
    let answer = receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(200);
    bodies(&world, answer.request_id()).await;
    let calls = world.openai.calls();
    world.anthropic.next(Fault::status(500));
    let both = replay(&world, world.gateway.admin_key(), answer.request_id(), json!({"model": "an/x"})).await;
    let both = both.expect(200).json();
    assert_eq!((&both["replay"]["status"], &both["replay"]["text"]), (&json!(500), &Value::Null), "{both}");
    assert_eq!(world.openai.calls(), calls);
}
