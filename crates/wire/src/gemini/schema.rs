//! Google's dialect of schemas into JSON Schema.
//!
//! The dialect is OpenAPI's: types in capitals, `nullable` instead of a type `null`, an order of properties. Its members
//! have two spellings, as everywhere here. The way back is not needed: Google takes JSON Schema, too, under another name.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::canonical::RawText;

/// `None` if it is no object.
pub(super) fn to_json_schema(raw: &RawValue) -> Option<RawText> {
    let schema: Map<String, Value> = serde_json::from_str(raw.get()).ok()?;
    serde_json::value::to_raw_value(&object(schema)).ok()
}

fn schema(value: Value) -> Value {
    match value {
        Value::Object(members) => object(members),
        other => other,
    }
}

fn object(members: Map<String, Value>) -> Value {
    let mut out = Map::new();
    let mut nullable = false;
    for (key, value) in members {
        match key.as_str() {
            "type" => match value {
                Value::String(name) if name == "TYPE_UNSPECIFIED" => {}
                Value::String(name) => {
                    out.insert(key, json!(name.to_ascii_lowercase()));
                }
                other => {
                    out.insert(key, other);
                }
            },
            "nullable" => nullable = value == Value::Bool(true),
            "propertyOrdering" | "property_ordering" => {}
            // Says no more than the list of values does.
            "format" if value == "enum" => {}
            "example" => {
                out.insert("examples".to_owned(), json!([value]));
            }
            "properties" | "defs" | "$defs" => {
                let name = if key == "properties" { key } else { "$defs".to_owned() };
                let value = match value {
                    Value::Object(inner) => {
                        Value::Object(inner.into_iter().map(|(name, inner)| (name, schema(inner))).collect())
                    }
                    other => other,
                };
                out.insert(name, value);
            }
            "ref" => {
                out.insert("$ref".to_owned(), value);
            }
            "items" | "additionalProperties" | "additional_properties" => {
                out.insert(camel_case(&key), schema(value));
            }
            "anyOf" | "any_of" | "oneOf" | "allOf" | "prefixItems" | "prefix_items" => {
                let value = match value {
                    Value::Array(items) => Value::Array(items.into_iter().map(schema).collect()),
                    other => other,
                };
                out.insert(camel_case(&key), value);
            }
            // 64-bit numbers, which Google's JSON writes as strings.
            "minItems" | "min_items" | "maxItems" | "max_items" | "minLength" | "min_length"
            | "maxLength" | "max_length" | "minProperties" | "min_properties" | "maxProperties"
            | "max_properties" => {
                let number = value.as_str().and_then(|text| text.parse::<u64>().ok());
                out.insert(camel_case(&key), number.map_or(value, |number| json!(number)));
            }
            _ => {
                out.insert(key, value);
            }
        }
    }
    if nullable { or_null(out) } else { Value::Object(out) }
}

/// The same, or nothing.
fn or_null(mut schema: Map<String, Value>) -> Value {
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    match schema.get("type").cloned() {
        Some(Value::String(name)) => {
            schema.insert("type".to_owned(), json!([name, "null"]));
        }
        Some(_) => {}
        None => {
            if let Some(Value::Array(options)) = schema.get_mut("anyOf") {
                options.push(json!({"type": "null"}));
            }
        }
    }
    Value::Object(schema)
}

fn camel_case(key: &str) -> String {
    let mut words = key.split('_');
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialect_becomes_json_schema() {
        let raw = RawValue::from_string(
            r#"{"type":"OBJECT","propertyOrdering":["kind","tags"],"required":["kind"],"properties":{
                "kind":{"type":"STRING","format":"enum","enum":["a","b"],"nullable":true},
                "type":{"type":"STRING","example":"x"},
                "either":{"any_of":[{"type":"INTEGER","format":"int32"},{"type":"NUMBER"}],"nullable":true},
                "tags":{"type":"ARRAY","min_items":"1","items":{"type":"string"}}}}"#
                .to_owned(),
        )
        .unwrap();
        let converted: Value = serde_json::from_str(to_json_schema(&raw).unwrap().get()).unwrap();
        let expected = json!({"type": "object", "required": ["kind"], "properties": {
            "kind": {"type": ["string", "null"], "enum": ["a", "b", null]},
            "type": {"type": "string", "examples": ["x"]},
            "either": {"anyOf": [{"type": "integer", "format": "int32"}, {"type": "number"}, {"type": "null"}]},
            "tags": {"type": "array", "minItems": 1, "items": {"type": "string"}}}});
        assert_eq!(converted, expected);
    }
}
