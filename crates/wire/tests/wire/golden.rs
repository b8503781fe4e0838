//! Every fixture translated into the other format, as a snapshot to read.

use std::fmt::Write;

use postern_wire::{
    EndState, ReplyContext, StreamEnd, StreamTap, StreamTranscoder, Target, parse_error, render_error,
    translate_request, translate_response,
};
use serde_json::{Value, json};

use crate::fixtures::{fixtures, other};

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn ctx() -> ReplyContext {
    ReplyContext {
        created: 1_790_000_001,
        fallback_id: "reply-1".into(),
        model: "group".into(),
        include_usage: true,
    }
}

#[test]
fn requests() {
    for fixture in fixtures("requests") {
        let to = other(fixture.format);
        let model = if to.as_str() == "openai_chat" { "gpt-5" } else { "claude-sonnet-4-5" };
        let translate = |drop_params| {
            let target = Target { model, default_max_tokens: 8192, drop_params };
            match translate_request(fixture.format, to, &fixture.bytes, &target) {
                Ok(translated) => json!({"body": parsed(&translated.body), "loss": translated.loss}),
                Err(refused) => {
                    json!({"refused": {"message": refused.message, "param": refused.param, "code": refused.code}})
                }
            }
        };
        let strict = translate(false);
        let is_refused = strict.get("refused").is_some();
        assert_eq!(is_refused, fixture.name.ends_with("_refused"), "{}: {strict}", fixture.name);
        let shown = if is_refused { json!({"strict": strict, "dropping": translate(true)}) } else { strict };
        insta::assert_json_snapshot!(format!("request-{}", fixture.name), shown);
    }
}

#[test]
fn requests_to_other_generations() {
    let of = |name: &str| {
        let fixture = fixtures("requests").into_iter().find(|fixture| fixture.name == name).unwrap();
        (fixture.format, fixture.bytes)
    };
    for (name, model) in [
        ("openai_chat-knobs", "claude-3-5-haiku-latest"),
        ("openai_chat-knobs", "claude-sonnet-5"),
        ("openai_chat-reasoning_history", "claude-opus-4-6"),
        ("openai_chat-named_tool", "claude-sonnet-5"),
        ("openai_chat-reasoning_history", "claude-opus-5"),
        ("anthropic_messages-agent", "llama3.1"),
        ("anthropic_messages-structured", "o4-mini"),
    ] {
        let (format, bytes) = of(name);
        let target = Target { model, default_max_tokens: 8192, drop_params: false };
        let translated = translate_request(format, other(format), &bytes, &target).unwrap();
        let mut body = parsed(&translated.body);
        // What does not depend on the model is in the other snapshots.
        if model != "claude-opus-5" {
            for key in ["messages", "tools", "system", "response_format"] {
                body.as_object_mut().unwrap().shift_remove(key);
            }
        }
        let shown = json!({"body": body, "loss": translated.loss});
        insta::assert_json_snapshot!(format!("generation-{name}-{model}"), shown);
    }
}

#[test]
fn responses() {
    for fixture in fixtures("responses") {
        let translated =
            translate_response(fixture.format, other(fixture.format), &fixture.bytes, &ctx()).unwrap();
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
        insta::assert_json_snapshot!(format!("response-{}", fixture.name), shown);
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
        let mut transcoder = StreamTranscoder::new(fixture.format, other(fixture.format), ctx());
        let mut out = transcoder.feed(&fixture.bytes).bytes;
        let end = transcoder.finish();
        out.extend_from_slice(&end.forward);
        let text = String::from_utf8(out).unwrap();
        let ended = text.contains("[DONE]") || text.contains("message_stop");
        assert_eq!(ended, end.state == EndState::Complete, "{}: {:?}", fixture.name, end.state);
        insta::assert_snapshot!(format!("stream-{}", fixture.name), format!("{}\n{text}", end_of(&end)));
    }
}

#[test]
fn taps() {
    let mut shown = String::new();
    for fixture in fixtures("streams") {
        let mut tap = StreamTap::new(fixture.format, false);
        assert_eq!(tap.feed(fixture.bytes.clone().into()).forward, fixture.bytes, "{}", fixture.name);
        writeln!(shown, "{}\n{}", fixture.name, end_of(&tap.finish())).unwrap();
    }
    insta::assert_snapshot!("taps", shown);
}

#[test]
fn errors() {
    for fixture in fixtures("errors") {
        let (_, stem) = fixture.name.split_once('-').unwrap();
        let status = stem[..3].parse().unwrap();
        let error = parse_error(fixture.format, status, &fixture.bytes);
        let kind = error.kind;
        let rendered = |format| parsed(&render_error(format, &error, "req-1", "2026-01-02T03:04:05Z"));
        let shown = json!({
            "kind": kind,
            "retry_after": error.retry_after,
            "openai_chat": rendered(postern_wire::Format::OpenAiChat),
            "anthropic_messages": rendered(postern_wire::Format::AnthropicMessages),
        });
        insta::assert_json_snapshot!(format!("error-{}", fixture.name), shown);
    }
}
