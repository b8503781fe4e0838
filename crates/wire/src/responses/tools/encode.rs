//! Tools as this format has them.

use super::super::{OWNER, item};
use crate::canonical::{Encoding, Function, Tool};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};

/// For tools that take nothing.
const EMPTY_SCHEMA: &str = r#"{"type":"object","properties":{}}"#;

pub(in super::super) fn encode(tools: &[Tool], to: &mut Encoding) -> Result<String, BadRequest> {
    let mut out = Vec::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools[{index}]");
        match tool {
            Tool::Function(function) => out.push(function_object(function, &path, to)),
            Tool::Opaque(tool) if tool.owner == OWNER => out.push(tool.raw.get().to_owned()),
            // It stands in the conversation.
            Tool::Replaced { original, .. }
                if original.owner == OWNER && item::is_offered(&original.kind) => {}
            Tool::Replaced { original, .. } if original.owner == OWNER => {
                out.push(original.raw.get().to_owned());
            }
            Tool::Replaced { original, by } => {
                to.lose_if(by.is_empty(), &path, &original.kind);
                out.extend(by.iter().map(|one| function_object(&one.function, &path, to)));
            }
            Tool::Opaque(tool) => to.refuse(&path, &format!("a tool of type `{}`", tool.kind))?,
        }
    }
    Ok(array(out))
}

fn function_object(function: &Function, path: &str, to: &mut Encoding) -> String {
    let Function { name, description, schema, strict, cache, typed: _, extra, outer } = function;
    let is_own = to.from == OWNER;
    let mut out = ObjectWriter::new();
    out.string("type", "function").string("name", name).maybe_string("description", description.as_deref());
    match schema.as_ref().map(|schema| schema.get()).filter(|schema| is_own || *schema != "{}") {
        Some(schema) => out.raw("parameters", schema),
        None if is_own => &mut out,
        None => out.raw("parameters", EMPTY_SCHEMA),
    };
    // Here a function is strict if nothing is said, elsewhere it is not.
    if let Some(strict) = strict.or((!is_own).then_some(false)) {
        out.put("strict", strict);
    }
    if let Some(cache) = cache {
        to.lose(path, &cache.member);
    }
    extra.write(OWNER, &mut out, path, &mut to.loss);
    outer.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}
