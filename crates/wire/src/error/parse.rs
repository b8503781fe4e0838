//! Reading an error body, whoever wrote it.
//!
//! Providers of one format still disagree about errors (an object, a string, an array around it, FastAPI's
//! `detail`, a web page from the proxy in front), so one lenient reader serves all formats.

use serde_json::{Map, Value};

use super::classify;
use super::{ApiError, ErrorKind};
use crate::format::Format;

/// The longest text that is quoted from a body nobody understands.
const QUOTED_CHARS: usize = 300;

/// Reads a provider's error body. Always gives something fit to show: never a whole page, never nothing.
/// Every format's errors are read by the same lenient reader so far; see the module.
pub fn parse_error(_format: Format, status: u16, body: &[u8]) -> ApiError {
    let value = serde_json::from_slice::<Value>(body).ok();
    let Some(object) = value.as_ref().and_then(error_object) else {
        return unreadable(status, body);
    };
    read(status, object)
}

/// An error that arrived as an event of a stream that had begun with a success. Its status is the one its kind
/// would have had.
pub(crate) fn stream_error(data: &[u8]) -> ApiError {
    let value = serde_json::from_slice::<Value>(data).ok();
    match value.as_ref().and_then(error_object) {
        Some(object) => {
            let stated = object.get("code").and_then(Value::as_u64).filter(|code| (400..600).contains(code));
            let mut error = read(stated.unwrap_or(500) as u16, object);
            if stated.is_none() {
                error.status = classify::status_of(error.kind);
            }
            error
        }
        None => {
            ApiError::new(502, ErrorKind::Upstream, "The provider reported an error without saying which.")
        }
    }
}

/// An exception of a stream of AWS's, which names it beside the object.
pub(crate) fn exception(name: &str, data: &[u8]) -> ApiError {
    let mut object = serde_json::from_slice::<Map<String, Value>>(data).unwrap_or_default();
    object.insert("__type".to_owned(), Value::from(name));
    let stated =
        object.get("originalStatusCode").and_then(Value::as_u64).filter(|code| (400..600).contains(code));
    let status =
        if name.eq_ignore_ascii_case("validationException") { 400 } else { stated.unwrap_or(500) as u16 };
    let mut error = read(status, &object);
    error.status = classify::status_of(error.kind);
    error
}

fn error_object(value: &Value) -> Option<&Map<String, Value>> {
    match value {
        Value::Array(items) => items.first().and_then(error_object),
        Value::Object(members) => match members.get("error") {
            Some(Value::Object(error)) => Some(error),
            _ => Some(members),
        },
        _ => None,
    }
}

fn read(status: u16, error: &Map<String, Value>) -> ApiError {
    let text = |key: &str| error.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let message = text("message")
        .or_else(|| text("Message"))
        .or_else(|| text("error"))
        .or_else(|| text("detail"))
        .or_else(|| text("msg"))
        .map(str::to_owned)
        .or_else(|| error.get("detail").map(|detail| shortened(&detail.to_string())));
    let code = match error.get("code") {
        Some(Value::String(code)) if !code.is_empty() => Some(code.clone()),
        // A number that only repeats the status says nothing.
        Some(Value::Number(code)) if code.as_u64() != Some(u64::from(status)) => Some(code.to_string()),
        _ => None,
    };
    let kind_word = text("type");
    let reasons = google_details(error).filter_map(|detail| detail.get("reason").and_then(Value::as_str));
    let words: Vec<&str> = [code.as_deref(), kind_word]
        .into_iter()
        .flatten()
        .chain(reasons)
        .chain(text("status"))
        .chain(aws_word(error))
        .collect();
    let kind = classify::kind_of(status, &words, message.as_deref().unwrap_or_default());
    let details: Map<String, Value> = error
        .iter()
        .filter(|(key, value)| {
            let known = matches!(
                key.as_str(),
                "message" | "Message" | "type" | "param" | "code" | "error" | "detail" | "object"
            );
            !known && !value.is_null()
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let message = message.unwrap_or_else(|| unexplained(status));
    ApiError {
        retry_after: google_retry(error).or_else(|| retry_hint(&message)),
        code,
        param: text("param").map(str::to_owned),
        details: (!details.is_empty()).then_some(Value::Object(details)),
        ..ApiError::new(status, kind, message)
    }
}

/// AWS's word, between a name space and an address.
fn aws_word(error: &Map<String, Value>) -> Option<&str> {
    let word = error.get("__type")?.as_str()?;
    word.rsplit('#').next()?.split(':').next()
}

/// Google's list of typed objects beside the message.
fn google_details(error: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    error.get("details").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// `RetryInfo`, whose delay is written as `"34.07s"`: the seconds, rounded up.
fn google_retry(error: &Map<String, Value>) -> Option<u64> {
    let delay = google_details(error).find_map(|detail| detail.get("retryDelay")?.as_str())?;
    span(delay)
}

fn unreadable(status: u16, body: &[u8]) -> ApiError {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let message = if text.is_empty() {
        unexplained(status)
    } else if text.starts_with('<') {
        match title(text) {
            Some(title) => format!("The provider answered with status {status} and a web page: {title}"),
            None => format!("The provider answered with status {status} and a web page."),
        }
    } else if text.chars().any(|c| c.is_control() && !c.is_whitespace()) || text.contains('\u{fffd}') {
        format!("The provider answered with status {status} and a body that is not text.")
    } else {
        shortened(text)
    };
    ApiError::new(status, classify::kind_of(status, &[], &message), message)
}

fn unexplained(status: u16) -> String {
    format!("The provider answered with status {status} and no explanation.")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A web page's title.
fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = page.get(start..end)?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then(|| shortened(&title))
}

/// "Please try again in 1m2.5s", "Please retry in 34s": the seconds, rounded up.
fn retry_hint(message: &str) -> Option<u64> {
    let rest = message.split_once("try again in ").or_else(|| message.split_once("retry in "))?.1;
    span(rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').next()?.trim_end_matches('.'))
}

fn span(span: &str) -> Option<u64> {
    let mut seconds = 0.0;
    let mut rest = span;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let amount: f64 = rest[..unit_at].parse().ok()?;
        let unit_end =
            rest[unit_at..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |at| unit_at + at);
        seconds += amount
            * match &rest[unit_at..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    (seconds > 0.0).then(|| seconds.ceil() as u64)
}
