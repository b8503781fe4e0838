//! `mirrors`: a part of a group's requests goes to another group, too, and the caller notices nothing.

use std::time::{Duration, Instant};

use postern_testkit::{FakeUpstream, Fault, REPLY_TEXT, Reply};
use postern_tests::Caller;
use serde_json::{Value, json};

use super::{Scene, TEN_AND_FIVE, at, soon};

/// `smart`, mirrored to `shadow` at another provider, which is dear.
async fn scene(percent: Value) -> (FakeUpstream, FakeUpstream, Scene) {
    let (upstream, shadow) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
    upstream.always(Reply::default().usage(TEN_AND_FIVE));
    let price =
        |price: f64| json!({"input_cost_per_token": price, "output_cost_per_token": price, "timeout": 4});
    let models = [at("smart", &upstream, price(0.000_001)), at("shadow", &shadow, price(0.1))];
    let mut mirror = json!({"to": "shadow"});
    if !percent.is_null() {
        mirror["percent"] = percent;
    }
    let settings = json!({"mirrors": {"smart": mirror}, "num_retries": 0, "disable_cooldowns": true});
    let scene = Scene::start(settings, &models).await;
    (upstream, shadow, scene)
}

fn endpoint<'r>(rows: &'r [Value], name: &str) -> Vec<&'r Value> {
    rows.iter().filter(|row| row["endpoint"] == name).collect()
}

#[tokio::test]
async fn a_request_reaches_both_and_the_callers_answer_is_the_first_ones() {
    let (upstream, shadow, scene) = scene(json!(100)).await;
    shadow.always(Reply::text("from the shadow").usage(TEN_AND_FIVE));
    let mut asked = 0;
    for caller in Caller::BOTH {
        for stream in [false, true] {
            let body = caller.body("smart", stream);
            let answer = scene.ask_with(&scene.key, caller, &body).await.expect(200);
            let text = if stream { caller.streamed_text(&answer) } else { caller.text_of(&answer.json()) };
            assert_eq!(text, REPLY_TEXT);
            assert_eq!(answer.header("x-litellm-model-group"), "smart");
            asked += 1;
            soon("the copy", shadow.wait_for_calls(asked)).await;
            let sent = shadow.last_request().json();
            assert_eq!((&sent["model"], sent["stream"] == true), (&json!("x"), stream), "{sent}");
        }
    }
    assert_eq!((upstream.calls(), shadow.calls()), (4, 4));
    let rows = scene.rows_once(8).await;
    assert_eq!(rows.len(), 8);
    let copies = endpoint(&rows, "mirror");
    assert_eq!(copies.len(), 4, "{rows:?}");
    for row in copies {
        assert_eq!((&row["key_id"], &row["model_group"]), (&Value::Null, &json!("shadow")), "{row}");
        assert_eq!((&row["outcome"], &row["cost_nanos"]), (&json!("ok"), &json!(1_500_000_000)), "{row}");
        assert_eq!(row["model_requested"], "shadow", "{row}");
    }
    for row in rows.iter().filter(|row| row["endpoint"] != "mirror") {
        assert_eq!((&row["key_name"], &row["model_group"]), (&json!("scene"), &json!("smart")), "{row}");
        assert_eq!(row["cost_nanos"], 15_000, "{row}");
    }
}

#[tokio::test]
async fn nobody_waits_for_a_shadow_that_hangs_or_hears_of_one_that_fails() {
    let (upstream, shadow, scene) = scene(Value::Null).await;
    for stream in [false, true] {
        shadow.next(Fault::NeverAnswers);
        let began = Instant::now();
        scene.ask("smart", stream).await.expect(200);
        assert!(began.elapsed() < Duration::from_millis(3500), "it waited for the shadow");
    }
    for fault in [Fault::status(503), Fault::CloseBeforeHeaders, Fault::ErrorMidStream] {
        shadow.next(fault);
        let answer = scene.ask("smart", true).await.expect(200);
        assert!(Caller::Chat.is_finished(&answer), "{}", answer.text());
    }
    let rows = scene.rows_once(10).await;
    let copies = endpoint(&rows, "mirror");
    assert_eq!((copies.len(), upstream.calls()), (5, 5));
    assert!(copies.iter().all(|row| row["outcome"] == "error"), "{copies:?}");
}

#[tokio::test]
async fn a_key_pays_for_its_own_request_alone() {
    let (_upstream, shadow, scene) = scene(json!(100)).await;
    // The shadow's would be a dollar and a half.
    let key = scene.gateway.new_key(json!({"max_budget": 0.01, "rpm_limit": 2})).await;
    let mut body = Caller::Chat.body("smart", false);
    body["max_tokens"] = json!(10);
    for _ in 0..2 {
        scene.ask_with(&key, Caller::Chat, &body).await.expect(200);
    }
    scene.rows_once(4).await;
    assert!((scene.spend_of(&key).await - 2.0 * 15.0 * 0.000_001).abs() < 1e-12);
    // One that is refused is not copied either.
    scene.ask_with(&key, Caller::Chat, &body).await.expect(429);
    assert_eq!(scene.rows_once(5).await.len(), 5);
    assert_eq!(shadow.calls(), 2);
}

#[tokio::test]
async fn a_caller_that_may_not_use_the_shadow_is_mirrored_all_the_same_and_cannot_ask_it() {
    let (_upstream, shadow, scene) = scene(json!(100)).await;
    let key = scene.gateway.new_key(json!({"models": ["smart"]})).await;
    scene.ask_with(&key, Caller::Chat, &Caller::Chat.body("smart", false)).await.expect(200);
    soon("the copy", shadow.wait_for_calls(1)).await;
    scene.ask_with(&key, Caller::Chat, &Caller::Chat.body("shadow", false)).await.expect(403);
}

#[tokio::test]
async fn a_quarter_is_about_a_quarter() {
    let (upstream, shadow, scene) = scene(json!(25)).await;
    scene.ask_often("smart", 400).await;
    assert_eq!(upstream.calls(), 400);
    // Nine is the standard deviation.
    let copies = async {
        while scene.rows().await.len() < 400 + shadow.calls() || shadow.calls() < 60 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon("the copies", copies).await;
    assert!((60..=140).contains(&shadow.calls()), "{}", shadow.calls());
}

#[tokio::test]
async fn none_are_sent_at_nought_percent_or_where_nothing_is_said() {
    let (upstream, shadow, scene) = scene(json!(0)).await;
    scene.ask_often("smart", 50).await;
    // Nor are requests to the shadow itself.
    scene.ask("shadow", false).await.expect(200);
    assert_eq!((upstream.calls(), shadow.calls()), (50, 1));
    assert_eq!(scene.rows().await.len(), 51);

    let other = FakeUpstream::openai().await;
    let models = [at("smart", &upstream, json!({})), at("shadow", &other, json!({}))];
    let scene = Scene::start(json!({}), &models).await;
    scene.ask_often("smart", 50).await;
    assert_eq!((other.calls(), scene.rows().await.len()), (0, 50));
}
