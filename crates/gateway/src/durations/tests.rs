//! Clock tests: where clocks are put forward and back, and where months and years end.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::{after, check, counted, next_reset, started, zone};

mod walks;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).expect("in range")
}

fn named(name: &str) -> TimeZone {
    zone(name).expect("a time zone")
}

fn next(text: &str, from: Timestamp, zone: &TimeZone) -> Timestamp {
    moment(next_reset(text, from, zone).expect("a duration"))
}

fn began(text: &str, at: Timestamp, zone: &TimeZone) -> Timestamp {
    moment(started(text, at, zone).expect("a duration"))
}

/// Resets that follow each other from the first moment on, each written as in the list.
fn assert_chain(text: &str, name: &str, moments: &[&str]) {
    let zone = named(name);
    for pair in moments.windows(2) {
        let [from, to] = [at(pair[0]), at(pair[1])];
        assert_eq!(next(text, from, &zone), to, "{text} in {name} from {from}");
        // All the time between them it is the next.
        assert_eq!(next(text, to - 1.millisecond(), &zone), to, "{text} in {name} just before {to}");
    }
}

#[test]
fn a_life_is_counted_from_its_beginning() {
    let start = at("2026-01-31T10:00:00Z");
    for (text, end) in [
        ("30s", "2026-01-31T10:00:30Z"),
        ("15m", "2026-01-31T10:15:00Z"),
        ("12h", "2026-01-31T22:00:00Z"),
        ("2d", "2026-02-02T10:00:00Z"),
        ("30d", "2026-03-02T10:00:00Z"),
        ("2w", "2026-02-14T10:00:00Z"),
        ("1mo", "2026-02-28T10:00:00Z"),
        ("25mo", "2028-02-29T10:00:00Z"),
        ("100000h", "2037-06-29T02:00:00Z"),
    ] {
        assert_eq!(moment(after(text, start).unwrap()), at(end), "{text}");
    }
    assert!(after("100000mo", start).unwrap_err().contains("too far"), "no year has five digits");
}

#[test]
fn what_is_no_duration_says_which_forms_are() {
    let now = at("2026-01-31T10:00:00Z");
    let utc = TimeZone::UTC;
    let wrong = [
        "",
        " ",
        "5",
        "d",
        "-1d",
        "+1d",
        "1.5h",
        "1y",
        "1 d",
        " 1d",
        "1d ",
        "1D",
        "1dd",
        "1d2h",
        "mo",
        "1M",
        "١d",
        "1µs",
        "0x1d",
        "1d\0",
        "' OR 1=1 --",
    ];
    for text in wrong {
        for error in [
            check(text).unwrap_err(),
            after(text, now).unwrap_err(),
            next_reset(text, now, &utc).unwrap_err(),
            started(text, now, &utc).unwrap_err(),
        ] {
            assert!(error.contains(text) && error.contains("30s, 15m, 12h, 30d, 2w or 1mo"), "{error}");
        }
    }
    for text in ["0s", "0d", "000mo", "100001s", "999999999d", "99999999999999999999999999w"] {
        let error = check(text).unwrap_err();
        assert!(error.contains("1 to 100000"), "{error}");
        assert!(next_reset(text, now, &utc).is_err() && started(text, now, &utc).is_err());
    }
    let endless = "9".repeat(1_000_000);
    assert!(check(&endless).unwrap_err().len() < 300, "an endless text is not said back");
    for text in ["1s", "00007d", "100000s", "30d", "1mo"] {
        check(text).unwrap();
    }
    // What is read is also small enough, or says that it is not; nothing panics on the way.
    for unit in ["s", "m", "h", "d", "w", "mo"] {
        for number in [1, 2, 7, 24, 30, 99_999, 100_000] {
            for from in [
                now,
                at("-000500-01-01T00:00:00Z"),
                at("9999-12-01T00:00:00Z"),
                Timestamp::MAX,
                Timestamp::MIN,
            ] {
                let text = format!("{number}{unit}");
                for zone in [&utc, &named("America/Sao_Paulo"), &named("Pacific/Apia")] {
                    let _ = (started(&text, from, zone), after(&text, from));
                    if let Ok(next) = next_reset(&text, from, zone) {
                        assert!(moment(next) > from, "{text} from {from}");
                    }
                }
            }
        }
    }
}

#[test]
fn days_end_at_midnight_whatever_the_clock_does() {
    assert_chain("1d", "UTC", &["2026-11-20T10:17:05.5Z", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"]);
    // Of 23 and of 25 hours.
    let forward =
        ["2026-03-28T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"];
    assert_chain("1d", "Europe/Berlin", &forward);
    let back =
        ["2026-10-24T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"];
    assert_chain("1d", "Europe/Berlin", &back);
    let forward = ["2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"];
    assert_chain("1d", "America/New_York", &forward);
    let back = ["2026-10-31T05:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"];
    assert_chain("1d", "America/New_York", &back);
    // By half an hour.
    let back =
        ["2026-04-03T23:00:00Z", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z", "2026-04-06T13:30:00Z"];
    assert_chain("1d", "Australia/Lord_Howe", &back);
    let forward = ["2026-10-03T13:00:00Z", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"];
    assert_chain("1d", "Australia/Lord_Howe", &forward);
    // At midnight: the day begins at one o'clock, and the next at midnight again.
    let forward =
        ["2018-11-03T15:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", "2018-11-06T02:00:00Z"];
    assert_chain("1d", "America/Sao_Paulo", &forward);
    let back = ["2019-02-16T02:00:00Z", "2019-02-17T03:00:00Z", "2019-02-18T03:00:00Z"];
    assert_chain("1d", "America/Sao_Paulo", &back);
    let forward = ["2023-04-27T12:00:00Z", "2023-04-27T22:00:00Z", "2023-04-28T21:00:00Z"];
    assert_chain("1d", "Africa/Cairo", &forward);
    let back = ["2023-10-26T12:00:00Z", "2023-10-26T22:00:00Z", "2023-10-27T22:00:00Z"];
    assert_chain("1d", "Africa/Cairo", &back);
    // The first hour comes twice, and the day begins once.
    let back = ["2026-10-31T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"];
    assert_chain("1d", "America/Havana", &back);
    // A day that was left out.
    let skipped =
        ["2011-12-29T20:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z", "2012-01-01T10:00:00Z"];
    assert_chain("1d", "Pacific/Apia", &skipped);
}

#[test]
fn a_midnight_that_comes_twice_ends_one_day() {
    // One minute after midnight the clock went back to one minute past eleven.
    let zone = named("America/St_Johns");
    let (first, second) = (at("2010-11-07T02:30:00Z"), at("2010-11-07T03:30:00Z"));
    let tomorrow = at("2010-11-08T03:30:00Z");
    assert_eq!(zone.to_datetime(first), zone.to_datetime(second), "midnight, both times");
    assert_eq!(next("1d", first - 1.second(), &zone), first);
    for between in
        [first, first + 1.minute(), first + 30.minutes(), second - 1.second(), second, second + 5.hours()]
    {
        assert_eq!(next("1d", between, &zone), tomorrow, "{between}");
        assert_eq!(began("1d", between, &zone), first, "{between}");
    }
}

#[test]
fn weeks_end_on_monday_and_months_with_their_last_day() {
    let monday = "2026-11-23T00:00:00Z";
    for (text, from, to) in [
        ("7d", "2026-11-20T10:17:05Z", monday),
        ("1w", "2026-11-20T10:17:05Z", monday),
        ("7d", "2026-11-16T00:00:00Z", monday),
        ("7d", "2026-11-22T23:59:59.999Z", monday),
        ("7d", monday, "2026-11-30T00:00:00Z"),
        ("2w", "2026-11-20T10:17:05Z", "2026-11-30T00:00:00Z"),
        ("2w", monday, "2026-12-07T00:00:00Z"),
        ("53w", "2026-12-31T00:00:00Z", "2028-01-03T00:00:00Z"),
        ("30d", "2026-11-20T10:17:05Z", "2026-12-01T00:00:00Z"),
        ("1mo", "2026-11-20T10:17:05Z", "2026-12-01T00:00:00Z"),
        ("1mo", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00Z"),
        ("1mo", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"),
        ("30d", "2027-01-31T12:00:00Z", "2027-02-01T00:00:00Z"),
        ("30d", "2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z"),
        ("1mo", "2028-01-31T12:00:00Z", "2028-02-01T00:00:00Z"),
        ("2mo", "2026-11-20T10:17:05Z", "2027-01-01T00:00:00Z"),
        ("2mo", "2027-12-31T10:00:00Z", "2028-02-01T00:00:00Z"),
        ("3mo", "2026-11-30T23:00:00Z", "2027-02-01T00:00:00Z"),
        ("12mo", "2028-02-29T12:00:00Z", "2029-02-01T00:00:00Z"),
        ("12mo", "2028-12-31T12:00:00Z", "2029-12-01T00:00:00Z"),
        ("2d", "2028-02-28T10:00:00Z", "2028-03-01T00:00:00Z"),
        ("2d", "2027-02-28T10:00:00Z", "2027-03-02T00:00:00Z"),
        ("14d", "2026-12-25T10:00:00Z", "2027-01-08T00:00:00Z"),
        ("366d", "2028-01-01T05:00:00Z", "2029-01-01T00:00:00Z"),
    ] {
        assert_eq!(next(text, at(from), &TimeZone::UTC), at(to), "{text} from {from}");
    }
    // Where the first is a day whose midnight the clock skips, and the month has a day of 23 hours.
    assert_chain(
        "30d",
        "Africa/Cairo",
        &["2026-04-10T00:00:00Z", "2026-04-30T21:00:00Z", "2026-05-31T21:00:00Z"],
    );
    assert_chain(
        "7d",
        "America/New_York",
        &["2026-03-02T05:00:00Z", "2026-03-09T04:00:00Z", "2026-03-16T04:00:00Z"],
    );
    let brazil = named("America/Sao_Paulo");
    assert_eq!(next("3d", at("2018-11-01T13:00:00Z"), &brazil), at("2018-11-04T03:00:00Z"));
    assert_eq!(next("3d", at("2018-11-04T03:00:00Z"), &brazil), at("2018-11-07T02:00:00Z"));
    // The same moment lies in different months.
    let turn = at("2026-12-31T23:30:00Z");
    assert_eq!(next("1mo", turn, &named("Europe/Berlin")), at("2027-01-31T23:00:00Z"));
    assert_eq!(next("1mo", turn, &named("America/New_York")), at("2027-01-01T05:00:00Z"));
}

#[test]
fn hours_follow_the_clock_and_an_hour_lasts_an_hour() {
    let half_past = "2026-11-20T10:30:00Z";
    // Half an hour and three quarters away from UTC.
    assert_chain("1h", "Asia/Kolkata", &["2026-11-20T10:17:05Z", half_past, "2026-11-20T11:30:00Z"]);
    assert_chain(
        "12h",
        "Asia/Kathmandu",
        &["2026-11-20T10:17:05Z", "2026-11-20T18:15:00Z", "2026-11-21T06:15:00Z"],
    );
    // In the night in which the clock is put forward: two o'clock is three.
    let midnight = "2026-03-28T23:00:00Z";
    assert_chain(
        "1h",
        "Europe/Berlin",
        &[midnight, "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"],
    );
    assert_chain(
        "2h",
        "Europe/Berlin",
        &[midnight, "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z", "2026-03-29T04:00:00Z"],
    );
    assert_chain(
        "6h",
        "Europe/Berlin",
        &[midnight, "2026-03-29T04:00:00Z", "2026-03-29T10:00:00Z", "2026-03-29T16:00:00Z"],
    );
    // And back: two o'clock comes twice, and is an end once.
    let midnight = "2026-10-24T22:00:00Z";
    assert_chain(
        "1h",
        "Europe/Berlin",
        &[
            midnight,
            "2026-10-24T23:00:00Z",
            "2026-10-25T00:00:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T02:00:00Z",
        ],
    );
    assert_chain("2h", "Europe/Berlin", &[midnight, "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z"]);
    assert_chain("3h", "Europe/Berlin", &[midnight, "2026-10-25T02:00:00Z", "2026-10-25T05:00:00Z"]);
    assert_chain("12h", "Europe/Berlin", &[midnight, "2026-10-25T11:00:00Z", "2026-10-25T23:00:00Z"]);
    assert_chain("24h", "Europe/Berlin", &[midnight, "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"]);
    let midnight = "2026-04-04T13:00:00Z";
    assert_chain("6h", "Australia/Lord_Howe", &[midnight, "2026-04-04T19:30:00Z", "2026-04-05T01:30:00Z"]);
    // A day of twenty-four hours and a half has a last period of that half.
    let end =
        ["2026-04-05T12:00:00Z", "2026-04-05T13:00:00Z", "2026-04-05T13:30:00Z", "2026-04-05T14:30:00Z"];
    assert_chain("1h", "Australia/Lord_Howe", &end);
    // Hours that no day is made of, and all that is shorter: since 1970, UTC, in any zone.
    for name in ["UTC", "Asia/Kathmandu", "Europe/Berlin"] {
        assert_chain("5h", name, &["2026-11-20T10:17:05Z", "2026-11-20T12:00:00Z", "2026-11-20T17:00:00Z"]);
        assert_chain("48h", name, &["2026-11-20T10:17:05Z", "2026-11-21T00:00:00Z", "2026-11-23T00:00:00Z"]);
        assert_chain("15m", name, &["2026-11-20T10:17:05Z", half_past, "2026-11-20T10:45:00Z"]);
        assert_chain("60m", name, &["2026-11-20T10:17:05Z", "2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z"]);
        assert_chain(
            "30s",
            name,
            &["2026-11-20T10:17:05.999Z", "2026-11-20T10:17:30Z", "2026-11-20T10:18:00Z"],
        );
        assert_chain("1s", name, &["1969-12-31T23:59:58.5Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"]);
    }
}

#[test]
fn a_period_began_where_the_calendar_says_if_it_does() {
    let now = at("2026-11-20T10:17:05.25Z");
    for (text, begin) in [
        ("1d", "2026-11-20T00:00:00Z"),
        ("24h", "2026-11-20T00:00:00Z"),
        ("7d", "2026-11-16T00:00:00Z"),
        ("1w", "2026-11-16T00:00:00Z"),
        ("30d", "2026-11-01T00:00:00Z"),
        ("1mo", "2026-11-01T00:00:00Z"),
        ("1h", "2026-11-20T10:00:00Z"),
        ("6h", "2026-11-20T06:00:00Z"),
        ("5h", "2026-11-20T07:00:00Z"),
        ("15m", "2026-11-20T10:15:00Z"),
        ("10s", "2026-11-20T10:17:00Z"),
        // Since when, no calendar says.
        ("2d", "2026-11-20T10:17:05.25Z"),
        ("14d", "2026-11-20T10:17:05.25Z"),
        ("2w", "2026-11-20T10:17:05.25Z"),
        ("2mo", "2026-11-20T10:17:05.25Z"),
    ] {
        assert_eq!(began(text, now, &TimeZone::UTC), at(begin), "{text}");
    }
    let berlin = named("Europe/Berlin");
    assert_eq!(began("1mo", now, &berlin), at("2026-10-31T23:00:00Z"));
    // In the half hour after two o'clock that comes second.
    assert_eq!(began("1h", at("2026-10-25T01:30:00Z"), &berlin), at("2026-10-25T01:00:00Z"));
    assert_eq!(began("2h", at("2026-10-25T01:30:00Z"), &berlin), at("2026-10-25T00:00:00Z"));
    assert_eq!(
        began("1d", at("2018-11-04T03:00:00Z"), &named("America/Sao_Paulo")),
        at("2018-11-04T03:00:00Z")
    );
}

const ZONES: [&str; 20] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "America/Asuncion",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
];

#[test]
fn a_zone_is_found_by_its_name_and_what_is_none_says_so() {
    for name in [
        "UTC",
        "Etc/UTC",
        "Europe/Berlin",
        "America/Argentina/Buenos_Aires",
        "US/Pacific",
        "Asia/Calcutta",
        "GMT",
    ] {
        zone(name).unwrap();
    }
    for wrong in [
        "",
        " ",
        "Berlin",
        "Europe/Berln",
        "+02:00",
        "CET+1",
        "../../../etc/passwd",
        "/etc/localtime",
        "Etc/Unknown",
        "local",
        "Europe",
    ] {
        let error = zone(wrong).unwrap_err();
        assert!(error.contains("Europe/Berlin") && error.contains(&format!("`{wrong}`")), "{error}");
    }
    assert!(zone(&"a/".repeat(1_000_000)).unwrap_err().len() < 300);
    // Also where the system has no zones: those that are built in say the same.
    for name in ZONES {
        let built_in = jiff::tz::TimeZoneDatabase::bundled().get(name).unwrap();
        let now = at("2026-07-01T12:00:00Z");
        assert_eq!(next("1d", now, &built_in), next("1d", now, &named(name)), "{name}");
    }
}

#[test]
fn several_days_weeks_and_months_are_counted_from_1970_where_nothing_else_says_since_when() {
    for (text, name, now, begun) in [
        ("2d", "UTC", "1970-01-02T23:59:59Z", "1970-01-01T00:00:00Z"),
        ("2d", "UTC", "1970-01-03T00:00:00Z", "1970-01-03T00:00:00Z"),
        ("3d", "UTC", "1969-12-31T12:00:00Z", "1969-12-29T00:00:00Z"),
        ("2w", "UTC", "1970-01-11T23:00:00Z", "1969-12-29T00:00:00Z"),
        ("2w", "UTC", "1970-01-12T00:00:00Z", "1970-01-12T00:00:00Z"),
        ("3mo", "UTC", "2024-02-29T10:00:00Z", "2024-01-01T00:00:00Z"),
        ("12mo", "Europe/Berlin", "2024-12-31T22:59:59Z", "2023-12-31T23:00:00Z"),
        // One alone is as the calendar says.
        ("1d", "UTC", "2026-11-20T10:00:00Z", "2026-11-20T00:00:00Z"),
        ("90m", "UTC", "1970-01-01T02:00:00Z", "1970-01-01T01:30:00Z"),
    ] {
        let zone = named(name);
        let found = moment(counted(text, at(now), &zone).unwrap());
        assert_eq!(found, at(begun), "{text} at {now}");
        // All of the period says the same of its beginning.
        let end = next(text, found, &zone);
        assert_eq!(moment(counted(text, end - 1.millisecond(), &zone).unwrap()), found, "{text} at {now}");
        assert_eq!(moment(counted(text, end, &zone).unwrap()), end, "{text} at {now}");
    }
    assert!(counted("soon", at("2026-11-20T10:00:00Z"), &TimeZone::UTC).is_err());
}
