//! Counts and durations, which stand among a response's other members.

use serde_json::value::RawValue;

use crate::json::{self, Members, ObjectWriter};
use crate::usage::{Report, Usage};

/// Durations are nanoseconds.
const METRICS: [&str; 6] = [
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
];

/// Usage among the members of an object.
pub(super) fn read(raw: &RawValue) -> Option<Usage> {
    of(&json::members(raw)?)
}

/// `None` if there is nothing to be read. What the prompt's cache spared is not told.
pub(super) fn of(members: &Members<'_>) -> Option<Usage> {
    let mut own = ObjectWriter::new();
    let mut is_there = false;
    for metric in METRICS {
        is_there |= members.get(metric).is_some();
        own.maybe_raw(metric, members.get(metric));
    }
    let raw = RawValue::from_string(own.finish()).ok().filter(|_| is_there)?;
    let report = Report::parse(&raw)?;
    let count = |name| report.counter(name).unwrap_or(0);
    let (input, output) = (count("prompt_eval_count"), count("eval_count"));
    Some(Usage { input, output, raw: Some(raw), ..Usage::default() })
}

/// The same, out of the members.
pub(super) fn take(members: &mut Members<'_>) -> Option<Usage> {
    let usage = of(members);
    for metric in METRICS {
        members.take(metric);
    }
    usage
}

/// Of other formats the counts are told. How long they took nobody knows.
pub(super) fn write(usage: &Usage, out: &mut ObjectWriter) {
    let says_so =
        |own: &Members<'_>| of(own).is_some_and(|own| (own.input, own.output) == (usage.input, usage.output));
    let own = usage.raw.as_deref().and_then(json::members).filter(says_so);
    match own {
        Some(own) => {
            for (name, raw) in own.0 {
                out.raw(&name, raw.get());
            }
        }
        None => {
            out.put("prompt_eval_count", usage.input).put("eval_count", usage.output);
        }
    }
}
