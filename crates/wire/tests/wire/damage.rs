//! Whatever a client or a provider sends, the answer is a value, never a panic, and never a finished stream that was
//! not finished.

use std::sync::LazyLock;

use bytes::Bytes;
use postern_wire::{
    Edits, EndState, Envelope, Format, ReplyContext, StreamTap, StreamTranscoder, Target, parse_error,
    read_response, translate_request, translate_response,
};
use proptest::prelude::*;

use crate::fixtures::{Fixture, beside, fixtures, others, shown};

static ALL: LazyLock<Vec<Fixture>> =
    LazyLock::new(|| ["requests", "responses", "streams", "errors"].into_iter().flat_map(fixtures).collect());

/// Puts bytes through everything that takes bytes.
fn swallow(format: Format, bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    if let Ok(envelope) = Envelope::peek_beside(format, &body, beside(format)) {
        let out = envelope.rewrite(&body, &Edits { model: Some("other"), ask_usage: true });
        let expected = beside(format).model.unwrap_or("other");
        assert_eq!(Envelope::peek_beside(format, &out, beside(format)).unwrap().model, expected);
    }
    let target =
        Target { model: "claude-sonnet-4-5", default_max_tokens: 100, drop_params: true, stream: false };
    let ctx = ReplyContext {
        created: 1,
        fallback_id: "f".into(),
        model: "m".into(),
        include_usage: true,
        ..ReplyContext::default()
    };
    for to in Format::ALL {
        if let Ok(translated) = translate_request(format, to, bytes, &target) {
            serde_json::from_slice::<serde::de::IgnoredAny>(&translated.body).unwrap();
        }
        if let Ok(translated) = translate_response(format, to, bytes, &ctx) {
            serde_json::from_slice::<serde::de::IgnoredAny>(&translated.body).unwrap();
        }
    }
    let _ = read_response(format, bytes);
    assert!(!parse_error(format, 500, bytes).message.is_empty());
    let mut tap = StreamTap::new(format, true);
    tap.feed(body);
    tap.finish();
    for to in others(format) {
        let mut transcoder = StreamTranscoder::new(format, to, ctx.clone());
        transcoder.feed(bytes);
        transcoder.finish();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_input_is_survived(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let fixture = &ALL[which.index(ALL.len())];
        let mut bytes = fixture.bytes.clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1).max(bytes.len() / 2));
        for format in Format::ALL {
            swallow(format, &bytes);
        }
    }

    #[test]
    fn nonsense_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in Format::ALL {
            swallow(format, &bytes);
        }
    }
}

#[test]
fn a_stream_cut_anywhere_before_its_end_is_never_finished() {
    let complete = [
        "openai_chat-tools",
        "openai_chat-text",
        "anthropic_messages-tools",
        "anthropic_messages-text",
        "openai_responses-tools",
        "openai_responses-text",
        "openai_responses-incomplete",
        "gemini-tools",
        "gemini-text",
        "ollama-tools",
        "ollama-text",
        "ollama_generate-text",
        "cohere-tools",
        "cohere-text",
        "openai_completions-text",
        "bedrock_converse-tools",
        "bedrock_converse-text",
    ];
    for fixture in fixtures("streams").iter().filter(|fixture| complete.contains(&fixture.name.as_str())) {
        let find = |mark: &str| fixture.bytes.windows(mark.len()).position(|bytes| bytes == mark.as_bytes());
        // Of a chat, Gemini or Bedrock stream nothing is missing once its finish reason is there.
        let end = [
            "\"finish_reason\":\"",
            "event: message_stop",
            "event: response.completed",
            "event: response.incomplete",
            "\"finishReason\"",
            "\"done\":true",
            "event: message-end",
            "messageStop",
        ]
        .into_iter()
        .find_map(find)
        .unwrap();
        for (cut, to) in (0..end).flat_map(|cut| others(fixture.format).map(move |to| (cut, to))) {
            let ctx = ReplyContext {
                created: 1,
                fallback_id: "f".into(),
                model: "m".into(),
                include_usage: true,
                ..ReplyContext::default()
            };
            let mut transcoder = StreamTranscoder::new(fixture.format, to, ctx);
            let mut out = transcoder.feed(&fixture.bytes[..cut]).bytes;
            let end = transcoder.finish();
            out.extend_from_slice(&end.forward);
            assert_eq!(end.state, EndState::Truncated, "{} cut at {cut}", fixture.name);
            let out = shown(to, &out);
            for mark in [
                "[DONE]",
                "message_stop",
                "message_delta",
                "\"finish_reason\":\"",
                "response.completed",
                "response.incomplete",
                "\"finishReason\"",
                "\"done\":true",
                "message-end",
                "messageStop",
                "{\"event\":\"metadata\"",
            ] {
                assert!(!out.contains(mark), "{} cut at {cut} says {mark}", fixture.name);
            }
        }
    }
}

#[test]
fn nesting_without_end_is_survived() {
    let depth = 50_000;
    let open = r#"{"type":"tool_result","tool_use_id":"t","content":["#.repeat(depth);
    let close = "]}".repeat(depth);
    let body =
        format!(r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":[{open}{close}]}}]}}"#);
    swallow(Format::AnthropicMessages, body.as_bytes());
    let open = r#"{"functionResponse":{"name":"f","parts":["#.repeat(depth);
    let close = "]}}".repeat(depth);
    let body = format!(r#"{{"contents":[{{"parts":[{open}{close}]}}]}}"#);
    swallow(Format::Gemini, body.as_bytes());
    let open = r#"{"items":"#.repeat(depth);
    let close = "}".repeat(depth);
    let tool = format!(r#"{{"functionDeclarations":[{{"name":"f","parameters":{open}1{close}}}]}}"#);
    swallow(Format::Gemini, format!(r#"{{"contents":[],"tools":{tool}}}"#).as_bytes());
    let open = r#"{"toolResult":{"toolUseId":"t","content":["#.repeat(depth);
    let close = "]}}".repeat(depth);
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{open}{close}]}}]}}"#);
    swallow(Format::BedrockConverse, body.as_bytes());
}
