use jiff::civil::date;
use jiff::tz::TimeZone;
use postern_store::table::spend_hourly::Totals as Sums;
use postern_store::table::spend_parts::{PartTotals, slot_of};

use super::source::{Cell, Span};
use super::{Bucket, Days, HOUR_MS, SpendBy, Told, compare};

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

#[test]
fn days_have_the_hours_that_their_zone_gives_them() {
    let berlin = zone("Europe/Berlin");
    for (day, hours) in [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 20), 24)] {
        assert_eq!(Days(day, 1).starts(&berlin).unwrap().len() - 1, hours, "{day}");
    }
    // A year across both: as many days, and each hour of it in one of them.
    let starts = Days(date(2026, 1, 1), 365).starts(&berlin).unwrap();
    assert_eq!(starts.len(), 366);
    assert_eq!((starts[365] - starts[0]) / HOUR_MS, 365 * 24);
    let hours = (starts[0] / HOUR_MS)..(starts[365] / HOUR_MS);
    let mut counts = vec![0; 365];
    let slots = Span::new(&starts, None).hours;
    hours.for_each(|hour| counts[slot_of(&slots, hour)] += 1);
    assert_eq!(counts.iter().filter(|count| **count == 24).count(), 363);
    assert!(counts.contains(&23) && counts.contains(&25));
}

fn cell(name: usize, slot: usize, cost_nanos: i64) -> Cell {
    let totals = Sums { requests: 1, cost_nanos, input_tokens: 3, ..Sums::default() };
    Cell { name, slot, totals: PartTotals { totals, ..PartTotals::default() } }
}

#[test]
fn slots_and_groups_add_up_to_the_whole() {
    let starts = Days(date(2026, 11, 1), 3).starts(&TimeZone::UTC).unwrap();
    let names: Vec<(String, String)> = (0..150).map(|at| (format!("m{at}"), format!("m{at}"))).collect();
    let cells: Vec<Cell> = (0..3000).map(|at| cell(at % 150, at % 3, at as i64)).collect();
    let told = Told { range: None, tz: "UTC".into(), bucket: Bucket::Day, by: SpendBy::Model };
    let spend = told.gather(&starts, &cells, names, compare(&starts, &cells));
    assert_eq!(spend.totals.cost_nanos, (0..3000).sum::<i64>());
    assert_eq!(spend.groups.len(), 101, "the hundred costliest and all others");
    assert_eq!(spend.groups[100].id, None);
    let sum = |of: &dyn Fn(&super::SpendSlot) -> i64| spend.slots.iter().map(of).sum::<i64>();
    assert_eq!(
        spend.groups.iter().map(|group| group.totals.cost_nanos).sum::<i64>(),
        spend.totals.cost_nanos
    );
    assert_eq!(sum(&|slot| slot.totals.cost_nanos), spend.totals.cost_nanos);
    assert_eq!(sum(&|slot| slot.groups.iter().map(|cell| cell.cost_nanos).sum()), spend.totals.cost_nanos);
    assert!(spend.groups.windows(2).take(99).all(|two| two[0].totals.cost_nanos >= two[1].totals.cost_nanos));
    for (place, group) in spend.groups.iter().enumerate() {
        let of_slots: i64 = spend
            .slots
            .iter()
            .flat_map(|slot| &slot.groups)
            .filter(|cell| cell.group == place)
            .map(|cell| cell.cost_nanos)
            .sum();
        assert_eq!(of_slots, group.totals.cost_nanos, "{}", group.name);
    }
    assert_eq!(spend.compared.slots.len(), spend.slots.len());
    assert_eq!(spend.compared.totals.cost_nanos, spend.totals.cost_nanos);
}
