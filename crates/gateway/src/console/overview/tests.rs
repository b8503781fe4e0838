use std::collections::HashMap;

use jiff::Timestamp;
use postern_store::table::spend_hourly::{HourRow, Totals as Sums};
use uuid::Uuid;

use super::{Bucket, HOUR_MS, Range, Totals, gather, slots, zone};

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
fn rows_fall_into_the_day_of_the_zone() {
    let tokyo = zone(Some("Asia/Tokyo")).expect("known");
    let starts = slots(Range::SevenDays, &tokyo, at("2026-11-20T12:00:00Z")).expect("slots");
    assert_eq!(starts.len(), 8);
    // 16:00 UTC on the 18th is the 19th in Tokyo.
    let hour = at("2026-11-18T16:00:00Z").as_millisecond() / HOUR_MS;
    let row = HourRow {
        hour,
        key_id: Uuid::nil(),
        model_group: "smart".into(),
        provider: "openai".into(),
        client_name: "curl".into(),
        local: false,
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
