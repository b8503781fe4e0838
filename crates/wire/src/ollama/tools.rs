//! Tool definitions. There is no member for a choice between them: the model decides.

use serde_json::value::RawValue;

use super::OWNER;
use crate::canonical::{Encoding, Extra, Function, Opaque, Tool, ToolChoice};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array};

/// For functions without arguments: templates look for both members.
const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

pub(super) fn decode(raw: &RawValue) -> Option<Vec<Tool>> {
    let tools = json::elements(raw)?;
    let decoded = tools.into_iter().map(|raw| {
        function(raw).map_or_else(
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

fn function(raw: &RawValue) -> Option<Function> {
    let mut tool = json::members(raw)?;
    let kind: Option<String> = tool.take_as("type");
    if kind.as_deref().is_some_and(|kind| kind != "function") {
        return None;
    }
    let mut definition = json::members(tool.take("function")?)?;
    Some(Function {
        name: definition.take_as("name")?,
        description: definition.take_as("description"),
        schema: definition.take("parameters").map(RawValue::to_owned),
        strict: None,
        cache: None,
        typed: kind.is_some(),
        extra: Extra::rest(OWNER, definition),
        outer: Extra::rest(OWNER, tool),
    })
}

/// Writes the tools; `None` if there are none to write.
pub(super) fn encode(
    tools: &[Tool],
    choice: Option<&ToolChoice>,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    if to.from == OWNER {
        let own = tools.iter().filter_map(|tool| match tool {
            Tool::Function(function) => Some(encode_function(function, "", to)),
            Tool::Opaque(tool) => Some(tool.raw.get().to_owned()),
            Tool::Replaced { .. } => None,
        });
        return Ok(Some(array(own.collect::<Vec<_>>())));
    }
    // Nothing says that a tool must not be called; not to know of it comes to the same.
    let is_offered = |function: &Function| match choice {
        Some(ToolChoice::None) => false,
        Some(ToolChoice::Named(name)) => function.name == *name,
        Some(ToolChoice::Allowed { names, .. }) => names.contains(&function.name),
        Some(ToolChoice::Auto | ToolChoice::Required | ToolChoice::Opaque(_)) | None => true,
    };
    let mut out = Vec::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools[{index}]");
        match tool {
            Tool::Function(function) if is_offered(function) => {
                out.push(encode_function(function, &path, to));
            }
            Tool::Function(_) => {}
            Tool::Opaque(tool) => to.refuse(&path, &format!("a tool of type `{}`", tool.kind))?,
            Tool::Replaced { original, by } => {
                to.lose_if(by.is_empty(), &path, &original.kind);
                let offered = by.iter().map(|one| &one.function).filter(|function| is_offered(function));
                out.extend(offered.map(|function| encode_function(function, &path, to)));
            }
        }
    }
    if tools.is_empty() {
        return Ok(None);
    }
    match choice {
        Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Allowed { required: true, .. }) => {
            to.refuse("tool_choice", "a call that the model has to make")?;
        }
        Some(ToolChoice::Opaque(_)) => to.refuse("tool_choice", "this choice between tools")?,
        Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Allowed { .. }) | None => {}
    }
    Ok((!out.is_empty()).then(|| array(out)))
}

fn encode_function(function: &Function, path: &str, to: &mut Encoding) -> String {
    let Function { name, description, schema, strict, cache, typed, extra, outer } = function;
    let is_own = to.from == OWNER;
    let mut definition = ObjectWriter::new();
    definition.string("name", name).maybe_string("description", description.as_deref());
    match schema.as_deref().filter(|schema| is_own || schema.get() != "{}") {
        Some(schema) => definition.raw("parameters", schema.get()),
        None if is_own => &mut definition,
        None => definition.raw("parameters", NO_PARAMETERS),
    };
    to.lose_if(*strict == Some(true), path, "strict");
    if let Some(cache) = cache {
        to.lose(path, &cache.member);
    }
    extra.write(OWNER, &mut definition, path, &mut to.loss);
    let mut out = ObjectWriter::new();
    if *typed || !is_own {
        out.string("type", "function");
    }
    out.raw("function", &definition.finish());
    outer.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}
