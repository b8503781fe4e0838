use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::Calendar;
use crate::durations;

fn calendar(now: &str, zone: &TimeZone) -> Calendar {
    Calendar::new(now.parse::<Timestamp>().unwrap(), zone).unwrap()
}

#[test]
fn days_have_the_hours_of_the_zone() {
    let berlin = durations::zone("Europe/Berlin").unwrap();
    // The day on which clocks are put back has 25 hours; this is noon of the day after it.
    let after = calendar("2026-10-26T11:00:00Z", &berlin);
    let lengths: Vec<i64> = after.begins.windows(2).map(|day| day[1] - day[0]).collect();
    assert_eq!(after.today, date(2026, 10, 26));
    assert_eq!(lengths.len(), 57);
    assert_eq!(lengths[lengths.len() - 3..], [24, 25, 24]);
    assert!((after.elapsed - 0.5).abs() < 1e-9);
    let spring = calendar("2026-03-29T21:59:59.999Z", &berlin);
    assert_eq!(spring.begins.windows(2).last().map(|day| day[1] - day[0]), Some(23));
    assert!(spring.elapsed > 0.999 && spring.elapsed < 1.0);
    // Where days begin at half past, an hour is of one day only.
    let india = durations::zone("Asia/Kolkata").unwrap();
    let there = calendar("2026-11-20T18:29:00Z", &india);
    assert_eq!(there.today, date(2026, 11, 20));
    assert!(there.begins.windows(2).all(|day| day[1] - day[0] == 24));
}

#[test]
fn all_of_a_month_is_looked_at_and_eight_weeks() {
    for (now, days) in
        [("2026-11-01T00:00:00Z", 57), ("2026-12-31T23:59:59Z", 57), ("2028-02-29T12:00:00Z", 57)]
    {
        assert_eq!(calendar(now, &TimeZone::UTC).nothing().billed.len(), days, "{now}");
    }
    assert!(calendar("2026-11-20T00:00:00Z", &TimeZone::UTC).elapsed.abs() < 1e-9);
    assert_eq!(calendar("2026-11-20T00:00:00Z", &TimeZone::UTC).zone_name(), "UTC");
}
