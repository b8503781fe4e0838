//! The tap on streams as providers send them.

use super::*;
use crate::error::ErrorKind;

const CHAT: Format = Format::OpenAiChat;
const MESSAGES: Format = Format::AnthropicMessages;

const HEAD: &str = "data: {\"id\":\"c1\",\"model\":\"m\",\"service_tier\":\"flex\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\n\n";
const TEXT: &str = "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"h\\u00e9llo \\\"usage\\\" ä\"},\"finish_reason\":null}],\"usage\":null}\n\n";
const STOP: &str = "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n";
const USAGE: &str = "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn run(format: Format, hide: bool, pieces: &[&[u8]]) -> (Vec<u8>, StreamEnd) {
    let mut tap = StreamTap::new(format, hide);
    let mut out = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&tap.feed(Bytes::copy_from_slice(piece)).forward);
    }
    let end = tap.finish();
    out.extend_from_slice(&end.forward);
    (out, end)
}

#[test]
fn a_chunk_that_is_not_touched_is_the_same_bytes() {
    let mut tap = StreamTap::new(CHAT, false);
    let chunk = Bytes::from(format!("{HEAD}{TEXT}data: {{\"id"));
    let tapped = tap.feed(chunk.clone());
    assert_eq!((tapped.forward.as_ptr(), tapped.forward.len()), (chunk.as_ptr(), chunk.len()));
    let mut tap = StreamTap::new(CHAT, true);
    let chunk = Bytes::from(format!("{HEAD}{TEXT}"));
    assert_eq!(
        tap.feed(chunk.clone()).forward.as_ptr(),
        chunk.as_ptr(),
        "also when a chunk might have to be hidden"
    );
}

#[test]
fn notes_what_a_chat_stream_says() {
    let mut tap = StreamTap::new(CHAT, false);
    assert!(!tap.feed(Bytes::from(HEAD)).first_content, "an empty delta is no content");
    assert!(tap.feed(Bytes::from(TEXT)).first_content);
    assert!(!tap.feed(Bytes::from(TEXT)).first_content);
    tap.feed(Bytes::from(STOP));
    tap.feed(Bytes::from(USAGE));
    assert!(tap.feed(Bytes::from(DONE)).terminal);
    let end = tap.finish();
    assert_eq!(end.state, EndState::Complete);
    assert_eq!(end.output_chars, 2 * "héllo \"usage\" ä".chars().count() as u64);
    let usage = end.usage.unwrap();
    assert_eq!((usage.input, usage.output, usage.service_tier.as_deref()), (9, 4, Some("flex")));
    assert_eq!(
        (end.id.as_deref(), end.model.as_deref(), end.finish_reason.as_deref()),
        (Some("c1"), Some("m"), Some("stop"))
    );
}

#[test]
fn hides_the_usage_chunk_and_nothing_else_wherever_it_is_cut() {
    let stream = [": hi\n\n", HEAD, TEXT, STOP, USAGE, DONE].concat();
    let expected = [": hi\n\n", HEAD, TEXT, STOP, DONE].concat();
    for cut in 0..=stream.len() {
        let (first, second) = stream.as_bytes().split_at(cut);
        let (out, end) = run(CHAT, true, &[first, second]);
        assert_eq!(String::from_utf8_lossy(&out), expected, "cut at {cut}");
        assert_eq!(end.usage.unwrap().input, 9, "cut at {cut}");
        assert_eq!(end.state, EndState::Complete);
    }
    let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
    assert_eq!(run(CHAT, true, &bytes).0, expected.as_bytes());
}

#[test]
fn holds_back_no_event_that_has_shown_what_it_is() {
    let mut tap = StreamTap::new(CHAT, true);
    let (known, unknown) = (&TEXT[..TEXT.find("content").unwrap()], "data: {\"id\":\"c1\",");
    assert_eq!(tap.feed(Bytes::from(known)).forward, known);
    let rest = &TEXT[known.len()..];
    assert_eq!(tap.feed(Bytes::from(rest)).forward, rest);
    assert_eq!(tap.feed(Bytes::from(unknown)).forward, "");
    assert_eq!(tap.finish().forward, unknown, "what was held goes out at the end");
}

#[test]
fn usage_that_comes_with_a_choice_is_not_hidden() {
    let both = "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
    let filter = "data: {\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[]}\n\n";
    let stream = [filter, TEXT, both, DONE].concat();
    let (out, end) = run(CHAT, true, &[stream.as_bytes()]);
    assert_eq!(out, stream.as_bytes());
    assert_eq!(end.usage.unwrap().output, 2);
}

#[test]
fn a_chat_stream_is_complete_with_done_or_with_a_finish_for_every_choice() {
    let second = "data: {\"id\":\"c1\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"},\"finish_reason\":null}]}\n\n";
    let state = |parts: &[&str]| run(CHAT, false, &[parts.concat().as_bytes()]).1.state;
    assert_eq!(state(&[HEAD, TEXT, STOP]), EndState::Complete);
    assert_eq!(state(&[HEAD, TEXT, DONE]), EndState::Complete);
    assert_eq!(
        state(&[HEAD, TEXT, "data: [DONE]"]),
        EndState::Complete,
        "the last blank line may be missing"
    );
    assert_eq!(state(&[HEAD, TEXT]), EndState::Truncated);
    assert_eq!(state(&[HEAD, second, STOP]), EndState::Truncated, "the second choice never finished");
    assert_eq!(
        state(&[HEAD, &STOP[..STOP.len() - 40]]),
        EndState::Truncated,
        "half an event is not believed"
    );
    assert_eq!(state(&[]), EndState::Truncated);
}

#[test]
fn errors_and_nonsense_are_told_apart() {
    let error = "data: {\"error\":{\"message\":\"Too much load\",\"type\":\"server_error\",\"code\":\"server_is_overloaded\"}}\n\n";
    let (_, end) = run(CHAT, false, &[[HEAD, TEXT, error, DONE].concat().as_bytes()]);
    let EndState::UpstreamError(error) = end.state else { panic!("{:?}", end.state) };
    assert_eq!((error.kind, error.status), (ErrorKind::Overloaded, 529));
    assert_eq!(error.message, "Too much load");
    for nonsense in ["<html><body>nginx</body></html>", "{\"choices\":[]}", "data: nonsense\n\n"] {
        let (out, end) = run(CHAT, true, &[nonsense.as_bytes()]);
        assert!(matches!(end.state, EndState::Broken { .. }), "{nonsense}: {:?}", end.state);
        assert_eq!(out, nonsense.as_bytes());
    }
}

const MESSAGE: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],\"usage\":{\"input_tokens\":5,\"cache_read_input_tokens\":100,\"cache_creation_input_tokens\":30,\"cache_creation\":{\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20},\"output_tokens\":1,\"service_tier\":\"standard\"}}}\n\n",
    "event: ping\ndata: {\"type\": \"ping\"}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":12,\"cache_read_input_tokens\":null}}\n\n",
);
const MESSAGE_STOP: &str = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

#[test]
fn notes_what_a_messages_stream_says() {
    let (out, end) = run(MESSAGES, true, &[MESSAGE.as_bytes(), MESSAGE_STOP.as_bytes()]);
    assert_eq!(out, [MESSAGE, MESSAGE_STOP].concat().as_bytes());
    assert_eq!(end.state, EndState::Complete);
    let usage = end.usage.unwrap();
    assert_eq!((usage.input, usage.output, usage.cache_read), (135, 12, 100));
    assert_eq!((usage.cache_write_5m, usage.cache_write_1h), (10, 20));
    let raw: serde_json::Value = serde_json::from_str(usage.raw.unwrap().get()).unwrap();
    assert_eq!(
        (&raw["output_tokens"], &raw["input_tokens"]),
        (&12.into(), &5.into()),
        "both reports are kept"
    );
    assert_eq!(end.finish_reason.as_deref(), Some("end_turn"));
    assert_eq!(end.output_chars, 5);
}

#[test]
fn a_messages_stream_is_complete_with_message_stop_only() {
    assert_eq!(run(MESSAGES, false, &[MESSAGE.as_bytes()]).1.state, EndState::Truncated);
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let (_, end) = run(MESSAGES, false, &[MESSAGE.as_bytes(), error.as_bytes()]);
    let EndState::UpstreamError(error) = end.state else { panic!("{:?}", end.state) };
    assert_eq!((error.kind, error.status), (ErrorKind::Overloaded, 529));
}

#[test]
fn an_error_is_told_at_once() {
    let mut tap = StreamTap::new(MESSAGES, false);
    let tapped = tap.feed(Bytes::from(
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}}\n\n",
    ));
    assert!(tapped.error && !tapped.first_content && !tapped.terminal);
}
