//! Complete responses.

use std::borrow::Cow;

use super::{OWNER, error, message, usage};
use crate::canonical::{Choice, Encoding, Extra, Finish, PartKind, Response};
use crate::json::{Members, ObjectWriter};
use crate::read::NotAResponse;
use crate::translate::ReplyContext;
use crate::usage::Usage;

/// Why the output ended, where the provider ran out of time: cut short to others, but by no limit they know.
const OUT_OF_TIME: &str = "TIMEOUT";

pub(super) fn decode(mut members: Members<'_>) -> Result<Response, NotAResponse> {
    error::reply(&members)?;
    let raw = members.take("message");
    let raw = raw.ok_or_else(|| NotAResponse::new("The provider's reply has no `message`."))?;
    let message = message::decode(raw, "message").map_err(|refused| NotAResponse::new(refused.message))?;
    let word = members.text("finish_reason").map(String::from);
    // What others cannot be told stays a member that they lose.
    if word.as_deref().is_some_and(|word| word != OUT_OF_TIME) {
        members.take("finish_reason");
    }
    let choice = Choice {
        index: 0,
        message,
        finish: word.as_deref().map(finish),
        stop_sequence: None,
        logprobs: None,
        extra: Extra::default(),
    };
    Ok(Response {
        owner: OWNER,
        id: members.take_as("id"),
        model: None,
        created: None,
        choices: vec![choice],
        usage: members.take_read("usage", usage::read),
        echo: Extra::default(),
        extra: Extra::rest(OWNER, members),
    })
}

pub(super) fn finish(word: &str) -> Finish {
    match word {
        "COMPLETE" => Finish::Stop,
        "STOP_SEQUENCE" => Finish::StopSequence,
        "MAX_TOKENS" | OUT_OF_TIME => Finish::Length,
        "TOOL_CALL" => Finish::ToolCalls,
        _ => Finish::Other(word.to_owned()),
    }
}

/// Whether others are told less than this word says.
pub(super) fn is_more_than_told(word: &str) -> bool {
    word == OUT_OF_TIME || matches!(finish(word), Finish::Other(_))
}

/// This format's word for why the output ended. Some providers of other formats say "stop" after a tool call.
pub(super) fn finish_word(finish: &Finish, is_own: bool, has_calls: bool) -> Cow<'_, str> {
    Cow::Borrowed(match finish {
        Finish::Stop | Finish::Other(_) if has_calls && !is_own => "TOOL_CALL",
        Finish::StopSequence => "STOP_SEQUENCE",
        Finish::Length | Finish::ContextWindow => "MAX_TOKENS",
        Finish::ToolCalls => "TOOL_CALL",
        Finish::Other(word) if is_own => word,
        Finish::Stop | Finish::Refused | Finish::Paused | Finish::Other(_) => "COMPLETE",
    })
}

/// Whether this format has no word for it.
pub(super) fn is_nameless(finish: &Finish) -> bool {
    matches!(finish, Finish::Refused | Finish::Paused)
}

pub(super) fn encode(response: Response, ctx: &ReplyContext, to: &mut Encoding) -> String {
    let is_own = response.owner == OWNER;
    // The model and the time have no place here.
    let Response { owner: _, id, model: _, created: _, choices, usage, echo: _, extra } = response;
    let id = id.or_else(|| (!is_own).then(|| ctx.fallback_id.clone()));
    let mut out = ObjectWriter::new();
    out.maybe_string("id", id.as_deref());
    let mut choices = choices.into_iter();
    match choices.next() {
        Some(mut choice) => {
            if !is_own {
                name_calls(&mut choice, id.as_deref().unwrap_or_default());
            }
            write_choice(&choice, is_own, &extra, &mut out, to);
        }
        None => {
            out.raw("message", r#"{"role":"assistant","content":[]}"#).string("finish_reason", "COMPLETE");
        }
    }
    for (index, _) in choices.enumerate() {
        to.loss.add(format!("choices[{}]", index + 1));
    }
    match (usage, is_own) {
        (Some(Usage { raw: Some(raw), .. }), true) => out.raw("usage", raw.get()),
        (Some(usage), _) => out.raw("usage", &usage::write(&usage).to_string()),
        (None, _) => &mut out,
    };
    extra.write(OWNER, &mut out, "", &mut to.loss);
    out.finish()
}

/// Some providers of other formats give calls no ids. Here they need ones that no other turn has.
fn name_calls(choice: &mut Choice, response_id: &str) {
    for (index, part) in choice.message.content.parts.iter_mut().enumerate() {
        if let PartKind::ToolCall(call) = &mut part.kind
            && call.id.is_empty()
        {
            call.id = format!("call_{response_id}_{index}");
        }
    }
}

fn write_choice(
    choice: &Choice,
    is_own: bool,
    of_response: &Extra,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    let Choice { index: _, message, finish, stop_sequence, logprobs, extra } = choice;
    if is_own {
        // Own messages are never refused.
        out.raw("message", &message::encode_own(message, "message", to).unwrap_or_default());
        let is_kept = of_response.0.iter().any(|member| member.kind == "finish_reason");
        if let Some(finish) = finish.as_ref().filter(|_| !is_kept) {
            out.string("finish_reason", &finish_word(finish, true, false));
        }
        return;
    }
    let path = "choices[0]";
    out.raw("message", &message::encode_reply(message, &format!("{path}.message"), to));
    let has_calls = message.content.parts.iter().any(|part| matches!(part.kind, PartKind::ToolCall(_)));
    let finish = finish.as_ref().unwrap_or(&Finish::Stop);
    to.lose_if(is_nameless(finish), path, "finish_reason");
    out.string("finish_reason", &finish_word(finish, false, has_calls));
    to.lose_if(stop_sequence.is_some(), "", "stop_sequence");
    to.lose_if(logprobs.is_some(), path, "logprobs");
    let mut unused = ObjectWriter::new();
    extra.write(OWNER, &mut unused, path, &mut to.loss);
}
