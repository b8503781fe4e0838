//! What only completions have: a prompt in place of a conversation, and log probabilities in lists.

use std::fmt::Write;

use postern_wire::{Format, ReplyContext, StreamTap, StreamTranscoder, Target, translate_request};
use serde_json::{Value, json};

use crate::fixtures::{fixtures, model_of, others};

const COMPLETIONS: Format = Format::OpenAiCompletions;

fn chunks(stream: &[u8]) -> Vec<Value> {
    let stream = std::str::from_utf8(stream).unwrap();
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// Offsets are the characters before a token, over all chunks of a choice.
#[test]
fn log_probabilities_of_a_chat_stream_come_with_their_text() {
    let token = |text: &str| json!({"token": text, "logprob": -0.5, "bytes": null, "top_logprobs": [{"token": text, "logprob": -0.5, "bytes": null}]});
    let mut input = String::new();
    for tokens in [&["Né", "e"][..], &[" in"], &[" Oslo"]] {
        let logprobs: Vec<Value> = tokens.iter().map(|text| token(text)).collect();
        let choice = json!({"index": 0, "delta": {"content": tokens.concat()}, "logprobs": {"content": logprobs}, "finish_reason": null});
        let chunk = json!({"id": "c", "model": "m", "choices": [choice]});
        write!(input, "data: {chunk}\n\n").unwrap();
    }
    input.push_str("data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    let mut transcoder = StreamTranscoder::new(Format::OpenAiChat, COMPLETIONS, ReplyContext::default());
    let out = chunks(&transcoder.feed(input.as_bytes()).bytes);
    assert!(transcoder.finish().loss.is_empty());
    let told: Vec<(&Value, &Value, &Value)> = out
        .iter()
        .map(|chunk| &chunk["choices"][0])
        .map(|choice| (&choice["text"], &choice["logprobs"]["tokens"], &choice["logprobs"]["text_offset"]))
        .collect();
    let expected = [
        (json!("Née"), json!(["Né", "e"]), json!([0, 2])),
        (json!(" in"), json!([" in"]), json!([3])),
        (json!(" Oslo"), json!([" Oslo"]), json!([6])),
        (json!(""), Value::Null, Value::Null),
    ];
    assert_eq!(told, expected.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>());
    assert_eq!(out[0]["choices"][0]["logprobs"]["top_logprobs"], json!([{"Né": -0.5}, {"e": -0.5}]));
}

#[test]
fn the_usage_chunk_that_was_not_asked_for_is_hidden() {
    let fixture = fixtures("streams").into_iter().find(|one| one.name == "openai_completions-text").unwrap();
    let mut tap = StreamTap::new(COMPLETIONS, true);
    let forwarded = tap.feed(fixture.bytes.into()).forward;
    let end = tap.finish();
    assert_eq!(end.usage.unwrap().output, 8);
    let chunks = chunks(&forwarded);
    assert_eq!(chunks.len(), 4);
    assert!(chunks.iter().all(|chunk| chunk["usage"].is_null()));
}

/// What only this format has is refused by every other one, whether or not that has heard of it.
#[test]
fn what_cannot_be_honoured_elsewhere_is_refused_by_its_name() {
    for (member, value) in [
        ("suffix", json!("}")),
        ("echo", json!(true)),
        ("best_of", json!(2)),
        ("prompt", json!(["a", "b"])),
        ("prompt", json!([1, 2])),
        ("prompt", json!("")),
        ("guided_regex", json!("[ab]")),
    ] {
        let mut body = json!({"model": "m", "prompt": "a"});
        body[member] = value;
        let body = body.to_string();
        for to in others(COMPLETIONS) {
            let target =
                Target { model: model_of(to), default_max_tokens: 9, drop_params: false, stream: false };
            let refused = translate_request(COMPLETIONS, to, body.as_bytes(), &target).unwrap_err();
            assert_eq!(refused.param.as_deref(), Some(member), "{to}");
        }
    }
    for harmless in [json!({"suffix": ""}), json!({"echo": false}), json!({"best_of": 2, "n": 2})] {
        let mut body = json!({"model": "m", "prompt": "a"});
        body.as_object_mut().unwrap().extend(harmless.as_object().unwrap().clone());
        let target = Target { model: "m", default_max_tokens: 9, drop_params: false, stream: false };
        let translated =
            translate_request(COMPLETIONS, Format::OpenAiChat, body.to_string().as_bytes(), &target).unwrap();
        assert!(translated.loss.is_empty(), "{:?}", translated.loss);
    }
}
