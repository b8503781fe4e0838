//! What a client brings along from another provider, in the bytes that are passed on as they are.
//!
//! Translations seal what only its maker can read into the client's own format: signatures of thoughts and calls. They
//! do not hand it on to anyone else. But a conversation that began with one provider may go on with one that speaks the
//! client's format, and that one would refuse the whole request. So what bears a mark is cut out, and nothing else is
//! touched: elements of a list (a thinking block, a reasoning item, a part) that are signed with a mark of this gateway.

use std::ops::Range;

use memchr::memmem;
use serde_json::value::RawValue;

use crate::canonical::signature::is_of_gateway;
use crate::json::{self, Members};

/// Members that hold what only the provider can read, in any format.
const SEALED: [&str; 4] = ["signature", "encrypted_content", "thoughtSignature", "thought_signature"];
/// A message is nothing without one of these.
const SAID: [&str; 2] = ["content", "parts"];

/// Where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Foreign {
    /// The bytes to leave out, with a comma each.
    pub spans: Vec<Range<usize>>,
    /// The JSON paths of what stands there.
    pub paths: Vec<String>,
}

/// `mark` is what marks begin with in the body's format, if translations into it leave any. Costs next to nothing where
/// there is none.
pub(super) fn find(text: &str, members: &Members<'_>, mark: Option<&str>) -> Foreign {
    let mut found = Foreign::default();
    let Some(mark) = mark.filter(|mark| bears(text, mark)) else { return found };
    for (name, raw) in members.0.iter().filter(|(_, raw)| bears(raw.get(), mark)) {
        let Some(elements) = json::elements(raw) else { continue };
        let mut gone = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let path = format!("{name}[{index}]");
            gone.push(bears(element.get(), mark) && is_gone(element, &path, text, &mut found));
        }
        found.cut(&elements, &gone, text);
    }
    found
}

/// Whether a message or item has to go as a whole; what has to go within it is noted.
fn is_gone(element: &RawValue, path: &str, text: &str, found: &mut Foreign) -> bool {
    let Some(members) = json::members(element) else { return false };
    if is_sealed(&members) {
        found.paths.push(path.to_owned());
        return true;
    }
    let mut is_emptied = false;
    for (name, raw) in &members.0 {
        let Some(elements) = json::elements(raw) else { continue };
        let gone: Vec<bool> =
            elements.iter().map(|raw| json::members(raw).is_some_and(|part| is_sealed(&part))).collect();
        let places = gone.iter().enumerate().filter(|(_, gone)| **gone);
        found.paths.extend(places.map(|(index, _)| format!("{path}.{name}[{index}]")));
        if SAID.contains(&name.as_ref()) && !gone.is_empty() && gone.iter().all(|gone| *gone) {
            is_emptied = true;
        } else {
            found.cut(&elements, &gone, text);
        }
    }
    is_emptied
}

impl Foreign {
    /// Notes the bytes of the elements that are gone, each with one of the commas beside it.
    fn cut(&mut self, elements: &[&RawValue], gone: &[bool], text: &str) {
        let start = |at: usize| elements[at].get().as_ptr() as usize - text.as_ptr() as usize;
        let end = |at: usize| start(at) + elements[at].get().len();
        let first_kept = gone.iter().position(|gone| !gone).unwrap_or(elements.len());
        for at in (0..elements.len()).filter(|at| gone[*at]) {
            let span = match at {
                _ if at > first_kept => end(at - 1)..end(at),
                _ if at + 1 < elements.len() => start(at)..start(at + 1),
                _ => start(at)..end(at),
            };
            self.spans.push(span);
        }
    }
}

fn is_sealed(members: &Members<'_>) -> bool {
    let mut values = members.0.iter().filter(|(name, _)| SEALED.contains(&name.as_ref()));
    values.any(|(_, raw)| raw.get().strip_prefix('"').is_some_and(is_of_gateway))
}

/// Whether a string begins with a mark somewhere in the text.
fn bears(text: &str, mark: &str) -> bool {
    memmem::find_iter(text.as_bytes(), mark.as_bytes())
        .any(|at| text[..at].ends_with('"') && is_of_gateway(&text[at..]))
}
