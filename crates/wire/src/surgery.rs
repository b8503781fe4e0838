//! Changes to a body in its own format: members dropped, members set. Everything that is not touched stays as it was
//! written, down to the spelling of numbers.

use memchr::memmem;
use serde_json::value::RawValue;

use crate::envelope::{self, BadRequest};
use crate::json::{self, ObjectWriter};

/// What to change in every request that goes to one deployment.
#[derive(Clone, Debug, Default)]
pub struct Surgery {
    drop: Vec<Vec<Step>>,
    rename: Vec<(String, String)>,
    set: Vec<(String, Box<RawValue>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    /// One element of an array, or all of them.
    Element(Option<usize>),
}

impl Surgery {
    /// Drops a member: `logprobs`, `metadata.user_id`, `tools[*].input_examples`, `messages[0].name`. `false` if the path
    /// cannot be read.
    #[must_use]
    pub fn drop(&mut self, path: &str) -> bool {
        let Some(steps) = steps(path) else { return false };
        self.drop.push(steps);
        true
    }

    /// Calls a member of the top level otherwise; where both names are there, the new one's value counts.
    pub fn rename(&mut self, from: &str, to: &str) {
        self.rename.push((from.to_owned(), to.to_owned()));
    }

    /// Whether [`Self::reduce`] may find anything in the body: a look that costs next to nothing.
    pub fn may_touch(&self, body: &[u8]) -> bool {
        let dropped = self.drop.iter().filter_map(|steps| match steps.first() {
            Some(Step::Member(name)) => Some(name),
            _ => None,
        });
        let renamed = self.rename.iter().map(|(from, _)| from);
        dropped.chain(renamed).any(|name| memmem::find(body, name.as_bytes()).is_some())
    }

    /// The members of the top level that [`Self::reduce`] would drop as a whole, if they say anything.
    pub fn dropped_from(&self, body: &[u8]) -> Result<Vec<String>, BadRequest> {
        let members = envelope::parse(body)?;
        let is_dropped = |name: &str| {
            self.drop.iter().any(|steps| matches!(steps.as_slice(), [Step::Member(member)] if member == name))
        };
        let there = members.0.iter().filter(|(name, value)| is_dropped(name) && !json::is_null(value));
        Ok(there.map(|(name, _)| name.to_string()).collect())
    }

    /// Sets a member of the body's top level, whether or not it is there.
    pub fn set(&mut self, name: &str, value: &serde_json::Value) {
        if let Ok(raw) = RawValue::from_string(value.to_string()) {
            self.set.push((name.to_owned(), raw));
        }
    }

    /// The body without what is to be dropped: in the caller's format, before anything that cannot be translated would be
    /// refused. `None` if nothing is.
    pub fn reduce(&self, body: &[u8]) -> Result<Option<Vec<u8>>, BadRequest> {
        if self.drop.is_empty() && self.rename.is_empty() {
            return Ok(None);
        }
        let members = envelope::parse(body)?;
        let paths: Vec<&[Step]> = self.drop.iter().map(Vec::as_slice).collect();
        let mut out = ObjectWriter::new();
        for (name, value) in &members.0 {
            match self.rename.iter().find(|(from, _)| from == name) {
                Some((_, to)) if members.get(to).is_some() => {}
                Some((_, to)) => keep(to, value, &paths, &mut out),
                None => keep(name, value, &paths, &mut out),
            }
        }
        Ok(Some(out.finish().into_bytes()))
    }

    /// The body with what is to be set: in the provider's format. `None` if nothing is.
    pub fn add(&self, body: &[u8]) -> Result<Option<Vec<u8>>, BadRequest> {
        if self.set.is_empty() {
            return Ok(None);
        }
        let members = envelope::parse(body)?;
        let set = |name: &str| self.set.iter().rev().find(|(set, _)| set == name).map(|(_, value)| value);
        let mut out = ObjectWriter::new();
        for (name, value) in &members.0 {
            out.raw(name, set(name).map_or(value.get(), |value| value.get()));
        }
        for (name, value) in self.set.iter().filter(|(set, _)| members.0.iter().all(|(name, _)| name != set))
        {
            out.raw(name, value.get());
        }
        Ok(Some(out.finish().into_bytes()))
    }
}

/// Writes a member without what the paths lead to; nothing if one leads to the member itself.
fn keep(name: &str, value: &RawValue, paths: &[&[Step]], out: &mut ObjectWriter) {
    let mut deeper: Vec<&[Step]> = Vec::new();
    for path in paths {
        match path.split_first() {
            Some((Step::Member(member), [])) if member == name => return,
            Some((Step::Member(member), rest)) if member == name => deeper.push(rest),
            _ => {}
        }
    }
    if deeper.is_empty() {
        out.raw(name, value.get());
    } else {
        out.raw(name, &without(value, &deeper));
    }
}

fn without(value: &RawValue, paths: &[&[Step]]) -> String {
    if let Some(elements) = json::elements(value) {
        let mut kept: Vec<String> = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            let here = paths.iter().filter_map(|path| match path.split_first() {
                Some((Step::Element(at), rest)) if at.is_none_or(|at| at == index) => Some(rest),
                _ => None,
            });
            let deeper: Vec<&[Step]> = here.collect();
            if deeper.iter().any(|rest| rest.is_empty()) {
                continue;
            }
            kept.push(if deeper.is_empty() { element.get().to_owned() } else { without(element, &deeper) });
        }
        return format!("[{}]", kept.join(","));
    }
    let Some(members) = json::members(value) else { return value.get().to_owned() };
    let mut out = ObjectWriter::new();
    for (name, value) in &members.0 {
        keep(name, value, paths, &mut out);
    }
    out.finish()
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() {
            return None;
        }
        steps.push(Step::Member(name.to_owned()));
        while !rest.is_empty() {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Element(if index == "*" { None } else { Some(index.parse().ok()?) }));
            rest = after;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operated(body: &str, drop: &[&str], set: &[(&str, serde_json::Value)]) -> String {
        let mut surgery = Surgery::default();
        for path in drop {
            assert!(surgery.drop(path), "{path}");
        }
        for (name, value) in set {
            surgery.set(name, value);
        }
        let reduced = surgery.reduce(body.as_bytes()).unwrap().unwrap_or_else(|| body.into());
        let added = surgery.add(&reduced).unwrap().unwrap_or(reduced);
        String::from_utf8(added).unwrap()
    }

    #[test]
    fn only_what_is_named_changes() {
        let body = r#"{"a":1.50,"b":{"c":[{"d":1e3,"e":"\u00e9"},{"d":2}],"f":null},"g":[1,2,3]}"#;
        for (drop, expected) in [
            (&["x", "b.x", "b.c[9].d", "g.h", "a.b"][..], body),
            (&["a"], r#"{"b":{"c":[{"d":1e3,"e":"\u00e9"},{"d":2}],"f":null},"g":[1,2,3]}"#),
            (&["b.c[*].d", "b.f"], r#"{"a":1.50,"b":{"c":[{"e":"\u00e9"},{}]},"g":[1,2,3]}"#),
            (&["b.c[0].d", "g[1]"], r#"{"a":1.50,"b":{"c":[{"e":"\u00e9"},{"d":2}],"f":null},"g":[1,3]}"#),
        ] {
            assert_eq!(operated(body, drop, &[]), expected, "{drop:?}");
        }
        let set = [("a", serde_json::json!({"z": 1})), ("new", serde_json::json!(true))];
        assert_eq!(operated(r#"{"a":1,"b":2.0}"#, &["b"], &set), r#"{"a":{"z":1},"new":true}"#);
    }

    #[test]
    fn paths_that_lead_nowhere_are_told() {
        for path in ["", ".", "a..b", "a[", "a[x]", "[0]", "a[0", "a[*]b"] {
            assert!(!Surgery::default().drop(path), "{path}");
        }
        let mut surgery = Surgery::default();
        assert!(surgery.drop("a") && surgery.reduce(b"[]").is_err());
    }

    #[test]
    fn members_are_called_otherwise_and_what_is_dropped_is_known() {
        let mut surgery = Surgery::default();
        surgery.rename("seed", "random_seed");
        assert!(surgery.drop("user"));
        assert!(!surgery.may_touch(br#"{"model":"m"}"#) && surgery.may_touch(br#"{"seed":1}"#));
        let reduced = |body: &[u8]| String::from_utf8(surgery.reduce(body).unwrap().unwrap()).unwrap();
        assert_eq!(reduced(br#"{"seed":1.0,"user":"u"}"#), r#"{"random_seed":1.0}"#);
        assert_eq!(reduced(br#"{"seed":1,"random_seed":2}"#), r#"{"random_seed":2}"#);
        assert_eq!(surgery.dropped_from(br#"{"user":"u","x":1}"#).unwrap(), ["user"]);
        assert!(surgery.dropped_from(br#"{"user":null}"#).unwrap().is_empty());
    }
}
