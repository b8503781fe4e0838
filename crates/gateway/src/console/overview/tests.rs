use std::collections::HashMap;

use jiff::Timestamp;
use std::sync::Arc;

use postern_store::table::requests::Billing;
use postern_store::table::series::Series;
use postern_store::table::spend_hourly::{HourRow, Totals as Sums};
use uuid::Uuid;

use super::{Bucket, HOUR_MS, Range, Totals, first_hour, gather, slots, zone};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

#[test]
fn a_day_has_as_many_hours_as_its_zone_gives_it() {
    let berlin = zone(Some("Europe/Berlin")).expect("known");
    let count = |day: &str| slots(Range::Today, &berlin, at(day)).expect("slots").len() - 1;
    assert_eq!(count("2026-11-20T12:00:00Z"), 24);
    assert_eq!(count("2026-03-29T12:00:00Z"), 23);
    assert_eq!(count("2026-10-25T12:00:00Z"), 25);
    assert!(zone(Some("Mars/Olympus")).is_err());
}

#[test]
fn the_hour_that_a_day_ends_in_is_part_of_it() {
    let kathmandu = zone(Some("Asia/Kathmandu")).expect("known");
    // Six minutes to midnight there: the hour began on the same day, and goes on into the next.
    let now = at("2026-11-26T18:09:00Z");
    let starts = slots(Range::ThirtyDays, &kathmandu, now).expect("slots");
    let hour = now.as_millisecond() / HOUR_MS;
    let (from, to) = (first_hour(starts[0]), first_hour(starts[starts.len() - 1]));
    assert!((from..to).contains(&hour) && !(from..to).contains(&(hour + 1)));
    // Without an end there is no overflow.
    assert!(first_hour(i64::MAX) > first_hour(0));
    assert_eq!(starts[starts.len() - 1], at("2026-11-26T18:15:00Z").as_millisecond());
}

#[test]
fn rows_fall_into_the_day_of_the_zone() {
    let tokyo = zone(Some("Asia/Tokyo")).expect("known");
    let starts = slots(Range::SevenDays, &tokyo, at("2026-11-20T12:00:00Z")).expect("slots");
    assert_eq!(starts.len(), 8);
    // 16:00 UTC on the 18th is the 19th in Tokyo.
    let hour = at("2026-11-18T16:00:00Z").as_millisecond() / HOUR_MS;
    let row = HourRow {
        hour,
        series: Arc::new(Series {
            key_id: Uuid::nil(),
            owner: 0,
            endpoint: "/v1/chat/completions".into(),
            model_group: "smart".into(),
            provider: "openai".into(),
            model: "gpt-5".into(),
            client_name: "curl".into(),
            billing: Billing::Api,
        }),
        totals: Sums { requests: 3, cost_nanos: 50, unpriced: 1, ..Sums::default() },
    };
    let overview = gather(
        Range::SevenDays,
        "Asia/Tokyo".into(),
        Bucket::Day,
        &starts,
        &[row],
        Totals::default(),
        &HashMap::new(),
    );
    let filled: Vec<usize> = overview
        .series
        .iter()
        .enumerate()
        .filter(|(_, slot)| !slot.models.is_empty())
        .map(|(index, _)| index)
        .collect();
    assert_eq!(filled, [5], "six days back to today; the 19th is the sixth");
    assert_eq!(overview.totals.requests, 3);
    assert_eq!(overview.totals.unpriced_requests, 1);
    assert_eq!(overview.keys[0].key_name, "administrator");
}
