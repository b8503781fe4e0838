//! The canonical model into tools.

use super::super::OWNER;
use super::super::spelling::{self, is_flagged};
use crate::canonical::{Encoding, Extra, Function, Tool};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

/// Writes the tools; `None` if there are none to write.
pub(in super::super) fn encode(
    tools: &[Tool],
    extra: &Extra,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    if to.from == OWNER {
        let tools = encode_own(tools, extra, to);
        let tools = if is_flagged(extra, "single tool") { tools.concat() } else { array(tools) };
        return Ok(Some(tools));
    }
    let mut functions = Vec::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools[{index}]");
        match tool {
            Tool::Function(function) => functions.push(encode_function(function, &path, to)),
            Tool::Opaque(tool) => to.refuse(&path, &format!("a tool of type `{}`", tool.kind))?,
            Tool::Replaced { original, by } => {
                to.lose_if(by.is_empty(), &path, &original.kind);
                functions.extend(by.iter().map(|one| encode_function(&one.function, &path, to)));
            }
        }
    }
    if functions.is_empty() {
        return Ok(None);
    }
    let mut out = ObjectWriter::new();
    out.raw("functionDeclarations", &array(functions));
    Ok(Some(array([out.finish()])))
}

/// The objects as they were, one after the other: what is noted to have stood in one, or a tool that is one.
fn encode_own(tools: &[Tool], extra: &Extra, to: &mut Encoding) -> Vec<String> {
    let mut opaque = tools.iter().filter_map(|tool| match tool {
        Tool::Opaque(tool) => Some(tool.raw.get().to_owned()),
        Tool::Function(_) | Tool::Replaced { .. } => None,
    });
    let mut out = Vec::new();
    loop {
        let place = format!("tools[{}]", out.len());
        let here: Vec<&Function> = tools
            .iter()
            .filter_map(|tool| match tool {
                Tool::Function(function) if is_flagged(&function.outer, &place) => Some(function),
                _ => None,
            })
            .collect();
        let offers = extra.0.iter().any(|member| {
            member.owner == OWNER
                && member.kind.strip_prefix(&place).is_some_and(|rest| rest.starts_with('/'))
        });
        if here.is_empty() && !offers && !is_flagged(extra, &place) {
            match opaque.next() {
                Some(tool) => out.push(tool),
                None => return out,
            }
            continue;
        }
        let mut tool = ObjectWriter::new();
        if let Some(first) = here.first() {
            let is_single = is_flagged(&first.outer, "single");
            let functions: Vec<String> =
                here.iter().map(|function| encode_function(function, &place, to)).collect();
            let functions = if is_single { functions.concat() } else { array(functions) };
            tool.raw(&spelling::name("functionDeclarations", extra), &functions);
        }
        extra.write_nested(OWNER, &place, &mut tool);
        out.push(tool.finish());
    }
}

fn encode_function(function: &Function, path: &str, to: &mut Encoding) -> String {
    let Function { name, description, schema, strict, cache, typed: _, extra, outer } = function;
    let mut out = ObjectWriter::new();
    out.string("name", name).maybe_string("description", description.as_deref());
    if let Some(own) = extra.noted(OWNER, "parameters") {
        out.raw("parameters", own.get());
    } else {
        // A schema that asks for nothing is left out, as Google wants it.
        let schema = schema.as_deref().filter(|schema| to.from == OWNER || schema.get() != "{}");
        out.maybe_raw(&spelling::name("parametersJsonSchema", extra), schema);
    }
    to.lose_if(*strict == Some(true), path, "strict");
    if let Some(cache) = cache {
        to.lose(path, &cache.member);
    }
    extra.write(OWNER, &mut out, path, &mut to.loss);
    outer.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}
