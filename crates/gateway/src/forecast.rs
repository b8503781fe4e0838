//! What will have been spent at the end of the month: an estimate, and a band that eight of ten months are meant to end in.
//!
//! The method is made for little data that is far from normal: days of nothing, quiet weekends, one day that cost ten times as
//! much as any other, habits that change. A day to come is expected to cost what its weekday did, drawn towards the mean of
//! all days where that weekday has hardly been seen ([`Levels`]); days count for half as much every two weeks, and one that is
//! far beyond all others counts as the dearest that is not. The band is what happens when the past is drawn from again, as
//! often as it takes ([`band`]): every future day is given the ratio that some past day of a similar level had to what was expected of it, and
//! every such future is scaled by how far a level that comes from so few days may be off. No distribution is assumed, sums
//! cannot be negative, and the draws come from a fixed seed, so that the same days give the same forecast.
//!
//! Days are whole days of some time zone; how many hours they have is of no matter to anything here.

mod band;
mod levels;

use jiff::ToSpan;
use jiff::civil::Date;

use levels::Levels;

/// The share of months that are meant to end within the band, in percent.
pub const COVERAGE: u8 = 80;
/// Days before this one that are looked at.
pub const MOST_DAYS: usize = 56;
/// Days without which there is no band.
pub const LEAST_DAYS: usize = 3;

/// What was spent day by day, nano-dollars.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The day that is running.
    pub today: Date,
    /// How much of it is over: 0 to 1.
    pub elapsed: f64,
    /// One sum for each day, up to today; what lies before the first is not known.
    pub days: &'a [i64],
}

/// What is spent on one day or until its end, nano-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub date: Date,
    pub low: i64,
    pub expected: i64,
    pub high: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// In this month so far.
    pub spent: i64,
    pub expected: i64,
    /// Lower and upper bound; `None` where there are too few days to say.
    pub bounds: Option<(i64, i64)>,
    /// Whole days that it is made from, counted from the first on which anything was spent.
    pub basis_days: usize,
    /// What is spent until the end of each day of the month: until yesterday what was, from today on what is to come.
    pub points: Vec<Point>,
}

impl Past<'_> {
    /// The whole days that tell something, the oldest first: from the first on that cost something, without today.
    fn whole(&self) -> &[i64] {
        let whole = &self.days[..self.days.len().saturating_sub(1)];
        let whole = &whole[whole.len().saturating_sub(MOST_DAYS)..];
        let first = whole.iter().position(|cost| *cost > 0).unwrap_or(whole.len());
        &whole[first..]
    }

    /// What was spent on each day of the month that runs, today included.
    fn of_month(&self) -> &[i64] {
        let so_far = usize::from(self.today.day().unsigned_abs());
        &self.days[self.days.len().saturating_sub(so_far)..]
    }
}

/// The forecast of the running month. `draws` is how many futures the band is made from.
pub fn month(past: Past<'_>, draws: usize) -> Forecast {
    let levels = Levels::of(&past);
    let so_far = past.of_month();
    let spent = so_far.iter().fold(0_i64, |sum, cost| sum.saturating_add((*cost).max(0)));
    let ahead = ahead(&past, &levels);
    let bands = (levels.days() >= LEAST_DAYS).then(|| band::of(&levels, &ahead, draws));
    let mut points = behind(&past, so_far);
    let mut sum = 0.0;
    for (place, Ahead { date, level, share }) in ahead.iter().enumerate() {
        sum += level * share;
        let expected = plus(spent, sum);
        let (low, high) = bands.as_ref().map_or((expected, expected), |bands| {
            let (low, high) = bands[place];
            (plus(spent, low).min(expected), plus(spent, high).max(expected))
        });
        points.push(Point { date: *date, low, expected, high });
    }
    let end = points.last().copied();
    Forecast {
        spent,
        expected: end.map_or(spent, |end| end.expected),
        bounds: end.filter(|_| bands.is_some()).map(|end| (end.low, end.high)),
        basis_days: levels.days(),
        points,
    }
}

/// The day on which as much more is expected to be spent, if that is before `until`.
pub fn used_up(past: Past<'_>, left: i64, until: Option<Date>) -> Option<Date> {
    if left <= 0 {
        return Some(past.today);
    }
    let levels = Levels::of(&past);
    if levels.days() < LEAST_DAYS {
        return None;
    }
    let mut sum = levels.on(past.today) * (1.0 - past.elapsed.clamp(0.0, 1.0));
    let mut day = past.today;
    for _ in 0..=366 {
        if until.is_some_and(|until| day >= until) {
            return None;
        }
        if sum.round() >= left as f64 {
            return Some(day);
        }
        day = day.checked_add(1.day()).ok()?;
        sum += levels.on(day);
    }
    None
}

/// A day that is to come, or the rest of today.
struct Ahead {
    date: Date,
    /// What such a day costs.
    level: f64,
    /// How much of it is to come.
    share: f64,
}

fn ahead(past: &Past<'_>, levels: &Levels) -> Vec<Ahead> {
    let days = past.today.series(1.day()).take_while(|day| *day <= past.today.last_of_month());
    let share = |date| if date == past.today { 1.0 - past.elapsed.clamp(0.0, 1.0) } else { 1.0 };
    days.map(|date| Ahead { date, level: levels.on(date), share: share(date) }).collect()
}

fn behind(past: &Past<'_>, so_far: &[i64]) -> Vec<Point> {
    let mut sum = 0_i64;
    let days = past.today.first_of_month().series(1.day()).take_while(|day| *day < past.today);
    // What lies before the first known day is nothing.
    let unknown = usize::from(past.today.day().unsigned_abs()).saturating_sub(so_far.len());
    let known = std::iter::repeat_n(0, unknown).chain(so_far.iter().copied());
    days.zip(known)
        .map(|(date, cost)| {
            sum = sum.saturating_add(cost.max(0));
            Point { date, low: sum, expected: sum, high: sum }
        })
        .collect()
}

fn plus(spent: i64, more: f64) -> i64 {
    spent.saturating_add(more.max(0.0).round() as i64)
}

#[cfg(test)]
mod tests;
