//! Which routes members of a team may call with its keys: those that the table of permissions has for members.

use serde_json::Value;

use crate::auth::permissions::{self, Capacity, Reach};
use crate::error::Failure;

/// What members may do where nothing else is said: LiteLLM's.
pub const DEFAULT: [&str; 2] = ["/key/info", "/key/health"];

pub fn default_list() -> String {
    Value::from(DEFAULT.to_vec()).to_string()
}

/// Every route that can be allowed, in order.
pub fn known() -> Vec<&'static str> {
    let of_members = permissions::rules()
        .filter(|rule| rule.path.starts_with("/key/") && rule.reach(Capacity::TeamMember) == Reach::Own)
        .map(|rule| spelled(rule.path));
    let mut known: Vec<&str> = of_members.collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// As the row has it. An unknown route would allow nothing, and look as if it did.
pub fn list(routes: &[String]) -> Result<String, Failure> {
    let known = known();
    let mut list: Vec<&str> = Vec::new();
    for route in routes {
        let route = spelled(route);
        if !known.contains(&route) {
            let message =
                format!("`{route}` cannot be allowed to team members; these can: {}", known.join(", "));
            return Err(Failure::invalid("unknown_permission", message).with_param("team_member_permissions"));
        }
        if !list.contains(&route) {
            list.push(route);
        }
    }
    Ok(Value::from(list).to_string())
}

/// A route with LiteLLM's name for its parameter.
fn spelled(route: &str) -> &str {
    if route == "/key/{key}/regenerate" { "/key/{key_id}/regenerate" } else { route }
}
