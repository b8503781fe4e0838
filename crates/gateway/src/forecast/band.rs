//! The band around what is expected: futures made of what happened.

use super::Ahead;
use super::levels::Levels;

/// A tenth of all futures ends below the band, and a tenth above it.
const OUTSIDE: f64 = 0.1;
/// Levels that differ by no more than this factor are similar.
const SIMILAR: f64 = 2.0;

/// What is spent until the end of each of these days, from the first of them on: lower and upper bound.
pub fn of(levels: &Levels, ahead: &[Ahead], draws: usize) -> Vec<(f64, f64)> {
    let choices: Vec<Vec<f64>> = ahead.iter().map(|day| ratios(levels, day.level)).collect();
    let all = ratios(levels, f64::NAN);
    let mut chance = Chance::new();
    let mut futures: Vec<Vec<f64>> = vec![Vec::with_capacity(draws); ahead.len()];
    for _ in 0..draws {
        // How far off the levels themselves may be.
        let off = chance.mean_of(&all, levels.effective().round().max(1.0) as usize);
        let mut sum = 0.0;
        for (place, day) in ahead.iter().enumerate() {
            sum += day.level * day.share * chance.one_of(&choices[place]) * off;
            futures[place].push(sum);
        }
    }
    futures
        .into_iter()
        .map(|mut sums| (quantile(&mut sums, OUTSIDE), quantile(&mut sums, 1.0 - OUTSIDE)))
        .collect()
}

/// What past days of a similar level cost, as parts of what was expected of them; of all days where none is similar.
fn ratios(levels: &Levels, level: f64) -> Vec<f64> {
    let past = || levels.past().iter().filter(|(_, expected)| *expected > 0.0);
    let ratio = |(cost, expected): &(f64, f64)| cost / expected;
    let similar: Vec<f64> = past()
        .filter(|(_, expected)| level <= expected * SIMILAR && *expected <= level * SIMILAR)
        .map(ratio)
        .collect();
    if similar.is_empty() { past().map(ratio).collect() } else { similar }
}

/// Of sums in no order, which it puts in order.
fn quantile(sums: &mut [f64], share: f64) -> f64 {
    if sums.is_empty() {
        return 0.0;
    }
    sums.sort_by(f64::total_cmp);
    let place = share * (sums.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sums.len() - 1);
    sums[below] + (sums[above] - sums[below]) * part
}

/// Numbers without a pattern that are the same each time: xorshift, which is enough for drawing lots.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 1 where there is nothing to choose from.
    fn one_of(&mut self, choices: &[f64]) -> f64 {
        let Ok(count @ 1..) = u64::try_from(choices.len()) else { return 1.0 };
        // The upper bits are the better ones.
        choices[usize::try_from((self.next() >> 16) % count).unwrap_or(0)]
    }

    fn mean_of(&mut self, choices: &[f64], count: usize) -> f64 {
        (0..count).map(|_| self.one_of(choices)).sum::<f64>() / count as f64
    }
}
