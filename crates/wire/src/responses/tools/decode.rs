//! Tools into the canonical model, with functions in place of what only this format has.

use std::fmt::Write;

use serde_json::value::RawValue;

use super::super::{OWNER, names};
use crate::canonical::{Extra, Function, Opaque, Replacement, Tool};
use crate::json::{self, Members};
use crate::translate::ToolAlias;

/// Hosted tools that a request cannot mean to go without: it brings what they work on, or a screen, or a server.
/// All others only offer the model something it may or may not use, which coding tools do with every request.
const MEANT: &[&str] =
    &["file_search", "code_interpreter", "computer", "computer_use_preview", "computer_use", "mcp"];

/// `is_forced`: the model has to call one of them, so that none that has no function in its place can be left out.
pub(in super::super) fn decode(raw: &RawValue, is_forced: bool) -> Option<Vec<Tool>> {
    let tools = json::elements(raw)?;
    let mut decoded: Vec<Tool> = tools.into_iter().map(tool).collect();
    let has_functions = decoded.iter().any(|tool| match tool {
        Tool::Function(_) => true,
        Tool::Replaced { by, .. } => !by.is_empty(),
        Tool::Opaque(_) => false,
    });
    if is_forced && !has_functions {
        for tool in &mut decoded {
            if let Tool::Replaced { original, .. } = tool {
                *tool = Tool::Opaque(original.clone());
            }
        }
    }
    Some(decoded)
}

fn tool(raw: &RawValue) -> Tool {
    let members = json::members(raw);
    let kind = members.as_ref().and_then(|tool| tool.text("type").map(String::from)).unwrap_or_default();
    if kind == "function"
        && let Some(function) = members.and_then(function)
    {
        return Tool::Function(function);
    }
    let by = replacements(raw, None);
    let kind = if kind.is_empty() { "tool".to_owned() } else { kind };
    let original = Opaque { owner: OWNER, kind, raw: raw.to_owned() };
    // Something that is called by a name has to be something one can call.
    let is_broken = matches!(original.kind.as_str(), "function" | "custom" | "tool") && by.is_empty();
    if is_broken || MEANT.contains(&original.kind.as_str()) {
        return Tool::Opaque(original);
    }
    Tool::Replaced { original, by }
}

/// Tools that came with an item of the conversation: they are on offer like the others, and stay in their item.
pub(in super::super) fn offered_within(kind: &str, item: &RawValue) -> Option<Tool> {
    let item_members = json::members(item)?;
    let tools = json::elements(item_members.get("tools")?)?;
    let by: Vec<Replacement> = tools.into_iter().flat_map(|raw| replacements(raw, None)).collect();
    let original = Opaque { owner: OWNER, kind: kind.to_owned(), raw: item.to_owned() };
    (!by.is_empty()).then_some(Tool::Replaced { original, by })
}

/// Functions that stand for a tool; none for what has no function in its place.
fn replacements(raw: &RawValue, namespace: Option<&str>) -> Vec<Replacement> {
    let Some(members) = json::members(raw) else { return Vec::new() };
    let kind = members.text("type").map(String::from).unwrap_or_default();
    match (kind.as_str(), namespace) {
        ("function", None) => {
            function(members).map(|function| Replacement { function, alias: None }).into_iter().collect()
        }
        ("function", Some(_)) => {
            function(members).map(|function| replacement(function, namespace, false)).into_iter().collect()
        }
        ("custom", _) => {
            custom(members).map(|function| replacement(function, namespace, true)).into_iter().collect()
        }
        // A group within a group there is not.
        ("namespace", None) => {
            let Some(name) = members.text("name") else { return Vec::new() };
            let tools = members.get("tools").and_then(json::elements).unwrap_or_default();
            let mut functions: Vec<Replacement> =
                tools.into_iter().flat_map(|raw| replacements(raw, Some(&name))).collect();
            // What is said of the group itself has no place beside its functions, and is missed with the first one.
            if let Some(first) = functions.first_mut() {
                let is_told = |name: &str| ["type", "name", "tools"].contains(&name);
                let rest = members.0.into_iter().filter(|(name, _)| !is_told(name)).collect();
                first.function.outer.add("", OWNER, Members(rest));
            }
            functions
        }
        _ => Vec::new(),
    }
}

fn replacement(mut function: Function, namespace: Option<&str>, is_custom: bool) -> Replacement {
    let name = std::mem::take(&mut function.name);
    function.name = names::flat(namespace, &name);
    let alias =
        ToolAlias { sent: function.name.clone(), name, namespace: namespace.map(str::to_owned), is_custom };
    Replacement { function, alias: Some(alias) }
}

fn function(mut tool: Members<'_>) -> Option<Function> {
    tool.take("type");
    Some(Function {
        name: tool.take_as("name")?,
        description: tool.take_as("description"),
        schema: tool.take("parameters").map(RawValue::to_owned),
        strict: tool.take_as("strict"),
        cache: None,
        typed: true,
        extra: Extra::rest(OWNER, tool),
        outer: Extra::default(),
    })
}

/// A tool that takes text. What the text must look like can only be told in words.
fn custom(mut tool: Members<'_>) -> Option<Function> {
    tool.take("type");
    let name = tool.take_as("name")?;
    let mut description: String = tool.take_as("description").unwrap_or_default();
    if let Some(format) = tool.take("format").and_then(json::members)
        && let Some(definition) = format.text("definition")
    {
        let syntax = format.text("syntax").unwrap_or_default();
        let said = if description.is_empty() { "" } else { "\n\n" };
        // Writing into a string cannot fail.
        let _ = write!(
            description,
            "{said}The argument `input` is text that must follow this grammar ({syntax}), without any wrapping:\n{definition}"
        );
    }
    Some(Function {
        name,
        description: (!description.is_empty()).then_some(description),
        schema: RawValue::from_string(names::INPUT_SCHEMA.to_owned()).ok(),
        strict: None,
        cache: None,
        typed: true,
        extra: Extra::rest(OWNER, tool),
        outer: Extra::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;

    fn decoded(json: &str, is_forced: bool) -> Vec<Tool> {
        decode(&RawValue::from_string(json.to_owned()).unwrap(), is_forced).unwrap()
    }

    #[test]
    fn what_is_said_of_a_group_is_listed_once() {
        let body = br#"{"model":"m","input":"x","tools":[{"type":"function","name":"f","parameters":{}},
            {"type":"namespace","name":"mcp__notes","description":"The notes.","tools":[
                {"type":"function","name":"a","parameters":{}},{"type":"custom","name":"b"}]}]}"#;
        let target = crate::Target { model: "m", default_max_tokens: 9, drop_params: false, stream: false };
        for to in [Format::OpenAiChat, Format::AnthropicMessages, Format::Gemini] {
            let lost = crate::translate_request(OWNER, to, body, &target).unwrap().loss.0;
            assert_eq!(lost, ["tools[1].description"], "{to}");
        }
        let own = crate::translate_request(OWNER, OWNER, body, &target).unwrap();
        assert!(own.loss.is_empty() && String::from_utf8(own.body).unwrap().contains("The notes."));
    }

    #[test]
    fn a_hosted_tool_may_be_left_out_unless_it_is_all_there_is_to_call() {
        let offered = r#"[{"type":"web_search"}]"#;
        assert!(matches!(decoded(offered, false)[0], Tool::Replaced { .. }));
        assert!(matches!(decoded(offered, true)[0], Tool::Opaque(_)));
        let beside = r#"[{"type":"web_search"},{"type":"custom","name":"patch"}]"#;
        assert!(matches!(decoded(beside, true)[0], Tool::Replaced { .. }));
        assert!(matches!(decoded(r#"[{"type":"file_search"}]"#, false)[0], Tool::Opaque(_)));
    }
}
