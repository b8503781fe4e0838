//! `kill -9` at any moment loses no request that a client has the whole answer of.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use postern_testkit::{FakeUpstream, TestGateway};
use postern_tests::{Answer, Caller, all_rows};
use reqwest::Method;
use serde_json::json;

/// Asks again and again until the gateway is gone; the ids of the answers that came whole.
async fn ask_on(
    client: reqwest::Client,
    url: String,
    key: String,
    number: usize,
    whole: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut ids = Vec::new();
    for round in 0.. {
        let caller = Caller::BOTH[(number + round) % 2];
        let stream = (number + round).is_multiple_of(3);
        let model = if (number + round).is_multiple_of(5) { "demo" } else { "group" };
        let request = client.post(format!("{url}{}", caller.path())).bearer_auth(&key);
        let Ok(response) = request.json(&caller.body(model, stream)).send().await else { break };
        let answer = Answer::of(response).await;
        if !answer.complete || (stream && !caller.is_finished(&answer)) {
            break;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        ids.push(answer.request_id().to_owned());
        whole.fetch_add(1, Ordering::Relaxed);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_has_lost_nothing_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let upstream = FakeUpstream::openai().await;
    let start = || TestGateway::builder().data_dir(directory.path()).start();
    let mut gateway = start().await;
    let key = gateway.new_key(json!({})).await;
    let mut known: Vec<String> = Vec::new();
    let mut dice = 20_261_127_u64;
    for round in 0..100 {
        // The memory vault forgets with its process, and the deployment with it.
        gateway.deploy("group", &format!("openai/x{round}"), &upstream).await;
        let whole = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..8)
            .map(|number| {
                postern_tests::start(ask_on(
                    gateway.client().clone(),
                    gateway.url().to_owned(),
                    key.clone(),
                    number,
                    whole.clone(),
                ))
            })
            .collect();
        // A different moment each time, counted in answers: no clock decides. Made up by Knuth's generator.
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = 1 + (dice >> 33) as usize % 60;
        while whole.load(Ordering::Relaxed) < moment {
            tokio::task::yield_now().await;
        }
        gateway.kill().await;
        for client in clients {
            known.extend(client.await.unwrap());
        }
        gateway = start().await;
        for deployment in
            postern_tests::receive(gateway.admin(Method::GET, "/model/info")).await.json()["data"]
                .as_array()
                .unwrap()
        {
            if deployment["model_info"]["db_model"] == true {
                let id = json!({"id": deployment["model_info"]["id"]});
                postern_tests::receive(gateway.admin(Method::POST, "/model/delete").json(&id))
                    .await
                    .expect(200);
            }
        }
    }
    let rows = all_rows(&gateway).await;
    let mut times: HashMap<&str, usize> = HashMap::new();
    for row in &rows {
        *times.entry(row["id"].as_str().unwrap()).or_default() += 1;
    }
    assert!(known.len() >= 2000, "only {} answers", known.len());
    for id in &known {
        assert_eq!(times.get(id.as_str()), Some(&1), "{id} was answered and is not in the ledger once");
    }
    // And every sum agrees with the rows after a hundred crashes.
    let cost: i64 = rows.iter().filter_map(|row| row["cost_nanos"].as_i64()).sum();
    let paths = [
        "spend?range=7d&by=project",
        "spend?range=7d&by=model",
        "spend?range=7d&by=key",
        "spend?range=30d&by=tool",
    ];
    for path in paths {
        let path = format!("/console/{path}");
        let totals = postern_tests::receive(gateway.admin(Method::GET, &path)).await.json()["totals"].clone();
        assert_eq!(
            (&totals["requests"], &totals["cost_nanos"]),
            (&json!(rows.len()), &json!(cost)),
            "{path}"
        );
    }
}
