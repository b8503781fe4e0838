//! Providers that speak several formats are asked in the caller's own, and translated to only where they do not.

use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::json;

/// A local server that offers both formats, at whatever address.
async fn local(world: &World, name: &str, url: &str) {
    let body = json!({"preset": "lmstudio", "name": name, "base_url": url});
    world.admin(Method::POST, "/console/providers", body).await.expect(201);
}

#[tokio::test]
async fn a_provider_is_asked_in_the_callers_own_format() {
    let world = World::start().await;
    local(&world, "both", &world.anthropic.url()).await;
    for stream in [false, true] {
        let answer = world.ask(Caller::Messages, "both/qwen3", stream).await.expect(200);
        assert_eq!(world.anthropic.last_request().path, "/v1/messages");
        assert_eq!(world.anthropic.last_request().json()["model"], "qwen3");
        assert_eq!(world.anthropic.last_request().header("anthropic-version"), "2023-06-01");
        let row = world.row(answer.request_id()).await;
        assert_eq!(
            (&row["format_out"], &row["attempts"]),
            (&json!("anthropic_messages"), &json!(1)),
            "{row}"
        );
    }
}

#[tokio::test]
async fn what_a_provider_calls_otherwise_or_refuses_is_known() {
    let world = World::start().await;
    let body = json!({"preset": "mistral", "name": "mi", "base_url": world.openai.url(), "api_key": "k"});
    world.admin(Method::POST, "/console/providers", body).await.expect(201);
    let mut body = Caller::Chat.body("mi/codestral", false);
    for (name, value) in
        [("seed", json!(7)), ("user", json!("u")), ("max_completion_tokens", json!(9)), ("odd", json!(1))]
    {
        body[name] = value;
    }
    let answer = receive(world.request(Caller::Chat, &body)).await.expect(200);
    let sent = world.openai.last_request().json();
    assert_eq!(
        (&sent["random_seed"], &sent["max_tokens"], &sent["odd"]),
        (&json!(7), &json!(9), &json!(1)),
        "{sent}"
    );
    assert!(sent.get("seed").is_none() && sent.get("user").is_none(), "{sent}");
    assert_eq!(answer.header("x-postern-dropped"), "user");
    assert_eq!(world.row(answer.request_id()).await["dropped"], json!(["user"]));
}

#[tokio::test]
async fn a_server_without_that_format_is_found_out_once_and_translated_to() {
    let world = World::start().await;
    local(&world, "older", &world.openai.url()).await;
    for (stream, attempts) in [(false, 2), (true, 1), (false, 1)] {
        let answer = world.ask(Caller::Messages, "older/qwen3", stream).await.expect(200);
        assert!(!stream || Caller::Messages.is_finished(&answer));
        assert_eq!(world.openai.last_request().path, "/v1/chat/completions");
        let row = world.row(answer.request_id()).await;
        assert_eq!((&row["format_out"], &row["outcome"]), (&json!("openai_chat"), &json!("ok")), "{row}");
        assert_eq!(row["attempts"], attempts, "{row}");
    }
}
