//! Roll-ups agree with the rows that they count.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::types::Value;

use super::super::owners::{self, SeenBy};
use super::super::requests::{self, Billing, Filter, Outcome, RequestRow};
use super::super::spend_hourly::{self, Days, Totals, hour_of};
use super::super::spend_labels::{self, Label};
use super::super::spend_parts::{self, Part, PartTotals};
use super::{HOUR, database, id, id_at, owner, raw, record, request, some};

#[test]
fn sums_of_a_span_are_exact_at_both_ends() {
    let (_directory, connection) = database();
    let start = 1_700_000_000_000 / HOUR * HOUR;
    let rows: Vec<RequestRow> = (0..300)
        .map(|number: i64| {
            let started_at = start + number * HOUR / 40 + number;
            RequestRow {
                id: id_at(started_at, 1),
                started_at,
                provider: (number % 5 != 0).then(|| format!("provider-{}", number % 2)),
                model_group: format!("group-{}", number % 3),
                outcome: [Outcome::Ok, Outcome::Error, Outcome::Cancelled][number as usize % 3],
                cost_nanos: (number % 4 != 0).then_some(number),
                latency_us: number,
                ..request(1)
            }
        })
        .collect();
    assert_eq!(record(&connection, &rows), rows.len());
    for (from, to) in [
        (start, start + 8 * HOUR),
        (start + 1, start + 3 * HOUR),
        (start + HOUR / 2, start + 5 * HOUR / 2),
        (start + HOUR / 4, start + HOUR / 2),
        (start + HOUR - 90_000, start + HOUR + 90_000),
        (0, i64::MAX / 2),
        (start + 7, start + 7),
    ] {
        let mut expected: HashMap<(String, String), Totals> = HashMap::new();
        for row in rows.iter().filter(|row| (from..to).contains(&row.started_at)) {
            let name = (row.model_group.clone(), row.provider.clone().unwrap_or_default());
            expected.entry(name).or_default().add(&Totals::of(row));
        }
        let mut found: HashMap<(String, String), Totals> = HashMap::new();
        for (group, provider, totals) in spend_hourly::sums_between(&connection, from, to).unwrap() {
            found.entry((group, provider)).or_default().add(&totals);
        }
        assert_eq!(found, expected, "{from}..{to}");
    }
}

#[test]
fn rollups_are_the_sums_of_their_rows() {
    let (_directory, connection) = database();
    let rows: Vec<RequestRow> = (0..60_u128)
        .map(|number| RequestRow {
            started_at: 1_700_000_000_000 / HOUR * HOUR + (number as i64 % 3) * HOUR,
            key_id: id(number % 2),
            provider: (number % 5 != 0).then(|| "provider".into()),
            outcome: [Outcome::Ok, Outcome::Error, Outcome::Cancelled][number as usize % 3],
            cost_nanos: (number % 4 != 0).then_some(number as i64 * 1000),
            billing: if number % 7 == 0 { Billing::Local } else { Billing::Api },
            ..request(number + 1)
        })
        .collect();
    // In several transactions, as the writer does it.
    for some in rows.chunks(7) {
        assert_eq!(record(&connection, some), some.len());
    }
    let hours = spend_hourly::between(&connection, 0, i64::MAX, None).unwrap();
    let mut all = Totals::default();
    for hour in &hours {
        all.add(&hour.totals);
        let of_rows = rows
            .iter()
            .filter(|row| {
                row.started_at / HOUR == hour.hour
                    && row.key_id == hour.series.key_id
                    && row.provider.clone().unwrap_or_default() == hour.series.provider
                    && row.billing == hour.series.billing
            })
            .fold(Totals::default(), |mut sum, row| {
                sum.add(&Totals::of(row));
                sum
            });
        assert_eq!(hour.totals, of_rows, "{hour:?}");
    }
    assert_eq!(all.requests, 60);
    assert_eq!(all.errors, 20);
    assert_eq!(all.cancelled, 20);
    assert_eq!(all.unpriced, 15, "tokens without a price are unpriced, not free");
    assert_eq!(all.cost_nanos, rows.iter().filter_map(|row| row.cost_nanos).sum::<i64>());
    let by_key = spend_hourly::spend_by_key(&connection).unwrap();
    assert_eq!(by_key.iter().map(|(_, nanos)| nanos).sum::<i64>(), all.cost_nanos);
    assert_eq!(spend_hourly::counts(&connection, id(0), None).unwrap(), (60, 30));
    let first = hours[0].hour;
    assert!(
        spend_hourly::between(&connection, first, first + 1, None)
            .unwrap()
            .iter()
            .all(|row| row.hour == first)
    );
    assert!(
        spend_hourly::between(&connection, 0, first, None).unwrap().is_empty(),
        "the end is not part of it"
    );
}

#[test]
fn spend_since_a_moment_counts_what_came_at_or_after_it() {
    let (_directory, connection) = database();
    let at = |milliseconds: i64, number: u16| RequestRow {
        id: id_at(milliseconds, number),
        started_at: milliseconds,
        cost_nanos: Some(i64::from(number)),
        ..request(1)
    };
    // An id is made a moment before or after the time that its row names.
    let late = RequestRow { id: id_at(1990, 2), ..at(2000, 2) };
    let rows = [at(1000, 1), late, at(3000, 4), RequestRow { cost_nanos: None, ..at(3000, 8) }];
    assert_eq!(record(&connection, &rows), 4);
    let since = |moment| spend_hourly::spend_since(&connection, id(7), moment).unwrap();
    assert_eq!((since(0), since(2000), since(2001), since(3001)), (7, 6, 4, 0));
    assert_eq!(spend_hourly::spend_since(&connection, id(8), 0).unwrap(), 0, "another key's");
}

/// The sums of a row of a roll-up, from `first` on, as `Totals` names them.
fn totals(row: &[(String, Value)]) -> Totals {
    let of = |name: &str| match row.iter().find(|(column, _)| column == name) {
        Some((_, Value::Integer(number))) => *number,
        other => panic!("{name}: {other:?}"),
    };
    Totals {
        requests: of("requests"),
        errors: of("errors"),
        cancelled: of("cancelled"),
        unpriced: of("unpriced"),
        input_tokens: of("input_tokens"),
        output_tokens: of("output_tokens"),
        cache_read_tokens: of("cache_read_tokens"),
        cache_write_tokens: of("cache_write_tokens"),
        reasoning_tokens: of("reasoning_tokens"),
        cost_nanos: of("cost_nanos"),
        latency_us: of("latency_us"),
        covered_nanos: of("covered_nanos"),
    }
}

/// Rows of several owners, tags and hours, no two alike.
fn varied_rows() -> Vec<RequestRow> {
    let start = 1_700_000_000_000 / HOUR * HOUR;
    let owners =
        [owner("", "", ""), owner("ann", "", ""), owner("ann", "red", "acme"), owner("zoe", "red", "acme")];
    let tags = [vec![], vec!["a"], vec!["a", "b"], vec!["b", "a", "b"], vec![""]];
    let row = |number: i64| {
        let started_at = start + number * HOUR / 30;
        let at = number as usize;
        RequestRow {
            id: id_at(started_at, 1),
            started_at,
            key_id: id(number as u128 % 2),
            provider: (number % 5 != 0).then(|| "provider".into()),
            model_group: format!("group-{}", number % 2),
            outcome: [Outcome::Ok, Outcome::Error, Outcome::Cancelled][at % 3],
            cost_nanos: (number % 4 != 0).then_some(1000 + number),
            owner: owners[at % owners.len()].clone(),
            end_user: (number % 3 != 0).then(|| format!("end-user-{}", number % 3)),
            tags: tags[at % tags.len()].iter().map(|tag| (*tag).to_owned()).collect(),
            latency_us: number,
            ..request(1)
        }
    };
    (0..120).map(row).collect()
}

#[test]
fn each_owner_and_each_label_has_the_sums_of_its_rows() {
    let (_directory, connection) = database();
    let rows = varied_rows();
    for some in rows.chunks(7) {
        assert_eq!(record(&connection, some), some.len());
    }
    let sum = |chosen: &mut dyn Iterator<Item = &RequestRow>| {
        chosen.fold(Totals::default(), |mut sum, row| {
            sum.add(&Totals::of(row));
            sum
        })
    };

    let owners = owners::all(&connection).unwrap();
    let hours = raw(&connection, "SELECT * FROM spend_hourly JOIN series ON series.id = series");
    let mut counted = 0;
    for bucket in &hours {
        let column = |name: &str| &bucket.iter().find(|(column, _)| column == name).unwrap().1;
        let Value::Integer(number) = column("owner") else { panic!("{bucket:?}") };
        let of_rows = sum(&mut rows.iter().filter(|row| {
            *column("hour") == Value::Integer(hour_of(row.started_at))
                && *column("key_id") == Value::Blob(row.key_id.as_bytes().to_vec())
                && *column("model_group") == Value::Text(row.model_group.clone())
                && *column("provider") == Value::Text(row.provider.clone().unwrap_or_default())
                && row.owner == owners[number]
        }));
        assert_eq!(totals(bucket), of_rows, "{bucket:?}");
        counted += of_rows.requests;
    }
    assert_eq!(counted, 120, "each row is in one bucket");

    let labels = raw(
        &connection,
        "SELECT * FROM spend_labels JOIN labels ON labels.id = label JOIN series ON series.id = series",
    );
    let mut counted = 0;
    for bucket in &labels {
        let column = |name: &str| &bucket.iter().find(|(column, _)| column == name).unwrap().1;
        let Value::Text(name) = column("name") else { panic!("{bucket:?}") };
        let Value::Integer(number) = column("owner") else { panic!("{bucket:?}") };
        let of_rows = sum(&mut rows.iter().filter(|row| {
            *column("hour") == Value::Integer(hour_of(row.started_at))
                && *column("key_id") == Value::Blob(row.key_id.as_bytes().to_vec())
                && *column("model_group") == Value::Text(row.model_group.clone())
                && *column("provider") == Value::Text(row.provider.clone().unwrap_or_default())
                && row.owner == owners[number]
                && match column("kind") {
                    Value::Integer(0) => row.end_user.as_ref() == Some(name),
                    Value::Integer(2) => row.project.as_ref() == Some(name),
                    _ => row.tags.contains(name),
                }
        }));
        assert_eq!(totals(bucket), of_rows, "{bucket:?}");
        counted += of_rows.requests;
    }
    // Two in three name an end user; of five, one has no tag, two have one and two have two that differ. All have a
    // project.
    assert_eq!(counted, 80 + 120 / 5 * 6 + 120);

    let cost = |chosen: &dyn Fn(&RequestRow) -> bool| -> i64 {
        rows.iter().filter(|row| chosen(row)).filter_map(|row| row.cost_nanos).sum()
    };
    let tags: HashMap<String, i64> =
        spend_labels::costs(&connection, Label::Tag).unwrap().into_iter().collect();
    let expected =
        ["a", "b", ""].map(|name| (name.to_owned(), cost(&|row| row.tags.iter().any(|tag| tag == name))));
    assert_eq!(tags, HashMap::from(expected));
    let second = hour_of(rows[0].started_at) + 1;
    let later: i64 = spend_labels::costs_since(&connection, Label::EndUser, second)
        .unwrap()
        .into_iter()
        .filter(|(name, hour, _)| name == "end-user-1" && *hour >= second)
        .map(|(_, _, nanos)| nanos)
        .sum();
    let ends = |row: &RequestRow| row.end_user.as_deref() == Some("end-user-1");
    assert_eq!(later, cost(&|row| ends(row) && hour_of(row.started_at) >= second));
}

#[test]
fn days_begin_at_midnight_of_the_clock_that_is_asked_for() {
    let (_directory, connection) = database();
    let rows = varied_rows();
    assert_eq!(record(&connection, &rows), rows.len());
    // UTC, New York in winter, Tokyo, and India, half an hour off.
    for behind in [0, 300, -540, -330] {
        let day = |row: &RequestRow| (hour_of(row.started_at) * 60 - behind).div_euclid(1440);
        let (first, last) = (rows.iter().map(day).min().unwrap(), rows.iter().map(day).max().unwrap());
        for days in [
            Days { first, last, behind },
            Days { first, last: first, behind },
            Days { first: last + 1, last: last + 2, behind },
        ] {
            let inside = |row: &&RequestRow| (days.first..=days.last).contains(&day(row));
            let mut found: BTreeMap<i64, Totals> = BTreeMap::new();
            for row in spend_hourly::by_day(&connection, &days, None).unwrap() {
                found.entry(row.day).or_default().add(&row.totals);
            }
            let mut expected: BTreeMap<i64, Totals> = BTreeMap::new();
            for row in rows.iter().filter(inside) {
                expected.entry(day(row)).or_default().add(&Totals::of(row));
            }
            assert_eq!(found, expected, "{days:?}");

            let named = ["a".to_owned()];
            for names in [None, Some(&named[..])] {
                let mut found: BTreeMap<(String, i64), Totals> = BTreeMap::new();
                for tag in spend_labels::by_day(&connection, Label::Tag, names, &days, None).unwrap() {
                    found.entry((tag.name.to_string(), tag.row.day)).or_default().add(&tag.row.totals);
                }
                let mut expected: BTreeMap<(String, i64), Totals> = BTreeMap::new();
                for row in rows.iter().filter(inside) {
                    for tag in row.tags.iter().collect::<BTreeSet<_>>() {
                        if names.is_none_or(|names| names.contains(tag)) {
                            expected.entry((tag.clone(), day(row))).or_default().add(&Totals::of(row));
                        }
                    }
                }
                assert_eq!(found, expected, "{names:?} {days:?}");
            }
        }
    }
    let seen_by = SeenBy { key: Some(rows[0].key_id), ..SeenBy::default() };
    let days = Days { first: 0, last: 100_000, behind: 0 };
    let sum: i64 = spend_hourly::by_day(&connection, &days, Some(&seen_by))
        .unwrap()
        .iter()
        .map(|row| row.totals.requests)
        .sum();
    assert_eq!(sum, rows.iter().filter(|row| row.key_id == rows[0].key_id).count() as i64);
}

type Fits = fn(&RequestRow) -> bool;
type Named = Box<dyn Fn(&RequestRow) -> String>;

#[test]
fn rows_are_found_by_all_that_they_say_of_themselves() {
    let (_directory, connection) = database();
    let rows: Vec<RequestRow> = (0..60_i64)
        .map(|number| RequestRow {
            id: id_at(1_700_000_000_000 + number, 1),
            started_at: 1_700_000_000_000 + number,
            project: (number % 2 == 0).then(|| format!("project-{}", number % 6)),
            tags: (0..number % 4).map(|tag| format!("tag-{tag}")).collect(),
            endpoint: format!("/v1/{}", number % 3),
            billing: [Billing::Api, Billing::Subscription, Billing::Local][number as usize % 3],
            cost_nanos: (number % 5 != 0).then_some(1),
            ..request(1)
        })
        .collect();
    assert_eq!(record(&connection, &rows), 60);
    let any = || Filter { limit: 100, ..Filter::default() };
    let cases: [(Filter, Fits); 7] = [
        (Filter { project: Some("project-4".into()), ..any() }, |row| {
            row.project.as_deref() == Some("project-4")
        }),
        (Filter { tag: Some("tag-2".into()), ..any() }, |row| row.tags.iter().any(|tag| tag == "tag-2")),
        (Filter { tag: Some("tag".into()), ..any() }, |_| false),
        (Filter { endpoint: Some("/v1/2".into()), ..any() }, |row| row.endpoint == "/v1/2"),
        (Filter { billing: Some(Billing::Local), ..any() }, |row| row.billing == Billing::Local),
        (Filter { unpriced: Some(true), ..any() }, |row| row.cost_nanos.is_none()),
        (Filter { unpriced: Some(false), tag: Some("tag-0".into()), ..any() }, |row| {
            row.cost_nanos.is_some() && !row.tags.is_empty()
        }),
    ];
    for (filter, fits) in cases {
        let expected: Vec<&RequestRow> = rows.iter().rev().filter(|row| fits(row)).collect();
        assert!(
            requests::page(&connection, &filter).unwrap().iter().eq(expected.iter().copied()),
            "{filter:?}"
        );
        assert_eq!(requests::count(&connection, &filter).unwrap(), expected.len() as u64, "{filter:?}");
    }
}

#[test]
fn each_part_has_the_sums_of_its_rows() {
    let (_directory, connection) = database();
    let rows = varied_rows();
    for some in rows.chunks(11) {
        assert_eq!(record(&connection, some), some.len());
    }
    let owned = |part: fn(&RequestRow) -> Option<&str>| {
        move |row: &RequestRow| part(row).unwrap_or_default().to_owned()
    };
    let ways: [(Part, Named); 8] = [
        (Part::All, Box::new(|_| String::new())),
        (Part::Model, Box::new(|row| row.model_group.clone())),
        (Part::Provider, Box::new(|row| row.provider.clone().unwrap_or_default())),
        (Part::Key, Box::new(|row| spend_parts::key_name(row.key_id))),
        (Part::Client, Box::new(|row| row.client_name.clone())),
        (Part::User, Box::new(owned(|row| row.owner.user_id.as_deref()))),
        (Part::Team, Box::new(owned(|row| row.owner.team_id.as_deref()))),
        (Part::Organization, Box::new(owned(|row| row.owner.organization_id.as_deref()))),
    ];
    let all = || rows.iter().map(|row| hour_of(row.started_at));
    let hours: Vec<i64> = (all().min().unwrap()..=all().max().unwrap() + 1).collect();
    // As they are written, and as they were made from the roll-ups of a database that had none.
    for round in 0..2 {
        for (part, name_of) in &ways {
            let mut expected: BTreeMap<(String, i64), PartTotals> = BTreeMap::new();
            for row in &rows {
                let place = (name_of(row), hour_of(row.started_at));
                expected.entry(place).or_default().add(&PartTotals::of(row.billing, &Totals::of(row)));
            }
            let names = spend_parts::names(&connection, *part).unwrap();
            let found: BTreeMap<(String, i64), PartTotals> = spend_parts::between(&connection, *part, &hours)
                .unwrap()
                .into_iter()
                .map(|found| ((names[&found.label].clone(), hours[found.slot]), found.totals))
                .collect();
            assert_eq!(found, expected, "{part:?} in round {round}");
        }
        let of_parts = "DELETE FROM spend_parts; DELETE FROM labels WHERE kind >= 4;";
        connection.execute_batch(&format!("{of_parts} {}", spend_parts::fill())).unwrap();
    }
    // Several hours at once, of which some are nobody's.
    for starts in [
        vec![hours[0], hours[0] + 1],
        hours.iter().copied().step_by(5).collect(),
        vec![hours[0] - 9, hours[3], hours[3] + 400],
    ] {
        let mut expected: BTreeMap<(String, usize), PartTotals> = BTreeMap::new();
        for row in &rows {
            let hour = hour_of(row.started_at);
            if let Some(slot) = starts.windows(2).position(|span| (span[0]..span[1]).contains(&hour)) {
                let sum = expected.entry((row.model_group.clone(), slot)).or_default();
                sum.add(&PartTotals::of(row.billing, &Totals::of(row)));
            }
        }
        let names = spend_parts::names(&connection, Part::Model).unwrap();
        let found = spend_parts::between(&connection, Part::Model, &starts).unwrap();
        assert_eq!(found.len(), expected.len(), "one for each name and span");
        let found = found.into_iter().map(|part| ((names[&part.label].clone(), part.slot), part.totals));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    }
}

#[test]
fn money_is_told_apart_by_who_is_paid_and_by_whose_it_is() {
    use super::super::spend_hourly::{HoursOf, Money, Split, billed_by_hour, money};

    let (_directory, connection) = database();
    let insert = |number: u128, key: u128, provider: &str, hour: i64, billing: i64, cost: i64| {
        connection
            .execute(
                "INSERT INTO series (id, key_id, owner, endpoint, model_group, provider, model, client_name, billing)
                 VALUES (?1, ?2, 0, '', 'group', ?3, '', ?1, ?4)",
                (number as i64, id(key), provider, billing),
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO spend_hourly VALUES (?1, ?2, 1, 0, 0, 0, 0, 0, 0, 0, 0, ?3, 0, 0)",
                (hour, number as i64, cost),
            )
            .unwrap();
    };
    insert(1, 1, "a", 10, 0, 5);
    // Nothing is owed for what a flat rate covers.
    insert(2, 1, "b", 10, 1, 0);
    insert(3, 2, "b", 11, 0, 11);
    connection.execute_batch(&spend_parts::fill()).unwrap();
    let sums = |split, from, to| {
        let mut sums: Vec<(String, i64, i64)> = money(&connection, split, from, to, None)
            .unwrap()
            .into_iter()
            .map(|(of, Money { billed, counted })| (of, billed, counted))
            .collect();
        sums.sort();
        sums
    };
    let said = |of: &str, billed, counted| (of.to_owned(), billed, counted);
    assert_eq!(sums(Split::Whole, 0, 100), [said("", 16, 16)]);
    assert_eq!(sums(Split::Whole, 11, 12), [said("", 11, 11)]);
    assert_eq!(sums(Split::Provider, 0, 100), [said("a", 5, 5), said("b", 11, 11)]);
    assert_eq!(sums(Split::ModelGroup, 0, 11), [said("group", 5, 5)]);
    assert_eq!(sums(Split::Team, 0, 100), [said("", 16, 16)]);
    let keys = sums(Split::Key, 0, 100);
    assert_eq!(keys, [said(&id(1).simple().to_string(), 5, 5), said(&id(2).simple().to_string(), 11, 11)]);
    let seen_by = SeenBy { key: Some(id(2)), ..SeenBy::default() };
    let own = money(&connection, Split::Provider, 0, 100, Some(&seen_by)).unwrap();
    assert_eq!(own, [("b".to_owned(), Money { billed: 11, counted: 11 })]);
    assert_eq!(sums(Split::Whole, 50, 60), []);
    let hours = |of: HoursOf| billed_by_hour(&connection, &of, 0, 100).unwrap();
    assert_eq!(hours(HoursOf::Everything), [(10, 5), (11, 11)]);
    assert_eq!(hours(HoursOf::Key(id(1))), [(10, 5)]);
    assert_eq!(hours(HoursOf::Provider("b".into())), [(10, 0), (11, 11)]);
}

#[test]
fn rows_that_are_rated_anew_change_every_sum_that_they_are_in() {
    let (_directory, connection) = database();
    let rows = varied_rows();
    assert_eq!(record(&connection, &rows), rows.len());
    let changed: Vec<(RequestRow, RequestRow)> = rows
        .iter()
        .enumerate()
        .filter(|(at, _)| at % 3 != 0)
        .map(|(at, row)| {
            let after = RequestRow {
                cost_nanos: (at % 4 != 0).then_some(at as i64 * 1000),
                covered_nanos: (at % 5 == 0).then_some(77),
                cost_lines: some("[[\"input\",5,7]]"),
                price_source: some("override"),
                price_version: Some(format!("version {}", at % 2)),
                ..row.clone()
            };
            (row.clone(), after)
        })
        .collect();
    requests::rerate(&connection, &changed).unwrap();
    let now: Vec<RequestRow> = rows
        .iter()
        .map(|row| {
            changed.iter().find(|(before, _)| before.id == row.id).map_or(row, |(_, after)| after).clone()
        })
        .collect();
    for row in &now {
        assert_eq!(requests::find(&connection, row.id).unwrap().as_ref(), Some(row));
    }
    // The same as had they been written so from the beginning.
    let (_other_directory, other) = database();
    assert_eq!(record(&other, &now), now.len());
    for table in ["spend_hourly", "spend_labels", "spend_parts", "sessions"] {
        let sql = format!("SELECT * FROM {table} ORDER BY 1, 2, 3");
        assert_eq!(raw(&connection, &sql), raw(&other, &sql), "{table}");
    }
    let of_model = |after, limit| {
        requests::of_model(&connection, &["provider".to_owned()], "upstream", 0, after, limit).unwrap()
    };
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = of_model(after, 7);
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        found.extend(page.into_iter().map(|row| row.id));
    }
    let expected: Vec<_> = now
        .iter()
        .filter(|row| {
            row.provider.as_deref() == Some("provider") && row.upstream_model.as_deref() == Some("upstream")
        })
        .map(|row| row.id)
        .collect();
    assert_eq!(found.len(), expected.len());
    assert!(expected.iter().all(|id| found.contains(id)));
}

#[test]
fn rows_that_are_kept_no_longer_leave_their_sums() {
    let (_directory, connection) = database();
    let rows = varied_rows();
    assert_eq!(record(&connection, &rows), rows.len());
    let sums = |connection: &_| {
        ["spend_hourly", "spend_labels", "spend_parts", "sessions"]
            .map(|table| raw(connection, &format!("SELECT * FROM {table} ORDER BY 1, 2, 3")))
    };
    let before = sums(&connection);
    let kept_from = rows[70].started_at;
    let mut removed = 0;
    loop {
        match requests::prune(&connection, kept_from, 30).unwrap() {
            0 => break,
            some => {
                assert!(some <= 30);
                removed += some;
            }
        }
    }
    let left = requests::page(&connection, &Filter { limit: 1000, ..Filter::default() }).unwrap();
    assert_eq!(removed + left.len(), rows.len());
    let hour = hour_of(kept_from) * HOUR;
    assert!(removed > 30 && left.iter().all(|row| row.started_at >= hour - 60_000));
    assert_eq!(sums(&connection), before);
}
