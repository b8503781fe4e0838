//! Query parameters, read one by one so that a wrong one is told with its name and range.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::Timestamp;

use crate::error::Failure;

/// Blank counts as absent.
pub fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub fn wrong(param: &str, problem: impl Display) -> Failure {
    Failure::invalid("invalid_filter", format!("{param} {problem}")).with_param(param)
}

pub fn number<T: FromStr + PartialOrd + Display>(
    param: &str,
    text: Option<String>,
    range: RangeInclusive<T>,
) -> Result<Option<T>, Failure> {
    let Some(text) = given(text) else { return Ok(None) };
    let (least, most) = (range.start(), range.end());
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.map(Some).ok_or_else(|| wrong(param, format!("must be a whole number from {least} to {most}")))
}

/// A moment as UTC milliseconds: RFC 3339, or seconds or milliseconds since 1970.
pub fn moment(param: &str, text: Option<String>) -> Result<Option<i64>, Failure> {
    /// Milliseconds of 1973, seconds of the year 5138: nobody means either.
    const MILLISECONDS_FROM: i64 = 100_000_000_000;
    let Some(text) = given(text) else { return Ok(None) };
    let counted = text.parse::<i64>().ok().filter(|number| *number >= 0);
    let moment = match counted {
        Some(number) if number < MILLISECONDS_FROM => Some(number * 1000),
        Some(number) => Some(number),
        // A plus sign that was not encoded arrives as a space.
        None => text.replace(' ', "+").parse::<Timestamp>().ok().map(Timestamp::as_millisecond),
    };
    moment.map(Some).ok_or_else(|| {
        wrong(param, "must be a moment such as 2026-11-20T08:00:00Z, or seconds or milliseconds since 1970")
    })
}

#[cfg(test)]
mod tests;
