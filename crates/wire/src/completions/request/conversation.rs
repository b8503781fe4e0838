//! Another format's conversation as a prompt, if it is one: what a user says, with nothing but instructions before it.

use super::super::OWNER;
use crate::canonical::{Content, Encoding, Message, PartKind, Role};
use crate::envelope::BadRequest;
use crate::json::ObjectWriter;

/// Between texts that stood apart.
const BREAK: &str = "\n\n";

/// The prompt; empty if there is no text.
pub(super) fn prompt(
    system: Option<&Content>,
    messages: &[Message],
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let mut texts = Vec::new();
    if let Some(content) = system {
        add(content, "system", &mut texts, to)?;
    }
    let mut is_asked = false;
    for (index, message) in messages.iter().enumerate() {
        let place = message.place(index);
        let Message { role, content, reasoning: _, item: _, extra } = message;
        match role {
            Role::System | Role::Developer if !is_asked => {}
            Role::User if !is_asked => is_asked = true,
            Role::Assistant | Role::Tool | Role::System | Role::Developer | Role::User => {
                to.refuse(&place, "a conversation of more than one text")?;
                continue;
            }
        }
        let mut unused = ObjectWriter::new();
        extra.write(OWNER, &mut unused, &place, &mut to.loss);
        add(content, &place, &mut texts, to)?;
    }
    Ok(texts.join(BREAK))
}

fn add<'a>(
    content: &'a Content,
    path: &str,
    texts: &mut Vec<&'a str>,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    for (index, part) in content.parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        match &part.kind {
            PartKind::Text { text, citations } => {
                for citation in citations.iter().flatten() {
                    citation.report(&at, &mut to.loss);
                }
                texts.extend((!text.is_empty()).then_some(text.as_str()));
            }
            PartKind::Opaque(opaque) => {
                to.refuse(&at, &format!("content of type `{}`", opaque.kind))?;
                continue;
            }
            _ => {
                to.refuse(&at, "content other than text")?;
                continue;
            }
        }
        if let Some(cache) = &part.cache {
            to.lose(&at, &cache.member);
        }
        let mut unused = ObjectWriter::new();
        part.extra.write(OWNER, &mut unused, &at, &mut to.loss);
    }
    Ok(())
}
