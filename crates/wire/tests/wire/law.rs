//! Decoding a format and encoding it again gives the same JSON, for every request and every response.

use postern_wire::{ReplyContext, Target, translate_request, translate_response};
use serde_json::Value;

use crate::fixtures::{conversing, fixtures, model_of};

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn every_request_survives_its_own_format() {
    for fixture in fixtures("requests") {
        let original = json(&fixture.bytes);
        let target = Target {
            model: original["model"].as_str().unwrap_or_else(|| model_of(fixture.format)),
            default_max_tokens: 4096,
            drop_params: false,
            stream: false,
        };
        let translated = translate_request(fixture.format, fixture.format, &fixture.bytes, &target).unwrap();
        assert_eq!(json(&translated.body), original, "{}", fixture.name);
        assert!(translated.loss.is_empty(), "{}: {:?}", fixture.name, translated.loss);
    }
}

#[test]
fn every_response_survives_its_own_format() {
    let ctx = ReplyContext {
        created: 1,
        fallback_id: "f".into(),
        model: "f".into(),
        include_usage: false,
        ..ReplyContext::default()
    };
    for fixture in fixtures("responses") {
        let translated = translate_response(fixture.format, fixture.format, &fixture.bytes, &ctx).unwrap();
        assert_eq!(json(&translated.body), json(&fixture.bytes), "{}", fixture.name);
        assert!(translated.loss.is_empty(), "{}: {:?}", fixture.name, translated.loss);
    }
}

#[test]
fn raw_values_keep_their_spelling() {
    let body = br#"{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":1.0e+0,"tools":[{"type":"function","function":{"name":"t","parameters":{ "z":1.50, "a":"\u00e9" }}}]}"#;
    let target = Target { model: "m", default_max_tokens: 10, drop_params: false, stream: false };
    // The one that has no tools refuses them.
    for to in conversing() {
        let translated = translate_request(postern_wire::Format::OpenAiChat, to, body, &target).unwrap();
        let text = String::from_utf8(translated.body).unwrap();
        assert!(text.contains(r#"{ "z":1.50, "a":"\u00e9" }"#), "{text}");
        assert!(text.contains(r#""temperature":1.0e+0"#), "{text}");
    }
}
