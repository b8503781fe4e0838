//! Days of a time zone say what its hours say, whatever is written meanwhile.

use std::collections::BTreeMap;

use super::super::owners::SeenBy;
use super::super::requests::{Billing, RequestRow};
use super::super::spend_days::{self, Begun};
use super::super::spend_hourly::hour_of;
use super::super::spend_labels::{self, Label};
use super::super::spend_parts::{self, Part, PartSlot, PartTotals, slot_of};
use super::{HOUR, database, id_at, owner, raw, record, request};
use crate::Connection;

const START: i64 = 1_700_000_000_000 / HOUR * HOUR;
const DAYS: i64 = 40;

/// The first hours of days, of which one has 23 and one 25.
fn starts() -> Vec<i64> {
    let first = hour_of(START) + 5;
    let shift = |day: i64| i64::from(day > 9) - i64::from(day > 20);
    (0..=DAYS).map(|day| first + day * 24 - shift(day)).collect()
}

fn row(number: i64, started_at: i64) -> RequestRow {
    RequestRow {
        id: id_at(started_at, number as u16),
        started_at,
        model_group: format!("group-{}", number % 7),
        provider: (number % 5 != 0).then(|| format!("provider-{}", number % 3)),
        owner: owner(if number % 2 == 0 { "ada" } else { "" }, "red", ""),
        end_user: (number % 4 == 0).then(|| format!("customer-{}", number % 3)),
        project: (number % 3 == 0).then(|| format!("project-{}", number % 2)),
        billing: [Billing::Api, Billing::Subscription, Billing::Local][(number % 3) as usize],
        cost_nanos: (number % 4 != 0).then_some(number),
        ..request(1)
    }
}

fn rows() -> Vec<RequestRow> {
    (0..900).map(|number| row(number, START + number * 67 * 60_000)).collect()
}

fn gathered(parts: Vec<PartSlot>) -> BTreeMap<(i64, usize), PartTotals> {
    let mut sums: BTreeMap<(i64, usize), PartTotals> = BTreeMap::new();
    for part in parts {
        sums.entry((part.label, part.slot)).or_default().add(&part.totals);
    }
    sums
}

fn assert_the_same(connection: &Connection, zone: &str, when: &str) {
    let all = starts();
    for part in Part::OF_EACH.into_iter().chain([Part::Project]) {
        for starts in [&all[..], &all[3..9], &all[8..12], &all[25..], &all[..2], &all[30..31]] {
            let by_hour = gathered(spend_parts::between(connection, part, starts).unwrap());
            let by_day = gathered(spend_days::between(connection, zone, part, starts).unwrap());
            assert_eq!(by_day, by_hour, "{part:?} {when}");
        }
    }
    for starts in [&all[..], &all[3..9], &all[25..]] {
        let by_hour = gathered(spend_labels::between(connection, Label::EndUser, starts).unwrap());
        let by_day = gathered(spend_days::of_end_users(connection, zone, starts).unwrap());
        assert_eq!(by_day, by_hour, "end users {when}");
        let mut expected: BTreeMap<(String, usize), PartTotals> = BTreeMap::new();
        let everybody = SeenBy { users: vec!["ada".into()], teams: vec!["red".into()], ..SeenBy::default() };
        let hours = spend_labels::by_hour(
            connection,
            Label::EndUser,
            starts[0],
            starts[starts.len() - 1],
            &everybody,
        );
        for (name, hour, totals) in hours.unwrap() {
            expected.entry((name, slot_of(starts, hour))).or_default().add(&totals);
        }
        let names = spend_labels::names_of(connection, Label::EndUser).unwrap();
        let told = by_day.into_iter().map(|((label, slot), sum)| ((names[&label].clone(), slot), sum));
        assert_eq!(told.collect::<BTreeMap<_, _>>(), expected, "{when}");
    }
}

fn fill(connection: &Connection, zone: &str, days: usize, meanwhile: impl FnOnce()) {
    let all = starts();
    let begun = spend_days::begin(connection, zone, all[days]).unwrap();
    let Begun { zone, from, labels } = begun.expect("something was used");
    let first = all.partition_point(|start| *start <= from).saturating_sub(1);
    let (some, others) = labels.split_at(labels.len() / 2);
    spend_days::write(connection, zone, some, &all[first..=days]).unwrap();
    meanwhile();
    spend_days::write(connection, zone, others, &all[first..=days]).unwrap();
    spend_days::end(connection, zone).unwrap();
}

#[test]
fn days_are_what_their_hours_are() {
    let (_directory, connection) = database();
    assert_eq!(spend_days::begin(&connection, "Here", 9).unwrap(), None, "nothing was used");
    let (early, late) = (rows(), row(7000, START + 30 * HOUR));
    for some in early.chunks(90) {
        assert_eq!(record(&connection, some), some.len());
    }
    let all = starts();
    assert!(spend_days::lacks(&connection, "Here", all[20]).unwrap());
    assert_the_same(&connection, "Here", "without days");
    fill(&connection, "Here", 20, || {});
    assert!(!spend_days::lacks(&connection, "Here", all[20]).unwrap());
    assert_the_same(&connection, "Here", "with twenty");
    fill(&connection, "Here", 30, || {});
    assert_the_same(&connection, "Here", "with ten more");
    assert!(spend_days::lacks(&connection, "Here", all[31]).unwrap());
    // What is written of a day that is over takes it back, and all since then.
    assert_eq!(record(&connection, std::slice::from_ref(&late)), 1);
    assert_the_same(&connection, "Here", "with a late request");
    assert!(spend_days::lacks(&connection, "Here", all[30]).unwrap());
    fill(&connection, "Here", 30, || {});
    assert_the_same(&connection, "Here", "written anew");
    assert!(!spend_days::lacks(&connection, "Here", all[30]).unwrap());
    // Also what is written while days are.
    for (number, hours) in [(7001, 200), (7002, 900)] {
        fill(&connection, "Here", 35, || {
            assert_eq!(record(&connection, &[row(number, START + hours * HOUR)]), 1);
        });
        assert_the_same(&connection, "Here", "written meanwhile");
    }
    fill(&connection, "Here", 35, || {});
    assert_the_same(&connection, "Here", "at last");
    // They are used: of the hours nothing is left, and all is told.
    let before = gathered(spend_days::between(&connection, "Here", Part::Model, &all[..=35]).unwrap());
    connection.execute("DELETE FROM spend_parts", []).unwrap();
    let after = gathered(spend_days::between(&connection, "Here", Part::Model, &all[..=35]).unwrap());
    assert_eq!(after, before);
    assert!(after.len() > 100);
}

#[test]
fn few_zones_are_kept() {
    let (_directory, connection) = database();
    assert_eq!(record(&connection, &rows()), 900);
    for (zone, days) in [("a", 10), ("b", 11), ("c", 12), ("d", 13), ("e", 14)] {
        fill(&connection, zone, days, || {});
        assert_the_same(&connection, zone, zone);
    }
    assert_eq!(raw(&connection, "SELECT 1 FROM spend_zones").len(), 4);
    assert_eq!(raw(&connection, "SELECT DISTINCT zone FROM spend_days").len(), 4);
    assert_the_same(&connection, "a", "forgotten");
}
