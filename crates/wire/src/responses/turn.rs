//! A request as one turn of a conversation that is kept: its own items, and the same request with what came before it.
//!
//! Whoever keeps conversations has them from here as JSON texts, one for each item, and gives them back as such.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use crate::envelope::{self, BadRequest};
use crate::json::{self, ObjectWriter, array};

/// Begins what stands in place of a conversation that was summed up here.
const SUMMARY: &str = "postern-summary-1.";

/// Members of a request that its response repeats.
const ECHOED: &[&str] = &[
    "background",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// The items that a request adds to its conversation, each with an id. `new_id` makes the part after the prefix.
pub fn turn_items(body: &[u8], mut new_id: impl FnMut() -> String) -> Result<Vec<String>, BadRequest> {
    let members = envelope::parse(body)?;
    let Some(input) = members.get("input") else { return Ok(Vec::new()) };
    if json::string(input).is_some() {
        let mut part = ObjectWriter::new();
        part.string("type", "input_text").raw("text", input.get());
        let mut message = ObjectWriter::new();
        message
            .string("id", &format!("msg_{}", new_id()))
            .string("type", "message")
            .string("role", "user")
            .raw("content", &array([part.finish()]));
        return Ok(vec![message.finish()]);
    }
    of_input(input)?.into_iter().map(|item| with_id(item, &mut new_id)).collect()
}

fn with_id(item: &RawValue, new_id: &mut impl FnMut() -> String) -> Result<String, BadRequest> {
    let members =
        json::members(item).ok_or_else(|| BadRequest::wrong_type("input", "an array of objects"))?;
    if members.text("id").is_some() {
        return Ok(item.get().to_owned());
    }
    let kind = members.text("type");
    let prefix = match kind.as_deref() {
        None | Some("message") => "msg",
        Some("function_call") => "fc",
        Some("custom_tool_call") => "ctc",
        Some("reasoning") => "rs",
        Some(other) if other.ends_with("_output") => "out",
        Some(_) => "item",
    };
    let mut out = ObjectWriter::new();
    out.string("id", &format!("{prefix}_{}", new_id()));
    if kind.is_none() {
        out.string("type", "message");
    }
    for (name, value) in members.0.iter().filter(|(name, _)| name != "id") {
        out.raw(name, value.get());
    }
    Ok(out.finish())
}

/// The output items of a response.
pub fn output_items(response: &str) -> Vec<String> {
    let members = json::Members::parse(response).unwrap_or_default();
    let items = members.get("output").and_then(json::elements).unwrap_or_default();
    items.into_iter().map(|item| item.get().to_owned()).collect()
}

/// The request with the conversation before it in its input, for a provider that remembers nothing, and with items after
/// it. The rest stays as it was written.
pub fn with_history(body: &[u8], before: &[String], after: &[String]) -> Result<Vec<u8>, BadRequest> {
    let members = envelope::parse(body)?;
    let mut items: Vec<&str> = before.iter().map(String::as_str).collect();
    let own;
    match members.get("input") {
        None => {}
        Some(input) if json::string(input).is_some() => {
            let mut message = ObjectWriter::new();
            message.string("role", "user").raw("content", input.get());
            own = message.finish();
            items.push(&own);
        }
        Some(input) => items.extend(of_input(input)?.into_iter().map(RawValue::get)),
    }
    items.extend(after.iter().map(String::as_str));
    Ok(with_input(&members, &array(items), &["previous_response_id"]).into_bytes())
}

fn of_input(input: &RawValue) -> Result<Vec<&RawValue>, BadRequest> {
    json::elements(input).ok_or_else(|| BadRequest::wrong_type("input", "a string or an array"))
}

/// The members with another input and without some of them.
fn with_input(members: &json::Members<'_>, input: &str, without: &[&str]) -> String {
    let mut out = ObjectWriter::new();
    let mut is_written = false;
    for (name, value) in &members.0 {
        match name.as_ref() {
            "input" if std::mem::replace(&mut is_written, true) => {}
            "input" => {
                out.raw("input", input);
            }
            name if without.contains(&name) => {}
            name => {
                out.raw(name, value.get());
            }
        }
    }
    if !is_written {
        out.raw("input", input);
    }
    out.finish()
}

/// The item that stands in place of a conversation. What it says is in it, for this gateway to read again: nobody else is
/// sent it.
pub fn summary_item(id: &str, summary: &str) -> String {
    let mut out = ObjectWriter::new();
    let sealed = format!("{SUMMARY}{}", STANDARD.encode(summary));
    out.string("id", id).string("type", "compaction").string("encrypted_content", &sealed);
    out.finish()
}

/// The request with summaries of [`summary_item`] told in words; `None` if it has none.
pub fn with_summaries_told(body: &[u8]) -> Result<Option<Vec<u8>>, BadRequest> {
    if memchr::memmem::find(body, SUMMARY.as_bytes()).is_none() {
        return Ok(None);
    }
    let members = envelope::parse(body)?;
    let Some(input) = members.get("input").filter(|input| json::string(input).is_none()) else {
        return Ok(None);
    };
    let told: Vec<String> = of_input(input)?
        .into_iter()
        .map(|item| told(item).unwrap_or_else(|| item.get().to_owned()))
        .collect();
    Ok(Some(with_input(&members, &array(told), &[]).into_bytes()))
}

fn told(item: &RawValue) -> Option<String> {
    let members =
        json::members(item).filter(|members| members.text("type").as_deref() == Some("compaction"))?;
    let sealed = members.text("encrypted_content")?;
    let summary = String::from_utf8(STANDARD.decode(sealed.strip_prefix(SUMMARY)?).ok()?).ok()?;
    let mut message = ObjectWriter::new();
    message
        .string("role", "user")
        .string("content", &format!("What was said before, summed up:\n\n{summary}"));
    Some(message.finish())
}

/// The messages of users among a turn's items, which stay as they are when a conversation is summed up.
pub fn user_items(items: &[String]) -> Vec<String> {
    let is_user = |item: &&String| {
        json::Members::parse(item).is_ok_and(|members| members.text("role").as_deref() == Some("user"))
    };
    items.iter().filter(is_user).cloned().collect()
}

/// What a response to this request repeats of it, as JSON texts by name.
pub fn echo_of(body: &[u8]) -> Vec<(String, String)> {
    let Ok(members) = envelope::parse(body) else { return Vec::new() };
    let said =
        members.0.iter().filter(|(name, value)| ECHOED.contains(&name.as_ref()) && !json::is_null(value));
    said.map(|(name, value)| (name.to_string(), value.get().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn ids() -> impl FnMut() -> String {
        let mut count = 0;
        move || {
            count += 1;
            count.to_string()
        }
    }

    fn parsed(items: &[String]) -> Value {
        items.iter().map(|item| serde_json::from_str(item).unwrap()).collect::<Vec<Value>>().into()
    }

    #[test]
    fn a_turn_is_its_items_each_with_an_id() {
        let items = turn_items(br#"{"input":"Hi"}"#, ids()).unwrap();
        assert_eq!(
            parsed(&items),
            json!([{"id": "msg_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}])
        );
        let body = br#"{"input":[{"role":"user","content":"a"},{"type":"function_call_output","call_id":"c","output":"1.0"},{"id":"rs_9","type":"reasoning","summary":[]}]}"#;
        let items = parsed(&turn_items(body, ids()).unwrap());
        assert_eq!(
            (&items[0]["id"], &items[1]["id"], &items[2]["id"]),
            (&json!("msg_1"), &json!("out_2"), &json!("rs_9"))
        );
        assert!(
            turn_items(br#"{"input":7}"#, ids()).is_err() && turn_items(br#"{"input":[7]}"#, ids()).is_err()
        );
    }

    #[test]
    fn what_came_before_stands_before() {
        let history = [
            r#"{"role":"user","content":"1"}"#.to_owned(),
            r#"{"type":"message","role":"assistant"}"#.to_owned(),
        ];
        let body =
            br#"{"model":"m","previous_response_id":"resp_1","input":"2","temperature":1.0,"store":true}"#;
        let text = String::from_utf8(with_history(body, &history, &[]).unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"model":"m","input":[{"role":"user","content":"1"},{"type":"message","role":"assistant"},{"role":"user","content":"2"}],"temperature":1.0,"store":true}"#
        );
        let bare = String::from_utf8(with_history(br#"{"model":"m"}"#, &history[..1], &[]).unwrap()).unwrap();
        assert_eq!(bare, r#"{"model":"m","input":[{"role":"user","content":"1"}]}"#);
    }

    #[test]
    fn a_summary_is_told_in_words_to_whoever_is_asked_next() {
        let item = summary_item("cmp_1", "Zürich is fine.");
        let body =
            format!(r#"{{"model":"m","input":[{item},{{"role":"user","content":"And?"}}],"top_p":1.0}}"#);
        let told = String::from_utf8(with_summaries_told(body.as_bytes()).unwrap().unwrap()).unwrap();
        assert_eq!(
            told,
            r#"{"model":"m","input":[{"role":"user","content":"What was said before, summed up:\n\nZürich is fine."},{"role":"user","content":"And?"}],"top_p":1.0}"#
        );
        assert_eq!(with_summaries_told(br#"{"input":"x"}"#).unwrap(), None);
        let items = [
            r#"{"role":"user","content":"a"}"#.to_owned(),
            r#"{"role":"assistant","content":"b"}"#.to_owned(),
        ];
        assert_eq!(user_items(&items), items[..1]);
    }

    #[test]
    fn a_response_repeats_what_it_was_asked() {
        let said = echo_of(
            br#"{"model":"m","input":"x","temperature":0.5,"top_p":null,"previous_response_id":"r"}"#,
        );
        assert_eq!(
            said,
            [
                ("temperature".to_owned(), "0.5".to_owned()),
                ("previous_response_id".to_owned(), "\"r\"".to_owned())
            ]
        );
    }
}
