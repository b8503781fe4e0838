//! Tool calls: whole, with arguments as an object, and often without an id, which every other format needs.

use serde_json::value::RawValue;

use super::OWNER;
use super::notes::{flag, is_flagged, note_text, noted_text};
use crate::canonical::{Encoding, Extra, Opaque, Part, PartKind, ToolCall};
use crate::json::{self, ObjectWriter, quote};

/// The kind under which calls are kept that are not written as documented.
pub(super) const UNKNOWN_CALL: &str = "tool_calls";

/// Names for calls, and which of them a result answers.
#[derive(Debug)]
pub(super) struct Calls {
    prefix: String,
    made: u64,
    /// Calls without a result so far: id and name.
    open: Vec<(String, String)>,
}

impl Calls {
    /// Ids that are made up begin with this.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), made: 0, open: Vec::new() }
    }

    /// The same of a reply, whose ids have to be unlike those of the turns before: the time tells them apart.
    pub fn of_reply(created_at: &str) -> Self {
        let digits: String = created_at.chars().filter(char::is_ascii_digit).collect();
        Self::new(format!("call_{digits}"))
    }

    /// A call's id. The same conversation always gives the same ones.
    fn begin(&mut self, stated: Option<&str>, name: &str) -> String {
        let id = stated.map_or_else(|| self.make(), str::to_owned);
        self.open.push((id.clone(), name.to_owned()));
        id
    }

    /// The id of the call that a result belongs to: the one it states, else the oldest of that name. A result without
    /// a name belongs to the oldest of all.
    pub fn answer(&mut self, stated: Option<&str>, name: Option<&str>) -> String {
        let by_id = || self.open.iter().position(|(id, _)| Some(id.as_str()) == stated);
        let by_name = || self.open.iter().position(|(_, open)| name.is_none_or(|name| open == name));
        let at = by_id().or_else(|| if stated.is_some() { None } else { by_name() });
        match at {
            Some(at) => self.open.remove(at).0,
            None => stated.map_or_else(|| self.make(), str::to_owned),
        }
    }

    fn make(&mut self) -> String {
        self.made += 1;
        format!("{}_{}", self.prefix, self.made)
    }

    pub fn decode(&mut self, raw: &RawValue) -> Part {
        self.known(raw).unwrap_or_else(|| {
            let opaque = Opaque { owner: OWNER, kind: UNKNOWN_CALL.to_owned(), raw: raw.to_owned() };
            Part::new(PartKind::Opaque(opaque))
        })
    }

    fn known(&mut self, raw: &RawValue) -> Option<Part> {
        let mut extra = Extra::default();
        let mut call = json::members(raw)?;
        let mut function = json::members(call.take("function")?)?;
        let name: String = function.take_as("name")?;
        let arguments = match function.take("arguments") {
            Some(raw) if raw.get().starts_with('{') => raw.get().to_owned(),
            // As in OpenAI's formats, by clients that speak both.
            Some(raw) => {
                flag(&mut extra, "arguments as text");
                json::string(raw)?.into_owned()
            }
            None => {
                flag(&mut extra, "without arguments");
                "{}".to_owned()
            }
        };
        for (of, member) in [(&mut call, "type"), (&mut function, "index")] {
            if let Some(raw) = of.take(member) {
                extra.note(OWNER, member, raw);
            }
        }
        let stated = call.text("id").filter(|id| !id.is_empty()).map(String::from);
        if let Some(id) = &stated {
            note_text(&mut extra, "id", id);
            call.take("id");
        }
        let id = self.begin(stated.as_deref(), &name);
        extra.add("function", OWNER, function);
        extra.add("", OWNER, call);
        Some(Part {
            kind: PartKind::ToolCall(ToolCall { id, name, arguments, signature: None }),
            cache: None,
            extra,
        })
    }
}

/// A call as it was.
pub(super) fn encode_own(call: &ToolCall, extra: &Extra) -> String {
    let ToolCall { id: _, name, arguments, signature: _ } = call;
    let mut function = ObjectWriter::new();
    function.maybe_raw("index", extra.noted(OWNER, "index")).string("name", name);
    if is_flagged(extra, "arguments as text") {
        function.string("arguments", arguments);
    } else if !is_flagged(extra, "without arguments") {
        function.raw("arguments", arguments);
    }
    extra.write_nested(OWNER, "function", &mut function);
    let mut out = ObjectWriter::new();
    out.maybe_string("id", noted_text(extra, "id").as_deref())
        .maybe_raw("type", extra.noted(OWNER, "type"))
        .raw("function", &function.finish());
    for member in &extra.0 {
        if !member.kind.contains('/') {
            out.raw(&member.name(), member.raw.get());
        }
    }
    out.finish()
}

/// A call of another format, the one with that number.
pub(super) fn encode(call: &ToolCall, index: usize, path: &str, to: &mut Encoding) -> String {
    let ToolCall { id, name, arguments, signature } = call;
    let mut function = ObjectWriter::new();
    function.put("index", index as u64).string("name", name).raw("arguments", &object(arguments, path, to));
    to.lose_if(signature.is_some(), path, "thoughtSignature");
    let mut out = ObjectWriter::new();
    out.maybe_string("id", Some(id.as_str()).filter(|id| !id.is_empty())).raw("function", &function.finish());
    out.finish()
}

/// Arguments as an object. What a model wrote that is none is kept as text in one, so that the call stays readable.
fn object(arguments: &str, path: &str, to: &mut Encoding) -> String {
    if arguments.trim().is_empty() {
        return "{}".to_owned();
    }
    let is_object = |raw: &&RawValue| json::members(raw).is_some();
    if let Some(raw) = serde_json::from_str::<&RawValue>(arguments).ok().filter(is_object) {
        return raw.get().to_owned();
    }
    to.lose(path, "arguments");
    format!("{{\"raw_arguments\":{}}}", quote(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_find_their_calls_by_id_then_by_name_then_by_order() {
        let mut calls = Calls::new("call");
        assert_eq!(calls.begin(None, "read"), "call_1");
        assert_eq!(calls.begin(Some("own"), "read"), "own");
        assert_eq!(calls.begin(None, "list"), "call_2");
        assert_eq!(calls.begin(None, "read"), "call_3");
        assert_eq!(calls.answer(None, Some("list")), "call_2");
        assert_eq!(calls.answer(Some("own"), Some("read")), "own");
        assert_eq!(calls.answer(None, None), "call_1");
        assert_eq!(calls.answer(Some("late"), None), "late");
        assert_eq!(calls.answer(None, Some("read")), "call_3");
        assert_eq!(calls.answer(None, None), "call_4");
    }

    #[test]
    fn a_reply_names_its_calls_by_its_time() {
        let mut calls = Calls::of_reply("2026-01-02T03:04:05.678901Z");
        assert_eq!(calls.begin(None, "read"), "call_20260102030405678901_1");
    }
}
