//! What a request costs that asked two deployments: the answer, and the prompt that the other one had read.

use std::time::Duration;

use postern_testkit::{FakeUpstream, Fault, Reply};
use postern_tests::{Caller, receive, start};
use serde_json::{Value, json};

use super::{Scene, TEN_AND_FIVE, at, soon};

/// Nano-dollars per prompt token of the silent one, and per token of the other.
const LOST: i64 = 7_000;
const WON: (i64, i64) = (1_000, 2_000);

struct Pair {
    silent: FakeUpstream,
    quick: FakeUpstream,
    scene: Scene,
}

impl Pair {
    async fn start(settings: Value) -> Self {
        let (silent, quick) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
        silent.always(Fault::NeverAnswers);
        quick.always(Reply::default().usage(TEN_AND_FIVE));
        let dollars = |nanos: i64| nanos as f64 / 1e9;
        let models = [
            at(
                "smart",
                &silent,
                json!({
                    "order": 1, "input_cost_per_token": dollars(LOST), "output_cost_per_token": dollars(LOST),
                }),
            ),
            at(
                "smart",
                &quick,
                json!({
                    "order": 2, "input_cost_per_token": dollars(WON.0), "output_cost_per_token": dollars(WON.1),
                }),
            ),
        ];
        Self { silent, quick, scene: Scene::start(settings, &models).await }
    }
}

/// What is reserved for the prompt: a token has hardly ever less than three bytes.
fn prompt_tokens(body: &Value) -> i64 {
    body.to_string().len().div_ceil(3) as i64
}

/// The one bill besides the request's own, checked; its cost.
fn further_call(row: &Value, provider: &str, model: &str) -> i64 {
    let bills = row["bills"].as_array().unwrap();
    assert_eq!(bills.len(), 1, "{row}");
    let bill = &bills[0];
    assert_eq!((&bill["provider"], &bill["upstream_model"]), (&json!(provider), &json!(model)), "{row}");
    assert_eq!((&bill["output_tokens"], &bill["estimated"]), (&json!(0), &json!(true)), "{row}");
    assert_ne!(bill["deployment_id"], row["deployment_id"], "{row}");
    let tokens = bill["input_tokens"].as_i64().unwrap();
    assert_eq!(tokens, (row["request_bytes"].as_i64().unwrap() + 3) / 4, "{row}");
    bill["cost_nanos"].as_i64().unwrap()
}

#[tokio::test]
async fn the_rows_cost_is_the_answers_and_the_other_ones_prompt() {
    let pair = Pair::start(json!({"hedge_after": 0.05})).await;
    let scene = &pair.scene;
    let mut sum = 0;
    for stream in [false, true] {
        let answer = scene.ask("smart", stream).await.expect(200);
        let row = scene.row(answer.request_id()).await;
        let lost = further_call(&row, "openai", "x");
        assert_eq!(lost, row["bills"][0]["input_tokens"].as_i64().unwrap() * LOST, "{row}");
        let won = 10 * WON.0 + 5 * WON.1;
        assert_eq!(row["cost_nanos"], won + lost, "{row}");
        let lines = row["cost_lines"].as_array().unwrap();
        assert_eq!(lines.iter().map(|line| line["cost_nanos"].as_i64().unwrap()).sum::<i64>(), won, "{row}");
        assert_eq!((&row["input_tokens"], &row["output_tokens"]), (&json!(10), &json!(5)), "{row}");
        sum += won + lost;
        if !stream {
            let header: f64 = answer.header("x-litellm-response-cost").parse().unwrap();
            assert!((header - sum as f64 / 1e9).abs() < 1e-12, "{header}");
        }
    }
    soon("both are cancelled", pair.silent.wait_for_abandoned(2)).await;
    let spend = scene.get("/console/spend?range=today").await;
    let totals = &spend["totals"];
    assert_eq!((&totals["cost_nanos"], &totals["requests"]), (&json!(sum), &json!(2)), "{spend}");
    assert_eq!(totals["input_tokens"], 20);
    let logged: f64 = scene.gateway.spend_logs().await.iter().map(|log| log["spend"].as_f64().unwrap()).sum();
    assert!((logged - sum as f64 / 1e9).abs() < 1e-12, "{logged}");
    assert!((scene.spend_of(&scene.key).await - sum as f64 / 1e9).abs() < 1e-12);
}

#[tokio::test]
async fn a_budget_covers_both() {
    let pair = Pair::start(json!({"hedge_after": 0.05})).await;
    let scene = &pair.scene;
    let mut body = Caller::Chat.body("smart", false);
    body["max_tokens"] = json!(10);
    // What is reserved: the dearest prompt and answer, and the dearest prompt once more.
    let prompt = prompt_tokens(&body) * LOST;
    let reserved = 2 * prompt + 10 * LOST;
    let with_budget =
        async |nanos: i64| scene.gateway.new_key(json!({"max_budget": nanos as f64 / 1e9})).await;
    let poor = with_budget(reserved - 100).await;
    scene.ask_with(&poor, Caller::Chat, &body).await.expect(402);
    assert_eq!(pair.silent.calls(), 0);
    let key = with_budget(reserved + 100).await;
    let answer = scene.ask_with(&key, Caller::Chat, &body).await.expect(200);
    // It was called, though nobody waits for its answer any more.
    pair.silent.wait_for_calls(1).await;
    let row = scene.row(answer.request_id()).await;
    let cost = row["cost_nanos"].as_i64().unwrap();
    assert_eq!(cost, 10 * WON.0 + 5 * WON.1 + further_call(&row, "openai", "x"), "{row}");
    assert!((scene.spend_of(&key).await - cost as f64 / 1e9).abs() < 1e-12);
    // And what was spent counts: another one does not fit any more.
    scene.ask_with(&key, Caller::Chat, &body).await.expect(402);
    assert_eq!((pair.silent.calls(), pair.quick.calls()), (1, 1));
}

#[tokio::test]
async fn the_memory_of_what_was_spent_is_that_of_the_ledger() {
    let pair = Pair::start(json!({"hedge_after": 0.05})).await;
    let scene = &pair.scene;
    let mut body = Caller::Chat.body("smart", false);
    body["max_tokens"] = json!(1);
    let reserved = 2 * prompt_tokens(&body) * LOST + LOST;
    let key = scene.gateway.new_key(json!({"max_budget": (3 * reserved) as f64 / 1e9})).await;
    let (mut served, mut spent) = (0, 0);
    while served < 50 {
        let answer = scene.ask_with(&key, Caller::Chat, &body).await;
        if answer.status == 402 {
            break;
        }
        let row = scene.row(answer.expect(200).request_id()).await;
        spent += row["cost_nanos"].as_i64().unwrap();
        served += 1;
    }
    assert!(served >= 3, "{served}");
    assert!(spent + reserved > 3 * reserved, "refused though {spent} of {} were spent", 3 * reserved);
    assert!(spent <= 3 * reserved, "a budget is a promise: {spent} of {}", 3 * reserved);
}

#[tokio::test]
async fn a_caller_that_leaves_while_two_are_asked_has_had_both_read_its_prompt() {
    let pair = Pair::start(json!({"hedge_after": 0.05})).await;
    pair.quick.always(Fault::NeverAnswers);
    let scene = &pair.scene;
    let request = scene.gateway.post(Caller::Chat.path(), &scene.key, &Caller::Chat.body("smart", true));
    let asking = start(async move { receive(request).await });
    soon("both are asked", async {
        pair.silent.wait_for_calls(1).await;
        pair.quick.wait_for_calls(1).await;
    })
    .await;
    asking.abort();
    soon("both are cancelled", async {
        pair.silent.wait_for_abandoned(1).await;
        pair.quick.wait_for_abandoned(1).await;
    })
    .await;
    let id = scene.rows_once(1).await[0]["id"].as_str().unwrap().to_owned();
    let row = scene.row(&id).await;
    assert_eq!((&row["outcome"], &row["attempts"]), (&json!("cancelled"), &json!(2)), "{row}");
    assert_eq!(row["provider"], "anthropic", "{row}");
    let lost = further_call(&row, "openai", "x");
    let tokens = row["input_tokens"].as_i64().unwrap();
    assert_eq!(row["cost_nanos"], tokens * WON.0 + lost, "{row}");
}

#[tokio::test]
async fn a_fallback_that_asks_two_is_covered_as_well() {
    let upstreams =
        [FakeUpstream::openai().await, FakeUpstream::openai().await, FakeUpstream::openai().await];
    let [broken, silent, quick] = &upstreams;
    broken.always(Fault::status(503));
    silent.always(Reply::default().first_byte_after(Duration::from_secs(10)));
    let price = |order: u32| json!({"order": order, "input_cost_per_token": 0.000_01, "output_cost_per_token": 0.000_01});
    let models = [at("smart", broken, price(1)), at("other", silent, price(1)), at("other", quick, price(2))];
    let settings = json!({
        "num_retries": 1, "model_group_hedges": {"other": 0.05}, "model_group_retries": {"smart": 0},
        "fallbacks": [{"smart": ["other"]}],
    });
    let scene = Scene::start(settings, &models).await;
    let mut body = Caller::Chat.body("smart", false);
    body["max_tokens"] = json!(10);
    let prompt = prompt_tokens(&body) * 10_000;
    let reserved = 2 * prompt + 10 * 10_000;
    let key = scene.gateway.new_key(json!({"max_budget": (reserved - 100) as f64 / 1e9})).await;
    scene.ask_with(&key, Caller::Chat, &body).await.expect(402);
    assert_eq!(broken.calls(), 0);
    let key = scene.gateway.new_key(json!({"max_budget": (reserved + 100) as f64 / 1e9})).await;
    let answer = scene.ask_with(&key, Caller::Chat, &body).await.expect(200);
    let row = scene.row(answer.request_id()).await;
    assert_eq!((&row["attempts"], &row["model_group"]), (&json!(3), &json!("other")), "{row}");
    assert_eq!(row["bills"].as_array().unwrap().len(), 1, "{row}");
}
