//! `toolConfig`: which of the functions to call, and settings of Google's own tools.

use super::super::OWNER;
use super::super::spelling::{self, Spelling, flag, is_flagged};
use crate::canonical::{Encoding, Extra, Opaque, ToolChoice};
use crate::envelope::BadRequest;
use crate::json::{self, Members, ObjectWriter, array, quote};

const CALLING: &str = "toolConfig.functionCallingConfig";

/// Takes the member out of a request. Something other than an object stays where it is.
pub(in super::super) fn decode(
    request: &mut Members<'_>,
    spelling: &mut Spelling,
    extra: &mut Extra,
) -> Option<ToolChoice> {
    let mut config = json::members(spelling::find(request, "toolConfig")?)?;
    spelling.take(request, "toolConfig");
    flag(extra, "toolConfig");
    let choice = calling(&mut config, spelling, extra);
    extra.add("toolConfig", OWNER, config);
    choice
}

fn calling(config: &mut Members<'_>, spelling: &mut Spelling, extra: &mut Extra) -> Option<ToolChoice> {
    let raw = spelling::find(config, "functionCallingConfig")?;
    let mut calling = json::members(raw)?;
    spelling.take(config, "functionCallingConfig");
    flag(extra, "functionCallingConfig");
    let whole = || Opaque { owner: OWNER, kind: "toolConfig".to_owned(), raw: raw.to_owned() };
    let names: Option<Vec<String>> =
        spelling::find(&calling, "allowedFunctionNames").and_then(|raw| serde_json::from_str(raw.get()).ok());
    let mode: Option<String> = calling.take_as("mode");
    let choice = match (mode.as_deref(), names.as_deref()) {
        (None, None | Some([])) => None,
        (Some("NONE"), _) => Some(ToolChoice::None),
        (Some("AUTO"), None | Some([])) => Some(ToolChoice::Auto),
        // The same, with calls that keep to their schemas for certain.
        (Some("VALIDATED"), None | Some([])) => {
            flag(extra, "validated");
            Some(ToolChoice::Auto)
        }
        (Some("ANY"), None | Some([])) => Some(ToolChoice::Required),
        (Some("ANY"), Some([name])) => Some(ToolChoice::Named(name.clone())),
        (Some("ANY"), Some(names)) => {
            Some(ToolChoice::Allowed { required: true, names: names.to_vec(), raw: whole() })
        }
        (Some("AUTO" | "VALIDATED"), Some(names)) => {
            Some(ToolChoice::Allowed { required: false, names: names.to_vec(), raw: whole() })
        }
        _ => Some(ToolChoice::Opaque(whole())),
    };
    let is_taken = matches!(choice, Some(ToolChoice::Named(_) | ToolChoice::Allowed { .. }));
    if is_taken {
        spelling.take(&mut calling, "allowedFunctionNames");
    }
    extra.add(CALLING, OWNER, calling);
    choice
}

/// `None` if there is nothing to write.
pub(in super::super) fn encode(
    choice: Option<&ToolChoice>,
    extra: &Extra,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let name = |member| spelling::name(member, extra);
    let mut calling = ObjectWriter::new();
    let mut own = None;
    match choice {
        None => {}
        Some(ToolChoice::Auto) if is_flagged(extra, "validated") => {
            calling.string("mode", "VALIDATED");
        }
        Some(ToolChoice::Auto) => {
            calling.string("mode", "AUTO");
        }
        Some(ToolChoice::None) => {
            calling.string("mode", "NONE");
        }
        Some(ToolChoice::Required) => {
            calling.string("mode", "ANY");
        }
        Some(ToolChoice::Named(function)) => {
            calling.string("mode", "ANY").raw(&name("allowedFunctionNames"), &array([quote(function)]));
        }
        Some(ToolChoice::Allowed { raw, .. } | ToolChoice::Opaque(raw)) if raw.owner == OWNER => {
            own = Some(raw.raw.get().to_owned());
        }
        Some(ToolChoice::Allowed { required, names, raw: _ }) => {
            // Only where calls keep to their schemas may the others be left out without forcing a call.
            calling.string("mode", if *required { "ANY" } else { "VALIDATED" });
            calling.raw("allowedFunctionNames", &array(names.iter().map(|name| quote(name))));
        }
        Some(ToolChoice::Opaque(_)) => to.refuse("tool_choice", "this choice between tools")?,
    }
    extra.write_nested(OWNER, CALLING, &mut calling);
    let calling = own.unwrap_or_else(|| calling.finish());
    let mut out = ObjectWriter::new();
    if calling != "{}" || is_flagged(extra, "functionCallingConfig") {
        out.raw(&name("functionCallingConfig"), &calling);
    }
    extra.write_nested(OWNER, "toolConfig", &mut out);
    let config = out.finish();
    Ok((config != "{}" || is_flagged(extra, "toolConfig")).then_some(config))
}
