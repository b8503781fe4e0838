//! Who may call: the headers a key may come in, and keys that are none, expired, blocked or meant for something else.

use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn with_headers(world: &World, caller: Caller, headers: &[(&str, &str)]) -> Answer {
    let url = format!("{}{}", world.gateway.url(), caller.path());
    let mut request = world.gateway.client().post(url).json(&caller.body("oa/x", false));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    receive(request).await
}

/// Not admitted: an error in the caller's format, no row, no call.
fn turned_away(caller: Caller, answer: &Answer, code: &str) {
    assert_eq!(answer.status, 401, "{}", answer.text());
    caller.own_error(answer);
    assert_eq!(answer.json()["error"]["code"], code);
}

#[tokio::test]
async fn a_key_is_taken_from_any_of_the_headers_that_clients_use() {
    let world = World::start().await;
    let bearer = format!("Bearer {}", world.key);
    let lower = format!("bearer {}", world.key);
    for caller in Caller::BOTH {
        for (header, value) in [
            ("authorization", bearer.as_str()),
            ("authorization", lower.as_str()),
            ("x-litellm-api-key", world.key.as_str()),
            ("x-litellm-api-key", bearer.as_str()),
            ("x-api-key", world.key.as_str()),
            ("api-key", world.key.as_str()),
            ("x-goog-api-key", world.key.as_str()),
        ] {
            let answer = with_headers(&world, caller, &[(header, value)]).await.expect(200);
            let row = world.row(answer.request_id()).await;
            assert_eq!(row["key_name"], "world", "{header}");
        }
        // The administrator's key, in its own header and as any other.
        let admin = world.gateway.admin_key();
        for header in ["x-admin-key", "x-api-key"] {
            let answer = with_headers(&world, caller, &[(header, admin)]).await.expect(200);
            let row = world.row(answer.request_id()).await;
            assert_eq!(row["key_id"], Value::Null, "{header}");
        }
    }
}

#[tokio::test]
async fn without_a_valid_key_nothing_is_admitted() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        turned_away(caller, &with_headers(&world, caller, &[]).await, "missing_api_key");
        for (header, value, code) in [
            ("authorization", "Bearer ", "missing_api_key"),
            ("authorization", "sk-no-scheme", "malformed_api_key"),
            ("authorization", "Bearer sk-unknown-0123456789", "invalid_api_key"),
            ("authorization", "Bearer not-even-a-key", "invalid_api_key"),
            ("x-api-key", "sk-unknown-0123456789", "invalid_api_key"),
            // A virtual key is not the administrator's.
            ("x-admin-key", world.key.as_str(), "invalid_api_key"),
        ] {
            let answer = with_headers(&world, caller, &[(header, value)]).await;
            turned_away(caller, &answer, code);
            assert!(!answer.text().contains("unknown-0123"), "shows the key: {}", answer.text());
        }
    }
    assert_eq!(world.rows().await.len(), 0);
    assert_eq!(world.openai.calls(), 0);
    for path in ["/v1/models", "/key/list", "/model/info", "/spend/logs", "/console/status"] {
        let answer = receive(world.gateway.client().get(format!("{}{path}", world.gateway.url()))).await;
        assert_eq!(answer.status, 401, "{path}");
        answer.request_id();
    }
    for path in ["/health", "/healthz", "/health/liveliness"] {
        let answer = receive(world.gateway.client().get(format!("{}{path}", world.gateway.url()))).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.request_id();
    }
}

#[tokio::test]
async fn an_expired_key_is_told_so() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"duration": "1s"})).await;
    let models = format!("{}/v1/models", world.gateway.url());
    // It expires when it does; that it does is what is tested.
    while receive(world.gateway.client().get(&models).bearer_auth(&key)).await.status == 200 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    for caller in Caller::BOTH {
        let answer = receive(world.gateway.post(caller.path(), &key, &caller.body("oa/x", false))).await;
        turned_away(caller, &answer, "expired_key");
        // LiteLLM's word where the shape is OpenAI's; Anthropic's clients know a closed set of types.
        let expected = if caller.path() == "/v1/messages" { "authentication_error" } else { "expired_key" };
        assert_eq!(answer.json()["error"]["type"], expected);
    }
    assert_eq!(world.openai.calls(), 0);
}

#[tokio::test]
async fn a_blocked_key_is_refused_until_it_is_unblocked() {
    let world = World::start().await;
    let body = json!({"key": world.key});
    world.admin(Method::POST, "/key/block", body.clone()).await.expect(200);
    for caller in Caller::BOTH {
        turned_away(caller, &world.ask(caller, "oa/x", false).await, "key_blocked");
    }
    assert_eq!(world.openai.calls(), 0);
    world.admin(Method::POST, "/key/unblock", body).await.expect(200);
    for caller in Caller::BOTH {
        world.ask(caller, "oa/x", false).await.expect(200);
    }
}

#[tokio::test]
async fn a_key_for_some_models_may_use_no_others() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"models": ["oa/x", "an/claude-*"]})).await;
    for caller in Caller::BOTH {
        for (model, status) in
            [("oa/x", 200), ("an/claude-any", 200), ("oa/y", 403), ("an/x", 403), ("demo", 403)]
        {
            let answer = receive(world.gateway.post(caller.path(), &key, &caller.body(model, false))).await;
            assert_eq!(answer.status, status, "{model}: {}", answer.text());
            if status == 403 {
                assert!(caller.own_error(&answer).contains(model));
                let row = world.row(answer.request_id()).await;
                assert_eq!((&row["status"], &row["attempts"]), (&json!(403), &json!(0)), "{row}");
            }
        }
    }
    let calls = world.openai.calls() + world.anthropic.calls();
    assert_eq!(calls, 4, "a refused model reached a provider");
}
