//! What a day of each weekday is expected to cost, by the days before.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Past;

/// A day counts for half as much after so many days.
const HALF_LIFE: f64 = 14.0;
/// The mean of all days counts as much as so many days of one weekday.
const PRIOR: f64 = 1.0;
/// So many days that cost something say which of them is far beyond the others.
const ENOUGH: usize = 4;
/// So many times the usual distance from the median is far.
const FAR: f64 = 5.0;
/// The median distance of what is normally distributed is its deviation divided by this.
const OF_MEDIAN: f64 = 1.4826;
/// The distance is at least this part of the median.
const LEAST_SPREAD: f64 = 0.25;

pub struct Levels {
    /// From Monday on.
    by_weekday: [f64; 7],
    /// What each past day cost, and what is expected of its weekday.
    past: Vec<(f64, f64)>,
    /// As many days of equal weight would say as much.
    effective: f64,
}

impl Levels {
    pub fn of(past: &Past<'_>) -> Self {
        let costs = past.whole();
        let most = most(costs);
        let count = i64::try_from(costs.len()).unwrap_or(0);
        let (mut sums, mut weights, mut squares) = ([0.0; 7], [0.0; 7], 0.0);
        let mut days = Vec::with_capacity(costs.len());
        for (cost, before) in costs.iter().zip((1..=count).rev()) {
            let weekday = weekday(past.today.saturating_sub(before.days()));
            let weight = 0.5_f64.powf(before as f64 / HALF_LIFE);
            let cost = (*cost as f64).clamp(0.0, most);
            sums[weekday] += weight * cost;
            weights[weekday] += weight;
            squares += weight * weight;
            days.push((cost, weekday));
        }
        let weight: f64 = weights.iter().sum();
        let mean = if weight > 0.0 { sums.iter().sum::<f64>() / weight } else { 0.0 };
        let by_weekday = std::array::from_fn(|day| (sums[day] + PRIOR * mean) / (weights[day] + PRIOR));
        Self {
            by_weekday,
            past: days.into_iter().map(|(cost, weekday)| (cost, by_weekday[weekday])).collect(),
            effective: if squares > 0.0 { weight * weight / squares } else { 0.0 },
        }
    }

    pub fn days(&self) -> usize {
        self.past.len()
    }

    pub fn on(&self, day: Date) -> f64 {
        self.by_weekday[weekday(day)]
    }

    pub fn past(&self) -> &[(f64, f64)] {
        &self.past
    }

    pub fn effective(&self) -> f64 {
        self.effective
    }
}

fn weekday(day: Date) -> usize {
    usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0)
}

/// Beyond which a day's cost is an accident.
fn most(costs: &[i64]) -> f64 {
    let mut some: Vec<f64> = costs.iter().filter(|cost| **cost > 0).map(|cost| *cost as f64).collect();
    if some.len() < ENOUGH {
        return f64::INFINITY;
    }
    some.sort_by(f64::total_cmp);
    let middle = some[some.len() / 2];
    let mut distances: Vec<f64> = some.iter().map(|cost| (cost - middle).abs()).collect();
    distances.sort_by(f64::total_cmp);
    let spread = (distances[distances.len() / 2] * OF_MEDIAN).max(middle * LEAST_SPREAD);
    let bound = middle + FAR * spread;
    // As the dearest that is none.
    some.into_iter().rev().find(|cost| *cost <= bound).unwrap_or(middle)
}
