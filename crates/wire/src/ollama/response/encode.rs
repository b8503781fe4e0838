//! The canonical model into a response.

use super::super::OWNER;
use super::super::content::write_own;
use super::super::message::Spoken;
use super::super::notes::noted_text;
use super::super::shape::{Shape, is_family};
use super::super::{time, usage};
use crate::canonical::{Choice, Encoding, Finish, Response};
use crate::json::ObjectWriter;
use crate::translate::ReplyContext;

/// Clients know two words. That a model declined cannot be said in them.
pub(in super::super) fn finish_word(finish: &Finish) -> &'static str {
    match finish {
        Finish::Length | Finish::ContextWindow => "length",
        Finish::Stop
        | Finish::StopSequence
        | Finish::ToolCalls
        | Finish::Refused
        | Finish::Paused
        | Finish::Other(_) => "stop",
    }
}

pub(in super::super) fn encode(
    shape: Shape,
    response: Response,
    ctx: &ReplyContext,
    to: &mut Encoding,
) -> String {
    let is_own = response.owner == shape.owner();
    let Response { owner: _, id: _, model, created, choices, usage, echo: _, extra } = response;
    let mut out = ObjectWriter::new();
    let model = model.or_else(|| (!is_own).then(|| ctx.model.clone()));
    out.maybe_string("model", model.as_deref());
    match noted_text(&extra, "created_at") {
        Some(noted) => out.string("created_at", &noted),
        None if is_own => &mut out,
        None => out.string("created_at", &time::of(created.as_ref(), ctx.created)),
    };
    let mut choices = choices.into_iter();
    match choices.next() {
        Some(choice) if is_own => write_own_choice(shape, &choice, &mut out, to),
        Some(choice) => write_choice(shape, &choice, &mut out, to),
        None => write_turn(shape, Spoken::default(), "", &mut out, to),
    }
    // One answer is all there is room for.
    for (index, _) in choices.enumerate() {
        to.loss.add(format!("choices[{}]", index + 1));
    }
    if is_own {
        out.maybe_raw("done", extra.noted(OWNER, "done"))
            .maybe_string("done_reason", noted_text(&extra, "done_reason").as_deref());
    }
    if let Some(usage) = usage {
        usage::write(&usage, &mut out);
    }
    shape.write_rest(&extra, &mut out, "", &mut to.loss);
    out.finish()
}

fn write_own_choice(shape: Shape, choice: &Choice, out: &mut ObjectWriter, to: &mut Encoding) {
    let message = &choice.message;
    match shape {
        Shape::Chat => {
            let mut inner = ObjectWriter::new();
            inner.maybe_string("role", noted_text(&message.extra, "role").as_deref());
            write_own(&message.content, shape.text_member(), &mut inner);
            message.extra.write(OWNER, &mut inner, "message", &mut to.loss);
            out.raw("message", &inner.finish());
        }
        Shape::Generate => write_own(&message.content, shape.text_member(), out),
    }
}

fn write_choice(shape: Shape, choice: &Choice, out: &mut ObjectWriter, to: &mut Encoding) {
    let Choice { index: _, message, finish, stop_sequence, logprobs, extra } = choice;
    let path = "choices[0]";
    let mut spoken = Spoken::default();
    for (index, part) in message.content.parts.iter().enumerate() {
        // A reply is never refused.
        spoken.add(part, &format!("{path}.message.content[{index}]"), to).unwrap_or_default();
    }
    write_turn(shape, spoken, path, out, to);
    let finish = finish.as_ref().unwrap_or(&Finish::Stop);
    to.lose_if(*finish == Finish::Refused, path, "finish_reason");
    out.put("done", true);
    // Another word of this format's own is among the rest.
    if !(is_family(to.from) && matches!(finish, Finish::Other(_))) {
        out.string("done_reason", finish_word(finish));
    }
    to.lose_if(stop_sequence.is_some(), "", "stop_sequence");
    to.lose_if(logprobs.is_some(), path, "logprobs");
    let mut unused = ObjectWriter::new();
    message.extra.write(OWNER, &mut unused, &format!("{path}.message"), &mut to.loss);
    extra.write(OWNER, &mut unused, path, &mut to.loss);
}

/// Writes what was said where the format has it.
pub(in super::super) fn write_turn(
    shape: Shape,
    mut spoken: Spoken<'_>,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    match shape {
        Shape::Chat => {
            let mut message = ObjectWriter::new();
            message.string("role", "assistant");
            spoken.write(shape.text_member(), "", &mut message);
            out.raw("message", &message.finish());
        }
        Shape::Generate => {
            spoken.drop_images(path, to);
            spoken.write(shape.text_member(), "", out);
        }
    }
}
