//! Whether a JSON schema keeps to the subset that OpenAI's strict mode accepts.

use serde_json::Value;

/// Strict mode wants every object closed and every property required. A schema that is sent as strict and is not
/// would be refused; sent as not strict it is still followed, with less certainty.
pub(crate) fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                let required: Vec<&str> = members
                    .get("required")
                    .and_then(Value::as_array)
                    .map(|names| names.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default();
                let is_closed = members.get("additionalProperties") == Some(&Value::Bool(false));
                if !is_closed || !properties.keys().all(|name| required.contains(&name.as_str())) {
                    return false;
                }
            }
            members.values().all(is_strict)
        }
        Value::Array(items) => items.iter().all(is_strict),
        _ => true,
    }
}
