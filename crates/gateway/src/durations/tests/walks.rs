//! Many moments in many zones: a walk through time, minute by minute, agrees with the calendar.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::{ZONES, at, began, named, next};

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) as i64 & i64::MAX) % end
    }

    /// Between 1995 and 2037; mostly within two days of a change of the zone's clock, if that ever changes.
    fn moment(&mut self, zone: &TimeZone) -> Timestamp {
        let any = Timestamp::from_second(788_918_400 + self.below(1_325_376_000)).expect("in range");
        let beside = Span::new().milliseconds(self.below(4 * 86_400_000) - 2 * 86_400_000);
        let change = zone.following(any).next().map(|change| change.timestamp());
        match change.filter(|change| *change < at("2037-06-01T00:00:00Z")) {
            Some(change) if self.below(5) > 0 => change + beside,
            _ => any,
        }
    }
}

/// Where periods end if one looks at the clock every minute: the number that a time has becomes larger than it ever was.
fn walked(from: Timestamp, zone: &TimeZone, number: impl Fn(DateTime) -> i64) -> Timestamp {
    let minute = from.as_second().div_euclid(60) - 3 * 24 * 60;
    let mut highest = i64::MIN;
    for minute in minute.. {
        let now = Timestamp::from_second(minute * 60).expect("in range");
        let number = number(zone.to_datetime(now));
        if number > highest && now > from {
            return now;
        }
        highest = highest.max(number);
    }
    unreachable!("time ends")
}

fn day(time: DateTime) -> i64 {
    let since = time.date().duration_since(jiff::civil::date(1970, 1, 1));
    since.as_hours() / 24
}

#[test]
fn a_walk_through_time_finds_the_same_ends() {
    let mut numbers = Numbers(1);
    for name in ZONES {
        let zone = named(name);
        for _ in 0..8 {
            let from = numbers.moment(&zone);
            assert_eq!(next("1d", from, &zone), walked(from, &zone, day), "1d in {name} from {from}");
            for hours in [2, 3, 6, 12, 24] {
                let number = |time: DateTime| (day(time) * 24 + i64::from(time.hour())).div_euclid(hours);
                let text = format!("{hours}h");
                assert_eq!(
                    next(&text, from, &zone),
                    walked(from, &zone, number),
                    "{text} in {name} from {from}"
                );
            }
        }
    }
}

#[test]
fn weeks_and_months_end_with_one_of_their_days() {
    let mut numbers = Numbers(2);
    let week = |time: DateTime| (day(time) + 3).div_euclid(7);
    let month = |time: DateTime| i64::from(time.year()) * 12 + i64::from(time.month());
    for name in ZONES {
        let zone = named(name);
        for _ in 0..20 {
            let from = numbers.moment(&zone);
            let today = zone.to_datetime(began("1d", from, &zone));
            let days =
                std::iter::successors(Some(next("1d", from, &zone)), |day| Some(next("1d", *day, &zone)));
            let days: Vec<Timestamp> = days.take(40).collect();
            let first = |other: &dyn Fn(DateTime) -> bool| {
                days.iter().copied().find(|day| other(zone.to_datetime(*day)))
            };
            for text in ["7d", "1w"] {
                let end = first(&|day| week(day) != week(today));
                assert_eq!(Some(next(text, from, &zone)), end, "{text} in {name} from {from}");
            }
            for text in ["30d", "1mo"] {
                let end = first(&|day| month(day) != month(today));
                assert_eq!(Some(next(text, from, &zone)), end, "{text} in {name} from {from}");
            }
        }
    }
}

#[test]
fn resets_follow_each_other_without_a_gap_or_an_overlap() {
    let aligned = ["1s", "90s", "15m", "1h", "2h", "5h", "6h", "8h", "24h", "1d", "7d", "1w", "30d", "1mo"];
    let counted = ["2d", "3d", "14d", "31d", "2w", "2mo", "3mo", "12mo"];
    let mut numbers = Numbers(3);
    for name in ZONES {
        let zone = named(name);
        for text in aligned.into_iter().chain(counted) {
            let is_aligned = aligned.contains(&text);
            let mut from = numbers.moment(&zone);
            if is_aligned {
                assert!(began(text, from, &zone) <= from, "{text} in {name} at {from}");
                from = began(text, from, &zone);
            } else {
                from = next(text, from, &zone);
            }
            for _ in 0..12 {
                let end = next(text, from, &zone);
                assert!(end > from, "{text} in {name}: {end} is not after {from}");
                let length = end.duration_since(from).as_millis() as i64;
                let between = from + Span::new().milliseconds(numbers.below(length));
                if is_aligned {
                    for inside in [from, between, end - 1.millisecond()] {
                        assert_eq!(next(text, inside, &zone), end, "{text} in {name} at {inside}");
                        assert_eq!(began(text, inside, &zone), from, "{text} in {name} at {inside}");
                    }
                    assert_eq!(began(text, end, &zone), end, "{text} in {name}");
                } else {
                    assert_eq!(began(text, between, &zone), between, "{text} in {name}");
                    // Asked a little late, as after a pause, it is the same period.
                    assert_eq!(next(text, from + 1.minute(), &zone), end, "{text} in {name} from {from}");
                }
                from = end;
            }
        }
    }
}

#[test]
fn no_period_is_much_longer_or_shorter_than_it_says() {
    let mut numbers = Numbers(4);
    for name in ZONES {
        let zone = named(name);
        for (text, hours) in
            [("1h", 1), ("2h", 2), ("6h", 6), ("12h", 12), ("1d", 24), ("3d", 72), ("7d", 168), ("2w", 336)]
        {
            for _ in 0..20 {
                let from = next(text, numbers.moment(&zone), &zone);
                let end = next(text, from, &zone);
                let minutes = end.duration_since(from).as_mins();
                // The clock of Apia left a day out, once; that of Troll changes by two hours.
                let least = if name == "Pacific/Apia" { 30 } else { (hours * 60 - 120).max(30) };
                let most = if text == "1h" { 60 } else { hours * 60 + 120 };
                assert!((least..=most).contains(&minutes), "{text} in {name} from {from}: {minutes} minutes");
            }
        }
    }
}
