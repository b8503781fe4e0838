//! The fake of Ollama: lines in place of events, and two endpoints that say the same.

use http_body_util::Full;
use serde_json::{Value, json};

use super::{Seen, chat, request, send};
use crate::{Chunking, FakeUpstream, REPLY_TEXT, Reply};

async fn ask(upstream: &FakeUpstream, path: &str, body: &Value) -> Seen {
    send(upstream, request(path, "key", body)).await.unwrap()
}

fn whole(mut body: Value) -> Value {
    body["stream"] = json!(false);
    body
}

fn lines(seen: &Seen) -> Vec<Value> {
    seen.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn it_streams_lines_unless_told_not_to() {
    let upstream = FakeUpstream::ollama().await;
    assert_eq!(upstream.url(), format!("http://{}", upstream.address()));
    let seen = ask(&upstream, "/api/chat", &chat("llama3.2")).await;
    assert_eq!(seen.headers["content-type"], "application/x-ndjson");
    let lines = lines(&seen);
    let text: String = lines.iter().filter_map(|line| line["message"]["content"].as_str()).collect();
    assert_eq!(text, REPLY_TEXT);
    let (last, before) = lines.split_last().unwrap();
    assert!(before.iter().all(|line| line["done"] == false && line.get("eval_count").is_none()));
    assert_eq!((&last["done"], &last["done_reason"]), (&json!(true), &json!("stop")));
    assert_eq!((&last["prompt_eval_count"], &last["eval_count"]), (&json!(20), &json!(21)));

    let seen = ask(&upstream, "/api/chat", &whole(chat("llama3.2"))).await;
    assert_eq!(seen.headers["content-type"], "application/json");
    assert_eq!(seen.json()["message"]["content"], REPLY_TEXT);
    assert_eq!(seen.json()["eval_count"], 21);
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test]
async fn a_prompt_is_answered_beside_the_rest() {
    let upstream = FakeUpstream::ollama().await;
    upstream.always(Reply::text("Blue.").reasoning("Light scatters.").chunking(Chunking::Bytes(7)));
    let body = json!({"model": "m", "prompt": "Why?"});
    let lines = lines(&ask(&upstream, "/api/generate", &body).await);
    let said = |member: &str| lines.iter().filter_map(|line| line[member].as_str()).collect::<String>();
    assert_eq!((said("thinking").as_str(), said("response").as_str()), ("Light scatters.", "Blue."));
    assert!(lines.last().unwrap()["context"].is_array());
    let whole = ask(&upstream, "/api/generate", &whole(body)).await.json();
    assert_eq!((&whole["response"], &whole["thinking"]), (&json!("Blue."), &json!("Light scatters.")));
    for (path, member) in [("/api/generate", "response"), ("/api/chat", "message")] {
        let loaded = ask(&upstream, path, &json!({"model": "m"})).await.json();
        assert_eq!((&loaded["done_reason"], loaded.get(member).is_some()), (&json!("load"), true), "{path}");
    }
}

#[tokio::test]
async fn tools_are_called_in_one_line_until_their_result_is_in() {
    let upstream = FakeUpstream::ollama().await;
    let mut body = chat("fake-tool");
    body["tools"] = json!([{"type": "function", "function": {"name": "get_weather", "parameters": {}}}]);
    let lines = lines(&ask(&upstream, "/api/chat", &body).await);
    let call = &lines[0]["message"]["tool_calls"][0];
    assert_eq!((&call["id"], &call["function"]["name"]), (&json!("call_fake0000"), &json!("get_weather")));
    assert_eq!(call["function"]["arguments"], Reply::example_tool_arguments());
    assert_eq!((lines.len(), &lines[1]["done_reason"]), (2, &json!("stop")));
    let result = json!({"role": "tool", "tool_name": "get_weather", "content": "22"});
    body["messages"].as_array_mut().unwrap().push(result);
    let seen = ask(&upstream, "/api/chat", &whole(body)).await.json();
    assert_eq!(seen["message"].get("tool_calls"), None);
}

#[tokio::test]
async fn errors_are_sentences_and_faults_break_lines() {
    let upstream = FakeUpstream::ollama().await;
    for (model, status, error) in [
        ("fake-400", 400, "\"fake-400\" does not support chat"),
        ("fake-404", 404, "model 'fake-404' not found"),
        ("fake-503", 503, "server busy, please try again.  maximum pending requests exceeded"),
    ] {
        let seen = ask(&upstream, "/api/chat", &chat(model)).await;
        assert_eq!((seen.status, &seen.json()["error"]), (status, &json!(error)));
    }
    assert_eq!(
        ask(&upstream, "/api/chat", &json!({"messages": []})).await.json()["error"],
        "model is required"
    );

    let failing = lines(&ask(&upstream, "/api/chat", &chat("fake-error-midstream")).await);
    assert!(failing.len() > 1 && failing.last().unwrap()["error"].is_string());
    let truncated = ask(&upstream, "/api/chat", &chat("fake-truncated")).await;
    assert!(truncated.complete && lines(&truncated).iter().all(|line| line["done"] == false));
    let cut = ask(&upstream, "/api/chat", &chat("fake-cut-event")).await;
    assert!(!cut.complete && !cut.text().ends_with('\n'));
    let broken = ask(&upstream, "/api/chat", &chat("fake-broken-sse")).await.text();
    assert!(!broken.contains("data:") && broken.ends_with("not json\nno brace here\n"));
    let invalid = ask(&upstream, "/api/chat", &chat("fake-invalid-utf8")).await;
    assert!(invalid.whole.ends_with(b"\xff\xfe\"}\n"));
}

#[tokio::test]
async fn it_demands_a_bearer_key_only_if_it_is_told_to() {
    let upstream = FakeUpstream::ollama().await;
    let mut bare = request("/api/chat", "", &chat("m"));
    bare.headers_mut().remove("authorization");
    assert_eq!(send(&upstream, bare).await.unwrap().status, 200);
    upstream.require_key("right");
    assert_eq!(ask(&upstream, "/api/chat", &chat("m")).await.json()["error"], "unauthorized");
    assert_eq!(send(&upstream, request("/api/chat", "right", &chat("m"))).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_rest_of_its_api_answers_and_does_not_count() {
    let upstream = FakeUpstream::ollama().await;
    let get = |path: &str| http::Request::get(path).header("host", "fake").body(Full::default()).unwrap();
    assert!(send(&upstream, get("/api/version")).await.unwrap().json()["version"].is_string());
    assert_eq!(
        send(&upstream, get("/api/tags")).await.unwrap().json()["models"][0]["name"],
        "llama3.2:latest"
    );
    assert_eq!(send(&upstream, get("/api/nothing")).await.unwrap().status, 404);
    let shown = ask(&upstream, "/api/show", &json!({"model": "m"})).await.json();
    assert_eq!(shown["capabilities"], json!(["completion", "tools"]));
    let embedded = ask(&upstream, "/api/embed", &json!({"model": "m", "input": ["a", "b"]})).await.json();
    assert_eq!((embedded["embeddings"].as_array().unwrap().len(), &embedded["model"]), (2, &json!("m")));
    assert_eq!((upstream.calls(), upstream.requests().len()), (0, 5));

    let imitated = ask(&upstream, "/v1/chat/completions", &chat("m")).await.json();
    assert_eq!(imitated["choices"][0]["message"]["content"], REPLY_TEXT);
}
