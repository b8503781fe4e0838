//! Which of OpenAI's parameters of a chat request a deployment takes. Where it is asked in another format, each is put
//! through the translation, which tells what it loses; so the list cannot say other than what happens.

use postern_wire::{Format, Target};
use serde_json::{Value, json};

use crate::catalogue::Capabilities;
use crate::snapshot::Deployment;

/// A parameter with a value for which a translation would tell its loss, and what a model must be able to do for it.
fn all() -> [(&'static str, Value, Option<&'static str>); 20] {
    let schema = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}});
    let tool = json!([{"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}]);
    [
        ("frequency_penalty", json!(0.5), None),
        ("logit_bias", json!({"1": 1}), None),
        ("logprobs", json!(true), None),
        ("top_logprobs", json!(1), None),
        ("max_tokens", json!(16), None),
        ("max_completion_tokens", json!(16), None),
        ("modalities", json!(["text", "audio"]), Some("audio_out")),
        ("n", json!(2), None),
        ("presence_penalty", json!(0.5), None),
        ("seed", json!(1), None),
        ("stop", json!("a"), None),
        ("stream", json!(true), None),
        ("temperature", json!(0.5), None),
        ("top_p", json!(0.5), None),
        ("tools", tool, Some("tools")),
        ("tool_choice", json!("required"), Some("tools")),
        ("parallel_tool_calls", json!(false), Some("tools")),
        ("user", json!("a"), None),
        ("response_format", schema, None),
        ("reasoning_effort", json!("high"), Some("reasoning")),
    ]
}

/// Sorted as OpenAI's own documentation has no order either.
pub(super) fn supported(deployment: &Deployment) -> Vec<&'static str> {
    let known = deployment.known();
    let format = deployment.endpoint(Format::OpenAiChat).format;
    let mut supported: Vec<&'static str> = all()
        .into_iter()
        .filter(|(_, _, needs)| {
            // A model that nobody knows is given the benefit of the doubt.
            let can = |capabilities: Capabilities| needs.is_none_or(|needs| capabilities.has(needs));
            known.as_ref().is_none_or(|model| can(model.capabilities))
        })
        .filter(|(name, value, _)| {
            format == Format::OpenAiChat || is_carried(format, &deployment.upstream_model, name, value)
        })
        .map(|(name, ..)| name)
        .collect();
    supported.sort_unstable();
    supported
}

fn is_carried(format: Format, model: &str, name: &str, value: &Value) -> bool {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "a"}]});
    let beside = match name {
        "tool_choice" | "parallel_tool_calls" => all().into_iter().find(|(name, ..)| *name == "tools"),
        "top_logprobs" => Some(("logprobs", json!(true), None)),
        _ => None,
    };
    if let Some((other, value, _)) = beside {
        body[other] = value;
    }
    body[name] = value.clone();
    let target = Target { model, default_max_tokens: 4096, drop_params: true, stream: name == "stream" };
    let translated =
        postern_wire::translate_request(Format::OpenAiChat, format, body.to_string().as_bytes(), &target);
    translated.is_ok_and(|translated| {
        !translated.loss.0.iter().any(|lost| lost.split(['.', '[']).next() == Some(name))
    })
}

#[cfg(test)]
mod tests;
