//! Fields that contradict each other and images that are too large are refused before a provider is asked, by name and
//! with the limit.

use postern_wire::{Format, Target, translate_request};
use serde_json::{Value, json};

fn refused(from: Format, to: Format, body: &Value) -> Option<(String, String)> {
    let body = serde_json::to_vec(body).unwrap();
    let target = Target { model: "m", default_max_tokens: 100, drop_params: false, stream: false };
    let problem = translate_request(from, to, &body, &target).err()?;
    assert_eq!(problem.code, "invalid_value", "{problem:?}");
    Some((problem.param.unwrap(), problem.message))
}

fn chat(extra: Value) -> Value {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

#[test]
fn a_tool_that_is_not_there_cannot_be_demanded() {
    let tools = json!([{"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}]);
    let named = |name: &str| json!({"type": "function", "function": {"name": name}});
    for (body, is_refused) in [
        (chat(json!({"tool_choice": "required"})), true),
        (chat(json!({"tools": tools, "tool_choice": named("b")})), true),
        (chat(json!({"tools": tools, "tool_choice": named("a")})), false),
        (chat(json!({"tools": tools, "tool_choice": "required"})), false),
    ] {
        let refused = refused(Format::OpenAiChat, Format::AnthropicMessages, &body);
        assert_eq!(refused.map(|(param, _)| param), is_refused.then(|| "tool_choice".to_owned()), "{body}");
    }
}

#[test]
fn thinking_must_leave_room_for_an_answer() {
    let body = json!({"model": "m", "max_tokens": 1024, "thinking": {"type": "enabled", "budget_tokens": 2048},
        "messages": [{"role": "user", "content": "Hi"}]});
    let (param, message) = refused(Format::AnthropicMessages, Format::OpenAiChat, &body).unwrap();
    assert_eq!(param, "thinking.budget_tokens");
    assert!(message.contains("2048") && message.contains("1024"), "{message}");
}

#[test]
fn an_image_that_is_too_large_is_refused_with_the_limit() {
    let image = |bytes: usize| {
        let url = format!("data:image/png;base64,{}", "A".repeat(bytes / 3 * 4));
        json!([{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": url}}])
    };
    let body = |bytes| json!({"model": "m", "messages": [{"role": "user", "content": image(bytes)}]});
    let (param, message) =
        refused(Format::OpenAiChat, Format::AnthropicMessages, &body(6 * 1024 * 1024)).unwrap();
    assert_eq!(param, "messages[0].content[1]");
    assert!(message.contains("5242880"), "{message}");
    let limit = 4 * 1024 * 1024;
    assert_eq!(refused(Format::OpenAiChat, Format::AnthropicMessages, &body(limit)), None);
    assert!(refused(Format::OpenAiChat, Format::BedrockConverse, &body(limit)).is_some());
    assert_eq!(refused(Format::OpenAiChat, Format::Gemini, &body(6 * 1024 * 1024)), None);
}

#[test]
fn a_response_goes_on_with_one_thing_only() {
    let body = json!({"model": "m", "input": "x", "previous_response_id": "r", "conversation": "c"});
    let problem = postern_wire::Envelope::peek(Format::OpenAiResponses, &serde_json::to_vec(&body).unwrap())
        .unwrap_err();
    assert_eq!(problem.param.as_deref(), Some("previous_response_id"));
}
