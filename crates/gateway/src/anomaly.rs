//! What an hour usually costs, and when one is far beyond it.
//!
//! Compared is with the same hours of the days before and their neighbours, since nobody keeps to the clock: the median and the
//! median of the distances from it, neither of which a few odd hours move. Where most of these hours cost nothing, that
//! distance is nothing as well; then the mean distance takes its place. Two hours that were nearly as dear before are a
//! habit, however rare, and no news. Nothing below a floor is news either, so that cents never are; nor is anything of a series
//! that is too young to have habits.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Nano-dollars in an hour that nobody needs to hear of.
pub const FLOOR: i64 = 1_000_000_000;
/// Days that are looked back.
pub const DAYS: i64 = 28;
/// Days after which a series has habits.
const YOUNG: i64 = 3;
/// So many times the usual distance from the median is far.
const FAR: f64 = 6.0;
/// The median distance of what is normally distributed is its deviation divided by this, the mean distance by the other.
const OF_MEDIAN: f64 = 1.4826;
const OF_MEAN: f64 = 1.2533;
/// The distance is at least this part of the median: spend that is the same every day may still be a half more once.
const LEAST_SPREAD: f64 = 0.1;
/// How far what happened twice may be surpassed.
const MORE_THAN_A_HABIT: f64 = 1.5;

const HOUR_SECONDS: i64 = 3600;

/// What is usual for an hour, nano-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    pub middle: i64,
    /// Beyond which it is far outside of the usual.
    pub bound: i64,
}

/// What is usual for an hour (since 1970, UTC), by the hours before it that cost something, in their order. `None` where there is too
/// little to say.
pub fn usual(hour: i64, costs: &[(i64, i64)], zone: &TimeZone) -> Option<Usual> {
    let first = costs.iter().find(|(at, cost)| *cost > 0 && *at < hour)?.0;
    if hour - first < YOUNG * 24 {
        return None;
    }
    let cost =
        |at: i64| costs.binary_search_by_key(&at, |(known, _)| *known).map_or(0, |place| costs[place].1);
    let same = same_hours(hour, zone);
    // The first day of a series is no whole day; what lies before it is not nothing, but unknown.
    let known = same.into_iter().flat_map(|at| [at - 1, at, at + 1]).filter(|at| *at >= first);
    let mut samples: Vec<f64> = known.map(|at| cost(at) as f64).collect();
    if samples.len() < 3 {
        return None;
    }
    samples.sort_by(f64::total_cmp);
    let middle = median(&samples);
    let mut distances: Vec<f64> = samples.iter().map(|sample| (sample - middle).abs()).collect();
    distances.sort_by(f64::total_cmp);
    let typical = median(&distances) * OF_MEDIAN;
    // The largest may be an accident of its own.
    let others = &distances[..distances.len() - 1];
    let mean = others.iter().sum::<f64>() / others.len() as f64;
    let spread = if typical > 0.0 { typical } else { mean * OF_MEAN };
    let far = middle + FAR * spread.max(middle * LEAST_SPREAD);
    let habit = samples[samples.len() - 2] * MORE_THAN_A_HABIT;
    let bound = far.max(habit).max(FLOOR as f64);
    Some(Usual { middle: middle.round() as i64, bound: bound.round() as i64 })
}

/// The same hour of the days before, as the clocks of the zone show it.
fn same_hours(hour: i64, zone: &TimeZone) -> Vec<i64> {
    let Ok(at) = Timestamp::from_second(hour.saturating_mul(HOUR_SECONDS)) else { return Vec::new() };
    let local = at.to_zoned(zone.clone());
    let before = |days: i64| {
        // Where clocks are put forward, an hour that is not there is the one after it.
        let then = local.checked_sub(days.days()).ok()?;
        Some(then.timestamp().as_second().div_euclid(HOUR_SECONDS))
    };
    (1..=DAYS).filter_map(before).collect()
}

/// Of what is sorted.
fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

#[cfg(test)]
mod tests;
