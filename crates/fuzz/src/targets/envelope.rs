//! Envelopes: what is spliced stays JSON, and nothing changes but what was to change.

use bytes::Bytes;
use postern_wire::{Beside, Edits, Envelope, estimate_tokens};
use serde_json::{Map, Value, json};

use crate::Target;
use crate::input::Input;
use crate::json::{is_json, plain};

pub const TARGET: Target = Target { name: "envelope", kinds: &["requests"], check };

const OTHER: &str = "an\"other\u{e9}";

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let body = Bytes::copy_from_slice(input.body);
    estimate_tokens(&body);
    if let Some(renamed) = Envelope::with_model(&body, OTHER) {
        assert!(is_json(&body) && is_json(&renamed));
        if let (Some(before), Some(after)) = (plain(&body), plain(&renamed)) {
            assert_eq!(with(before, "model", json!(OTHER)), after);
        }
    }
    let beside = if input.switch(0) {
        Beside::default()
    } else {
        Beside { model: Some("beside"), stream: Some(input.switch(1)) }
    };
    let Ok(envelope) = Envelope::peek_beside(input.from, &body, beside) else { return };
    assert!(is_json(&body) && !envelope.model.trim().is_empty());

    // What other providers sealed goes first, and leaves nothing to go.
    let own = envelope.rewrite(&body, &Edits::default());
    assert_eq!(own.as_ptr() == body.as_ptr(), envelope.foreign_signatures().is_empty());
    let envelope = Envelope::peek_beside(input.from, &own, beside).unwrap();
    assert!(envelope.foreign_signatures().is_empty(), "{:?}", envelope.foreign_signatures());

    let edits = Edits { model: Some(OTHER), ask_usage: input.switch(2) };
    let out = envelope.rewrite(&own, &edits);
    assert!(is_json(&out));
    let again = Envelope::peek_beside(input.from, &out, beside).unwrap();
    assert_eq!(again.model, if envelope.is_model_inside() { OTHER } else { "beside" });
    assert_eq!(
        (again.stream, &again.user, again.max_output_tokens, again.choices, &again.memory),
        (envelope.stream, &envelope.user, envelope.max_output_tokens, envelope.choices, &envelope.memory)
    );
    assert!(again.include_usage || !envelope.include_usage);
    // Asking twice changes nothing more.
    assert_eq!(again.rewrite(&out, &edits).as_ptr(), out.as_ptr());

    if let (Some(mut before), Some(mut after)) = (plain(&own), plain(&out)) {
        if envelope.is_model_inside() {
            before = with(before, "model", json!(OTHER));
        }
        if edits.ask_usage && before != after {
            assert_eq!(after["stream_options"]["include_usage"], true);
            before = without_usage(before);
            after = without_usage(after);
        }
        assert_eq!(before, after);
    }
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

/// Without the flag, nor options that had nothing else.
fn without_usage(mut object: Value) -> Value {
    if let Some(options) = object.get_mut("stream_options").and_then(Value::as_object_mut) {
        options.remove("include_usage");
    }
    let is_empty = |options: &Value| options.is_null() || options.as_object().is_some_and(Map::is_empty);
    if let (true, Some(members)) =
        (object.get("stream_options").is_some_and(is_empty), object.as_object_mut())
    {
        members.remove("stream_options");
    }
    object
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
