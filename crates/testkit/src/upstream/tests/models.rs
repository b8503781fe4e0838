//! The list of models, which fails apart from completions.

use std::time::Duration;

use http_body_util::Full;
use serde_json::json;

use super::{Seen, ask_openai, chat, send};
use crate::{Behaviour, Dialect, FakeUpstream, Fault, UpstreamOptions};

async fn list(upstream: &FakeUpstream, path: &str) -> hyper::Result<Seen> {
    send(upstream, http::Request::get(path).header("host", "fake").body(Full::default()).unwrap()).await
}

#[tokio::test]
async fn the_list_is_counted_and_answered_while_completions_fail() {
    for (dialect, path, key) in [
        (Dialect::OpenAi, "/v1/models", "data"),
        (Dialect::Anthropic, "/v1/models", "data"),
        (Dialect::Gemini, "/v1beta/models?pageSize=5", "models"),
        (Dialect::Ollama, "/api/tags", "models"),
        (Dialect::Cohere, "/v1/models", "models"),
    ] {
        let upstream = FakeUpstream::start(dialect, UpstreamOptions::default()).unwrap();
        upstream.always(Fault::status(500));
        let seen = list(&upstream, path).await.unwrap();
        assert!(seen.status == 200 && !seen.json()[key].as_array().unwrap().is_empty(), "{}", seen.text());
        upstream.always_models(Fault::status(503));
        assert_eq!(list(&upstream, path).await.unwrap().status, 503);
        assert_eq!((upstream.models_calls(), upstream.calls()), (2, 0), "{dialect:?}");
    }
}

#[tokio::test]
async fn the_list_fails_while_completions_are_answered() {
    let upstream = FakeUpstream::openai().await;
    upstream.always_models(Behaviour::cycle([
        (1, Fault::status(401).into()),
        (1, Fault::CloseBeforeHeaders.into()),
        (1, Fault::CloseMidBody.into()),
        (1, Behaviour::default()),
    ]));
    assert_eq!(list(&upstream, "/v1/models").await.unwrap().json()["error"]["code"], "invalid_api_key");
    assert!(list(&upstream, "/v1/models").await.is_err());
    let half = list(&upstream, "/v1/models").await.unwrap();
    assert!(!half.complete && half.text().starts_with('{'), "{}", half.text());
    let whole = list(&upstream, "/v1/models").await.unwrap().json();
    assert_eq!(whole["object"], json!("list"));
    assert_eq!(ask_openai(&upstream, &chat("m")).await.status, 200);
    assert_eq!((upstream.models_calls(), upstream.calls()), (4, 1));

    upstream.always_models(Fault::NeverAnswers);
    tokio::select! {
        answer = list(&upstream, "/v1/models") => panic!("answered: {answer:?}"),
        () = upstream.wait_for_models_calls(5) => {}
    }
    tokio::time::timeout(Duration::from_secs(10), upstream.wait_for_abandoned(1)).await.unwrap();
}
