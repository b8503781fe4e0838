//! What tells one conversation from another: how it begins. Later turns repeat it byte for byte, so what was computed of it
//! once names the provider that holds its prompt cache.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Envelope, Fields};
use crate::json;

/// The members that hold the turns, by whatever format.
const TURNS: [&str; 3] = ["messages", "input", "contents"];
/// Providers cache prompts from about a thousand tokens on.
const LEAST_BODY: usize = 4096;

pub(super) fn turns(fields: &Fields<'_>) -> Option<Range<usize>> {
    let turns = TURNS.iter().find_map(|name| fields.get(name).ok().flatten())?;
    Some(fields.span(turns))
}

impl Envelope {
    /// A number for the conversation that a request of this body goes on with; `None` where it is too short for any
    /// provider to cache it. Equal only within one process.
    pub fn conversation(&self, body: &[u8]) -> Option<u64> {
        if body.len() < LEAST_BODY {
            return None;
        }
        let turns = std::str::from_utf8(body.get(self.turns.clone()?)?).ok()?;
        let mut hasher = DefaultHasher::new();
        begun(turns)?.hash(&mut hasher);
        Some(hasher.finish())
    }
}

/// The turns up to the first of the user.
fn begun(turns: &str) -> Option<&str> {
    if !turns.starts_with('[') {
        return Some(turns);
    }
    let mut end = None;
    let first = FirstOfUser { text: turns, end: &mut end };
    // The rest of the array is not read, which the reader takes for an error.
    let _ = serde_json::Deserializer::from_str(turns).deserialize_seq(first);
    turns.get(..end?)
}

struct FirstOfUser<'a> {
    text: &'a str,
    end: &'a mut Option<usize>,
}

impl<'de> Visitor<'de> for FirstOfUser<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut turns: A) -> Result<(), A::Error> {
        while let Some(turn) = turns.next_element::<&'de RawValue>()? {
            let start = turn.get().as_ptr() as usize - self.text.as_ptr() as usize;
            *self.end = Some(start + turn.get().len());
            let is_users = json::members(turn)
                .is_some_and(|members| members.text("role").is_none_or(|role| role == "user"));
            if is_users {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::begun;
    use crate::envelope::Envelope;
    use crate::format::Format;

    #[test]
    fn a_conversation_begins_with_the_first_turn_of_the_user() {
        let first = r#"[{"role":"system","content":"s"}, {"content":"a","role":"user"}"#;
        for rest in ["]", r#",{"role":"assistant","content":"b"}]"#] {
            assert_eq!(begun(&format!("{first}{rest}")), Some(first));
        }
        assert_eq!(begun("\"one text\""), Some("\"one text\""));
        assert_eq!(begun("[]"), None);
        let only = r#"[{"role":"system"}]"#;
        assert_eq!(begun(only), Some(&only[..only.len() - 1]));
    }

    #[test]
    fn turns_of_one_conversation_have_one_number_and_others_another() {
        let filler = "x".repeat(5000);
        let number = |first: &str, rest: &str| {
            let body = format!(
                r#"{{"model":"m","messages":[{{"role":"system","content":"{filler}"}},{{"role":"user","content":"{first}"}}{rest}]}}"#
            );
            Envelope::peek(Format::OpenAiChat, body.as_bytes()).unwrap().conversation(body.as_bytes())
        };
        let more = r#",{"role":"assistant","content":"b"},{"role":"user","content":"c"}"#;
        assert!(number("a", "").is_some());
        assert_eq!(number("a", ""), number("a", more));
        assert_ne!(number("a", ""), number("b", ""));
        let short = br#"{"model":"m","messages":[{"role":"user","content":"a"}]}"#;
        assert_eq!(Envelope::peek(Format::OpenAiChat, short).unwrap().conversation(short), None);
    }
}
