//! What a request says to the gateway itself: members of the body that no provider may see.

mod routing;

pub use routing::{OtherModels, RoutingControls};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{BadRequest, Fields};
use crate::json;
use crate::surgery::Surgery;

const DROP_PARAMS: &str = "drop_params";
const ADDITIONAL_DROP_PARAMS: &str = "additional_drop_params";
const EXTRA_BODY: &str = "extra_body";

/// Members for the gateway; see [`super::Envelope::controls`].
#[derive(Clone, Debug, Default)]
pub struct Controls {
    /// Whether what cannot be expressed is dropped rather than refused, whatever the deployment says.
    pub drop_params: Option<bool>,
    /// Takes these members out, and with them what the request itself wants dropped; adds what it wants added.
    pub surgery: Surgery,
    /// How it wants to be routed, if it says so.
    pub routing: Option<RoutingControls>,
}

/// What a body of any shape says to the gateway; `None` if nothing.
pub fn read_controls(body: &[u8]) -> Result<Option<Box<Controls>>, BadRequest> {
    let text = super::text_of(body)?;
    let members = json::Members::parse(text).map_err(|error| super::describe(text, &error))?;
    read(&Fields::new(text, &members))
}

/// Nothing is read or made where none of them is there.
pub(super) fn read(fields: &Fields<'_>) -> Result<Option<Box<Controls>>, BadRequest> {
    let known = [DROP_PARAMS, ADDITIONAL_DROP_PARAMS, EXTRA_BODY];
    let routing = routing::read(fields)?;
    if routing.is_none() && !fields.has_any(&known) {
        return Ok(None);
    }
    let mut controls = Controls { drop_params: fields.flag(DROP_PARAMS)?, ..Controls::default() };
    if let Some((wanted, members)) = routing {
        for member in members {
            let _ = controls.surgery.drop(member);
        }
        controls.routing = Some(wanted);
    }
    for member in known {
        let _ = controls.surgery.drop(member);
    }
    if let Some(list) = fields.present(ADDITIONAL_DROP_PARAMS)? {
        for (index, path) in strings(list)?.into_iter().enumerate() {
            let place = format!("{ADDITIONAL_DROP_PARAMS}[{index}]");
            let envelope = ["model", "stream", "messages", "input", "contents", "prompt"];
            if envelope.contains(&path.as_str()) || !controls.surgery.drop(&path) {
                let message = format!("`{place}`: `{path}` is no member that can be dropped.");
                return Err(BadRequest::new("invalid_value", &place, message));
            }
        }
    }
    if let Some(extra) = fields.present(EXTRA_BODY)? {
        let members = json::members(extra).ok_or_else(|| BadRequest::wrong_type(EXTRA_BODY, "an object"))?;
        for (name, value) in &members.0 {
            if matches!(name.as_ref(), "model" | "stream") {
                let place = format!("{EXTRA_BODY}.{name}");
                let message = format!("`{place}` cannot be set: `{name}` is the request's own.");
                return Err(BadRequest::new("invalid_value", &place, message));
            }
            controls.surgery.set(name, &serde_json::from_str::<Value>(value.get()).unwrap_or_default());
        }
    }
    Ok(Some(Box::new(controls)))
}

fn strings(list: &RawValue) -> Result<Vec<String>, BadRequest> {
    serde_json::from_str(list.get())
        .map_err(|_| BadRequest::wrong_type(ADDITIONAL_DROP_PARAMS, "an array of strings"))
}
