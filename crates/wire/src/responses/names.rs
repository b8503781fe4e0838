//! Tools that are no plain functions, told to other formats as functions, and their calls told back.

use std::borrow::Cow;

use crate::json::{self, Members, ObjectWriter};
use crate::translate::ToolAlias;

/// The longest name of a function that other formats take.
const MAX_NAME_CHARS: usize = 64;

/// The one argument of a function that stands for a tool which takes text.
const INPUT: &str = "input";
pub(super) const INPUT_SCHEMA: &str = r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#;

/// The name under which a tool of a group goes. The same tool always gets the same one, as calls of earlier turns have
/// to be told with it, too.
pub(super) fn flat(namespace: Option<&str>, name: &str) -> String {
    let Some(namespace) = namespace else { return name.to_owned() };
    let whole = format!("{namespace}__{name}");
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if whole.len() <= MAX_NAME_CHARS && whole.chars().all(is_fine) {
        return whole;
    }
    let fine: String = whole.chars().map(|c| if is_fine(c) { c } else { '_' }).collect();
    // What tells a tool from its neighbours stands at the end.
    let kept = &fine[fine.len().saturating_sub(MAX_NAME_CHARS - 9)..];
    format!("{:08x}_{kept}", hash(&whole))
}

/// FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Text as the arguments of a function.
pub(super) fn wrap(text: &str) -> String {
    let mut out = ObjectWriter::new();
    out.string(INPUT, text);
    out.finish()
}

/// The text in a function's arguments. A model that wrote something else is taken at its word.
pub(super) fn unwrap(arguments: &str) -> Cow<'_, str> {
    if let Ok(members) = Members::parse(arguments)
        && let Some(text) = members.text(INPUT)
    {
        return Cow::Owned(text.into_owned());
    }
    match serde_json::from_str::<json::Text<'_>>(arguments) {
        Ok(text) => Cow::Owned(text.0.into_owned()),
        Err(_) => Cow::Borrowed(arguments),
    }
}

/// What a called function stands for.
pub(super) fn resolve<'a>(tools: &'a [ToolAlias], sent: &str) -> Option<&'a ToolAlias> {
    tools.iter().find(|alias| alias.sent == sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups_fit_everywhere() {
        assert_eq!(flat(None, "shell"), "shell");
        assert_eq!(flat(Some("mcp__mail"), "_search"), "mcp__mail___search");
        let long =
            flat(Some("mcp__a_server_with_quite_a_name_of_its_own"), "and_a_tool.with_an_even_longer_name");
        assert_eq!(long.len(), MAX_NAME_CHARS);
        assert!(long.ends_with("_tool_with_an_even_longer_name"), "{long}");
        assert_ne!(flat(Some("a.b"), "c"), flat(Some("a_b"), "c"));
    }

    #[test]
    fn text_goes_through_arguments_unharmed() {
        let text = "*** Begin Patch\n+\"quoted\"\\\u{1F600}";
        assert_eq!(unwrap(&wrap(text)), text);
        assert_eq!(unwrap("\"bare\""), "bare");
        assert_eq!(unwrap("not json"), "not json");
        assert_eq!(unwrap(r#"{"patch":"x"}"#), r#"{"patch":"x"}"#);
    }
}
