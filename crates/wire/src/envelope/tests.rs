//! Peeking and splicing.

use bytes::Bytes;

use super::*;

const CHAT: Format = Format::OpenAiChat;
const MESSAGES: Format = Format::AnthropicMessages;

fn peek(body: &str) -> Envelope {
    Envelope::peek(CHAT, body.as_bytes()).unwrap()
}

fn refused(format: Format, body: &[u8]) -> (&'static str, Option<String>) {
    let error = Envelope::peek(format, body).unwrap_err();
    assert!(error.message.ends_with('.'), "{}", error.message);
    (error.code, error.param)
}

fn rewritten(body: &str, model: Option<&str>, ask_usage: bool) -> String {
    let bytes = Bytes::copy_from_slice(body.as_bytes());
    let out = peek(body).rewrite(&bytes, &Edits { model, ask_usage });
    String::from_utf8(out.to_vec()).unwrap()
}

#[test]
fn reads_what_the_gateway_needs_of_a_chat_request() {
    let envelope = peek(
        r#"{"user":"ann","messages":[],"n":3,"stream":true,"max_tokens":5,"max_completion_tokens":1e2,
            "stream_options":{"include_usage":true},"model":"gpt-5"}"#,
    );
    assert_eq!(envelope.model, "gpt-5");
    assert!(envelope.stream && envelope.include_usage);
    assert_eq!(envelope.user.as_deref(), Some("ann"));
    assert_eq!((envelope.max_output_tokens, envelope.choices), (Some(100), 3));
}

#[test]
fn reads_what_the_gateway_needs_of_a_messages_request() {
    let body = br#"{"model":"m","messages":[],"max_tokens":9,"metadata":{"user_id":"u-1"},"n":5,"user":7}"#;
    let envelope = Envelope::peek(MESSAGES, body).unwrap();
    assert_eq!((envelope.user.as_deref(), envelope.max_output_tokens), (Some("u-1"), Some(9)));
    assert_eq!(
        (envelope.choices, envelope.stream),
        (1, false),
        "`n` and `user` are no members of this format"
    );
}

#[test]
fn reads_what_the_gateway_needs_of_a_completions_request() {
    let completions = Format::OpenAiCompletions;
    let choices = |rest: &str| {
        let body = format!(r#"{{"model":"m","max_tokens":7,"user":"ann"{rest}}}"#);
        let envelope = Envelope::peek(completions, body.as_bytes()).unwrap();
        assert_eq!((envelope.user.as_deref(), envelope.max_output_tokens), (Some("ann"), Some(7)));
        envelope.choices
    };
    for (rest, expected) in [
        ("", 1),
        (r#","prompt":null"#, 1),
        (r#","prompt":"""#, 1),
        (r#","prompt":[]"#, 1),
        (r#","prompt":[ 1, 2, 3]"#, 1),
        (r#","prompt":["a",1]"#, 1),
        (r#","prompt":["a","b","c"]"#, 3),
        (r#","prompt":[[1,2],[3]],"n":2"#, 4),
        (r#","prompt":["a","b"],"n":2,"best_of":5"#, 10),
    ] {
        assert_eq!(choices(rest), expected, "{rest}");
    }
    for (rest, code) in [(r#""prompt":7"#, "invalid_type"), (r#""best_of":0"#, "invalid_value")] {
        let (found, _) = refused(completions, format!(r#"{{"model":"m",{rest}}}"#).as_bytes());
        assert_eq!(found, code, "{rest}");
    }
    let body = Bytes::from_static(br#"{"model":"m","prompt":"x","stream":true}"#);
    let edits = Edits { model: None, ask_usage: true };
    let asked = Envelope::peek(completions, &body).unwrap().rewrite(&body, &edits);
    let expected = r#"{"model":"m","stream_options":{"include_usage":true},"prompt":"x","stream":true}"#;
    assert_eq!(asked, expected);
}

#[test]
fn null_is_absent_where_the_format_says_so() {
    let envelope =
        peek(r#"{"model":"m","messages":[],"stream":null,"n":null,"user":null,"max_tokens":null}"#);
    assert_eq!((envelope.stream, envelope.choices, envelope.max_output_tokens), (false, 1, None));
}

#[test]
fn refuses_what_is_no_request() {
    for (body, code, param) in [
        (&b""[..], "invalid_json", None),
        (b"  \n", "invalid_json", None),
        (b"{\"model\":\"m\",", "invalid_json", None),
        (b"{\"model\":\"m\",\"messages\":[}", "invalid_json", None),
        (b"{\"model\":\"m\",\"messages\":[]} x", "invalid_json", None),
        (b"{\"model\":\"\xff\",\"messages\":[]}", "invalid_utf8", None),
        (b"[1,2]", "invalid_type", None),
        (b"\"text\"", "invalid_type", None),
        (b"{\"messages\":[]}", "missing_field", Some("model")),
        (b"{\"model\":null,\"messages\":[]}", "invalid_type", Some("model")),
        (b"{\"model\":7,\"messages\":[]}", "invalid_type", Some("model")),
        (b"{\"model\":\" \",\"messages\":[]}", "invalid_value", Some("model")),
        (b"{\"model\":\"m\"}", "missing_field", Some("messages")),
        (b"{\"model\":\"m\",\"messages\":{}}", "invalid_type", Some("messages")),
        (b"{\"model\":\"m\",\"messages\":null}", "invalid_type", Some("messages")),
        (b"{\"model\":\"m\",\"messages\":[],\"stream\":\"true\"}", "invalid_type", Some("stream")),
        (b"{\"model\":\"m\",\"messages\":[],\"stream\":1}", "invalid_type", Some("stream")),
        (b"{\"model\":\"m\",\"messages\":[],\"n\":0}", "invalid_value", Some("n")),
        (b"{\"model\":\"m\",\"messages\":[],\"max_tokens\":-1}", "invalid_type", Some("max_tokens")),
        (b"{\"model\":\"m\",\"messages\":[],\"max_tokens\":1.5}", "invalid_type", Some("max_tokens")),
        (b"{\"model\":\"m\",\"messages\":[],\"stream_options\":[]}", "invalid_type", Some("stream_options")),
        (
            b"{\"model\":\"m\",\"messages\":[],\"stream_options\":{\"include_usage\":1}}",
            "invalid_type",
            Some("stream_options.include_usage"),
        ),
    ] {
        let expected = (code, param.map(str::to_owned));
        assert_eq!(refused(CHAT, body), expected, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_broken_body_is_told_where_and_what_was_expected() {
    let error = Envelope::peek(CHAT, b"{\n  \"model\": \"m\"\n  \"messages\": []}").unwrap_err();
    assert_eq!(error.message, "The request body is not valid JSON: expected `,` or `}` at line 3 column 3.");
}

#[test]
fn refuses_duplicates_of_every_key_it_reads_also_in_escaped_spelling() {
    for (format, body) in [
        (CHAT, r#"{"model":"a","model":"b","messages":[]}"#),
        (CHAT, r#"{"model":"a","mod\u0065l":"b","messages":[]}"#),
        (CHAT, r#"{"model":"a","messages":[],"messages":[1]}"#),
        (CHAT, r#"{"model":"a","messages":[],"stream":true,"stream":false}"#),
        (CHAT, r#"{"model":"a","messages":[],"n":1,"n":9}"#),
        (CHAT, r#"{"model":"a","messages":[],"max_tokens":1,"max_tokens":9}"#),
        (CHAT, r#"{"model":"a","messages":[],"user":"x","\u0075ser":"y"}"#),
        (CHAT, r#"{"model":"a","messages":[],"stream_options":{},"stream_options":{}}"#),
        (
            CHAT,
            r#"{"model":"a","messages":[],"stream_options":{"include_usage":false,"include_usage":true}}"#,
        ),
        (MESSAGES, r#"{"model":"a","messages":[],"metadata":{"user_id":"x","user_id":"y"}}"#),
        (MESSAGES, r#"{"model":"a","messages":[],"max_tokens":1,"max_tokens":2}"#),
    ] {
        assert_eq!(refused(format, body.as_bytes()).0, "duplicate_field", "{body}");
    }
}

#[test]
fn duplicates_of_other_keys_are_not_its_business() {
    let body = r#"{"model":"a","seed":1,"seed":2,"messages":[]}"#;
    assert_eq!(rewritten(body, Some("b"), false), body.replace("\"a\"", "\"b\""));
}

#[test]
fn nothing_to_change_shares_the_bytes() {
    let body = Bytes::from_static(
        br#"{"model":"a","messages":[],"stream":true,"stream_options":{"include_usage":true}}"#,
    );
    let envelope = Envelope::peek(CHAT, &body).unwrap();
    let out = envelope.rewrite(&body, &Edits { model: Some("a"), ask_usage: true });
    assert_eq!(out.as_ptr(), body.as_ptr());
    assert_eq!(out.len(), body.len());
}

#[test]
fn every_other_byte_stays_as_it_was() {
    let body = "\r\n { \"messages\" : [ {\"content\":\"\\u00e9\\ud83d\\ude00 \\/ é\"} ],\t\"temperature\":1.0e+0, \"x\":0.10,\n \
                \"model\" :\"na\\u006de\" ,\"big\":123456789012345678901234567890}\n ";
    let out = rewritten(body, Some("a \"quoted\" \\ näme\n"), true);
    assert_eq!(out, body.replace("\"na\\u006de\"", r#""a \"quoted\" \\ näme\n""#));
}

#[test]
fn asks_for_usage_wherever_the_options_stand() {
    let flag = r#""include_usage":true"#;
    for (options, expected) in [
        (
            String::new(),
            format!(r#"{{"model":"a","stream_options":{{{flag}}},"messages":[],"stream":true}}"#),
        ),
        (r#","stream_options":null"#.into(), options_body(&format!("{{{flag}}}"))),
        (r#","stream_options":{}"#.into(), options_body(&format!("{{{flag}}}"))),
        (
            r#","stream_options":{ "include_obfuscation":false }"#.into(),
            options_body(&format!(r#"{{{flag}, "include_obfuscation":false }}"#)),
        ),
        (
            r#","stream_options":{"a":1,"include_usage" : false,"b":2}"#.into(),
            options_body(r#"{"a":1,"include_usage" : true,"b":2}"#),
        ),
        (r#","stream_options":{"include_usage":null}"#.into(), options_body(&format!("{{{flag}}}"))),
    ] {
        let body = format!(r#"{{"model":"a","messages":[],"stream":true{options}}}"#);
        assert_eq!(rewritten(&body, None, true), expected);
    }
}

fn options_body(options: &str) -> String {
    format!(r#"{{"model":"a","messages":[],"stream":true,"stream_options":{options}}}"#)
}

#[test]
fn asks_for_usage_and_renames_at_once() {
    let body = r#"{"stream_options":{"x":1},"stream":true,"messages":[],"model":"a"}"#;
    let expected =
        r#"{"stream_options":{"include_usage":true,"x":1},"stream":true,"messages":[],"model":"long name"}"#;
    assert_eq!(rewritten(body, Some("long name"), true), expected);
}

#[test]
fn never_asks_for_usage_where_there_is_no_chat_stream() {
    let body = r#"{"model":"a","messages":[]}"#;
    assert_eq!(rewritten(body, None, true), body);
    let bytes = Bytes::from_static(br#"{"model":"a","messages":[],"stream":true}"#);
    let envelope = Envelope::peek(MESSAGES, &bytes).unwrap();
    assert_eq!(envelope.rewrite(&bytes, &Edits { model: None, ask_usage: true }), bytes);
}

#[test]
fn deep_nesting_is_only_scanned() {
    let depth = 200_000;
    let body = format!(r#"{{"model":"a","messages":[{}{}]}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(peek(&body).model, "a");
}

#[test]
fn reads_what_the_gateway_needs_of_a_responses_request() {
    let peek = |body: &str| Envelope::peek(Format::OpenAiResponses, body.as_bytes());
    let envelope = peek(
        r#"{"model":"m","input":[],"stream":true,"max_output_tokens":7,"safety_identifier":"s","store":false}"#,
    )
    .unwrap();
    assert_eq!((envelope.model.as_str(), envelope.stream), ("m", true));
    assert_eq!((envelope.max_output_tokens, envelope.user.as_deref()), (Some(7), Some("s")));
    assert_eq!(peek(r#"{"model":"m","input":"x","user":"u"}"#).unwrap().user.as_deref(), Some("u"));
    for context in
        [r#""previous_response_id":"resp_1""#, r#""prompt":{"id":"p"}"#, r#""conversation":"conv_1""#]
    {
        assert!(peek(&format!(r#"{{"model":"m",{context}}}"#)).is_ok(), "{context}");
    }
    for (body, code) in [
        (r#"{"model":"m"}"#, "missing_field"),
        (r#"{"model":"m","input":null,"prompt":null}"#, "invalid_type"),
        (r#"{"model":"m","input":{}}"#, "invalid_type"),
        (r#"{"model":"m","input":"a","input":"b"}"#, "duplicate_field"),
    ] {
        assert_eq!(peek(body).unwrap_err().code, code, "{body}");
    }
}
