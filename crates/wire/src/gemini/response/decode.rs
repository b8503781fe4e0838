//! A response into the canonical model.

use serde_json::value::RawValue;

use super::super::part::{self, Calls};
use super::super::read;
use super::super::spelling::{self, flag, note_text};
use super::super::{OWNER, logprobs};
use super::citations::from_grounding;
use crate::canonical::{
    Choice, Content, Extra, Finish, Item, Message, Notation, PartKind, ReasoningNotation, Response, Role,
};
use crate::json::{self, Members};
use crate::read::NotAResponse;

pub(super) const LOGPROBS: &str = "logprobsResult";

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Response, NotAResponse> {
    let mut extra = Extra::default();
    let blocked = read::block_reason(&members);
    let usage = read::usage_of(&members);
    let id: Option<String> = members.take_as("responseId");
    let choices = match members.take("candidates").and_then(json::elements) {
        Some(raw) => raw
            .into_iter()
            .enumerate()
            .map(|(position, raw)| choice(raw, position, id.as_deref().unwrap_or_default()))
            .collect::<Result<_, _>>()?,
        None if blocked.is_some() => {
            flag(&mut extra, "without candidates");
            vec![refused()]
        }
        None => return Err(NotAResponse::new("The provider's reply has no `candidates`.")),
    };
    if usage.is_some() {
        members.take("usageMetadata");
    }
    // Others state when the gateway answered.
    if let Some(time) = members.take("createTime") {
        extra.note(OWNER, "createTime", time);
    }
    let model = members.take_as("modelVersion");
    extra.add("", OWNER, members);
    Ok(Response { owner: OWNER, id, model, created: None, choices, usage, extra, echo: Extra::default() })
}

/// A prompt that was blocked has no candidates; elsewhere the reply to it is an empty one.
fn refused() -> Choice {
    Choice {
        index: 0,
        message: message(Content { parts: Vec::new(), notation: Notation::Absent }, Extra::default()),
        finish: Some(Finish::Refused),
        stop_sequence: None,
        logprobs: None,
        extra: Extra::default(),
    }
}

fn message(content: Content, extra: Extra) -> Message {
    Message {
        role: Role::Assistant,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra,
    }
}

fn choice(raw: &RawValue, position: usize, response_id: &str) -> Result<Choice, NotAResponse> {
    let wrong =
        |what: &str| NotAResponse::new(format!("The provider's `candidates[{position}]` has no {what}."));
    let mut candidate = json::members(raw).ok_or_else(|| wrong("members"))?;
    let mut extra = Extra::default();
    let index = candidate.take_as("index");
    if index.is_none() {
        flag(&mut extra, "without index");
    }
    let index = index.unwrap_or(position as u64);
    // Ids that are made up have to be unlike those of the turns before.
    let mut calls = Calls::new(format!("call_{response_id}_{index}"));
    let mut of_message = Extra::default();
    let mut content = Content { parts: Vec::new(), notation: Notation::Absent };
    if let Some(mut members) = candidate.get("content").and_then(json::members) {
        candidate.take("content");
        flag(&mut of_message, "content");
        if let Some(role) = members.take_as::<String>("role") {
            note_text(&mut of_message, "role", &role);
        }
        if let Some(parts) = members.get("parts").and_then(json::elements) {
            members.take("parts");
            let parts = parts.into_iter().map(|raw| part::decode(raw, &mut calls)).collect();
            content = Content { parts, notation: Notation::Parts };
        }
        of_message.add("content", OWNER, members);
    }
    cite(&candidate, &mut content);
    let has_calls = content.parts.iter().any(|part| matches!(part.kind, PartKind::ToolCall(_)));
    let finish = candidate.text("finishReason").map(|word| finish(&word, has_calls));
    // What has no counterpart elsewhere stays, and is reported.
    if !matches!(finish, None | Some(Finish::Other(_)))
        && let Some(word) = candidate.take("finishReason")
    {
        extra.note(OWNER, "finishReason", word);
    }
    let logprobs = candidate.get(LOGPROBS).and_then(logprobs::read);
    if logprobs.is_some() {
        candidate.take(LOGPROBS);
    }
    extra.add("", OWNER, candidate);
    Ok(Choice { index, message: message(content, of_message), finish, stop_sequence: None, logprobs, extra })
}

/// The sources of the candidate as those of its text; the metadata stays what it is to its own format.
fn cite(candidate: &Members<'_>, content: &mut Content) {
    let Some(raw) = spelling::find(candidate, "groundingMetadata") else { return };
    let pages = from_grounding(raw);
    let texts = content.parts.iter_mut().rev().find_map(|part| match &mut part.kind {
        PartKind::Text { citations, .. } => Some(citations),
        _ => None,
    });
    if let Some(citations) = texts
        && !pages.is_empty()
    {
        *citations = Some(pages);
    }
}

/// Google says `STOP` after a call, too.
pub(in super::super) fn finish(word: &str, has_calls: bool) -> Finish {
    match word {
        "STOP" if has_calls => Finish::ToolCalls,
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => Finish::Refused,
        _ => Finish::Other(word.to_owned()),
    }
}
