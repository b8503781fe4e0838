//! Proper answers: shapes, pieces, order, records.

use serde_json::{Value, json};

use super::{ask_anthropic, ask_openai, chat, connect, messages, request, send, streamed};
use crate::{Chunking, FakeUpstream, Gate, REPLY_TEXT, Reply, Usage};
use http_body_util::BodyExt;

#[tokio::test]
async fn openai_answers_and_records_the_bytes() {
    let upstream = FakeUpstream::openai().await;
    let body = chat("gpt-4o-mini");
    let seen = ask_openai(&upstream, &body).await;
    assert_eq!(seen.status, 200);
    assert_eq!(seen.json()["choices"][0]["message"]["content"], REPLY_TEXT);
    assert_eq!(seen.json()["choices"][0]["finish_reason"], "stop");
    let usage = &seen.json()["usage"];
    assert_eq!(usage["prompt_tokens"], 20, "the cached tokens are part of the prompt's");
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 8);
    assert_eq!(usage["completion_tokens_details"]["reasoning_tokens"], 5);
    assert_eq!(usage["total_tokens"], 41);
    assert!(seen.headers.contains_key("content-length"));

    let recorded = upstream.last_request();
    assert_eq!(recorded.body, body.to_string().as_bytes());
    assert_eq!(recorded.path, "/v1/chat/completions");
    assert_eq!(recorded.header("authorization"), "Bearer sk-any");
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test]
async fn openai_streams_usage_only_if_asked() {
    let upstream = FakeUpstream::openai().await;
    let seen = ask_openai(&upstream, &streamed(chat("m"))).await;
    assert!(seen.text().ends_with("data: [DONE]\n\n"));
    assert!(!seen.text().contains("usage"));
    let text: String =
        seen.events().iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, REPLY_TEXT);

    let mut body = streamed(chat("m"));
    body["stream_options"] = json!({"include_usage": true});
    let events = ask_openai(&upstream, &body).await.events();
    let last = events.last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["completion_tokens"], 21);
    assert_eq!(events[0]["usage"], Value::Null);
    assert!(events[0].as_object().unwrap().contains_key("usage"), "null in every chunk but the last");
}

#[tokio::test]
async fn completions_go_on_with_every_prompt() {
    let upstream = FakeUpstream::openai().await;
    let ask = async |body: Value| send(&upstream, request("/v1/completions", "sk-any", &body)).await.unwrap();
    let whole = ask(json!({"model": "m", "prompt": "Once"})).await.json();
    assert_eq!(
        (&whole["object"], &whole["choices"][0]["text"]),
        (&json!("text_completion"), &json!(REPLY_TEXT))
    );
    assert_eq!(whole["usage"]["total_tokens"], 41);
    let several = json!({"model": "m", "prompt": ["a", "b"], "n": 2, "echo": true});
    let whole = ask(several.clone()).await.json();
    let choices = whole["choices"].as_array().unwrap();
    assert_eq!((choices.len(), &choices[3]["index"]), (4, &json!(3)));
    assert_eq!(choices[2]["text"], format!("b{REPLY_TEXT}"));

    let mut body = streamed(several);
    body["stream_options"] = json!({"include_usage": true});
    let seen = ask(body).await;
    assert!(seen.text().ends_with("data: [DONE]\n\n"));
    let events = seen.events();
    let of_last = |event: &&Value| event["choices"][0]["index"] == 3;
    let text: String =
        events.iter().filter(of_last).filter_map(|event| event["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, format!("b{REPLY_TEXT}"));
    assert_eq!(events.last().unwrap()["usage"]["completion_tokens"], 21);

    assert_eq!(ask(json!({"model": "m"})).await.status, 200);
    assert_eq!(ask(json!({"model": "m", "prompt": 7})).await.json()["error"]["param"], "prompt");
    assert_eq!(ask(json!({"model": "fake-429", "prompt": ""})).await.status, 429);
    let cut = ask(json!({"model": "fake-truncated", "prompt": "a", "stream": true})).await.text();
    assert!(!cut.contains("[DONE]") && !cut.contains("\"stop\""), "{cut}");
}

#[tokio::test]
async fn anthropic_answers_and_streams_the_same() {
    let upstream = FakeUpstream::anthropic().await;
    let usage = Usage { input: 3, cache_read: 2, cache_write: 1, output: 9, reasoning: 0 };
    upstream.always(Reply::text("Bonjour à tous").reasoning("They greet.").usage(usage));
    let whole = ask_anthropic(&upstream, &messages("claude")).await.json();
    assert_eq!(whole["content"][0]["thinking"], "They greet.");
    assert_eq!(whole["content"][1]["text"], "Bonjour à tous");
    assert_eq!(whole["stop_reason"], "end_turn");
    assert_eq!(whole["usage"]["input_tokens"], 3);
    assert_eq!(whole["usage"]["cache_creation_input_tokens"], 1);

    let events = ask_anthropic(&upstream, &streamed(messages("claude"))).await.events();
    let names: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(names.first(), Some(&"message_start"));
    assert_eq!(names[names.len() - 2..], ["message_delta", "message_stop"]);
    let text: String = events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!(text, "Bonjour à tous");
    assert!(events.iter().any(|event| event["delta"]["type"] == "signature_delta"));
    assert_eq!(events[events.len() - 2]["usage"]["output_tokens"], 9);
}

#[tokio::test]
async fn tools_are_called_whole_and_in_fragments() {
    let tool =
        json!({"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}});
    let openai = FakeUpstream::openai().await;
    let mut body = chat("fake-tool");
    body["tools"] = json!([tool]);
    let whole = ask_openai(&openai, &body).await.json();
    assert_eq!(whole["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(whole["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "get_weather");
    let events = ask_openai(&openai, &streamed(body.clone())).await.events();
    let fragments = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"].as_str());
    let arguments: Value = serde_json::from_str(&fragments.collect::<String>()).unwrap();
    assert_eq!(arguments, Reply::example_tool_arguments());
    body["messages"]
        .as_array_mut()
        .unwrap()
        .push(json!({"role": "tool", "tool_call_id": "c", "content": "22"}));
    assert_eq!(ask_openai(&openai, &body).await.json()["choices"][0]["finish_reason"], "stop");

    let anthropic = FakeUpstream::anthropic().await;
    let mut body = messages("claude");
    body["tools"] = json!([{"name": "get_weather", "input_schema": {"type": "object"}}]);
    assert_eq!(ask_anthropic(&anthropic, &body).await.json()["stop_reason"], "end_turn");
    body["tool_choice"] = json!({"type": "tool", "name": "get_weather"});
    let whole = ask_anthropic(&anthropic, &body).await.json();
    assert_eq!(whole["stop_reason"], "tool_use");
    assert_eq!(whole["content"][0]["input"], Reply::example_tool_arguments());
    let events = ask_anthropic(&anthropic, &streamed(body)).await.events();
    let fragments = events.iter().filter_map(|event| event["delta"]["partial_json"].as_str());
    let arguments: Value = serde_json::from_str(&fragments.collect::<String>()).unwrap();
    assert_eq!(arguments, Reply::example_tool_arguments());
}

#[tokio::test]
async fn pieces_are_cut_where_the_script_says() {
    let upstream = FakeUpstream::openai().await;
    let per_event = ask_openai(&upstream, &streamed(chat("m"))).await;
    upstream.next(Reply::default().chunking(Chunking::Bytes(1)));
    let bytewise = ask_openai(&upstream, &streamed(chat("m"))).await;
    upstream.next(Reply::default().chunking(Chunking::Whole));
    let at_once = ask_openai(&upstream, &streamed(chat("m"))).await;
    assert_eq!(per_event.whole, bytewise.whole);
    assert_eq!(per_event.whole, at_once.whole);
    assert_eq!(at_once.pieces.len(), 1);
    // The reader may get several small pieces at once, never one piece in two reads.
    assert!(bytewise.pieces.len() > per_event.pieces.len());
    assert!(bytewise.pieces.iter().any(|piece| piece.len() == 1));
}

#[tokio::test]
async fn a_gate_holds_every_piece_back() {
    let upstream = FakeUpstream::openai().await;
    let gate = Gate::new();
    upstream.next(Reply::default().gated(&gate));
    let mut connection = connect(&upstream).await;
    let call = connection.send_request(request("/v1/chat/completions", "k", &streamed(chat("m"))));
    let mut body = call.await.unwrap().into_body();
    gate.open(1);
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first.windows(2).filter(|window| window == b"\n\n").count(), 1, "one event and no more");
    gate.open_for_good();
    let rest = body.collect().await.unwrap().to_bytes();
    assert!(rest.ends_with(b"data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_caller_that_leaves_is_noticed() {
    let upstream = FakeUpstream::openai().await;
    let gate = Gate::new();
    upstream.next(Reply::default().gated(&gate));
    let mut connection = connect(&upstream).await;
    let call = connection.send_request(request("/v1/chat/completions", "k", &streamed(chat("m"))));
    let response = call.await.unwrap();
    assert_eq!(upstream.abandoned(), 0);
    drop((response, connection));
    upstream.wait_for_abandoned(1).await;

    ask_openai(&upstream, &streamed(chat("m"))).await;
    assert_eq!(upstream.abandoned(), 1, "a reply read to its end was not abandoned");
}

#[tokio::test]
async fn behaviour_is_chosen_in_the_documented_order() {
    let upstream = FakeUpstream::openai().await;
    upstream.always(Reply::text("always")).for_model("fake-429", Reply::text("for the model"));
    upstream.next(Reply::text("next"));
    let mut said = Vec::new();
    for model in ["fake-429", "fake-429", "fake-503", "other"] {
        let seen = ask_openai(&upstream, &chat(model)).await;
        said.push((seen.status, seen.json()["choices"][0]["message"]["content"].as_str().map(str::to_owned)));
    }
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(said, [(200, text("next")), (200, text("for the model")), (503, None), (200, text("always"))]);
}

#[tokio::test]
async fn long_texts_and_chunked_bodies_arrive_whole() {
    let upstream = FakeUpstream::openai().await;
    let big = ask_openai(&upstream, &chat("fake-big")).await;
    assert_eq!(big.json()["choices"][0]["message"]["content"].as_str().unwrap().len(), 1 << 20);
    let chunked = ask_openai(&upstream, &chat("fake-chunked")).await;
    assert!(!chunked.headers.contains_key("content-length"));
    assert_eq!(chunked.json()["choices"][0]["message"]["content"], REPLY_TEXT);
}

#[tokio::test]
async fn models_are_listed_and_do_not_count_as_calls() {
    let upstream = FakeUpstream::openai().await;
    let list = http::Request::get("/v1/models")
        .header("host", "fake")
        .body(http_body_util::Full::default())
        .unwrap();
    let seen = send(&upstream, list).await.unwrap();
    assert_eq!(seen.json()["object"], "list");
    assert_eq!((upstream.calls(), upstream.requests().len()), (0, 1));
}

#[tokio::test]
async fn canned_replies_are_what_the_fake_would_say() {
    let options = crate::UpstreamOptions::default();
    let canned = crate::CannedUpstream::start(crate::Dialect::OpenAi, &options).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask =
        |body: Value| client.post(format!("{}/chat/completions", canned.url())).body(body.to_string()).send();
    let whole: Value = ask(chat("bench")).await.unwrap().json().await.unwrap();
    assert_eq!(whole["choices"][0]["message"]["content"], REPLY_TEXT);
    let body = json!({"model": "bench", "stream": true, "messages": []});
    let burst = ask(body).await.unwrap().text().await.unwrap();
    let paced = json!({"model": "bench-paced", "stream": true, "messages": []});
    assert_eq!(ask(paced).await.unwrap().text().await.unwrap(), burst);
    assert!(burst.ends_with("data: [DONE]\n\n"));
    assert_eq!(canned.calls(), 3);
}
