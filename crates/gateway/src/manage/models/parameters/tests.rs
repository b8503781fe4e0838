use postern_wire::Format;
use serde_json::json;

use super::{all, is_carried};

#[test]
fn what_a_translation_loses_is_not_supported() {
    let value = |wanted: &str| all().into_iter().find(|(name, ..)| *name == wanted).unwrap().1;
    for (format, name, expected) in [
        (Format::AnthropicMessages, "temperature", true),
        (Format::AnthropicMessages, "tools", true),
        (Format::AnthropicMessages, "stream", true),
        (Format::AnthropicMessages, "seed", false),
        (Format::AnthropicMessages, "logit_bias", false),
        (Format::AnthropicMessages, "frequency_penalty", false),
        (Format::Gemini, "seed", true),
        (Format::Gemini, "logit_bias", false),
        (Format::Gemini, "user", false),
        (Format::OpenAiResponses, "seed", false),
        (Format::OpenAiResponses, "tool_choice", true),
    ] {
        assert_eq!(is_carried(format, "any-model", name, &value(name)), expected, "{format:?} {name}");
    }
    assert!(
        !is_carried(Format::Gemini, "any-model", "n", &json!("several")),
        "what is no request is not carried"
    );
}
