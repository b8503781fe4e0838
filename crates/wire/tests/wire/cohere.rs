//! What only Cohere has: a plan before calls, documents beside messages, citations with a place, tokens of which some are
//! free, and an end that may say that there was none.

use postern_wire::{
    ApiError, EndState, ErrorKind, Format, ReplyContext, StreamTap, StreamTranscoder, Target, read_response,
    render_stream_error, translate_request, translate_response,
};
use serde_json::{Value, json};

use crate::fixtures::{conversing, fixtures, others};

const COHERE: Format = Format::Cohere;
const CHAT: Format = Format::OpenAiChat;

/// The request in the other format, and what was lost; or the member that was refused.
fn translated(from: Format, to: Format, body: &Value, model: &str) -> Result<(Value, Vec<String>), String> {
    let target = Target { model, default_max_tokens: 100, drop_params: false, stream: false };
    match translate_request(from, to, body.to_string().as_bytes(), &target) {
        Ok(request) => Ok((serde_json::from_slice(&request.body).unwrap(), request.loss.0)),
        Err(refused) => Err(refused.param.unwrap_or_default()),
    }
}

fn context() -> ReplyContext {
    ReplyContext { fallback_id: "f".into(), model: "m".into(), ..ReplyContext::default() }
}

fn events(stream: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(stream).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[test]
fn text_beside_calls_is_the_plan_for_them_there_and_back() {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "look", "arguments": ""}});
    let ask = json!({"role": "user", "content": "Is it raining?"});
    let result = json!({"role": "tool", "tool_call_id": "c1", "content": "yes"});
    let chat = json!({"model": "m", "messages": [ask, {"role": "assistant", "content": "I look.", "tool_calls": [call]}, result]});
    let (body, loss) = translated(CHAT, COHERE, &chat, "command-a-03-2025").unwrap();
    let said = &body["messages"][1];
    assert_eq!((&said["tool_plan"], said.get("content")), (&json!("I look."), None));
    assert_eq!(said["tool_calls"][0]["function"]["arguments"], "{}", "a call has an object");
    assert!(loss.is_empty(), "{loss:?}");
    let (back, _) = translated(COHERE, CHAT, &body, "gpt-4o").unwrap();
    assert_eq!(back["messages"][1]["content"], "I look.");
}

#[test]
fn thoughts_go_back_to_a_model_that_thinks_only() {
    let said = json!({"role": "assistant", "content": "9.9", "reasoning_content": "Tenths first."});
    let ask = json!({"role": "user", "content": "Why?"});
    let body = json!({"model": "m", "reasoning_effort": "low", "messages": [said, ask]});
    let (thinks, loss) = translated(CHAT, COHERE, &body, "command-a-reasoning-08-2025").unwrap();
    assert_eq!(thinks["messages"][0]["content"][0], json!({"type": "thinking", "thinking": "Tenths first."}));
    assert_eq!(thinks["thinking"], json!({"type": "enabled", "token_budget": 2048}));
    assert!(loss.is_empty(), "{loss:?}");
    let (plain, loss) = translated(CHAT, COHERE, &body, "command-a-03-2025").unwrap();
    assert_eq!((&plain["messages"][0]["content"], plain.get("thinking")), (&json!("9.9"), None));
    assert_eq!(loss, ["messages[0].content[0]", "reasoning_effort"]);
}

#[test]
fn a_tool_is_named_by_leaving_the_others_out() {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
    let mut body = json!({
        "model": "m", "messages": [{"role": "user", "content": "Go."}], "tools": [tool("a"), tool("b")],
        "tool_choice": {"type": "function", "function": {"name": "b"}},
    });
    let (named, _) = translated(CHAT, COHERE, &body, "command-a-03-2025").unwrap();
    assert_eq!((named["tools"].as_array().unwrap().len(), &named["tool_choice"]), (1, &json!("REQUIRED")));
    assert_eq!(named["tools"][0]["function"]["name"], "b");
    assert_eq!(translated(CHAT, COHERE, &body, "command-r-plus-08-2024"), Err("tool_choice".to_owned()));
    body["tool_choice"] = json!({"type": "function", "function": {"name": "absent"}});
    assert_eq!(translated(CHAT, COHERE, &body, "command-a-03-2025"), Err("tool_choice".to_owned()));
    body["tool_choice"] = json!("none");
    let (none, _) = translated(CHAT, COHERE, &body, "command-r-plus-08-2024").unwrap();
    assert_eq!((none.get("tools"), none.get("tool_choice")), (None, None), "not to know of any is the same");
    let (none, _) = translated(CHAT, COHERE, &body, "command-r7b-12-2024").unwrap();
    assert_eq!(none["tool_choice"], "NONE");
}

#[test]
fn numbers_stay_within_what_the_provider_takes() {
    let body = json!({
        "model": "m", "messages": [{"role": "user", "content": "Go."}], "temperature": 1.7, "top_p": 1,
        "frequency_penalty": -1.5, "presence_penalty": 0.5, "seed": -3, "stop": ["a", "b"],
    });
    let (body, loss) = translated(CHAT, COHERE, &body, "command-a-03-2025").unwrap();
    let numbers =
        ["temperature", "p", "frequency_penalty", "presence_penalty", "seed"].map(|name| &body[name]);
    assert_eq!(json!(numbers), json!([1, 0.99, 0, 0.5, null]));
    assert_eq!(loss, ["temperature", "top_p", "frequency_penalty", "seed"]);
}

#[test]
fn documents_are_given_with_the_question() {
    let fixture =
        fixtures("requests").into_iter().find(|fixture| fixture.name == "cohere-documents").unwrap();
    let body: Value = serde_json::from_slice(&fixture.bytes).unwrap();
    // Bedrock takes documents as base64.
    for to in conversing().filter(|to| ![COHERE, Format::BedrockConverse].contains(to)) {
        let (body, loss) = translated(COHERE, to, &body, "claude-sonnet-4-5").unwrap();
        let text = body.to_string();
        let (fact, question) =
            (text.find("Penguins cannot fly.").unwrap(), text.find("Where do the tallest").unwrap());
        assert!(text.find("what are you looking for").unwrap() < fact && fact < question, "{to}: {text}");
        assert!(text.contains("Emperor penguins are the tallest."), "{to}: {text}");
        assert_eq!(loss, ["documents.content[1].id", "citation_options"], "{to}");
    }
}

#[test]
fn the_tokens_that_count_are_the_charged_ones() {
    for fixture in fixtures("responses").iter().filter(|fixture| fixture.format == COHERE) {
        let usage = read_response(COHERE, &fixture.bytes).unwrap().usage;
        let body: Value = serde_json::from_slice(&fixture.bytes).unwrap();
        let told = [&body["usage"]["billed_units"], &body["usage"]["tokens"]];
        let told = told.into_iter().find(|counts| counts.is_object());
        let expected = told.and_then(|counts| counts["input_tokens"].as_f64());
        assert_eq!(usage.as_ref().map(|usage| usage.input as f64), expected, "{}", fixture.name);
        assert!(usage.is_none_or(|usage| usage.cache_read <= usage.input && usage.raw.is_some()));
    }
}

#[test]
fn an_end_that_failed_is_an_error() {
    let body = br#"{"id":"x","message":{"role":"assistant"},"finish_reason":"ERROR","usage":{}}"#;
    for problem in [
        read_response(COHERE, body).map(|_| ()).unwrap_err(),
        translate_response(COHERE, CHAT, body, &context()).map(|_| ()).unwrap_err(),
    ] {
        assert_eq!(problem.error.unwrap().kind, ErrorKind::Upstream);
    }
    let body = br#"{"id":"x","message":"too many tokens: size limit exceeded by 326 tokens."}"#;
    let problem = read_response(COHERE, body).unwrap_err();
    assert_eq!(problem.error.unwrap().kind, ErrorKind::ContextLength);

    let stream = fixtures("streams").into_iter().find(|fixture| fixture.name == "cohere-failed").unwrap();
    for to in others(COHERE) {
        let mut transcoder = StreamTranscoder::new(COHERE, to, context());
        let fed = transcoder.feed(&stream.bytes);
        assert!(fed.error && !fed.terminal, "{to}: the marker after it ends nothing");
        let EndState::UpstreamError(error) = transcoder.finish().state else { panic!("an error") };
        assert_eq!(error.code.as_deref(), Some("INVALID_TOOL_GENERATION"));
    }
}

#[test]
fn an_error_in_a_stream_is_understood_where_it_was_written() {
    let mut error = ApiError::new(400, ErrorKind::ContextLength, "prompt is too long");
    error.code = Some("context_length_exceeded".into());
    let bytes = render_stream_error(COHERE, &error, "r1", "2026-01-02T03:04:05Z");
    let event = &events(&bytes)[0];
    assert_eq!((&event["type"], &event["delta"]["finish_reason"]), (&json!("message-end"), &json!("ERROR")));
    let mut tap = StreamTap::new(COHERE, false);
    let fed = tap.feed(bytes.into());
    assert!(fed.error && !fed.terminal);
    let EndState::UpstreamError(read) = tap.finish().state else { panic!("an error") };
    assert_eq!((read.kind, read.message), (error.kind, error.message));
}

#[test]
fn every_part_of_a_stream_begins_grows_and_ends_before_the_next() {
    for fixture in fixtures("streams").into_iter().filter(|fixture| fixture.format != COHERE) {
        let mut transcoder = StreamTranscoder::new(fixture.format, COHERE, context());
        let mut out = transcoder.feed(&fixture.bytes).bytes;
        let end = transcoder.finish();
        out.extend_from_slice(&end.forward);
        let mut open: Option<(String, Value)> = None;
        let mut texts: Vec<String> = Vec::new();
        let mut numbers = std::collections::HashMap::<String, u64>::new();
        for event in events(&out) {
            let kind = event["type"].as_str().unwrap();
            let (family, step) = kind.rsplit_once('-').unwrap();
            let name = format!("{}: {event}", fixture.name);
            match (family, step) {
                ("content" | "tool-call", "start") => {
                    assert!(open.is_none(), "{name}");
                    let next = numbers.entry(family.to_owned()).or_default();
                    assert_eq!(event["index"], *next, "{name}");
                    *next += 1;
                    open = Some((family.to_owned(), event["index"].clone()));
                    if family == "content" {
                        texts.push(String::new());
                    }
                }
                ("content" | "tool-call", "delta" | "end") => {
                    let (known, index) = open.as_ref().unwrap_or_else(|| panic!("{name}"));
                    assert_eq!((known.as_str(), index), (family, &event["index"]), "{name}");
                    if step == "end" {
                        open = None;
                    } else if let Some(text) = event["delta"]["message"]["content"]["text"].as_str() {
                        texts.last_mut().unwrap().push_str(text);
                    }
                }
                ("citation", "start") => {
                    let citation = &event["delta"]["message"]["citations"];
                    let number = |member: &str| citation[member].as_u64().unwrap() as usize;
                    let said = &texts[number("content_index")];
                    let (start, end) = (number("start"), number("end"));
                    let cited: String = said.chars().skip(start).take(end - start).collect();
                    assert_eq!(citation["text"], cited, "{name}");
                }
                ("message", "end") => assert!(open.is_none(), "{name}"),
                ("message", "start") | ("citation", "end") => {}
                _ => panic!("{name}"),
            }
        }
        let is_marked = out.ends_with(b"data: [DONE]\n\n");
        assert_eq!(is_marked, end.state == EndState::Complete, "{}", fixture.name);
    }
}
