//! What a call used, in one convention.
//!
//! Providers disagree about whether cached tokens are part of the prompt and reasoning part of the output. Here
//! they are: `input` is all prompt tokens and `output` all completion tokens; every other counter is a part of one
//! of the two. A price is found by subtracting the parts that have their own price, never by adding. So where a provider
//! says that it charges for fewer tokens than it counts, the charged ones are the tokens.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{self, Members};

/// More than any call can use. What is counted beyond it is a provider's mistake, and sums of such counters have to fit
/// wherever they are kept.
pub(crate) const MOST: u64 = 1 << 40;

/// Tokens and billable extras of one call. See the module for the convention.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// All prompt tokens.
    pub input: u64,
    /// All completion tokens.
    pub output: u64,
    /// Part of `input`: read from the provider's prompt cache.
    pub cache_read: u64,
    /// Part of `input`: written to a cache entry of the shorter (5 minutes), or the only, kind.
    pub cache_write_5m: u64,
    /// Part of `input`: written to a cache entry that lives for an hour.
    pub cache_write_1h: u64,
    /// Part of `output`: spent on reasoning.
    pub reasoning: u64,
    /// Part of `input`.
    pub audio_input: u64,
    /// Part of `output`.
    pub audio_output: u64,
    /// Part of `input`.
    pub image_input: u64,
    /// Part of `output`: images that the model drew.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub image_output: u64,
    /// Searches the provider ran, billed per call.
    pub web_searches: u64,
    /// How much of what they found each of them took, where the provider says so: `low`, `medium` or `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_context: Option<String>,
    /// The tier the provider says it served, if it has its own price: `priority`, `flex`, `batch`, `fast`, ...
    pub service_tier: Option<String>,
    /// The provider's own object; for a stream that reports in pieces, the pieces merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Box<RawValue>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nothing(count: &u64) -> bool {
    *count == 0
}

/// A usage object and the objects within it, without a tree: reports come with every response, and in some streams with
/// every chunk.
pub(crate) struct Report<'a> {
    own: Members<'a>,
    parts: Vec<(Cow<'a, str>, Members<'a>)>,
}

impl<'a> Report<'a> {
    /// `None` if it is no object.
    pub fn parse(raw: &'a RawValue) -> Option<Self> {
        let own = json::members(raw)?;
        let parts =
            own.0.iter().filter_map(|(name, value)| Some((name.clone(), json::members(value)?))).collect();
        Some(Self { own, parts })
    }

    fn find(&self, path: &str) -> Option<&'a RawValue> {
        match path.split_once('/') {
            None => self.own.get(path),
            Some((part, name)) => self.parts.iter().rev().find(|(key, _)| key == part)?.1.get(name),
        }
    }

    /// The counter `name` or `part/name`, [`MOST`] at most; anything that is not a number counts as absent.
    pub fn counter(&self, path: &str) -> Option<u64> {
        let text = self.find(path)?.get();
        let count = text.parse().ok();
        let count = count
            .or_else(|| text.parse::<f64>().ok().filter(|float| *float > 0.0).map(|float| float as u64))?;
        Some(count.min(MOST))
    }

    /// The string `name` or `part/name`.
    pub fn label(&self, path: &str) -> Option<String> {
        json::string(self.find(path)?).map(Cow::into_owned)
    }
}

/// Lays a later report over an earlier one: members that are `null` or absent later keep their value.
pub(crate) fn merged(earlier: &RawValue, later: &RawValue) -> Option<Box<RawValue>> {
    let mut all: Value = serde_json::from_str(earlier.get()).ok()?;
    let new: Value = serde_json::from_str(later.get()).ok()?;
    let (Some(all_members), Value::Object(new)) = (all.as_object_mut(), new) else { return None };
    for (key, value) in new {
        if !value.is_null() {
            all_members.insert(key, value);
        }
    }
    RawValue::from_string(all.to_string()).ok()
}
