//! What a test in another process may ask of a fake, over HTTP and apart from the provider's API: to answer a model in a
//! certain way (`PUT /fake/models/NAME`), and what it received (`GET /fake/requests`). Neither is recorded.

use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::answer::json as respond;
use super::body::Body;
use super::{Recorded, State, locked};
use crate::{Behaviour, Reply, ToolCall};

/// `None` where the request is for the provider.
pub fn answer(state: &State, request: &Recorded) -> Option<Response<Body>> {
    let path = request.path.strip_prefix("/fake/")?;
    let (status, body) = match (&request.method, path.strip_prefix("models/")) {
        (&Method::PUT, Some(model)) => match behaviour(&request.json()) {
            Some(behaviour) => {
                locked(&state.script).by_model.insert(model.to_owned(), behaviour);
                (StatusCode::OK, json!({"model": model}))
            }
            None => (StatusCode::BAD_REQUEST, json!({"error": "no text"})),
        },
        (&Method::GET, None) if path == "requests" => (StatusCode::OK, requests(state)),
        _ => (StatusCode::NOT_FOUND, json!({"error": format!("{} {path}", request.method)})),
    };
    Some(respond(status, &body, state.dialect))
}

/// `{"text": "said in the end", "tool": {"name": "called before", "arguments": {}}}`, the tool being optional.
fn behaviour(script: &Value) -> Option<Behaviour> {
    let then = Reply::text(script["text"].as_str()?);
    let Some(name) = script["tool"]["name"].as_str() else { return Some(then.into()) };
    let call = ToolCall { name: name.to_owned(), arguments: script["tool"]["arguments"].clone() };
    Some(Behaviour::Turn { call, then })
}

/// Everything so far, in order of arrival; a body that is not JSON as `null`.
fn requests(state: &State) -> Value {
    let described = locked(&state.recorded).iter().map(describe).collect();
    Value::Array(described)
}

fn describe(request: &Recorded) -> Value {
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), json!(String::from_utf8_lossy(value.as_bytes()))));
    json!({
        "method": request.method.as_str(),
        "path": request.path,
        "headers": headers.collect::<serde_json::Map<_, _>>(),
        "body": request.json(),
    })
}

/// Whether a tool's result is anywhere in a conversation, in whichever format. Agents put reminders and news behind it,
/// so that it need not be the last thing said.
pub fn has_result(body: &Value) -> bool {
    ["messages", "input", "contents"].iter().any(|turns| is_result(&body[turns]))
}

fn is_result(turn: &Value) -> bool {
    match turn {
        Value::Array(parts) => parts.iter().any(is_result),
        Value::Object(part) => {
            let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
            part.get("role").is_some_and(|role| role == "tool")
                || kind == "tool_result"
                || kind.ends_with("_call_output")
                || part.contains_key("functionResponse")
                || ["content", "parts"].iter().any(|inner| part.get(*inner).is_some_and(is_result))
        }
        _ => false,
    }
}
