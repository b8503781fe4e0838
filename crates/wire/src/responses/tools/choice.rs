//! Which tool to call, if any.

use serde_json::value::RawValue;

use super::super::{OWNER, names};
use crate::canonical::{Encoding, Opaque, ToolChoice};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array};

pub(in super::super) fn decode(raw: &RawValue) -> ToolChoice {
    known(raw).unwrap_or_else(|| ToolChoice::Opaque(whole(raw)))
}

fn whole(raw: &RawValue) -> Opaque {
    Opaque { owner: OWNER, kind: "tool_choice".to_owned(), raw: raw.to_owned() }
}

fn known(raw: &RawValue) -> Option<ToolChoice> {
    if let Some(word) = json::string(raw) {
        return match word.as_ref() {
            "auto" => Some(ToolChoice::Auto),
            "none" => Some(ToolChoice::None),
            "required" => Some(ToolChoice::Required),
            _ => None,
        };
    }
    let choice = json::members(raw)?;
    match choice.text("type")?.as_ref() {
        "function" if choice.0.len() == 2 => Some(ToolChoice::Named(choice.text("name")?.into_owned())),
        // One of one: others have a function of that name.
        "custom" | "function" => {
            Some(ToolChoice::Allowed { required: true, names: vec![name(raw)?], raw: whole(raw) })
        }
        "allowed_tools" => {
            let names: Vec<String> =
                json::elements(choice.get("tools")?)?.into_iter().filter_map(name).collect();
            let required = choice.text("mode")? == "required";
            // What is left are tools that are not there for others, so there is nothing to choose.
            (!names.is_empty()).then_some(ToolChoice::Allowed { required, names, raw: whole(raw) })
        }
        _ => None,
    }
}

fn name(raw: &RawValue) -> Option<String> {
    let tool = json::members(raw)?;
    if !matches!(tool.text("type")?.as_ref(), "function" | "custom") {
        return None;
    }
    Some(names::flat(tool.text("namespace").as_deref(), &tool.text("name")?))
}

pub(in super::super) fn encode(choice: &ToolChoice, to: &mut Encoding) -> Result<Option<String>, BadRequest> {
    let json = match choice {
        ToolChoice::Auto => "\"auto\"".to_owned(),
        ToolChoice::None => "\"none\"".to_owned(),
        ToolChoice::Required => "\"required\"".to_owned(),
        ToolChoice::Named(name) => named(name),
        ToolChoice::Allowed { raw, .. } | ToolChoice::Opaque(raw) if raw.owner == OWNER => {
            raw.raw.get().to_owned()
        }
        ToolChoice::Allowed { required, names, .. } => {
            let mut out = ObjectWriter::new();
            out.string("type", "allowed_tools")
                .string("mode", if *required { "required" } else { "auto" })
                .raw("tools", &array(names.iter().map(|name| named(name))));
            out.finish()
        }
        ToolChoice::Opaque(_) => {
            to.refuse("tool_choice", "this choice between tools")?;
            return Ok(None);
        }
    };
    Ok(Some(json))
}

fn named(name: &str) -> String {
    let mut out = ObjectWriter::new();
    out.string("type", "function").string("name", name);
    out.finish()
}
