//! A response into the canonical model.

use super::super::OWNER;
use super::super::calls::Calls;
use super::super::content::{drop_silence, take_images, take_text, take_turn};
use super::super::notes::note_text;
use super::super::shape::Shape;
use super::super::{read, usage};
use crate::canonical::{Choice, Extra, Finish, Item, Message, PartKind, ReasoningNotation, Response, Role};
use crate::json::{self, Members};
use crate::read::NotAResponse;

pub(in super::super) fn decode(shape: Shape, mut members: Members<'_>) -> Result<Response, NotAResponse> {
    read::check(shape, &members)?;
    let mut extra = Extra::default();
    let created: Option<String> = members.take_as("created_at");
    if let Some(created) = &created {
        note_text(&mut extra, "created_at", created);
    }
    let mut calls = Calls::of_reply(created.as_deref().unwrap_or_default());
    let message = match shape {
        Shape::Chat => {
            let mut inner = members.take("message").and_then(json::members).unwrap_or_default();
            let mut message = turn(shape, &mut inner, &mut calls)?;
            if let Some(role) = inner.take_as::<String>("role") {
                note_text(&mut message.extra, "role", &role);
            }
            message.extra.add("", OWNER, inner);
            message
        }
        Shape::Generate => turn(shape, &mut members, &mut calls)?,
    };
    if let Some(done) = members.take("done") {
        extra.note(OWNER, "done", done);
    }
    let has_calls = message.content.parts.iter().any(|part| matches!(part.kind, PartKind::ToolCall(_)));
    // Older servers give no reason.
    let finish = finish(members.text("done_reason").as_deref().unwrap_or("stop"), has_calls);
    // What has no counterpart elsewhere stays, and is reported.
    if !matches!(finish, Finish::Other(_))
        && let Some(word) = members.take_read("done_reason", |raw| json::string(raw).map(|_| raw))
    {
        extra.note(OWNER, "done_reason", word);
    }
    let model = members.take_as("model");
    let usage = usage::take(&mut members);
    shape.keep_rest(members, &mut extra);
    let choice = Choice {
        index: 0,
        message,
        finish: Some(finish),
        stop_sequence: None,
        logprobs: None,
        extra: Extra::default(),
    };
    Ok(Response {
        owner: shape.owner(),
        id: None,
        model,
        created: None,
        choices: vec![choice],
        usage,
        echo: Extra::default(),
        extra,
    })
}

fn turn(shape: Shape, members: &mut Members<'_>, calls: &mut Calls) -> Result<Message, NotAResponse> {
    let mut content = take_text(members, shape.text_member(), "")
        .map_err(|refused| NotAResponse::new(format!("The provider's reply is odd. {}", refused.message)))?;
    if shape == Shape::Chat {
        take_images(members, &mut content);
    }
    take_turn(members, &mut content, calls);
    drop_silence(&mut content);
    Ok(Message {
        role: Role::Assistant,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::default(),
    })
}

/// It says `stop` after a call, too.
pub(in super::super) fn finish(word: &str, has_calls: bool) -> Finish {
    match word {
        "stop" if has_calls => Finish::ToolCalls,
        "stop" => Finish::Stop,
        "length" => Finish::Length,
        _ => Finish::Other(word.to_owned()),
    }
}
