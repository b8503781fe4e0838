//! What a format has that the canonical model does not know.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::encoding::Encoding;
use crate::envelope::BadRequest;
use crate::format::Format;
use crate::json::{Members, ObjectWriter};
use crate::loss::LossReport;

/// A JSON value kept as it was written.
pub(crate) type RawText = Box<RawValue>;

/// A value only its owner understands.
#[derive(Clone, Debug)]
pub(crate) struct Opaque {
    pub owner: Format,
    /// What the owner calls it: a member's name or a type.
    pub kind: String,
    pub raw: RawText,
}

/// Begins the kind of a note; see [`Extra::note`].
const NOTE: &str = "~/";

/// Begins the kind of a member that changes the meaning; see [`Extra::insist`].
const MEANING: &str = "!/";

/// Members of an object that nothing here has a field for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra(pub Vec<Opaque>);

impl Extra {
    /// Whatever a decoder has not taken.
    pub fn rest(owner: Format, members: Members<'_>) -> Self {
        let mut extra = Self::default();
        extra.add("", owner, members);
        extra
    }

    /// Adds what was not taken of a nested object. `prefix` is the nested member's name.
    pub fn add(&mut self, prefix: &str, owner: Format, members: Members<'_>) {
        for (key, raw) in members.0 {
            let key = escaped(key);
            let kind = if prefix.is_empty() { key.into_owned() } else { format!("{prefix}/{key}") };
            self.0.push(Opaque { owner, kind, raw: raw.to_owned() });
        }
    }

    /// Notes how the owner wrote something that is understood here: for its own encoder, and no loss to others.
    pub fn note(&mut self, owner: Format, name: &str, raw: &RawValue) {
        self.0.push(Opaque { owner, kind: format!("{NOTE}{name}"), raw: raw.to_owned() });
    }

    /// Makes a note of a member that is understood by now, if it is there.
    pub fn understand(&mut self, owner: Format, name: &str) -> Option<&RawValue> {
        let is_it = |member: &&mut Opaque| member.owner == owner && member.kind == name;
        let member = self.0.iter_mut().find(is_it)?;
        member.kind = format!("{NOTE}{name}");
        Some(&member.raw)
    }

    /// What the owner noted under that name.
    pub fn noted(&self, owner: Format, name: &str) -> Option<&RawValue> {
        let is_it = |member: &&Opaque| member.owner == owner && member.kind.strip_prefix(NOTE) == Some(name);
        self.0.iter().find(is_it).map(|member| &*member.raw)
    }

    /// Keeps a member that only the owner can honour and that changes the meaning, so that every other format refuses
    /// it without knowing it. `what` reads as in [`Encoding::refuse`]. `None` if the meaning is in its absence.
    pub fn insist(&mut self, owner: Format, name: &str, what: &str, raw: Option<&RawValue>) {
        let raw = raw.unwrap_or(RawValue::NULL);
        self.0.push(Opaque { owner, kind: format!("{MEANING}{name}/{what}"), raw: raw.to_owned() });
    }

    /// Whether the owner insisted on a member of that name.
    pub fn insists(&self, name: &str) -> bool {
        self.0.iter().any(|member| member.insisted().is_some_and(|(insisted, _)| insisted == name))
    }

    /// Refuses what the owner insisted on, or drops it and gives the first one's name.
    pub fn refuse_insisted(&mut self, to: &mut Encoding) -> Result<Option<String>, BadRequest> {
        let mut first = None;
        for (name, what) in self.0.iter().filter_map(Opaque::insisted) {
            to.refuse(name, what)?;
            first.get_or_insert_with(|| name.to_owned());
        }
        self.0.retain(|member| member.insisted().is_none());
        Ok(first)
    }

    /// Writes the owner's members back; others' are reported under `path`, unless they say nothing.
    pub fn write(&self, owner: Format, out: &mut ObjectWriter, path: &str, loss: &mut LossReport) {
        for member in &self.0 {
            if member.owner != owner {
                member.report(path, loss);
            } else if let Some((name, _)) = member.insisted() {
                if member.raw.get() != "null" {
                    out.raw(name, member.raw.get());
                }
            } else if !member.kind.contains('/') {
                out.raw(&member.name(), member.raw.get());
            }
        }
    }

    /// Refuses what others own and say must not be dropped.
    pub fn refuse(&self, owner: Format, to: &mut Encoding) -> Result<(), BadRequest> {
        let others = self.0.iter().filter(|member| member.owner != owner && !member.is_empty());
        let is_meaning = |member: &&Opaque| member.owner.codec().meaning.contains(&member.kind.as_str());
        for member in others.filter(is_meaning) {
            to.refuse(&member.kind.replace('/', "."), "this")?;
        }
        Ok(())
    }

    /// Writes the owner's members of the nested object called `prefix`.
    pub fn write_nested(&self, owner: Format, prefix: &str, out: &mut ObjectWriter) {
        for member in &self.0 {
            let nested = member.kind.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
            if let (Some(key), true) = (nested, member.owner == owner) {
                out.raw(&unescaped(key), member.raw.get());
            }
        }
    }
}

impl Opaque {
    /// A member of an object, whatever its name is made of.
    pub fn member(owner: Format, name: Cow<'_, str>, raw: &RawValue) -> Self {
        Self { owner, kind: escaped(name).into_owned(), raw: raw.to_owned() }
    }

    /// The member's name.
    pub fn name(&self) -> Cow<'_, str> {
        unescaped(&self.kind)
    }

    /// The name and the description of a member that its owner insists on.
    fn insisted(&self) -> Option<(&str, &str)> {
        self.kind.strip_prefix(MEANING)?.split_once('/')
    }

    /// Nothing that could be lost.
    pub fn is_empty(&self) -> bool {
        let says_nothing = match self.raw.get() {
            "null" | "false" | "\"\"" | "[]" => true,
            // Whoever names a tool turns it on.
            "{}" => !self.kind.starts_with("tools["),
            _ => false,
        };
        // Who made a call: the model itself, as in every format that does not say.
        let is_usual = self.kind == "caller" && self.raw.get().contains("\"direct\"");
        says_nothing || is_usual || self.kind.starts_with(NOTE)
    }

    /// Reports this as lost, if it says anything.
    pub fn report(&self, path: &str, loss: &mut LossReport) {
        if !self.is_empty() {
            loss.add(join(path, &unescaped(&self.kind.replace('/', "."))));
        }
    }
}

/// A member's name as part of a kind, where `/` divides names and `~/` begins a note.
fn escaped(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.contains(['~', '/']) { Cow::Owned(name.replace('~', "~0").replace('/', "~1")) } else { name }
}

/// The name as it was written.
fn unescaped(name: &str) -> Cow<'_, str> {
    if name.contains('~') {
        Cow::Owned(name.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(name)
    }
}

/// A JSON path one member deeper.
pub(crate) fn join(path: &str, member: &str) -> String {
    if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") }
}
