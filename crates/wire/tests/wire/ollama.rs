//! What only Ollama has: streams unasked, lines, calls without ids, and a second format for a single prompt.

use bytes::Bytes;
use postern_wire::{
    ApiError, EndState, Envelope, ErrorKind, Format, Framing, ReplyContext, StreamTap, StreamTranscoder,
    Target, parse_error, read_response, render_stream_error, translate_request, translate_response,
};
use serde_json::{Value, json};

use crate::fixtures::{Fixture, fixtures};

const FAMILY: [Format; 2] = [Format::Ollama, Format::OllamaGenerate];

fn named(kind: &str, name: &str) -> Fixture {
    fixtures(kind).into_iter().find(|fixture| fixture.name == name).unwrap()
}

fn target(model: &str) -> Target<'_> {
    Target { model, default_max_tokens: 1000, drop_params: false, stream: false }
}

fn ctx() -> ReplyContext {
    ReplyContext { created: 1_790_000_001, fallback_id: "f".into(), model: "m".into(), ..Default::default() }
}

fn translated(from: Format, to: Format, body: &Value) -> Value {
    let body = translate_request(from, to, body.to_string().as_bytes(), &target("m")).unwrap().body;
    serde_json::from_slice(&body).unwrap()
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    assert!(bytes.is_empty() || bytes.ends_with(b"\n"));
    bytes.split_inclusive(|byte| *byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
}

#[test]
fn a_request_streams_unless_it_says_otherwise() {
    for (format, rest) in [(Format::Ollama, r#""messages":[]"#), (Format::OllamaGenerate, r#""prompt":"x""#)]
    {
        assert_eq!(format.framing(), Framing::JsonLines);
        for (stream, expected) in [
            ("", true),
            (r#","stream":null"#, true),
            (r#","stream":true"#, true),
            (r#","stream":false"#, false),
        ] {
            let body = format!(r#"{{"model":"m",{rest}{stream}}}"#);
            assert_eq!(Envelope::peek(format, body.as_bytes()).unwrap().stream, expected, "{body}");
        }
    }
    // Other formats' requests say so here, whatever they said.
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(translated(Format::OpenAiChat, Format::Ollama, &body)["stream"], false);
    let wanted = Target { stream: true, ..target("m") };
    let streamed =
        translate_request(Format::Ollama, Format::OpenAiChat, body.to_string().as_bytes(), &wanted);
    let streamed: Value = serde_json::from_slice(&streamed.unwrap().body).unwrap();
    assert_eq!(streamed["stream"], true);
}

#[test]
fn the_envelope_reads_the_limit_and_refuses_nonsense() {
    let peek = |format, body: &'static str| Envelope::peek(format, &Bytes::from(body));
    for (predict, expected) in
        [("50", Some(50)), ("50.0", Some(50)), ("0", None), ("-1", None), ("null", None)]
    {
        let body = format!(r#"{{"model":"m","messages":[],"options":{{"num_predict":{predict}}}}}"#);
        assert_eq!(
            Envelope::peek(Format::Ollama, body.as_bytes()).unwrap().max_output_tokens,
            expected,
            "{body}"
        );
    }
    // To load a model, or to let it go.
    assert!(peek(Format::Ollama, r#"{"model":"m","keep_alive":0}"#).is_ok());
    assert!(peek(Format::OllamaGenerate, r#"{"model":"m"}"#).is_ok());
    for (format, body, code, param) in [
        (Format::Ollama, r#"{"model":"m","messages":{}}"#, "invalid_type", "messages"),
        (Format::Ollama, r#"{"messages":[]}"#, "missing_field", "model"),
        (Format::Ollama, r#"{"model":"m","options":[]}"#, "invalid_type", "options"),
        (Format::OllamaGenerate, r#"{"model":"m","prompt":["x"]}"#, "invalid_type", "prompt"),
        (
            Format::OllamaGenerate,
            r#"{"model":"m","prompt":"x","options":{"num_predict":"x"}}"#,
            "invalid_type",
            "options.num_predict",
        ),
        (
            Format::Ollama,
            r#"{"model":"m","messages":[],"options":{"num_predict":1,"num_predict":2}}"#,
            "duplicate_field",
            "options.num_predict",
        ),
    ] {
        let refused = peek(format, body).unwrap_err();
        assert_eq!((refused.code, refused.param.as_deref()), (code, Some(param)), "{body}");
    }
}

#[test]
fn calls_without_ids_get_ones_by_which_results_find_them() {
    let reply = named("responses", "ollama-calls_without_ids");
    let there = translate_response(Format::Ollama, Format::AnthropicMessages, &reply.bytes, &ctx()).unwrap();
    let there: Value = serde_json::from_slice(&there.body).unwrap();
    let ids: Vec<&str> =
        there["content"].as_array().unwrap().iter().filter_map(|block| block["id"].as_str()).collect();
    assert_eq!(ids, ["call_2026030110220025_1", "call_2026030110220025_2"]);

    let body = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "Compare."}, {"role": "assistant", "content": there["content"]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": ids[1], "content": "19"},
            {"type": "tool_result", "tool_use_id": ids[0], "content": "4"}]}]});
    let back = translated(Format::AnthropicMessages, Format::Ollama, &body);
    let calls = &back["messages"][1]["tool_calls"];
    assert_eq!(
        calls[1],
        json!({"id": ids[1], "function": {"index": 1, "name": "weather", "arguments": {"city": "Rome"}}})
    );
    for (message, id, content) in [(2, ids[1], "19"), (3, ids[0], "4")] {
        let expected =
            json!({"role": "tool", "content": content, "tool_name": "weather", "tool_call_id": id});
        assert_eq!(back["messages"][message], expected);
    }
}

#[test]
fn arguments_are_sent_when_they_are_whole_and_kept_if_they_never_are() {
    let mut transcoder = StreamTranscoder::new(Format::OpenAiChat, Format::Ollama, ctx());
    let mut send = |delta: Value, finish: Option<&str>| {
        let chunk = json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        lines(&transcoder.feed(format!("data: {chunk}\n\n").as_bytes()).bytes)
    };
    let call = |index: u64, arguments: &str| json!({"tool_calls": [{"index": index, "id": format!("c{index}"), "function": {"name": "f", "arguments": arguments}}]});
    let more = |index: u64, arguments: &str| json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]});
    assert_eq!(send(call(0, "{\"a\":"), None).len(), 0);
    assert_eq!(send(more(0, "1}"), None).len(), 0);
    let said = send(json!({"content": "And"}), None);
    assert_eq!(said[0]["message"]["tool_calls"][0]["function"]["arguments"], json!({"a": 1}));
    assert_eq!(said[1]["message"]["content"], "And");
    assert_eq!(send(call(1, "{\"b\": tru"), None).len(), 0);
    assert_eq!(send(json!({}), Some("tool_calls")).len(), 0);
    let end = transcoder.feed(b"data: [DONE]\n\n");
    assert!(end.terminal);
    let end = lines(&end.bytes);
    let broken = &end[0]["message"]["tool_calls"][0]["function"];
    assert_eq!(broken["arguments"], json!({"raw_arguments": "{\"b\": tru"}));
    assert_eq!((&end[1]["done"], &end[1]["done_reason"]), (&json!(true), &json!("stop")));
    assert_eq!(transcoder.finish().loss.0, ["message.arguments"]);
}

#[test]
fn an_error_is_a_line_and_the_end_of_the_stream() {
    for format in FAMILY {
        let error = ApiError::new(529, ErrorKind::Overloaded, "Too \"much\"\nat once.");
        let bytes = render_stream_error(format, &error, "r1", "2026-01-02T03:04:05Z");
        let told = &lines(&bytes)[0];
        assert_eq!((&told["error"], &told["request_id"]), (&json!("Too \"much\"\nat once."), &json!("r1")));
        let mut tap = StreamTap::new(format, false);
        assert!(tap.feed(bytes.clone().into()).error);
        let EndState::UpstreamError(read) = tap.finish().state else { panic!("an error") };
        assert_eq!(read.message, error.message);
        // A whole body is written the same way.
        let problem = read_response(format, &bytes).unwrap_err();
        assert_eq!(problem.error.unwrap().message, error.message);
    }
}

#[test]
fn errors_are_understood_by_what_they_say() {
    for (status, message, kind) in [
        (400, "the input length exceeds the context length", ErrorKind::ContextLength),
        (404, "model 'llama9' not found", ErrorKind::NotFound),
        (401, "unauthorized", ErrorKind::Authentication),
        (503, "server busy, please try again.  maximum pending requests exceeded", ErrorKind::Overloaded),
        (500, "llama runner process has terminated", ErrorKind::Upstream),
    ] {
        let body = json!({ "error": message }).to_string();
        let error = parse_error(Format::Ollama, status, body.as_bytes());
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }
}

#[test]
fn a_line_of_a_stream_is_no_whole_reply() {
    for (format, body) in [
        (Format::Ollama, r#"{"model":"m","message":{"role":"assistant","content":"x"},"done":false}"#),
        (Format::Ollama, r#"{"model":"m","response":"x","done":true}"#),
        (Format::OllamaGenerate, r#"{"model":"m","response":"x","done":false}"#),
        (Format::OllamaGenerate, r#"{"model":"m","message":{"content":"x"},"done":true}"#),
    ] {
        assert!(read_response(format, body.as_bytes()).is_err(), "{body}");
        assert!(translate_response(format, Format::OpenAiChat, body.as_bytes(), &ctx()).is_err(), "{body}");
    }
}

#[test]
fn the_last_bytes_end_the_stream() {
    let stream = named("streams", "ollama-text").bytes;
    let last = stream.iter().rposition(|byte| *byte == b'\n').unwrap();
    let before = stream[..last].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let mut tap = StreamTap::new(Format::Ollama, false);
    assert!(!tap.feed(Bytes::copy_from_slice(&stream[..before])).terminal);
    assert!(tap.feed(Bytes::copy_from_slice(&stream[before..])).terminal);
    let end = tap.finish();
    let raw: Value = serde_json::from_str(end.usage.unwrap().raw.unwrap().get()).unwrap();
    assert_eq!((&raw["eval_count"], &raw["total_duration"]), (&json!(14), &json!(900_000_000)));
}

/// A prompt that its own server answers by way of a chat loses nothing: the options are the same.
#[test]
fn a_single_prompt_becomes_a_chat_and_its_answer_comes_back() {
    let request = named("requests", "ollama_generate-full");
    let there =
        translate_request(Format::OllamaGenerate, Format::Ollama, &request.bytes, &target("m")).unwrap();
    assert!(there.loss.is_empty(), "{:?}", there.loss);
    let (there, original): (Value, Value) =
        (serde_json::from_slice(&there.body).unwrap(), serde_json::from_slice(&request.bytes).unwrap());
    for member in ["options", "format", "think", "keep_alive", "stream"] {
        assert_eq!(there[member], original[member], "{member}");
    }
    assert_eq!(there["messages"][1]["images"], original["images"]);
    for stream in ["text", "thinking"] {
        let stream = named("streams", &format!("ollama_generate-{stream}"));
        let through = |from, to, bytes: &[u8]| {
            let mut transcoder = StreamTranscoder::new(from, to, ctx());
            let mut out = transcoder.feed(bytes).bytes;
            out.extend_from_slice(&transcoder.finish().forward);
            out
        };
        let chat = through(Format::OllamaGenerate, Format::Ollama, &stream.bytes);
        let mut expected = lines(&stream.bytes);
        expected.last_mut().unwrap().as_object_mut().unwrap().remove("context");
        assert_eq!(lines(&through(Format::Ollama, Format::OllamaGenerate, &chat)), expected);
    }
}

/// What loads a model is no conversation, except to who loads models.
#[test]
fn a_prompt_without_words_loads_the_model() {
    let body = json!({"model": "m", "prompt": "", "system": "Be brief.", "keep_alive": "1h"});
    let there = translated(Format::OllamaGenerate, Format::Ollama, &body);
    assert_eq!((&there["messages"], &there["keep_alive"]), (&json!([]), &json!("1h")));
    for to in [Format::OpenAiChat, Format::AnthropicMessages, Format::Gemini, Format::OpenAiResponses] {
        let refused =
            translate_request(Format::OllamaGenerate, to, body.to_string().as_bytes(), &target("m"));
        assert!(refused.is_err(), "{to}");
    }
}

#[test]
fn a_single_turn_becomes_a_prompt_and_nothing_more_does() {
    let (chat, generate) = (Format::OpenAiChat, Format::OllamaGenerate);
    let user = json!({"role": "user", "content": "Name a river."});
    let body = json!({"model": "m", "messages": [{"role": "system", "content": "Be brief."}, user], "max_tokens": 5});
    let expected = json!({"model": "m", "system": "Be brief.", "prompt": "Name a river.", "options": {"num_predict": 5}, "stream": false});
    assert_eq!(translated(chat, generate, &body), expected);
    let tool = json!({"type": "function", "function": {"name": "f"}});
    for (refused, param) in [
        (
            json!({"model": "m", "messages": [user, {"role": "assistant", "content": "The Po."}]}),
            "messages[1]",
        ),
        (json!({"model": "m", "messages": [user, user]}), "messages[1]"),
        (json!({"model": "m", "messages": [user], "tools": [tool]}), "tools"),
        (json!({"model": "m", "messages": []}), "messages"),
    ] {
        let refused =
            translate_request(chat, generate, refused.to_string().as_bytes(), &target("m")).unwrap_err();
        assert_eq!(refused.param.as_deref(), Some(param));
    }
}
