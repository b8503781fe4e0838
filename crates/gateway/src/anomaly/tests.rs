use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{DAYS, FLOOR, Usual, usual};
use crate::durations;

const DOLLAR: i64 = 1_000_000_000;

fn hour(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second().div_euclid(3600)
}

/// What is usual at `now` after days of which each hour of the day costs what `cost` says of the day before and the hour.
fn after(now: i64, days: i64, cost: impl Fn(i64, i64) -> i64) -> Option<Usual> {
    let costs: Vec<(i64, i64)> = (now - days * 24..now)
        .map(|at| (at, cost((now - at + 23) / 24, at.rem_euclid(24))))
        .filter(|(_, cost)| *cost > 0)
        .collect();
    usual(now, &costs, &TimeZone::UTC)
}

#[test]
fn a_working_day_is_usual_by_day_and_not_by_night() {
    let office = |day: i64, hour: i64| if (9..18).contains(&hour) { (4 + day % 3) * DOLLAR } else { 0 };
    let noon = after(hour("2026-11-20T12:00:00Z"), 28, office).unwrap();
    assert_eq!(noon.middle, 5 * DOLLAR);
    assert!((8 * DOLLAR..20 * DOLLAR).contains(&noon.bound), "{noon:?}");
    let night = after(hour("2026-11-20T03:00:00Z"), 28, office).unwrap();
    assert_eq!((night.middle, night.bound), (0, FLOOR));
}

#[test]
fn cents_are_never_news() {
    let cents = after(hour("2026-11-20T12:00:00Z"), 28, |_, _| DOLLAR / 1000).unwrap();
    assert_eq!(cents.bound, FLOOR);
}

#[test]
fn one_accident_changes_little_and_what_happened_twice_is_a_habit() {
    let now = hour("2026-11-20T12:00:00Z");
    let with = |odd: &'static [i64]| {
        after(
            now,
            28,
            move |day, hour| {
                if hour == 12 && odd.contains(&day) { 500 * DOLLAR } else { 2 * DOLLAR }
            },
        )
    };
    let (calm, once, twice) = (with(&[]).unwrap(), with(&[5]).unwrap(), with(&[5, 11]).unwrap());
    assert_eq!(calm.middle, once.middle);
    assert!(once.bound < 5 * DOLLAR, "{once:?}");
    assert!(twice.bound > 500 * DOLLAR, "{twice:?}");
    // Also where there is nothing else.
    let rare = after(now, 28, |day, hour| if hour == 12 && day == 20 { 500 * DOLLAR } else { 0 }).unwrap();
    assert_eq!(rare.bound, FLOOR);
}

#[test]
fn nothing_is_said_of_what_is_young() {
    let now = hour("2026-11-20T12:00:00Z");
    assert_eq!(usual(now, &[], &TimeZone::UTC), None);
    assert_eq!(after(now, 2, |_, _| DOLLAR), None);
    assert!(after(now, 4, |_, _| DOLLAR).is_some());
    // Nor of a time before anything was spent, should the clock be set back.
    assert_eq!(usual(now - 24 * 365, &[(now - 24 * 10, DOLLAR), (now - 1, DOLLAR)], &TimeZone::UTC), None);
    assert_eq!(usual(i64::MAX / 4, &[(now, DOLLAR)], &TimeZone::UTC), None);
}

#[test]
fn the_same_hour_is_that_of_the_clock_on_the_wall() {
    let berlin = durations::zone("Europe/Berlin").unwrap();
    // Noon in Berlin, before the 25th of October (10:00 UTC) and after it (11:00 UTC).
    let noon = |day: i64| {
        let date = jiff::civil::date(2026, 10, 1).checked_add(jiff::Span::new().days(day)).unwrap();
        date.at(12, 0, 0, 0).to_zoned(berlin.clone()).unwrap().timestamp().as_second().div_euclid(3600)
    };
    let costs: Vec<(i64, i64)> =
        (0..28).flat_map(|day| [-1, 0, 1].map(|by| (noon(day) + by, 3 * DOLLAR))).collect();
    let found = usual(noon(28), &costs, &berlin).unwrap();
    assert_eq!(found.middle, 3 * DOLLAR);
    let in_utc = usual(noon(28), &costs, &TimeZone::UTC).unwrap();
    assert!(in_utc.middle <= found.middle);
}

proptest! {
    /// Whatever was spent: there is no panic, the bound is above the middle and the floor, and what is usual is within it.
    #[test]
    fn the_bound_is_above_what_is_usual(
        costs in prop::collection::vec(0_i64..=i64::MAX / 1000, 0..700),
        offset in 0_i64..48,
    ) {
        let now = hour("2026-11-20T12:00:00Z");
        let start = now - DAYS * 24 - 1;
        let costs: Vec<(i64, i64)> = costs.into_iter().enumerate().map(|(place, cost)| (start + place as i64, cost)).collect();
        if let Some(usual) = usual(now - offset, &costs, &TimeZone::UTC) {
            prop_assert!(usual.bound >= FLOOR && usual.bound >= usual.middle && usual.middle >= 0, "{:?}", usual);
        }
    }

    /// Costs that vary by less than a tenth are never told.
    #[test]
    fn what_hardly_varies_is_no_news(costs in prop::collection::vec(95_i64..105, 24 * 28), scale in 1_i64..1000) {
        let now = hour("2026-11-20T12:00:00Z");
        let costs: Vec<(i64, i64)> = costs.iter().zip(now - 24 * 28..).map(|(cost, at)| (at, cost * scale * DOLLAR / 100)).collect();
        let bound = usual(now, &costs, &TimeZone::UTC).unwrap().bound;
        prop_assert!(bound > scale * DOLLAR * 105 / 100);
    }
}
