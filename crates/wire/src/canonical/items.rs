//! From items to messages, on the way out of a format that has items.

use super::encoding::Encoding;
use super::opaque::{Extra, Opaque};
use super::part::{Item, ItemKind, Message, Part, PartKind};
use super::request::{Request, Tool};
use super::response::Response;
use super::signature;
use crate::envelope::BadRequest;
use crate::translate::ToolAlias;

impl Message {
    /// Where it stands in the request, for messages of formats with items and without.
    pub fn place(&self, index: usize) -> String {
        if self.item.place.is_empty() { format!("messages[{index}]") } else { self.item.place.clone() }
    }
}

impl Request {
    /// Puts the pieces of each turn together, on the way to another format. What only the owner understands is refused, or reported and gone.
    pub fn join_items(&mut self, to: &mut Encoding) -> Result<(), BadRequest> {
        let dropped = self.extra.refuse_insisted(to)?;
        if let Some(name) = dropped.filter(|_| self.messages.is_empty()) {
            let message = format!("`{name}`: without it nothing of the request is left to answer.");
            return Err(BadRequest::new("unsupported_value", &name, message));
        }
        self.messages = join(std::mem::take(&mut self.messages), to)?;
        Ok(())
    }

    /// The functions that stand for tools of another kind.
    pub fn aliases(&self) -> Vec<ToolAlias> {
        let replaced = self.tools.iter().flatten().filter_map(|tool| match tool {
            Tool::Replaced { by, .. } => Some(by),
            Tool::Function(_) | Tool::Opaque(_) => None,
        });
        replaced.flatten().filter_map(|replacement| replacement.alias.clone()).collect()
    }
}

impl Response {
    /// The same for a reply, of which nothing is ever refused.
    pub fn join_items(&mut self, to: &mut Encoding) {
        for choice in &mut self.choices {
            if choice.message.item.place.is_empty() {
                continue;
            }
            let rest = std::mem::take(&mut choice.message.item.rest);
            let mut items = vec![choice.message.clone()];
            items.extend(rest);
            let joined = join(items, to).unwrap_or_default();
            choice.message.content.parts =
                joined.into_iter().flat_map(|message| message.content.parts).collect();
            choice.message.extra = Extra::default();
            choice.message.item = Item::default();
        }
    }
}

fn join(items: Vec<Message>, to: &mut Encoding) -> Result<Vec<Message>, BadRequest> {
    let mut turns: Vec<Message> = Vec::with_capacity(items.len());
    let mut is_gone = false;
    for mut message in items {
        if message.item.place.is_empty() {
            turns.push(message);
            continue;
        }
        let place = message.item.place.clone();
        for member in std::mem::take(&mut message.extra).0 {
            member.report(&place, &mut to.loss);
        }
        message.item.members = Extra::default();
        if let (ItemKind::Named(kind), [part]) = (&message.item.kind, message.content.parts.as_slice())
            && matches!(&part.kind, PartKind::Opaque(Opaque { kind: part, .. }) if part == kind)
        {
            to.refuse(&place, &format!("an item of type `{kind}`"))?;
            message.content.parts.clear();
        }
        // The piece that a turn began with may be gone, but the next one still begins it.
        let continues = message.item.continues && !is_gone;
        if message.content.parts.is_empty() && matches!(message.item.kind, ItemKind::Named(_)) {
            is_gone |= !message.item.continues;
            continue;
        }
        is_gone = false;
        match turns.last_mut().filter(|last| continues && last.role == message.role) {
            Some(turn) => {
                separate(&mut turn.content.parts, &message.content.parts);
                turn.content.parts.append(&mut message.content.parts);
            }
            None => turns.push(message),
        }
    }
    for turn in &mut turns {
        turn.content.parts = signature::give_to_calls(std::mem::take(&mut turn.content.parts));
    }
    Ok(turns)
}

/// What was said in several items is said in several paragraphs where it becomes one text.
fn separate(before: &mut [Part], after: &[Part]) {
    let speaks = |part: &Part| matches!(part.kind, PartKind::Text { .. } | PartKind::Refusal(_));
    if !after.iter().any(speaks) {
        return;
    }
    let said = before.iter_mut().rev().find_map(|part| match &mut part.kind {
        PartKind::Text { text, .. } | PartKind::Refusal(text) => Some(text),
        _ => None,
    });
    if let Some(text) = said.filter(|text| !text.is_empty()) {
        text.push_str("\n\n");
    }
}
