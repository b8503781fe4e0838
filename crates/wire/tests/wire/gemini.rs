//! What only Gemini has: a model in the path, a stream that is one JSON array, signatures on calls.

use bytes::Bytes;
use postern_wire::{
    ApiError, Beside, EndState, Envelope, ErrorKind, Format, ReplyContext, StreamTranscoder, Target,
    translate_request, translate_response,
};
use serde_json::{Value, json};

use crate::fixtures::{Fixture, conversing, fixtures};

fn named(kind: &str, name: &str) -> Fixture {
    fixtures(kind).into_iter().find(|fixture| fixture.name == name).unwrap()
}

fn array_ctx() -> ReplyContext {
    ReplyContext { fallback_id: "f".into(), model: "m".into(), json_array: true, ..ReplyContext::default() }
}

/// The whole output, and how the stream ended.
fn transcoded(from: Format, ctx: ReplyContext, bytes: &[u8]) -> (String, EndState) {
    let mut transcoder = StreamTranscoder::new(from, Format::Gemini, ctx);
    let mut out = transcoder.feed(bytes).bytes;
    let end = transcoder.finish();
    out.extend_from_slice(&end.forward);
    (String::from_utf8(out).unwrap(), end.state)
}

fn chunks(events: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(events).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map_while(|data| serde_json::from_str(data).ok()).collect()
}

#[test]
fn a_stream_becomes_one_array_of_the_same_chunks() {
    for fixture in fixtures("streams").iter().filter(|fixture| fixture.format == Format::Gemini) {
        let (out, state) = transcoded(Format::Gemini, array_ctx(), &fixture.bytes);
        let array = serde_json::from_str::<Vec<Value>>(&out);
        assert_eq!(array.is_ok(), state == EndState::Complete, "{}: {out}", fixture.name);
        if let Ok(array) = array {
            assert_eq!(array, chunks(&fixture.bytes), "{}", fixture.name);
        }
        let events = ReplyContext { json_array: false, ..array_ctx() };
        let (out, _) = transcoded(Format::Gemini, events, &fixture.bytes);
        let expected: Vec<Value> =
            chunks(&fixture.bytes).into_iter().filter(|chunk| chunk.get("error").is_none()).collect();
        assert_eq!(chunks(out.as_bytes()), expected, "{}", fixture.name);
    }
}

#[test]
fn the_array_is_whole_if_and_only_if_the_stream_was() {
    for fixture in fixtures("streams") {
        let (out, state) = transcoded(fixture.format, array_ctx(), &fixture.bytes);
        let is_whole = serde_json::from_str::<Vec<Value>>(&out).is_ok();
        assert_eq!(is_whole, state == EndState::Complete, "{}: {out}", fixture.name);
    }
}

#[test]
fn an_error_is_the_last_element_of_the_array() {
    let error = ApiError::new(503, ErrorKind::Overloaded, "Too much.");
    for (bytes, elements) in [(named("streams", "gemini-error").bytes, 2), (Vec::new(), 1)] {
        let mut transcoder = StreamTranscoder::new(Format::Gemini, Format::Gemini, array_ctx());
        let mut out = transcoder.feed(&bytes).bytes;
        out.extend(transcoder.render_error(&error, "r", "t"));
        let array: Vec<Value> = serde_json::from_slice(&out).unwrap();
        assert_eq!(array.len(), elements);
        assert_eq!(array[elements - 1]["error"]["status"], "UNAVAILABLE");
    }
    let mut events = StreamTranscoder::new(Format::Gemini, Format::OpenAiChat, ReplyContext::default());
    assert!(events.render_error(&error, "r", "t").starts_with(b"data: {\"error\""));
}

fn target(model: &str) -> Target<'_> {
    Target { model, default_max_tokens: 1000, drop_params: false, stream: false }
}

/// What a client of another format makes of a reply and sends back, with the result of the first call.
fn sent_back(format: Format, reply: &Value) -> Value {
    if format == Format::OpenAiChat {
        let message = &reply["choices"][0]["message"];
        let id = &message["tool_calls"][0]["id"];
        return json!({"model": "m", "messages": [
            {"role": "user", "content": "Go."}, message,
            {"role": "tool", "tool_call_id": id, "content": "ok"}]});
    }
    if format == Format::OpenAiResponses {
        let items = reply["output"].as_array().unwrap();
        let call = items.iter().find(|item| item["type"] == "function_call").unwrap();
        let asked = json!({"role": "user", "content": "Go."});
        let result = json!({"type": "function_call_output", "call_id": call["call_id"], "output": "ok"});
        let input: Vec<&Value> = std::iter::once(&asked).chain(items).chain([&result]).collect();
        return json!({"model": "m", "input": input});
    }
    let blocks = reply["content"].as_array().unwrap();
    let call = blocks.iter().find(|block| block["type"] == "tool_use").unwrap();
    json!({"model": "m", "max_tokens": 100, "messages": [
        {"role": "user", "content": "Go."}, {"role": "assistant", "content": blocks},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call["id"], "content": "ok"}]}]})
}

#[test]
fn signatures_of_calls_come_home() {
    let reply = named("responses", "gemini-thinking_call");
    for client in [Format::OpenAiChat, Format::AnthropicMessages, Format::OpenAiResponses] {
        let there =
            translate_response(Format::Gemini, client, &reply.bytes, &ReplyContext::default()).unwrap();
        assert!(there.loss.is_empty(), "{client}: {:?}", there.loss);
        let body = sent_back(client, &serde_json::from_slice(&there.body).unwrap());
        let body = serde_json::to_vec(&body).unwrap();
        let back = translate_request(client, Format::Gemini, &body, &target("gemini-3-pro-preview")).unwrap();
        let back: Value = serde_json::from_slice(&back.body).unwrap();
        let call = &back["contents"][1]["parts"][0];
        assert_eq!(call["thoughtSignature"], "CpQBVKhc7l3Zk1==", "{client}: {back}");
        assert_eq!(call["functionCall"]["args"], json!({"path": "a.rs", "limit": 1.0}));
        let result = &back["contents"][2]["parts"][0]["functionResponse"];
        assert_eq!((&result["name"], &result["response"]), (&json!("read_file"), &json!({"output": "ok"})));
        assert_eq!(result["id"], call["functionCall"]["id"]);
        // Nobody else gets to see it.
        for other in conversing().filter(|other| ![client, Format::Gemini].contains(other)) {
            let body = translate_request(client, other, &body, &target("m")).unwrap().body;
            assert!(!String::from_utf8(body).unwrap().contains("CpQBVKhc7l3Zk1"), "{client} to {other}");
        }
    }
}

#[test]
fn signatures_of_streamed_calls_come_home_from_a_responses_client() {
    let (gemini, responses) = (Format::Gemini, Format::OpenAiResponses);
    let stream = named("streams", "gemini-tools").bytes;
    let mut transcoder = StreamTranscoder::new(gemini, responses, ReplyContext::default());
    let out = transcoder.feed(&stream).bytes;
    let end = transcoder.finish();
    assert!(end.loss.is_empty(), "{:?}", end.loss);
    let out = String::from_utf8([&out[..], &end.forward[..]].concat()).unwrap();
    let last = out.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let completed: Value = serde_json::from_str(last).unwrap();
    let body = sent_back(responses, &completed["response"]).to_string();
    let back =
        translate_request(responses, gemini, body.as_bytes(), &target("gemini-3-pro-preview")).unwrap();
    let sent = String::from_utf8(stream).unwrap();
    let back: Value = serde_json::from_slice(&back.body).unwrap();
    let mut calls = back["contents"][1]["parts"].as_array().unwrap().iter();
    let call = calls.find(|part| part["functionCall"].is_object()).unwrap();
    let signature = call["thoughtSignature"].as_str().unwrap();
    assert!(sent.contains(&format!("\"thoughtSignature\":\"{signature}\"")), "{back}");

    // As it does through another gateway like this one.
    let mut transcoder = StreamTranscoder::new(responses, gemini, ReplyContext::default());
    let again = String::from_utf8(transcoder.feed(out.as_bytes()).bytes).unwrap();
    assert!(again.contains(&format!("\"thoughtSignature\":\"{signature}\"")), "{again}");
}

#[test]
fn thoughts_of_others_come_home_from_a_gemini_client() {
    let reply = named("responses", "anthropic_messages-tool_use");
    let (messages, gemini) = (Format::AnthropicMessages, Format::Gemini);
    let there = translate_response(messages, gemini, &reply.bytes, &ReplyContext::default()).unwrap();
    let there: Value = serde_json::from_slice(&there.body).unwrap();
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "Go."}]}, there["candidates"][0]["content"]]});
    let body = serde_json::to_vec(&body).unwrap();
    let back = translate_request(gemini, messages, &body, &target("claude-sonnet-4-5")).unwrap();
    let back: Value = serde_json::from_slice(&back.body).unwrap();
    let original: Value = serde_json::from_slice(&reply.bytes).unwrap();
    // Thinking, thinking that cannot be read, and text.
    for block in 0..3 {
        assert_eq!(back["messages"][1]["content"][block], original["content"][block]);
    }
}

#[test]
fn a_call_that_its_models_did_not_make_is_marked_as_such() {
    let request = named("requests", "openai_chat-tool_loop");
    let body = |model| {
        let translated =
            translate_request(request.format, Format::Gemini, &request.bytes, &target(model)).unwrap();
        serde_json::from_slice::<Value>(&translated.body).unwrap()
    };
    let calls = body("gemini-3-pro-preview")["contents"][1]["parts"].clone();
    assert_eq!(calls[0]["thoughtSignature"], "skip_thought_signature_validator");
    assert_eq!(calls[1].get("thoughtSignature"), None);
    assert_eq!(body("gemini-2.5-pro")["contents"][1]["parts"][0].get("thoughtSignature"), None);
}

#[test]
fn the_envelope_reads_both_spellings_and_the_path() {
    let beside = Beside { model: Some("gemini-2.5-pro"), stream: Some(true) };
    let peek = |body: &'static str| Envelope::peek_beside(Format::Gemini, &Bytes::from(body), beside);
    let envelope =
        peek(r#"{"contents":[],"generation_config":{"max_output_tokens":5,"candidateCount":2}}"#).unwrap();
    assert_eq!((envelope.model.as_str(), envelope.stream), ("gemini-2.5-pro", true));
    assert_eq!((envelope.max_output_tokens, envelope.choices), (Some(5), 2));
    assert!(peek(r#"{"contents":{"parts":[]},"model":"models/other"}"#).is_ok());
    for (body, code, param) in [
        (r#"{"contents":"hello"}"#, "invalid_type", "contents"),
        ("{}", "missing_field", "contents"),
        (
            r#"{"contents":[],"generationConfig":{},"generation_config":{}}"#,
            "duplicate_field",
            "generationConfig",
        ),
        (
            r#"{"contents":[],"generationConfig":{"candidateCount":0}}"#,
            "invalid_value",
            "generationConfig.candidateCount",
        ),
        (
            r#"{"contents":[],"generation_config":{"max_output_tokens":"many"}}"#,
            "invalid_type",
            "generation_config.max_output_tokens",
        ),
    ] {
        let refused = peek(body).unwrap_err();
        assert_eq!((refused.code, refused.param.as_deref()), (code, Some(param)), "{body}");
    }
}
