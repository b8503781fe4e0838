//! A completions request into the canonical model. What is not taken here stays in `extra`.

use serde_json::value::RawValue;

use super::super::{OWNER, prompt};
use crate::canonical::{Extra, Opaque, OutputLimit, RawText, Request};
use crate::envelope::BadRequest;
use crate::json::Members;
use crate::openai::settings;

/// What servers of this format add to it that an answer without it would betray.
const INSISTED: &[(&str, &str)] = &[
    ("suffix", "the text to come after the completion"),
    ("echo", "the prompt before the completion"),
    ("prompt_embeds", "a prompt other than text"),
    ("prompt_logprobs", "log probabilities of the prompt"),
    ("stop_token_ids", "a token to stop at"),
    ("structured_outputs", HELD),
    ("guided_json", HELD),
    ("guided_regex", HELD),
    ("guided_choice", HELD),
    ("guided_grammar", HELD),
    ("grammar", HELD),
    ("json_schema", HELD),
];
const HELD: &str = "a completion that is held to a grammar";

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    members.take("model");
    let mut extra = Extra::default();
    let messages = prompt::take(&mut members, &mut extra)?;
    for (name, what) in INSISTED {
        insist(&mut members, name, what, &mut extra);
    }
    let choices: Option<u64> = members.take_as("n");
    best_of(&mut members, choices, &mut extra);
    let top_logprobs = logprobs(&mut members);
    Ok(Request {
        owner: OWNER,
        system: None,
        messages,
        tools: None,
        tool_choice: None,
        parallel_tool_calls: None,
        limit: members
            .take_as("max_tokens")
            .map(|tokens| OutputLimit { tokens, member: "max_tokens".to_owned() }),
        sampling: settings::sampling(&mut members),
        stop: settings::stop(&mut members),
        choices,
        logprobs: top_logprobs.is_some().then_some(true),
        top_logprobs,
        logit_bias: members.take("logit_bias").map(RawValue::to_owned),
        effort: None,
        thinking: None,
        output: settings::output(&mut members),
        modalities: None,
        service_tier: members.take_as("service_tier"),
        user: members.take_as("user"),
        metadata: None,
        stream: members.take_as("stream"),
        include_usage: settings::include_usage(&mut members, OWNER, &mut extra),
        extra: {
            extra.add("", OWNER, members);
            extra
        },
    })
}

fn insist(members: &mut Members<'_>, name: &str, what: &str, extra: &mut Extra) {
    let Some(raw) = members.get(name) else { return };
    let member = Opaque { owner: OWNER, kind: name.to_owned(), raw: raw.to_owned() };
    if !member.is_empty() {
        members.take(name);
        extra.insist(OWNER, name, what, Some(raw));
    }
}

/// The best of as many as are returned is all of them.
fn best_of(members: &mut Members<'_>, choices: Option<u64>, extra: &mut Extra) {
    const NAME: &str = "best_of";
    let is_more = members
        .get(NAME)
        .and_then(|raw| raw.get().parse::<u64>().ok())
        .map(|best_of| best_of > choices.unwrap_or(1));
    match is_more {
        Some(true) => insist(members, NAME, "the best of more completions than are returned", extra),
        Some(false) => {
            if let Some(raw) = members.take(NAME) {
                extra.note(OWNER, NAME, raw);
            }
        }
        None => {}
    }
}

/// How many of the likeliest tokens are wanted. Chat has a flag, and a number beside it.
fn logprobs(members: &mut Members<'_>) -> Option<RawText> {
    members.get("logprobs")?.get().parse::<u64>().ok()?;
    members.take("logprobs").map(RawValue::to_owned)
}
