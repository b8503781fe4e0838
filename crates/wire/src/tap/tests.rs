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
fn a_chunk_of_whole_events_is_the_same_bytes() {
    for hide in [false, true] {
        let mut tap = StreamTap::new(CHAT, hide);
        for text in [format!(": hi\n\n{HEAD}{TEXT}"), TEXT.to_owned(), "\n: still here\n".to_owned()] {
            let chunk = Bytes::from(text);
            let forward = tap.feed(chunk.clone()).forward;
            assert_eq!((forward.as_ptr(), forward.len()), (chunk.as_ptr(), chunk.len()));
        }
        let chunk = Bytes::from(format!("{TEXT}data: {{\"id"));
        let forward = tap.feed(chunk.clone()).forward;
        assert_eq!((forward.as_ptr(), forward.len()), (chunk.as_ptr(), TEXT.len()), "nor is a part copied");
    }
}

#[test]
fn an_event_is_held_until_it_is_whole() {
    let (messages, lines) = (Format::AnthropicMessages, Format::Ollama);
    let line = |text: &str| format!("{{\"model\":\"m\",\"response\":\"{text}\",\"done\":false}}\n");
    let conversation = named_events(&["{\"role\":\"assistant\"}", "{\"contentBlockIndex\":0}"]);
    for (format, events) in [
        (CHAT, vec![HEAD.into(), TEXT.into(), TEXT.into()]),
        (CHAT, vec![HEAD.replace('\n', "\r\n").into(), TEXT.replace('\n', "\r\n").into()]),
        (CHAT, vec![format!("\u{feff}id: 1\n{HEAD}").into(), format!("retry: 5\n: x\n{TEXT}").into()]),
        (messages, MESSAGE.split_inclusive("\n\n").map(|event| event.as_bytes().to_vec()).collect()),
        (lines, vec![line("a").into(), line("b").into()]),
        (Format::BedrockConverse, conversation),
    ] {
        let events: Vec<Vec<u8>> = events;
        let mut tap = StreamTap::new(format, false);
        for event in &events {
            let mut out = Vec::new();
            for byte in event {
                assert!(out.is_empty() || matches!(out.as_slice(), [.., b'\r']), "half of {format}'s event");
                out.extend_from_slice(&tap.feed(Bytes::copy_from_slice(&[*byte])).forward);
            }
            assert_eq!(out, *event, "{format}");
        }
        let whole = events.concat();
        for cut in 0..whole.len() {
            let (out, end) = run(format, false, &[&whole[..cut]]);
            assert!(whole.starts_with(&out) && out.len() <= cut);
            assert_ne!(end.state, EndState::Complete, "{format} cut at {cut}");
            assert!(end.forward.is_empty());
            assert_eq!(tail(format, &out), 0, "{format} cut at {cut}");
        }
    }
}

fn named_events(payloads: &[&str]) -> Vec<Vec<u8>> {
    let event = |payload: &&str| {
        let mut out = Vec::new();
        crate::framing::aws::write("messageStart", payload, &mut out);
        out
    };
    payloads.iter().map(event).collect()
}

/// How many bytes stand after the last whole event.
fn tail(format: Format, bytes: &[u8]) -> usize {
    let mut frames = Frames::new(format.framing());
    frames.feed(bytes, |_| ()).unwrap();
    bytes.len() - frames.pending_start() as usize
}

#[test]
fn comments_between_events_are_forwarded_at_once() {
    let mut tap = StreamTap::new(CHAT, true);
    for comment in [": ping\n", "\n", ":\r\n\r\n", ": a\r", "\n: b\n", ": c\n\n"] {
        assert_eq!(tap.feed(Bytes::from(comment)).forward, comment);
    }
    assert_eq!(tap.feed(Bytes::from(": half")).forward, "");
    assert_eq!(tap.feed(Bytes::from(" of it\n")).forward, ": half of it\n");
    assert_eq!(tap.feed(Bytes::from("event: x\n: within\n")).forward, "", "a comment inside of an event");
    assert_eq!(tap.feed(Bytes::from("\n")).forward, "event: x\n: within\n\n");
}

#[test]
fn what_cannot_be_read_is_not_forwarded_nor_is_what_follows() {
    let line = "{\"model\":\"m\",\"response\":\"a\",\"done\":false}\n";
    let bedrock = named_events(&["{\"role\":\"assistant\"}", "{}", "no", "{}"]);
    let mut damaged = bedrock[..2].concat();
    let within = bedrock[0].len() + 20;
    damaged[within] ^= 1;
    for (format, good, bad) in [
        (CHAT, HEAD.as_bytes().to_vec(), b"data: {\"this is\": not json\n\n".to_vec()),
        (CHAT, [HEAD, TEXT, ": c\n"].concat().into(), b"data: nonsense\n\n".to_vec()),
        (MESSAGES, MESSAGE.into(), b"event: content_block_delta\ndata: {\"type\"\n\n".to_vec()),
        (Format::Ollama, line.into(), b"<html>\n".to_vec()),
        (Format::Ollama, [line, "\n"].concat().into(), b"{\"response\":\"a\n".to_vec()),
        (Format::BedrockConverse, bedrock[..2].concat(), bedrock[2].clone()),
        (Format::BedrockConverse, bedrock[0].clone(), damaged[bedrock[0].len()..].to_vec()),
    ] {
        let more = if format == CHAT { [TEXT, DONE].concat().into_bytes() } else { good.clone() };
        let whole = [good.as_slice(), &bad, &more].concat();
        for size in [1, 7, whole.len()] {
            let mut tap = StreamTap::new(format, true);
            let (mut out, mut told) = (Vec::new(), 0);
            for piece in whole.chunks(size) {
                let tapped = tap.feed(Bytes::copy_from_slice(piece));
                assert!(!tapped.terminal);
                out.extend_from_slice(&tapped.forward);
                told += usize::from(tapped.broken);
            }
            let end = tap.finish();
            assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&good), "{format} by {size}");
            assert_eq!((told, end.forward.len()), (1, 0), "{format} by {size}");
            assert!(matches!(end.state, EndState::Broken { .. }), "{format}: {:?}", end.state);
        }
    }
}

#[test]
fn lines_that_belong_into_no_event_stream_wait_for_an_event() {
    let garbage = "<html>\n<p>502</p>\n\n: c\n";
    let (out, end) = run(CHAT, false, &[[HEAD, garbage].concat().as_bytes()]);
    assert_eq!((out.as_slice(), end.state), (HEAD.as_bytes(), EndState::Truncated));
    let (out, end) = run(CHAT, false, &[[HEAD, DONE, garbage].concat().as_bytes()]);
    assert_eq!((out, end.state), ([HEAD, DONE].concat().into_bytes(), EndState::Complete));
    // Readers skip them, and so there is no reason to end the stream.
    let whole = [HEAD, garbage, TEXT, STOP, DONE].concat();
    let (out, end) = run(CHAT, false, &[whole.as_bytes()]);
    assert_eq!((out.as_slice(), end.state), (whole.as_bytes(), EndState::Complete));
}

#[test]
fn what_lacks_only_its_end_is_forwarded_at_the_end_of_a_whole_stream() {
    let error = "data: {\"error\":{\"message\":\"No.\"}}";
    for (parts, forwarded) in [
        (&[HEAD, TEXT, "data: [DONE]"][..], true),
        (&[HEAD, TEXT, "data: [DONE]\n"], true),
        (&[HEAD, TEXT, STOP.trim_end()], true),
        (&[HEAD, TEXT, error], true),
        (&[HEAD, TEXT.trim_end()], false),
        (&[HEAD, STOP, &USAGE[..40]], false),
        (&[HEAD, STOP, "data: nonsense"], false),
        (&[HEAD, DONE, "data: 7"], false),
    ] {
        let (out, _) = run(CHAT, false, &[parts.concat().as_bytes()]);
        let expected = if forwarded { parts.concat() } else { parts[..parts.len() - 1].concat() };
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
    let (out, end) = run(CHAT, true, &[[HEAD, STOP, USAGE.trim_end()].concat().as_bytes()]);
    assert_eq!(out, [HEAD, STOP].concat().as_bytes());
    assert_eq!((end.state, end.usage.unwrap().input), (EndState::Complete, 9));
}

#[test]
fn what_follows_the_end_still_comes_in_whole_events() {
    let mut tap = StreamTap::new(CHAT, false);
    let last = [DONE, &USAGE[..20]].concat();
    assert_eq!(tap.feed([HEAD, &last].concat().into()).forward, [HEAD, DONE].concat());
    assert_eq!(tap.so_far().state, EndState::Complete);
    assert_eq!(tap.feed(Bytes::from(&USAGE[20..])).forward, USAGE);
}

#[test]
fn large_events_are_held_and_endless_ones_end_the_stream() {
    let piece = "x".repeat(1 << 20);
    let mut tap = StreamTap::new(CHAT, false);
    assert_eq!(tap.feed(Bytes::from(HEAD)).forward, HEAD);
    let begin = "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
    let mut sent = begin.len();
    assert!(tap.feed(Bytes::from(begin)).forward.is_empty());
    for _ in 0..7 {
        sent += piece.len();
        assert!(tap.feed(piece.clone().into()).forward.is_empty());
    }
    let forward = tap.feed(Bytes::from("\"}}]}\n\n")).forward;
    assert_eq!(forward.len(), sent + 7);
    // Data is bounded by the parser, what it does not keep by the tap.
    for begin in ["data: ", "unknown: "] {
        let mut tap = StreamTap::new(CHAT, false);
        tap.feed(Bytes::from(HEAD));
        let line = Bytes::from(format!("{begin}{piece}\n"));
        let broken = (0..70).map(|_| tap.feed(line.clone())).find(|tapped| tapped.broken);
        assert!(broken.unwrap().forward.is_empty());
        assert_eq!(tap.held.len(), 0);
        assert!(matches!(tap.finish().state, EndState::Broken { .. }));
    }
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
fn hides_the_usage_chunk_with_all_of_its_end() {
    let lines = |parts: &[&str], end: &str| parts.concat().replace('\n', end);
    for end in ["\n", "\r\n", "\r"] {
        let stream = lines(&[HEAD, TEXT, STOP, ": c\n", USAGE, DONE], end);
        let expected = lines(&[HEAD, TEXT, STOP, ": c\n", DONE], end);
        for cut in 0..=stream.len() {
            let (first, second) = stream.as_bytes().split_at(cut);
            let (out, _) = run(CHAT, true, &[first, second]);
            assert_eq!(String::from_utf8_lossy(&out), expected, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(run(CHAT, true, &bytes).0, expected.as_bytes());
    }
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
        assert_eq!(String::from_utf8_lossy(&out), "");
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
