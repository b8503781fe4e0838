//! Requests between formats: what comes out is a request of the target's format, and its own format loses nothing
//! without a word.

use postern_wire::{Beside, Envelope, translate_request};
use serde_json::Value;

use crate::Target;
use crate::input::Input;
use crate::json::{is_json, lost, plain};

pub const TARGET: Target = Target { name: "request", kinds: &["requests"], check };

const MODEL: &str = "claude-sonnet-4-5";

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let target = postern_wire::Target {
        model: MODEL,
        default_max_tokens: 4096,
        drop_params: input.switch(0),
        stream: input.switch(1),
    };
    let translated = match translate_request(input.from, input.to, input.body, &target) {
        Ok(translated) => translated,
        Err(refused) => {
            assert!(!refused.message.is_empty());
            return;
        }
    };
    assert!(is_json(input.body));
    let out = String::from_utf8(translated.body).unwrap();
    assert!(is_json(out.as_bytes()), "{out}");
    let beside = Beside { model: Some(MODEL), stream: Some(target.stream) };
    if input.from != input.to {
        // The gateway has looked at it before.
        if Envelope::peek_beside(input.from, input.body, beside).is_err() {
            return;
        }
        let inside = Envelope::peek(input.to, out.as_bytes());
        let envelope = inside.or_else(|_| Envelope::peek_beside(input.to, out.as_bytes(), beside));
        let envelope = envelope.unwrap_or_else(|refused| panic!("{refused}: {out}"));
        assert_eq!(envelope.model, MODEL, "{out}");
    } else if translated.loss.is_empty()
        && let (Some(before), Some(after)) = (plain(input.body), plain(out.as_bytes()))
    {
        let lost = lost("", &without_choices(before), &without_choices(after));
        assert_eq!(lost, None, "{}", input.from);
    }
}

/// Without what the target says.
fn without_choices(mut body: Value) -> Value {
    if let Some(members) = body.as_object_mut() {
        members.remove("model");
        members.remove("stream");
    }
    body
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
