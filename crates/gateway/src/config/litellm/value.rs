//! A value of the file, with the way to it: read as what it must be, or refused with the way, the kind and the range.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Map, Value};

use super::place::Path;
use super::problem::Wrong;
use crate::config::LONGEST_TIMEOUT;

/// The longest time that any setting may be.
pub const LONGEST_SECONDS: f64 = LONGEST_TIMEOUT.as_secs_f64();

pub struct Node<'a> {
    pub path: Path,
    pub value: &'a Value,
}

impl<'a> Node<'a> {
    pub fn new(path: Path, value: &'a Value) -> Self {
        Self { path, value }
    }

    pub fn wrong(&self, expected: &str) -> Wrong {
        Wrong::new(&self.path, &format!(" must be {expected}"))
    }

    /// Numbers from the environment are texts.
    fn as_number(&self) -> Option<f64> {
        let text = || self.value.as_str()?.trim().parse().ok();
        self.value.as_f64().or_else(text).filter(|number: &f64| number.is_finite())
    }

    pub fn flag(&self) -> Result<bool, Wrong> {
        match self.value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.wrong("true or false")),
        }
    }

    pub fn whole(&self, range: RangeInclusive<u32>) -> Result<u32, Wrong> {
        let (least, most) = range.into_inner();
        let fits =
            |number: &f64| number.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(number);
        let number = self.as_number().filter(fits);
        number
            .map(|number| number as u32)
            .ok_or_else(|| self.wrong(&format!("a whole number from {least} to {most}")))
    }

    pub fn number(&self, range: RangeInclusive<f64>, unit: &str) -> Result<f64, Wrong> {
        let number = self.as_number().filter(|number| range.contains(number));
        number.ok_or_else(|| self.wrong(&format!("between {} and {}{unit}", range.start(), range.end())))
    }

    pub fn seconds(&self, range: RangeInclusive<f64>) -> Result<Duration, Wrong> {
        self.number(range, " seconds").map(Duration::from_secs_f64)
    }

    /// A time that must end some day.
    pub fn timeout(&self) -> Result<Duration, Wrong> {
        let seconds = self.as_number().filter(|seconds| *seconds > 0.0 && *seconds <= LONGEST_SECONDS);
        let duration = seconds.map(Duration::from_secs_f64).filter(|duration| !duration.is_zero());
        duration.ok_or_else(|| self.wrong("above 0 and at most 86400 seconds"))
    }

    pub fn text(&self) -> Result<&'a str, Wrong> {
        self.value.as_str().filter(|text| !text.trim().is_empty()).ok_or_else(|| self.wrong("a text"))
    }

    pub fn map(&self) -> Result<&'a Map<String, Value>, Wrong> {
        self.value.as_object().ok_or_else(|| self.wrong("a map"))
    }

    /// The members that are not null, which counts as absent.
    pub fn members(&self) -> Result<impl Iterator<Item = (&'a str, Node<'a>)>, Wrong> {
        let path = self.path.clone();
        let members = self.map()?.iter().filter(|(_, value)| !value.is_null());
        Ok(members.map(move |(name, value)| (name.as_str(), Node::new(path.name(name), value))))
    }

    pub fn items(&self) -> Result<impl Iterator<Item = Node<'a>>, Wrong> {
        let path = self.path.clone();
        let items = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        Ok(items.iter().enumerate().map(move |(index, value)| Node::new(path.index(index), value)))
    }

    pub fn texts(&self) -> Result<Vec<(&'a str, Path)>, Wrong> {
        self.items()?.map(|item| Ok((item.text()?, item.path))).collect()
    }
}
