//! Hours that cost far more than usual. What was spent in days before is put into the database while no gateway runs.

use std::path::Path;
use std::time::Duration;

use postern_testkit::{GatewayBuilder, TestGateway};
use postern_tests::World;
use serde_json::{Value, json};

use super::{alerts, alerts_as, ask, deploy, now, wait_for_alerts};

const CENT: i64 = 10_000_000;

pub fn hour_now() -> i64 {
    now().as_second().div_euclid(3600)
}

/// Adds to what the first series of the database cost in these hours.
pub fn spend(data: &Path, hours: impl IntoIterator<Item = (i64, i64)>) {
    let connection = rusqlite::Connection::open(data.join("postern.db")).unwrap();
    let series: i64 = connection
        .query_row(
            "SELECT id FROM series WHERE billing = 0 AND provider <> '' ORDER BY id LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    for (hour, cost) in hours {
        connection
            .execute(
                "INSERT INTO spend_hourly (hour, series, requests, errors, cancelled, unpriced, input_tokens, output_tokens,
                   cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanos, latency_us)
                 VALUES (?1, ?2, 1, 0, 0, 0, 1, 1, 0, 0, 0, ?3, 1)
                 ON CONFLICT (hour, series) DO UPDATE SET cost_nanos = cost_nanos + excluded.cost_nanos",
                (hour, series, cost),
            )
            .unwrap();
    }
    // What is kept by one thing at a time is made of that.
    let parts = [(4, "''"), (5, "model_group"), (6, "provider"), (7, "LOWER(HEX(key_id))")];
    for (kind, name) in parts {
        let sql = format!(
            "INSERT OR IGNORE INTO labels (kind, name) SELECT DISTINCT {kind}, {name} FROM series;
             INSERT OR REPLACE INTO spend_parts SELECT labels.id, hour, SUM(requests), SUM(errors), SUM(cancelled), SUM(unpriced),
               SUM(input_tokens), SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens),
               SUM(cost_nanos), SUM(latency_us), SUM(covered_nanos), 0, 0
               FROM spend_hourly JOIN series ON series.id = spend_hourly.series
               JOIN labels ON labels.kind = {kind} AND labels.name = {name} GROUP BY 1, 2;"
        );
        connection.execute_batch(&sql).unwrap();
    }
}

/// A gateway in whose database one key has spent ten cents, and which is stopped.
pub async fn before(data: &Path) -> (String, impl Fn(GatewayBuilder) -> GatewayBuilder) {
    let directory = data.to_owned();
    let how = move |builder: GatewayBuilder| builder.vault("file").data_dir(&directory);
    let world = World::with("litellm_settings: {num_retries: 0}", &how).await;
    deploy(&world).await;
    assert_eq!(ask(&world.gateway, &world.key).await, 200);
    let World { gateway, key, .. } = world;
    assert_eq!(gateway.stop().await.code(), Some(0));
    (key, how)
}

#[tokio::test]
async fn an_hour_far_beyond_the_usual_is_told_once_for_each_that_it_is_about() {
    let directory = tempfile::tempdir().unwrap();
    let (key, how) = before(directory.path()).await;
    let hour = hour_now();
    // Twenty cents in each hour for ten days, and suddenly nine dollars.
    spend(directory.path(), (hour - 240..hour).map(|hour| (hour, 20 * CENT)).chain([(hour, 900 * CENT)]));
    for _ in 0..2 {
        let gateway = how(TestGateway::builder()).start().await;
        let listed = wait_for_alerts(&gateway, 3).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(alerts(&gateway).await.len(), 3);
        let mut about: Vec<&str> = listed.iter().map(|alert| alert["data"]["of"].as_str().unwrap()).collect();
        about.sort_unstable();
        assert_eq!(about, ["key", "provider", "total"]);
        for alert in &listed {
            let data = &alert["data"];
            assert_eq!(alert["kind"], "spend_spike");
            assert_eq!(data["usual_nanos"], json!(20 * CENT));
            assert_eq!(data["bound_nanos"], json!(100 * CENT), "the floor");
            assert!(data["spent_nanos"].as_i64().unwrap() >= 900 * CENT, "{data}");
        }
        // The key sees its own, and nothing of the whole.
        let own = alerts_as(&gateway, &key).await;
        assert_eq!(own.len(), 1);
        assert_eq!((&own[0]["data"]["of"], &own[0]["data"]["name"]), (&json!("key"), &json!("world")));
        assert_eq!(own[0]["delivery"], json!([]));
        assert_eq!(gateway.stop().await.code(), Some(0));
    }
}

#[tokio::test]
async fn neither_cents_nor_habits_nor_beginnings_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let (_, how) = before(directory.path()).await;
    let hour = hour_now();
    let none = async || {
        let gateway = how(TestGateway::builder()).start().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let listed: Vec<Value> = alerts(&gateway).await;
        assert_eq!(listed, Vec::<Value>::new());
        assert_eq!(gateway.stop().await.code(), Some(0));
    };
    // A first day that is dear: nobody knows yet what is usual.
    spend(directory.path(), [(hour - 1, 500 * CENT), (hour, 500 * CENT)]);
    none().await;
    // Always as dear.
    spend(directory.path(), (hour - 240..hour - 1).map(|hour| (hour, 480 * CENT)));
    none().await;
}
