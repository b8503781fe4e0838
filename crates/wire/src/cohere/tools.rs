//! Tool definitions and the choice between them, which this format says in two words: all tools or none.

use serde_json::Value;
use serde_json::value::RawValue;

use super::OWNER;
use super::models::Abilities;
use crate::canonical::{Encoding, Extra, Function, Opaque, Tool, ToolChoice};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array};

/// For tools that take nothing.
const EMPTY_SCHEMA: &str = r#"{"type":"object","properties":{}}"#;

/// `strict` is what the request says of all its tools.
pub(super) fn decode(raw: &RawValue, strict: Option<bool>) -> Option<Vec<Tool>> {
    let tools = json::elements(raw)?;
    let decoded = tools.into_iter().map(|raw| {
        function(raw, strict).map_or_else(
            || {
                let kind = json::members(raw).and_then(|tool| tool.text("type").map(String::from));
                let kind = kind.unwrap_or_else(|| "tool".to_owned());
                Tool::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() })
            },
            Tool::Function,
        )
    });
    Some(decoded.collect())
}

fn function(raw: &RawValue, strict: Option<bool>) -> Option<Function> {
    let mut tool = json::members(raw)?;
    if tool.take_as::<String>("type")? != "function" {
        return None;
    }
    let mut definition = json::members(tool.take("function")?)?;
    Some(Function {
        name: definition.take_as("name")?,
        description: definition.take_as("description"),
        schema: definition.take("parameters").map(RawValue::to_owned),
        strict,
        cache: None,
        typed: true,
        extra: Extra::rest(OWNER, definition),
        outer: Extra::rest(OWNER, tool),
    })
}

pub(super) fn decode_choice(raw: &RawValue) -> ToolChoice {
    match json::string(raw).as_deref() {
        Some("REQUIRED") => ToolChoice::Required,
        Some("NONE") => ToolChoice::None,
        _ => ToolChoice::Opaque(Opaque { owner: OWNER, kind: "tool_choice".to_owned(), raw: raw.to_owned() }),
    }
}

/// What is written of tools, each member if there is something to write.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub tools: Option<String>,
    pub strict: bool,
    pub choice: Option<String>,
}

/// Tools of this format, as they were.
pub(super) fn encode_own(tools: &[Tool], to: &mut Encoding) -> String {
    let mut out = Vec::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        match tool {
            Tool::Function(function) => out.push(encode_function(function, &format!("tools[{index}]"), to)),
            Tool::Opaque(tool) => out.push(tool.raw.get().to_owned()),
            Tool::Replaced { .. } => {}
        }
    }
    array(out)
}

pub(super) fn encode_own_choice(choice: &ToolChoice) -> Option<String> {
    match choice {
        ToolChoice::Required => Some("\"REQUIRED\"".to_owned()),
        ToolChoice::None => Some("\"NONE\"".to_owned()),
        ToolChoice::Opaque(raw) => Some(raw.raw.get().to_owned()),
        ToolChoice::Auto | ToolChoice::Named(_) | ToolChoice::Allowed { .. } => None,
    }
}

/// Tools of another format. A choice of some of them is said by leaving the others out.
pub(super) fn encode_foreign(
    tools: &[Tool],
    choice: Option<&ToolChoice>,
    abilities: Abilities,
    to: &mut Encoding,
) -> Result<Encoded, BadRequest> {
    if matches!(choice, Some(ToolChoice::None)) && !abilities.tool_choice {
        // Not to know of any comes to the same.
        return Ok(Encoded::default());
    }
    let is_chosen = |function: &Function| match choice {
        Some(ToolChoice::Named(name)) => function.name == *name,
        Some(ToolChoice::Allowed { names, .. }) => names.contains(&function.name),
        _ => true,
    };
    let mut chosen: Vec<(String, &Function)> = Vec::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools[{index}]");
        match tool {
            Tool::Function(function) => chosen.push((path, function)),
            Tool::Opaque(tool) => to.refuse(&path, &format!("a tool of type `{}`", tool.kind))?,
            Tool::Replaced { original, by } => {
                to.lose_if(by.is_empty(), &path, &original.kind);
                chosen.extend(by.iter().map(|one| (path.clone(), &one.function)));
            }
        }
    }
    let had_some = !chosen.is_empty();
    chosen.retain(|(_, function)| is_chosen(function));
    if chosen.is_empty() {
        if had_some {
            to.refuse("tool_choice", "a choice of none of the tools")?;
        }
        return Ok(Encoded::default());
    }
    // One word for all of them, which wants each to require something.
    let strict = chosen.iter().all(|(_, function)| function.strict == Some(true) && requires(function));
    for (path, function) in &chosen {
        to.lose_if(function.strict == Some(true) && !strict, path, "strict");
    }
    let encoded: Vec<String> =
        chosen.iter().map(|(path, function)| encode_function(function, path, to)).collect();
    let choice = encode_choice(choice, abilities, to)?;
    Ok(Encoded { tools: Some(array(encoded)), strict, choice })
}

fn requires(function: &Function) -> bool {
    let schema = function.schema.as_ref().and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let required = schema.as_ref().and_then(|schema| schema.get("required")?.as_array());
    required.is_some_and(|names| !names.is_empty())
}

fn encode_choice(
    choice: Option<&ToolChoice>,
    abilities: Abilities,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let word = match choice {
        None | Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => return Ok(None),
        Some(ToolChoice::None) => "\"NONE\"",
        Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Allowed { required: true, .. }) => {
            if !abilities.tool_choice {
                to.refuse("tool_choice", "that a tool must be called")?;
                return Ok(None);
            }
            "\"REQUIRED\""
        }
        Some(ToolChoice::Opaque(_)) => {
            to.refuse("tool_choice", "this choice between tools")?;
            return Ok(None);
        }
    };
    Ok(Some(word.to_owned()))
}

fn encode_function(function: &Function, path: &str, to: &mut Encoding) -> String {
    // Whether it is strict is said of all tools at once.
    let Function { name, description, schema, strict: _, cache, typed: _, extra, outer } = function;
    let is_own = to.from == OWNER;
    let mut definition = ObjectWriter::new();
    definition.string("name", name).maybe_string("description", description.as_deref());
    match schema.as_ref().map(|schema| schema.get()) {
        Some(schema) if is_own || schema != "{}" => {
            definition.raw("parameters", schema);
        }
        _ if is_own => {}
        _ => {
            definition.raw("parameters", EMPTY_SCHEMA);
        }
    }
    if let Some(cache) = cache {
        to.lose(path, &cache.member);
    }
    extra.write(OWNER, &mut definition, path, &mut to.loss);
    let mut out = ObjectWriter::new();
    out.string("type", "function").raw("function", &definition.finish());
    outer.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}
