//! `documents`: what the model may quote, beside the messages. To others they are files that a user gives before asking.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::message::shown;
use crate::canonical::{
    Content, Extra, File, Item, ItemKind, Message, Notation, Opaque, Part, PartKind, ReasoningNotation, Role,
    Source,
};
use crate::json::{self, Members};

/// The member, and the kind of message that stands for it.
pub(super) const MEMBER: &str = "documents";

/// Takes the documents out of a request, and puts a message of their own before the last one of a user, which goes on
/// with it.
pub(super) fn take(members: &mut Members<'_>, messages: &mut Vec<Message>, extra: &mut Extra) {
    let Some(raw) = members.get(MEMBER) else { return };
    let Some(list) = json::elements(raw).filter(|list| !list.is_empty()) else { return };
    members.take(MEMBER);
    extra.note(OWNER, MEMBER, raw);
    let documents = Message {
        role: Role::User,
        content: Content { parts: list.into_iter().map(part).collect(), notation: Notation::Parts },
        reasoning: ReasoningNotation::default(),
        item: Item { kind: ItemKind::Named(MEMBER.to_owned()), place: MEMBER.to_owned(), ..Item::default() },
        extra: Extra::default(),
    };
    for (index, turn) in messages.iter_mut().enumerate() {
        turn.item.place = format!("messages[{index}]");
    }
    let asking = messages.iter().rposition(|turn| turn.role == Role::User);
    if let Some(at) = asking {
        // Not every model takes two messages of a user in a row.
        messages[at].item.continues = true;
    }
    messages.insert(asking.unwrap_or(0), documents);
}

/// Whether a message is what [`take`] made.
pub(super) fn stands_for_them(message: &Message) -> bool {
    matches!(&message.item.kind, ItemKind::Named(kind) if kind == MEMBER)
}

fn part(raw: &RawValue) -> Part {
    known(raw).unwrap_or_else(|| {
        Part::new(PartKind::Opaque(Opaque { owner: OWNER, kind: "document".to_owned(), raw: raw.to_owned() }))
    })
}

fn known(raw: &RawValue) -> Option<Part> {
    let (text, rest) = if let Some(text) = json::string(raw) {
        (text.into_owned(), Members::default())
    } else {
        let mut members = json::members(raw)?;
        (shown(members.take("data")?), members)
    };
    let source = Source::Text { media_type: "text/plain".to_owned(), text };
    let kind = PartKind::File(File { source, name: None });
    Some(Part { kind, cache: None, extra: Extra::rest(OWNER, rest) })
}
