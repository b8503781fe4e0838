//! Complete chat responses.

use serde_json::value::RawValue;

use super::{OWNER, message};
use crate::canonical::{Choice, Encoding, Extra, Response};
use crate::json::{self, Members, ObjectWriter, array};
use crate::openai::{finish, logprobs, usage};
use crate::read::NotAResponse;
use crate::translate::ReplyContext;

pub(super) fn decode(mut members: Members<'_>) -> Result<Response, NotAResponse> {
    let raw = members.take("choices").and_then(json::elements);
    let raw = raw.ok_or_else(|| NotAResponse::new("The provider's reply has no `choices`."))?;
    let choices = raw.into_iter().enumerate().map(choice).collect::<Result<_, _>>()?;
    members.take("object");
    // Kept among the rest, too: to its own format it is a member of its own.
    let tier = members.text("service_tier").map(String::from);
    Ok(Response {
        owner: OWNER,
        id: members.take_as("id"),
        model: members.take_as("model"),
        created: members.take("created").map(RawValue::to_owned),
        choices,
        usage: members.take_read("usage", |raw| usage::read(raw, tier)),
        echo: Extra::default(),
        extra: Extra::rest(OWNER, members),
    })
}

fn choice((position, raw): (usize, &RawValue)) -> Result<Choice, NotAResponse> {
    let wrong =
        |what: &str| NotAResponse::new(format!("The provider's `choices[{position}]` has no {what}."));
    let mut members = json::members(raw).ok_or_else(|| wrong("members"))?;
    let raw = members.take("message").ok_or_else(|| wrong("message"))?;
    let path = format!("choices[{position}].message");
    let message = message::decode(raw, &path).map_err(|refused| NotAResponse::new(refused.message))?;
    Ok(Choice {
        index: members.take_as("index").unwrap_or(position as u64),
        message,
        finish: members.take_as::<String>("finish_reason").map(|word| finish::read(&word)),
        stop_sequence: None,
        logprobs: members.take_read("logprobs", logprobs::read),
        extra: Extra::rest(OWNER, members),
    })
}

pub(super) fn encode(response: Response, ctx: &ReplyContext, to: &mut Encoding) -> String {
    let is_own = response.owner == OWNER;
    let Response { owner: _, id, model, created, choices, usage, echo: _, extra } = response;
    let mut out = ObjectWriter::new();
    let id = id.or_else(|| (!is_own).then(|| ctx.fallback_id.clone()));
    let model = model.or_else(|| (!is_own).then(|| ctx.model.clone()));
    out.maybe_string("id", id.as_deref()).string("object", "chat.completion");
    match created {
        Some(created) => out.raw("created", created.get()),
        None if is_own => &mut out,
        None => out.put("created", ctx.created),
    };
    out.maybe_string("model", model.as_deref());
    let choices: Vec<String> = choices
        .into_iter()
        .enumerate()
        .map(|(position, choice)| encode_choice(&choice, position, is_own, to))
        .collect();
    out.raw("choices", &array(choices));
    if let Some(usage) = usage {
        match usage.raw.as_ref().filter(|_| is_own) {
            Some(raw) => out.raw("usage", raw.get()),
            None => out.raw("usage", &usage::write(&usage).to_string()),
        };
    }
    extra.write(OWNER, &mut out, "", &mut to.loss);
    out.finish()
}

fn encode_choice(choice: &Choice, position: usize, is_own: bool, to: &mut Encoding) -> String {
    let Choice { index, message, finish, stop_sequence, logprobs, extra } = choice;
    let path = format!("choices[{position}]");
    // A reply is one message, and its encoder drops rather than refuses.
    let messages = message::encode(message, &format!("{path}.message"), to).unwrap_or_default();
    let mut out = ObjectWriter::new();
    out.put("index", *index);
    match messages.first() {
        Some(message) => out.raw("message", message),
        None => out.raw("message", "{\"role\":\"assistant\",\"content\":null}"),
    };
    match logprobs {
        Some(logprobs) if is_own => {
            out.raw("logprobs", logprobs.raw.get());
        }
        Some(logprobs) => {
            to.lose_if(logprobs.tokens.is_empty(), &path, "logprobs");
            out.raw("logprobs", &logprobs::write(&logprobs.tokens));
        }
        None => {}
    }
    if let Some(finish) = finish {
        out.string("finish_reason", finish::word(finish, is_own));
    } else if !is_own {
        out.raw("finish_reason", "null");
    }
    to.lose_if(stop_sequence.is_some(), "", "stop_sequence");
    extra.write(OWNER, &mut out, &path, &mut to.loss);
    out.finish()
}
