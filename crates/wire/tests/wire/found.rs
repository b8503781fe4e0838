//! What `postern-fuzz` found: a test for each, so that it does not come again.

use bytes::Bytes;
use postern_wire::{
    EndState, EventReader, Format, LossReport, ReplyContext, StreamEnd, StreamTap, StreamTranscoder, Target,
    TranslatedRequest, read_response, translate_request, translate_response,
};
use serde_json::{Value, json};

use crate::fixtures::{conversing, others};

const CHAT: Format = Format::OpenAiChat;
const MESSAGES: Format = Format::AnthropicMessages;

fn request(from: Format, to: Format, body: &Value) -> (Value, LossReport) {
    let target = Target { model: "m", default_max_tokens: 10, drop_params: false, stream: false };
    let TranslatedRequest { body, loss, .. } =
        translate_request(from, to, body.to_string().as_bytes(), &target).unwrap();
    (serde_json::from_slice(&body).unwrap(), loss)
}

fn response(from: Format, to: Format, body: &Value) -> Value {
    let body = body.to_string();
    let told = translate_response(from, to, body.as_bytes(), &ReplyContext::default()).unwrap();
    serde_json::from_slice(&told.body).unwrap()
}

fn stream(from: Format, to: Format, text: &str) -> (String, StreamEnd) {
    let ctx = ReplyContext { include_usage: true, ..ReplyContext::default() };
    let mut transcoder = StreamTranscoder::new(from, to, ctx);
    let mut out = transcoder.feed(text.as_bytes()).bytes;
    let end = transcoder.finish();
    out.extend_from_slice(&end.forward);
    (String::from_utf8(out).unwrap(), end)
}

/// What a tap that hides the usage chunk lets through, byte by byte and at once.
fn hidden(text: &str) -> (String, String) {
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
    let run = |pieces: &[&[u8]]| {
        let mut tap = StreamTap::new(CHAT, true);
        let fed = pieces.iter().flat_map(|piece| tap.feed(Bytes::copy_from_slice(piece)).forward);
        let mut out: Vec<u8> = fed.collect();
        out.extend_from_slice(&tap.finish().forward);
        String::from_utf8(out).unwrap()
    };
    (run(&pieces), run(&[text.as_bytes()]))
}

const TEXT: &str =
    r#"data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"data: {"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#;

/// Its own spelling of white space would end the event in the middle.
#[test]
fn arguments_on_several_lines_stay_in_one_event() {
    let call =
        r#"{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{\n  \"a\": 1\r\n}"}}"#;
    let text = format!(
        "data: {{\"id\":\"c\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{call}]}},\"finish_reason\":\"tool_calls\"}}]}}\n\ndata: [DONE]\n\n"
    );
    for to in others(CHAT).filter(|to| *to != Format::BedrockConverse) {
        let (out, _) = stream(CHAT, to, &text);
        let mut reader = EventReader::new(to.framing());
        let judge = |event: postern_wire::sse::Event<'_>| {
            assert!(
                event.data == b"[DONE]" || serde_json::from_slice::<Value>(event.data).is_ok(),
                "{to}: {out}"
            );
        };
        reader.feed(out.as_bytes(), judge).unwrap();
        assert!(!reader.is_foreign(), "{to}: {out}");
    }
    let of_google = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},\ndata: \"finishReason\":\"STOP\"}]}\n\n";
    let (out, _) = stream(Format::Gemini, Format::Gemini, of_google);
    assert_eq!(out.trim_end().lines().count(), 1, "an event of several lines is passed on as one: {out}");
}

#[test]
fn counters_that_nothing_can_hold_are_no_panic() {
    let most = u64::MAX;
    for (format, body) in [
        (
            MESSAGES,
            json!({"content": [], "usage": {"input_tokens": most, "output_tokens": most, "cache_read_input_tokens": most, "cache_creation": {"ephemeral_1h_input_tokens": most, "ephemeral_5m_input_tokens": most}}}),
        ),
        (
            CHAT,
            json!({"choices": [], "usage": {"prompt_tokens": most, "completion_tokens": most, "total_tokens": most, "prompt_tokens_details": {"cached_tokens": most, "cache_write_tokens": most}}}),
        ),
        (
            Format::OpenAiResponses,
            json!({"status": "completed", "output": [], "usage": {"input_tokens": most, "output_tokens": most}}),
        ),
        (
            Format::Gemini,
            json!({"candidates": [{"content": {"parts": []}}], "usageMetadata": {"promptTokenCount": most, "candidatesTokenCount": most, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": most}, {"modality": "AUDIO", "tokenCount": most}]}}),
        ),
    ] {
        let usage = read_response(format, body.to_string().as_bytes()).unwrap().usage.unwrap();
        assert!(i64::try_from(usage.input + usage.output + usage.cache_read).is_ok(), "{format}");
        for to in others(format) {
            response(format, to, &body);
        }
    }
}

#[test]
fn an_ollama_client_is_told_other_providers_tokens() {
    let usage = json!({"promptTokenCount": 4, "candidatesTokenCount": 6, "eval_duration": 1});
    let body = json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}], "usageMetadata": usage});
    let told = response(Format::Gemini, Format::Ollama, &body);
    assert_eq!((&told["prompt_eval_count"], &told["eval_count"]), (&json!(4), &json!(6)));
}

#[test]
fn members_may_be_called_anything() {
    for name in ["a/b", "/", "~/a", "!/a/b", "~1", "~", "generationConfig/x"] {
        for (format, mut body) in [
            (CHAT, json!({"model": "m", "messages": [{"role": "user", "content": "x"}]})),
            (
                MESSAGES,
                json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}),
            ),
            (Format::OpenAiResponses, json!({"model": "m", "input": [{"role": "user", "content": "x"}]})),
            (Format::Gemini, json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}]})),
            (Format::Ollama, json!({"model": "m", "messages": [{"role": "user", "content": "x"}]})),
            (Format::Cohere, json!({"model": "m", "messages": [{"role": "user", "content": "x"}]})),
            (Format::OpenAiCompletions, json!({"model": "m", "prompt": "x"})),
        ] {
            body[name] = json!(1);
            let (own, loss) = request(format, format, &body);
            assert_eq!((own, loss.is_empty()), (body.clone(), true), "{format}");
            let to = if format == CHAT { MESSAGES } else { CHAT };
            let (_, loss) = request(format, to, &body);
            assert!(loss.0.contains(&name.to_owned()), "{format} {name}: {loss:?}");
        }
    }
}

#[test]
fn what_is_not_understood_stays() {
    for (format, body) in [
        (
            CHAT,
            json!({"object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "logprobs": "l"}], "usage": 7}),
        ),
        (
            CHAT,
            json!({"object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": [{"type": "tool_calls", "x": 1}]}}]}),
        ),
        (
            Format::OpenAiCompletions,
            json!({"object": "text_completion", "choices": [{"index": 0, "text": "x", "logprobs": true}], "usage": 7}),
        ),
        (MESSAGES, json!({"type": "message", "role": "assistant", "content": [], "usage": 7})),
        (
            Format::Ollama,
            json!({"message": {"role": "assistant", "content": "x"}, "done": true, "done_reason": 7}),
        ),
        (
            Format::OpenAiResponses,
            json!({"object": "response", "status": "completed", "output": [{"type": 7, "role": "assistant", "content": "x"}]}),
        ),
        (
            Format::Cohere,
            json!({"message": {"role": "assistant", "content": [{"type": "tool_calls", "x": 1}]}}),
        ),
    ] {
        assert_eq!(response(format, format, &body), body, "{format}");
    }
    let tools = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    let contents = json!([{"role": "user", "parts": [{"text": "x"}]}]);
    for (format, body) in [
        (Format::Cohere, json!({"model": "m", "messages": [], "tools": tools, "strict_tools": "no"})),
        (Format::Gemini, json!({"contents": contents, "generationConfig": {"responseMimeType": [1]}})),
        (
            Format::Gemini,
            json!({"contents": contents, "generationConfig": {"responseMimeType": "application/json", "responseSchema": 7}}),
        ),
        (
            Format::OpenAiResponses,
            json!({"model": "m", "input": [{"type": "message", "role": "user", "content": [{"type": "message", "role": "user"}]}]}),
        ),
        (
            Format::Gemini,
            json!({"contents": contents, "generationConfig": {"thinkingConfig": {"thinkingBudget": -2}}}),
        ),
        (
            Format::OpenAiResponses,
            json!({"model": "m", "input": [{"type": "reasoning", "summary": [], "reasoning": 1}]}),
        ),
    ] {
        assert_eq!(request(format, format, &body).0, body, "{format}");
    }
}

#[test]
fn a_responses_request_has_an_input() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": []}]});
    for from in [CHAT, MESSAGES, Format::Cohere] {
        let (told, _) = request(from, Format::OpenAiResponses, &body);
        assert!(told["input"].is_array() || told["input"].is_string(), "{from}: {told}");
    }
}

/// It is held until it is whole, so that its beginning decides nothing.
#[test]
fn a_usage_chunk_that_looks_like_another_is_hidden() {
    let odd = r#"data: {"id":"c","created":{"delta":{}},"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#;
    let text = format!("{TEXT}\n\n{odd}\n\n{USAGE}\n\ndata: [DONE]\n\n");
    let (cut, whole) = hidden(&text);
    assert_eq!(cut, whole);
    assert_eq!(whole, format!("{TEXT}\n\ndata: [DONE]\n\n"));
}

#[test]
fn an_event_that_cannot_be_read_ends_no_hiding() {
    let text = format!("{TEXT}\n\n{USAGE}\n\ndata: {{\"choices\" [}}\n\n{USAGE}\n\ndata: [DONE]\n\n");
    let (cut, whole) = hidden(&text);
    assert_eq!(cut, whole);
    assert!(!whole.contains(USAGE) && whole.contains("[}"), "{whole}");
}

/// Whoever bills and whoever translates read the same.
#[test]
fn an_event_called_other_than_it_is_means_one_thing() {
    let text = r#"event: message_start
data: {"type":"message_start","message":{"id":"i","model":"m","usage":{"input_tokens":5,"output_tokens":1}}}

event: content_block_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":12}}

event: message_stop
data: {}

"#;
    let (out, end) = stream(MESSAGES, CHAT, text);
    assert_eq!((&end.state, end.usage.unwrap().output), (&EndState::Complete, 12));
    assert!(out.contains("\"completion_tokens\":12"), "{out}");
    let text = r#"event: response.completed
data: {"type":false,"response":{"id":"r","status":"completed","model":"m","output":[],"usage":{"input_tokens":10,"output_tokens":5}}}

"#;
    for to in conversing().filter(|to| ![Format::OpenAiResponses, Format::BedrockConverse].contains(to)) {
        let (out, end) = stream(Format::OpenAiResponses, to, text);
        assert_eq!((end.state, end.usage.unwrap().input), (EndState::Complete, 10));
        assert!(out.contains("10"), "{to}: {out}");
    }
}

#[test]
fn an_end_without_a_response_ends_nothing() {
    for (data, is_error) in [
        (json!({"type": "response.completed"}), false),
        (json!({"type": "response.completed", "response": 7}), false),
        (json!({"type": "response.completed", "error": {"message": "No."}}), true),
        (
            json!({"type": "response.completed", "response": {"status": "failed", "error": {"message": "No."}}}),
            true,
        ),
        (
            json!({"type": "response.failed", "response": {"status": "failed", "error": {"message": "No."}}}),
            true,
        ),
    ] {
        let text = format!("event: response.completed\ndata: {data}\n\n");
        for to in others(Format::OpenAiResponses) {
            let (out, end) = stream(Format::OpenAiResponses, to, &text);
            assert_eq!(matches!(end.state, EndState::UpstreamError(_)), is_error, "{data}: {:?}", end.state);
            let mut tap = StreamTap::new(to, false);
            tap.feed(Bytes::from(out.clone()));
            assert_eq!(tap.finish().state, EndState::Truncated, "{to} {data}: {out}");
        }
    }
}
