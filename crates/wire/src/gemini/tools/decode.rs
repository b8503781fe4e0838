//! Tools into the canonical model.
//!
//! A tool of this format is an object that may hold many functions and, beside them, what Google runs itself. Such an
//! offer beside functions is a hint: an agent works without it, so other formats drop it. Alone it is what the request
//! is about, and stays a tool of its own. `tools[0]` notes which object something stood in.

use serde_json::value::RawValue;

use super::super::spelling::{self, Spelling, flag};
use super::super::{OWNER, schema};
use crate::canonical::{Extra, Function, Opaque, Tool};
use crate::json::{self, Members};

/// `None` if it is not a list of tools.
pub(in super::super) fn decode(raw: &RawValue, extra: &mut Extra) -> Option<Vec<Tool>> {
    let (raw, is_single) = spelling::list(raw)?;
    let tools: Vec<(&RawValue, Members<'_>)> =
        raw.into_iter().map(|raw| Some((raw, json::members(raw)?))).collect::<Option<_>>()?;
    let mut out = Vec::new();
    let mut offers = Extra::default();
    let mut spelling = Spelling::default();
    let has_functions = tools.iter().any(|(_, tool)| !declarations(tool).is_empty());
    for (index, (raw, mut tool)) in tools.into_iter().enumerate() {
        let place = format!("tools[{index}]");
        let says_something = |value: &RawValue| !matches!(value.get(), "null" | "[]");
        if !has_functions && tool.0.iter().any(|(_, value)| says_something(value)) {
            let kind = tool.0.first().map_or("tool", |(name, _)| name.as_ref()).to_owned();
            out.push(Tool::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }));
            continue;
        }
        if tool.0.is_empty() {
            flag(&mut offers, &place);
        }
        let functions = declarations(&tool);
        if !functions.is_empty() {
            let is_single =
                spelling::find(&tool, "functionDeclarations").is_some_and(|raw| raw.get().starts_with('{'));
            spelling.take(&mut tool, "functionDeclarations");
            for raw in functions {
                let mut function = function(raw)?;
                flag(&mut function.outer, &place);
                if is_single {
                    flag(&mut function.outer, "single");
                }
                out.push(Tool::Function(function));
            }
        }
        offers.add(&place, OWNER, tool);
    }
    if is_single {
        flag(extra, "single tool");
    }
    spelling.note(extra);
    extra.0.append(&mut offers.0);
    Some(out)
}

fn declarations<'a>(tool: &Members<'a>) -> Vec<&'a RawValue> {
    let list = spelling::find(tool, "functionDeclarations").and_then(spelling::list);
    list.map(|(functions, _)| functions).unwrap_or_default()
}

fn function(raw: &RawValue) -> Option<Function> {
    let mut function = json::members(raw)?;
    let (mut spelling, mut extra) = (Spelling::default(), Extra::default());
    let name = function.take_as("name")?;
    let description = function.take_as("description");
    let schema = if let Some(own) = function.get("parameters") {
        let converted = schema::to_json_schema(own)?;
        function.take("parameters");
        extra.note(OWNER, "parameters", own);
        Some(converted)
    } else {
        spelling.take(&mut function, "parametersJsonSchema").map(RawValue::to_owned)
    };
    spelling.note(&mut extra);
    extra.add("", OWNER, function);
    Some(Function {
        name,
        description,
        schema,
        strict: None,
        cache: None,
        typed: false,
        extra,
        outer: Extra::default(),
    })
}
