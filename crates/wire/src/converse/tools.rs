//! `toolConfig`: tool definitions and the choice between them.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::families::{Abilities, Cache, Family};
use super::{OWNER, block};
use crate::canonical::{Encoding, Extra, Function, Message, Opaque, PartKind, Tool, ToolChoice};
use crate::envelope::BadRequest;
use crate::json::{self, Members, ObjectWriter, array};

/// For tools that take nothing.
const EMPTY_SCHEMA: &str = r#"{"type":"object","properties":{}}"#;

#[derive(Default)]
pub(super) struct Tools {
    pub tools: Option<Vec<Tool>>,
    pub choice: Option<ToolChoice>,
}

/// Takes the member out of a request.
pub(super) fn decode(members: &mut Members<'_>, extra: &mut Extra) -> Result<Tools, BadRequest> {
    let Some(raw) = members.take("toolConfig") else { return Ok(Tools::default()) };
    let mut config = json::members(raw).ok_or_else(|| BadRequest::wrong_type("toolConfig", "an object"))?;
    extra.note(OWNER, "toolConfig", RawValue::TRUE);
    let tools = match config.take("tools") {
        Some(raw) => {
            let entries = json::elements(raw);
            Some(entries.ok_or_else(|| BadRequest::wrong_type("toolConfig.tools", "an array"))?)
        }
        None => None,
    };
    let choice = config.take("toolChoice").map(choice);
    extra.add("toolConfig", OWNER, config);
    Ok(Tools { tools: tools.map(definitions), choice })
}

/// A cache point is an entry of its own here, and elsewhere a mark on the tool before it.
fn definitions(entries: Vec<&RawValue>) -> Vec<Tool> {
    let mut tools: Vec<Tool> = Vec::with_capacity(entries.len());
    for raw in entries {
        if let (Some(mark), Some(Tool::Function(function @ Function { cache: None, .. }))) =
            (block::cache_point(raw), tools.last_mut())
        {
            function.cache = Some(mark);
            continue;
        }
        tools.push(function(raw).map_or_else(
            || {
                let entry = json::members(raw).unwrap_or_default();
                let kind = entry.0.first().map_or("tool", |(name, _)| name.as_ref()).to_owned();
                Tool::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() })
            },
            Tool::Function,
        ));
    }
    tools
}

fn function(raw: &RawValue) -> Option<Function> {
    let mut entry = json::members(raw)?;
    let mut tool = json::members(entry.take("toolSpec")?)?;
    let mut schema = json::members(tool.take("inputSchema")?)?;
    let json = schema.take("json")?.to_owned();
    if !schema.0.is_empty() {
        return None;
    }
    Some(Function {
        name: tool.take_as("name")?,
        description: tool.take_as("description"),
        schema: Some(json),
        strict: tool.take_as("strict"),
        cache: None,
        typed: false,
        extra: Extra::rest(OWNER, tool),
        outer: Extra::rest(OWNER, entry),
    })
}

fn choice(raw: &RawValue) -> ToolChoice {
    let known = || {
        let choice = json::members(raw)?;
        let [(kind, inner)] = choice.0.as_slice() else { return None };
        let mut inner = json::members(inner)?;
        let known = match kind.as_ref() {
            "auto" => ToolChoice::Auto,
            "any" => ToolChoice::Required,
            "tool" => ToolChoice::Named(inner.take_as("name")?),
            _ => return None,
        };
        inner.0.is_empty().then_some(known)
    };
    let whole = || Opaque { owner: OWNER, kind: "toolChoice".to_owned(), raw: raw.to_owned() };
    known().unwrap_or_else(|| ToolChoice::Opaque(whole()))
}

/// What of a request is written here.
pub(super) struct Wanted<'a> {
    pub tools: Option<&'a [Tool]>,
    pub choice: Option<&'a ToolChoice>,
    pub messages: &'a [Message],
}

/// `None` if there is nothing to write.
pub(super) fn encode(
    wanted: &Wanted<'_>,
    extra: &Extra,
    abilities: Abilities,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let is_own = to.from == OWNER;
    if is_own && extra.noted(OWNER, "toolConfig").is_none() {
        return Ok(None);
    }
    let called = called(wanted.messages);
    let is_none = matches!(wanted.choice, Some(ToolChoice::None));
    // Without tools nothing is called, which is what was asked for.
    let tools = wanted.tools.filter(|_| is_own || !is_none || !called.is_empty());
    let allowed = match wanted.choice {
        Some(ToolChoice::Allowed { names, .. }) => Some(names.as_slice()),
        _ => None,
    };
    let mut entries = Vec::new();
    for (index, tool) in tools.iter().flat_map(|tools| tools.iter()).enumerate() {
        encode_tool(tool, allowed, &format!("tools[{index}]"), abilities, to, &mut entries)?;
    }
    let has_tools = !entries.is_empty();
    if !is_own && !has_tools {
        // Calls among the messages are refused without definitions, and these are all that is known of theirs.
        entries.extend(called.iter().map(|name| {
            let mut tool = ObjectWriter::new();
            tool.string("name", name).raw("inputSchema", &format!("{{\"json\":{EMPTY_SCHEMA}}}"));
            wrapped("toolSpec", &tool.finish())
        }));
        if entries.is_empty() {
            return Ok(None);
        }
    }
    let mut out = ObjectWriter::new();
    if !is_own || wanted.tools.is_some() {
        out.raw("tools", &array(entries));
    }
    if is_own || has_tools {
        let choice = wanted.choice.map(|choice| encode_choice(choice, to)).transpose()?.flatten();
        if let Some(choice) = choice {
            out.raw("toolChoice", &choice);
        }
    }
    extra.write_nested(OWNER, "toolConfig", &mut out);
    Ok(Some(out.finish()))
}

/// The names of the tools that were called, each once.
fn called(messages: &[Message]) -> Vec<&str> {
    let mut seen = HashSet::new();
    let parts = messages.iter().flat_map(|message| message.content.parts.iter());
    let names = parts.filter_map(|part| match &part.kind {
        PartKind::ToolCall(call) => Some(call.name.as_str()),
        _ => None,
    });
    names.filter(|name| seen.insert(*name)).collect()
}

fn encode_tool(
    tool: &Tool,
    allowed: Option<&[String]>,
    path: &str,
    abilities: Abilities,
    to: &mut Encoding,
    out: &mut Vec<String>,
) -> Result<(), BadRequest> {
    let is_allowed = |function: &Function| allowed.is_none_or(|names| names.contains(&function.name));
    match tool {
        Tool::Function(function) => {
            if is_allowed(function) {
                encode_function(function, path, abilities, to, out);
            }
        }
        Tool::Opaque(tool) if tool.owner == OWNER => out.push(tool.raw.get().to_owned()),
        Tool::Opaque(tool) => to.refuse(path, &format!("a tool of type `{}`", tool.kind))?,
        Tool::Replaced { original, by } => {
            to.lose_if(by.is_empty(), path, &original.kind);
            for one in by.iter().filter(|one| is_allowed(&one.function)) {
                encode_function(&one.function, path, abilities, to, out);
            }
        }
    }
    Ok(())
}

fn encode_function(
    function: &Function,
    path: &str,
    abilities: Abilities,
    to: &mut Encoding,
    out: &mut Vec<String>,
) {
    let Function { name, description, schema, strict, cache, typed: _, extra, outer } = function;
    let is_own = to.from == OWNER;
    let mut tool = ObjectWriter::new();
    tool.string("name", name);
    // An empty description is refused.
    tool.maybe_string("description", description.as_deref().filter(|text| is_own || !text.is_empty()));
    let schema = schema.as_ref().map(|schema| schema.get()).filter(|schema| is_own || *schema != "{}");
    tool.raw("inputSchema", &wrapped("json", schema.unwrap_or(EMPTY_SCHEMA)));
    let takes_strict = matches!(abilities.family, Family::Claude(claude) if claude.strict_tools);
    match strict {
        Some(strict) if is_own || (*strict && takes_strict) => {
            tool.put("strict", *strict);
        }
        Some(true) => to.lose(path, "strict"),
        _ => {}
    }
    extra.write(OWNER, &mut tool, path, &mut to.loss);
    let mut entry = ObjectWriter::new();
    entry.raw("toolSpec", &tool.finish());
    outer.write(OWNER, &mut entry, path, &mut to.loss);
    out.push(entry.finish());
    if let Some(cache) = cache {
        out.extend(block::encode_mark(cache, Cache::Tools, abilities, path, to));
    }
}

fn encode_choice(choice: &ToolChoice, to: &mut Encoding) -> Result<Option<String>, BadRequest> {
    let is_own = to.from == OWNER;
    Ok(Some(match choice {
        // Not every model takes a choice, but each of them makes its own.
        ToolChoice::Auto | ToolChoice::Allowed { required: false, .. } if !is_own => return Ok(None),
        ToolChoice::Auto | ToolChoice::Allowed { required: false, .. } => wrapped("auto", "{}"),
        ToolChoice::Required | ToolChoice::Allowed { required: true, .. } => wrapped("any", "{}"),
        ToolChoice::Named(name) => {
            let mut tool = ObjectWriter::new();
            tool.string("name", name);
            wrapped("tool", &tool.finish())
        }
        ToolChoice::None => {
            to.lose("", "tool_choice");
            return Ok(None);
        }
        ToolChoice::Opaque(raw) if raw.owner == OWNER => raw.raw.get().to_owned(),
        ToolChoice::Opaque(_) => {
            to.refuse("tool_choice", "this choice between tools")?;
            return Ok(None);
        }
    }))
}

fn wrapped(member: &str, json: &str) -> String {
    let mut out = ObjectWriter::new();
    out.raw(member, json);
    out.finish()
}
