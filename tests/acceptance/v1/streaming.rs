//! Streams arrive as they are made, and end when either side ends them.

use std::time::Duration;

use postern_testkit::{Dialect, Gate, Reply};
use postern_tests::{Caller, World};
use serde_json::json;

/// Ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(20);

const DIALECTS: [Dialect; 2] = [Dialect::OpenAi, Dialect::Anthropic];

#[tokio::test]
async fn the_first_chunk_arrives_before_the_provider_makes_the_second() {
    let world = World::start().await;
    for caller in Caller::BOTH {
        for dialect in DIALECTS {
            let gate = Gate::new();
            world.upstream(dialect).next(Reply::default().gated(&gate));
            let request = world.request(caller, &caller.body(&World::model(dialect, "x"), true));
            let asked = postern_tests::start(request.send());
            gate.open(1);
            let mut response =
                tokio::time::timeout(PATIENCE, asked).await.expect("headers").unwrap().unwrap();
            let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await.expect("a first chunk");
            let chunk = chunk.unwrap().unwrap_or_default();
            assert!(
                chunk.starts_with(b"data:") || chunk.starts_with(b"event:"),
                "{caller:?} {dialect:?}: {chunk:?}"
            );
            gate.open_for_good();
            let answer = tokio::time::timeout(PATIENCE, postern_tests::Answer::of(response)).await.unwrap();
            assert!(caller.is_finished(&answer), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn each_chunk_passes_alone() {
    let world = World::start().await;
    let gate = Gate::new();
    world.openai.next(Reply::text("one two three").gated(&gate));
    gate.open(2);
    let mut response = world.request(Caller::Chat, &Caller::Chat.body("oa/x", true)).send().await.unwrap();
    let mut seen = String::new();
    for word in ["one", " two", " three"] {
        while !seen.contains(&format!("\"{word}\"")) {
            let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await.expect(word).unwrap();
            seen.push_str(&String::from_utf8_lossy(&chunk.expect("more of the stream")));
        }
        gate.open(1);
    }
    gate.open_for_good();
    let rest = postern_tests::Answer::of(response).await;
    assert!(Caller::Chat.is_finished(&rest));
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_ends_it_and_is_billed_for_what_came() {
    let world = World::start().await;
    let mut rows = 0;
    for caller in Caller::BOTH {
        for dialect in DIALECTS {
            let gate = Gate::new();
            let upstream = world.upstream(dialect);
            let left = upstream.abandoned();
            upstream.next(Reply::default().gated(&gate));
            gate.open(6);
            let request = world.request(caller, &caller.body(&World::model(dialect, "x"), true));
            let mut response = tokio::time::timeout(PATIENCE, request.send()).await.unwrap().unwrap();
            let mut seen = String::new();
            while !seen.contains("Hello") {
                let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await.unwrap().unwrap();
                seen.push_str(&String::from_utf8_lossy(&chunk.expect("more of the stream")));
            }
            drop(response);
            tokio::time::timeout(PATIENCE, upstream.wait_for_abandoned(left + 1))
                .await
                .expect("cancelled upstream");
            rows += 1;
            let row = world.row_number(rows).await;
            assert_eq!((&row["outcome"], &row["status"]), (&json!("cancelled"), &json!(499)), "{row}");
            assert_eq!(row["streamed"], true);
            assert_eq!(row["usage_source"], "estimated", "{row}");
            assert!(
                row["output_tokens"].as_i64() > Some(0) && row["input_tokens"].as_i64() > Some(0),
                "{row}"
            );
            assert!(row["first_byte_us"].as_i64() > Some(0), "{row}");
        }
    }
    assert_eq!(world.rows().await.len(), rows);
    world.assert_well().await;
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_is_recorded() {
    let world = World::start().await;
    let mut rows = 0;
    for caller in Caller::BOTH {
        for stream in [false, true] {
            let calls = world.openai.calls();
            let request = world.request(caller, &caller.body("oa/fake-never", stream));
            let asked = postern_tests::start(request.send());
            tokio::time::timeout(PATIENCE, world.openai.wait_for_calls(calls + 1)).await.unwrap();
            asked.abort();
            rows += 1;
            let row = world.row_number(rows).await;
            assert_eq!((&row["outcome"], &row["status"]), (&json!("cancelled"), &json!(499)), "{row}");
            assert_eq!(row["attempts"], 1, "{row}");
            tokio::time::timeout(PATIENCE, world.openai.wait_for_abandoned(rows))
                .await
                .expect("cancelled upstream");
        }
    }
    world.assert_well().await;
}
