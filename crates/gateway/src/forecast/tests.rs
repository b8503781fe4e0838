use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;

use super::{Forecast, Past, month, used_up};

const DOLLAR: i64 = 1_000_000_000;
const DRAWS: usize = 400;

/// Days up to `today`, of which each costs what `cost` says.
fn days(today: Date, count: i64, cost: impl Fn(Date) -> i64) -> Vec<i64> {
    (0..count).rev().map(|before| cost(today - before.days())).collect()
}

fn forecast(today: Date, elapsed: f64, days: &[i64]) -> Forecast {
    month(Past { today, elapsed, days }, DRAWS)
}

fn assert_sound(forecast: &Forecast, today: Date) {
    assert!(forecast.spent >= 0 && forecast.expected >= forecast.spent, "{forecast:?}");
    assert_eq!(forecast.points.len(), usize::from(today.days_in_month().unsigned_abs()));
    assert_eq!(forecast.points[0].date, today.first_of_month());
    for pair in forecast.points.windows(2) {
        assert!(pair[0].date < pair[1].date);
        assert!(pair[0].expected <= pair[1].expected, "{pair:?}");
    }
    for point in &forecast.points {
        assert!(point.low <= point.expected && point.expected <= point.high, "{point:?}");
    }
    let end = forecast.points.last().unwrap();
    assert_eq!(end.expected, forecast.expected);
    if let Some((low, high)) = forecast.bounds {
        assert!(
            forecast.spent <= low && low <= forecast.expected && forecast.expected <= high,
            "{forecast:?}"
        );
        assert_eq!((low, high), (end.low, end.high));
    }
}

#[test]
fn a_steady_spend_goes_on() {
    let today = date(2026, 11, 15);
    let forecast =
        forecast(today, 0.5, &days(today, 60, |day| if day == today { DOLLAR } else { 2 * DOLLAR }));
    assert_sound(&forecast, today);
    assert_eq!((forecast.spent, forecast.expected), (29 * DOLLAR, 60 * DOLLAR));
    assert_eq!(forecast.bounds, Some((60 * DOLLAR, 60 * DOLLAR)));
    assert_eq!(forecast.basis_days, 56);
    assert_eq!((forecast.points[0].expected, forecast.points[13].high), (2 * DOLLAR, 28 * DOLLAR));
}

#[test]
fn weekends_are_told_apart() {
    let office = |day: Date| match day.weekday() {
        Weekday::Saturday | Weekday::Sunday => 0,
        _ => 10 * DOLLAR,
    };
    // The 20th of November 2026 is a Friday: five of the ten days to come are working days, and one is begun.
    let today = date(2026, 11, 20);
    let forecast = forecast(today, 1.0, &days(today, 50, office));
    assert_sound(&forecast, today);
    let truth = (1..=30).map(|day| office(date(2026, 11, day))).sum::<i64>();
    assert!((forecast.expected - truth).abs() < 8 * DOLLAR, "{} of {truth}", forecast.expected);
    let weekend = forecast.points[20].expected - forecast.points[19].expected;
    let monday = forecast.points[22].expected - forecast.points[21].expected;
    assert!(weekend < 3 * DOLLAR && monday > 8 * DOLLAR, "{weekend} {monday}");
}

#[test]
fn one_day_that_is_far_beyond_all_others_is_an_accident() {
    let today = date(2026, 11, 15);
    let usual = |day: Date| (2 + i64::from(day.day()) % 3) * DOLLAR;
    let calm = forecast(today, 0.0, &days(today, 50, usual));
    let odd = forecast(
        today,
        0.0,
        &days(today, 50, |day| if day == date(2026, 11, 3) { 900 * DOLLAR } else { usual(day) }),
    );
    assert_sound(&odd, today);
    // It is paid, and not expected again.
    let (before, after) = (calm.expected - calm.spent, odd.expected - odd.spent);
    assert!(odd.spent > 900 * DOLLAR && after < before * 13 / 10, "{before} {after}");
    assert!(odd.bounds.unwrap().1 - odd.spent < before * 2);
}

#[test]
fn nothing_is_made_up_where_there_is_little_to_go_by() {
    let today = date(2026, 11, 15);
    let nothing = forecast(today, 0.5, &[0; 40]);
    assert_sound(&nothing, today);
    assert_eq!((nothing.spent, nothing.expected, nothing.bounds, nothing.basis_days), (0, 0, None, 0));
    let begun = forecast(today, 0.5, &[5 * DOLLAR]);
    assert_sound(&begun, today);
    assert_eq!((begun.spent, begun.expected, begun.bounds), (5 * DOLLAR, 5 * DOLLAR, None));
    let young = forecast(today, 0.0, &[0, 0, DOLLAR, DOLLAR, 0]);
    assert_sound(&young, today);
    assert_eq!((young.basis_days, young.bounds), (2, None));
    assert_eq!(young.expected, 18 * DOLLAR, "two days at a dollar, and sixteen to come");
    let three = forecast(today, 0.0, &[DOLLAR, 3 * DOLLAR, 2 * DOLLAR, 0]);
    assert_sound(&three, today);
    let (low, high) = three.bounds.unwrap();
    assert!(high - low > 6 * DOLLAR, "three days say little: {low} to {high}");
}

#[test]
fn every_length_of_a_month_has_all_its_days() {
    for (today, length) in [
        (date(2026, 2, 1), 28),
        (date(2028, 2, 29), 29),
        (date(2026, 3, 29), 31),
        (date(2026, 10, 25), 31),
        (date(2026, 4, 30), 30),
        (date(2026, 12, 31), 31),
    ] {
        let forecast = forecast(today, 0.25, &days(today, 70, |_| DOLLAR));
        assert_sound(&forecast, today);
        assert_eq!(forecast.points.len(), length, "{today}");
    }
    // The last day, over: all is spent.
    let today = date(2026, 11, 30);
    let over = forecast(today, 1.0, &days(today, 70, |_| DOLLAR));
    assert_eq!(
        (over.spent, over.expected, over.bounds),
        (30 * DOLLAR, 30 * DOLLAR, Some((30 * DOLLAR, 30 * DOLLAR)))
    );
}

#[test]
fn the_band_holds_about_as_often_as_it_says() {
    // Months of days that cost something on two of three, in no order: the end of each lies in the band made in its middle.
    let mut state = 7_u64;
    let mut chance = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 40).unwrap()
    };
    let (mut held, mut asked) = (0, 0);
    for _ in 0..300 {
        let today = date(2026, 11, 12);
        let all: Vec<i64> =
            (0..76).map(|_| if chance() % 3 == 0 { 0 } else { (chance() % 1000) * DOLLAR / 100 }).collect();
        // The last 18 are to come.
        let known = &all[..58];
        let forecast = month(Past { today, elapsed: 1.0, days: known }, 200);
        let truth = forecast.spent + all[58..].iter().sum::<i64>();
        let (low, high) = forecast.bounds.unwrap();
        asked += 1;
        held += i32::from((low..=high).contains(&truth));
    }
    let share = f64::from(held) / f64::from(asked);
    assert!((0.7..=0.92).contains(&share), "{share}");
}

#[test]
fn a_budget_is_used_up_on_a_day() {
    let today = date(2026, 11, 20);
    let days = days(today, 40, |_| 2 * DOLLAR);
    let past = Past { today, elapsed: 0.5, days: &days };
    assert_eq!(used_up(past, 0, None), Some(today));
    assert_eq!(used_up(past, DOLLAR, None), Some(today));
    assert_eq!(used_up(past, 4 * DOLLAR, None), Some(date(2026, 11, 22)));
    assert_eq!(used_up(past, 4 * DOLLAR, Some(date(2026, 11, 22))), None, "it starts anew before");
    assert_eq!(used_up(past, 40 * DOLLAR, None), Some(date(2026, 12, 10)), "months have no end here");
    assert_eq!(used_up(past, i64::MAX, None), None);
    assert_eq!(used_up(Past { today, elapsed: 0.5, days: &[0, 0, 5] }, DOLLAR, None), None);
}

proptest! {
    /// Whatever was spent on whatever days: the forecast is sound, and says the same when it is asked again.
    #[test]
    fn any_past_has_a_sound_forecast(
        costs in prop::collection::vec(prop_oneof![3 => Just(0), 5 => 0_i64..100 * DOLLAR, 1 => 0..=i64::MAX], 0..100),
        start in 0_i64..2000,
        elapsed in 0.0_f64..=1.0,
    ) {
        let today = date(2024, 1, 1) + start.days();
        let first = forecast(today, elapsed, &costs);
        assert_sound(&first, today);
        prop_assert_eq!(first.bounds.is_some(), first.basis_days >= 3);
        prop_assert_eq!(forecast(today, elapsed, &costs), first);
    }

    /// Twice the spend is twice the forecast.
    #[test]
    fn the_unit_does_not_matter(costs in prop::collection::vec(0_i64..1_000_000, 10..60)) {
        let today = date(2026, 11, 17);
        let millions: Vec<i64> = costs.iter().map(|cost| cost * 1_000_000).collect();
        let (small, large) = (forecast(today, 0.5, &millions), forecast(today, 0.5, &millions.iter().map(|cost| cost * 2).collect::<Vec<_>>()));
        prop_assert!((large.expected - 2 * small.expected).abs() <= 100, "{} {}", small.expected, large.expected);
    }
}
