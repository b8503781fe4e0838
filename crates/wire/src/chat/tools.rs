//! Tool definitions and the choice between them.

use serde_json::value::RawValue;

use super::OWNER;
use super::message::{cache_hint, write_cache};
use crate::canonical::{Encoding, Extra, Function, Opaque, Tool, ToolChoice};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array};

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
    if tool.take_as::<String>("type")? != "function" {
        return None;
    }
    let mut definition = json::members(tool.take("function")?)?;
    let cache = cache_hint(&mut tool);
    Some(Function {
        name: definition.take_as("name")?,
        description: definition.take_as("description"),
        schema: definition.take("parameters").map(RawValue::to_owned),
        strict: definition.take_as("strict"),
        cache,
        typed: true,
        extra: Extra::rest(OWNER, definition),
        outer: Extra::rest(OWNER, tool),
    })
}

pub(super) fn encode(tools: &[Tool], to: &mut Encoding) -> Result<String, BadRequest> {
    let mut out = Vec::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools[{index}]");
        match tool {
            Tool::Function(function) => out.push(encode_function(function, &path, to)),
            Tool::Opaque(tool) if tool.owner == OWNER => out.push(tool.raw.get().to_owned()),
            Tool::Opaque(tool) => to.refuse(&path, &format!("a tool of type `{}`", tool.kind))?,
            Tool::Replaced { original, by } => {
                to.lose_if(by.is_empty(), &path, &original.kind);
                out.extend(by.iter().map(|one| encode_function(&one.function, &path, to)));
            }
        }
    }
    Ok(array(out))
}

fn encode_function(function: &Function, path: &str, to: &mut Encoding) -> String {
    let Function { name, description, schema, strict, cache, typed: _, extra, outer } = function;
    let mut definition = ObjectWriter::new();
    definition
        .string("name", name)
        .maybe_string("description", description.as_deref())
        .maybe_raw("parameters", schema.as_deref());
    if let Some(strict) = strict {
        definition.put("strict", *strict);
    }
    extra.write(OWNER, &mut definition, path, &mut to.loss);
    let mut out = ObjectWriter::new();
    out.string("type", "function").raw("function", &definition.finish());
    write_cache(cache.as_ref(), &mut out, path, to);
    outer.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}

pub(super) fn decode_choice(raw: &RawValue) -> ToolChoice {
    known_choice(raw).unwrap_or_else(|| ToolChoice::Opaque(opaque_choice(raw)))
}

fn opaque_choice(raw: &RawValue) -> Opaque {
    Opaque { owner: OWNER, kind: "tool_choice".to_owned(), raw: raw.to_owned() }
}

fn known_choice(raw: &RawValue) -> Option<ToolChoice> {
    if let Some(word) = json::string(raw) {
        return match word.as_ref() {
            "auto" => Some(ToolChoice::Auto),
            "none" => Some(ToolChoice::None),
            // Mistral's clients say it with a word of their own.
            "required" | "any" => Some(ToolChoice::Required),
            _ => None,
        };
    }
    let mut choice = json::members(raw)?;
    let kind: String = choice.take_as("type")?;
    if kind == "function" {
        let mut function = json::members(choice.take("function")?)?;
        let name = function.take_as("name")?;
        return (function.0.is_empty() && choice.0.is_empty()).then_some(ToolChoice::Named(name));
    }
    let allowed = json::members(choice.get("allowed_tools").filter(|_| kind == "allowed_tools")?)?;
    let names = json::elements(allowed.get("tools")?)?
        .into_iter()
        .map(|tool| json::members(json::members(tool)?.get("function")?)?.text("name").map(String::from))
        .collect::<Option<Vec<String>>>()?;
    let required = allowed.text("mode")? == "required";
    Some(ToolChoice::Allowed { required, names, raw: opaque_choice(raw) })
}

pub(super) fn encode_choice(choice: &ToolChoice, to: &mut Encoding) -> Result<Option<String>, BadRequest> {
    let json = match choice {
        ToolChoice::Auto => "\"auto\"".to_owned(),
        ToolChoice::None => "\"none\"".to_owned(),
        ToolChoice::Required => "\"required\"".to_owned(),
        ToolChoice::Named(name) => named(name),
        ToolChoice::Allowed { raw, .. } | ToolChoice::Opaque(raw) if raw.owner == OWNER => {
            raw.raw.get().to_owned()
        }
        ToolChoice::Allowed { required: true, names, .. } if names.len() == 1 => named(&names[0]),
        // The others are not among the tools: not every provider of this format knows the word for it.
        ToolChoice::Allowed { required, .. } => {
            if *required { "\"required\"" } else { "\"auto\"" }.to_owned()
        }
        ToolChoice::Opaque(_) => {
            to.refuse("tool_choice", "this choice between tools")?;
            return Ok(None);
        }
    };
    Ok(Some(json))
}

fn named(name: &str) -> String {
    let mut function = ObjectWriter::new();
    function.string("name", name);
    let mut out = ObjectWriter::new();
    out.string("type", "function").raw("function", &function.finish());
    out.finish()
}
