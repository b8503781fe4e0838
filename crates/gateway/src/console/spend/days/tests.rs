//! Days of several time zones, of a ledger that has some.

use postern_secrets::VaultKind;
use postern_store::table::requests::RequestRow;
use postern_store::table::spend_hourly::first_id_at;
use postern_store::table::spend_parts::{self, Part};

use super::*;
use crate::config::Options;
use crate::gateway::Gateway;

#[tokio::test]
async fn days_that_are_over_are_kept_and_are_what_their_hours_are() {
    let files = tempfile::tempdir().unwrap();
    let mut options = Options::new(files.path().to_owned());
    options.vault = Some(VaultKind::Memory);
    let gateway = Gateway::open(options).await.unwrap();
    let engine = gateway.engine();
    let now = clock::now_ms();
    for number in 0..300_i64 {
        // Of a hundred days until now.
        let started_at = now - number * 8 * HOUR_MS;
        let row = RequestRow {
            id: first_id_at(started_at),
            started_at,
            model_group: format!("group-{}", number % 3),
            cost_nanos: Some(number),
            ..RequestRow::default()
        };
        assert!(engine.store.record(Box::new(row)).committed().await);
    }
    for name in ["Europe/Berlin", "Asia/Kathmandu", "UTC"] {
        let zone = TimeZone::get(name).unwrap();
        fill(engine, name.to_owned(), zone.clone()).await.unwrap();
        let today = clock::now().to_zoned(zone.clone()).date();
        let first = today.checked_sub(120.days()).unwrap();
        let starts: Vec<i64> = Days(first, 121).days(&zone).unwrap().into_iter().map(first_hour).collect();
        let (by_day, mut by_hour, lacks, kept) = engine
            .read(move |connection| {
                Ok((
                    spend_days::between(connection, name, Part::Model, &starts)?,
                    spend_parts::between(connection, Part::Model, &starts)?,
                    spend_days::lacks(connection, name, starts[119])?,
                    spend_days::lacks(connection, name, starts[120])?,
                ))
            })
            .await
            .unwrap();
        assert_eq!((lacks, kept), (false, true), "{name}: all but yesterday and today");
        by_hour.sort_by_key(|part| (part.label, part.slot));
        let mut sorted = by_day;
        sorted.sort_by_key(|part| (part.label, part.slot));
        assert_eq!(sorted, by_hour, "{name}");
        assert!(sorted.len() > 200);
    }
}
