//! The canonical model into a response.

use super::super::part::{self, Surroundings};
use super::super::spelling::{is_flagged, noted_text};
use super::super::{OWNER, logprobs, usage};
use super::citations::{Support, to_grounding};
use super::decode::LOGPROBS;
use crate::canonical::{Choice, Encoding, Finish, Notation, Part, PartKind, Response};
use crate::json::{ObjectWriter, array};
use crate::translate::ReplyContext;

/// Clients know Google's words only.
pub(in super::super) fn finish_word(finish: &Finish) -> &'static str {
    match finish {
        Finish::Length | Finish::ContextWindow => "MAX_TOKENS",
        Finish::Refused => "SAFETY",
        Finish::Stop | Finish::StopSequence | Finish::ToolCalls | Finish::Paused | Finish::Other(_) => "STOP",
    }
}

pub(in super::super) fn encode(response: Response, ctx: &ReplyContext, to: &mut Encoding) -> String {
    let is_own = response.owner == OWNER;
    let Response { owner: _, id, model, created: _, choices, usage, extra, echo: _ } = response;
    let mut out = ObjectWriter::new();
    if !is_flagged(&extra, "without candidates") {
        let candidates: Vec<String> =
            choices
                .iter()
                .enumerate()
                .map(|(position, choice)| {
                    if is_own {
                        own_choice(choice, position, to)
                    } else {
                        foreign_choice(choice, position, to)
                    }
                })
                .collect();
        out.raw("candidates", &array(candidates));
    }
    if let Some(usage) = usage {
        match usage.raw.as_ref().filter(|_| is_own) {
            Some(raw) => out.raw("usageMetadata", raw.get()),
            None => out.raw("usageMetadata", &usage::write(&usage).to_string()),
        };
    }
    let model = model.or_else(|| (!is_own).then(|| ctx.model.clone()));
    let id = id.or_else(|| (!is_own).then(|| ctx.fallback_id.clone()));
    out.maybe_string("modelVersion", model.as_deref())
        .maybe_raw("createTime", extra.noted(OWNER, "createTime"))
        .maybe_string("responseId", id.as_deref());
    extra.write(OWNER, &mut out, "", &mut to.loss);
    out.finish()
}

fn encode_parts(parts: &[Part], path: &str, to: &mut Encoding) -> String {
    let mut out = Vec::with_capacity(parts.len());
    for (index, item) in parts.iter().enumerate() {
        // A reply is never refused.
        let at = format!("{path}[{index}]");
        part::encode(item, &at, &Surroundings::default(), to, &mut out).unwrap_or_default();
    }
    array(out)
}

fn own_choice(choice: &Choice, position: usize, to: &mut Encoding) -> String {
    let Choice { index, message, finish: _, stop_sequence: _, logprobs, extra } = choice;
    let path = format!("candidates[{position}]");
    let mut out = ObjectWriter::new();
    if is_flagged(&message.extra, "content") {
        let mut content = ObjectWriter::new();
        if message.content.notation != Notation::Absent {
            content.raw("parts", &encode_parts(&message.content.parts, &format!("{path}.content.parts"), to));
        }
        content.maybe_string("role", noted_text(&message.extra, "role").as_deref());
        message.extra.write_nested(OWNER, "content", &mut content);
        out.raw("content", &content.finish());
    }
    out.maybe_string("finishReason", noted_text(extra, "finishReason").as_deref());
    if !is_flagged(extra, "without index") {
        out.put("index", *index);
    }
    out.maybe_raw(LOGPROBS, logprobs.as_ref().map(|logprobs| &*logprobs.raw));
    extra.write(OWNER, &mut out, &path, &mut to.loss);
    out.finish()
}

fn foreign_choice(choice: &Choice, position: usize, to: &mut Encoding) -> String {
    let Choice { index, message, finish, stop_sequence, logprobs, extra } = choice;
    let path = format!("choices[{position}]");
    let parts = encode_parts(&message.content.parts, &format!("{path}.message.content"), to);
    let mut content = ObjectWriter::new();
    // Some clients look for a part in every reply.
    content.raw("parts", if parts == "[]" { r#"[{"text":""}]"# } else { &parts }).string("role", "model");
    let mut out = ObjectWriter::new();
    out.raw("content", &content.finish());
    if let Some(finish) = finish {
        out.string("finishReason", finish_word(finish));
    }
    out.put("index", *index);
    let mut start = 0;
    let mut supports = Vec::new();
    for item in &message.content.parts {
        let PartKind::Text { text, citations } = &item.kind else { continue };
        let end = start + text.len() as u64;
        supports.extend(citations.iter().flatten().map(|citation| Support { citation, start, end }));
        start = end;
    }
    let lost = |citation: &crate::canonical::Opaque| citation.report(&path, &mut to.loss);
    if let Some(grounding) = to_grounding(supports.into_iter(), lost) {
        out.raw("groundingMetadata", &grounding);
    }
    to.lose_if(stop_sequence.is_some(), "", "stop_sequence");
    match logprobs {
        Some(logprobs) if logprobs.tokens.is_empty() => to.lose(&path, "logprobs"),
        Some(logprobs) => {
            out.raw(LOGPROBS, &logprobs::write(&logprobs.tokens));
        }
        None => {}
    }
    let mut unused = ObjectWriter::new();
    message.extra.write(OWNER, &mut unused, &format!("{path}.message"), &mut to.loss);
    extra.write(OWNER, &mut out, &path, &mut to.loss);
    out.finish()
}
