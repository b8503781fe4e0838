//! Every fixture translated into every other format, as a snapshot to read: `KIND-FORMAT-CASE-to-TARGET`.

use std::fmt::Write;

use postern_wire::{
    EndState, Format, ReplyContext, StreamEnd, StreamTap, StreamTranscoder, Target, parse_error,
    render_error, translate_request, translate_response,
};
use serde_json::{Value, json};

use crate::fixtures::{conversing, end_marks, fixtures, model_of, others, shown};

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn ctx() -> ReplyContext {
    ReplyContext {
        created: 1_790_000_001,
        fallback_id: "reply-1".into(),
        model: "group".into(),
        include_usage: true,
        ..ReplyContext::default()
    }
}

#[test]
fn requests() {
    for fixture in fixtures("requests") {
        for to in conversing().filter(|to| *to != fixture.format) {
            let translate = |drop_params| {
                let target =
                    Target { model: model_of(to), default_max_tokens: 8192, drop_params, stream: false };
                match translate_request(fixture.format, to, &fixture.bytes, &target) {
                    Ok(translated) => json!({"body": parsed(&translated.body), "loss": translated.loss}),
                    Err(refused) => {
                        json!({"refused": {"message": refused.message, "param": refused.param, "code": refused.code}})
                    }
                }
            };
            let strict = translate(false);
            let is_refused = strict.get("refused").is_some();
            let shown =
                if is_refused { json!({"strict": strict, "dropping": translate(true)}) } else { strict };
            insta::assert_json_snapshot!(format!("request-{}-to-{to}", fixture.name), shown);
        }
    }
}

#[test]
fn requests_to_other_generations() {
    let of = |name: &str| {
        let fixture = fixtures("requests").into_iter().find(|fixture| fixture.name == name).unwrap();
        (fixture.format, fixture.bytes)
    };
    let (chat, messages, gemini) = (Format::OpenAiChat, Format::AnthropicMessages, Format::Gemini);
    let ollama = Format::Ollama;
    let converse = Format::BedrockConverse;
    for (name, to, model) in [
        ("openai_chat-knobs", messages, "claude-3-5-haiku-latest"),
        ("openai_chat-knobs", messages, "claude-sonnet-5"),
        ("openai_chat-reasoning_history", messages, "claude-opus-4-6"),
        ("openai_chat-named_tool", messages, "claude-sonnet-5"),
        ("openai_chat-reasoning_history", messages, "claude-opus-5"),
        ("anthropic_messages-agent", chat, "llama3.1"),
        ("anthropic_messages-structured", chat, "o4-mini"),
        ("openai_chat-knobs", gemini, "gemini-2.0-flash"),
        ("openai_chat-knobs", gemini, "gemini-3-pro-preview"),
        ("openai_chat-reasoning_history", gemini, "gemini-2.5-flash"),
        ("anthropic_messages-structured", gemini, "gemini-2.5-flash-lite"),
        ("anthropic_messages-agent", gemini, "gemini-3.5-flash"),
        ("openai_chat-knobs", ollama, "llama3.2"),
        ("openai_chat-reasoning_history", ollama, "gpt-oss:20b"),
        ("openai_chat-knobs", converse, "us.amazon.nova-2-lite-v1:0"),
        ("openai_chat-knobs", converse, "mistral.mistral-large-2407-v1:0"),
        ("openai_chat-knobs", converse, "us.anthropic.claude-opus-4-7-v1:0"),
        ("openai_chat-reasoning_history", converse, "openai.gpt-oss-120b-1:0"),
        ("openai_chat-named_tool", converse, "eu.anthropic.claude-opus-4-6-v1"),
        ("anthropic_messages-agent", converse, "us.meta.llama3-3-70b-instruct-v1:0"),
        ("anthropic_messages-agent", converse, "amazon.nova-pro-v1:0"),
    ] {
        let (format, bytes) = of(name);
        let target = Target { model, default_max_tokens: 8192, drop_params: false, stream: false };
        let translated = translate_request(format, to, &bytes, &target).unwrap();
        let mut body = parsed(&translated.body);
        // What does not depend on the model is in the other snapshots.
        if !["claude-opus-5", "gemini-3.5-flash", "amazon.nova-pro-v1:0"].contains(&model) {
            let long = ["messages", "tools", "system", "response_format", "contents", "systemInstruction"];
            for key in long.into_iter().chain((to == converse).then_some("toolConfig")) {
                body.as_object_mut().unwrap().shift_remove(key);
            }
        }
        let shown = json!({"body": body, "loss": translated.loss});
        insta::assert_json_snapshot!(format!("generation-{name}-{}", model.replace(':', "-")), shown);
    }
}

#[test]
fn responses() {
    for fixture in fixtures("responses") {
        for to in others(fixture.format) {
            let translated = translate_response(fixture.format, to, &fixture.bytes, &ctx()).unwrap();
            let shown = json!({
                "body": parsed(&translated.body),
                "summary": {
                    "id": translated.summary.id,
                    "model": translated.summary.model,
                    "finish_reason": translated.summary.finish_reason,
                    "usage": translated.summary.usage,
                },
                "loss": translated.loss,
            });
            insta::assert_json_snapshot!(format!("response-{}-to-{to}", fixture.name), shown);
        }
    }
}

fn end_of(end: &StreamEnd) -> String {
    let state = match &end.state {
        EndState::UpstreamError(error) => {
            format!("UpstreamError({} {}: {})", error.status, error.kind, error.message)
        }
        other => format!("{other:?}"),
    };
    let usage = end.usage.as_ref().map(|usage| {
        format!(
            "input {} (cached {}, written {}), output {} (reasoning {}), tier {:?}",
            usage.input,
            usage.cache_read,
            usage.cache_write_5m + usage.cache_write_1h,
            usage.output,
            usage.reasoning,
            usage.service_tier
        )
    });
    format!(
        "state: {state}\nusage: {usage:?}\nid: {:?}, model: {:?}, finish: {:?}, characters: {}\nloss: {:?}\n",
        end.id, end.model, end.finish_reason, end.output_chars, end.loss.0
    )
}

#[test]
fn streams() {
    for fixture in fixtures("streams") {
        for to in others(fixture.format) {
            let mut transcoder = StreamTranscoder::new(fixture.format, to, ctx());
            let mut out = transcoder.feed(&fixture.bytes).bytes;
            let end = transcoder.finish();
            out.extend_from_slice(&end.forward);
            let text = shown(to, &out);
            let ended = end_marks(to).iter().any(|mark| text.contains(mark));
            assert_eq!(ended, end.state == EndState::Complete, "{} to {to}: {:?}", fixture.name, end.state);
            let lines = format!("{}\n{text}", end_of(&end));
            insta::assert_snapshot!(format!("stream-{}-to-{to}", fixture.name), lines);
        }
    }
}

#[test]
fn taps() {
    for format in Format::ALL {
        let mut shown = String::new();
        for fixture in fixtures("streams").into_iter().filter(|fixture| fixture.format == format) {
            let mut tap = StreamTap::new(fixture.format, false);
            let fed = tap.feed(fixture.bytes.clone().into()).forward;
            let end = tap.finish();
            let forwarded = [fed, end.forward.clone()].concat();
            assert!(fixture.bytes.starts_with(&forwarded), "{}", fixture.name);
            if end.state == EndState::Complete {
                assert_eq!(forwarded, fixture.bytes, "{}", fixture.name);
            }
            writeln!(shown, "{}\n{}", fixture.name, end_of(&end)).unwrap();
        }
        insta::assert_snapshot!(format!("taps-{format}"), shown);
    }
}

#[test]
fn errors() {
    for fixture in fixtures("errors") {
        let (_, stem) = fixture.name.split_once('-').unwrap();
        let status = stem[..3].parse().unwrap();
        let error = parse_error(fixture.format, status, &fixture.bytes);
        for to in Format::ALL {
            let shown = json!({
                "kind": error.kind,
                "retry_after": error.retry_after,
                "body": parsed(&render_error(to, &error, "req-1", "2026-01-02T03:04:05Z")),
            });
            insta::assert_json_snapshot!(format!("error-{}-to-{to}", fixture.name), shown);
        }
    }
}
