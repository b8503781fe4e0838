//! Tool definitions and the choice between them.

use serde_json::value::RawValue;

use super::OWNER;
use super::content::{cache_hint, write_cache};
use crate::canonical::{Encoding, Extra, Function, Opaque, Tool, ToolChoice};
use crate::claude::models::Abilities;
use crate::envelope::BadRequest;
use crate::json::{self, Members, ObjectWriter, array};

/// For tools that take nothing.
const EMPTY_SCHEMA: &str = r#"{"type":"object","properties":{}}"#;

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

/// A tool of the client's own; those the provider defines have a type with a date.
fn function(raw: &RawValue) -> Option<Function> {
    let mut tool = json::members(raw)?;
    let kind = tool.take_as::<String>("type");
    if kind.as_deref().is_some_and(|kind| kind != "custom") {
        return None;
    }
    let cache = cache_hint(&mut tool);
    Some(Function {
        name: tool.take_as("name")?,
        description: tool.take_as("description"),
        schema: Some(tool.take("input_schema")?.to_owned()),
        strict: tool.take_as("strict"),
        cache,
        typed: kind.is_some(),
        extra: Extra::rest(OWNER, tool),
        outer: Extra::default(),
    })
}

/// Writes the tools; `allowed` are the names to which the choice is limited, if it is.
pub(super) fn encode(
    tools: &[Tool],
    allowed: Option<&[String]>,
    abilities: Abilities,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let mut out = Vec::with_capacity(tools.len());
    let is_allowed = |function: &Function| allowed.is_none_or(|names| names.contains(&function.name));
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools[{index}]");
        match tool {
            Tool::Function(function) => {
                if is_allowed(function) {
                    out.push(encode_function(function, &path, abilities, to));
                }
            }
            Tool::Opaque(tool) if tool.owner == OWNER => out.push(tool.raw.get().to_owned()),
            Tool::Opaque(tool) => to.refuse(&path, &format!("a tool of type `{}`", tool.kind))?,
            Tool::Replaced { original, by } => {
                to.lose_if(by.is_empty(), &path, &original.kind);
                for one in by.iter().filter(|one| is_allowed(&one.function)) {
                    out.push(encode_function(&one.function, &path, abilities, to));
                }
            }
        }
    }
    Ok(array(out))
}

fn encode_function(function: &Function, path: &str, abilities: Abilities, to: &mut Encoding) -> String {
    let Function { name, description, schema, strict, cache, typed, extra, outer } = function;
    let is_own = to.from == OWNER;
    let mut out = ObjectWriter::new();
    if *typed && is_own {
        out.string("type", "custom");
    }
    out.string("name", name).maybe_string("description", description.as_deref());
    let schema = schema.as_ref().map(|schema| schema.get()).filter(|schema| is_own || *schema != "{}");
    out.raw("input_schema", schema.unwrap_or(EMPTY_SCHEMA));
    match strict {
        Some(strict) if is_own || (*strict && abilities.strict_tools) => {
            out.put("strict", *strict);
        }
        Some(true) => to.lose(path, "strict"),
        _ => {}
    }
    write_cache(cache.as_ref(), &mut out);
    extra.write(OWNER, &mut out, path, &mut to.loss);
    outer.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}

/// The choice, and whether calls in parallel are allowed, which this format says in one object.
pub(super) fn decode_choice(
    members: &mut Members<'_>,
    extra: &mut Extra,
) -> (Option<ToolChoice>, Option<bool>) {
    let Some(raw) = members.take("tool_choice") else { return (None, None) };
    let whole = || Opaque { owner: OWNER, kind: "tool_choice".to_owned(), raw: raw.to_owned() };
    let Some(mut object) = json::members(raw) else { return (Some(ToolChoice::Opaque(whole())), None) };
    let choice = match object.take_as::<String>("type").as_deref() {
        Some("auto") => Some(ToolChoice::Auto),
        Some("any") => Some(ToolChoice::Required),
        Some("none") => Some(ToolChoice::None),
        Some("tool") => object.take_as("name").map(ToolChoice::Named),
        _ => None,
    };
    let Some(choice) = choice else { return (Some(ToolChoice::Opaque(whole())), None) };
    let parallel = object.take_as::<bool>("disable_parallel_tool_use").map(|disabled| !disabled);
    extra.add("tool_choice", OWNER, object);
    (Some(choice), parallel)
}

pub(super) fn encode_choice(
    choice: Option<&ToolChoice>,
    parallel: Option<bool>,
    extra: &Extra,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let is_own = to.from == OWNER;
    let parallel = parallel.filter(|parallel| is_own || !parallel);
    let mut out = ObjectWriter::new();
    match choice {
        None if parallel.is_none() || is_own => return Ok(None),
        None | Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => {
            out.string("type", "auto")
        }
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => out.string("type", "any"),
        Some(ToolChoice::Named(name)) => out.string("type", "tool").string("name", name),
        Some(ToolChoice::None) if !is_own => return Ok(Some(r#"{"type":"none"}"#.to_owned())),
        Some(ToolChoice::None) => out.string("type", "none"),
        Some(ToolChoice::Opaque(raw)) if raw.owner == OWNER => return Ok(Some(raw.raw.get().to_owned())),
        Some(ToolChoice::Opaque(_)) => {
            to.refuse("tool_choice", "this choice between tools")?;
            return Ok(None);
        }
    };
    if let Some(parallel) = parallel {
        out.put("disable_parallel_tool_use", !parallel);
    }
    extra.write_nested(OWNER, "tool_choice", &mut out);
    Ok(Some(out.finish()))
}
