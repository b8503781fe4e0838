//! Where formats match, nothing but the model's name changes in a request.

use bytes::Bytes;
use postern_wire::{Edits, Envelope, Format, ReplyContext, translate_response};
use serde_json::{Value, json};

use crate::fixtures::{beside, fixtures};

#[test]
fn only_the_model_changes() {
    for fixture in fixtures("requests") {
        let body = Bytes::from(fixture.bytes.clone());
        let envelope = Envelope::peek_beside(fixture.format, &body, beside(fixture.format)).unwrap();
        if !envelope.foreign_signatures().is_empty() {
            continue;
        }
        let same = envelope.rewrite(&body, &Edits::default());
        assert_eq!(same.as_ptr(), body.as_ptr(), "{}: nothing to change, nothing copied", fixture.name);
        if beside(fixture.format).model.is_some() {
            continue;
        }
        let renamed = envelope.rewrite(&body, &Edits { model: Some("ANOTHER"), ask_usage: false });
        let text = String::from_utf8(renamed.to_vec()).unwrap();
        let (before, after) = text.split_once("\"ANOTHER\"").unwrap();
        let original = std::str::from_utf8(&body).unwrap();
        assert!(original.starts_with(before) && original.ends_with(after), "{}", fixture.name);
        let gone = &original[before.len()..original.len() - after.len()];
        assert_eq!(serde_json::from_str::<String>(gone).unwrap(), envelope.model, "{}", fixture.name);
    }
}

/// What an earlier translation sealed for another provider is left out for the format's own, and nothing else is.
#[test]
fn foreign_signatures_are_cut_out_of_the_bytes() {
    let (messages, responses, gemini, chat) =
        (Format::AnthropicMessages, Format::OpenAiResponses, Format::Gemini, Format::OpenAiChat);
    for (format, body, expected, lost) in [
        (
            messages,
            r#"{"model":"m","messages":[{"role":"assistant","content":[ {"type":"thinking","thinking":"a","signature":"gemini:eA=="} , {"type":"thinking","thinking":"","signature":"gemini-call:eQ=="} , {"type":"tool_use","id":"t","name":"f","input":{"list":[{"signature":"gemini:mine"}]}},{"type":"thinking","thinking":"b","signature":"EqQB"}]}]}"#,
            r#"{"model":"m","messages":[{"role":"assistant","content":[ {"type":"tool_use","id":"t","name":"f","input":{"list":[{"signature":"gemini:mine"}]}},{"type":"thinking","thinking":"b","signature":"EqQB"}]}]}"#,
            &["messages[0].content[0]", "messages[0].content[1]"][..],
        ),
        (
            messages,
            r#"{"model":"m","messages":[{"role":"user","content":"gemini:"},{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"gemini:eA=="}]},{"role":"user","content":"y"}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"gemini:"},{"role":"user","content":"y"}]}"#,
            &["messages[1].content[0]"],
        ),
        (
            responses,
            r#"{"model":"m","input":[{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"},{"type":"reasoning","summary":[],"encrypted_content":"postern:signature:EqQB"},
 {"type":"message","role":"user","content":"x"} , {"type":"reasoning","encrypted_content":"postern:redacted:Emw"} ]}"#,
            r#"{"model":"m","input":[{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"},
 {"type":"message","role":"user","content":"x"} ]}"#,
            &["input[1]", "input[3]"],
        ),
        (
            chat,
            r#"{"model":"gemini-x","messages":[{"role":"assistant","content":"x","thinking_blocks":[{"type":"thinking","thinking":"a","signature":"gemini:eA=="}]}]}"#,
            r#"{"model":"gemini-x","messages":[{"role":"assistant","content":"x","thinking_blocks":[]}]}"#,
            &["messages[0].thinking_blocks[0]"],
        ),
        (
            gemini,
            r#"{"contents":[{"role":"model","parts":[{"text":"a","thought":true,"thoughtSignature":"cG9zdGVybjp0aG91Z2h0OkVxUUI="},{"text":"b"}]}]}"#,
            r#"{"contents":[{"role":"model","parts":[{"text":"b"}]}]}"#,
            &["contents[0].parts[0]"],
        ),
        (
            messages,
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"gemini:x"}]}],"signature":"gemini:x"}"#,
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"gemini:x"}]}],"signature":"gemini:x"}"#,
            &[],
        ),
    ] {
        let body = Bytes::from_static(body.as_bytes());
        let envelope = Envelope::peek_beside(format, &body, beside(format)).unwrap();
        assert_eq!(envelope.foreign_signatures(), lost);
        let sent = envelope.rewrite(&body, &Edits::default());
        assert_eq!(std::str::from_utf8(&sent).unwrap(), expected);
        assert_eq!(sent.as_ptr() == body.as_ptr(), lost.is_empty());
    }
}

/// Whatever a translation seals is known again: the marks are written in several places.
#[test]
fn whatever_a_translation_seals_is_found() {
    let ctx = ReplyContext::default();
    for (from, name) in [(Format::AnthropicMessages, "tool_use"), (Format::Gemini, "thinking_call")] {
        let reply =
            fixtures("responses").into_iter().find(|one| one.name == format!("{from}-{name}")).unwrap();
        for to in [Format::AnthropicMessages, Format::OpenAiResponses, Format::Gemini] {
            if from == to {
                continue;
            }
            let told = translate_response(from, to, &reply.bytes, &ctx).unwrap();
            let told: Value = serde_json::from_slice(&told.body).unwrap();
            let body = match to {
                Format::OpenAiResponses => json!({"model": "m", "input": told["output"]}),
                Format::Gemini => json!({"contents": [told["candidates"][0]["content"]]}),
                _ => json!({"model": "m", "messages": [{"role": "assistant", "content": told["content"]}]}),
            };
            let body = Bytes::from(body.to_string());
            let envelope = Envelope::peek_beside(to, &body, beside(to)).unwrap();
            // Anthropic's signatures are at home with Anthropic's clients, and in no need of a mark there.
            assert!(!envelope.foreign_signatures().is_empty(), "{from} to {to}: {told}");
            let sent = envelope.rewrite(&body, &Edits::default());
            let again = Envelope::peek_beside(to, &sent, beside(to)).unwrap();
            assert!(again.foreign_signatures().is_empty());
        }
    }
}
